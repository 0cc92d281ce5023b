"""A due day that waited for a year's working days: what the accounting wants told, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import cast

import pytest

from deploy.verify.decisions import Decisions
from deploy.verify.findings import Kind
from deploy.verify.flow import Flow
from shared.contracts.dossiers import DayOpened
from shared.contracts.event import Event
from shared.contracts.promotions import TaskClosed, TaskOpened
from shared.contracts.topics import DOSSIERS, PROMOTIONS
from tests.support.correction_stories import Story
from tests.support.little_rulebook import little_rulebooks, with_2027
from tests.support.product_events import FIRST, filed, registered
from tests.unit.test_verify_corrections import SUBJECT, OneProduct, played, told_by_hand

ANNOUNCED_ON = date(2026, 12, 20)
CLOSED = TaskClosed(dossier_id=FIRST, task="due_day_unknown", closed_on=ANNOUNCED_ON)


def waiting(day: date, told: Event | None = None) -> OneProduct:
    """A dossier filed too late in 2026 for fifteen working days, a day opened since, and what that day brought."""
    product = played(Story((registered(), filed(FIRST, date(2026, 12, 11))), (), "", ""), Random(0))
    told_by_hand(product, DOSSIERS, "day/0", DayOpened(date=day))
    if told is not None:
        told_by_hand(product, PROMOTIONS, SUBJECT, told)
        events = product.history.events[PROMOTIONS.name, SUBJECT]
        events[max(events)] = replace(events[max(events)], cause="by hand")
    return product


def kinds(product: OneProduct) -> list[Kind]:
    known = with_2027(ANNOUNCED_ON)
    return [one.kind for one in Decisions(cast(Flow, product), little_rulebooks(), known).check()]


@pytest.mark.parametrize(
    ("day", "told", "found"),
    [
        (date(2026, 12, 19), None, []),
        (date(2026, 12, 20), None, [Kind.DECISION_MISSING]),
        (date(2026, 12, 20), CLOSED, []),
        (date(2026, 12, 28), CLOSED, []),
        (date(2026, 12, 19), CLOSED, [Kind.DECISION_UNFOUNDED]),
        (
            date(2026, 12, 28),
            CLOSED.model_copy(update={"closed_on": date(2026, 12, 28)}),
            [Kind.DECISION_DIFFERS],
        ),
    ],
    ids=["not announced", "left out", "told", "told later", "too early", "by another day"],
)
def test_the_task_is_closed_by_the_first_day_after_the_announcement(
    day: date, told: Event | None, found: Sequence[Kind]
) -> None:
    assert kinds(waiting(day, told)) == found


def test_the_task_cannot_be_left_out() -> None:
    product = waiting(date(2026, 12, 19))
    events = product.history.events[PROMOTIONS.name, SUBJECT]
    number = next(number for number, told in events.items() if isinstance(told.event, TaskOpened))

    del events[number]

    assert kinds(product) == [Kind.DECISION_MISSING]
