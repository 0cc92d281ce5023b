"""A stage that waits for its producer to complete the dossier (articles 7.2, 7.3.a and 7.4).

Days of waiting do not count for the office where `supplements.pauses` names its clock, which is not in the act. A limit
that has run out before is not brought back by asking. The last day is counted anew when the wait ends, by the working
days known on that day; a round ends on its day whoever is waited for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.promotion.domain.announcements import Announcement, SupplementAsked, SupplementEnded, TaskClosed, basis
from services.promotion.domain.clocks import Law, Uncounted, clock_name, last_day_waiting
from services.promotion.domain.facts import SupplementAsked as Asked
from services.promotion.domain.facts import SupplementEnded as Ended
from services.promotion.domain.filing import asked as with_task
from services.promotion.domain.results import rung_of
from services.promotion.domain.standing import Dossier, Standing, Wait, unit_of
from services.promotion.domain.transitions import Phase
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.calendar.days import YearNotPublished
from shared.rulebooks.model import Clock

Outcome = Applied[Standing, Announcement] | Held


def ask(standing: Standing, asked: Asked, law: Law) -> Outcome:
    """The stage waits; a task for its being overdue is done, where it was not by the day of asking.

    Held while another stage has no result; nothing follows where that has not opened the stage of the level.
    """
    dossier = _counting(standing, asked)
    if not isinstance(dossier, Dossier):
        return dossier
    stage = dossier.stage
    if dossier.phase is Phase.OPEN and stage.level != asked.level and not standing.paused:
        return Held(f"stage:{asked.level}")
    if dossier.phase is not Phase.OPEN or stage.level != asked.level:
        return Applied(standing.with_dossier(dossier))
    since = max(asked.asked_on, stage.opened_on)
    clock = _pausing(dossier, law)
    stops = clock is not None and (stage.due_on is None or since <= stage.due_on)
    waiting = replace(stage, waits=(*stage.waits, Wait(asked.supplement_id, since, stops)))
    told = SupplementAsked(
        dossier_id=dossier.dossier_id,
        supplement_id=asked.supplement_id,
        level=stage.level,
        attempt=stage.attempt,
        unit=unit_of(stage.level, dossier.unit),
        asked_on=asked.asked_on,
        document_number=asked.document_number,
        missing=asked.missing,
        clock_stopped=stops,
        basis=basis(dossier.pin, law.regime.supplements.articles.get(stage.level)),
    )
    overdue = stops and "stage_overdue" in dossier.tasks
    done = (TaskClosed(dossier.dossier_id, "stage_overdue", since),) if overdue else ()
    tasks = tuple(task for task in dossier.tasks if not (overdue and task == "stage_overdue"))
    return Applied(standing.with_dossier(replace(dossier, stage=waiting, tasks=tasks)), (told, *done))


def end(standing: Standing, ended: Ended, law: Law) -> Outcome:
    """The stage waits no longer; where its clock stood still its last day moves by the days waited."""
    dossier = _counting(standing, ended)
    if not isinstance(dossier, Dossier):
        return dossier
    stage, waiting = dossier.stage, dossier.stage.waiting
    if waiting is None or waiting.supplement_id != ended.supplement_id:
        return Applied(standing.with_dossier(dossier))
    until = max(ended.ended_on, waiting.since)
    waits = (*stage.waits[:-1], replace(waiting, until=until))
    dossier = replace(dossier, stage=replace(stage, waits=waits))
    dossier, task = _resumed(dossier, law, until) if waiting.stops else (dossier, ())
    told = SupplementEnded(
        dossier_id=dossier.dossier_id,
        supplement_id=ended.supplement_id,
        level=stage.level,
        attempt=stage.attempt,
        ended_on=ended.ended_on,
        cause=ended.cause,
        due_on=dossier.stage.due_on,
        basis=basis(dossier.pin, law.regime.supplements.articles.get(stage.level)),
    )
    return Applied(standing.with_dossier(dossier), (told, *task))


def _counting(standing: Standing, fact: Asked | Ended) -> Dossier | Outcome:
    """The current dossier with this fact counted; else what becomes of the fact."""
    if any(past.dossier_id == fact.dossier_id for past in standing.past):
        return Applied(standing)
    dossier = standing.dossier
    if dossier is None or dossier.dossier_id != fact.dossier_id:
        return Held(f"dossier:{fact.dossier_id}")
    return replace(dossier, supplements=fact.number)


def _pausing(dossier: Dossier, law: Law) -> Clock | None:
    """The clock that the stage runs by, if the act's parameter lets it stand still."""
    name = clock_name(law.regime, rung_of(law.regime, dossier.stage.level), dossier.kind)
    return law.regime.clocks.get(name) if name is not None and name in law.regime.supplements.pauses.value else None


def _resumed(dossier: Dossier, law: Law, day: date) -> tuple[Dossier, tuple[Announcement, ...]]:
    """The dossier with its stage's last day counted anew, or with the task to count it once that can be done.

    One that could not be counted before is counted on the day on which it can.
    """
    stage, clock = dossier.stage, _pausing(dossier, law)
    if clock is None or stage.uncounted is not None:
        return dossier, ()
    match last_day_waiting(clock, stage.opened_on, stage.stood_still, law.editions.known_on(day)):
        case YearNotPublished(year=year):
            uncounted = Uncounted(year, clock.count)
            return with_task(replace(dossier, stage=replace(stage, due_on=None, uncounted=uncounted)), day)
        case last:
            return replace(dossier, stage=replace(stage, due_on=last)), ()
