"""What evaluation found, and what follows from it before any authority has spoken."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.promotion.domain.announcements import (
    Announcement,
    DossierReturned,
    ProductEligible,
    TaskOpened,
    basis,
)
from services.promotion.domain.certificates import not_renewed
from services.promotion.domain.clocks import Law
from services.promotion.domain.facts import Concluded, Scored, Voided
from services.promotion.domain.filing import asked, close_tasks, new_stage, opened
from services.promotion.domain.standing import CENTRAL, Dossier, Result, Standing, TaskKind, unit_of
from services.promotion.domain.transitions import OVER, Phase, Step, after
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.model import HandBack, Regime, Rung

Outcome = Applied[Standing, Announcement] | Held


def conclude(standing: Standing, concluded: Concluded, law: Law) -> Outcome:
    """The commune asked for evaluation, and the next stage is open; or it returned the dossier, which is over (7.2)."""
    dossier = _at_stage(standing, concluded.dossier_id, concluded.level, concluded.attempt, concluded.supplements)
    if isinstance(dossier, Held):
        return dossier
    rung = rung_of(law.regime, concluded.level)
    done = close_tasks(dossier, concluded.assessed_on, over=concluded.outcome == "returned")
    if concluded.outcome == "returned":
        returned = DossierReturned(
            dossier_id=dossier.dossier_id,
            returned_on=concluded.assessed_on,
            reason=concluded.reason,
            basis=basis(dossier.pin, rung.article),
        )
        standing, over = not_renewed(standing, dossier.dossier_id, concluded.assessed_on)
        return Applied(standing.with_dossier(move(dossier, Step.RETURN)), (returned, *over, *done))
    above = law.regime.ladder.after(concluded.level)
    if above is None:
        raise LookupError(f"regime {law.regime.id} has no level above {concluded.level}")
    stage = new_stage(law, above, dossier.kind, 1, concluded.assessed_on)
    moved, task = asked(replace(move(dossier, Step.REQUEST_EVALUATION), stage=stage))
    told = opened(law.regime, moved, above, requested=True)
    return Applied(standing.with_dossier(moved), (told, *done, *task))


def score(standing: Standing, scored: Scored, regime: Regime) -> Outcome:
    """The result is kept: the level's authority has the word, or the level that sent the dossier up (7.3.e, 7.4.g)."""
    dossier = _at_stage(standing, scored.dossier_id, scored.level, scored.attempt, scored.supplements)
    if isinstance(dossier, Held):
        return dossier
    result = Result(scored.level, scored.attempt, scored.total, scored.stars, scored.closed_on)
    rung = rung_of(regime, scored.level)
    back = handed_back(regime, result)
    moved = move(dossier, Step.SCORE if back is None else Step.HAND_BACK)
    moved, task = decide_task(replace(moved, results=(*dossier.results, result)), back, result)
    follows = _eligible(moved, rung, result) if back is None else task
    return Applied(standing.with_dossier(moved), (*follows, *close_tasks(dossier, scored.closed_on)))


def void(standing: Standing, voided: Voided) -> Outcome:
    """The stage stays open and is called again; only the count of void sessions grows."""
    dossier = _at_stage(standing, voided.dossier_id, voided.level, voided.attempt)
    if isinstance(dossier, Held):
        return dossier
    stage = replace(dossier.stage, voided=dossier.stage.voided + 1)
    return Applied(standing.with_dossier(replace(dossier, stage=stage)))


def handed_back(regime: Regime, result: Result) -> HandBack | None:
    """The rule by which a level below decides on this result, or None; a dossier struck out is always handed back.

    Where the level below would hand such a result back itself, it is decided on below that.
    """
    back, level = None, result.level
    while (rule := rung_of(regime, level).hand_back) is not None and _holds(rule, result):
        back, level = rule, rule.to
    return back


def _holds(rule: HandBack, result: Result) -> bool:
    return result.total is None or result.stars is None or rule.holds(result.total, result.stars)


def move(dossier: Dossier, step: Step) -> Dossier:
    """The dossier in the phase that the step leads to, with the tasks of the phase before done."""
    phase = after(dossier.phase, step)
    if phase is None:
        raise ValueError(f"{step} is not open in phase {dossier.phase}")
    return replace(dossier, phase=phase, tasks=() if phase in OVER else dossier.lasting)


def rung_of(regime: Regime, level: str) -> Rung:
    """The rung of a level; raises `LookupError` where the regime does not know the level."""
    rung = regime.ladder.rung(level)
    if rung is None:
        raise LookupError(f"regime {regime.id} has no level {level}")
    return rung


def _at_stage(standing: Standing, dossier_id: UUID, level: str, attempt: int, supplements: int = 0) -> Dossier | Held:
    """The dossier while that stage is open; Held until it is. A finding comes once, after its stage has opened.

    It waits for so many facts about supplements, so that whatever came before it is known here before it.
    """
    dossier = standing.dossier
    if dossier is None or dossier.dossier_id != dossier_id:
        return Held(f"dossier:{dossier_id}")
    if dossier.phase is not Phase.OPEN or (dossier.stage.level, dossier.stage.attempt) != (level, attempt):
        return Held(f"stage:{level}")
    return dossier if dossier.supplements >= supplements else Held(f"supplement:{supplements}")


def _eligible(dossier: Dossier, rung: Rung, result: Result) -> tuple[ProductEligible, ...]:
    if result.total is None or result.stars is None:
        return ()
    forward = rung.forward(result.total, result.stars)
    if forward is None:
        return ()
    grounds = basis(dossier.pin, forward.article or rung.article)
    return (ProductEligible(dossier.dossier_id, forward.to, result.total, result.stars, grounds),)


def decide_task(dossier: Dossier, back: HandBack | None, result: Result) -> tuple[Dossier, tuple[TaskOpened, ...]]:
    """The dossier with the task to decide on this result, for the level it is handed back to (article 7.4.g)."""
    if back is None:
        return dossier, ()
    task: TaskKind = "decide_on_central_result" if result.level == CENTRAL else "decide_on_result_above"
    opened = TaskOpened(
        dossier_id=dossier.dossier_id,
        task=task,
        unit=unit_of(back.to, dossier.unit),
        opened_on=result.closed_on,
        total=result.total,
        stars=result.stars,
        basis=basis(dossier.pin, back.article),
    )
    return replace(dossier, tasks=(*dossier.tasks, task)), (opened,)
