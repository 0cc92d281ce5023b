"""`ocop.promotions.v1`: a dossier's way up the ladder, and the life of a certificate."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Basis, Event, Exact, LongText, Part, Reference, Text, UnitCode, WithdrawalGround
from shared.contracts.receipts import Told
from shared.contracts.scores import Stage

TaskKind = Literal[
    "decide_on_central_result",
    "stage_overdue",
    "annul_decision",
    "due_day_unknown",
    "decide_on_result_above",
    "old_rules_ended",
    "withdraw_certificate",
    "withdrawal_overdue",
]


class PromotionEvent(Event):
    """A step on the ladder."""

    family = "promotions"


class Round(Part):
    """A round of a level: what is asked for through `requests_until` is evaluated through `ends_on` (article 5)."""

    number: Annotated[int, Field(ge=1)]
    requests_until: date
    ends_on: date
    article: Text


class StageOpened(PromotionEvent):
    """The dossier may be evaluated at this stage; `due_on` is the last day the act allows, where it names one.

    It is null as well while the working days it depends on are not announced: a task `due_day_unknown` follows then.
    `round` is the round it belongs to, null where it waits for none; `missed` the one its request came too late for.
    """

    dossier_id: UUID
    stage: Stage
    opened_on: date
    due_on: date | None
    basis: Basis
    round: Round | None = None
    missed: Round | None = None


class DossierReturned(PromotionEvent):
    """The commune returned the dossier; it is over, and the producer may file again (article 7.2)."""

    dossier_id: UUID
    returned_on: date
    reason: str | None
    basis: Basis


class ProductEligible(PromotionEvent):
    """The result opens the way to the council of `level` (article 7.3.e)."""

    dossier_id: UUID
    level: Reference
    total: Exact
    stars: Annotated[int, Field(ge=1, le=5)]
    basis: Basis


class DossierForwarded(PromotionEvent):
    """The request of the level below opened the way to `to_level` (articles 6.3 and 7.3.e)."""

    dossier_id: UUID
    from_level: Reference
    to_level: Reference
    requested_on: date
    decision_number: Text
    basis: Basis


class ProductRecognised(PromotionEvent):
    """The authority recognised the product and issued a certificate (articles 4.1 and 4.3).

    The certificate is valid from `decided_on` through `expires_on`, its last valid day, unless told otherwise later.
    """

    dossier_id: UUID
    level: Reference
    stars: Annotated[int, Field(ge=3, le=5)]
    decision_id: UUID
    decision_number: Text
    decided_on: date
    certificate_id: UUID
    expires_on: date
    basis: Basis


class DossierEnded(PromotionEvent):
    """The dossier is over without a certificate (article 4.1.a); `stars` is null where it was struck out."""

    dossier_id: UUID
    level: Reference
    stars: Annotated[int, Field(ge=1, le=2)] | None
    decision_number: Text
    decided_on: date
    basis: Basis
    decision_id: UUID | None = None


class DecisionHeld(PromotionEvent):
    """A decision contradicts the computed result: nothing follows from it until a right one comes.

    A decision to withdraw a certificate contradicts where another authority has the word, or none is in force.
    """

    dossier_id: UUID
    decision_id: UUID
    decision_number: Text
    unit: UnitCode
    contradiction: Literal[
        "stars_differ",
        "authority_lacking",
        "kind_not_open",
        "not_eligible",
        "dossier_over",
        "request_not_open",
        "no_certificate",
    ]
    decided_stars: int | None
    computed_stars: int | None
    basis: Basis


class TaskOpened(PromotionEvent):
    """Somebody must act; `task` says what.

    `due_day_unknown`: the last day of the stage depends on the working days of `missing_year`, which were not announced
    when the stage opened; `words` say so. `decide_on_result_above`: the council of the level above, other than the
    centre, found what the level below it must decide on. `old_rules_ended`: the dossier was filed under an earlier act
    and the day by which it had to be finished under that act is over; `words` say which. `withdraw_certificate`: the
    authority has until `due_on` (article 8.4).
    """

    dossier_id: UUID
    task: TaskKind
    unit: UnitCode
    opened_on: date
    total: Exact | None
    stars: int | None
    basis: Basis
    missing_year: Annotated[int, Field(ge=1)] | None = None
    words: Told | None = None
    due_on: date | None = None


class TaskClosed(PromotionEvent):
    """The open task was done."""

    dossier_id: UUID
    task: TaskKind
    closed_on: date


class CertificateEnded(PromotionEvent):
    """`ended_on` was the certificate's last valid day; `cause` is why (null in events of before there was one).

    `expired`: its 36 months are over (4.3). `superseded`: another was issued the day after. `not_renewed`: it had been
    extended, and the renewal came to a result without a certificate. `extension_over`: its last day of 12.3 is past.
    """

    dossier_id: UUID
    certificate_id: UUID
    ended_on: date
    basis: Basis
    cause: Literal["expired", "superseded", "not_renewed", "extension_over"] | None = None


class CertificateExtended(PromotionEvent):
    """The certificate stays valid beyond its end until the renewal has a result, through `until` at most (12.3).

    `renewal_id` is the dossier of the renewal, `expires_on` the last day of the certificate's own months. Where it was
    told to have ended, that counts no more.
    """

    dossier_id: UUID
    certificate_id: UUID
    renewal_id: UUID
    cause: Literal["filed_late", "undecided"]
    expires_on: date
    until: date
    basis: Basis


class RenewalReminderDue(PromotionEvent):
    """The certificate ends in `days_before` days or fewer, and no renewal has been filed (a reminder: not in the act).

    A renewal is in time from `opens_on` through `closes_on` (article 7.6.a).
    """

    dossier_id: UUID
    certificate_id: UUID
    days_before: Annotated[int, Field(ge=0)]
    due_on: date
    opens_on: date
    closes_on: date
    expires_on: date
    basis: Basis


class CertificateWithdrawn(PromotionEvent):
    """The authority withdrew the certificate (article 8): it is valid no more from `withdrawn_on` on."""

    dossier_id: UUID
    certificate_id: UUID
    decision_id: UUID
    decision_number: Text
    level: Reference
    ground: WithdrawalGround
    withdrawn_on: date
    basis: Basis


class DecisionAnnulled(PromotionEvent):
    """The decision that had taken effect is annulled (article 10.1.b): the dossier stands at `stage` as before it.

    The certificate issued by it, if any, is annulled; the stages in `ended`, which rested on it, are over without a
    result; what the decision had announced counts no more. A right decision may follow. `restored_id` is an earlier
    certificate that the decision had ended: that end counts no more.
    """

    dossier_id: UUID
    correction_id: UUID
    decision_id: UUID
    decision_number: Text
    annulled_on: date
    document_number: Text
    reason: LongText
    certificate_id: UUID | None
    stage: Stage
    ended: tuple[Stage, ...]
    basis: Basis
    restored_id: UUID | None = None


class SessionAnnulled(PromotionEvent):
    """The score of `stage` is annulled with its session (article 10.1.b); the stage opens again with a new attempt.

    The stages in `ended`, which rested on it, are over without a result; `forwarding_number` is the number of the
    approval by which the dossier had been forwarded, null where it had not.
    """

    dossier_id: UUID
    correction_id: UUID
    stage: Stage
    annulled_on: date
    document_number: Text
    reason: LongText
    ended: tuple[Stage, ...]
    forwarding_number: Text | None
    basis: Basis


class CorrectionDismissed(PromotionEvent):
    """A correction changed nothing here: what it annuls had had no effect, or had fallen with something else."""

    dossier_id: UUID
    correction_id: UUID


class CorrectionDeferred(PromotionEvent):
    """A final decision rests on what is annulled; the correction waits until its authority annuls that decision."""

    dossier_id: UUID
    correction_id: UUID
    decision_id: UUID
    decision_number: Text
    basis: Basis


class DossierWithdrawn(PromotionEvent):
    """The producer took the dossier back; it is over (not in the act)."""

    dossier_id: UUID
    correction_id: UUID
    withdrawn_on: date
    reason: LongText
    basis: Basis


class SupplementAsked(PromotionEvent):
    """The stage waits for its producer to complete the dossier (article 7.3.a); `missing` says with what.

    While `clock_stopped` the days of the stage's time limit do not count (not in the act); a round ends all the same.
    """

    dossier_id: UUID
    supplement_id: UUID
    stage: Stage
    unit: UnitCode
    asked_on: date
    document_number: Text
    missing: tuple[Text, ...]
    clock_stopped: bool
    basis: Basis


class SupplementEnded(PromotionEvent):
    """The stage waits no longer; `due_on` is its last day from now on, null as in `StageOpened`.

    `received`: what was missing came. `overtaken`: the level found, or a correction came, without it.
    """

    dossier_id: UUID
    supplement_id: UUID
    stage: Stage
    ended_on: date
    cause: Literal["received", "overtaken"]
    due_on: date | None
    basis: Basis


PROMOTIONS: tuple[type[PromotionEvent], ...] = (
    StageOpened,
    DossierReturned,
    ProductEligible,
    DossierForwarded,
    ProductRecognised,
    DossierEnded,
    DecisionHeld,
    TaskOpened,
    TaskClosed,
    CertificateEnded,
    DecisionAnnulled,
    SessionAnnulled,
    CorrectionDismissed,
    CorrectionDeferred,
    DossierWithdrawn,
    CertificateExtended,
    RenewalReminderDue,
    CertificateWithdrawn,
    SupplementAsked,
    SupplementEnded,
)
