"""What is due against what was told: matched by what each is about, then field by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.verify.findings import Kind, Unexplained
from deploy.verify.history import Told
from shared.contracts.event import Event
from shared.contracts.scores import Stage

_ABOUT: Final = (
    *("dossier_id", "session_id", "correction_id", "supplement_id"),
    *("decision_number", "certificate_id", "task", "level", "to_level", "days_before"),
)
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """An event that must follow from `cause`, behind those due before it.

    One that a day has brought, `by_day`, stands anywhere behind those before it and before its own closing: when the
    day came is not determined by what else was told of the product.
    """

    event: Event
    cause: Told
    by_day: bool = False


def compare(due: Sequence[Due], told: Sequence[Told]) -> Iterator[Unexplained]:
    """Whatever is due and was not told, was told and is not due, or was told otherwise or out of order."""
    waiting: dict[Key, list[Told]] = defaultdict(list)
    for each in told:
        if each.event is not None:
            waiting[_key(each.event)].append(each)
    order = _Order()
    for one in due:
        found = waiting[_key(one.event)]
        if not found:
            words = f"{type(one.event).__name__} of {one.cause.subject} is due: {_shown(one.event)}"
            yield Unexplained(Kind.DECISION_MISSING, one.cause.record.where, words)
            continue
        answer = found.pop(0)
        stands = order.allows(one, answer.sequence)
        if _otherwise(answer, one.event):
            yield Unexplained(Kind.DECISION_DIFFERS, answer.record.where, _difference(answer, one.event))
        elif not stands:
            words = f"{type(one.event).__name__} of {answer.subject} is told before what it follows from"
            yield Unexplained(Kind.DECISION_DIFFERS, answer.record.where, words)
    for left in (each for found in waiting.values() for each in found):
        words = f"{type(left.event).__name__} of {left.subject} follows from nothing"
        yield Unexplained(Kind.DECISION_UNFOUNDED, left.record.where, words)


@dataclass
class _Order:
    """How far the telling has come: the last number, the first of the present cause, tasks that a day has brought."""

    last: int = 0
    cause: Told | None = None
    began: int = 0
    by_day: dict[tuple[object, str], int] = field(default_factory=dict)

    def allows(self, due: Due, number: int) -> bool:
        """True for an event told behind everything it follows from; what one cause brings is told in one breath."""
        if due.cause is not self.cause:
            self.cause, self.began = due.cause, number
        task = (getattr(due.event, "dossier_id", None), str(getattr(due.event, "task", "")))
        behind = number > self.last and self.by_day.pop(task, 0) <= self.began
        if due.by_day:
            self.by_day[task] = number
        else:
            self.last = max(self.last, number)
        return behind


def _key(event: Event) -> Key:
    stage = getattr(event, "stage", None)
    at = (stage.level, str(stage.attempt)) if isinstance(stage, Stage) else ()
    return (type(event).__name__, *at, *(str(getattr(event, name, "")) for name in _ABOUT))


def _difference(told: Told, due: Event) -> str:
    fields = _otherwise(told, due)
    said = ", ".join(f"{name} is {_field(told.event, name)}, due is {_field(due, name)}" for name in fields)
    return f"{type(due).__name__} of {told.subject}: {said}"


def _otherwise(told: Told, due: Event) -> list[str]:
    """The fields that say something else; a field that came later may be missing in older events."""
    said = set() if told.event is None else told.event.model_fields_set
    return [
        name
        for name, field in type(due).model_fields.items()
        if getattr(told.event, name) != getattr(due, name) and (name in said or field.is_required())
    ]


def _field(event: Event | None, name: str) -> str:
    return str(getattr(event, name))


def _shown(event: Event) -> str:
    return ", ".join(f"{name} {value}" for name, value in event if name != "basis")
