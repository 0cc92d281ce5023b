"""The core on real servers: delivered once or twice, each event takes effect once, in order."""

from __future__ import annotations

import pytest

from shared.contracts.topics import DEAD_LETTERS
from tests.support import core, toy
from tests.support.core import Running, caught_up, expect, produce, query, read_again, running, season, told
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

SUBJECTS = [toy.subject(number) for number in range(40)]
SHEETS = 5


@pytest.mark.parametrize("times", [1, 2])
async def test_a_season_takes_effect_once_and_in_order_however_often_it_is_sent(site: TestSite, times: int) -> None:
    await core.prepare(site)
    stream = season(SUBJECTS, SHEETS)

    async with running(site):
        for _ in range(times):
            await produce(site, stream)
        await caught_up(site)

    expect(await told(site, len(SUBJECTS) * SHEETS), SUBJECTS, SHEETS)
    assert await query(site, "SELECT 1 FROM held") == []
    assert await query(site, "SELECT 1 FROM dead_letter") == []
    assert len(await query(site, "SELECT 1 FROM toy")) == len(SUBJECTS) * SHEETS


async def test_kafka_delivering_everything_again_changes_nothing(site: TestSite) -> None:
    await core.prepare(site)
    stream = season(SUBJECTS, SHEETS)
    half = len(stream) // 2
    async with running(site) as runs:
        await produce(site, stream[:half])
        await core.produce_raw(site, SUBJECTS[0], b"unreadable", [], key=b"")
        await caught_up(site)
        again = runs.delivered + half + 1
        await read_again(runs)
        await eventually(lambda: delivered(runs, again), what="everything delivered again")

    async with running(site):
        await produce(site, stream[half:])
        await caught_up(site)

    expect(await told(site, len(SUBJECTS) * SHEETS), SUBJECTS, SHEETS)
    assert len(await site.records(DEAD_LETTERS.name)) == 1
    assert {row["published"] for row in await query(site, "SELECT published FROM subject")} == {SHEETS}


async def delivered(runs: Running, count: int) -> bool:
    return runs.delivered >= count
