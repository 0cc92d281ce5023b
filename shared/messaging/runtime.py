"""Runs a service: its consumers, its relay and whatever else it does, until it is told to stop or one of them fails."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence

import asyncpg
import structlog
import uvloop
from faststream.kafka import KafkaBroker

from shared.kernel.backoff import Backoff
from shared.messaging import connections
from shared.messaging.consumer import Consumer
from shared.messaging.faults import StopsServiceError, described
from shared.messaging.fence_watch import run_until_failed, watch
from shared.messaging.fencing import outputs
from shared.messaging.relay import Relay
from shared.messaging.settings import ServiceSettings
from shared.observability import logging
from shared.postgres.pool import open_connection

FAILURE_SEEN_WITHIN_SECONDS = 0.5
BATCH_SECONDS_MAX = 10.0
LEAVING_SECONDS_MAX = BATCH_SECONDS_MAX + 2.0
METADATA_AGE_MS_MAX = 10_000
"""A group that is formed anew must know of a topic that was away a while ago."""
Task = Callable[[asyncio.Event], Awaitable[None]]
log = structlog.get_logger()


def broker(settings: ServiceSettings) -> KafkaBroker:
    """FastStream's broker, without injection (the batch is handed over as it is) and without making topics."""
    return KafkaBroker(
        settings.bootstrap_servers,
        apply_types=False,
        allow_auto_create_topics=False,
        metadata_max_age_ms=METADATA_AGE_MS_MAX,
        logger=None,
        graceful_timeout=BATCH_SECONDS_MAX,
    )


def relay(settings: ServiceSettings, service: str, units: Iterable[str] = ()) -> Relay:
    """The relay of this service's outbox; `units` are those that it answers."""

    async def connect() -> asyncpg.Connection:
        return await open_connection(settings.postgres_dsn, settings.postgres_schema, f"{service}-relay")

    return Relay(
        connect,
        settings.bootstrap_servers,
        service=service,
        prefix=settings.topic_prefix,
        outputs=outputs(service, units),
    )


async def serve(faststream: KafkaBroker, consumers: Sequence[Consumer], tasks: Sequence[Task], outbox: Relay) -> None:
    """Returns when SIGTERM or SIGINT came and everything has come to rest; raises what failed.

    Nothing is read, written or sent before Kafka and the outbox were found to agree.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    calm_collector()
    if not await _agree(outbox, stop):
        return
    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(_until(task, stop))
            for consumer in consumers:
                consumer.fence = outbox.fence
                group.create_task(watch(consumer, outbox.fence, stop))
                group.create_task(run_until_failed(consumer, stop, FAILURE_SEEN_WITHIN_SECONDS))
            await faststream.start()
    finally:
        await _left(faststream)


async def _left(faststream: KafkaBroker) -> None:
    """Kafka was left in good order, or, where a client hangs, as it is: who comes next begins at the watermarks."""
    try:
        async with asyncio.timeout(LEAVING_SECONDS_MAX):
            await faststream.stop()
    except TimeoutError:
        log.warning("left_hanging", seconds=LEAVING_SECONDS_MAX)


def main(service: str, settings: ServiceSettings, run: Callable[[], Awaitable[None]]) -> None:
    """The service has run to its end."""
    logging.configure(service, settings.replica, settings.log_level)
    connections.install()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_awaited(run))


async def _agree(outbox: Relay, stop: asyncio.Event) -> bool:
    """True when the outbox and Kafka agree; False when `stop` came first. Raises what a person must decide."""
    backoff = Backoff(first_seconds=0.1, seconds_max=2.0)
    while not stop.is_set():
        try:
            await outbox.check()
        except StopsServiceError as error:
            log.critical("stopped", error=type(error).__name__, detail=str(error))
            raise
        except Exception as error:
            log.warning("not_compared", fault=described(error))
            await backoff.wait(stop)
        else:
            return True
    return False


async def _awaited(run: Callable[[], Awaitable[None]]) -> None:
    await run()


async def _until(task: Task, stop: asyncio.Event) -> None:
    """A task that ends by itself ends the service: none is meant to."""
    await task(stop)
    if not stop.is_set():
        raise RuntimeError(f"{task!r} ended while the service was running")


def calm_collector() -> None:
    """What was made at the start stays; collecting it over and over would halve the throughput.

    A batch of evaluation makes fewer objects than the threshold and drops them again: none is collected halfway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
