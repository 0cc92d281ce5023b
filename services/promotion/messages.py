"""Translation between the published events and promotion's own facts; no rules."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never
from uuid import UUID

from services.promotion.domain import announcements
from services.promotion.domain.facts import Concluded, Decided, Filed, Requested, Scored, Voided, Withdrawn
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
    return Filed(event.dossier_id, event.unit, event.kind, event.filed_on, pin)


def concluded(event: scores.CommuneAssessmentConcluded) -> Concluded:
    """The commune's outcome."""
    return Concluded(
        dossier_id=event.dossier_id,
        level=event.stage.level,
        attempt=event.stage.attempt,
        outcome=event.outcome,
        assessed_on=event.assessed_on,
        reason=event.reason,
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


def announced(announcement: announcements.Announcement) -> Event:
    """The announcement as published: an event of the same name, field by field."""
    match announcement:
        case announcements.StageOpened():
            return _stage_opened(announcement)
        case announcements.ProductRecognised():
            return _product_recognised(announcement)
        case announcements.DecisionHeld() | announcements.TaskOpened() | announcements.TaskClosed():
            return _for_people(announcement)
        case announcements.DossierReturned() | announcements.DossierEnded() | announcements.CertificateEnded():
            return _over(announcement)
        case announcements.ProductEligible() | announcements.DossierForwarded():
            return _upwards(announcement)
        case (
            announcements.DecisionAnnulled()
            | announcements.SessionAnnulled()
            | announcements.CorrectionDismissed()
            | announcements.CorrectionDeferred()
            | announcements.DossierWithdrawn()
        ):
            return _corrected(announcement)
        case _:
            assert_never(announcement)


def _stage_opened(announcement: announcements.StageOpened) -> promotions.StageOpened:
    return promotions.StageOpened(
        dossier_id=announcement.dossier_id,
        stage=scores.Stage(level=announcement.level, attempt=announcement.attempt),
        opened_on=announcement.opened_on,
        due_on=announcement.due_on,
        basis=_basis(announcement.basis),
    )


def _product_recognised(announcement: announcements.ProductRecognised) -> promotions.ProductRecognised:
    return promotions.ProductRecognised(
        dossier_id=announcement.dossier_id,
        level=announcement.level,
        stars=announcement.stars,
        decision_id=announcement.decision_id,
        decision_number=announcement.decision_number,
        decided_on=announcement.decided_on,
        certificate_id=announcement.certificate_id,
        expires_on=announcement.expires_on,
        basis=_basis(announcement.basis),
    )


def _upwards(
    announcement: announcements.ProductEligible | announcements.DossierForwarded,
) -> Event:
    match announcement:
        case announcements.ProductEligible():
            return promotions.ProductEligible(
                dossier_id=announcement.dossier_id,
                level=announcement.level,
                total=_exact(announcement.total),
                stars=announcement.stars,
                basis=_basis(announcement.basis),
            )
        case announcements.DossierForwarded():
            return promotions.DossierForwarded(
                dossier_id=announcement.dossier_id,
                from_level=announcement.from_level,
                to_level=announcement.to_level,
                requested_on=announcement.requested_on,
                decision_number=announcement.decision_number,
                basis=_basis(announcement.basis),
            )


def _over(
    announcement: announcements.DossierReturned | announcements.DossierEnded | announcements.CertificateEnded,
) -> Event:
    match announcement:
        case announcements.DossierReturned():
            return promotions.DossierReturned(
                dossier_id=announcement.dossier_id,
                returned_on=announcement.returned_on,
                reason=announcement.reason,
                basis=_basis(announcement.basis),
            )
        case announcements.DossierEnded():
            return promotions.DossierEnded(
                dossier_id=announcement.dossier_id,
                level=announcement.level,
                stars=announcement.stars,
                decision_number=announcement.decision_number,
                decided_on=announcement.decided_on,
                decision_id=announcement.decision_id,
                basis=_basis(announcement.basis),
            )
        case announcements.CertificateEnded():
            return promotions.CertificateEnded(
                dossier_id=announcement.dossier_id,
                certificate_id=announcement.certificate_id,
                ended_on=announcement.ended_on,
                basis=_basis(announcement.basis),
            )


def _for_people(
    announcement: announcements.DecisionHeld | announcements.TaskOpened | announcements.TaskClosed,
) -> Event:
    match announcement:
        case announcements.DecisionHeld():
            return promotions.DecisionHeld(
                dossier_id=announcement.dossier_id,
                decision_id=announcement.decision_id,
                decision_number=announcement.decision_number,
                unit=announcement.unit,
                contradiction=announcement.contradiction,
                decided_stars=announcement.decided_stars,
                computed_stars=announcement.computed_stars,
                basis=_basis(announcement.basis),
            )
        case announcements.TaskOpened():
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
            )
        case announcements.TaskClosed():
            return promotions.TaskClosed(
                dossier_id=announcement.dossier_id,
                task=announcement.task,
                closed_on=announcement.closed_on,
            )


def _corrected(
    announcement: announcements.DecisionAnnulled
    | announcements.SessionAnnulled
    | announcements.CorrectionDismissed
    | announcements.CorrectionDeferred
    | announcements.DossierWithdrawn,
) -> Event:
    """A correction's fields have the contract's names, but for the stage of an annulled score."""
    match announcement:
        case announcements.SessionAnnulled():
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
        case announcements.DecisionAnnulled():
            return promotions.DecisionAnnulled.model_validate(announcement, from_attributes=True)
        case announcements.CorrectionDismissed():
            return promotions.CorrectionDismissed.model_validate(announcement, from_attributes=True)
        case announcements.CorrectionDeferred():
            return promotions.CorrectionDeferred.model_validate(announcement, from_attributes=True)
        case announcements.DossierWithdrawn():
            return promotions.DossierWithdrawn.model_validate(announcement, from_attributes=True)


def _basis(basis: announcements.Basis) -> Basis:
    return Basis(act=basis.act, rulebook=basis.rulebook, articles=tuple(dict.fromkeys(basis.articles)))


def _words(task: announcements.TaskOpened) -> Told | None:
    """What a person is told of the year whose calendar is missing, or of the old rules that have ended."""
    why = task.old_rules if task.missing_year is None else YearNotPublished(task.missing_year)
    return None if why is None else Told.model_validate(why.words, from_attributes=True)


def _exact(number: Fraction) -> Exact:
    return Exact(numerator=number.numerator, denominator=number.denominator)


def _derived(envelope: Envelope, name: str) -> UUID:
    return derived_id(envelope.recorded_ms, envelope.id, name)
