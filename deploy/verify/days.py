"""The last day of a stage, of a certificate and of old rules, counted anew (articles 4.3, 5, 7.2, 7.6.g and 12.2)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from shared.contracts.dossiers import DossierFiled
from shared.rulebooks.calendar import WorkingCalendar, YearNotPublished
from shared.rulebooks.model import OldRules, Regime, Rulebooks, Rung

Last = tuple[date | YearNotPublished | None, str | None]
"""A last day, or the year whose working days are missing for it, and the article that sets it."""
Waits = Sequence[tuple[date, date]]
"""Since when a limit stood still, and until when."""
_DAY = timedelta(days=1)


def clock_of(regime: Regime, rung: Rung, kind: str) -> str | None:
    """The clock a stage runs by: the commune's, or that of a kind that waits for no round; None: by a round."""
    if rung.work == "assesses":
        return "commune_assessment"
    return "renewal_evaluation" if kind in regime.rounds_exempt_kinds.value else None


def stage_last_day(
    regime: Regime, rung: Rung, kind: str, begun_on: date, calendar: WorkingCalendar, waits: Waits = ()
) -> Last:
    """By the stage's clock, which stands still for each wait, or by the first round not yet missed."""
    if (clock := clock_of(regime, rung, kind)) is not None:
        return _by_clock(regime, clock, begun_on, calendar, waits)
    margin = timedelta(0) if regime.cut_off_included.value else _DAY
    found: list[tuple[date, date, str]] = []
    for one in regime.rounds:
        for year in (begun_on.year, begun_on.year + 1):
            cut_off = one.cut_off.in_year(year)
            if one.level == rung.level and begun_on + margin <= cut_off:
                finish = one.finish.in_year(year)
                found.append((cut_off, finish if finish >= cut_off else one.finish.in_year(year + 1), one.article))
    if not found:
        return None, None
    _, finish, article = min(found)
    return finish - margin, article


def old_rules(books: Rulebooks, filed: DossierFiled) -> OldRules | None:
    """What the first later act that speaks of the dossier says of its end under its own act (26/2026, 12.2)."""
    own = books.pinned(filed.regime, filed.rulebook)
    acts = sorted((book.regime for book in books.all), key=lambda regime: regime.valid_from)
    for act in acts:
        if own is not None and act.valid_from > own.regime.valid_from:
            for rule in act.transitions.dossiers:
                if filed.kind in rule.kinds and filed.filed_on < rule.filed_before:
                    return rule
    return None


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def _by_clock(regime: Regime, name: str, begun_on: date, calendar: WorkingCalendar, waits: Waits) -> Last:
    clock = regime.clocks.get(name)
    if clock is None:
        return None, None
    if clock.unit == "months":
        return months_later(begun_on, clock.count), clock.article
    return _days_on(begun_on, clock.count, calendar if clock.unit == "working_days" else None, waits), clock.article


def _days_on(day: date, left: int, calendar: WorkingCalendar | None, waits: Waits) -> date | YearNotPublished:
    """Day after day, those of waiting left out, until so many were worked or nothing is known of one.

    Without a calendar every day counts. Where none is left the last day is the one on which the last wait ended.
    """
    while left:
        day += _DAY
        if any(since < day <= until for since, until in waits):
            continue
        worked = True if calendar is None else calendar.is_working_day(day)
        if isinstance(worked, YearNotPublished):
            return worked
        left -= worked
    return max([day, *(until for _, until in waits)])
