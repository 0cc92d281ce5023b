"""Sends what the outbox holds: each lane in its order, the cursor saved only behind what the broker acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.contracts.topics import Topic
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic
from shared.messaging import crash_points, fencing
from shared.messaging.crash_points import CrashPoint
from shared.messaging.faults import StopsServiceError, described
from shared.messaging.fencing import POSITION_HEADER, Fence
from shared.messaging.outbox import SQL, unpack_headers

LANE_ROWS_MAX = 500
IDLE_SECONDS_MAX = 1.0
SEND_SECONDS_MAX = 30.0
BATCH_BYTES_MAX = 262_144
REQUEST_BYTES_MAX = 1_048_576

Rows = Sequence[asyncpg.Record]
log = structlog.get_logger()


class Relay:
    """The one sender of a schema's outbox. Others of the same schema stand by until its connection is gone."""

    def __init__(
        self,
        connect: Callable[[], Any],
        bootstrap: Sequence[str],
        *,
        service: str,
        prefix: str,
        outputs: Sequence[Topic] = (),
    ) -> None:
        self._connect = connect
        self._bootstrap = list(bootstrap)
        self._service = service
        self._prefix = prefix
        self._outputs = tuple(outputs)
        self.fence = Fence(bootstrap, prefix, service)
        self._acknowledged: dict[tuple[str, int], int] = {}
        self._wake = asyncio.Event()
        self.leading = False

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def check(self) -> None:
        """What Kafka holds of this service is what its outbox knows; raises a `StopsServiceError` where it is not."""
        if self._outputs:
            await self.fence.sent(self._connect, self._outputs)

    async def run(self, stop: asyncio.Event) -> None:
        """Relays until `stop` is set. Whatever fails, connection and producer are made anew and the cursors reread.

        After a failed send a producer cannot be trusted with the order of what follows; rereading the saved cursor can.
        """
        backoff = Backoff(first_seconds=0.1, seconds_max=5.0)
        while not stop.is_set():
            try:
                await self._session(stop, backoff)
            except StopsServiceError as error:
                log.critical("stopped", service=self._service, error=type(error).__name__, detail=str(error))
                raise
            except Exception as error:
                log.warning("relay_restarts", service=self._service, fault=described(error))
                await backoff.wait(stop)

    async def _session(self, stop: asyncio.Event, backoff: Backoff) -> None:
        await self.check()
        connection: asyncpg.Connection = await self._connect()
        producer = self._producer()
        try:
            schema = await connection.fetchval("SELECT current_schema()")
            await connection.add_listener(f"outbox_{schema}", self._notified)
            await self._take_lead(connection, stop)
            self.leading = True
            await producer.start()
            await self._lead(connection, producer, stop, backoff)
        finally:
            self.leading = False
            await _close(producer, connection)

    async def _take_lead(self, connection: asyncpg.Connection, stop: asyncio.Event) -> None:
        """Another relay of the schema may lead; its commits must not make this one ask in a busy loop."""
        backoff = Backoff(first_seconds=IDLE_SECONDS_MAX, seconds_max=IDLE_SECONDS_MAX)
        while not stop.is_set() and not await connection.fetchval(SQL["relay_lock"]):
            await backoff.wait(stop)

    async def _lead(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, stop: asyncio.Event, backoff: Backoff
    ) -> None:
        looked = monotonic()
        while not stop.is_set():
            self._wake.clear()
            rows = await connection.fetch(SQL["unsent"], LANE_ROWS_MAX)
            if rows:
                await self._send(producer, rows)
                crash_points.passed(CrashPoint.AFTER_SEND)
                await self._save(connection, rows)
                backoff.reset()
            else:
                await self._idle()
            if self._outputs and monotonic() - looked > fencing.FENCE_EVERY_SECONDS:
                await self._look(connection)
                looked = monotonic()

    async def _send(self, producer: AIOKafkaProducer, rows: Rows) -> None:
        """Every row was acknowledged by the in-sync replicas, those of one partition in order."""
        places: dict[tuple[str, int], list[asyncpg.Record]] = {}
        for row in rows:
            places.setdefault((row["topic"], row["part"]), []).append(row)
        async with asyncio.timeout(SEND_SECONDS_MAX):
            acks = [ack for place, of_place in places.items() for ack in await self._batches(producer, place, of_place)]
            for ack in await asyncio.gather(*acks):
                self._acknowledged[ack.topic.removeprefix(self._prefix), ack.partition] = ack.offset

    async def _look(self, connection: asyncpg.Connection) -> None:
        """The topics are the ones known, and the next start compares only what was acknowledged since."""
        await self.fence.topics(connection, "writes", self._outputs)
        topics, parts = [topic for topic, _ in self._acknowledged], [part for _, part in self._acknowledged]
        await connection.execute(SQL["save_relayed"], topics, parts, list(self._acknowledged.values()))

    async def _batches(
        self, producer: AIOKafkaProducer, place: tuple[str, int], rows: Rows
    ) -> list[asyncio.Future[Any]]:
        topic, part = place
        acks: list[asyncio.Future[Any]] = []
        batch: BatchBuilder = producer.create_batch()
        for row in rows:
            if not _append(batch, row):
                acks.append(await producer.send_batch(batch, self._prefix + topic, partition=part))
                batch = producer.create_batch()
                if not _append(batch, row):
                    raise ValueError(f"{topic} {row['lane']} {row['position']} is larger than a batch may be")
        acks.append(await producer.send_batch(batch, self._prefix + topic, partition=part))
        return acks

    async def _save(self, connection: asyncpg.Connection, rows: Rows) -> None:
        cursors = {row["lane"]: row["position"] for row in rows}
        await connection.execute(SQL["move_cursors"], list(cursors), list(cursors.values()))
        log.debug("relayed", service=self._service, records=len(rows), lanes=len(cursors))

    async def _idle(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS_MAX)
        except TimeoutError:
            return

    def _notified(self, *_: object) -> None:
        self._wake.set()

    def _producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            max_batch_size=max(BATCH_BYTES_MAX, REQUEST_BYTES_MAX),
            max_request_size=REQUEST_BYTES_MAX,
            request_timeout_ms=int(SEND_SECONDS_MAX * 1000),
        )


def _append(batch: BatchBuilder, row: asyncpg.Record) -> bool:
    headers = unpack_headers(row["headers"])
    headers.append((POSITION_HEADER, f"{row['lane']}/{row['position']}".encode()))
    return batch.append(key=row["key"].encode(), value=row["value"], timestamp=None, headers=headers) is not None


async def _close(producer: AIOKafkaProducer, connection: asyncpg.Connection) -> None:
    try:
        async with asyncio.timeout(5.0):
            await producer.stop()
    except Exception as error:
        log.warning("producer_left", fault=described(error))
    connection.terminate()
