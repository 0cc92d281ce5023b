"""Translation between the published language and the rules of admission; no rules stand here."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from services.registration.domain import announcements, facts
from services.registration.domain.announcements import Announcement, Published
from services.registration.domain.answers import Answer
from services.registration.domain.facts import Fact
from shared.contracts import dossiers, intake, notices, sheets
from shared.contracts.event import Event, Naming
from shared.contracts.receipts import ReceiptGiven, Told
from shared.contracts.topics import CONTACTS, DOSSIERS, SHEETS, Topic
from shared.kernel.partitions import partition_of

TOPICS: Mapping[str, Topic] = MappingProxyType({"dossiers": DOSSIERS, "sheets": SHEETS, "contacts": CONTACTS})

_EVENTS: Mapping[type[Announcement], type[Event]] = MappingProxyType(
    {
        announcements.ContactSet: notices.ContactSet,
        announcements.ProductKnown: dossiers.ProductRegistered,
        announcements.DossierOpened: dossiers.DossierFiled,
        announcements.AssessmentReceived: dossiers.CommuneAssessed,
        announcements.CouncilSeated: dossiers.CouncilSeated,
        announcements.SheetGiven: sheets.SheetSubmitted,
        announcements.SessionEnded: sheets.SessionClosed,
        announcements.DecisionReceived: dossiers.DecisionApproved,
        announcements.CentralRequestReceived: dossiers.CentralEvaluationRequested,
        announcements.ProvincialRequestReceived: dossiers.ProvincialEvaluationRequested,
        announcements.ResultTaken: dossiers.ResultImported,
        announcements.DayOpened: dossiers.DayOpened,
        announcements.SheetReplaced: sheets.SheetSuperseded,
        announcements.MemberLeft: sheets.MemberRecused,
        announcements.OpinionsSetAside: sheets.OpinionsSetAside,
        announcements.SessionTakenBack: dossiers.SessionAnnulled,
        announcements.DecisionTakenBack: dossiers.DecisionAnnulled,
        announcements.DossierTakenBack: dossiers.DossierWithdrawn,
        announcements.InspectionHeard: dossiers.InspectionConcluded,
        announcements.ProductionStopped: dossiers.ProductionStopConfirmed,
        announcements.WithdrawalReceived: dossiers.CertificateWithdrawn,
        announcements.SupplementWanted: dossiers.SupplementAsked,
        announcements.SupplementOver: dossiers.SupplementEnded,
    }
)


def event_of(published: Published) -> Event:
    """The announcement in the published language; its fields have the contract's names."""
    return _EVENTS[type(published.fact)].model_validate(published.fact, from_attributes=True)


def topic_of(published: Published) -> Topic:
    """The topic the announcement goes to."""
    return TOPICS[published.topic]


def part_of(published: Published) -> int:
    """The partition the announcement goes to: that of its subject, and for a day the one its subject names."""
    if isinstance(published.fact, announcements.DayOpened):
        return int(published.subject.partition("/")[2])
    return partition_of(published.subject, topic_of(published).partitions)


def receipt_of(
    answer: Answer, unit: str, topic: str, partition: int, offset: int, event_id: str | None, event_type: str | None
) -> ReceiptGiven:
    """The receipt that tells `unit` the answer to the record at this place of its topic."""
    return ReceiptGiven(
        unit=unit,
        event_id=event_id,
        event_type=event_type,
        topic=topic,
        partition=partition,
        offset=offset,
        status=answer.status,
        code=answer.code,
        words=Told(vi=answer.words.vi, en=answer.words.en),
        field=answer.field,
        waits_for=answer.waits_for,
        until=answer.until,
        given=dict(sorted(answer.given.items())),
    )


