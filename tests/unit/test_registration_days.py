from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.announcements import DayOpened
from services.registration.domain.case import Admitted, lasting
from services.registration.domain.facts import DayStarted
from shared.kernel.outcomes import Held
from tests.support.registration import COUNCIL, HA_NOI, MINISTRY, TODAY, code, desk


def test_a_day_is_announced_to_every_partition_under_a_subject_of_its_own() -> None:
    outcome = desk(today=None).admitted(MINISTRY, DayStarted(date(2026, 6, 10)))

    assert [published.subject for published in outcome.published] == [f"day/{part}" for part in range(12)]
    assert {(published.topic, published.sequence, published.fact) for published in outcome.published} == {
        ("dossiers", 1, DayOpened(date(2026, 6, 10)))
    }


def test_missed_days_are_opened_in_order() -> None:
    outcome = desk(date(2026, 2, 27)).admitted(MINISTRY, DayStarted(date(2026, 3, 2)))

    first = [(published.sequence, published.fact) for published in outcome.published if published.subject == "day/0"]
    assert first == [
        (2, DayOpened(date(2026, 2, 28))),
        (3, DayOpened(date(2026, 3, 1))),
        (4, DayOpened(date(2026, 3, 2))),
    ]
    assert outcome.provides == {"day:2026-02-28", "day:2026-03-01", "day:2026-03-02"}


def test_the_first_day_also_ends_the_wait_for_any_day_at_all() -> None:
    outcome = desk(today=None).admitted(MINISTRY, DayStarted(TODAY))

    assert outcome.provides == {"day:2026-06-10", "day:first"}


def test_the_same_day_is_not_opened_twice() -> None:
    assert code(desk(TODAY).say(MINISTRY, DayStarted(TODAY))) == ("dates-out-of-order", "date")


def test_days_never_go_back() -> None:
    assert code(desk(TODAY).say(MINISTRY, DayStarted(date(2026, 6, 9)))) == ("dates-out-of-order", "date")


def test_a_hold_for_a_day_never_ends_before_that_day() -> None:
    near, far = TODAY + timedelta(days=30), date(2026, 9, 1)
    at = desk()

    held = [at.say(HA_NOI, replace(COUNCIL, decided_on=day)) for day in (TODAY + timedelta(days=1), near, far)]

    assert held == [Held("day:2026-06-11", near), Held("day:2026-07-10", near), Held("day:2026-09-01", far)]


def test_an_event_held_again_waits_no_longer_but_for_a_day_that_is_sure_to_come() -> None:
    first, later = date(2026, 7, 10), date(2026, 8, 1)

    assert lasting(None, Held("session:01/PH-1", later)) == Held("session:01/PH-1", later)
    assert lasting(first, Held("session:01/PH-1", later)) == Held("session:01/PH-1", first)
    assert lasting(first, Held("day:first", None)) == Held("day:first", first)
    assert lasting(first, Held("day:2026-06-20", later)) == Held("day:2026-06-20", first)
    assert lasting(first, Held("day:2026-07-25", later)) == Held("day:2026-07-25", date(2026, 7, 25))


def test_a_mistyped_year_does_not_open_four_thousand_days() -> None:
    at = desk(date(2026, 1, 1))

    assert code(at.say(MINISTRY, DayStarted(date(2036, 12, 15)))) == ("dates-out-of-order", "date")
    assert isinstance(at.say(MINISTRY, DayStarted(date(2036, 12, 14))), Admitted)


def test_a_pipeline_on_the_real_calendar_takes_no_day_from_outside() -> None:
    assert code(desk(scripted=False).say(MINISTRY, DayStarted(date(2026, 6, 11)))) == ("calendar-not-scripted", None)


def test_the_real_calendar_opens_its_days_without_an_event() -> None:
    outcome = desk(TODAY, scripted=False).open(date(2026, 6, 11))

    assert isinstance(outcome, Admitted)
    assert len(outcome.published) == 12


@given(st.lists(st.dates(date(2026, 1, 1), date(2029, 12, 31)), min_size=1, max_size=20))
def test_however_days_come_their_sequence_has_no_gap_and_no_day_is_missed(days: list[date]) -> None:
    at = desk(today=None)

    opened = [
        (published.sequence, published.fact.date)
        for day in days
        if isinstance(outcome := at.say(MINISTRY, DayStarted(day)), Admitted)
        for published in outcome.published
        if published.subject == "day/7" and isinstance(published.fact, DayOpened)
    ]

    assert [sequence for sequence, _ in opened] == list(range(1, len(opened) + 1))
    assert all((after - before).days == 1 for (_, before), (_, after) in pairwise(opened))
