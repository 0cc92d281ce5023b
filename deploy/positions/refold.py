"""A service behind registration takes in again what it had taken in since its database's copy, in the same order."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from deploy.positions.own_records import Own, heads_of, made_since, stands
from deploy.positions.standing import bootstrap
from deploy.provision import Site
from deploy.replay.given import DAYS, guided
from deploy.replay.order import rounds
from deploy.replay.pipelines import pipeline_of
from services.notification.adoption import adopt
from shared.contracts.dossiers import DayOpened
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.fencing import event_id
from shared.messaging.history import ends_of, records_of
from shared.messaging.outbox import slot_lane, unpack_headers
from shared.messaging.pipeline import Connection
from shared.messaging.positions import Place, move
from shared.messaging.step import SequencedStep

BATCH_RECORDS_MAX: Final = 2_000
FORGET_DAYS: Final = "UPDATE subject SET positions = positions - $1::text WHERE jsonb_exists(positions, $1::text)"
IN_DOUBT: Final = "UPDATE delivery SET attempt_open = true, attempts = attempts + 1 WHERE state = 'pending'"


async def refold(site: Site, connection: Connection, service: str, unknown: Sequence[Own]) -> int:
    """The records up to where the service had come are applied, those with consequences in the order these had.

    Where it had come: what it had committed to Kafka, every record of which something follows that Kafka holds, and
    every record without which that would not follow. What lies behind is left to the service itself. Returns how many
    records were taken in again.
    """
    step: SequencedStep[Any] = SequencedStep(guided(pipeline_of(service)), site.topic_prefix)
    own = _announced(step, site.topic_prefix, unknown)
    slots = await _since(site, connection, step, service, frozenset(one.cause for one in unknown))
    for number in sorted(slots.keys() | {one.partition for one in own}):
        slot = slots[number]
        await _Again(connection, step, number, slot, [one for one in own if one.partition == number]).done()
        await move(connection, slot.taken)
    await connection.execute(FORGET_DAYS, DAYS)
    if service == "notification":
        await connection.execute(IN_DOUBT)
    return sum(len(slot.taken) for slot in slots.values())


@dataclass(slots=True)
class _Slot:
    """What the service is known to have taken in of a slot, and what lies behind, in the order of each partition."""

    taken: list[Delivery] = field(default_factory=list)
    behind: list[Delivery] = field(default_factory=list)


class _Behind:
    """Of what lies behind: as much of each subject as its events cannot be made without.

    A service says once in a while how far it has come, and a record without consequences leaves no trace: a score
    sheet, a result before its decision. What is taken here too early is a duplicate when the service comes to it.
    """

    def __init__(self, records: Iterable[Delivery]) -> None:
        self.needed: list[Delivery] = []
        self._waiting: dict[tuple[str, str], deque[Delivery]] = defaultdict(deque)
        for record in records:
            self._waiting[_queue(record)].append(record)

    def grow(self, missing: Collection[str], caused: Collection[str]) -> bool:
        """The next record of each topic is needed too, for each subject that misses an event; False where none is left.

        A record of which something followed that Kafka does not hold (its id is in `caused`) had not been taken in,
        nor what comes behind it.
        """
        wrong = [record for record in self.needed if record.envelope and record.envelope.id in caused]
        stops = {_queue(record): record.offset for record in reversed(wrong)}
        for queue in stops:
            self._waiting[queue].clear()
        self.needed = [one for one in self.needed if one.offset < stops.get(_queue(one), one.offset + 1)]
        following = [of.popleft() for (subject, _), of in self._waiting.items() if subject in missing and of]
        self.needed += following
        return bool(wrong or following)


class _Again:
    """A slot whose records are applied until its subjects have announced what Kafka holds, or no more can be tried."""

    def __init__(
        self, connection: Connection, step: SequencedStep[Any], number: int, slot: _Slot, announced: Sequence[Delivery]
    ) -> None:
        self._connection = connection
        self._step = step
        self._lane = slot_lane(number)
        self._slot = slot
        self._announced = announced

    async def done(self) -> None:
        """The slot's records are applied, with those behind that are needed; which these are is tried and undone."""
        behind = _Behind(self._slot.behind)
        only: Collection[str] | None = None
        while True:
            attempt = self._connection.transaction()
            await attempt.start()
            missing, caused = await self._tried([*self._slot.taken, *behind.needed], only)
            grown = behind.grow(missing, caused)
            if only is None and not grown:
                await attempt.commit()
                return
            await attempt.rollback()
            only = missing if grown else None

    async def _tried(
        self, records: Sequence[Delivery], only: Collection[str] | None
    ) -> tuple[Collection[str], Collection[str]]:
        """After the records of `only` these subjects, or of all: who misses an event, and what caused one too many."""
        heads = await heads_of(self._connection)
        announced = [one for one in self._announced if only is None or _subject(one) in only]
        some = [one for one in records if only is None or _subject(one) in only or isinstance(one.event, DayOpened)]
        await self._take(some, announced)
        made = await made_since(self._connection, {self._lane: heads[self._lane]})
        causes = {event_id(unpack_headers(row["headers"])): _cause(row) for row in made}
        values = {event_id(unpack_headers(row["headers"])): row["value"] for row in made}
        known = {one.envelope.id: one for one in announced if one.envelope}
        missing = {_subject(one) for event, one in known.items() if values.get(event) != one.value}
        return missing, {cause for event, cause in causes.items() if event not in known}

    async def _take(self, records: Sequence[Delivery], announced: Sequence[Delivery]) -> None:
        leading = list(_leading(announced))
        await _adopt(self._connection, self._step, leading)
        for turn in rounds(records, [one for one in announced if one not in leading]):
            for begin in range(0, len(turn.applied), BATCH_RECORDS_MAX):
                await self._step.apply(self._connection, turn.applied[begin : begin + BATCH_RECORDS_MAX])
            await _adopt(self._connection, self._step, turn.told)


