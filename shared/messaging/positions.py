"""Where a consumer stands: PostgreSQL's watermarks decide what is new, and whether anything is missing before it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import asyncpg
from aiokafka import TopicPartition
from asyncpg.pool import PoolConnectionProxy

from shared.contracts.topics import Topic
from shared.kernel.backoff import Backoff
from shared.messaging.delivery import Delivery
from shared.messaging.faults import StopsServiceError
from shared.messaging.outbox import SQL

Place = tuple[str, int]


class OffsetGapError(Exception):
    """A record came that is not the next one: something between was lost or skipped."""

    def __init__(self, place: Place, next_offset: int, got: int) -> None:
        super().__init__(f"{place[0]}/{place[1]}: next is {next_offset}, got {got}")
        self.place = place
        self.next_offset = next_offset


class HistoryLostError(StopsServiceError):
    """Kafka ends before what was already applied, or begins after what comes next: a person must decide."""


class Lanes(Protocol):
    """What of a step says where its effects are ordered."""

    def lane(self, topic: str, part: int) -> str:
        """The lane that the records of this partition belong to."""
        ...

    def lanes(self) -> list[str]:
        """Every lane there is."""
        ...


class Positions:
    """Tells what is new, and remembers where offsets turned out to be missing in Kafka itself."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._compacted = frozenset(topic.name for topic in topics if topic.compacted)
        self._sparse = frozenset(topic.name for topic in topics if topic.sparse)
        self._gaps: dict[Place, int] = {}
        self._absent: dict[Place, int] = {}

    def fresh(self, deliveries: Sequence[Delivery], watermarks: Mapping[Place, int]) -> list[Delivery]:
        """What was not applied yet; raises OffsetGapError where a record is not the next one of its partition.

        A partition without a watermark has not been assigned yet: that is a gap too. Compaction leaves gaps.
        """
        expected = dict(watermarks)
        fresh = []
        for delivery in deliveries:
            place = (delivery.topic, delivery.partition)
            next_offset = expected.get(place, -1)
            if delivery.offset < next_offset:
                continue
            if delivery.offset > next_offset and (next_offset < 0 or not self._may_be_missing(place, next_offset)):
                raise OffsetGapError(place, next_offset, delivery.offset)
            expected[place] = delivery.offset + 1
            fresh.append(delivery)
        return fresh

    def may_pass(self, gap: OffsetGapError) -> bool:
        """False for a gap that is there again after the consumer went back, unless its topic may have such gaps."""
        again = gap.next_offset >= 0 and self._gaps.get(gap.place) == gap.next_offset
        self._gaps[gap.place] = gap.next_offset
        if again and gap.place[0] in self._sparse:
            self._absent[gap.place] = gap.next_offset
        return not again or gap.place[0] in self._sparse

    def _may_be_missing(self, place: Place, offset: int) -> bool:
        return place[0] in self._compacted or self._absent.get(place) == offset


async def ensure(pool: asyncpg.Pool, step: Lanes, beginnings: Mapping[Place, int]) -> None:
    """Every partition has its watermark and every lane its head; what was there stays."""
    places = sorted(beginnings)
    topics, parts = [topic for topic, _ in places], [part for _, part in places]
    lanes = [step.lane(*place) for place in places]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(SQL["ensure_watermarks"], topics, parts, lanes, [beginnings[p] for p in places])
        await connection.execute(SQL["ensure_lanes"], sorted({*step.lanes(), *lanes}))


async def move(connection: PoolConnectionProxy, fresh: Sequence[Delivery]) -> None:
    """The watermarks stand behind these deliveries."""
    ends = {(delivery.topic, delivery.partition): delivery.offset + 1 for delivery in fresh}
    if ends:
        topics, parts = [topic for topic, _ in ends], [part for _, part in ends]
        await connection.execute(SQL["move_watermarks"], topics, parts, list(ends.values()))


async def known_offsets(
    ask: Callable[[Sequence[TopicPartition]], Awaitable[dict[TopicPartition, int]]], assigned: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    """What the broker says of these partitions; a young or recovering one says -1 until it knows: asked again."""
    backoff = Backoff(first_seconds=0.05, seconds_max=1.0)
    offsets: dict[TopicPartition, int] = await ask(assigned)
    while min(offsets.values()) < 0:
        await backoff.wait(asyncio.Event())
        offsets = await ask(assigned)
    return offsets
