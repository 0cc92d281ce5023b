"""The console's list of dead letters closes: what is settled is counted no more and stands behind what is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from deploy.local.servers import Endpoints
from services.console import pages, reading
from services.console.domain import story
from services.console.domain.story import Settlement
from tests.support.console_sample import dead_letter, save
from tests.support.database import empty_database, schema_of

pytestmark = pytest.mark.servers
RECORDED_MS = 1_780_000_000_000


@pytest.fixture
def postgres(servers: Endpoints) -> Iterator[str]:
    """The DSN of an empty database."""
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        yield dsn


async def test_what_is_settled_is_counted_no_more_and_stands_behind_what_is_open(postgres: str) -> None:
    async with schema_of("console", postgres) as pool:
        letters = dict(dead_letter(number, RECORDED_MS + number) for number in (1, 2, 3))
        await save(pool, letters)
        latest, state = list(letters.items())[-1]
        await save(pool, {latest: story.settled(state, Settlement("superseded", "<an>", RECORDED_MS + 9_000))})

        rows = await reading.dead_letters(pool)
        page = pages.dead_letters_page(rows)
        counted = (await reading.overview(pool)).totals["dead_letters"]

        assert [row["dead_letter_id"] for row in rows] == [*list(letters)[1::-1], latest]
        assert counted == 2
        assert page.count("chưa xử lý</td>") == 2
        assert page.count("đã thay bằng sự kiện khác") == 1
        assert "&lt;an&gt;" in page

        await save(pool, {latest: replace(state, dead_letter=state.dead_letter)})
        assert (await reading.overview(pool)).totals["dead_letters"] == 3
