"""The toy's service as an operating-system process of its own, for tests that kill, freeze and restart it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from pathlib import Path

from shared.kernel.backoff import Backoff
from shared.messaging.delivery import Delivery
from shared.messaging.pipeline import Change, Connection
from shared.messaging.runtime import broker, main, relay, serve
from shared.messaging.settings import ServiceSettings
from shared.postgres.pool import open_pool
from tests.support import toy
from tests.support.core import SERVICE, make_consumer
from tests.support.toy import Toy

SESSION_TIMEOUT_MS = 2_000
HEARTBEAT_MS = 500


class Settings(ServiceSettings):
    """`toy_pause`: while this file exists, a transaction waits before its end, and says so in `<file>.<replica>`."""

    toy_pause: str = ""


def run(settings: Settings) -> Awaitable[None]:
    """The toy's service has served until it was told to stop."""
    return _run(settings)


async def _run(settings: Settings) -> None:
    async def project(connection: Connection, changes: Sequence[Change[Toy]]) -> None:
        await toy.project(connection, changes)
        await _pause(settings)

    outbox = relay(settings, SERVICE)
    async with await open_pool(settings.postgres_dsn, settings.postgres_schema, SERVICE) as pool:
        consumer = make_consumer(pool, settings, replace(toy.pipeline(), project=project), outbox.wake)
        faststream = broker(settings)
        short = {"session_timeout_ms": SESSION_TIMEOUT_MS, "heartbeat_interval_ms": HEARTBEAT_MS}
        subscriber = faststream.subscriber(*consumer.topics(), **{**consumer.options(), **short})
        consumer.kafka = lambda: subscriber.consumer

        async def products(deliveries: list[Delivery]) -> None:
            await consumer.apply(deliveries)

        subscriber(products)
        await serve(faststream, [consumer], [outbox.run], outbox)


async def _pause(settings: Settings) -> None:
    backoff = Backoff(first_seconds=0.02, seconds_max=0.02)
    pause = Path(settings.toy_pause or "/nonexistent")
    while await asyncio.to_thread(pause.exists):
        await asyncio.to_thread(Path(f"{pause}.{settings.replica}").touch)
        await backoff.wait(asyncio.Event())


if __name__ == "__main__":
    told = Settings()
    main(SERVICE, told, lambda: run(told))
