"""Translation between the published events and evaluation's own facts; no rules."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

from services.evaluation.domain.dossier import ByLaw, Closing, Seat, Stage
from services.evaluation.domain.facts import (
    Answered,
    Assessed,
    AssessmentConcluded,
    Closed,
    Correction,
    Filed,
    Finding,
    Imported,
    Noted,
    Opened,
    Recused,
    Scored,
    Seated,
    Source,
    Submitted,
    Taken,
    Voided,
)
from services.evaluation.domain.scoring import Score
from shared.contracts import dossiers, promotions, scores, sheets
from shared.contracts.event import Basis, Event, Exact
from shared.rulebooks.model import Rulebook


def filed(event: dossiers.DossierFiled) -> Filed:
    """The dossier and what it is pinned to."""
    return Filed(event.dossier_id, event.regime, event.rulebook, event.criteria_set)


def opened(event: promotions.StageOpened) -> Opened:
    """The stage."""
    return Opened(event.dossier_id, event.stage.level, event.stage.attempt)


def assessed(event: dossiers.CommuneAssessed) -> Assessed:
    """The commune's report, its findings counted."""
    heads = (event.local_material, event.local_labour, event.product_idea, event.local_identity)
    return Assessed(
        event.dossier_id, event.outcome, event.assessed_on, event.reason, sum(heads), supplements=event.supplements
    )


def imported(event: dossiers.ResultImported) -> Imported:
    """The council's result and the paper it stands in."""
    return Imported(
        dossier_id=event.dossier_id,
        session_id=event.session_id,
        level=event.level,
        closed_on=event.closed_on,
        total=Fraction(event.total.numerator, event.total.denominator),
        stars=event.stars,
        source=Source(event.document_number, event.document_sha256),
        supplements=event.supplements,
    )


def seated(event: dossiers.CouncilSeated) -> Seated:
    """The session with its members and by-law."""
    share = event.by_law.quorum_share
    return Seated(
        dossier_id=event.dossier_id,
        session_id=event.session_id,
        level=event.level,
        members=tuple(Seat(member.member_id, member.role) for member in event.members),
        by_law=ByLaw(
            event.by_law.quorum_members, None if share is None else Fraction(share), event.by_law.chair_required
        ),
    )


def submitted(event: sheets.SheetSubmitted | sheets.SheetSuperseded) -> Submitted:
    """The member's sheet."""
    supersedes = isinstance(event, sheets.SheetSuperseded)
    return Submitted(event.dossier_id, event.session_id, event.member_id, event.options, supersedes)


def recused(event: sheets.MemberRecused) -> Recused:
    """The member who takes no part."""
    return Recused(event.dossier_id, event.session_id, event.member_id)


def correction(event: dossiers.SessionAnnulled | dossiers.DecisionAnnulled | dossiers.DossierWithdrawn) -> Correction:
    """The correction, and what it annuls."""
    return Correction(
        dossier_id=event.dossier_id,
        correction_id=event.correction_id,
        closings=event.closings,
        session_id=event.session_id if isinstance(event, dossiers.SessionAnnulled) else None,
        decision_id=event.decision_id if isinstance(event, dossiers.DecisionAnnulled) else None,
    )


def answered(
    event: promotions.DecisionAnnulled
    | promotions.SessionAnnulled
    | promotions.CorrectionDismissed
    | promotions.CorrectionDeferred,
) -> Answered:
    """What promotion made of a correction."""
    if isinstance(event, promotions.CorrectionDismissed | promotions.CorrectionDeferred):
        deferred = isinstance(event, promotions.CorrectionDeferred)
        return Answered(event.dossier_id, event.correction_id, deferred=deferred)
    ended = tuple(Stage(stage.level, stage.attempt) for stage in event.ended)
    return Answered(event.dossier_id, event.correction_id, ended, reopened=True)


