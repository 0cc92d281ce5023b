"""One batch of sequenced events as one transaction's worth of reading and writing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Generic, TypeVar

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from shared.contracts.event import Event
from shared.contracts.topics import Topic
from shared.messaging import dead_letters, outbox
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.faults import ChangedMeanwhileError
from shared.messaging.fold import Dead, Fold, HeldRecord, Opened, Place, Subject
from shared.messaging.outbox import SQL, Outgoing, slot_lane
from shared.messaging.pipeline import Change, Pipeline

State = TypeVar("State")
Found = TypeVar("Found")
DUE_PAGE_SUBJECTS = 2_000
"""How many subjects that a day concerns are loaded at once; the next so many follow in the same transaction."""

_HELD_COLUMNS = (
    "subject",
    "topic",
    "sequence",
    "reason",
    "part",
    "topic_offset",
    "timestamp_ms",
    "key",
    "headers",
    "value",
)


class SequencedStep(Generic[State]):
    """Applies deliveries of a `Pipeline`. The caller has begun a transaction and holds the slot lock."""

    def __init__(self, pipeline: Pipeline[State], prefix: str) -> None:
        self.pipeline = pipeline
        self.topics: tuple[Topic, ...] = pipeline.inputs
        self.reader = Reader(pipeline.inputs, prefix, sequenced=True)

    def lane(self, topic: str, part: int) -> str:  # noqa: ARG002  # the protocol of steps
        """The slot of partition `part`, whatever the topic: a slot owns its subjects on all of them."""
        return slot_lane(part)

    def lanes(self) -> list[str]:
        """Every slot there is."""
        return [slot_lane(part) for part in range(max(topic.partitions for topic in self.topics))]

    async def apply(
        self, connection: PoolConnectionProxy, deliveries: Sequence[Delivery], wake: Sequence[str] = ()
    ) -> Counter[str]:
        """The deliveries are folded and what follows is written; subjects of `wake` try their held records again."""
        names = {delivery.envelope.subject for delivery in deliveries if delivery.envelope} | set(wake)
        subjects = await self._load(connection, names)
        before = {name: dict(subject.held) for name, subject in subjects.items()}
        fold = Fold(self.pipeline, subjects)
        for delivery in deliveries:
            fold.take(delivery)
        for name in wake:
            fold.wake(name)
        await self._save(connection, fold, before)
        return fold.counts + await self._reach_due(connection, fold.opened, names)

    async def announce(
        self,
        connection: PoolConnectionProxy,
        items: Sequence[tuple[str, int, Event]],
        recorded_ms: int,
        traceparent: str = "",
    ) -> None:
        """Events that no record caused are announced about known subjects, numbered like all others.

        `items` are (subject, part, event). Takes the slot lock of the parts.
        """
        await self.announce_again(connection, [(*item, recorded_ms, traceparent) for item in items])

    async def announce_again(
        self, connection: PoolConnectionProxy, items: Sequence[tuple[str, int, Event, int, str]]
    ) -> None:
        """The same, each item with the milliseconds and the trace context recorded when it was first announced."""
        await connection.fetch(SQL["lock_lanes"], sorted({slot_lane(part) for _, part, *_ in items}))
        subjects = await self._load(connection, {subject for subject, *_ in items})
        before = {name: dict(subject.held) for name, subject in subjects.items()}
        fold = Fold(self.pipeline, subjects)
        for subject, _, event, recorded_ms, traceparent in items:
            fold.tell(subjects[subject], event, recorded_ms, traceparent)
        await self._save(connection, fold, before)

    async def mend(
        self,
        connection: PoolConnectionProxy,
        name: str,
        change: Callable[[Fold[State]], Found],
    ) -> Found:
        """An operator's `change` of the subject, and all that follows from it, is written.

        Nothing is written where `change` raises. The caller holds the slot lock.
        """
        subjects = await self._load(connection, {name})
        before = {name: dict(subject.held) for name, subject in subjects.items()}
        fold = Fold(self.pipeline, subjects)
        found = change(fold)
        await self._save(connection, fold, before)
        await self._reach_due(connection, fold.opened, {name})
        return found

    async def _reach_due(
        self, connection: PoolConnectionProxy, opened: Sequence[Opened], reached: Collection[str]
    ) -> Counter[str]:
        """Days have reached every other subject that they concern, page by page; returns what came of it."""
        counts: Counter[str] = Counter()
        if self.pipeline.due_on is None or not opened:
            return counts
        parts, latest = sorted({part for _, _, part in opened}), max(event.date for event, _, _ in opened)
        page = [""]
        while page:
            rows = await connection.fetch(SQL["due_subjects"], parts, latest, page[-1], DUE_PAGE_SUBJECTS)
            page = [row["subject"] for row in rows]
            subjects = await self._load(connection, set(page).difference(reached))
            before = {name: dict(subject.held) for name, subject in subjects.items()}
            fold = Fold(self.pipeline, subjects)
            for event, envelope, part in opened:
                fold.open_day(event, envelope, part)
            await self._save(connection, fold, before)
            counts += fold.counts
        return counts

    async def _load(self, connection: PoolConnectionProxy, names: Collection[str]) -> dict[str, Subject[State]]:
        wanted = sorted(names)
        subjects: dict[str, Subject[State]] = {}
        for row in await connection.fetch(SQL["load_subjects"], wanted):
            state = self.pipeline.state.validate_json(row["state"])
            positions = {topic: (seq, event_id) for topic, (seq, event_id) in orjson.loads(row["positions"]).items()}
            subjects[row["subject"]] = Subject(
                row["subject"], row["part"], row["version"], positions, row["published"], state, state
            )
        for row in await connection.fetch(SQL["load_held"], wanted):
            subject = subjects.get(row["subject"])
            if subject is None:
                empty = self.pipeline.empty()
                subject = subjects[row["subject"]] = Subject(row["subject"], row["part"], 0, {}, 0, None, empty)
            subject.held[row["topic"], row["sequence"]] = HeldRecord(self._kept(row), row["reason"])
        return subjects

    def _kept(self, row: asyncpg.Record) -> Delivery:
        raw = Delivery(
            topic=row["topic"],
            partition=row["part"],
            offset=row["topic_offset"],
            timestamp_ms=row["timestamp_ms"],
            key=row["key"],
            headers=outbox.unpack_headers(row["headers"]),
            value=row["value"],
        )
        return self.reader.again(raw)

    async def _save(
        self, connection: PoolConnectionProxy, fold: Fold[State], before: Mapping[str, Mapping[Place, HeldRecord]]
    ) -> None:
        changed = [subject for subject in fold.subjects.values() if subject.changed]
        await self._save_subjects(connection, changed)
        await self._save_held(connection, fold.subjects.values(), before)
        told = await dead_letters.keep(connection, self.pipeline.service, fold.dead, _slot)
        await outbox.write(connection, [*self._outgoing(changed), *told])
        if self.pipeline.project is not None and changed:
            await self.pipeline.project(connection, [_change(subject) for subject in changed])

    async def _save_subjects(self, connection: PoolConnectionProxy, changed: Sequence[Subject[State]]) -> None:
        new = [subject for subject in changed if subject.version == 0]
        known = [subject for subject in changed if subject.version > 0]
        if new:
            names, parts = [s.name for s in new], [s.part for s in new]
            await connection.execute(SQL["insert_subjects"], names, parts, *self._columns(new))
        if known:
            names, versions = [s.name for s in known], [s.version for s in known]
            tag = await connection.execute(SQL["update_subjects"], names, versions, *self._columns(known))
            if tag != f"UPDATE {len(known)}":
                raise ChangedMeanwhileError(f"{tag}, expected {len(known)}")

    def _columns(self, subjects: Sequence[Subject[State]]) -> tuple[list[str], list[int], list[str], list[date | None]]:
        due_on = self.pipeline.due_on
        return (
            [orjson.dumps(subject.positions).decode() for subject in subjects],
            [subject.published for subject in subjects],
            [self.pipeline.state.dump_json(subject.state).decode() for subject in subjects],
            [due_on(subject.state) if due_on else None for subject in subjects],
        )

    async def _save_held(
        self,
        connection: PoolConnectionProxy,
        subjects: Iterable[Subject[State]],
        before: Mapping[str, Mapping[Place, HeldRecord]],
    ) -> None:
        gone: list[tuple[str, str, int]] = []
        come: list[tuple[object, ...]] = []
        for subject in subjects:
            was = before.get(subject.name, {})
            gone += [(subject.name, *place) for place, record in was.items() if not _same(subject, place, record)]
            come += [_held_row(subject, place) for place in subject.held if not _same(subject, place, was.get(place))]
        if gone:
            await connection.execute(SQL["delete_held"], *(list(column) for column in zip(*gone, strict=True)))
        if come:
            await connection.copy_records_to_table("held", records=come, columns=_HELD_COLUMNS)

    def _outgoing(self, changed: Iterable[Subject[State]]) -> Iterable[Outgoing]:
        topic = self.pipeline.output
        for subject in changed:
            for envelope, event in subject.announced:
                if topic is None:
                    raise TypeError(f"{self.pipeline.service} has no topic to announce {envelope.type} on")
                yield Outgoing(slot_lane(subject.part), topic, subject.part, subject.name, envelope, event)


def _slot(letter: Dead) -> str:
    return slot_lane(letter.delivery.partition)


def _same(subject: Subject[State], place: Place, record: HeldRecord | None) -> bool:
    held = subject.held.get(place)
    return held is not None and record is not None and held.reason == record.reason


def _held_row(subject: Subject[State], place: Place) -> tuple[object, ...]:
    record = subject.held[place]
    raw = record.delivery
    return (
        subject.name,
        *place,
        record.reason,
        raw.partition,
        raw.offset,
        raw.timestamp_ms,
        raw.key,
        outbox.pack_headers(raw.headers),
        raw.value,
    )


def _change(subject: Subject[State]) -> Change[State]:
    return Change(subject.name, subject.part, subject.before, subject.state, tuple(subject.announced))
