"""Acts on the dead letters and holds of a sequenced step: the subject goes on from where it stood."""

from __future__ import annotations

from functools import partial
from typing import Generic, TypeVar

import orjson

from shared.contracts.envelope import Envelope
from shared.kernel.partitions import partition_of
from shared.messaging.acts import SQL, Act, Code, Kind, Letter, Result, UndoneError
from shared.messaging.delivery import Delivery
from shared.messaging.fold import DEAD, GAP, Fold, HeldRecord, Place, Subject
from shared.messaging.outbox import SQL as CORE_SQL
from shared.messaging.pipeline import Connection
from shared.messaging.step import SequencedStep

State = TypeVar("State")


class SequencedMender(Generic[State]):
    """Carries out acts through the step, by the rules of its pipeline."""

    def __init__(self, step: SequencedStep[State]) -> None:
        self.topics = step.topics
        self._step = step

    def lane(self, topic: str, part: int) -> str:
        """The lane of the step."""
        return self._step.lane(topic, part)

    async def settle(self, connection: Connection, act: Act, letter: Letter) -> Result:
        """The dead letter is applied, from the bytes as they came or from the operator's; or it is passed over."""
        if act.kind is Kind.SKIP:
            return await self._skip(connection, letter)
        if act.kind is Kind.REDRIVE:
            return await self._redrive(connection, letter)
        delivery, envelope = self._superseding(act.event or b"", letter)
        change = partial(_supersede, letter=letter, delivery=delivery, envelope=envelope)
        return await self._step.mend(connection, envelope.subject, change)

    async def end_hold(self, connection: Connection, act: Act) -> Result | None:
        """The held record is tried again, or passed over."""
        subject, place = _held_place(act.target)
        part = await connection.fetchval(SQL["held_part"], subject, *place)
        if part is None or place[0] not in {topic.name for topic in self.topics}:
            return None
        await connection.fetch(CORE_SQL["lock_lanes"], [self.lane(place[0], part)])
        change = partial(_release if act.kind is Kind.RELEASE else _refuse, act=act, name=subject, place=place)
        return await self._step.mend(connection, subject, change)

    async def _skip(self, connection: Connection, letter: Letter) -> Result:
        if letter.subject is None or letter.sequence is None:
            return Result(Code.PASSED_OVER)
        change = partial(_skip, letter=letter, name=letter.subject, place=(letter.raw.topic, letter.sequence))
        return await self._step.mend(connection, letter.subject, change)

    async def _redrive(self, connection: Connection, letter: Letter) -> Result:
        delivery = self._step.reader.again(letter.raw)
        name = letter.subject or (delivery.envelope.subject if delivery.envelope else "")
        change = partial(_redrive, letter=letter, delivery=delivery, name=name)
        return await self._step.mend(connection, name, change)

    def _superseding(self, event: bytes, letter: Letter) -> tuple[Delivery, Envelope]:
        """The operator's event; it speaks of the same subject under the same number, and under the id that was read."""
        delivery = self._step.reader.again(letter.superseded_by(event, _subject_of(event)))
        envelope, fault = delivery.envelope, delivery.fault
        if envelope is None or delivery.event is None:
            raise UndoneError("refused", Code.EVENT_UNREADABLE, f"{fault.reason}: {fault.detail}" if fault else "")
        known = self._step.reader.again(letter.raw).envelope
        if known is not None and envelope.id != known.id:
            raise UndoneError("refused", Code.EVENT_DIFFERS, "id")
        if letter.subject is not None and (envelope.subject, envelope.sequence) != (letter.subject, letter.sequence):
            raise UndoneError("refused", Code.EVENT_DIFFERS, "subject, sequence")
        return delivery, envelope


def _redrive(fold: Fold[State], letter: Letter, delivery: Delivery, name: str) -> Result:
    """What stands at the dead letter's place is tried again, else the record as it came."""
    read, subject = delivery.envelope, fold.subjects.get(name)
    place = (delivery.topic, letter.sequence or (read.sequence if read else 0))
    stands = subject is not None and _holds(subject, place, letter)
    record = subject.held[place].delivery if subject is not None and stands else delivery
    if record.envelope is None or record.event is None:
        raise UndoneError("failed", Code.FAILED_AGAIN, record.fault.reason if record.fault else "")
    if subject is not None and stands:
        fold.retry(subject, place)
    else:
        fold.take(record)
    return _came_of(fold, letter, name, place)


