"""A season in which every service dies at every point where a crash hurts most ends as its author wrote it down."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deploy.local.servers import Endpoints
from deploy.season.generator import generate
from deploy.season.lines import SeasonLine
from shared.messaging.crash_points import CrashPoint
from tests.support.crashing import Death
from tests.support.ending import ending
from tests.support.fleet import Fleet, fleet
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

DOSSIER_COUNT = 30
SEED = 2026
CRASHED_SECONDS_MAX = 180.0
LAST_LINES_SHARE = 0.2
"""What is sent only when every service has died everywhere: no death can miss the season."""

CONSUMER = (
    Death(CrashPoint.AFTER_FETCH, 3),
    Death(CrashPoint.IN_TRANSACTION, 2),
    Death(CrashPoint.AFTER_COMMIT),
)
RELAY = (Death(CrashPoint.AFTER_SEND),)
SENDER = (Death(CrashPoint.AFTER_MAIL_TAKEN),)
PLAN: dict[str, tuple[Death, ...]] = {
    "registration": CONSUMER + RELAY,
    "evaluation": CONSUMER + RELAY,
    "promotion": CONSUMER + RELAY,
    "notification": CONSUMER + RELAY + SENDER,
    "console": CONSUMER,
}


def not_reached(running: Fleet) -> dict[str, list[CrashPoint]]:
    """The points of the plan where a service has not died, though it should have."""
    points = {service: [death.point for death in plan] for service, plan in PLAN.items()}
    return {service: of for service, of in points.items() if running.crashed(service) != of}


async def play_with_crashes(running: Fleet, lines: tuple[SeasonLine, ...]) -> None:
    """The season was played, and every service died at every point of its plan before the last lines went out."""
    last = round(len(lines) * (1 - LAST_LINES_SHARE))

    async def reached() -> bool:
        return not await asyncio.to_thread(not_reached, running)

    async with asyncio.TaskGroup() as group:
        group.create_task(running.play(lines[:last]))
        group.create_task(eventually(reached, what="every point", deadline_seconds=CRASHED_SECONDS_MAX))
    await running.play(lines[last:])


async def test_every_service_dies_at_every_crash_point_and_all_is_as_written_down(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIER_COUNT, SEED)

    async with fleet(servers, season, tmp_path / "home", crashes=PLAN) as running:
        await play_with_crashes(running, season.lines)
        found = await ending(running, season, tmp_path / "read")

    assert not_reached(running) == {}
    assert running.killed() == {service: len(plan) for service, plan in PLAN.items()}
    assert found.faults == ()
    assert len(SENDER) <= found.doubles <= len(PLAN["notification"])
