"""What became of one event: a value, matched exhaustively; an exception is a fault, never an outcome."""

from __future__ import annotations

from datetime import date
from typing import Generic, TypeVar

from shared.kernel.values import value
from shared.kernel.words import Words

State = TypeVar("State")
Fact = TypeVar("Fact")


@value(frozen=True, slots=True)
class Applied(Generic[State, Fact]):
    """The event was taken in: `state` is the subject's new state, `facts` what is announced, in order."""

    state: State
    facts: tuple[Fact, ...] = ()


@value(frozen=True, slots=True)
class Held:
    """The event is kept until `waits_for` comes; at admission at most until the end of the day `until`."""

    waits_for: str
    until: date | None = None


@value(frozen=True, slots=True)
class Refused:
    """A rule said no. `code` is from a closed list, `field` the path of what was wrong, `words` what to do next."""

    code: str
    words: Words
    field: str | None = None


@value(frozen=True, slots=True)
class DeadLettered:
    """The event is unreadable or faulty and waits for an operator; `reason` is from the closed list `Reason`."""

    reason: str
    detail: str = ""
