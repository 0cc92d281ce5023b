"""What was said before and counts no more: a session or a decision annulled, a dossier taken back.

A correction stands on another topic than the closings before it, and what follows from it comes back on a third. So it
waits for those closings, and no session closes between a correction and promotion's answer to it.
"""

from __future__ import annotations

from dataclasses import replace

from services.evaluation.domain.dossier import Dossier, Session, Stage, State, locate
from services.evaluation.domain.facts import Answered, Correction, Finding, Noted
from shared.kernel.outcomes import Applied, Held

Outcome = Applied[State, Finding] | Held


def correct(state: State, correction: Correction) -> Outcome:
    """The correction is noted behind everything found before it; the score of an annulled session counts no more."""
    dossier = locate(state, correction.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    if dossier.closings < correction.closings:
        return Held(f"closing:{correction.closings}")
    if dossier.unanswered:
        return Held(f"correction:{dossier.unanswered[0]}")
    if correction.session_id is not None:
        return _annul(state, dossier, correction)
    if correction.decision_id is not None:
        unanswered = (*dossier.deferred, correction.correction_id)
        return _noted(state, replace(dossier, unanswered=unanswered, deferred=()), correction)
    return _noted(state, replace(dossier, over=True), correction)


def answer(state: State, answered: Answered) -> Outcome:
    """Sessions may close again; stages that rested on what was annulled, and sessions called over them, are no more.

    It waits until the correction itself was noted, so that a replay, which meets the answer early, finds the same.
    """
    dossier = locate(state, answered.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    if answered.correction_id not in dossier.unanswered:
        return Held(f"correction:{answered.correction_id}")
    for stage in answered.ended:
        dossier = _ended(dossier, stage)
    unanswered = tuple(other for other in dossier.unanswered if other != answered.correction_id)
    deferred = (*dossier.deferred, answered.correction_id) if answered.deferred else dossier.deferred
    over = dossier.over and not answered.reopened
    return Applied(state.with_dossier(replace(dossier, unanswered=unanswered, deferred=deferred, over=over)))


def _annul(state: State, dossier: Dossier, correction: Correction) -> Outcome:
    session = next((one for one in dossier.sessions if one.session_id == correction.session_id), None)
    if session is None:
        return Held(f"session:{correction.session_id}")
    annulled = dossier.with_session(replace(session, status="annulled", sheets=()))
    stage = _scored_stage(dossier, session)
    if stage is None:
        return _noted(state, annulled, correction)
    taken_back = annulled.with_stage(replace(stage, taken_back=True))
    return _noted(state, replace(taken_back, unanswered=(correction.correction_id,)), correction, stage)


def _noted(state: State, dossier: Dossier, correction: Correction, stage: Stage | None = None) -> Outcome:
    pauses = stage is not None or correction.session_id is None
    noted = Noted(dossier.dossier_id, correction.correction_id, stage, pauses)
    return Applied(state.with_dossier(replace(dossier, corrections=dossier.corrections + 1)), (noted,))


def _scored_stage(dossier: Dossier, session: Session) -> Stage | None:
    """The stage that the session scored, or None."""
    if session.status != "scored":
        return None
    at = (session.level, session.attempt or 1)
    return next((stage for stage in dossier.stages if (stage.level, stage.attempt) == at), None)


def _ended(dossier: Dossier, ended: Stage) -> Dossier:
    known = next((one for one in dossier.stages if (one.level, one.attempt) == (ended.level, ended.attempt)), ended)
    sessions = tuple(
        replace(session, status="unused", sheets=())
        if (session.status, session.level) == ("open", ended.level)
        else session
        for session in dossier.sessions
    )
    return replace(dossier.with_stage(replace(known, taken_back=True)), sessions=sessions)
