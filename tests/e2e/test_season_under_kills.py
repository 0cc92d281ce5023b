"""A season in which every service is killed while it plays ends as its author wrote it down."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.local.servers import Endpoints
from deploy.season.generator import generate
from deploy.season.lines import SeasonLine
from shared.contracts.topics import DOSSIERS, NOTICES, PROMOTIONS, SCORES, SHEETS
from tests.support.ending import ending
from tests.support.fleet import Fleet, fleet
from tests.support.watching import RECEIPTS, seen_so_many, watching

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 30
SEED = 2026
LAST_LINES_SHARE = 0.2
"""What is sent only when every service has been killed: no kill can miss the season."""
KILLS = {
    "registration": ((RECEIPTS, 150), (RECEIPTS, 550)),
    "evaluation": ((SHEETS.name, 60), (SCORES.name, 30)),
    "promotion": ((PROMOTIONS.name, 12), (PROMOTIONS.name, 60)),
    "notification": ((NOTICES.name, 2), (NOTICES.name, 16)),
    "console": ((DOSSIERS.name, 500),),
}
"""When each service is killed: as soon as so many records have been seen of a kind."""


async def kill_on_the_way(running: Fleet, service: str, points: Sequence[tuple[str, int]], seen: Counter[str]) -> None:
    """The service was killed at each point, and started again."""
    for kind, count in points:
        await seen_so_many(seen, kind, count)
        await running.kill(service)


async def play_under_kills(running: Fleet, lines: Sequence[SeasonLine]) -> None:
    """The season was played, every service killed on its way."""
    last = round(len(lines) * (1 - LAST_LINES_SHARE))
    async with watching(running.site) as seen, asyncio.TaskGroup() as group:
        group.create_task(running.play(lines[:last]))
        for service, points in KILLS.items():
            group.create_task(kill_on_the_way(running, service, points, seen))
    await running.play(lines[last:])


async def test_every_service_is_killed_while_the_season_plays_and_all_is_as_written_down(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIER_COUNT, SEED)

    async with fleet(servers, season, tmp_path / "home") as running:
        await play_under_kills(running, season.lines)
        found = await ending(running, season, tmp_path / "read")

    assert found.faults == ()
    assert found.doubles <= len(KILLS["notification"])
    assert running.killed() == {service: len(points) for service, points in KILLS.items()}
