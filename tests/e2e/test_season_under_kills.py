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
from deploy.season.checker import check
from deploy.season.generator import generate
from deploy.season.outsider import poll, reader, unit_of
from deploy.season.player import play
from shared.contracts.topics import INTERNAL
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest, database, numbering
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

DOSSIERS = 30
SEED = 2026
CHECK_SECONDS_MAX = 60.0
RECEIPTS = "receipts"
KILLS = {
    "registration": ((RECEIPTS, 150), (RECEIPTS, 550)),
    "evaluation": (("ocop.sheets.v1", 60), ("ocop.scores.v1", 40)),
    "promotion": (("ocop.promotions.v1", 30), ("ocop.promotions.v1", 90)),
    "notification": (("ocop.notices.v1", 4), ("ocop.notices.v1", 60)),
    "console": (("ocop.dossiers.v1", 500),),
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


async def kill_on_the_way(
    running: Fleet, service: str, points: Sequence[tuple[str, int]], seen: Counter[str], playing: asyncio.Task[None]
) -> None:
    """The service was killed at each point, the season still playing."""
    for kind, count in points:

        async def reached(kind: str = kind, count: int = count) -> bool:
            return seen[kind] >= count or playing.done()

        await eventually(reached, what=f"{count} {kind}", deadline_seconds=CHECK_SECONDS_MAX)
        assert not playing.done(), f"the season was over before {service} could be killed at {count} {kind}"
        await running.kill(service)


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
    season = generate(DOSSIERS, SEED)
    home, read = tmp_path / "home", tmp_path / "read"
    read.mkdir()

    async with fleet(servers, season, home) as running, watching(running.site) as seen:
        place = running.site.site.kafka_bootstrap, running.site.site.topic_prefix
        playing = asyncio.create_task(play(*place, season.lines, lambda _: None))
        async with asyncio.TaskGroup() as group:
            for service, points in KILLS.items():
                group.create_task(kill_on_the_way(running, service, points, seen, playing))
        await playing
        await at_rest(running.site)
        mails = await without_doubles_in_doubt(running, read)
        report = await check(*place, mails, season.expected, CHECK_SECONDS_MAX, lambda _: None)
        faults = await numbering(running.site)

    assert [str(difference) for difference in report.differences] == []
    assert report.counts == report.expected
    assert faults == []
    assert running.killed() == {service: len(points) for service, points in KILLS.items()}
    print(dict(seen), {k: len(v) for k, v in mails_by_message_id(running.layout.mail).items() if len(v) > 1})
