"""What an assessment or a closed session comes to, as evaluation must announce it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from deploy.verify.scoring import needed_members, verdict, within
from shared.contracts.dossiers import CommuneAssessed, CouncilSeated, ResultImported
from shared.contracts.event import Basis, Exact
from shared.contracts.scores import (
    CommuneAssessmentConcluded,
    MissedMarks,
    PartTotal,
    ProductScored,
    SessionVoided,
    Source,
    Stage,
)
from shared.contracts.sheets import SessionClosed, SheetSubmitted, SheetSuperseded
from shared.rulebooks.model import Rulebook

Sheet = SheetSubmitted | SheetSuperseded


def judge(
    closed: SessionClosed,
    seated: CouncilSeated,
    given: Mapping[str, Sheet],
    stage: Stage,
    book: Rulebook,
    criteria_set: int,
) -> SessionVoided | ProductScored:
    """The session void, or its stage concluded by it."""
    roles = book.regime.by_law.scoring_roles.value
    present = [m.member_id for m in seated.members if m.role in roles and m.member_id in closed.present]
    counted = [given[member] for member in present if member in given]
    needed = needed_members(seated, book.regime.by_law)
    cause = _void_because(closed, seated, len(present), needed, len(counted))
    if cause is None:
        return _scored(closed, stage, book, criteria_set, counted)
    rung = next(rung for rung in book.regime.ladder.rungs if rung.level == seated.level)
    return SessionVoided(
        dossier_id=closed.dossier_id,
        stage=stage,
        session_id=closed.session_id,
        closed_on=closed.closed_on,
        cause=cause,
        present=len(present),
        needed=needed,
        basis=_basis(book, rung.article),
    )


def _void_because(
    closed: SessionClosed, seated: CouncilSeated, present: int, needed: int, sheets: int
) -> Literal["quorum_missed", "chair_absent", "sheets_missing"] | None:
    instead = None if closed.chaired_by is None else closed.chaired_by.member_id
    chairs = [member.member_id for member in seated.members if member.role == "chair" or member.member_id == instead]
    chair = any(member in closed.present for member in chairs)
    if present < needed:
        return "quorum_missed"
    if seated.by_law.chair_required and not chair:
        return "chair_absent"
    return "sheets_missing" if not sheets and closed.struck_out is None else None


def assessment(report: CommuneAssessed, stage: Stage, book: Rulebook) -> CommuneAssessmentConcluded:
    """The commune's stage is over, with the commune's own outcome."""
    heads = (report.local_material, report.local_labour, report.product_idea, report.local_identity)
    return CommuneAssessmentConcluded(
        dossier_id=report.dossier_id,
        stage=stage,
        outcome=report.outcome,
        assessed_on=report.assessed_on,
        reason=report.reason,
        findings_met=heads.count(True),
        basis=_basis(book, book.regime.ladder.first.article),
        supplements=report.supplements,
    )


def imported(said: ResultImported, stage: Stage, book: Rulebook) -> ProductScored:
    """The stage is over with what the paper says, in the class of its total; no sheet, no part, no mark is known."""
    total = Fraction(said.total.numerator, said.total.denominator)
    band = next(band for band in book.regime.bands if within(band, total))
    return ProductScored(
        dossier_id=said.dossier_id,
        stage=stage,
        session_id=said.session_id,
        closed_on=said.closed_on,
        total=said.total,
        parts=(),
        band=band.stars,
        stars=said.stars,
        missed=(),
        sheets=0,
        struck_out=None,
        basis=_basis(book, band.article),
        imported=Source(document_number=said.document_number, document_sha256=said.document_sha256),
        supplements=said.supplements,
    )


def _scored(
    closed: SessionClosed, stage: Stage, book: Rulebook, criteria_set: int, sheets: Sequence[Sheet]
) -> ProductScored:
    criteria = book.sets[criteria_set]
    if closed.struck_out is not None:
        ground = closed.struck_out.ground
        nothing = _result(closed, stage, len(sheets), _basis(book, criteria.article))
        return nothing.model_copy(update={"struck_out": ground})
    found = verdict(criteria, book.regime.bands, [sheet.options for sheet in sheets], closed.agreed)
    by_marks = found.stars < found.band.stars
    basis = _basis(book, found.band.article, *((criteria.article,) if by_marks else ()))
    return _result(closed, stage, len(sheets), basis).model_copy(
        update={
            "total": exact(found.total),
            "parts": tuple(PartTotal(part=code, total=exact(mean)) for code, mean in found.parts),
            "band": found.band.stars,
            "stars": found.stars,
            "missed": tuple(MissedMarks(star=s, criteria=codes) for s, codes in found.missed.items() if codes),
        }
    )


def _result(closed: SessionClosed, stage: Stage, sheets: int, basis: Basis) -> ProductScored:
    return ProductScored(
        dossier_id=closed.dossier_id,
        stage=stage,
        session_id=closed.session_id,
        closed_on=closed.closed_on,
        total=None,
        parts=(),
        band=None,
        stars=None,
        missed=(),
        sheets=sheets,
        struck_out=None,
        basis=basis,
        apart=closed.apart,
        chair_document=None if closed.chaired_by is None else closed.chaired_by.document_number,
        supplements=closed.supplements,
    )


def exact(number: Fraction) -> Exact:
    """The number as the contracts write it."""
    return Exact(numerator=number.numerator, denominator=number.denominator)


def _basis(book: Rulebook, *articles: str) -> Basis:
    return Basis(act=book.regime.act, rulebook=book.version, articles=articles)
