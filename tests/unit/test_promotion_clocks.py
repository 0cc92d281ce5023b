"""The days of the act, typed from its articles."""

from __future__ import annotations

from datetime import date

import pytest

from services.promotion.domain.clocks import Due, Law, Uncounted, add_months, counted, last_day, stage_due
from shared.rulebooks.calendar import YearNotPublished
from shared.rulebooks.model import Clock, Regime
from tests.support.little_rulebook import little_editions, little_rulebooks, with_2027

FIFTEEN = Clock("commune_assessment", 15, "working_days", "dossier_received", "7.2")


def regime() -> Regime:
    return little_rulebooks().all[0].regime


def law() -> Law:
    return Law(regime(), little_editions())


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 6, 1), date(2026, 6, 22)),  # Monday to Monday three weeks on
        (date(2026, 6, 5), date(2026, 6, 26)),  # Friday
        (date(2026, 6, 6), date(2026, 6, 26)),  # Saturday: the first working day is Monday the 8th
        (date(2026, 6, 7), date(2026, 6, 26)),  # Sunday
        (date(2026, 1, 23), date(2026, 2, 13)),  # ends on the last Friday before Tết
        (date(2026, 1, 26), date(2026, 2, 23)),  # the fifteenth is the first Monday after Tết's five days
        (date(2026, 1, 30), date(2026, 2, 27)),  # ten days before Tết, five after it
        (date(2026, 2, 13), date(2026, 3, 13)),  # the day before Tết: all fifteen come after it
        (date(2026, 2, 16), date(2026, 3, 13)),  # the first day of Tết
        (date(2026, 2, 20), date(2026, 3, 13)),  # the last day of Tết
        (date(2026, 8, 13), date(2026, 9, 7)),  # Saturday 22 August is worked; 31 August to 2 September are off
        (date(2026, 8, 21), date(2026, 9, 15)),  # the worked Saturday is the first of the fifteen
        (date(2026, 8, 22), date(2026, 9, 16)),  # begins to run after the worked Saturday
        (date(2026, 11, 20), date(2026, 12, 14)),  # 24 November is off
        (date(2026, 12, 10), date(2026, 12, 31)),  # the last dossier of 2026 whose days are all in 2026
    ],
)
def test_the_commune_has_fifteen_working_days(start: date, end: date) -> None:
    rung = regime().ladder.first

    assert last_day(FIFTEEN, start, little_editions().latest) == end
    assert stage_due(law(), rung, "first", start) == Due(end, "7.2")


def test_a_stage_keeps_the_day_counted_with_what_was_announced_when_it_opened() -> None:
    start = date(2025, 12, 18)  # a week before 2 January was swapped with Saturday the 10th

    assert stage_due(law(), regime().ladder.first, "first", start) == Due(date(2026, 1, 9), "7.2")
    assert last_day(FIFTEEN, start, little_editions().latest) == date(2026, 1, 10)


@pytest.mark.parametrize("start", [date(2026, 12, 11), date(2026, 12, 31), date(2027, 3, 29)])
def test_a_limit_that_runs_into_a_year_not_announced_has_no_last_day_but_names_the_year(start: date) -> None:
    assert last_day(FIFTEEN, start, little_editions().known_on(start)) == YearNotPublished(2027)
    assert stage_due(law(), regime().ladder.first, "first", start) == Due(None, "7.2", Uncounted(2027, 15))


@pytest.mark.parametrize(
    ("day", "found"),
    [(date(2026, 12, 19), None), (date(2026, 12, 20), True), (date(2027, 5, 1), True)],
)
def test_the_announcement_s_day_decides_since_when_a_limit_can_be_counted(day: date, found: bool | None) -> None:
    limit = counted(Uncounted(2027, 15), date(2026, 12, 11), with_2027(date(2026, 12, 20)), day)

    assert limit == (None if found is None else (date(2027, 1, 4), date(2026, 12, 20)))


def test_a_renewal_waits_for_no_round_and_has_forty_five_days() -> None:
    rung = regime().ladder.rung("province")
    assert rung is not None

    assert stage_due(law(), rung, "renewal", date(2026, 7, 1)) == Due(date(2026, 8, 15), "7.6.g")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 12, 3), date(2029, 12, 3)),
        (date(2028, 2, 29), date(2031, 2, 28)),
        (date(2026, 1, 31), date(2029, 1, 31)),
    ],
)
def test_thirty_six_months_end_on_the_same_day_or_the_month_s_last(start: date, end: date) -> None:
    assert add_months(start, 36) == end
    assert last_day(Clock("certificate", 36, "months", "issued", "4.3"), start, little_editions().latest) == end


def test_a_month_too_short_ends_early() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
