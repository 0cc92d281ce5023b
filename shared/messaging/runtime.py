"""Runs a service: its consumers, its relay and whatever else it does, until it is told to stop or one of them fails."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import uvloop
from faststream.kafka import KafkaBroker

from shared.messaging.consumer import Consumer, run_until_failed
from shared.messaging.relay import Relay
from shared.messaging.settings import ServiceSettings
from shared.observability import logging
from shared.postgres.pool import open_connection

FAILURE_SEEN_WITHIN_SECONDS = 0.5
Task = Callable[[asyncio.Event], Awaitable[None]]


def broker(settings: ServiceSettings) -> KafkaBroker:
    """FastStream's broker, without injection (the batch is handed over as it is) and without making topics."""
    return KafkaBroker(
        settings.bootstrap_servers,
        apply_types=False,
        allow_auto_create_topics=False,
        logger=None,
        graceful_timeout=10.0,
    )


def relay(settings: ServiceSettings, service: str) -> Relay:
    """The relay of this service's outbox."""

    async def connect() -> asyncpg.Connection:
        return await open_connection(settings.postgres_dsn, settings.postgres_schema, f"{service}-relay")

    return Relay(
        connect,
        settings.bootstrap_servers,
        service=service,
        prefix=settings.topic_prefix,
        keep_seconds=settings.outbox_keep_seconds,
    )


async def serve(faststream: KafkaBroker, consumers: Sequence[Consumer], tasks: Sequence[Task]) -> None:
    """Returns when SIGTERM or SIGINT came and everything has come to rest; raises what failed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _calm_collector()
    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(_until(task, stop))
            for consumer in consumers:
                group.create_task(run_until_failed(consumer, stop, FAILURE_SEEN_WITHIN_SECONDS))
            await faststream.start()
    finally:
        await faststream.stop()


def main(service: str, settings: ServiceSettings, run: Callable[[], Awaitable[None]]) -> None:
    """The service has run to its end."""
    logging.configure(service, settings.replica, settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_awaited(run))


async def _awaited(run: Callable[[], Awaitable[None]]) -> None:
    await run()


async def _until(task: Task, stop: asyncio.Event) -> None:
    """A task that ends by itself ends the service: none is meant to."""
    await task(stop)
    if not stop.is_set():
        raise RuntimeError(f"{task!r} ended while the service was running")


def _calm_collector() -> None:
    """What was made at the start stays; collecting it over and over would halve the throughput."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
