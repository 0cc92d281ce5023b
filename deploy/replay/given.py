"""What a replay is told besides the log: that a record was passed over, and when a day came to a subject."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from shared.contracts.dossiers import DayOpened
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.kernel.outcomes import Applied
from shared.messaging.delivery import Delivery
from shared.messaging.pipeline import Outcome, Pipeline

State = TypeVar("State")
DAYS: Final = "replay.days"
"""Stands for a topic in the positions of a subject that a day concerned; no position on it is compared."""


class PassedOver(Event):
    """An event whose number is taken and which changes nothing."""

    family = "replay"


class DayTurned(Event):
    """A day that came to one subject, as the service told when it came."""

    family = "replay"
    day: DayOpened


def guided(pipeline: Pipeline[State]) -> Pipeline[State]:
    """The pipeline, which takes what this module gives it besides what it takes by itself."""

    def decide(state: State, event: Event, envelope: Envelope) -> Outcome[State]:
        match event:
            case PassedOver():
                return Applied(state)
            case DayTurned():
                return pipeline.decide(state, event.day, envelope)
            case _:
                return pipeline.decide(state, event, envelope)

    return replace(pipeline, decide=decide)


def passed_over(delivery: Delivery) -> Delivery:
    """The delivery with nothing in it but its number."""
    return replace(delivery, event=PassedOver(), fault=None)


def turned(opened: Delivery, subject: str, number: int) -> Delivery:
    """The day as the `number`th that came to `subject`, known by its own id: what follows has the ids it had."""
    if opened.envelope is None or not isinstance(opened.event, DayOpened):
        raise TypeError(f"{opened.topic}/{opened.partition}/{opened.offset} opens no day")
    envelope = replace(opened.envelope, subject=subject, sequence=number)
    return replace(opened, topic=DAYS, envelope=envelope, event=DayTurned(day=opened.event))
