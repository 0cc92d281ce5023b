"""What must be so before a service reads or sends: its topics are the ones it knows, and its database is not behind.

Kafka never says that a topic was deleted and made anew, or that a database was restored from an older copy; each is
silent loss. So the UUID of each topic is kept, and every record says where in its owner's outbox it stood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.contracts.topics import DEAD_LETTERS, INTERNAL, Topic, receipts_topic
from shared.kernel.clock import monotonic
from shared.messaging.faults import StopsServiceError
from shared.messaging.history import ends_of, records_of
from shared.messaging.outbox import SQL, unpack_headers
from shared.messaging.positions import HistoryLostError, Place
from shared.messaging.topic_ids import describe, members

FENCE_EVERY_SECONDS = 5.0
TOPIC_MISSING_SECONDS_MAX = 30.0
ASSIGNMENT_EMPTY_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 8.0
POSITION_HEADER = "ocop_position"
"""Not of the CloudEvent: `<lane>/<position>` of the record in its owner's outbox."""

Usage = Literal["reads", "writes"]
Ask = Any  # asyncpg's pool, a connection of it or one outside it: what can fetch and execute
Spot = tuple[str, int]
"""A lane and a position in it."""
COMPARED_AT_ONCE_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """A record of this service in Kafka: where it stood in the outbox, which event it is, and where it stands."""

    lane: str
    position: int
    event_id: str
    place: Place
    offset: int


class TopicReplacedError(StopsServiceError):
    """A topic was deleted and made anew: its offsets begin again, and what it held is gone."""


class TopicMissingError(StopsServiceError):
    """A topic that is read or written has not been there for too long."""


class PartitionsChangedError(StopsServiceError):
    """A topic has not the declared number of partitions: a subject's events would be on two of them, without order."""


class AssignmentEmptyError(StopsServiceError):
    """A consumer that is alone in its group has been given nothing to read for too long."""


class DatabaseOlderThanKafkaError(StopsServiceError):
    """Kafka holds records of this service that its own database does not know: the database is an older copy."""


def outputs(service: str, units: Iterable[str] = ()) -> tuple[Topic, ...]:
    """The topics that a service's relay sends to; `units` are those that are answered."""
    own = [topic for topic in INTERNAL if topic.owner == service]
    return (*own, DEAD_LETTERS, *(receipts_topic(unit) for unit in units))


def position_of(record: ConsumerRecord) -> Spot | None:
    """Where the record stood in its owner's outbox; None for one that does not say."""
    for name, value in record.headers:
        if name == POSITION_HEADER:
            lane, _, position = value.decode().rpartition("/")
            return lane, int(position)
    return None


def event_id(headers: Iterable[tuple[str, bytes | None]], name: str = "ce_id") -> str:
    """The CloudEvents attribute of a record, "" where there is none."""
    return next(((value or b"").decode() for header, value in headers if header == name), "")


class UnansweredError(Exception):
    """Kafka answers others, not this consumer: its client hangs. A new process goes on where the watermarks stand."""


