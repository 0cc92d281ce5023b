"""The facts that promotion takes in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal
from uuid import UUID

from services.promotion.domain.standing import DecisionKind, Pin


@dataclass(frozen=True, slots=True)
class Filed:
    """A dossier was filed under an act; `late_by` is the article of a renewal that came late."""

    dossier_id: UUID
    unit: str
    kind: str
    filed_on: date
    pin: Pin
    late_by: str | None = None


@dataclass(frozen=True, slots=True)
class Concluded:
    """The commune's stage is over (article 7.2), after so many facts about supplements."""

    dossier_id: UUID
    level: str
    attempt: int
    outcome: Literal["evaluation_requested", "returned"]
    assessed_on: date
    reason: str | None
    supplements: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A council sat validly, after so many facts about supplements; without total and stars it struck it out."""

    dossier_id: UUID
    level: str
    attempt: int
    total: Fraction | None
    stars: int | None
    closed_on: date
    supplements: int = 0


@dataclass(frozen=True, slots=True)
class Voided:
    """A council did not sit validly."""

    dossier_id: UUID
    level: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Decided:
    """An authority decided; `certificate_id` is the id its certificate would have."""

    dossier_id: UUID
    decision_id: UUID
    unit: str
    level: str
    kind: DecisionKind
    stars: int | None
    number: str
    decided_on: date
    certificate_id: UUID


@dataclass(frozen=True, slots=True)
class Requested:
    """The dossier was sent up to the level `to`; `request_id` names the request where it must be held."""

    dossier_id: UUID
    request_id: UUID
    unit: str
    number: str
    requested_on: date
    to: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The producer took the dossier back."""

    dossier_id: UUID
    correction_id: UUID
    withdrawn_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class SupplementAsked:
    """The `number`th fact about the dossier's supplements: the level asked for what is missing."""

    dossier_id: UUID
    supplement_id: UUID
    number: int
    level: str
    asked_on: date
    document_number: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupplementEnded:
    """The `number`th fact about the dossier's supplements: nothing is waited for any more."""

    dossier_id: UUID
    supplement_id: UUID
    number: int
    ended_on: date
    cause: Literal["received", "overtaken"]


@dataclass(frozen=True, slots=True)
class Violated:
    """A violation was concluded, or that the product is made no more (article 8.1): the ground, and the day."""

    ground: str
    concluded_on: date


@dataclass(frozen=True, slots=True)
class WithdrawalDecided:
    """An authority decided to withdraw the product's certificate (article 8.3)."""

    decision_id: UUID
    unit: str
    level: str
    ground: str
    number: str
    withdrawn_on: date