def fact_of(event: Event) -> Fact:  # noqa: C901, PLR0911, PLR0912 - one case for each kind of event
    """The event as the rules of admission see it; raises TypeError for one that is not an intake event."""
    match event:
        case intake.OfficeRegistered():
            return facts.OfficeRegistered(event.commune_code, event.name, event.email)
        case intake.ProvincialOfficeRegistered():
            return facts.ProvincialOfficeRegistered(event.name, event.email)
        case intake.ProducerRegistered():
            return _producer(event)
        case intake.ProductRegistered():
            return facts.ProductRegistered(event.reference, _naming(event.producer), event.name, event.criteria_set)
        case intake.DossierFiled():
            return _dossier(event)
        case intake.CommuneAssessed():
            return _assessment(event)
        case intake.CouncilFormed():
            return _council(event)
        case intake.DossiersScheduled():
            return _schedule(event)
        case intake.ScoreSheetSubmitted():
            return _sheet(event)
        case intake.SessionClosed():
            return _closing(event)
        case intake.MemberRecused():
            named = tuple(map(_naming, event.dossiers))
            return facts.MemberRecused(_naming(event.session), event.member_id, event.declared_on, named)
        case intake.DecisionApproved():
            return _decision(event)
        case intake.CentralEvaluationRequested() | intake.ProvincialEvaluationRequested():
            return _request(event)
        case intake.ResultImported():
            return _result(event)
        case intake.DayStarted():
            return facts.DayStarted(event.date)
        case intake.NumbersCarriedOver():
            return facts.NumbersCarriedOver(event.commune_code, event.year, event.last)
        case (
            intake.ScoreSheetSuperseded()
            | intake.SessionAnnulled()
            | intake.DecisionAnnulled()
            | intake.DossierWithdrawn()
        ):
            return _correction(event)
        case intake.InspectionConcluded() | intake.ProductionStopConfirmed() | intake.CertificateWithdrawn():
            return _of_certificate(event)
        case intake.SupplementAsked() | intake.SupplementReceived():
            return _supplement(event)
        case _:
            raise TypeError(f"{event.type_name()} is not an intake event")


def _correction(
    event: intake.ScoreSheetSuperseded | intake.SessionAnnulled | intake.DecisionAnnulled | intake.DossierWithdrawn,
) -> Fact:
    match event:
        case intake.ScoreSheetSuperseded():
            sheet = _sheet(event)
            return facts.ScoreSheetSuperseded(
                sheet.session, sheet.dossier, sheet.member_id, sheet.signed_on, sheet.options, event.reason
            )
        case intake.SessionAnnulled():
            return facts.SessionAnnulled(
                session=_naming(event.session),
                annulled_on=event.annulled_on,
                document_number=event.document_number,
                reason=event.reason,
                dossiers=tuple(map(_naming, event.dossiers)),
            )
        case intake.DecisionAnnulled():
            return facts.DecisionAnnulled(
                decision_number=event.decision_number,
                annulled_on=event.annulled_on,
                document_number=event.document_number,
                reason=event.reason,
                dossiers=tuple(map(_naming, event.dossiers)),
            )
        case intake.DossierWithdrawn():
            return facts.DossierWithdrawn(_naming(event.dossier), event.withdrawn_on, event.reason)


def _request(event: intake.CentralEvaluationRequested | intake.ProvincialEvaluationRequested) -> Fact:
    central = isinstance(event, intake.CentralEvaluationRequested)
    asked = facts.CentralEvaluationRequested if central else facts.ProvincialEvaluationRequested
    return asked(_naming(event.dossier), event.requested_on, event.document_number)


def _result(event: intake.ResultImported) -> facts.ResultImported:
    return facts.ResultImported(
        session=event.session,
        dossier=_naming(event.dossier),
        level=event.level,
        closed_on=event.closed_on,
        total=Fraction(event.total),
        stars=event.stars,
        document_number=event.document_number,
        document_sha256=event.document_sha256,
    )


def _of_certificate(
    event: intake.InspectionConcluded | intake.ProductionStopConfirmed | intake.CertificateWithdrawn,
) -> Fact:
    product = _naming(event.product)
    match event:
        case intake.InspectionConcluded():
            return facts.InspectionConcluded(
                product, event.inspected_on, event.concluded_on, event.document_number, event.ground
            )
        case intake.ProductionStopConfirmed():
            return facts.ProductionStopConfirmed(product, event.confirmed_on, event.document_number)
        case intake.CertificateWithdrawn():
            return facts.CertificateWithdrawn(
                product=product,
                ground=event.ground,
                number=event.number,
                withdrawn_on=event.withdrawn_on,
                signatory=event.signatory,
                document_sha256=event.document_sha256,
            )


