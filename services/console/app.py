"""Wires the console: the consumer that follows every product, and the pages that show them."""

from __future__ import annotations

import asyncio

from services.console.api import make_api
from services.console.handlers import pipeline
from services.console.server import serve_pages
from services.console.settings import Settings
from services.console.subscriptions import subscribe
from shared.messaging.consumer import Consumer
from shared.messaging.runtime import broker, relay, serve
from shared.messaging.step import SequencedStep
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
        consumer = Consumer(
            SequencedStep(pipeline(), settings.topic_prefix),
            pool,
            service=SERVICE,
            group=SERVICE,
            prefix=settings.topic_prefix,
            replica=settings.replica,
            committed=committed,
        )
        kafka = broker(settings)
        subscribe(kafka, consumer)
        app = make_api(pool, wake)

        async def pages(stop: asyncio.Event) -> None:
            await serve_pages(app, settings.http_host, settings.http_port, stop)

        await serve(kafka, [consumer], [outbox.run, pages])
