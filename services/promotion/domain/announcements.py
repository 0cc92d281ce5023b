"""What promotion announces, each with the act, the rulebook version and the articles it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal
from uuid import UUID

from services.promotion.domain.rounds import DatedRound
from services.promotion.domain.standing import Contradiction, Pin, Stage, TaskKind
from shared.rulebooks.model import OldRules

EndCause = Literal["expired", "superseded", "not_renewed", "extension_over"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What an announcement rests on."""

    act: str
    rulebook: str
    articles: tuple[str, ...]


def basis(pin: Pin, *articles: str | None) -> Basis:
    """The basis in the act a dossier is pinned to, each article once; None, where the act is silent, names none."""
    return Basis(pin.act, pin.rulebook, tuple(dict.fromkeys(article for article in articles if article is not None)))


@dataclass(frozen=True, slots=True)
class StageOpened:
    """The dossier may be evaluated at this level, in `round`; `missed` is the round its request came too late for."""

    dossier_id: UUID
    level: str
    attempt: int
    opened_on: date
    due_on: date | None
    basis: Basis
    round: DatedRound | None = None
    missed: DatedRound | None = None


@dataclass(frozen=True, slots=True)
class DossierReturned:
    """The commune returned the dossier (article 7.2)."""

    dossier_id: UUID
    returned_on: date
    reason: str | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class ProductEligible:
    """The result opens the way to `level` (article 7.3.e)."""

    dossier_id: UUID
    level: str
    total: Fraction
    stars: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class DossierForwarded:
    """The request of the level below opened the way up (articles 6.3 and 7.3.e)."""

    dossier_id: UUID
    from_level: str
    to_level: str
    requested_on: date
    decision_number: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class ProductRecognised:
    """The authority recognised the product and issued a certificate (articles 4.1 and 4.3)."""

    dossier_id: UUID
    level: str
    stars: int
    decision_id: UUID
    decision_number: str
    decided_on: date
    certificate_id: UUID
    expires_on: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class DossierEnded:
    """The dossier is over without a certificate (article 4.1.a)."""

    dossier_id: UUID
    level: str
    stars: int | None
    decision_number: str
    decided_on: date
    decision_id: UUID
    basis: Basis


@dataclass(frozen=True, slots=True)
class DecisionHeld:
    """A decision or request contradicts the computed result; nothing follows from it."""

    dossier_id: UUID
    decision_id: UUID
    decision_number: str
    unit: str
    contradiction: Contradiction
    decided_stars: int | None
    computed_stars: int | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """`unit` must act, where it says so by `due_on`; `missing_year` is whose working days a due day waits for.

    `old_rules` are those whose time is over.
    """

    dossier_id: UUID
    task: TaskKind
    unit: str
    opened_on: date
    total: Fraction | None
    stars: int | None
    basis: Basis
    missing_year: int | None = None
    old_rules: OldRules | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """The open task was done."""

    dossier_id: UUID
    task: TaskKind
    closed_on: date


@dataclass(frozen=True, slots=True)
class CertificateEnded:
    """The certificate is over; `ended_on` was its last valid day."""

    dossier_id: UUID
    certificate_id: UUID
    ended_on: date
    cause: EndCause
    basis: Basis


@dataclass(frozen=True, slots=True)
class CertificateExtended:
    """The certificate stays valid until its renewal has a result, through `until` at most (article 12.3)."""

    dossier_id: UUID
    certificate_id: UUID
    renewal_id: UUID
    cause: Literal["filed_late", "undecided"]
    expires_on: date
    until: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class RenewalReminderDue:
    """The certificate ends soon with no renewal filed; one is in time from `opens_on` through `closes_on` (7.6.a)."""

    dossier_id: UUID
    certificate_id: UUID
    days_before: int
    due_on: date
    opens_on: date
    closes_on: date
    expires_on: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class CertificateWithdrawn:
    """The authority withdrew the certificate (article 8)."""

    dossier_id: UUID
    certificate_id: UUID
    decision_id: UUID
    decision_number: str
    level: str
    ground: str
    withdrawn_on: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class SupplementAsked:
    """The stage waits for its producer; `clock_stopped` while its time limit does not run."""

    dossier_id: UUID
    supplement_id: UUID
    level: str
    attempt: int
    unit: str
    asked_on: date
    document_number: str
    missing: tuple[str, ...]
    clock_stopped: bool
    basis: Basis


@dataclass(frozen=True, slots=True)
class SupplementEnded:
    """The stage waits no longer, and may last through `due_on`."""

    dossier_id: UUID
    supplement_id: UUID
    level: str
    attempt: int
    ended_on: date
    cause: Literal["received", "overtaken"]
    due_on: date | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class DecisionAnnulled:
    """A decision that had taken effect is annulled: the dossier stands as before it (article 10.1.b)."""

    dossier_id: UUID
    correction_id: UUID
    decision_id: UUID
    decision_number: str
    annulled_on: date
    document_number: str
    reason: str
    certificate_id: UUID | None
    stage: Stage
    ended: tuple[Stage, ...]
    restored_id: UUID | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class SessionAnnulled:
    """The score of a stage is annulled with its session; the stage opens again (article 10.1.b)."""

    dossier_id: UUID
    correction_id: UUID
    level: str
    attempt: int
    annulled_on: date
    document_number: str
    reason: str
    ended: tuple[Stage, ...]
    forwarding_number: str | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class CorrectionDismissed:
    """A correction changed nothing."""

    dossier_id: UUID
    correction_id: UUID


@dataclass(frozen=True, slots=True)
class CorrectionDeferred:
    """A correction waits for the annulment of the final decision that rests on what it annuls."""

    dossier_id: UUID
    correction_id: UUID
    decision_id: UUID
    decision_number: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    """The producer took the dossier back (not in the act)."""

    dossier_id: UUID
    correction_id: UUID
    withdrawn_on: date
    reason: str
    basis: Basis


Announcement = (
    StageOpened
    | DossierReturned
    | ProductEligible
    | DossierForwarded
    | ProductRecognised
    | DossierEnded
    | DecisionHeld
    | TaskOpened
    | TaskClosed
    | CertificateEnded
    | DecisionAnnulled
    | SessionAnnulled
    | CorrectionDismissed
    | CorrectionDeferred
    | DossierWithdrawn
    | CertificateExtended
    | RenewalReminderDue
    | CertificateWithdrawn
    | SupplementAsked
    | SupplementEnded
)
