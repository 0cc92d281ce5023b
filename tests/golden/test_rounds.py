"""Article 5 of 26/2026 at the last day in time and the first day late of every cut-off, typed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import cast

import pytest

from deploy.verify.days import rounds_at
from deploy.verify.flow import Flow
from deploy.verify.notices import Notices
from services.promotion.domain.clocks import Due, Law, stage_due
from services.promotion.domain.rounds import DatedRound, missed_by, round_of
from services.promotion.domain.standing import Standing
from services.promotion.handlers import decide
from shared.contracts.dossiers import DayOpened
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.notices import NoticeWritten
from shared.contracts.promotions import Round, StageOpened, TaskOpened
from shared.contracts.topics import DOSSIERS, NOTICES, PROMOTIONS, SHEETS
from shared.kernel.outcomes import Applied
from shared.rulebooks.loader import load
from shared.rulebooks.model import Regime, Rung
from tests.support.correction_stories import ONE, Story, council
from tests.support.interleavings import admitted
from tests.support.little_rulebook import little_editions, little_rulebooks
from tests.support.product_events import (
    FIRST,
    POINTS_95,
    PRODUCER,
    assessed,
    decision,
    filed,
    registered,
    requested,
    seated,
    session_annulled,
)
from tests.unit.test_promotion_interleavings import STREAMS, in_order_of, play
from tests.unit.test_verify_corrections import SUBJECT, OneProduct, played, unexplained

A_DAY = Envelope("a day", "/services/registration", "", "day/0", 1, 1_780_000_000_000)
PROVINCE_1_2026 = DatedRound(1, date(2026, 4, 29), date(2026, 6, 29), "5.1")
PROVINCE_2_2026 = DatedRound(2, date(2026, 10, 29), date(2026, 12, 29), "5.1")
PROVINCE_1_2027 = DatedRound(1, date(2027, 4, 29), date(2027, 6, 29), "5.1")
PROVINCE_2_2027 = DatedRound(2, date(2027, 10, 29), date(2027, 12, 29), "5.1")
PROVINCE_1_2028 = DatedRound(1, date(2028, 4, 29), date(2028, 6, 29), "5.1")
CENTRAL_1_2026 = DatedRound(1, date(2026, 7, 29), date(2026, 9, 29), "5.2")
CENTRAL_2_2027 = DatedRound(2, date(2027, 1, 29), date(2027, 3, 29), "5.2")
CENTRAL_1_2027 = DatedRound(1, date(2027, 7, 29), date(2027, 9, 29), "5.2")
CENTRAL_2_2028 = DatedRound(2, date(2028, 1, 29), date(2028, 3, 29), "5.2")
CENTRAL_1_2028 = DatedRound(1, date(2028, 7, 29), date(2028, 9, 29), "5.2")

DAYS = [
    # before 30 April, evaluated before 30 June
    ("province", date(2027, 4, 29), PROVINCE_1_2027, None),
    ("province", date(2027, 4, 30), PROVINCE_2_2027, PROVINCE_1_2027),
    ("province", date(2027, 6, 29), PROVINCE_2_2027, PROVINCE_1_2027),  # its last day: still under way
    ("province", date(2027, 6, 30), PROVINCE_2_2027, None),  # over: nobody is late for it any more
    # before 30 October, evaluated before 30 December
    ("province", date(2026, 10, 29), PROVINCE_2_2026, None),
    ("province", date(2026, 10, 30), PROVINCE_1_2027, PROVINCE_2_2026),
    ("province", date(2026, 12, 29), PROVINCE_1_2027, PROVINCE_2_2026),
    ("province", date(2026, 12, 30), PROVINCE_1_2027, None),
    ("province", date(2026, 12, 31), PROVINCE_1_2027, None),
    ("province", date(2027, 1, 1), PROVINCE_1_2027, None),
    # before 30 July, evaluated before 30 September
    ("central", date(2026, 7, 29), CENTRAL_1_2026, None),
    ("central", date(2026, 7, 30), CENTRAL_2_2027, CENTRAL_1_2026),
    ("central", date(2026, 9, 29), CENTRAL_2_2027, CENTRAL_1_2026),
    ("central", date(2026, 9, 30), CENTRAL_2_2027, None),
    ("central", date(2026, 12, 31), CENTRAL_2_2027, None),
    # before 30 January, evaluated before 30 March of that year
    ("central", date(2027, 1, 1), CENTRAL_2_2027, None),
    ("central", date(2027, 1, 29), CENTRAL_2_2027, None),
    ("central", date(2027, 1, 30), CENTRAL_1_2027, CENTRAL_2_2027),
    ("central", date(2027, 3, 29), CENTRAL_1_2027, CENTRAL_2_2027),
    ("central", date(2027, 3, 30), CENTRAL_1_2027, None),
    # over 29 February
    ("central", date(2028, 1, 29), CENTRAL_2_2028, None),
    ("central", date(2028, 2, 29), CENTRAL_1_2028, CENTRAL_2_2028),
    ("province", date(2028, 2, 29), PROVINCE_1_2028, None),
    # cut-offs of before 22 May 2026, when nobody could ask for anything by this act
    ("province", date(2026, 5, 22), PROVINCE_2_2026, None),
    ("province", date(2026, 6, 29), PROVINCE_2_2026, None),
    ("central", date(2026, 5, 22), CENTRAL_1_2026, None),
]
each_day = pytest.mark.parametrize(("level", "day", "belongs", "missed"), DAYS)


@cache
def regime() -> Regime:
    return next(book.regime for book in load().all if book.regime.id == "qd26-2026")


def rung(level: str) -> Rung:
    found = regime().ladder.rung(level)
    assert found is not None
    return found


@each_day
@pytest.mark.parametrize("kind", ["first", "upgrade"])
def test_the_day_of_the_request_says_which_round_it_is_in_and_which_it_came_too_late_for(
    level: str, day: date, belongs: DatedRound, missed: DatedRound | None, kind: str
) -> None:
    days = (regime(), rung(level), kind, day)

    assert (round_of(*days), missed_by(*days)) == (belongs, missed)
    assert stage_due(Law(regime(), little_editions()), rung(level), kind, day) == Due(belongs.ends_on, belongs.article)


@pytest.mark.parametrize("level", ["province", "central"])
def test_a_renewal_waits_for_no_round_is_late_for_none_and_has_forty_five_days(level: str) -> None:
    days = (regime(), rung(level), "renewal", date(2026, 10, 30))

    assert (round_of(*days), missed_by(*days)) == (None, None)
    assert stage_due(Law(regime(), little_editions()), *days[1:]) == Due(date(2026, 12, 14), "7.6.g")


def test_a_commune_assesses_outside_any_round() -> None:
    days = (regime(), rung("commune"), "first", date(2026, 10, 30))

    assert (round_of(*days), missed_by(*days)) == (None, None)


@pytest.mark.parametrize("act", ["qd490-2018", "qd1048-2019", "qd148-2023", "qd148-1489-2025"])
def test_an_older_act_whose_rounds_are_not_at_hand_has_none(act: str) -> None:
    older = next(book.regime for book in load().all if book.regime.id == act)

    for each in older.ladder.rungs:
        assert (round_of(older, each, "first", date(2025, 5, 1)), older.rounds) == (None, ())
        assert missed_by(older, each, "first", date(2025, 5, 1)) is None


def test_where_the_parameter_counts_the_named_day_itself_cut_off_and_end_are_a_day_later() -> None:
    included = replace(regime(), cut_off_included=replace(regime().cut_off_included, value=True))
    expected = DatedRound(1, date(2027, 4, 30), date(2027, 6, 30), "5.1")

    assert round_of(included, rung("province"), "first", date(2027, 4, 30)) == expected
    assert missed_by(included, rung("province"), "first", date(2027, 5, 1)) == expected
    assert rounds_at(included, rung("province"), "first", date(2027, 5, 1))[1] == published(expected)


def published(one: DatedRound | None) -> Round | None:
    return None if one is None else Round.model_validate(one, from_attributes=True)


def test_the_accounting_finds_the_same_rounds_on_every_day_of_five_years() -> None:
    for number in range(date(2025, 12, 1).toordinal(), date(2031, 1, 1).toordinal()):
        day = date.fromordinal(number)
        for level in ("commune", "province", "central"):
            for kind in ("first", "renewal"):
                days = (regime(), rung(level), kind, day)
                assert rounds_at(*days) == (published(round_of(*days)), published(missed_by(*days))), days[1:]


@each_day
def test_every_service_and_the_accounting_tell_the_same_round(
    level: str, day: date, belongs: DatedRound, missed: DatedRound | None
) -> None:
    product = played(STORIES[level](day), Random(day.toordinal()))

    opened = [one.event for one in product.history.of(PROMOTIONS, SUBJECT) if isinstance(one.event, StageOpened)]
    assert (opened[-1].stage.level, opened[-1].due_on) == (level, belongs.ends_on)
    assert (opened[-1].round, opened[-1].missed) == (published(belongs), published(missed))
    assert unexplained(product) == []


def asked_by_commune(day: date) -> Story:
    return Story((registered(), filed(FIRST, day), assessed(FIRST, day)), (), "", "")


def asked_by_province(day: date) -> Story:
    sat, approved = day - timedelta(days=5), day - timedelta(days=1)
    dossiers = (
        *(registered(), filed(FIRST, sat), assessed(FIRST, sat), seated(FIRST, ONE)),
        *(decision(FIRST, 1, "approve_for_central", 5, approved), requested(FIRST, day)),
    )
    return Story(dossiers, council(ONE, POINTS_95, sat), "", "")


STORIES = {"province": asked_by_commune, "central": asked_by_province}


def test_a_stage_opened_again_after_an_annulment_has_a_round_and_is_not_late() -> None:
    asked = asked_by_province(date(2026, 7, 30))
    again = session_annulled(FIRST, ONE, date(2026, 11, 2), 1)
    product = played(replace(asked, dossiers=(*asked.dossiers, again)), Random(0))

    opened = [one.event for one in product.history.of(PROMOTIONS, SUBJECT) if isinstance(one.event, StageOpened)]

    assert [(one.stage.level, one.stage.attempt) for one in opened[-2:]] == [("central", 1), ("province", 2)]
    assert [one.missed for one in opened[-2:]] == [published(CENTRAL_1_2026), None]
    assert opened[-1].round == published(PROVINCE_1_2027)
    assert told_late(product) == [*LATE_ABOVE]


@pytest.mark.parametrize(
    ("level", "asked_on", "last_day", "unit", "article"),
    [
        ("province", date(2026, 10, 29), date(2026, 12, 29), "66", "5.1"),
        ("province", date(2026, 10, 30), date(2027, 6, 29), "66", "5.1"),
        ("central", date(2027, 1, 29), date(2027, 3, 29), "bnnmt", "5.2"),
        ("central", date(2027, 1, 30), date(2027, 9, 29), "bnnmt", "5.2"),
    ],
)
def test_a_round_that_ends_with_no_result_is_a_task_on_the_day_after_its_last(
    level: str, asked_on: date, last_day: date, unit: str, article: str
) -> None:
    story = STORIES[level](asked_on)
    logs = {
        DOSSIERS.name: admitted(DOSSIERS, SUBJECT, story.dossiers),
        SHEETS.name: admitted(SHEETS, SUBJECT, story.sheets),
    }
    state = play(in_order_of(STREAMS), logs=logs)[1].state

    on_time, late = (day_opened(state, day) for day in (last_day, last_day + timedelta(days=1)))

    assert on_time == ()
    (task,) = late
    assert isinstance(task, TaskOpened)
    assert (task.task, task.unit, task.opened_on) == ("stage_overdue", unit, last_day + timedelta(days=1))
    assert task.basis.articles == (article,)


def day_opened(state: Standing, day: date) -> tuple[Event, ...]:
    outcome = decide(little_rulebooks(), little_editions(), state, DayOpened(date=day), A_DAY)
    assert isinstance(outcome, Applied)
    return outcome.facts


def told_late(product: OneProduct) -> list[tuple[str, date]]:
    """Who has a notice of a request that came too late, and of which day."""
    told = [one.event for one in product.history.on(NOTICES)]
    late = [one for one in told if isinstance(one, NoticeWritten) and one.kind == "round_missed"]
    return [(one.recipient_id, one.fact_on) for one in late]


CONCERNED = (str(PRODUCER), "commune-24175", "province-66")
LATE_ABOVE = tuple((recipient, date(2026, 7, 30)) for recipient in CONCERNED)


def test_producer_commune_and_province_hear_once_of_each_request_that_came_too_late() -> None:
    late, in_time = asked_by_province(date(2026, 7, 30)), asked_by_province(date(2026, 7, 29))

    assert told_late(played(late, Random(0))) == [*LATE_ABOVE]
    assert told_late(played(in_time, Random(0))) == []


@pytest.mark.parametrize("recipient", CONCERNED)
def test_the_accounting_names_whoever_was_not_told_of_a_request_that_came_too_late(recipient: str) -> None:
    product = played(asked_by_commune(date(2026, 10, 30)), Random(0))
    for number, told in list(product.history.events[NOTICES.name, SUBJECT].items()):
        if isinstance(told.event, NoticeWritten) and told.event.recipient_id == recipient:
            del product.history.events[NOTICES.name, SUBJECT][number]
    notices = Notices(cast(Flow, product))

    found = [wrong for name, (due, _) in notices._due(SUBJECT) for wrong in notices._written(name, due, SUBJECT)]

    assert [one.kind.name for one in found] == ["NOTICE_MISSING"]


@pytest.mark.parametrize(
    "wrong",
    [{"round": None}, {"missed": None}, {"missed": published(PROVINCE_1_2026)}, {"round": published(CENTRAL_1_2026)}],
)
def test_the_accounting_names_a_round_that_was_told_wrong_or_not_at_all(wrong: dict[str, Round | None]) -> None:
    product = played(asked_by_commune(date(2026, 10, 30)), Random(0))
    number, told = next(
        (number, told)
        for number, told in product.history.events[PROMOTIONS.name, SUBJECT].items()
        if isinstance(told.event, StageOpened) and told.event.missed is not None
    )

    event = told.event.model_copy(update=wrong) if told.event else None
    product.history.events[PROMOTIONS.name, SUBJECT][number] = replace(told, event=event)

    assert [one.kind.name for one in unexplained(product)] == ["DECISION_DIFFERS"]