def _supersede(fold: Fold[State], letter: Letter, delivery: Delivery, envelope: Envelope) -> Result:
    place, subject = (delivery.topic, envelope.sequence), fold.subjects.get(envelope.subject)
    part = partition_of(envelope.subject, _partitions(fold, delivery.topic)) if subject is None else subject.part
    if part != delivery.partition:
        raise UndoneError("refused", Code.EVENT_DIFFERS, f"partition {part}")
    if subject is not None and place in subject.held:
        if not _holds(subject, place, letter):
            raise UndoneError("refused", Code.EVENT_DIFFERS, "sequence")
        del subject.held[place]
    fold.take(delivery)
    result = _came_of(fold, letter, envelope.subject, place)
    if result.code is Code.OVERTAKEN:
        raise UndoneError("refused", Code.EVENT_DIFFERS, "sequence")
    return result


def _skip(fold: Fold[State], letter: Letter, name: str, place: Place) -> Result:
    subject = fold.subjects.get(name)
    if subject is not None and _holds(subject, place, letter):
        fold.pass_over(subject, place)
    return Result(Code.PASSED_OVER)


def _release(fold: Fold[State], act: Act, name: str, place: Place) -> Result:
    """What waits is tried again; what comes after missing numbers goes on without them, if that is forced."""
    subject, record = _held(fold, name, place)
    if record.reason != GAP:
        fold.release(subject)
    elif not act.forced:
        raise UndoneError("refused", Code.NEEDS_FORCE, f"{subject.last(place[0])[0] + 1}-{place[1] - 1}")
    elif _is_behind(subject, place):
        raise UndoneError("refused", Code.BEHIND_ANOTHER)
    else:
        fold.pass_over(subject, (place[0], place[1] - 1))
    after = subject.held.get(place)
    if after is not None and after.reason == record.reason:
        raise UndoneError("failed", Code.STILL_WAITS, after.reason)
    return Result(Code.APPLIED) if after is None else Result(Code.HELD, after.reason)


def _refuse(fold: Fold[State], act: Act, name: str, place: Place) -> Result:  # noqa: ARG001  # as _release
    """What is next in its topic is passed over; what waits behind another cannot be."""
    subject, record = _held(fold, name, place)
    if record.reason == GAP:
        raise UndoneError("refused", Code.BEHIND_ANOTHER)
    fold.pass_over(subject, place)
    return Result(Code.PASSED_OVER)


def _held(fold: Fold[State], name: str, place: Place) -> tuple[Subject[State], HeldRecord]:
    subject = fold.subjects.get(name)
    record = subject.held.get(place) if subject else None
    if subject is None or record is None:
        raise UndoneError("refused", Code.NOT_FOUND)
    if record.reason.startswith(DEAD):
        raise UndoneError("refused", Code.IS_DEAD_LETTER)
    return subject, record


def _came_of(fold: Fold[State], letter: Letter, name: str, place: Place) -> Result:
    """What became of the record; raises UndoneError where it is a dead letter again."""
    died = next((dead for dead in fold.dead if letter.is_of(dead.delivery)), None)
    if died is not None:
        raise UndoneError("failed", Code.FAILED_AGAIN, died.fault.reason)
    record = fold.subjects[name].held.get(place)
    if record is not None:
        return Result(Code.HELD, record.reason)
    return Result(Code.APPLIED if fold.counts["applied"] else Code.OVERTAKEN)


def _holds(subject: Subject[State], place: Place, letter: Letter) -> bool:
    """True where the record that became this dead letter is what stands at the place."""
    record = subject.held.get(place)
    return record is not None and letter.is_of(record.delivery)


def _is_behind(subject: Subject[State], place: Place) -> bool:
    return any(topic == place[0] and sequence < place[1] for topic, sequence in subject.held)


def _partitions(fold: Fold[State], topic: str) -> int:
    return next(one.partitions for one in fold.pipeline.inputs if one.name == topic)


def _subject_of(event: bytes) -> bytes:
    """The key that an owner would give the event; empty where it has no subject, which its reader tells."""
    try:
        return str(orjson.loads(event)["subject"]).encode()
    except (ValueError, TypeError, KeyError):
        return b""


def _held_place(target: str) -> tuple[str, Place]:
    """Subject, topic and sequence of `<subject>/<topic>/<sequence>`; a place that cannot be where it is none."""
    rest, _, sequence = target.rpartition("/")
    subject, _, topic = rest.rpartition("/")
    known = sequence.isascii() and sequence.isdigit() and len(sequence) <= 18
    return subject, (topic, int(sequence) if known else 0)
