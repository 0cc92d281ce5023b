"""A dossier comes in, and its stages open one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.promotion.domain.announcements import Announcement, StageOpened, TaskClosed, TaskOpened, basis
from services.promotion.domain.certificates import renewal_filed
from services.promotion.domain.clocks import Law, stage_due
from services.promotion.domain.facts import Filed
from services.promotion.domain.rounds import missed_by, round_of
from services.promotion.domain.standing import LASTING, Dossier, Past, Stage, Standing, unit_of
from services.promotion.domain.transitions import Phase
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.model import Regime, Rung

Outcome = Applied[Standing, Announcement] | Held


def file(standing: Standing, filed: Filed, law: Law) -> Outcome:
    """The dossier stands on the ladder's first rung; it waits until the one before it is over (articles 7.1, 7.2)."""
    before = standing.dossier
    if before is not None and not before.over:
        return Held("dossier-over")
    first = law.regime.ladder.first
    new = Dossier(
        dossier_id=filed.dossier_id,
        unit=filed.unit,
        kind=filed.kind,
        pin=filed.pin,
        phase=Phase.OPEN,
        stage=new_stage(law, first, filed.kind, 1, filed.filed_on),
        filed_on=filed.filed_on,
    )
    dossier, task = asked(new)
    past = standing.past if before is None else (*standing.past, Past(before.dossier_id, before.pin))
    standing, extended = renewal_filed(standing, filed, law.regime)
    after = replace(standing, dossier=dossier, past=past)
    done = () if before is None else close_tasks(before, filed.filed_on, over=True)
    return Applied(after, (*done, opened(law.regime, dossier, first), *task, *extended))


def close_tasks(dossier: Dossier, day: date, *, over: bool = False) -> tuple[TaskClosed, ...]:
    """The announcements that the dossier's open tasks were done; those that last are, when the dossier is over."""
    done = [task for task in dossier.tasks if task not in LASTING]
    return tuple(TaskClosed(dossier.dossier_id, task, day) for task in (*done, *(dossier.lasting if over else ())))


def new_stage(law: Law, rung: Rung, kind: str, attempt: int, opened_on: date) -> Stage:
    """A stage on a rung, with the last day the act allows it, or what is missing to count it."""
    due = stage_due(law, rung, kind, opened_on)
    return Stage(rung.level, attempt, opened_on, due.day, due.article, uncounted=due.uncounted)


def asked(dossier: Dossier, since: date | None = None) -> tuple[Dossier, tuple[TaskOpened, ...]]:
    """The dossier of a new stage, with a task where its last day cannot be counted, yet or (`since`) any more."""
    stage = dossier.stage
    if stage.uncounted is None:
        return dossier, ()
    task = TaskOpened(
        dossier_id=dossier.dossier_id,
        task="due_day_unknown",
        unit=unit_of(stage.level, dossier.unit),
        opened_on=since or stage.opened_on,
        total=None,
        stars=None,
        basis=basis(dossier.pin, stage.due_article),
        missing_year=stage.uncounted.year,
    )
    return replace(dossier, tasks=(*dossier.tasks, "due_day_unknown")), (task,)


def opened(regime: Regime, dossier: Dossier, rung: Rung, *, requested: bool = False) -> StageOpened:
    """The announcement of the dossier's stage, and of its round; only what was `requested` that day can be late."""
    stage = dossier.stage
    days = (regime, rung, dossier.kind, stage.opened_on)
    return StageOpened(
        dossier_id=dossier.dossier_id,
        level=stage.level,
        attempt=stage.attempt,
        opened_on=stage.opened_on,
        due_on=stage.due_on,
        basis=basis(dossier.pin, rung.article, stage.due_article),
        round=round_of(*days),
        missed=missed_by(*days) if requested else None,
    )
