"""Wires promotion."""

from __future__ import annotations

from services.promotion.handlers import pipeline
from services.promotion.settings import Settings
from services.promotion.subscriptions import subscribe
from shared.messaging.consumer import Consumer
from shared.messaging.description import description
from shared.messaging.mending import SequencedMender
from shared.messaging.pruning import Pruner, core
from shared.messaging.repair import Repairs
from shared.messaging.runtime import broker, relay, serve
from shared.messaging.step import SequencedStep
from shared.messaging.watch import Watch, door
from shared.postgres.pool import open_pool
from shared.rulebooks.calendar import load_editions
from shared.rulebooks.loader import load

SERVICE = "promotion"


async def run(settings: Settings) -> None:
    """Promotion has served until it was told to stop."""
    outbox = relay(settings, SERVICE)
    async with await open_pool(settings.postgres_dsn, settings.postgres_schema, SERVICE) as pool:
        step = SequencedStep(pipeline(load(), load_editions()), settings.topic_prefix)
        consumer = Consumer(
            step,
            pool,
            service=SERVICE,
            group=SERVICE,
            prefix=settings.topic_prefix,
            replica=settings.replica,
            committed=outbox.wake,
        )
        repairs = Repairs(SERVICE, pool, [SequencedMender(step)], outbox.wake)
        pruner = Pruner(pool, SERVICE, core(settings))
        kafka = broker(settings)
        subscribe(kafka, consumer)
        watch = Watch(settings, SERVICE, pool, [consumer], outbox)
        watched = door(settings, watch, description(settings, SERVICE))
        await serve(kafka, [consumer], [outbox.run, repairs.run, pruner.run, *watched], outbox)
