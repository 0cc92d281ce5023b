"""In which order a slot's history is taken in again: subject by subject, as the service's own log tells.

Topics interleave as they may, but a day comes to a subject before or after a result, and what became of a notice is
told before or after the next one. The service's own log says which: it names with each event the one that caused it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from deploy.replay.given import passed_over, turned
from shared.contracts.dossiers import DayOpened
from shared.messaging.delivery import Delivery


@dataclass(slots=True)
class Round:
    """Records to be applied, and then what the service told of their subjects by itself."""

    applied: list[Delivery] = field(default_factory=list)
    told: list[Delivery] = field(default_factory=list)


@dataclass(slots=True)
class Cause:
    """An event of which something followed, and what was told by itself before the next such event."""

    event_id: str
    told: list[Delivery] = field(default_factory=list)


Days = Mapping[str, Delivery]
Queues = Mapping[str, deque[Delivery]]


def rounds(records: Sequence[Delivery], own: Sequence[Delivery]) -> list[Round]:
    """The records in rounds: each subject's by topic in their order, those with consequences in the order of `own`.

    `own` is what the subjects have announced, each subject's in sequence.
    """
    days = {d.envelope.id: d for d in records if d.envelope and isinstance(d.event, DayOpened)}
    causes = _causes(own)
    found: list[Round] = [Round()]
    for subject, queues in _queues(records).items():
        place = 0
        for record, told in _ordered(subject, queues, causes.get(subject, ()), days):
            found[place].applied.append(record)
            if told:
                found[place].told += told
                place += 1
                if place == len(found):
                    found.append(Round())
    return found


def _causes(own: Sequence[Delivery]) -> Mapping[str, Sequence[Cause]]:
    """By subject, what had consequences, in order. What no record caused is named by its own place."""
    causes: dict[str, list[Cause]] = defaultdict(list)
    for delivery in own:
        if (envelope := delivery.envelope) is None:
            continue
        of_subject = causes[envelope.subject]
        by_itself = envelope.causation_id == f"{envelope.subject}/{envelope.sequence}"
        if by_itself and of_subject:
            of_subject[-1].told.append(delivery)
        elif not of_subject or of_subject[-1].event_id != envelope.causation_id:
            of_subject.append(Cause(envelope.causation_id))
    return causes


def _queues(records: Sequence[Delivery]) -> Mapping[str, Queues]:
    queues: dict[str, dict[str, deque[Delivery]]] = defaultdict(lambda: defaultdict(deque))
    for record in records:
        subject = record.envelope.subject if record.envelope else ""
        kept = passed_over(record) if isinstance(record.event, DayOpened) else record
        queues[subject][record.topic].append(kept)
    return queues


def _ordered(
    subject: str, queues: Queues, causes: Sequence[Cause], days: Days
) -> Iterator[tuple[Delivery, Sequence[Delivery]]]:
    """Each record with what was told after it; before one with consequences go all that have none."""
    waiting = {cause.event_id for cause in causes}
    turns = count(1)
    for cause in causes:
        for queue in queues.values():
            while queue and _id(queue[0]) not in waiting:
                yield queue.popleft(), ()
        waiting.discard(cause.event_id)
        record = _taken(queues, cause.event_id)
        if record is None and cause.event_id in days:
            record = turned(days[cause.event_id], subject, next(turns))
        if record is not None:
            yield record, cause.told
    for queue in queues.values():
        yield from ((record, ()) for record in queue)


def _taken(queues: Queues, event_id: str) -> Delivery | None:
    for queue in queues.values():
        if queue and _id(queue[0]) == event_id:
            return queue.popleft()
    return None


def _id(record: Delivery) -> str:
    return record.envelope.id if record.envelope else ""