def noted(finding: Noted) -> scores.CorrectionNoted:
    """The note that a correction was taken in."""
    stage = finding.score_annulled
    return scores.CorrectionNoted(
        dossier_id=finding.dossier_id,
        correction_id=finding.correction_id,
        score_annulled=None if stage is None else _stage(stage),
        pauses=finding.pauses,
    )


def closed(event: sheets.SessionClosed) -> Closed:
    """The session's end."""
    ground = None if event.struck_out is None else event.struck_out.ground
    by = event.chaired_by
    closing = Closing(
        closed_on=event.closed_on,
        present=event.present,
        agreed=event.agreed,
        struck_out=ground,
        apart=event.apart,
        chaired_by=None if by is None else by.member_id,
        chair_document=None if by is None else by.document_number,
        supplements=event.supplements,
    )
    return Closed(event.dossier_id, event.session_id, closing, event.corrections)


def found(finding: Finding, book: Rulebook) -> Event:
    """The finding as published, on the act and rulebook version it rests on; a note rests on none."""
    if isinstance(finding, Noted):
        return noted(finding)
    basis = Basis(act=book.regime.act, rulebook=book.version, articles=finding.articles)
    match finding:
        case AssessmentConcluded():
            return scores.CommuneAssessmentConcluded(
                dossier_id=finding.dossier_id,
                stage=_stage(finding.stage),
                outcome=finding.outcome,
                assessed_on=finding.assessed_on,
                reason=finding.reason,
                findings_met=finding.findings_met,
                basis=basis,
                supplements=finding.supplements,
            )
        case Scored():
            return _scored(finding, basis)
        case Taken():
            return _taken(finding, basis)
        case Voided():
            return scores.SessionVoided(
                dossier_id=finding.dossier_id,
                stage=_stage(finding.stage),
                session_id=finding.session_id,
                closed_on=finding.closed_on,
                cause=finding.cause,
                present=finding.present,
                needed=finding.needed,
                basis=basis,
            )
        case _:
            assert_never(finding)


def _scored(finding: Scored, basis: Basis) -> scores.ProductScored:
    result = finding.score
    return scores.ProductScored(
        dossier_id=finding.dossier_id,
        stage=_stage(finding.stage),
        session_id=finding.session_id,
        closed_on=finding.closed_on,
        total=None if result is None else _exact(result.total),
        parts=() if result is None else _parts(result),
        band=None if result is None else result.band,
        stars=None if result is None else result.stars,
        missed=() if result is None else _missed(result),
        sheets=finding.sheets,
        struck_out=finding.struck_out,
        basis=basis,
        apart=finding.apart,
        chair_document=finding.chair_document,
        supplements=finding.supplements,
    )


def _taken(finding: Taken, basis: Basis) -> scores.ProductScored:
    """A result without sheets, parts and marks, which nobody here can know."""
    result = finding.imported
    source = result.source
    return scores.ProductScored(
        dossier_id=result.dossier_id,
        stage=_stage(finding.stage),
        session_id=result.session_id,
        closed_on=result.closed_on,
        total=_exact(result.total),
        parts=(),
        band=finding.band,
        stars=result.stars,
        missed=(),
        sheets=0,
        struck_out=None,
        basis=basis,
        imported=scores.Source(document_number=source.document_number, document_sha256=source.document_sha256),
        supplements=result.supplements,
    )


def _parts(result: Score) -> tuple[scores.PartTotal, ...]:
    return tuple(scores.PartTotal(part=part, total=_exact(total)) for part, total in result.parts)


def _missed(result: Score) -> tuple[scores.MissedMarks, ...]:
    return tuple(
        scores.MissedMarks(star=star, criteria=criteria) for star, criteria in sorted(result.missed.items()) if criteria
    )


def _stage(stage: Stage) -> scores.Stage:
    return scores.Stage(level=stage.level, attempt=stage.attempt)


def _exact(number: Fraction) -> Exact:
    return Exact(numerator=number.numerator, denominator=number.denominator)
