"""Wires notification: the consumer that writes notices, and the sender that carries them out."""

from __future__ import annotations

from collections.abc import Sequence

from services.notification.delivery import Sender
from services.notification.handlers import pipeline
from services.notification.ledger import Ledger, Limits
from services.notification.mail import MailServer
from services.notification.settings import Settings
from services.notification.subscriptions import subscribe
from shared.contracts.event import Event
from shared.kernel.clock import now
from shared.messaging.consumer import Consumer
from shared.messaging.pipeline import Connection
from shared.messaging.runtime import broker, relay, serve
from shared.messaging.step import SequencedStep
from shared.postgres.pool import open_pool

SERVICE = "notification"


async def run(settings: Settings) -> None:
    """Notification has served until it was told to stop."""
    outbox = relay(settings, SERVICE)
    step = SequencedStep(pipeline(), settings.topic_prefix)

    async def announce(connection: Connection, items: Sequence[tuple[str, int, Event]]) -> None:
        await step.announce(connection, items, int(now().timestamp() * 1000))

    async with await open_pool(settings.postgres_dsn, settings.postgres_schema, SERVICE) as pool:
        limits = Limits()
        instance = f"{SERVICE}-{settings.replica}"
        sender = Sender(
            Ledger(pool, announce, limits, instance, settings.message_id_domain), mail_server(settings), limits
        )

        def committed() -> None:
            outbox.wake()
            sender.wake.set()

        consumer = Consumer(
            step,
            pool,
            service=SERVICE,
            group=SERVICE,
            prefix=settings.topic_prefix,
            replica=settings.replica,
            committed=committed,
        )
        kafka = broker(settings)
        subscribe(kafka, consumer)
        await serve(kafka, [consumer], [outbox.run, sender.run])


def mail_server(settings: Settings) -> MailServer:
    """The mail server that the settings name."""
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender_name=settings.mail_from_name,
        sender_address=settings.mail_from,
        domain=settings.message_id_domain,
    )