def _announced(step: SequencedStep[Any], prefix: str, unknown: Sequence[Own]) -> list[Delivery]:
    """What the service had announced on its topic and the database does not know, each subject's in sequence."""
    output = step.pipeline.output
    reader = Reader((output,) if output else (), prefix, sequenced=True)
    raw = (
        Delivery(one.place[0], one.place[1], one.offset, one.timestamp_ms, one.key, one.headers, one.value)
        for one in unknown
        if output is not None and one.place[0] == output.name
    )
    return sorted(map(reader.again, raw), key=_number)


def _number(one: Delivery) -> tuple[str, int]:
    return (one.envelope.subject, one.envelope.sequence) if one.envelope else ("", 0)


def _leading(announced: Iterable[Delivery]) -> Iterable[Delivery]:
    """What each subject told by itself before any record of these had consequences for it."""
    followed: set[str] = set()
    for one in announced:
        if one.envelope is None or one.envelope.subject in followed:
            continue
        if one.envelope.causation_id == f"{one.envelope.subject}/{one.envelope.sequence}":
            yield one
        else:
            followed.add(one.envelope.subject)


async def _adopt(connection: Connection, step: SequencedStep[Any], told: Sequence[Delivery]) -> None:
    if told:
        await adopt(connection, step, told)


async def _since(
    site: Site, connection: Connection, step: SequencedStep[Any], service: str, causes: frozenset[str]
) -> dict[int, _Slot]:
    """By slot, what the database does not know: the records that the service had taken in, and those behind."""
    begins = await stands(site, connection, step)
    ends = await ends_of(bootstrap(site), site.topic_prefix, begins)
    committed = await asyncio.to_thread(_committed, site, f"{site.topic_prefix}{service}")
    found: dict[Place, list[Delivery]] = defaultdict(list)
    last = {place: min(end, committed.get(place, 0)) for place, end in ends.items()}
    async for place, record in records_of(bootstrap(site), site.topic_prefix, begins, ends):
        found[place].append(step.reader.read(record))
        envelope = found[place][-1].envelope
        if envelope is not None and envelope.id in causes:
            last[place] = max(last[place], record.offset + 1)
    slots: dict[int, _Slot] = defaultdict(_Slot)
    for place, records in found.items():
        slots[place[1]].taken += [record for record in records if record.offset < last[place]]
        slots[place[1]].behind += [record for record in records if record.offset >= last[place]]
    return slots


def _committed(site: Site, group: str) -> Mapping[Place, int]:
    admin = AdminClient({"bootstrap.servers": site.kafka_bootstrap})
    (answer,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    places = answer.result().topic_partitions
    return {(one.topic.removeprefix(site.topic_prefix), one.partition): one.offset for one in places}


def _subject(record: Delivery) -> str:
    return record.envelope.subject if record.envelope else ""


def _queue(record: Delivery) -> tuple[str, str]:
    return _subject(record), record.topic


def _cause(row: asyncpg.Record) -> str:
    return event_id(unpack_headers(row["headers"]), "ce_causationid")
