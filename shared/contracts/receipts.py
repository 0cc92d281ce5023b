"""`ocop.receipts.<unit>.v1`: the answer to every intake event; `ocop.dead-letters.v1`: what could not be read."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.event import Event, Part, Reference, Sha256, Text, UnitCode

Sentences = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class Told(Part):
    """What to do next, in two languages; a sheet's faults are listed one by one."""

    vi: Sentences
    en: Sentences


class ReceiptGiven(Event):
    """What became of one intake event. An unreadable one is answered by topic, partition and offset alone.

    `given` names what was made: product_id, dossier_id, session_id, number, … as text.
    """

    family = "receipts"
    unit: UnitCode
    event_id: Text | None
    event_type: Text | None
    topic: Text
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    status: Literal["admitted", "held", "refused", "duplicate", "dead_lettered"]
    code: Reference
    words: Told
    field: Text | None = None
    waits_for: Text | None = None
    until: date | None = None
    given: dict[str, str] = Field(default_factory=dict)


class DeadLetterRecorded(Event):
    """A record could not be applied; its bytes stay with the service, named by id and hash."""

    family = "dead-letters"
    dead_letter_id: UUID
    service: Reference
    topic: Text
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]
    about: Text | None
    reason: Reference
    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=0)]


How = Literal["redriven", "skipped", "superseded", "overtaken"]


class DeadLetterSettled(Event):
    """An operator has settled a dead letter: tried again with success, passed over, or put another event in its place.

    `overtaken` where it no longer mattered: something later or the same had been applied. `by` is who asked for it;
    why stands with the service.
    """

    family = "dead-letters"
    dead_letter_id: UUID
    service: Reference
    how: How
    by: Text
    act_id: UUID


RECEIPTS: tuple[type[Event], ...] = (ReceiptGiven,)
DEAD_LETTERS: tuple[type[Event], ...] = (DeadLetterRecorded, DeadLetterSettled)
