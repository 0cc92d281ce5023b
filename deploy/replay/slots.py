"""Some slots of a service, replayed by one process into an empty schema; nothing is relayed and nothing delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog
import uvloop

from deploy.replay.given import guided
from deploy.replay.log import Log, opened_log
from deploy.replay.order import rounds
from deploy.replay.outputs import Numbered, digests, numbers, up_to
from deploy.replay.pipelines import pipeline_of
from deploy.replay.snapshot import Snapshot
from deploy.replay.state import SQL, Rows
from services.notification.adoption import adopt
from shared.contracts.envelope import from_headers
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.outbox import SQL as CORE_SQL
from shared.messaging.outbox import slot_lane, unpack_headers
from shared.messaging.pipeline import Connection
from shared.messaging.runtime import calm_collector
from shared.messaging.step import SequencedStep
from shared.postgres.pool import server_settings

BATCH_RECORDS_MAX: Final = 5_000
STATEMENT_SECONDS_MAX: Final = 600.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the log is read and where the state is built."""

    kafka_bootstrap: str
    topic_prefix: str
    dsn: str
    schema: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events were taken in, and the ids announced: by the live service and by the replay."""

    events: int
    announced: Rows
    announced_again: Rows


def replay_slots(place: Place, snapshot: Snapshot, slots: Sequence[int]) -> Replayed:
    """The slots' history up to the snapshot is state in the schema; made to run as a process of its own."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # what was decided was logged when it was
    calm_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_replay(place, snapshot, slots))


async def _replay(place: Place, snapshot: Snapshot, slots: Sequence[int]) -> Replayed:
    events, announced, again = 0, list[Numbered](), list[Numbered]()
    async with opened_log(place.kafka_bootstrap, place.topic_prefix) as log, _connection(place) as connection:
        replay = _Replay(log, connection, snapshot, place.topic_prefix)
        await connection.execute(CORE_SQL["ensure_lanes"], replay.step.lanes())
        for slot in slots:
            own = await replay.own(slot)
            events += await replay.slot(slot, own)
            announced += numbers(own)
            again += await replay.announced(slot)
    return Replayed(events, digests(announced), digests(again))


@asynccontextmanager
async def _connection(place: Place) -> AsyncIterator[Connection]:
    told = {**server_settings(place.schema, "replay"), "synchronous_commit": "off"}
    pool = asyncpg.create_pool(
        place.dsn, min_size=1, max_size=1, command_timeout=STATEMENT_SECONDS_MAX, server_settings=told
    )
    async with pool, pool.acquire() as connection:
        yield connection


class _Replay:
    """One service being replayed, by the step that it runs itself."""

    def __init__(self, log: Log, connection: Connection, snapshot: Snapshot, prefix: str) -> None:
        self.step: SequencedStep[Any] = SequencedStep(guided(pipeline_of(snapshot.service)), prefix)
        self._log = log
        self._connection = connection
        self._snapshot = snapshot
        output = self.step.pipeline.output
        self._output = output
        self._own = Reader((output,) if output else (), prefix, sequenced=True)

    async def own(self, slot: int) -> list[Delivery]:
        """What the live service had announced in this slot by the moment of the snapshot, each subject's in order."""
        if self._output is None:
            return []
        told = [self._own.read(record) for record in await self._log.read_all(self._output.name, slot)]
        told += [self._own.again(delivery) for delivery in self._snapshot.unsent if delivery.partition == slot]
        return up_to(told, self._snapshot.published)

    async def slot(self, slot: int, own: Sequence[Delivery]) -> int:
        """The slot's records are applied; returns how many there were."""
        ends = {place: end for place, end in self._snapshot.ends.items() if place[1] == slot}
        records = [self.step.reader.read(record) for record in await self._log.read(ends)]
        taken = list(self._snapshot.settled.take(records, self.step.reader))
        for turn in rounds(taken, own):
            await self._apply(turn.applied)
            await self._adopt(turn.told)
        return len(records)

    async def announced(self, slot: int) -> list[Numbered]:
        """What the replay has announced in this slot."""
        if self._output is None:
            return []
        rows = await self._connection.fetch(SQL["announced"], slot_lane(slot), self._output.name)
        return [_number(from_headers(unpack_headers(row["headers"]))) for row in rows]

    async def _apply(self, records: Sequence[Delivery]) -> None:
        for begin in range(0, len(records), BATCH_RECORDS_MAX):
            async with self._connection.transaction():
                await self.step.apply(self._connection, records[begin : begin + BATCH_RECORDS_MAX])

    async def _adopt(self, told: Sequence[Delivery]) -> None:
        for begin in range(0, len(told), BATCH_RECORDS_MAX):
            async with self._connection.transaction():
                await adopt(self._connection, self.step, told[begin : begin + BATCH_RECORDS_MAX])


def _number(headers: Mapping[str, str]) -> Numbered:
    return headers["ce_subject"], int(headers["ce_sequence"]), headers["ce_id"]
