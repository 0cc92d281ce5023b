"""An event told before the one it follows from is listed; a task that a day has brought may come when it comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import permutations

import pytest

from deploy.verify.comparison import Due, compare
from deploy.verify.history import Told
from deploy.verify.promoted import Ladder
from deploy.verify.topics import Record
from shared.contracts.event import Basis, Event
from shared.contracts.scores import CommuneAssessmentConcluded, Stage
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES, Topic
from tests.support.little_rulebook import little_editions, little_rulebooks
from tests.support.product_events import FIRST, PRODUCT, filed

COMMUNE, PROVINCE = Stage(level="commune", attempt=1), Stage(level="province", attempt=1)
CONCLUDED = CommuneAssessmentConcluded(
    dossier_id=FIRST,
    stage=COMMUNE,
    outcome="evaluation_requested",
    assessed_on=date(2026, 7, 10),
    reason=None,
    findings_met=4,
    basis=Basis(act="mẫu", rulebook="mẫu", articles=()),
)
OPENED, OVERDUE, NEXT, DONE, OVERDUE_AGAIN = range(5)
LAWFUL = (OPENED, OVERDUE, NEXT, DONE, OVERDUE_AGAIN)
"""The next stage and the closing of the first one's task are told in one breath: no day comes between them."""


def told(topic: Topic, events: Sequence[Event]) -> list[Told]:
    """The events as they would stand on a topic, in this order."""
    return [
        Told(
            Record(topic.name, 0, at, 0, None, (), b"", {}), f"{at}", event.type_name(), str(PRODUCT), at, at, "", event
        )
        for at, event in enumerate(events, start=1)
    ]


def due() -> list[Due]:
    """A dossier filed and assessed late; then the province is late too."""
    ladder = Ladder(little_rulebooks(), little_editions(), frozenset({(FIRST, COMMUNE, 0), (FIRST, PROVINCE, 0)}))
    ladder.walk(told(DOSSIERS, [filed(FIRST, date(2026, 6, 1))]), told(SCORES, [CONCLUDED]))
    return ladder.due


def test_two_stages_overdue_bring_five_events() -> None:
    names = [(type(one.event).__name__, one.by_day) for one in due()]

    assert names == [
        ("StageOpened", False),
        ("TaskOpened", True),
        ("StageOpened", False),
        ("TaskClosed", False),
        ("TaskOpened", True),
    ]


@pytest.mark.parametrize("order", [*permutations(range(5))])
def test_what_is_told_before_what_it_follows_from_is_listed(order: tuple[int, ...]) -> None:
    events = [due()[place].event for place in order]

    found = list(compare(due(), told(PROMOTIONS, events)))

    assert (not found) is (order == LAWFUL), [str(one) for one in found]


def test_a_task_stands_anywhere_between_its_stage_and_what_closes_it() -> None:
    opened, overdue, following, closed, _ = due()
    held = [Due(CONCLUDED.model_copy(update={"findings_met": count}), opened.cause) for count in range(2)]
    wanted = [opened, overdue, *held, following, closed]
    others = [opened.event, *(one.event for one in held), following.event, closed.event]

    accepted = [
        place
        for place in range(len(others) + 1)
        if not list(compare(wanted, told(PROMOTIONS, [*others[:place], overdue.event, *others[place:]])))
    ]

    assert accepted == [1, 2, 3]
