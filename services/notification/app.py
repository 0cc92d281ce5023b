"""Wires notification: the consumer that writes notices, and the sender that carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from services.notification.delivery import Sender
from services.notification.handlers import pipeline
from services.notification.ledger import Ledger, Limits
from services.notification.mail import MailServer
from services.notification.retention import prunes
from services.notification.settings import Settings
from services.notification.store import QUERIES
from services.notification.subscriptions import subscribe
from shared.contracts.event import Event
from shared.kernel.clock import now
from shared.messaging.consumer import Consumer
from shared.messaging.description import description
from shared.messaging.mending import SequencedMender
from shared.messaging.pipeline import Connection
from shared.messaging.pruning import Pruner
from shared.messaging.repair import Repairs
from shared.messaging.runtime import broker, relay, serve
from shared.messaging.step import SequencedStep
from shared.messaging.watch import Own, Watch, door
from shared.observability.metrics import NOTICES_AGE, NOTICES_UNSENT
from shared.postgres.pool import open_pool

SERVICE = "notification"
GAUGES = MappingProxyType({"notices": NOTICES_UNSENT, "seconds": NOTICES_AGE})


async def run(settings: Settings) -> None:
    """Notification has served until it was told to stop."""
    outbox = relay(settings, SERVICE)
    step = SequencedStep(pipeline(), settings.topic_prefix)

    async def announce(connection: Connection, items: Sequence[tuple[str, int, Event]]) -> None:
        recorded_ms = int(now().timestamp() * 1000)
        for subject, part, event in items:
            trace = await connection.fetchval(QUERIES["traceparent"], getattr(event, "notice_id", None))
            await step.announce(connection, [(subject, part, event)], recorded_ms, trace or "")

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
        repairs = Repairs(SERVICE, pool, [SequencedMender(step)], committed)
        pruner = Pruner(pool, SERVICE, prunes(settings))
        kafka = broker(settings)
        subscribe(kafka, consumer)
        own = Own(QUERIES["unsent"], GAUGES, (sender.found,))
        watch = Watch(settings, SERVICE, pool, [consumer], outbox, own=own)
        watched = door(settings, watch, description(settings, SERVICE))
        await serve(kafka, [consumer], [outbox.run, repairs.run, pruner.run, sender.run, *watched], outbox)


def mail_server(settings: Settings) -> MailServer:
    """The mail server that the settings name."""
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender_name=settings.mail_from_name,
        sender_address=settings.mail_from,
        domain=settings.message_id_domain,
    )
