"""The heart: sequenced events folded one by one into the states of their subjects. Pure: no I/O, no clock.

A subject's events on one topic are numbered 1, 2, 3, … by their owner. Lower than expected is a duplicate and dropped,
higher is held until its predecessor comes, the same number with another id is a conflict: an owner began again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, assert_never

import structlog

from shared.contracts.dossiers import DayOpened
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.messaging.delivery import Delivery
from shared.messaging.faults import described
from shared.messaging.pipeline import Outcome, Pipeline
from shared.observability.trace import trace_id

State = TypeVar("State")
Place = tuple[str, int]
Opened = tuple[DayOpened, Envelope, int]
"""A day that was applied, its envelope and its partition."""
log = structlog.get_logger()

GAP = "gap"
WAITS = "waits:"
DEAD = "dead:"
GIVEN_UP = ""
"""Stands for the id of an event that an operator did without."""


class SequenceConflictError(Exception):
    """The owner of a topic gave one number to two events; the service stops, because order can no longer be told."""


@dataclass(slots=True)
class HeldRecord:
    """A delivery kept at its place in a subject's sequence, and why."""

    delivery: Delivery
    reason: str


@dataclass(slots=True)
class Subject(Generic[State]):
    """One subject within a batch. `version` is what was read, 0 for a new one; `held` is by (topic, sequence)."""

    name: str
    part: int
    version: int
    positions: dict[str, tuple[int, str]]
    published: int
    before: State | None
    state: State
    held: dict[Place, HeldRecord] = field(default_factory=dict)
    announced: list[tuple[Envelope, Event]] = field(default_factory=list)
    changed: bool = False

    def last(self, topic: str) -> tuple[int, str]:
        """The last sequence applied from `topic` and its event's id; (0, "") before the first."""
        return self.positions.get(topic, (0, ""))


@dataclass(frozen=True, slots=True)
class Dead:
    """A delivery that became a dead letter."""

    delivery: Delivery
    fault: DeadLettered


