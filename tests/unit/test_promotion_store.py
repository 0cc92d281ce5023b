"""What a batch writes into promotion's tables."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.promotion.store import TaskRow, fold_tasks
from shared.contracts import promotions
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event
from tests.support.product_events import FIRST, SECOND, UNIT

Task = Literal["decide_on_central_result", "stage_overdue"]


def opened(task: Task, dossier_id: UUID = FIRST) -> promotions.TaskOpened:
    return promotions.TaskOpened(
        dossier_id=dossier_id,
        task=task,
        unit=UNIT,
        opened_on=date(2026, 6, 23),
        total=None,
        stars=None,
        basis=Basis(act="26/2026/QĐ-TTg", rulebook="little", articles=()),
    )


def closed(task: Task, day: int, dossier_id: UUID = FIRST) -> promotions.TaskClosed:
    return promotions.TaskClosed(dossier_id=dossier_id, task=task, closed_on=date(2026, 7, day))


def told(*events: Event) -> list[tuple[str, Envelope, Event]]:
    return [
        ("a product", Envelope(str(UUID(int=place)), "", "", "", place, 0), event)
        for place, event in enumerate(events, start=1)
    ]


def test_a_task_opened_and_closed_in_one_batch_is_one_closed_row() -> None:
    rows, closings = fold_tasks(told(opened("stage_overdue"), closed("stage_overdue", 1)))

    assert rows == [TaskRow(UUID(int=1), "a product", opened("stage_overdue"), date(2026, 7, 1))]
    assert closings == []


def test_a_closing_before_an_opening_belongs_to_an_earlier_batch() -> None:
    rows, closings = fold_tasks(told(closed("stage_overdue", 1), opened("stage_overdue")))

    assert [(row.task_id.int, row.closed_on) for row in rows] == [(2, None)]
    assert closings == [closed("stage_overdue", 1)]


def test_tasks_of_other_dossiers_and_kinds_stay_open() -> None:
    rows, closings = fold_tasks(
        told(
            opened("stage_overdue"),
            opened("decide_on_central_result"),
            opened("stage_overdue", SECOND),
            closed("stage_overdue", 2),
        )
    )

    assert [row.closed_on for row in rows] == [date(2026, 7, 2), None, None]
    assert closings == []