class Fence:
    """Compares what a service knows of its topics with what Kafka says; raises a `StopsServiceError` that tells all."""

    def __init__(self, bootstrap: Sequence[str], prefix: str, service: str) -> None:
        self._bootstrap = list(bootstrap)
        self._prefix = prefix
        self.service = service
        self._since: dict[str, float] = {}

    async def topics(self, ask: Ask, usage: Usage, topics: Sequence[Topic]) -> list[Topic]:
        """Every topic that exists is the one known, with the declared partitions; a new one is known from now on.

        Returns those that exist. Raises TopicMissingError for one that has been missing for too long,
        PartitionsChangedError and TopicReplacedError.
        """
        names = [self._prefix + topic.name for topic in topics]
        found = await asyncio.to_thread(describe, self._bootstrap, names)
        there = {topic.name: found[name] for topic, name in zip(topics, names, strict=True) if name in found}
        for topic in topics:
            self._missed(topic.name, topic.name in there)
            if topic.name in there and there[topic.name].partitions != topic.partitions:
                raise PartitionsChangedError(
                    f"{self.service}: {topic.name} has {there[topic.name].partitions} partitions, declared are "
                    f"{topic.partitions}; see deploy/runbooks/partitions-changed.md"
                )
        ids = {name: described.topic_id for name, described in there.items()}
        await ask.execute(SQL["see_topics"], usage, list(ids), list(ids.values()))
        for row in await ask.fetch(SQL["topics_seen"], usage, list(ids)):
            if row["topic_id"] != ids[row["topic"]]:
                raise TopicReplacedError(
                    f"{self.service}: {row['topic']} was {row['topic_id']} and is {ids[row['topic']]} now; "
                    "see deploy/runbooks/topic-replaced.md"
                )
        return [topic for topic in topics if topic.name in there]

    def _missed(self, name: str, there: bool) -> None:
        if there:
            self._since.pop(name, None)
        elif self._for_too_long(name, TOPIC_MISSING_SECONDS_MAX):
            raise TopicMissingError(
                f"{self.service}: {name} has not been there for {TOPIC_MISSING_SECONDS_MAX:.0f} s; "
                "see deploy/runbooks/topic-replaced.md"
            )

    async def members(self, group: str) -> int:
        """How many members the group has."""
        return await asyncio.to_thread(members, self._bootstrap, group)

    async def assigned(self, group: str, has_any: bool) -> None:
        """The consumer has partitions, or another of its group does; raises AssignmentEmptyError past the limit."""
        if has_any or await self.members(group) > 1:
            self._since.pop(group, None)
        elif self._for_too_long(group, ASSIGNMENT_EMPTY_SECONDS_MAX):
            raise AssignmentEmptyError(
                f"{self.service}: {group} has had nothing to read for {ASSIGNMENT_EMPTY_SECONDS_MAX:.0f} s; "
                "see deploy/runbooks/topic-replaced.md"
            )

    async def ends(self, kafka: AIOKafkaConsumer, assigned: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The ends of a running consumer's partitions, by its own client.

        Raises UnansweredError where another client is told them and this one is not, TimeoutError where neither is.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                found: dict[TopicPartition, int] = await kafka.end_offsets(assigned)
                return found
        except TimeoutError:
            places = [(partition.topic.removeprefix(self._prefix), partition.partition) for partition in assigned]
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                await ends_of(self._bootstrap, self._prefix, places)
            raise UnansweredError(f"{self.service}: no answer within {ANSWER_SECONDS_MAX} s") from None

    async def _known(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], topics: Sequence[Topic]
    ) -> tuple[list[Topic], list[asyncpg.Record]]:
        """The topics that exist, compared by their ids, and how far they were compared with the outbox."""
        connection = await connect()
        try:
            return await self.topics(connection, "writes", topics), await connection.fetch(SQL["relayed"])
        finally:
            connection.terminate()

    def _for_too_long(self, name: str, seconds_max: float) -> bool:
        return monotonic() - self._since.setdefault(name, monotonic()) > seconds_max

    async def sent(self, connect: Callable[[], Awaitable[asyncpg.Connection]], topics: Sequence[Topic]) -> None:
        """The outbox knows everything that Kafka holds of this service, and Kafka all that it was seen to hold.

        Only what came since the last comparison is read. Raises DatabaseOlderThanKafkaError and HistoryLostError, and
        whatever `topics` raises.
        """
        existing, rows = await self._known(connect, topics)
        known = {(row["topic"], row["part"]): row["next_offset"] for row in rows}
        begins = {(topic.name, part): known.get((topic.name, part), 0) for topic in existing for part in _parts(topic)}
        ends = await ends_of(self._bootstrap, self._prefix, begins)
        for place, end in ends.items():
            if end < begins[place]:
                await self._known(connect, topics)  # one made anew in this very moment is to be named as such
                raise HistoryLostError(
                    f"{self.service}: {place[0]}/{place[1]} held {begins[place]} records and ends at {end} now; "
                    "see deploy/runbooks/history-lost.md"
                )
        found: list[Found] = []
        async for place, record in records_of(self._bootstrap, self._prefix, begins, ends):
            spot = position_of(record)
            if spot is not None and event_id(record.headers, "ce_source") == f"/services/{self.service}":
                found.append(Found(*spot, event_id(record.headers), place, record.offset))
            if len(found) == COMPARED_AT_ONCE_MAX:
                await self._compare(connect, found, {})
                found.clear()
        await self._compare(connect, found, ends)

    async def _compare(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        found: Sequence[Found],
        ends: Mapping[Place, int],
    ) -> None:
        """Connected for this alone: the server ends a session that is quiet while Kafka is read."""
        connection = await connect()
        try:
            lanes, positions = [one.lane for one in found], [one.position for one in found]
            rows = await connection.fetch(SQL["announced_at"], lanes, positions)
            known = {(row["lane"], row["position"]): row for row in rows}
            for one in found:
                if _unknown(row := known[one.lane, one.position], one):
                    raise DatabaseOlderThanKafkaError(
                        f"{self.service}: {one.place[0]}/{one.place[1]} holds at {one.offset} the event {one.event_id}"
                        f", number {one.position} of {one.lane}, which the outbox does not know; it has come to "
                        f"{row['head']}; see deploy/runbooks/database-older-than-kafka.md"
                    )
            topics, parts = [topic for topic, _ in ends], [part for _, part in ends]
            await connection.execute(SQL["save_relayed"], topics, parts, list(ends.values()))
        finally:
            connection.terminate()


def _unknown(row: asyncpg.Record, one: Found) -> bool:
    """True for what the outbox never held; a row behind the head that is gone was delivered and pruned."""
    if row["headers"] is None:
        return bool(row["position"] > row["head"])
    return event_id(unpack_headers(row["headers"])) != one.event_id


def _parts(topic: Topic) -> range:
    return range(topic.partitions)
