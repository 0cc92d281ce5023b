"""Translation between the published events and notification's own facts; no rules."""

from __future__ import annotations

from uuid import UUID

from services.notification.domain.facts import (
    Basis,
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    Contact,
    Dossier,
    Ended,
    Forwarded,
    Happened,
    Particulars,
    Recognised,
    RenewalReminder,
    Returned,
    RoundMissed,
    SupplementAsked,
    TakenBack,
    Withdrawn,
)
from services.notification.domain.notices import Notice
from shared.contracts import dossiers, event, notices, promotions
from shared.contracts.envelope import Envelope

Concerning = (
    promotions.DossierReturned
    | promotions.DossierForwarded
    | promotions.ProductRecognised
    | promotions.DossierEnded
    | promotions.DossierWithdrawn
    | promotions.RenewalReminderDue
    | promotions.CertificateWithdrawn
    | promotions.CertificateExtended
    | promotions.CertificateEnded
    | promotions.SupplementAsked
)


def dossier_from(filed: dossiers.DossierFiled) -> Dossier:
    """The dossier as filed."""
    return Dossier(
        dossier_id=filed.dossier_id,
        unit=filed.unit,
        product_name=filed.product_name,
        producer_id=filed.producer_id,
        commune_code=filed.commune_code,
    )


def contact_from(told: notices.ContactSet, envelope: Envelope) -> Contact:
    """The contact, versioned by its sequence on the topic."""
    return Contact(
        recipient_id=told.recipient_id,
        version=envelope.sequence,
        kind=told.kind,
        name=told.name,
        email=told.email,
        phone=told.phone,
    )


def happened_from(told: Concerning, envelope: Envelope) -> Happened:
    """The fact, with the event that told it."""
    return Happened(UUID(envelope.id), envelope.recorded_ms, told.dossier_id, _particulars(told))


def _particulars(told: Concerning) -> Particulars:  # noqa: C901, PLR0911 - one line for each kind of fact
    basis = _basis(told.basis)
    match told:
        case promotions.DossierReturned():
            return Returned(told.returned_on, told.reason, basis)
        case promotions.DossierForwarded():
            return Forwarded(told.requested_on, told.decision_number, basis, level=told.from_level, to=told.to_level)
        case promotions.ProductRecognised():
            return Recognised(told.decided_on, told.level, told.stars, told.decision_number, told.expires_on, basis)
        case promotions.DossierEnded():
            return Ended(told.decided_on, told.level, told.stars, told.decision_number, basis)
        case promotions.DossierWithdrawn():
            return Withdrawn(told.withdrawn_on, told.reason, basis)
        case promotions.RenewalReminderDue():
            return RenewalReminder(told.due_on, told.opens_on, told.closes_on, told.expires_on, basis)
        case promotions.CertificateWithdrawn():
            return CertificateWithdrawn(told.withdrawn_on, told.level, told.ground, told.decision_number, basis)
        case promotions.CertificateExtended():
            return CertificateExtended(told.expires_on, told.until, basis)
        case promotions.CertificateEnded():
            return CertificateEnded(told.ended_on, basis)
        case promotions.SupplementAsked():
            return SupplementAsked(told.asked_on, told.stage.level, told.document_number, told.missing, basis)


def late_from(told: promotions.StageOpened, envelope: Envelope) -> Happened | None:
    """The request that came too late for a round; None for one that was in time, or waits for none."""
    if told.missed is None or told.round is None:
        return None
    late = RoundMissed(
        fact_on=told.opened_on,
        level=told.stage.level,
        missed=told.missed.number,
        requests_until=told.missed.requests_until,
        number=told.round.number,
        ends_on=told.round.ends_on,
        basis=Basis(told.basis.act, (told.missed.article,)),
    )
    return Happened(UUID(envelope.id), envelope.recorded_ms, told.dossier_id, late)


def taken_back_from(
    told: promotions.DecisionAnnulled | promotions.SessionAnnulled, envelope: Envelope
) -> TakenBack | None:
    """The correction; None for a session whose result had not been forwarded, of which nobody was told."""
    number = told.decision_number if isinstance(told, promotions.DecisionAnnulled) else told.forwarding_number
    if number is None:
        return None
    return TakenBack(
        about=UUID(envelope.id),
        recorded_ms=envelope.recorded_ms,
        dossier_id=told.dossier_id,
        fact_on=told.annulled_on,
        decision_number=number,
        document_number=told.document_number,
        reason=told.reason,
        basis=_basis(told.basis),
        restored=isinstance(told, promotions.DecisionAnnulled) and told.restored_id is not None,
    )


def _basis(basis: event.Basis) -> Basis:
    return Basis(basis.act, basis.articles)


def written_event(notice: Notice) -> notices.NoticeWritten:
    """The notice as the other services hear of it: ids, kind and date, no address and no words."""
    return notices.NoticeWritten(
        notice_id=notice.notice_id,
        dossier_id=notice.dossier_id,
        recipient_id=notice.recipient_id,
        kind=notice.particulars.kind,
        about=notice.about,
        fact_on=notice.particulars.fact_on,
    )
