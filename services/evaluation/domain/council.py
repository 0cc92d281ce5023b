"""A council over a dossier: seated, its sheets, and what its session came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from services.evaluation.domain.dossier import ByLaw, Closing, Dossier, Session, Stage, State, locate, sheet_of
from services.evaluation.domain.facts import Cause, Closed, Finding, Recused, Scored, Seated, Submitted, Voided
from services.evaluation.domain.quorum import Attendance, attendance
from services.evaluation.domain.scoring import score_given
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.rulebooks.model import CriteriaSet, Rulebook
from shared.rulebooks.options import check_options, is_whole, positions_given

Outcome = Applied[State, Finding] | Held | DeadLettered


def seat(state: State, seated: Seated) -> Outcome:
    """The session takes sheets until it closes; only then is it told whether its stage needs it.

    Who annuls a score calls the next session at once, so its call may come before the annulment does. It waits for
    promotion's answer to a correction, which ends the sessions called before it.
    """
    dossier = locate(state, seated.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    if dossier.unanswered:
        return Held(f"correction:{dossier.unanswered[0]}")
    if dossier.session(seated.session_id) is not None:
        return Applied(state)
    session = Session(seated.session_id, seated.level, seated.members, seated.by_law)
    return Applied(state.with_dossier(dossier.with_session(session)))


def submit(state: State, submitted: Submitted, criteria_set: CriteriaSet) -> Outcome:
    """The sheet lies with its open session; a member's first sheet stands, and only a seated member has one.

    One that supersedes takes the place of the first; both versions stay on the topic and in the admission journal.
    """
    found = _session(state, submitted.dossier_id, submitted.session_id)
    if not isinstance(found, tuple):
        return found or Applied(state)
    dossier, session = found
    if session.status != "open":
        return Applied(state)
    member = submitted.member_id
    if not session.seats(member) or session.has_sheet_of(member) is not submitted.supersedes:
        return Applied(state)
    positions = positions_given(criteria_set, submitted.options)
    whole = is_whole(criteria_set, submitted.options, positions)
    if not whole and (fault := _fault(criteria_set, submitted.options, complete=True)) is not None:
        return fault
    sheet = sheet_of(member, positions)
    if submitted.supersedes:
        sheets = tuple(sheet if old.member_id == member else old for old in session.sheets)
    else:
        sheets = (*session.sheets, sheet)
    return Applied(state.with_dossier(dossier.with_session(session.with_sheets(sheets))))


def recuse(state: State, recused: Recused) -> Outcome:
    """The member has neither seat nor sheet in the session any more, so number and share of its quorum leave it out.

    The order of the sheets' topic says whether that came before the closing; afterwards nothing changes.
    """
    found = _session(state, recused.dossier_id, recused.session_id)
    if not isinstance(found, tuple):
        return found or Applied(state)
    dossier, session = found
    if session.status != "open":
        return Applied(state)
    without = replace(
        session,
        members=tuple(seat for seat in session.members if seat.member_id != recused.member_id),
        sheets=tuple(sheet for sheet in session.sheets if sheet.member_id != recused.member_id),
    )
    return Applied(state.with_dossier(dossier.with_session(without)))


def set_aside(state: State, dossier_id: UUID, session_id: UUID) -> Outcome:
    """The written opinions of the session count for nothing: a meeting was called over the dossier (article 7.6.d)."""
    found = _session(state, dossier_id, session_id)
    if not isinstance(found, tuple):
        return found or Applied(state)
    dossier, session = found
    if session.status != "open":
        return Applied(state)
    return Applied(state.with_dossier(dossier.with_session(replace(session, status="unused", sheets=()))))


def close(state: State, closed: Closed, book: Rulebook) -> Outcome:
    """The session is judged: void, or its stage concluded with a score or struck out (articles 3.3, 7.3.d, 7.4.d).

    It is unused where the dossier is over or another session has scored its stage.
    """
    found = _session(state, closed.dossier_id, closed.session_id)
    if not isinstance(found, tuple):
        return found or Applied(state)
    dossier, session = found
    if dossier.corrections < closed.corrections:
        return Held(f"correction:{closed.corrections}")
    dossier = replace(dossier, closings=dossier.closings + 1)
    if session.status != "open":
        return Applied(state.with_dossier(dossier))
    if dossier.unanswered:
        return Held(f"correction:{dossier.unanswered[0]}")
    return _close(state, dossier, session, closed.closing, book)


def _close(state: State, dossier: Dossier, session: Session, closing: Closing, book: Rulebook) -> Outcome:
    stage = dossier.stage(session.level)
    if not dossier.over and (stage is None or stage.taken_back):
        return Held(f"stage:{session.level}")
    if dossier.over or stage is None or stage.concluded:
        return Applied(state.with_dossier(dossier.with_session(replace(session, status="unused", sheets=()))))
    criteria_set = book.sets[dossier.criteria_set]
    if closing.agreed is not None and (fault := _fault(criteria_set, closing.agreed, complete=False)) is not None:
        return fault
    finding = judge(dossier, session, closing, stage, book)
    if isinstance(finding, Voided):
        void = replace(session, status="voided", sheets=(), closing=closing)
        return Applied(state.with_dossier(dossier.with_session(void)), (finding,))
    scored = replace(session, status="scored", closing=closing, attempt=stage.attempt)
    return Applied(state.with_dossier(dossier.with_session(scored).with_stage(finding.stage)), (finding,))


def judge(dossier: Dossier, session: Session, closing: Closing, stage: Stage, book: Rulebook) -> Scored | Voided:
    """What a session came to by its closing; the same values and rulebook always give the same finding."""
    there = _there(session, closing, book)
    sheets = _sheets_of(session, there)
    cause = _cause(session.by_law, closing, there, len(sheets))
    if cause is not None:
        return _void(dossier, session, closing, stage, book, there, cause)
    criteria_set = book.sets[dossier.criteria_set]
    struck_out = closing.struck_out is not None
    result = None if struck_out else score_given(criteria_set, book.regime.bands, sheets, closing.agreed)
    return Scored(
        dossier_id=dossier.dossier_id,
        stage=replace(stage, concluded=True),
        session_id=session.session_id,
        closed_on=closing.closed_on,
        sheets=len(sheets),
        score=result,
        struck_out=closing.struck_out,
        articles=(criteria_set.article,) if result is None else result.articles,
        apart=closing.apart,
        chair_document=closing.chair_document,
        supplements=closing.supplements,
    )


def counted_sheets(session: Session, book: Rulebook) -> tuple[bytes, ...]:
    """The positions given on the sheets that count towards a session that has closed; none before."""
    return () if session.closing is None else _sheets_of(session, _there(session, session.closing, book))


def _there(session: Session, closing: Closing, book: Rulebook) -> Attendance:
    by_law = book.regime.by_law
    return attendance(session.members, session.by_law, by_law, closing.present, chaired_by=closing.chaired_by)


def _sheets_of(session: Session, there: Attendance) -> tuple[bytes, ...]:
    return tuple(sheet.given() for sheet in session.sheets if sheet.member_id in there.present)


def _session(state: State, dossier_id: UUID, session_id: UUID) -> tuple[Dossier, Session] | Held | None:
    """The current dossier and its session; None for a dossier before it; Held while either has not come yet."""
    dossier = locate(state, dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier
    session = dossier.session(session_id)
    if session is None:
        return Held(f"session:{session_id}")
    return dossier, session


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


def _fault(criteria_set: CriteriaSet, options: Mapping[str, int], *, complete: bool) -> DeadLettered | None:
    """What is wrong with options, by code alone: a dead letter shows nothing of a sheet."""
    faults = check_options(criteria_set, options, complete=complete)
    if not faults:
        return None
    codes = sorted({fault.code.value for fault in faults})
    return DeadLettered(Reason.BODY_INVALID, f"options: {', '.join(codes)}")
