"""What a day brings: a stage overdue, what it brings a certificate, a due day counted now, old rules at an end.

It decides nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from services.promotion.domain import certificates
from services.promotion.domain.announcements import Announcement, TaskClosed, TaskOpened, basis
from services.promotion.domain.certificates import RegimeOf
from services.promotion.domain.clocks import Uncounted, counted
from services.promotion.domain.standing import Dossier, Standing, unit_of
from services.promotion.domain.transitions import Phase
from shared.kernel.outcomes import Applied
from shared.rulebooks.calendar.days import Editions
from shared.rulebooks.model import OldRules, Rulebooks

_DAY = timedelta(days=1)


def due_on(rulebooks: Rulebooks, regime_of: RegimeOf, standing: Standing) -> date | None:
    """The first day on which `open_day` may have something to say, or None: the day after the last day in time.

    While a due day cannot be counted, every day may be the one on which it can: what is announced next is not known.
    """
    last_days = []
    if standing.dossier is not None and (last_day := _watched(standing.dossier)) is not None:
        last_days.append(last_day)
    if standing.dossier is not None and _uncounted(standing.dossier) is not None:
        last_days.append(standing.dossier.stage.opened_on)
    if standing.dossier is not None and (rules := _old_rules(standing.dossier, rulebooks)) is not None:
        last_days.append(rules.finish_by)
    days = [last_day + _DAY for last_day in last_days]
    if (of_certificate := certificates.due_on(standing, regime_of)) is not None:
        days.append(of_certificate)
    return min(days, default=None)


def open_day(
    standing: Standing, day: date, editions: Editions, rulebooks: Rulebooks, regime_of: RegimeOf
) -> Applied[Standing, Announcement]:
    """What the day brings the certificate, and a task for a stage overdue on this day; each is told once.

    A stage whose working days have been announced by this day has its due day, and its task is done. A dossier not
    over by the day that a later act sets for its old rules has a task (26/2026, 12.2).
    """
    standing, told = certificates.day_opened(standing, day, regime_of)
    announced: list[Announcement] = [*told]
    dossier, done = _counted(standing.dossier, day, editions)
    announced += done
    last_day = None if dossier is None else _watched(dossier)
    if dossier is not None and last_day is not None and last_day < day:
        announced.append(_overdue(dossier, last_day))
        dossier = replace(dossier, tasks=(*dossier.tasks, "stage_overdue"))
    rules = None if dossier is None else _old_rules(dossier, rulebooks)
    if dossier is not None and rules is not None and rules.finish_by < day:
        announced.append(_old_rules_ended(dossier, rules))
        dossier = replace(dossier, tasks=(*dossier.tasks, "old_rules_ended"))
    return Applied(replace(standing, dossier=dossier), tuple(announced))


def _watched(dossier: Dossier) -> date | None:
    """The last day of a stage that is open, whose clock runs, and that was not yet told to be overdue."""
    runs = dossier.phase is Phase.OPEN and not dossier.stage.stopped
    return dossier.stage.due_on if runs and "stage_overdue" not in dossier.tasks else None


def _uncounted(dossier: Dossier) -> Uncounted | None:
    return dossier.stage.uncounted if dossier.phase is Phase.OPEN else None


def _counted(dossier: Dossier | None, day: date, editions: Editions) -> tuple[Dossier | None, tuple[TaskClosed, ...]]:
    """The dossier with the due day of its stage, and its task closed, where that can be counted on this day."""
    if dossier is None or (uncounted := _uncounted(dossier)) is None:
        return dossier, ()
    stage = dossier.stage
    found = counted(uncounted, stage.opened_on, editions, day, stage.stood_still)
    if found is None:
        return dossier, ()
    last, since = found
    tasks = tuple(task for task in dossier.tasks if task != "due_day_unknown")
    dated = replace(dossier, stage=replace(stage, due_on=last, uncounted=None), tasks=tasks)
    return dated, (TaskClosed(dossier.dossier_id, "due_day_unknown", since),)


def _old_rules(dossier: Dossier, rulebooks: Rulebooks) -> OldRules | None:
    """The rule by which the dossier must be finished under its own act, while it is not and that was not told."""
    if dossier.over or dossier.filed_on is None or "old_rules_ended" in dossier.tasks:
        return None
    return rulebooks.old_rules_for(dossier.pin.regime, dossier.filed_on, dossier.kind)


def _overdue(dossier: Dossier, last_day: date) -> TaskOpened:
    return TaskOpened(
        dossier_id=dossier.dossier_id,
        task="stage_overdue",
        unit=unit_of(dossier.stage.level, dossier.unit),
        opened_on=last_day + _DAY,
        total=None,
        stars=None,
        basis=basis(dossier.pin, dossier.stage.due_article),
    )


def _old_rules_ended(dossier: Dossier, rules: OldRules) -> TaskOpened:
    """The task is the province's, whoever has the word: what follows is not in the act, and the dossier is its own."""
    return TaskOpened(
        dossier_id=dossier.dossier_id,
        task="old_rules_ended",
        unit=dossier.unit,
        opened_on=rules.finish_by + _DAY,
        total=None,
        stars=None,
        basis=basis(dossier.pin, f"{rules.act}, {rules.article}"),
        old_rules=rules,
    )
