"""What a service's author writes: topics, a pure decision, how to load and save; nothing about offsets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from asyncpg.pool import PoolConnectionProxy
from pydantic import TypeAdapter

from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import Topic
from shared.kernel.outcomes import Applied, DeadLettered, Held

State = TypeVar("State")
Connection = PoolConnectionProxy
Outcome = Applied[State, Event] | Held | DeadLettered


@dataclass(frozen=True, slots=True)
class Change(Generic[State]):
    """A subject that this batch changed: its state before (None for a new one) and after, and what was announced."""

    subject: str
    part: int
    before: State | None
    after: State
    announced: tuple[tuple[Envelope, Event], ...]


@dataclass(frozen=True, slots=True)
class Pipeline(Generic[State]):
    """A consumer of sequenced events, keyed by subject, that announces on at most one topic.

    `decide(state, event, envelope)` is pure: it gets the subject's state and one event, in sequence, and returns
    Applied(new state, events to announce about this subject), Held(waits_for) or DeadLettered. It is called again for
    a held event whenever its subject has changed. A `DayOpened` is given to each subject of its partition whose
    `due_on(state)` is before or on that day. `project` writes what the state's JSON alone does not serve (tables that
    people or senders query), in the same transaction. `latest` names the input topics where the last version wins.
    """

    service: str
    inputs: tuple[Topic, ...]
    output: Topic | None
    state: TypeAdapter[State]
    empty: Callable[[], State]
    decide: Callable[[State, Event, Envelope], Outcome[State]]
    due_on: Callable[[State], date | None] | None = None
    project: Callable[[Connection, Sequence[Change[State]]], Awaitable[None]] | None = None
    latest: frozenset[str] = frozenset()
