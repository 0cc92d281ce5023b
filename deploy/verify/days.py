"""The round and last day of a stage, the last of a certificate and of old rules, counted anew (4.3, 5, 7 and 12.2)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from shared.contracts.dossiers import DossierFiled
from shared.contracts.promotions import Round
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
    belongs, _ = rounds_at(regime, rung, kind, begun_on)
    return (None, None) if belongs is None else (belongs.ends_on, belongs.article)


def rounds_at(regime: Regime, rung: Rung, kind: str, asked_on: date) -> tuple[Round | None, Round | None]:
    """The round that what is asked for on a day belongs to, and the one under way by then that it is too late for."""
    if clock_of(regime, rung, kind) is not None:
        return None, None
    years = range(asked_on.year - 1, asked_on.year + 2)
    held = sorted(_held(regime, rung.level, years), key=lambda one: one.requests_until)
    ahead = [one for one in held if one.requests_until >= asked_on]
    missed = [one for one in held if regime.valid_from <= one.requests_until < asked_on <= one.ends_on]
    return next(iter(ahead), None), next(reversed(missed), None)


def _held(regime: Regime, level: str, years: range) -> Iterator[Round]:
    """The rounds whose cut-offs fall in these years."""
    margin = timedelta(0) if regime.cut_off_included.value else _DAY
    for year in years:
        for one in regime.rounds:
            cut_off = one.cut_off.in_year(year)
            finish = one.finish.in_year(year if one.finish >= one.cut_off else year + 1)
            if one.level == level:
                until, ends = cut_off - margin, finish - margin
                yield Round(number=one.number, requests_until=until, ends_on=ends, article=one.article)


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
