"""A season in which something is annulled, superseded or withdrawn is accounted for to the last record."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from deploy.local.servers import Endpoints
from deploy.season.generator import generate
from deploy.verify import account
from tests.support.fleet import fleet
from tests.support.rest import database

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 33
SEED = 2026


async def test_a_season_with_corrections_has_nothing_unexplained(servers: Endpoints, tmp_path: Path) -> None:
    season = generate(DOSSIER_COUNT, SEED, corrections=True)

    async with fleet(servers, season, tmp_path) as running:
        await running.play(season.lines)
        found = await account(running.site.site, running.layout.mail)

    assert [str(one) for one in found.unexplained] == []
    assert found.counts["sessions_annulled"] > 0
    assert found.counts["decisions_annulled"] == 1
    assert found.counts["withdrawn"] == 1


async def test_a_season_through_which_evaluation_sleeps_has_nothing_unexplained(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIER_COUNT, SEED, corrections=True)

    async with fleet(servers, season, tmp_path) as running:
        running.supervisor.send_signal("evaluation", signal.SIGSTOP)
        await running.play(season.lines)
        running.supervisor.send_signal("evaluation", signal.SIGCONT)
        found = await account(running.site.site, running.layout.mail, deadline_seconds=60)
        async with database(running.site) as connection:
            overdue = await connection.fetchval("SELECT count(*) FROM promotion.task WHERE task = 'stage_overdue'")

    assert [str(one) for one in found.unexplained] == []
    assert overdue > DOSSIER_COUNT // 2
    assert found.counts["scored"] > 0
