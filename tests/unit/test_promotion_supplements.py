"""A stage that waits for its producer: its last day moves by the days waited, and it is not overdue meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

import pytest

from deploy.verify.days import stage_last_day
from deploy.verify.findings import Kind
from services.promotion.domain.clocks import last_day_waiting
from services.promotion.handlers import pipeline
from shared.contracts import promotions
from shared.contracts.dossiers import DayOpened
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, PROMOTIONS
from shared.kernel.outcomes import Applied
from shared.rulebooks.calendar import YearNotPublished
from shared.rulebooks.model import Clock
from tests.support.correction_stories import Story
from tests.support.little_rulebook import little_editions, little_rulebooks, with_2027
from tests.support.product_events import FIRST, PRODUCT, filed, registered
from tests.support.supplement_stories import asked, ended
from tests.unit.test_verify_corrections import SUBJECT, kinds, played, told_by_hand

FIFTEEN = Clock("commune_assessment", 15, "working_days", "dossier_received", "7.2")
DAYS_45 = Clock("renewal_evaluation", 45, "days", "request_complete", "7.6.g")
FILED_ON, DUE_ON = date(2026, 6, 1), date(2026, 6, 22)
Wait = tuple[date, date]


@pytest.mark.parametrize(
    ("clock", "start", "waits", "end"),
    [
        (FIFTEEN, date(2026, 6, 1), [(date(2026, 6, 10), date(2026, 6, 18))], date(2026, 6, 30)),
        (FIFTEEN, date(2026, 6, 1), [(date(2026, 6, 12), date(2026, 6, 14))], date(2026, 6, 22)),  # over a weekend
        (FIFTEEN, date(2026, 1, 26), [(date(2026, 2, 12), date(2026, 2, 23))], date(2026, 2, 25)),  # across Tết
        (FIFTEEN, date(2026, 1, 26), [(date(2026, 2, 13), date(2026, 2, 20))], date(2026, 2, 23)),  # Tết alone
        (FIFTEEN, date(2026, 8, 13), [(date(2026, 8, 21), date(2026, 8, 22))], date(2026, 9, 8)),  # a worked Saturday
        (FIFTEEN, date(2026, 6, 1), [(date(2026, 6, 22), date(2026, 6, 26))], date(2026, 6, 26)),  # on its last day
        (FIFTEEN, date(2026, 6, 1), [(date(2026, 6, 1), date(2026, 6, 3))], date(2026, 6, 24)),  # on its first
        (
            FIFTEEN,
            date(2026, 6, 1),
            [(date(2026, 6, 3), date(2026, 6, 5)), (date(2026, 6, 12), date(2026, 6, 16))],
            date(2026, 6, 26),
        ),
        (DAYS_45, date(2026, 6, 10), [(date(2026, 6, 20), date(2026, 7, 10))], date(2026, 8, 14)),
        (DAYS_45, date(2026, 6, 10), [(date(2026, 7, 25), date(2026, 7, 30))], date(2026, 7, 30)),  # on its last day
    ],
)
def test_the_last_day_moves_by_the_days_waited(clock: Clock, start: date, waits: Sequence[Wait], end: date) -> None:
    calendar, ladder = little_editions().latest, little_rulebooks().all[0].regime.ladder
    rung, kind = (ladder.first, "first") if clock is FIFTEEN else (ladder.rungs[1], "renewal")

    assert last_day_waiting(clock, start, tuple(waits), calendar) == end
    assert stage_last_day(little_rulebooks().all[0].regime, rung, kind, start, calendar, waits)[0] == end


def test_a_wait_that_leads_into_a_year_not_announced_names_the_year() -> None:
    waits = ((date(2026, 12, 20), date(2026, 12, 27)),)

    assert last_day_waiting(FIFTEEN, date(2026, 12, 8), waits, little_editions().latest) == YearNotPublished(2027)


def told(*events: Event, editions: bool = False) -> list[Event]:
    """What promotion announces of these events, each taken in as soon as it comes, days when they concern it."""
    known = with_2027(date(2026, 12, 29)) if editions else little_editions()
    promotion = pipeline(little_rulebooks(), known)
    state, announced = promotion.empty(), list[Event]()
    for place, event in enumerate(events, start=1):
        due = promotion.due_on(state) if promotion.due_on else None
        if isinstance(event, DayOpened) and (due is None or due > event.date):
            continue
        outcome = promotion.decide(
            state, event, Envelope(str(place), "", event.type_name(), str(PRODUCT), place, place)
        )
        assert isinstance(outcome, Applied), (event, outcome)
        state, announced = outcome.state, [*announced, *outcome.facts]
    return announced


def tasks(events: Sequence[Event]) -> list[tuple[str, str, date]]:
    """Which tasks were opened and closed, and on which day."""
    found: list[tuple[str, str, date]] = []
    for event in events:
        if isinstance(event, promotions.TaskOpened):
            found.append(("opened", event.task, event.opened_on))
        elif isinstance(event, promotions.TaskClosed):
            found.append(("closed", event.task, event.closed_on))
    return found


def day(on: date) -> DayOpened:
    return DayOpened(date=on)


BEGUN = (registered(), filed(FIRST, FILED_ON))
ASKED, ENDED = asked(1, date(2026, 6, 10)), ended(2, date(2026, 6, 18))


def test_a_stage_that_waits_is_not_overdue_before_the_days_waited_are_over() -> None:
    announced = told(*BEGUN, ASKED, day(date(2026, 6, 24)), ENDED, day(date(2026, 6, 30)), day(date(2026, 7, 1)))

    assert tasks(announced) == [("opened", "stage_overdue", date(2026, 7, 1))]


def test_a_stage_whose_limit_had_run_out_is_overdue_all_the_same() -> None:
    announced = told(*BEGUN, asked(1, date(2026, 6, 23)), day(date(2026, 6, 23)))

    assert tasks(announced) == [("opened", "stage_overdue", date(2026, 6, 23))]


def test_an_asking_that_is_heard_of_late_does_the_task() -> None:
    announced = told(*BEGUN, day(date(2026, 6, 23)), ASKED, day(date(2026, 6, 24)), ENDED, day(date(2026, 7, 2)))

    assert tasks(announced) == [
        ("opened", "stage_overdue", date(2026, 6, 23)),
        ("closed", "stage_overdue", date(2026, 6, 10)),
        ("opened", "stage_overdue", date(2026, 7, 1)),
    ]


def test_a_wait_beyond_the_year_is_counted_once_that_year_is_announced() -> None:
    waited = (asked(1, date(2026, 12, 20)), ended(2, date(2026, 12, 27)))
    events = (registered(), filed(FIRST, date(2026, 12, 8)), *waited)

    announced = told(*events, day(date(2026, 12, 29)), day(date(2027, 1, 6)), day(date(2027, 1, 7)), editions=True)

    assert tasks(announced) == [
        ("opened", "due_day_unknown", date(2026, 12, 27)),
        ("closed", "due_day_unknown", date(2026, 12, 29)),
        ("opened", "stage_overdue", date(2027, 1, 7)),
    ]


OVERDUE = promotions.TaskOpened.model_validate(
    {
        "dossier_id": FIRST,
        "task": "stage_overdue",
        "unit": "66",
        "opened_on": date(2026, 7, 1),
        "total": None,
        "stars": None,
        "basis": {"act": "26/2026/QĐ-TTg", "rulebook": "little", "articles": ("7.2",)},
    }
)


@pytest.mark.parametrize(
    ("facts", "opened", "task", "found"),
    [
        ((ASKED,), date(2026, 8, 1), None, []),
        ((ASKED,), date(2026, 8, 1), OVERDUE, [Kind.DECISION_DIFFERS, Kind.DECISION_MISSING]),
        ((ASKED, ENDED), date(2026, 6, 30), None, []),
        ((ASKED, ENDED), date(2026, 7, 1), None, [Kind.DECISION_MISSING]),
        ((ASKED, ENDED), date(2026, 7, 1), OVERDUE, []),
        (
            (ASKED, ENDED),
            date(2026, 7, 1),
            OVERDUE.model_copy(update={"opened_on": date(2026, 6, 23)}),
            [Kind.DECISION_DIFFERS],
        ),
    ],
    ids=["waits", "told while it waits", "not yet", "left out", "told", "by the day of before"],
)
def test_the_accounting_wants_the_task_on_the_day_after_the_moved_one(
    facts: Sequence[Event], opened: date, task: Event | None, found: Sequence[Kind]
) -> None:
    product = played(Story((*BEGUN, *facts), (), "", ""), Random(0))
    told_by_hand(product, DOSSIERS, "day/0", day(opened))
    if task is not None:
        told_by_hand(product, PROMOTIONS, SUBJECT, task)

    assert kinds(product) == found
