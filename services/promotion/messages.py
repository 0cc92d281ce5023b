"""Translation between the published events and promotion's own facts; no rules."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from uuid import UUID

from services.promotion.domain import announcements
from services.promotion.domain.facts import (
    Concluded,
    Decided,
    Filed,
    Requested,
    Scored,
    SupplementAsked,
    SupplementEnded,
    Violated,
    Voided,
    WithdrawalDecided,
    Withdrawn,
)
from services.promotion.domain.rounds import DatedRound
from services.promotion.domain.standing import Correction, Note, Pin
from shared.contracts import dossiers, promotions, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.contracts.receipts import Told
from shared.kernel.ids import derived_id
from shared.rulebooks.calendar import YearNotPublished
from shared.rulebooks.model import Rulebook


def filed(event: dossiers.DossierFiled, book: Rulebook) -> Filed:
    """The dossier, pinned to the act it was filed under."""
    pin = Pin(book.regime.id, book.regime.act, book.version)
    late_by = None if event.late_for is None else event.late_for.article
    return Filed(event.dossier_id, event.unit, event.kind, event.filed_on, pin, late_by)


def concluded(event: scores.CommuneAssessmentConcluded) -> Concluded:
    """The commune's outcome."""
    return Concluded(
        dossier_id=event.dossier_id,
        level=event.stage.level,
        attempt=event.stage.attempt,
        outcome=event.outcome,
        assessed_on=event.assessed_on,
        reason=event.reason,
        supplements=event.supplements,
    )


def scored(event: scores.ProductScored) -> Scored:
    """The council's result."""
    total = None if event.total is None else Fraction(event.total.numerator, event.total.denominator)
    return Scored(
        dossier_id=event.dossier_id,
        level=event.stage.level,
        attempt=event.stage.attempt,
        total=total,
        stars=event.stars,
        closed_on=event.closed_on,
        supplements=event.supplements,
    )


def voided(event: scores.SessionVoided) -> Voided:
    """The stage whose session was void."""
    return Voided(event.dossier_id, event.stage.level, event.stage.attempt)


def decided(event: dossiers.DecisionApproved, envelope: Envelope) -> Decided:
    """The decision, with the id its certificate would have."""
    return Decided(
        dossier_id=event.dossier_id,
        decision_id=event.decision_id,
        unit=event.unit,
        level=event.level,
        kind=event.kind,
        stars=event.stars,
        number=event.number,
        decided_on=event.decided_on,
        certificate_id=_derived(envelope, "certificate"),
    )


def requested(
    event: dossiers.CentralEvaluationRequested | dossiers.ProvincialEvaluationRequested, envelope: Envelope
) -> Requested:
    """The request, with an id of its own."""
    return Requested(
        dossier_id=event.dossier_id,
        request_id=_derived(envelope, "request"),
        unit=event.unit,
        number=event.document_number,
        requested_on=event.requested_on,
        to="central" if isinstance(event, dossiers.CentralEvaluationRequested) else "province",
    )


def note(event: scores.CorrectionNoted) -> Note:
    """Evaluation's note on a correction."""
    stage = event.score_annulled
    scored = None if stage is None else (stage.level, stage.attempt)
    return Note(event.dossier_id, event.correction_id, scored, event.pauses)


def correction(event: dossiers.SessionAnnulled | dossiers.DecisionAnnulled) -> Correction:
    """What an authority annulled."""
    decision = event if isinstance(event, dossiers.DecisionAnnulled) else None
    return Correction(
        dossier_id=event.dossier_id,
        correction_id=event.correction_id,
        annulled_on=event.annulled_on,
        document_number=event.document_number,
        reason=event.reason,
        decision_id=None if decision is None else decision.decision_id,
        decision_number=None if decision is None else decision.number,
    )


def withdrawn(event: dossiers.DossierWithdrawn) -> Withdrawn:
    """The dossier that its producer took back."""
    return Withdrawn(event.dossier_id, event.correction_id, event.withdrawn_on, event.reason)


def supplement_asked(event: dossiers.SupplementAsked) -> SupplementAsked:
    """What a level asked for."""
    return SupplementAsked(
        dossier_id=event.dossier_id,
        supplement_id=event.supplement_id,
        number=event.number,
        level=event.level,
        asked_on=event.asked_on,
        document_number=event.document_number,
        missing=event.missing,
    )


def supplement_ended(event: dossiers.SupplementEnded) -> SupplementEnded:
    """What is waited for no more."""
    return SupplementEnded(event.dossier_id, event.supplement_id, event.number, event.ended_on, event.cause)


def violated(event: dossiers.InspectionConcluded | dossiers.ProductionStopConfirmed) -> Violated:
    """The violation, or the commune's word; raises ValueError for an inspection that found nothing."""
    if isinstance(event, dossiers.ProductionStopConfirmed):
        return Violated("production_stopped", event.confirmed_on)
    if event.ground is None:
        raise ValueError("the inspection found no violation")
    return Violated(event.ground, event.concluded_on)


