"""The answer to a sender: what became of its event, as receipt and journal both say it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Literal

from services.registration.domain.case import Admission, Admitted, SentBack
from services.registration.domain.words import Code, code_of, words
from shared.kernel.outcomes import DeadLettered, Held, Refused
from shared.kernel.reasons import Reason
from shared.kernel.words import Words

Status = Literal["admitted", "held", "refused", "duplicate", "dead_lettered"]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """Status and code with their words; the field that was wrong, what is waited for, or what was given."""

    status: Status
    code: str
    words: Words
    field: str | None = None
    waits_for: str | None = None
    until: date | None = None
    given: Mapping[str, str] = dataclasses.field(default_factory=dict)


def answer(admission: Admission) -> Answer:
    """The answer that an admission, a hold or a refusal is."""
    match admission:
        case Admitted():
            return Answer("admitted", Code.ADMITTED, words(Code.ADMITTED), given=dict(admission.given))
        case Held():
            code = code_of(admission)
            return Answer("held", code, words(code), waits_for=admission.waits_for, until=admission.until)
        case SentBack():
            return answer(admission.refusal)
        case Refused():
            return Answer("refused", admission.code, admission.words, field=admission.field)


def duplicate(given: Mapping[str, str]) -> Answer:
    """The answer to an event that came before, with what was given then."""
    return Answer("duplicate", Code.DUPLICATE, words(Code.DUPLICATE), given=dict(given))


def unread(fault: DeadLettered) -> Answer:
    """The answer to a record from which no event could be read, or on which the system itself failed."""
    code = Code.FAULT if fault.reason == Reason.FAULT else Code.UNREADABLE
    return Answer("dead_lettered", code, words(code))
