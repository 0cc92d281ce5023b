"""The days of the act: working days, months, and the last day a stage may take."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import assert_never

from services.promotion.domain.rounds import round_of
from shared.rulebooks.calendar.days import Editions, WorkingCalendar, YearNotPublished
from shared.rulebooks.model import Clock, Regime, Rung

Waits = tuple[tuple[date, date], ...]
"""Since when a limit stood still, and until when, in order."""


@dataclass(frozen=True, slots=True)
class Law:
    """What a dossier's stages are timed by: the act it is pinned to, and the working days as they were announced."""

    regime: Regime
    editions: Editions


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A time limit of `working_days` that needs those of `year`, which were not announced when it began to run."""

    year: int
    working_days: int


@dataclass(frozen=True, slots=True)
class Due:
    """The last day the act allows, and the article that says so; both None where it names none.

    The day is None too where the limit is `uncounted`: it is told so, and never guessed.
    """

    day: date | None
    article: str | None
    uncounted: Uncounted | None = None


def stage_due(law: Law, rung: Rung, kind: str, opened_on: date) -> Due:
    """The last day of a stage opened, or asked for, on a day.

    An assessing rung has its clock (7.2); a kind of dossier that waits for no round its own (7.6.g); any other stage
    ends with the round its request was in time for (article 5). Working days are those known on that same day, so that
    a replay counts alike, whatever was announced since.
    """
    regime, calendar = law.regime, law.editions.known_on(opened_on)
    name = clock_name(regime, rung, kind)
    if name is None:
        found = round_of(regime, rung, kind, opened_on)
        return Due(None, None) if found is None else Due(found.ends_on, found.article)
    return _clock_due(regime.clocks.get(name), opened_on, calendar)


def clock_name(regime: Regime, rung: Rung, kind: str) -> str | None:
    """The name of the clock that a stage runs by, or None where it ends with a round."""
    if rung.work == "assesses":
        return "commune_assessment"
    return "renewal_evaluation" if kind in regime.rounds_exempt_kinds.value else None


def _clock_due(clock: Clock | None, start: date, calendar: WorkingCalendar) -> Due:
    if clock is None:
        return Due(None, None)
    match last_day(clock, start, calendar):
        case YearNotPublished(year=year):
            return Due(None, clock.article, Uncounted(year, clock.count))
        case day:
            return Due(day, clock.article)


def last_day(clock: Clock, start: date, calendar: WorkingCalendar) -> date | YearNotPublished:
    """The last day of a time limit that begins to run the day after `start`; the year that is missing for it."""
    match clock.unit:
        case "working_days":
            return calendar.add_working_days(start, clock.count)
        case "days":
            return start + timedelta(days=clock.count)
        case "months":
            return add_months(start, clock.count)
        case _:
            assert_never(clock.unit)


def last_day_waiting(clock: Clock, start: date, waits: Waits, calendar: WorkingCalendar) -> date | YearNotPublished:
    """The same, where the limit stands still from the day after each wait began through the day it ended."""
    if clock.unit == "working_days":
        return _worked(clock.count, start, waits, calendar)
    last = last_day(clock, start, calendar)
    waited = sum((until - since for since, until in waits), timedelta(0))
    return last if isinstance(last, YearNotPublished) else last + waited


def counted(
    uncounted: Uncounted, start: date, editions: Editions, day: date, waits: Waits = ()
) -> tuple[date, date] | None:
    """The last day of the limit that began to run after `start`, and since when it can be counted; None on `day` yet.

    The first announcement that allows it decides, not the day on which its file came here.
    """
    for since, calendar in editions.editions:
        last = _worked(uncounted.working_days, start, waits, calendar) if start < since <= day else None
        if isinstance(last, date):
            return last, since
    return None


def _worked(count: int, start: date, waits: Waits, calendar: WorkingCalendar) -> date | YearNotPublished:
    """The last of so many working days after `start`, those within a wait left out."""
    for since, until in waits:
        worked = calendar.working_days_between(start, since)
        if isinstance(worked, YearNotPublished):
            return worked
        count, start = max(count - worked, 0), until
    return calendar.add_working_days(start, count)


def add_months(start: date, count: int) -> date:
    """The same day `count` months later, or the last day of a month that is too short for it."""
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
