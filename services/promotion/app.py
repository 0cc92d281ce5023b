"""Wires promotion."""

from __future__ import annotations

from services.promotion.handlers import pipeline
from services.promotion.settings import Settings
from services.promotion.subscriptions import subscribe
from shared.messaging.consumer import Consumer
from shared.messaging.runtime import broker, relay, serve
from shared.messaging.step import SequencedStep
from shared.postgres.pool import open_pool
from shared.rulebooks.loader import load

SERVICE = "promotion"


async def run(settings: Settings) -> None:
    """Promotion has served until it was told to stop."""
    outbox = relay(settings, SERVICE)
    async with await open_pool(settings.postgres_dsn, settings.postgres_schema, SERVICE) as pool:
        consumer = Consumer(
            SequencedStep(pipeline(load()), settings.topic_prefix),
            pool,
            service=SERVICE,
            group=SERVICE,
            prefix=settings.topic_prefix,
            replica=settings.replica,
            committed=outbox.wake,
        )
        kafka = broker(settings)
        subscribe(kafka, consumer)
        await serve(kafka, [consumer], [outbox.run])
