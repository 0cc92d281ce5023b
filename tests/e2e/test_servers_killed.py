"""A season in which broker, database and single sessions are killed ends as its author wrote it down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.season.generator import generate
from deploy.season.lines import SeasonLine
from shared.contracts.topics import NOTICES, PROMOTIONS, SCORES
from tests.support.ending import ending
from tests.support.fleet import Fleet, fleet
from tests.support.own_servers import OwnServers, own_servers
from tests.support.watching import RECEIPTS, seen_so_many, watching

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

DOSSIER_COUNT = 30
SEED = 2026
LAST_LINES_SHARE = 0.2
"""What is sent only when every kill is done: none can miss the season."""
DOUBLES_MAX = 4
"""Each kill of the database or its sessions may fall between a mail's 250 and its mark."""


async def play_under_kills(running: Fleet, own: OwnServers, lines: Sequence[SeasonLine]) -> None:
    """The season was played, and on its way everything below the services was killed."""
    kills = (
        (RECEIPTS, 150, own.kill_postmaster),
        (RECEIPTS, 300, own.terminate_sessions),
        (SCORES.name, 20, own.kill_broker),
        (PROMOTIONS.name, 40, own.kill_session),
        (NOTICES.name, 10, own.kill_postmaster),
    )
    last = round(len(lines) * (1 - LAST_LINES_SHARE))
    async with watching(running.site) as seen, asyncio.TaskGroup() as group:
        group.create_task(running.play(lines[:last]))
        for kind, count, kill in kills:
            await seen_so_many(seen, kind, count)
            await kill()
    await running.play(lines[last:])


async def test_broker_database_and_sessions_are_killed_while_the_season_plays_and_all_is_as_written_down(
    tmp_path: Path,
) -> None:
    season = generate(DOSSIER_COUNT, SEED)

    async with own_servers(tmp_path / "servers") as own, fleet(own.endpoints, season, tmp_path / "home") as running:
        await play_under_kills(running, own, season.lines)
        found = await ending(running, season, tmp_path / "read")
        deaths = {name: own.supervisor.deaths(name) for name in ("kafka", "postgres")}

    assert found.faults == ()
    assert deaths["kafka"] >= 1
    assert deaths["postgres"] >= 2
    assert running.killed() == {}
    assert found.doubles <= DOUBLES_MAX
