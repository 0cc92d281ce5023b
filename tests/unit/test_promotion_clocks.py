"""The days of the act, typed from its articles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.promotion.domain.clocks import Due, add_months, add_working_days, last_day, round_due, stage_due
from shared.rulebooks.model import Clock, Regime
from tests.support.little_rulebook import little_rulebooks


def regime() -> Regime:
    return little_rulebooks().all[0].regime


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 6, 1), date(2026, 6, 22)),  # Monday to Monday three weeks on
        (date(2026, 6, 5), date(2026, 6, 26)),  # Friday
        (date(2026, 6, 6), date(2026, 6, 26)),  # Saturday: the first working day is Monday the 8th
        (date(2026, 6, 7), date(2026, 6, 26)),  # Sunday
    ],
)
def test_the_commune_has_fifteen_working_days(start: date, end: date) -> None:
    rung = regime().ladder.first

    assert add_working_days(start, 15) == end
    assert stage_due(regime(), rung, "first", start) == Due(end, "7.2")


@pytest.mark.parametrize(
    ("level", "requested_on", "due_on", "article"),
    [
        ("province", date(2026, 4, 29), date(2026, 6, 29), "5.1"),
        ("province", date(2026, 4, 30), date(2026, 12, 29), "5.1"),
        ("province", date(2026, 10, 29), date(2026, 12, 29), "5.1"),
        ("province", date(2026, 10, 30), date(2027, 6, 29), "5.1"),
        ("central", date(2026, 1, 29), date(2026, 3, 29), "5.2"),
        ("central", date(2026, 1, 30), date(2026, 9, 29), "5.2"),
        ("central", date(2026, 7, 29), date(2026, 9, 29), "5.2"),
        ("central", date(2026, 7, 30), date(2027, 3, 29), "5.2"),
    ],
)
def test_a_request_before_a_cut_off_is_done_before_the_end_of_that_round(
    level: str, requested_on: date, due_on: date, article: str
) -> None:
    assert round_due(regime(), level, requested_on) == Due(due_on, article)


def test_where_the_regime_counts_the_cut_off_itself_the_day_is_in_time() -> None:
    included = replace(regime(), cut_off_included=replace(regime().cut_off_included, value=True))

    assert round_due(included, "province", date(2026, 4, 30)) == Due(date(2026, 6, 30), "5.1")


def test_a_renewal_waits_for_no_round_and_has_forty_five_days() -> None:
    rung = regime().ladder.rung("province")
    assert rung is not None

    assert stage_due(regime(), rung, "renewal", date(2026, 7, 1)) == Due(date(2026, 8, 15), "7.6.g")


def test_a_level_without_rounds_has_no_last_day() -> None:
    assert round_due(regime(), "district", date(2026, 7, 1)) == Due(None, None)


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
    assert last_day(Clock("certificate", 36, "months", "issued", "4.3"), start) == end


def test_a_month_too_short_ends_early() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