def _supplement(event: intake.SupplementAsked | intake.SupplementReceived) -> Fact:
    if isinstance(event, intake.SupplementReceived):
        papers = tuple(document.sha256 for document in event.documents)
        return facts.SupplementReceived(event.supplement, _naming(event.dossier), event.received_on, papers)
    return facts.SupplementAsked(
        supplement=event.supplement,
        dossier=_naming(event.dossier),
        level=event.level,
        asked_on=event.asked_on,
        document_number=event.document_number,
        missing=event.missing,
    )


def _naming(naming: Naming) -> facts.Naming:
    return facts.Naming(naming.id, naming.number, naming.reference, naming.unit)


def _producer(event: intake.ProducerRegistered) -> facts.ProducerRegistered:
    contact = event.contact
    return facts.ProducerRegistered(event.reference, event.name, event.commune_code, contact.email, contact.phone)


def _dossier(event: intake.DossierFiled) -> facts.DossierFiled:
    return facts.DossierFiled(
        reference=event.reference,
        product=_naming(event.product),
        kind=event.kind,
        filed_on=event.filed_on,
        self_assessment=event.self_assessment,
        criteria_set=event.criteria_set,
        renews=None if event.renews is None else facts.Renewed(event.renews.expires_on),
    )


def _assessment(event: intake.CommuneAssessed) -> facts.CommuneAssessed:
    findings = event.findings
    return facts.CommuneAssessed(
        dossier=_naming(event.dossier),
        received_on=event.received_on,
        assessed_on=event.assessed_on,
        local_material=findings.local_material.met,
        local_labour=findings.local_labour.met,
        product_idea=findings.product_idea.met,
        local_identity=findings.local_identity.met,
        outcome=event.outcome,
        document_number=event.document_number,
        reason=event.reason,
        product_number=event.product_number,
    )


def _council(event: intake.CouncilFormed) -> facts.CouncilFormed:
    by_law = event.by_law
    return facts.CouncilFormed(
        reference=event.reference,
        level=event.level,
        decided_on=event.decided_on,
        members=tuple(facts.Member(member.member_id, member.role) for member in event.members),
        by_law=facts.ByLaw(
            quorum_members=by_law.quorum_members,
            quorum_share=by_law.quorum_share,
            chair_required=by_law.chair_required,
            deviation_points_max=by_law.deviation_points_max,
            rescore_rounds_max=by_law.rescore_rounds_max,
        ),
    )


def _schedule(event: intake.DossiersScheduled) -> facts.DossiersScheduled:
    return facts.DossiersScheduled(
        session=event.session,
        council=_naming(event.council),
        round=event.round,
        meets_on=event.meets_on,
        dossiers=tuple(_naming(naming) for naming in event.dossiers),
        mode=event.mode,
    )


def _sheet(event: intake.ScoreSheetSubmitted | intake.ScoreSheetSuperseded) -> facts.ScoreSheetSubmitted:
    return facts.ScoreSheetSubmitted(
        session=_naming(event.session),
        dossier=_naming(event.dossier),
        member_id=event.member_id,
        signed_on=event.signed_on,
        options=event.options,
    )


def _closing(event: intake.SessionClosed) -> facts.SessionClosed:
    by = event.chaired_by
    return facts.SessionClosed(
        session=_naming(event.session),
        closed_on=event.closed_on,
        present=event.present,
        agreed=tuple(facts.Agreed(_naming(said.dossier), said.options) for said in event.agreed),
        disqualified=tuple(
            facts.Disqualified(_naming(out.dossier), out.ground, out.reason) for out in event.disqualified
        ),
        chaired_by=None if by is None else facts.Delegation(by.member_id, by.document_number),
    )


def _decision(event: intake.DecisionApproved) -> facts.DecisionApproved:
    return facts.DecisionApproved(
        kind=event.kind,
        number=event.number,
        decided_on=event.decided_on,
        signatory=event.signatory,
        document_sha256=event.document_sha256,
        results=tuple(facts.Result(_naming(result.dossier), result.stars) for result in event.results),
        level=event.level,
    )
