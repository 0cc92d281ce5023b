"""The days of the act: working days, months, rounds, and the last day a stage may take."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import assert_never

from shared.rulebooks.model import Clock, Regime, Round, Rung

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Due:
    """The last day the act allows, and the article that says so; both None where it names none."""

    day: date | None
    article: str | None


def stage_due(regime: Regime, rung: Rung, kind: str, opened_on: date) -> Due:
    """The last day of a stage opened, or asked for, on a day.

    An assessing rung has its clock (7.2); a kind of dossier that waits for no round its own (7.6.g); any other stage
    ends with the round its request was in time for (article 5).
    """
    if rung.work == "assesses":
        return _clock_due(regime.clocks.get("commune_assessment"), opened_on)
    if kind in regime.rounds_exempt_kinds.value:
        return _clock_due(regime.clocks.get("renewal_evaluation"), opened_on)
    return round_due(regime, rung.level, opened_on)


def round_due(regime: Regime, level: str, requested_on: date) -> Due:
    """The last day of the first round of a level whose cut-off a request made on that day does not miss (article 5).

    "Before" a day means on the day before it at the latest, unless the regime says that the day itself counts.
    """
    grace = timedelta(days=0 if regime.cut_off_included.value else 1)
    years = (requested_on.year, requested_on.year + 1)
    rounds = [(one.cut_off.in_year(year), one) for year in years for one in regime.rounds if one.level == level]
    in_time = [(cut_off, one) for cut_off, one in rounds if requested_on <= cut_off - grace]
    if not in_time:
        return Due(None, None)
    cut_off, one = min(in_time, key=lambda pair: pair[0])
    return Due(_finish(cut_off, one) - grace, one.article)


def _finish(cut_off: date, one: Round) -> date:
    finish = one.finish.in_year(cut_off.year)
    return finish if finish >= cut_off else one.finish.in_year(cut_off.year + 1)


def _clock_due(clock: Clock | None, start: date) -> Due:
    return Due(None, None) if clock is None else Due(last_day(clock, start), clock.article)


def last_day(clock: Clock, start: date) -> date:
    """The last day of a time limit that begins to run the day after `start`."""
    match clock.unit:
        case "working_days":
            return add_working_days(start, clock.count)
        case "days":
            return start + timedelta(days=clock.count)
        case "months":
            return add_months(start, clock.count)
        case _:
            assert_never(clock.unit)


def add_working_days(start: date, count: int) -> date:
    """The day `count` working days after `start`, Monday to Friday; public holidays are not known here."""
    day, left = start, count
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


def add_months(start: date, count: int) -> date:
    """The same day `count` months later, or the last day of a month that is too short for it."""
    year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
