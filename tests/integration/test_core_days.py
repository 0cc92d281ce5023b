"""A day reaches every subject that it concerns: however many there are, and whenever it is applied."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from deploy.local.servers import Endpoints
from shared.contracts.dossiers import DayOpened
from shared.kernel.outcomes import Applied
from shared.kernel.partitions import partition_of
from shared.messaging import step as core_step
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import SQL, slot_lane
from shared.messaging.step import SequencedStep
from tests.support import toy
from tests.support.database import empty_database, schema_of
from tests.support.toy import delivery, opened, subject

pytestmark = pytest.mark.servers

PART = 3
PAGE = 4
SUBJECTS = [name for name in map(subject, range(400)) if partition_of(name, 12) == PART][: 2 * PAGE + 1]
DUE = toy.DAY + timedelta(days=1)


@dataclass
class Pages:
    """The toy's step on a database of its own, in pages of `PAGE`."""

    pool: asyncpg.Pool
    step: SequencedStep[Any]

    async def apply(self, deliveries: Sequence[Delivery]) -> None:
        """The deliveries were applied as one batch."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self.step.apply(connection, deliveries)

    async def told(self) -> list[str]:
        """The subjects about which something was announced, each as often as it was."""
        rows = await self.pool.fetch("SELECT subject FROM toy ORDER BY subject")
        return [row["subject"] for row in rows]

    async def versions(self) -> set[int]:
        """How often the subjects were written."""
        rows = await self.pool.fetch("SELECT version FROM subject WHERE subject = ANY($1)", SUBJECTS)
        return {row["version"] for row in rows}


@pytest.fixture
async def pages(servers: Endpoints, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pages]:
    """Every subject is due on `DUE`."""
    monkeypatch.setattr(core_step, "DUE_PAGE_SUBJECTS", PAGE)
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        async with schema_of("evaluation", dsn) as pool:
            made = Pages(pool, SequencedStep(toy.pipeline(), ""))
            await pool.execute(toy.TABLE)
            await pool.execute(SQL["ensure_lanes"], [slot_lane(PART)])
            await made.apply([delivery(name, 1, opened()) for name in SUBJECTS])
            yield made


def a_day(number: int, day: date) -> Delivery:
    """The day as a record: held, it is read again from its bytes."""
    event = DayOpened(date=day)
    headers = toy.envelope(f"day/{PART}", number, event).headers()
    made = delivery(f"day/{PART}", number, event)
    return replace(made, partition=PART, headers=headers, value=event.model_dump_json().encode())


async def test_a_day_reaches_more_subjects_than_a_page_holds_each_once(pages: Pages) -> None:
    await pages.apply([a_day(1, toy.DAY)])
    before = await pages.told()

    await pages.apply([delivery(SUBJECTS[0], 2, opened(DUE)), a_day(2, DUE)])

    assert before == []
    assert await pages.told() == sorted(SUBJECTS[1:])


async def test_a_day_that_waited_for_the_one_before_reaches_what_it_concerns(pages: Pages) -> None:
    await pages.apply([a_day(2, DUE)])
    before = await pages.told()

    await pages.apply([a_day(1, toy.DAY)])
    await pages.apply([a_day(1, toy.DAY), a_day(2, DUE)])

    assert before == []
    assert await pages.told() == sorted(SUBJECTS)


async def test_a_subject_of_which_a_day_says_nothing_is_not_written(pages: Pages) -> None:
    asks = replace(toy.pipeline(), due_on=lambda _: toy.DAY, decide=lambda state, *_: Applied(state))
    pages.step = SequencedStep(asks, "")

    await pages.apply([a_day(1, toy.DAY)])

    assert await pages.versions() == {1}
