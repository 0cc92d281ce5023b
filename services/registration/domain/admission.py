"""Admission: one event from outside against the register, and what becomes of it."""

from __future__ import annotations

from typing import assert_never

from services.registration.domain import (
    certificates,
    corrections,
    councils,
    days,
    decisions,
    dossiers,
    identities,
    numbering,
    recusals,
    results,
    sessions,
    supplements,
)
from services.registration.domain.case import Admission, Case, Rules
from services.registration.domain.facts import (
    CentralEvaluationRequested,
    CertificateWithdrawn,
    CommuneAssessed,
    CouncilFormed,
    DayStarted,
    DecisionAnnulled,
    DecisionApproved,
    DossierFiled,
    DossiersScheduled,
    DossierWithdrawn,
    Fact,
    InspectionConcluded,
    MemberRecused,
    NumbersCarriedOver,
    OfficeRegistered,
    ProducerRegistered,
    ProductionStopConfirmed,
    ProductRegistered,
    ProvincialOfficeRegistered,
    ResultImported,
    ScoreSheetSubmitted,
    ScoreSheetSuperseded,
    SessionAnnulled,
    SessionClosed,
    SupplementAsked,
    SupplementReceived,
)
from services.registration.domain.register import Register
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Refused

MINISTRY_SAYS = (
    CouncilFormed,
    DossiersScheduled,
    ScoreSheetSubmitted,
    ScoreSheetSuperseded,
    SessionClosed,
    MemberRecused,
    SessionAnnulled,
    DecisionApproved,
    DecisionAnnulled,
    ResultImported,
    InspectionConcluded,
    CertificateWithdrawn,
    SupplementAsked,
    SupplementReceived,
    DayStarted,
)
"""What the ministry may say; a province may say everything but that a day started (4.1, 7.2-7.4, 8.2 and 9.4)."""


def admit(register: Register, unit: str, fact: Fact, recorded_ms: int, event_id: str, rules: Rules) -> Admission:
    """What becomes of an event: admitted with its consequences, held until something comes, or refused.

    Nothing is changed: whoever calls takes the admitted entries into the register. `missing_keys` of the event must
    have been loaded. The same event before the same register has the same outcome, ids included.
    """
    case = Case(register, unit, recorded_ms, event_id, rules)
    return _not_allowed(case, fact) or _judge(case, fact)


def _not_allowed(case: Case, fact: Fact) -> Refused | None:
    if isinstance(fact, DayStarted) and not case.rules.scripted:
        return refused(Code.CALENDAR_NOT_SCRIPTED)
    allowed = isinstance(fact, MINISTRY_SAYS) if case.ministry else not isinstance(fact, DayStarted)
    return None if allowed else refused(Code.KIND_NOT_ALLOWED)


def _judge(case: Case, fact: Fact) -> Admission:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of fact
    match fact:
        case OfficeRegistered():
            return identities.office_registered(case, fact)
        case ProvincialOfficeRegistered():
            return identities.provincial_office_registered(case, fact)
        case ProducerRegistered():
            return identities.producer_registered(case, fact)
        case ProductRegistered():
            return identities.product_registered(case, fact)
        case DossierFiled():
            return dossiers.dossier_filed(case, fact)
        case CommuneAssessed():
            return dossiers.commune_assessed(case, fact)
        case CouncilFormed():
            return councils.council_formed(case, fact)
        case DossiersScheduled():
            return councils.dossiers_scheduled(case, fact)
        case ScoreSheetSubmitted():
            return sessions.score_sheet_submitted(case, fact)
        case SessionClosed():
            return sessions.session_closed(case, fact)
        case DecisionApproved():
            return decisions.decision_approved(case, fact)
        case CentralEvaluationRequested():
            return decisions.evaluation_requested(case, fact)
        case ResultImported():
            return results.result_imported(case, fact)
        case MemberRecused():
            return recusals.member_recused(case, fact)
        case SessionAnnulled():
            return corrections.session_annulled(case, fact)
        case DecisionAnnulled():
            return corrections.decision_annulled(case, fact)
        case DossierWithdrawn():
            return corrections.dossier_withdrawn(case, fact)
        case NumbersCarriedOver():
            return numbering.numbers_carried_over(case, fact)
        case InspectionConcluded():
            return certificates.inspection_concluded(case, fact)
        case ProductionStopConfirmed():
            return certificates.production_stop_confirmed(case, fact)
        case CertificateWithdrawn():
            return certificates.certificate_withdrawn(case, fact)
        case SupplementAsked():
            return supplements.supplement_asked(case, fact)
        case SupplementReceived():
            return supplements.supplement_received(case, fact)
        case DayStarted():
            return days.day_started(case, fact)
        case _:
            assert_never(fact)
