"""A dossier comes in, and its stages open one after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.promotion.domain.announcements import Announcement, StageOpened, TaskClosed, basis
from services.promotion.domain.clocks import stage_due
from services.promotion.domain.facts import Filed
from services.promotion.domain.standing import Dossier, Past, Stage, Standing
from services.promotion.domain.transitions import Phase
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.model import Regime, Rung

Outcome = Applied[Standing, Announcement] | Held


def file(standing: Standing, filed: Filed, regime: Regime) -> Outcome:
    """The dossier stands on the ladder's first rung; it waits until the one before it is over (articles 7.1, 7.2)."""
    before = standing.dossier
    if before is not None and not before.over:
        return Held("dossier-over")
    stage = new_stage(regime, regime.ladder.first, filed.kind, 1, filed.filed_on)
    dossier = Dossier(
        dossier_id=filed.dossier_id,
        unit=filed.unit,
        kind=filed.kind,
        pin=filed.pin,
        phase=Phase.OPEN,
        stage=stage,
    )
    past = standing.past if before is None else (*standing.past, Past(before.dossier_id, before.pin))
    after = replace(standing, dossier=dossier, past=past)
    done = () if before is None else close_tasks(before, filed.filed_on)
    return Applied(after, (*done, opened(dossier, regime.ladder.first)))


def close_tasks(dossier: Dossier, day: date) -> tuple[TaskClosed, ...]:
    """The announcements that the dossier's open tasks were done."""
    return tuple(TaskClosed(dossier.dossier_id, task, day) for task in dossier.tasks)


def new_stage(regime: Regime, rung: Rung, kind: str, attempt: int, opened_on: date) -> Stage:
    """A stage on a rung, with the last day the act allows it."""
    due = stage_due(regime, rung, kind, opened_on)
    return Stage(rung.level, attempt, opened_on, due.day, due.article)


def opened(dossier: Dossier, rung: Rung) -> StageOpened:
    """The announcement of the dossier's stage."""
    stage = dossier.stage
    return StageOpened(
        dossier_id=dossier.dossier_id,
        level=stage.level,
        attempt=stage.attempt,
        opened_on=stage.opened_on,
        due_on=stage.due_on,
        basis=basis(dossier.pin, rung.article, stage.due_article),
    )