def withdrawal_decided(event: dossiers.CertificateWithdrawn) -> WithdrawalDecided:
    """The decision to withdraw a certificate."""
    return WithdrawalDecided(
        decision_id=event.decision_id,
        unit=event.unit,
        level=event.level,
        ground=event.ground,
        number=event.number,
        withdrawn_on=event.withdrawn_on,
    )


_SAME: Mapping[type[announcements.Announcement], type[Event]] = MappingProxyType(
    {
        announcements.DossierReturned: promotions.DossierReturned,
        announcements.DossierForwarded: promotions.DossierForwarded,
        announcements.ProductRecognised: promotions.ProductRecognised,
        announcements.DossierEnded: promotions.DossierEnded,
        announcements.DecisionHeld: promotions.DecisionHeld,
        announcements.TaskClosed: promotions.TaskClosed,
        announcements.CertificateEnded: promotions.CertificateEnded,
        announcements.CertificateExtended: promotions.CertificateExtended,
        announcements.RenewalReminderDue: promotions.RenewalReminderDue,
        announcements.CertificateWithdrawn: promotions.CertificateWithdrawn,
        announcements.DecisionAnnulled: promotions.DecisionAnnulled,
        announcements.CorrectionDismissed: promotions.CorrectionDismissed,
        announcements.CorrectionDeferred: promotions.CorrectionDeferred,
        announcements.DossierWithdrawn: promotions.DossierWithdrawn,
    }
)
"""Announcements whose fields have the contract's names."""


def announced(announcement: announcements.Announcement) -> Event:
    """The announcement as published: an event of the same name, field by field."""
    match announcement:
        case announcements.StageOpened():
            return _stage_opened(announcement)
        case announcements.ProductEligible():
            return _eligible(announcement)
        case announcements.TaskOpened():
            return _task_opened(announcement)
        case announcements.SessionAnnulled():
            return _session_annulled(announcement)
        case announcements.SupplementAsked() | announcements.SupplementEnded():
            return _supplement(announcement)
        case _:
            return _SAME[type(announcement)].model_validate(announcement, from_attributes=True)


def _stage_opened(announcement: announcements.StageOpened) -> promotions.StageOpened:
    return promotions.StageOpened(
        dossier_id=announcement.dossier_id,
        stage=scores.Stage(level=announcement.level, attempt=announcement.attempt),
        opened_on=announcement.opened_on,
        due_on=announcement.due_on,
        basis=_basis(announcement.basis),
        round=_round(announcement.round),
        missed=_round(announcement.missed),
    )


def _round(one: DatedRound | None) -> promotions.Round | None:
    return None if one is None else promotions.Round.model_validate(one, from_attributes=True)


def _eligible(announcement: announcements.ProductEligible) -> promotions.ProductEligible:
    return promotions.ProductEligible(
        dossier_id=announcement.dossier_id,
        level=announcement.level,
        total=_exact(announcement.total),
        stars=announcement.stars,
        basis=_basis(announcement.basis),
    )


def _task_opened(announcement: announcements.TaskOpened) -> promotions.TaskOpened:
    return promotions.TaskOpened(
        dossier_id=announcement.dossier_id,
        task=announcement.task,
        unit=announcement.unit,
        opened_on=announcement.opened_on,
        total=None if announcement.total is None else _exact(announcement.total),
        stars=announcement.stars,
        basis=_basis(announcement.basis),
        missing_year=announcement.missing_year,
        words=_words(announcement),
        due_on=announcement.due_on,
    )


def _session_annulled(announcement: announcements.SessionAnnulled) -> promotions.SessionAnnulled:
    return promotions.SessionAnnulled(
        dossier_id=announcement.dossier_id,
        correction_id=announcement.correction_id,
        stage=scores.Stage(level=announcement.level, attempt=announcement.attempt),
        annulled_on=announcement.annulled_on,
        document_number=announcement.document_number,
        reason=announcement.reason,
        ended=tuple(scores.Stage(level=one.level, attempt=one.attempt) for one in announcement.ended),
        forwarding_number=announcement.forwarding_number,
        basis=_basis(announcement.basis),
    )


def _supplement(told: announcements.SupplementAsked | announcements.SupplementEnded) -> Event:
    named = {"stage": scores.Stage(level=told.level, attempt=told.attempt), "basis": _basis(told.basis)}
    kind = promotions.SupplementAsked if isinstance(told, announcements.SupplementAsked) else promotions.SupplementEnded
    same = {name: getattr(told, name) for name in kind.model_fields if name not in named}
    return kind.model_validate({**same, **named})


def _basis(basis: announcements.Basis) -> Basis:
    return Basis(act=basis.act, rulebook=basis.rulebook, articles=basis.articles)


def _words(task: announcements.TaskOpened) -> Told | None:
    """What a person is told of the year whose calendar is missing, or of the old rules that have ended."""
    why = task.old_rules if task.missing_year is None else YearNotPublished(task.missing_year)
    return None if why is None else Told.model_validate(why.words, from_attributes=True)


def _exact(number: Fraction) -> Exact:
    return Exact(numerator=number.numerator, denominator=number.denominator)


def _derived(envelope: Envelope, name: str) -> UUID:
    return derived_id(envelope.recorded_ms, envelope.id, name)
