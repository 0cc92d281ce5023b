"""A council over a dossier: seated, its sheets, and what its session came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from services.evaluation.domain.dossier import ByLaw, Closing, Dossier, Session, Sheet, Stage, State, locate
from services.evaluation.domain.facts import Cause, Closed, Finding, Scored, Seated, Submitted, Voided
from services.evaluation.domain.quorum import Attendance, attendance
from services.evaluation.domain.scoring import score
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.rulebooks.model import CriteriaSet, Rulebook
from shared.rulebooks.options import check_options

Outcome = Applied[State, Finding] | Held | DeadLettered


def seat(state: State, seated: Seated) -> Outcome:
    """The session takes sheets; where its stage is scored already it is known as unused, and nothing follows."""
    dossier = locate(state, seated.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    if dossier.session(seated.session_id) is not None:
        return Applied(state)
    stage = dossier.stage(seated.level)
    session = Session(
        session_id=seated.session_id,
        level=seated.level,
        members=seated.members,
        by_law=seated.by_law,
        status="unused" if stage is not None and stage.concluded else "open",
    )
    return Applied(state.with_dossier(dossier.with_session(session)))


def submit(state: State, submitted: Submitted, criteria_set: CriteriaSet) -> Outcome:
    """The sheet lies with its open session; a member's first sheet stands, and only a seated member has one."""
    found = _open_session(state, submitted.dossier_id, submitted.session_id)
    if not isinstance(found, tuple):
        return found or Applied(state)
    dossier, session = found
    member = submitted.member_id
    if not session.seats(member) or session.has_sheet_of(member):
        return Applied(state)
    if (fault := _fault(criteria_set, submitted.options, complete=True)) is not None:
        return fault
    with_sheet = replace(session, sheets=(*session.sheets, Sheet(member, submitted.options)))
    return Applied(state.with_dossier(dossier.with_session(with_sheet)))


def close(state: State, closed: Closed, book: Rulebook) -> Outcome:
    """The session is judged: void, or its stage concluded with a score or struck out (articles 3.3, 7.3.d, 7.4.d)."""
    found = _open_session(state, closed.dossier_id, closed.session_id)
    if not isinstance(found, tuple):
        return found or Applied(state)
    dossier, session = found
    stage = dossier.stage(session.level)
    if stage is None:
        return Held(f"stage:{session.level}")
    agreed = closed.closing.agreed
    criteria_set = book.sets[dossier.criteria_set]
    if agreed is not None and (fault := _fault(criteria_set, agreed, complete=False)) is not None:
        return fault
    finding = judge(dossier, session, closed.closing, stage, book)
    if isinstance(finding, Voided):
        void = replace(session, status="voided", sheets=(), closing=closed.closing)
        return Applied(state.with_dossier(dossier.with_session(void)), (finding,))
    scored = replace(session, status="scored", closing=closed.closing)
    return Applied(state.with_dossier(_concluded(dossier, finding.stage, scored)), (finding,))


def judge(dossier: Dossier, session: Session, closing: Closing, stage: Stage, book: Rulebook) -> Scored | Voided:
    """What a session came to by its closing; the same values and rulebook always give the same finding."""
    there = attendance(session.members, session.by_law, book.regime.by_law, closing.present)
    sheets = tuple(sheet.options for sheet in session.sheets if sheet.member_id in there.present)
    cause = _cause(session.by_law, closing, there, len(sheets))
    if cause is not None:
        return _void(dossier, session, closing, stage, book, there, cause)
    criteria_set = book.sets[dossier.criteria_set]
    struck_out = closing.struck_out is not None
    result = None if struck_out else score(criteria_set, book.regime.bands, sheets, closing.agreed)
    return Scored(
        dossier_id=dossier.dossier_id,
        stage=replace(stage, concluded=True),
        session_id=session.session_id,
        closed_on=closing.closed_on,
        sheets=len(sheets),
        score=result,
        struck_out=closing.struck_out,
        articles=(criteria_set.article,) if result is None else result.articles,
    )


def _open_session(state: State, dossier_id: UUID, session_id: UUID) -> tuple[Dossier, Session] | Held | None:
    """The dossier and its open session; None where either is over; Held while either has not come yet."""
    dossier = locate(state, dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier
    session = dossier.session(session_id)
    if session is None:
        return Held(f"session:{session_id}")
    return (dossier, session) if session.status == "open" else None


def _void(
    dossier: Dossier,
    session: Session,
    closing: Closing,
    stage: Stage,
    book: Rulebook,
    there: Attendance,
    cause: Cause,
) -> Voided:
    rung = book.regime.ladder.rung(session.level)
    return Voided(
        dossier_id=dossier.dossier_id,
        stage=stage,
        session_id=session.session_id,
        closed_on=closing.closed_on,
        cause=cause,
        present=len(there.present),
        needed=there.needed,
        articles=() if rung is None else (rung.article,),
    )


def _cause(by_law: ByLaw, closing: Closing, there: Attendance, sheets: int) -> Cause | None:
    """Why the session is void, or None; to strike a dossier out takes a valid session but no sheets."""
    if len(there.present) < there.needed:
        return "quorum_missed"
    if by_law.chair_required and not there.chair_present:
        return "chair_absent"
    return "sheets_missing" if sheets == 0 and closing.struck_out is None else None


def _concluded(dossier: Dossier, stage: Stage, scored: Session) -> Dossier:
    """The dossier with its stage concluded; other sessions still open at that level are of no more use."""
    sessions = tuple(
        replace(session, status="unused", sheets=())
        if session.level == stage.level and session.status == "open"
        else session
        for session in dossier.with_session(scored).sessions
    )
    return replace(dossier, sessions=sessions).with_stage(stage)


def _fault(criteria_set: CriteriaSet, options: Mapping[str, int], *, complete: bool) -> DeadLettered | None:
    """What is wrong with options, by code alone: a dead letter shows nothing of a sheet."""
    faults = check_options(criteria_set, options, complete=complete)
    codes = sorted({fault.code.value for fault in faults})
    return DeadLettered(Reason.BODY_INVALID, f"options: {', '.join(codes)}") if faults else None