class Fold(Generic[State]):
    """One batch being folded. `subjects` holds every subject that it names, `opened` the days that were applied."""

    def __init__(self, pipeline: Pipeline[State], subjects: dict[str, Subject[State]]) -> None:
        self.pipeline = pipeline
        self.subjects = subjects
        self.dead: list[Dead] = []
        self.opened: list[Opened] = []
        self.counts: Counter[str] = Counter()

    def take(self, delivery: Delivery) -> None:
        """The delivery is applied, held, dropped as a duplicate or dead-lettered; what it releases is applied too."""
        envelope = delivery.envelope
        if envelope is None:
            self._bury(delivery, delivery.fault or DeadLettered(Reason.FAULT, "no envelope"))
            return
        subject = self._subject(envelope.subject, delivery.partition)
        if subject.part != delivery.partition:
            self._bury(delivery, DeadLettered(Reason.KEY_DIFFERS, f"the subject belongs to partition {subject.part}"))
            return
        last, _ = subject.last(delivery.topic)
        if envelope.sequence <= last:
            self._seen_before(subject, delivery, envelope)
        elif subject.held and (delivery.topic, envelope.sequence) in subject.held:
            self._held_again(subject, delivery, envelope)
        elif envelope.sequence > last + 1 and delivery.topic not in self.pipeline.latest:
            self._hold(subject, delivery, envelope, GAP)
        elif self._attempt(subject, delivery, envelope):
            self.release(subject)

    def release(self, subject: Subject[State]) -> None:
        """Whatever of the subject's held records can go on has gone on, in sequence, until nothing moves."""
        moved = bool(subject.held)
        while moved:
            moved = any(self._retry(subject, place) for place in self._heads(subject))

    def tell(self, subject: Subject[State], event: Event, recorded_ms: int, traceparent: str = "") -> None:
        """The event, which no record caused, is announced about the subject."""
        name = f"{subject.name}/{subject.published + 1}"
        cause = Envelope(name, "", "", subject.name, 0, recorded_ms, traceparent=traceparent)
        self._apply(subject, subject.state, (event,), cause)

    def wake(self, name: str) -> None:
        """The subject's held records are tried again, as after a redrive or a skip."""
        if name in self.subjects:
            self.release(self.subjects[name])

    def retry(self, subject: Subject[State], place: Place) -> None:
        """The dead letter at this place is tried again, and what waited behind it goes on if it did."""
        subject.held[place] = HeldRecord(subject.held[place].delivery, GAP)
        self.release(subject)

    def pass_over(self, subject: Subject[State], place: Place) -> None:
        """The subject does without the event of this place, whether it is held or never came; what follows goes on."""
        record = subject.held.pop(place, None)
        envelope = record.delivery.envelope if record else None
        subject.positions[place[0]] = (place[1], envelope.id if envelope else GIVEN_UP)
        subject.changed = True
        self.release(subject)

    def _subject(self, name: str, part: int) -> Subject[State]:
        subject = self.subjects.get(name)
        if subject is None:
            state = self.pipeline.empty()
            subject = self.subjects[name] = Subject(name, part, 0, {}, 0, None, state)
        return subject

    def _retry(self, subject: Subject[State], place: Place) -> bool:
        record = subject.held[place]
        if record.delivery.envelope is None:
            return False
        del subject.held[place]
        return self._attempt(subject, record.delivery, record.delivery.envelope)

    def _attempt(self, subject: Subject[State], delivery: Delivery, envelope: Envelope) -> bool:
        """True if the subject's position moved."""
        outcome = self._outcome(subject.state, delivery, envelope)
        match outcome:
            case Applied(state=state, facts=facts):
                self._advance(subject, delivery, envelope)
                self._apply(subject, state, facts, envelope)
                if isinstance(delivery.event, DayOpened):
                    self.opened.append((delivery.event, envelope, delivery.partition))
                    self.open_day(delivery.event, envelope, delivery.partition)
                return True
            case Held(waits_for=waits_for):
                self._hold(subject, delivery, envelope, WAITS + waits_for)
            case DeadLettered():
                self._bury(delivery, outcome)
                self._hold(subject, delivery, envelope, DEAD + outcome.reason)
            case _:
                assert_never(outcome)
        return False

    def _outcome(self, state: State, delivery: Delivery, envelope: Envelope) -> Outcome[State]:
        if delivery.event is None:
            return delivery.fault or DeadLettered(Reason.FAULT)
        if isinstance(delivery.event, DayOpened):
            return Applied(state)
        return self._decide(state, delivery.event, envelope)

    def _decide(self, state: State, event: Event, envelope: Envelope) -> Outcome[State]:
        """A mistake in a rule must not take the other subjects of the batch with it: it is this event's dead letter."""
        try:
            return self.pipeline.decide(state, event, envelope)
        except Exception as error:
            trace = trace_id(envelope.traceparent)
            log.error("decide_failed", event_id=envelope.id, type=envelope.type, trace_id=trace, fault=described(error))
            return DeadLettered(Reason.FAULT, f"{type(error).__name__}: {error}")

    def open_day(self, event: DayOpened, envelope: Envelope, part: int) -> None:
        """Each subject of the partition that was due on this day or before has heard of it."""
        due_on = self.pipeline.due_on
        if due_on is None:
            return
        for subject in list(self.subjects.values()):
            due = due_on(subject.state) if subject.part == part else None
            if due is None or due > event.date:
                continue
            outcome = self._decide(subject.state, event, envelope)
            if isinstance(outcome, Applied) and (outcome.facts or outcome.state != subject.state):
                self._apply(subject, outcome.state, outcome.facts, envelope)
                self.release(subject)

    def _advance(self, subject: Subject[State], delivery: Delivery, envelope: Envelope) -> None:
        subject.positions[delivery.topic] = (envelope.sequence, envelope.id)
        subject.changed = True
        if delivery.topic in self.pipeline.latest:
            _drop_older(subject, delivery.topic, envelope.sequence)
        self.counts["applied"] += 1

    def _apply(self, subject: Subject[State], state: State, facts: tuple[Event, ...], cause: Envelope) -> None:
        subject.state = state
        subject.changed = True
        for fact in facts:
            subject.published += 1
            subject.announced.append(
                (announcement(self.pipeline.service, subject.name, subject.published, fact, cause), fact)
            )
            self.counts["announced"] += 1

    def _hold(self, subject: Subject[State], delivery: Delivery, envelope: Envelope, reason: str) -> None:
        subject.held[delivery.topic, envelope.sequence] = HeldRecord(delivery, reason)
        self.counts["held"] += 1

    def _seen_before(self, subject: Subject[State], delivery: Delivery, envelope: Envelope) -> None:
        last, last_id = subject.last(delivery.topic)
        if envelope.sequence == last and last_id not in {envelope.id, GIVEN_UP}:
            raise SequenceConflictError(f"{delivery.topic} {subject.name} {last}: {last_id} and {envelope.id}")
        self.counts["duplicate"] += 1

    def _held_again(self, subject: Subject[State], delivery: Delivery, envelope: Envelope) -> None:
        held = subject.held[delivery.topic, envelope.sequence].delivery.envelope
        if held is not None and held.id != envelope.id:
            raise SequenceConflictError(
                f"{delivery.topic} {subject.name} {envelope.sequence}: {held.id} and {envelope.id}"
            )
        self.counts["duplicate"] += 1

    def _bury(self, delivery: Delivery, fault: DeadLettered) -> None:
        self.dead.append(Dead(delivery, fault))
        self.counts["dead"] += 1

    def _heads(self, subject: Subject[State]) -> Iterator[Place]:
        """The held records that are next in their topic and not dead letters; where the last wins, any later one is."""
        places: Mapping[Place, HeldRecord] = dict(subject.held)
        for (topic, sequence), record in places.items():
            ahead = sequence - subject.last(topic)[0]
            if (ahead == 1 or (ahead > 1 and topic in self.pipeline.latest)) and not record.reason.startswith(DEAD):
                yield topic, sequence


def announcement(service: str, subject: str, sequence: int, event: Event, cause: Envelope) -> Envelope:
    """The envelope of `event`, number `sequence` of `subject`, made by `service` because of `cause`.

    Its id names the fact, whichever version of the event tells it: told again by a newer program, it is the same one.
    """
    fact = f"vn.ocop.{event.family}.{type(event).__name__}.v1"
    return Envelope(
        id=str(derived_id(cause.recorded_ms, cause.id, service, fact, subject, str(sequence))),
        source=f"/services/{service}",
        type=event.type_name(),
        subject=subject,
        sequence=sequence,
        recorded_ms=cause.recorded_ms,
        dataschema=event.schema_name(),
        correlation_id=cause.correlation_id or cause.id,
        causation_id=cause.id,
        traceparent=cause.traceparent,
    )


def _drop_older(subject: Subject[State], topic: str, sequence: int) -> None:
    """What a later version has overtaken is not waited for any more."""
    for place in [place for place in subject.held if place[0] == topic and place[1] <= sequence]:
        del subject.held[place]
