"""Wires the console: the consumer that follows every product, and the pages that show them."""

from __future__ import annotations

import asyncio

from services.console.api import make_api
from services.console.handlers import pipeline
from services.console.settings import Settings
from services.console.subscriptions import subscribe
from shared.messaging.consumer import Consumer
from shared.messaging.description import description
from shared.messaging.mending import SequencedMender
from shared.messaging.pruning import Pruner, core
from shared.messaging.repair import Repairs
from shared.messaging.runtime import broker, relay, serve
from shared.messaging.step import SequencedStep
from shared.messaging.watch import Watch
from shared.observability import door
from shared.postgres.pool import open_pool

SERVICE = "console"


async def run(settings: Settings) -> None:
    """The console has served until it was told to stop."""
    outbox = relay(settings, SERVICE)
    wake = asyncio.Event()

    def committed() -> None:
        outbox.wake()
        wake.set()

    async with await open_pool(settings.postgres_dsn, settings.postgres_schema, SERVICE) as pool:
        step = SequencedStep(pipeline(), settings.topic_prefix)
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
        pruner = Pruner(pool, SERVICE, core(settings))
        kafka = broker(settings)
        subscribe(kafka, consumer)
        watch = Watch(settings, SERVICE, pool, [consumer], outbox)
        app = make_api(pool, wake, routes=[*door.routes(watch), *description(settings, SERVICE)])

        async def pages(stop: asyncio.Event) -> None:
            await door.serve(app, settings.http_host, settings.http_port, stop, before_end=app.state.live.close)

        await serve(kafka, [consumer], [outbox.run, repairs.run, pruner.run, watch.run, pages], outbox)
