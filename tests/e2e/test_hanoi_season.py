"""Hà Nội's season on real services: districts, province and nation, seen in the console, accounted for, replayed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from deploy.local.servers import Endpoints
from deploy.replay.pipelines import REPLAYED
from deploy.replay.replay import replay_site
from deploy.season.lines import SeasonLine
from deploy.season.seasons import generate_hanoi
from deploy.verify import account
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest, database

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

DOSSIERS = 30
WITH_THE_DISTRICTS, WITH_THE_PROVINCE = "2019-09-01", "2019-10-02"


async def test_a_season_of_three_levels_ends_as_written_down_is_accounted_for_and_replays(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate_hanoi(DOSSIERS)
    filed, sat = upto(season.lines, WITH_THE_DISTRICTS), upto(season.lines, WITH_THE_PROVINCE)

    async with fleet(servers, season, tmp_path) as running:
        await running.play(filed)
        at_districts = await statuses(running)
        waiting = await page(running, "/products?status=at_district")
        await running.play(sat[len(filed) :])
        at_province = await statuses(running)
        await running.play(season.lines[len(sat) :])
        report = await running.check(season)
        await at_rest(running.site)
        found = await account(running.site.site, running.layout.mail)
        async with database(running.site) as connection:
            tasks = await connection.fetch("SELECT task, unit FROM promotion.task WHERE closed_on IS NULL")
            five = await connection.fetchval("SELECT max(product_id) FROM console.product_row WHERE stars = 5")
        told = await page(running, f"/products/{five}")
        replayed = await asyncio.to_thread(lambda: list(replay_site(running.site.site, REPLAYED)))

    assert at_districts == {"at_district": 12, "withdrawn": 1}
    assert waiting.count("Chờ hội đồng huyện</") >= 12
    assert (at_province["at_province"], at_province["ended"]) == (9, 2)
    assert [str(difference) for difference in report.differences] == []
    assert report.counts == report.expected
    assert [str(one) for one in found.unexplained] == []
    assert (found.counts["held"], found.counts["dead_lettered"]) == (0, 0)
    assert [tuple(task) for task in tasks] == [("decide_on_central_result", "01")]
    for level in ("cấp huyện", "cấp tỉnh", "cấp trung ương"):
        assert f"hội đồng {level}" in told
    assert "gửi lên cấp trên" in told
    assert [report.service for report in replayed if not report.equal] == []


def upto(lines: Sequence[SeasonLine], day: str) -> list[SeasonLine]:
    """The lines of the days before this one."""
    return list(takewhile(lambda line: line.event is not None and line.event["time"] < day, lines))


async def statuses(running: Fleet) -> Counter[str]:
    """How many products the console shows in each status, once nothing moves."""
    await at_rest(running.site)
    async with database(running.site) as connection:
        rows = await connection.fetch("SELECT status, count(*) FROM console.product_row GROUP BY status")
    return Counter(dict(map(tuple, rows)))


async def page(running: Fleet, path: str) -> str:
    """A page of the console."""
    async with httpx.AsyncClient(base_url=running.address("console")) as client:
        return (await client.get(path)).text
