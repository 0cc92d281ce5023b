"""A season in which every service is killed while it plays ends as its author wrote it down."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path

import pytest

from deploy.local.servers import Endpoints
from deploy.season.generator import generate
from deploy.season.lines import SeasonLine
from deploy.season.outsider import poll, reader, unit_of
from shared.contracts.topics import DOSSIERS, INTERNAL, NOTICES, PROMOTIONS, SCORES, SHEETS
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest, database, numbering
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 30
SEED = 2026
POINT_SECONDS_MAX = 60.0
RECEIPTS = "receipts"
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


@asynccontextmanager
async def watching(site: TestSite) -> AsyncIterator[Counter[str]]:
    """How many records have been seen of each internal topic, and receipts, while inside."""
    prefix, seen = site.site.topic_prefix, Counter[str]()
    internal = {prefix + topic.name: topic.name for topic in INTERNAL}

    def wanted(topic: str) -> bool:
        return topic in internal or unit_of(topic, prefix) is not None

    async with reader(site.site.kafka_bootstrap, wanted, from_now=False) as consumer:

        async def watch() -> None:
            while True:
                seen.update(internal.get(record.topic, RECEIPTS) for record in await poll(consumer, 0.1))

        task = asyncio.create_task(watch())
        try:
            yield seen
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def kill_on_the_way(running: Fleet, service: str, points: Sequence[tuple[str, int]], seen: Counter[str]) -> None:
    """The service was killed at each point, and started again."""
    for kind, count in points:

        async def reached(kind: str = kind, count: int = count) -> bool:
            return seen[kind] >= count

        await eventually(reached, what=f"{count} {kind}", deadline_seconds=POINT_SECONDS_MAX)
        await running.kill(service)


async def play_under_kills(running: Fleet, lines: Sequence[SeasonLine]) -> None:
    """The season was played, every service killed on its way."""
    last = round(len(lines) * (1 - LAST_LINES_SHARE))
    async with watching(running.site) as seen, asyncio.TaskGroup() as group:
        group.create_task(running.play(lines[:last]))
        for service, points in KILLS.items():
            group.create_task(kill_on_the_way(running, service, points, seen))
    await running.play(lines[last:])


def mails_by_message_id(directory: Path) -> dict[str, list[Path]]:
    """Every mail that came, by its Message-ID."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(directory.glob("*.eml")):
        found[str(message_from_bytes(path.read_bytes(), policy=modern)["Message-ID"]).strip()].append(path)
    return found


async def in_doubt(running: Fleet) -> Counter[str]:
    """The Message-IDs whose sending a kill cut short, each with the number of attempts made."""
    async with database(running.site) as connection:
        rows = await connection.fetch("SELECT message_id, attempts FROM notification.delivery WHERE uncertain")
    return Counter({row["message_id"]: row["attempts"] for row in rows})


async def without_doubles_in_doubt(running: Fleet, read: Path) -> Path:
    """The mails as a person's mail program shows them: of those in doubt, one of each Message-ID.

    Whether a mail arrived cannot be known when the sender dies between the server's 250 and its own note of it; then
    it goes out again under its Message-ID. Any other double stays, for the check to find.
    """
    doubtful = await in_doubt(running)
    for message_id, paths in mails_by_message_id(running.layout.mail).items():
        assert len({path.read_bytes().partition(b"\r\n\r\n")[2] for path in paths}) == 1
        for path in paths[:1] if len(paths) <= doubtful[message_id] else paths:
            shutil.copy(path, read / path.name)
    return read


async def test_every_service_is_killed_while_the_season_plays_and_all_is_as_written_down(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIER_COUNT, SEED)
    home, read = tmp_path / "home", tmp_path / "read"
    read.mkdir()

    async with fleet(servers, season, home) as running:
        await play_under_kills(running, season.lines)
        await at_rest(running.site)
        mails = await without_doubles_in_doubt(running, read)
        report = await running.check(season, mails)
        faults = await numbering(running.site)

    assert [str(difference) for difference in report.differences] == []
    assert report.counts == report.expected
    assert faults == []
    assert running.killed() == {service: len(points) for service, points in KILLS.items()}
