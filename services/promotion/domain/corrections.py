"""What was decided or scored and counts no more, and how far what rested on it falls with it.

The act knows that an evaluation is done again and a recognition withdrawn (article 10.1.b); how is not in the act. The
default: nothing final falls by itself. Where a recognition or an end rests on what is annulled, its authority has the
task to annul that decision first; the correction waits for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.promotion.domain.announcements import (
    Announcement,
    CorrectionDeferred,
    CorrectionDismissed,
    DecisionAnnulled,
    DossierWithdrawn,
    SessionAnnulled,
    TaskOpened,
    basis,
)
from services.promotion.domain.certificates import close_withdrawal, not_renewed, restored
from services.promotion.domain.clocks import Law
from services.promotion.domain.facts import Withdrawn
from services.promotion.domain.filing import asked, close_tasks, new_stage, opened
from services.promotion.domain.results import decide_task, handed_back, move, rung_of
from services.promotion.domain.standing import (
    Certificate,
    Correction,
    Decision,
    Dossier,
    Note,
    Place,
    Stage,
    Standing,
    unit_of,
)
from services.promotion.domain.transitions import Phase, Step
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.model import Regime

CORRECTION_ARTICLE: Final = "10.1.b"
"""The article that speaks of doing an evaluation again and of withdrawing a recognition."""

Outcome = Applied[Standing, Announcement] | Held
Effect = tuple[Standing, tuple[Announcement, ...]]


def note(standing: Standing, noted: Note) -> Outcome:
    """The correction may be applied as soon as registration tells of it here: every finding before it has come."""
    return Applied(replace(standing, notes=(*standing.notes, noted)))


def correct(standing: Standing, correction: Correction, law: Law) -> Outcome:
    """What was annulled, and what rested on it, is taken back; or it waits for the final decision that rests on it."""
    found = _noted(standing, correction)
    if not isinstance(found, Note):
        return found
    if correction.decision_id is None and found.scored is None:
        return Applied(_without(standing, found))
    after, announced = _apply(_without(standing, found), replace(correction, scored=found.scored), law)
    return Applied(after, announced)


def withdraw(standing: Standing, withdrawn: Withdrawn) -> Outcome:
    """The dossier is over and its tasks are done; one that is over already stays as it is."""
    found = _noted(standing, withdrawn)
    if not isinstance(found, Note):
        return found
    standing, dossier = _without(standing, found), _current(standing)
    if dossier.over:
        return Applied(standing)
    told = DossierWithdrawn(
        dossier_id=dossier.dossier_id,
        correction_id=withdrawn.correction_id,
        withdrawn_on=withdrawn.withdrawn_on,
        reason=withdrawn.reason,
        basis=basis(dossier.pin),
    )
    moved = replace(move(dossier, Step.WITHDRAW), alarms=())
    standing, over = not_renewed(standing, dossier.dossier_id, withdrawn.withdrawn_on)
    return Applied(
        standing.with_dossier(moved), (told, *over, *close_tasks(dossier, withdrawn.withdrawn_on, over=True))
    )


def _noted(standing: Standing, fact: Correction | Withdrawn) -> Note | Outcome:
    """Evaluation's note on the correction; else what becomes of it."""
    if any(past.dossier_id == fact.dossier_id for past in standing.past):
        return Applied(standing)
    if standing.dossier is None or standing.dossier.dossier_id != fact.dossier_id:
        return Held(f"dossier:{fact.dossier_id}")
    found = next((note for note in standing.notes if note.correction_id == fact.correction_id), None)
    return found or Held(f"correction:{fact.correction_id}")


def _without(standing: Standing, noted: Note) -> Standing:
    return replace(standing, notes=tuple(note for note in standing.notes if note != noted))


def _apply(standing: Standing, correction: Correction, law: Law) -> Effect:
    """The correction's effect; an annulled decision has every correction that waited answered again."""
    if correction.decision_id is None:
        return _annul_score(standing, correction, law)
    waited = _current(standing).deferred
    alone = standing.with_dossier(replace(_current(standing), deferred=()))
    after, announced = _annul_decision(alone, correction, law)
    for waiting in waited:
        annul = _annul_score if waiting.decision_id is None else _annul_decision
        after, more = annul(after, waiting, law)
        announced = (*announced, *more)
    return after, announced


def _annul_decision(standing: Standing, correction: Correction, law: Law) -> Effect:
    dossier = _current(standing)
    ids = [decision.decision_id for decision in dossier.decisions]
    place = None
    if correction.decision_id in ids:
        at = ids.index(correction.decision_id)
        decision, later = dossier.decisions[at], dossier.decisions[at + 1 :]
        place = decision.place
    if place is None:
        return _dismiss(standing, correction)
    if resting := [other for other in later if other.final]:
        return _defer(standing, correction, resting[-1])
    return _undo(standing, correction, decision, place, law.regime)


def _undo(standing: Standing, correction: Correction, decision: Decision, place: Place, regime: Regime) -> Effect:
    """The dossier stands where it stood before the decision."""
    dossier = _current(standing)
    certificate = _certificate_of(standing, decision)
    ended = _ended(dossier, place.stage)
    standing = replace(standing, certificates=_annulled(standing.certificates, certificate))
    standing, restored_id = restored(standing, dossier.dossier_id) if decision.final else (standing, None)
    told = DecisionAnnulled(
        dossier_id=dossier.dossier_id,
        correction_id=correction.correction_id,
        decision_id=decision.decision_id,
        decision_number=decision.number,
        annulled_on=correction.annulled_on,
        document_number=correction.document_number,
        reason=correction.reason,
        certificate_id=None if certificate is None else certificate.certificate_id,
        stage=place.stage,
        ended=ended,
        restored_id=restored_id,
        basis=basis(dossier.pin, CORRECTION_ARTICLE),
    )
    back = replace(
        _taken_back(dossier, place.stage, place.results, ended),
        phase=place.phase,
        decisions=dossier.decisions[: dossier.decisions.index(decision)],
    )
    back, task = _with_task(back, regime)
    left = () if certificate is None else close_withdrawal(certificate, correction.annulled_on)
    done = close_tasks(dossier, correction.annulled_on)
    return standing.with_dossier(back), (told, *left, *done, *task)


