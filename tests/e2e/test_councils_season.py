"""A season in which councils score again, recuse a member, are chaired for the chair and write their opinions."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from deploy.local.servers import Endpoints
from deploy.replay.pipelines import REPLAYED
from deploy.replay.replay import replay_site
from deploy.season.cases import COUNCILS
from deploy.season.generator import generate
from deploy.verify import account
from tests.support.fleet import fleet
from tests.support.rest import database

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 33
SEED = 2026


async def test_a_season_of_councils_ends_as_written_down_is_accounted_for_and_replays(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIER_COUNT, SEED, councils=True)
    assert {case.name for case in COUNCILS} <= {product.case for product in season.expected.products}

    async with fleet(servers, season, tmp_path) as running:
        await running.play(season.lines)
        report = await running.check(season)
        found = await account(running.site.site, running.layout.mail)
        async with database(running.site) as connection:
            told = await connection.fetchval("SELECT count(*) FROM registration.journal WHERE code = 'members-apart'")
            chaired = await connection.fetchval(
                "SELECT subject FROM console.subject WHERE state::text LIKE '%44-TV2/GUQ-HĐOCOP%'"
            )
        async with httpx.AsyncClient(base_url=running.address("console")) as client:
            page = (await client.get(f"/products/{chaired}")).text
        reports = await asyncio.to_thread(lambda: list(replay_site(running.site.site, REPLAYED)))

    assert [str(difference) for difference in report.differences] == []
    assert [str(one) for one in found.unexplained] == []
    assert told == 1
    assert "chủ trì thay theo văn bản số 44-TV2/GUQ-HĐOCOP" in page
    assert [report.service for report in reports if not report.equal] == []