def _annul_score(standing: Standing, correction: Correction, law: Law) -> Effect:
    """The stage opens again with another attempt; approvals and stages that rested on its score fall with it."""
    dossier = _current(standing)
    scored = [(result.level, result.attempt) for result in dossier.results]
    if correction.scored is None or correction.scored not in scored:
        return _dismiss(standing, correction)
    before = scored.index(correction.scored)
    resting = [one for one in dossier.decisions if one.place is None or one.place.results > before]
    if final := [one for one in resting if one.final]:
        return _defer(standing, correction, final[-1])
    level, attempt = correction.scored
    rung = rung_of(law.regime, level)
    stage = new_stage(law, rung, dossier.kind, dossier.next_attempt(level), correction.annulled_on)
    ended = () if dossier.stage.level == level else (dossier.stage,)
    told = SessionAnnulled(
        dossier_id=dossier.dossier_id,
        correction_id=correction.correction_id,
        level=level,
        attempt=attempt,
        annulled_on=correction.annulled_on,
        document_number=correction.document_number,
        reason=correction.reason,
        ended=ended,
        forwarding_number=resting[-1].number if ended and resting else None,
        basis=basis(dossier.pin, CORRECTION_ARTICLE),
    )
    kept = tuple(one for one in dossier.decisions if one not in resting)
    moved, task = asked(replace(_taken_back(dossier, stage, before, ended), phase=Phase.OPEN, decisions=kept))
    done = close_tasks(dossier, correction.annulled_on)
    return standing.with_dossier(moved), (told, *done, opened(law.regime, moved, rung), *task)


def _taken_back(dossier: Dossier, stage: Stage, results: int, ended: tuple[Stage, ...]) -> Dossier:
    """The dossier at another stage, with so many of its results, its tasks done, the numbers of attempts remembered."""
    dropped = tuple((result.level, result.attempt) for result in dossier.results[results:])
    gone = (*dropped, *((one.level, one.attempt) for one in ended))
    return replace(
        dossier,
        stage=stage,
        results=dossier.results[:results],
        tasks=dossier.lasting,
        alarms=(),
        attempts=tuple(dict.fromkeys((*dossier.attempts, *gone))),
    )


def _with_task(dossier: Dossier, regime: Regime) -> tuple[Dossier, tuple[TaskOpened, ...]]:
    """A dossier that was handed back is the level's below to decide on again."""
    if dossier.phase is not Phase.HANDED_BACK or dossier.result is None:
        return dossier, ()
    return decide_task(dossier, handed_back(regime, dossier.result), dossier.result)


def _defer(standing: Standing, correction: Correction, final: Decision) -> Effect:
    """The authority of the final decision must annul it first."""
    dossier = _current(standing)
    waiting = replace(dossier, deferred=(*dossier.deferred, correction))
    deferred = CorrectionDeferred(
        dossier_id=dossier.dossier_id,
        correction_id=correction.correction_id,
        decision_id=final.decision_id,
        decision_number=final.number,
        basis=basis(dossier.pin, CORRECTION_ARTICLE),
    )
    if "annul_decision" in dossier.tasks:
        return standing.with_dossier(waiting), (deferred,)
    task = TaskOpened(
        dossier_id=dossier.dossier_id,
        task="annul_decision",
        unit=unit_of(final.level, dossier.unit),
        opened_on=correction.annulled_on,
        total=None,
        stars=final.stars,
        basis=basis(dossier.pin, CORRECTION_ARTICLE),
    )
    return standing.with_dossier(replace(waiting, tasks=(*dossier.tasks, "annul_decision"))), (deferred, task)


def _dismiss(standing: Standing, correction: Correction) -> Effect:
    """Nothing rested on what is annulled; where it was held as a contradiction, its alarm is answered."""
    dossier = _current(standing)
    alarms = tuple(alarm for alarm in dossier.alarms if alarm.decision_id != correction.decision_id)
    dismissed = CorrectionDismissed(dossier.dossier_id, correction.correction_id)
    return standing.with_dossier(replace(dossier, alarms=alarms)), (dismissed,)


def _ended(dossier: Dossier, stage: Stage) -> tuple[Stage, ...]:
    """The dossier's stage, if it is another than this one."""
    same = (dossier.stage.level, dossier.stage.attempt) == (stage.level, stage.attempt)
    return () if same else (dossier.stage,)


def _certificate_of(standing: Standing, decision: Decision) -> Certificate | None:
    if decision.kind != "recognise":
        return None
    mine = [one for one in standing.certificates if one.dossier_id == _current(standing).dossier_id]
    return next((one for one in reversed(mine) if not one.annulled), None)


def _annulled(certificates: tuple[Certificate, ...], certificate: Certificate | None) -> tuple[Certificate, ...]:
    return tuple(replace(one, annulled=True, violation=None) if one == certificate else one for one in certificates)


def _current(standing: Standing) -> Dossier:
    if standing.dossier is None:
        raise LookupError("the product has no dossier")
    return standing.dossier
