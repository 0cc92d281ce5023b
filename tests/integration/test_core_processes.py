"""The core in operating-system processes: shared, killed and frozen, the result is the same."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import orjson
import pytest
from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local.layout import inherited_environment
from tests.support import core, toy
from tests.support.core import caught_up, expect, produce, query, season, told
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]
_numbers = count()
SUBJECTS = [toy.subject(number) for number in range(60)]
SHEETS = 12
TOTAL = len(SUBJECTS) * SHEETS


@dataclass
class Service:
    """One process of the toy's service."""

    process: asyncio.subprocess.Process
    log: Path

    def lines(self, event: str) -> list[dict[str, object]]:
        """What it has logged under this name."""
        found = [orjson.loads(line) for line in self.log.read_bytes().splitlines() if line.startswith(b"{")]
        return [line for line in found if line["event"] == event]

    def applied(self) -> int:
        """How many events it has applied."""
        return sum(int(str(line.get("applied", 0))) for line in self.lines("batch"))

    async def end(self, how: signal.Signals) -> None:
        """The process is gone."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        await asyncio.wait_for(self.process.wait(), 20.0)


@asynccontextmanager
async def service(site: TestSite, replica: str, folder: Path, pause: Path | None = None) -> AsyncIterator[Service]:
    """A process that is gone at the end of the block, whatever became of it."""
    told_it = core.settings(site, replica)
    variables = {f"OCOP_{name.upper()}": str(value) for name, value in told_it.model_dump().items()}
    log = folder / f"{replica}-{next(_numbers)}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.core_process"),
            cwd=ROOT,
            env={**inherited_environment(), **variables, "OCOP_TOY_PAUSE": str(pause or "")},
            stdout=output,
            stderr=output,
        )
    made = Service(process, log)
    try:
        yield made
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            await made.end(signal.SIGKILL)


async def group_is(site: TestSite, members: int) -> None:
    """The group is stable and has so many members, each with partitions."""
    admin = AdminClient({"bootstrap.servers": site.site.kafka_bootstrap})
    group = f"{site.site.topic_prefix}{core.SERVICE}"

    async def stands() -> bool:
        try:
            described = await asyncio.to_thread(admin.describe_consumer_groups([group])[group].result)
        except KafkaException:  # a young broker has no coordinator for the group yet
            return False
        shares = [len(member.assignment.topic_partitions) for member in described.members]
        return described.state == ConsumerGroupState.STABLE and len(shares) == members and all(shares)

    await eventually(stands, what=f"{members} members with partitions")


async def applied(site: TestSite) -> int:
    """How many announcements are committed."""
    return int((await query(site, "SELECT count(*) FROM toy"))[0][0])


async def test_two_processes_share_the_partitions_and_one_takes_over_when_the_other_is_killed(
    site: TestSite, tmp_path: Path
) -> None:
    await core.prepare(site)
    stream = season(SUBJECTS, SHEETS)
    half = len(stream) // 2

    async with service(site, "a", tmp_path) as one, service(site, "b", tmp_path) as other:
        await group_is(site, 2)
        await produce(site, stream[:half])
        await caught_up(site)
        shares = one.applied(), other.applied()
        await produce(site, stream[half:])
        await one.end(signal.SIGKILL)
        await caught_up(site)
        await other.end(signal.SIGTERM)

    assert other.process.returncode == 0
    assert sum(shares) == half
    assert all(shares)
    expect(core.once(await told(site, TOTAL)), SUBJECTS, SHEETS)


async def test_a_process_killed_in_mid_stream_goes_on_where_it_stood(site: TestSite, tmp_path: Path) -> None:
    await core.prepare(site)
    stream = season(SUBJECTS, SHEETS)
    third = len(stream) // 3

    for run, sent in enumerate((stream[:third], stream[third : 2 * third], stream[2 * third :])):
        async with service(site, "a", tmp_path) as running:
            before = await applied(site)
            await produce(site, sent)
            if run < 2:
                await eventually(lambda least=before: _more(site, least), what="some of it applied")  # type: ignore[misc]
                await running.end(signal.SIGKILL)
            else:
                await caught_up(site)
                await running.end(signal.SIGTERM)

    expect(core.once(await told(site, TOTAL)), SUBJECTS, SHEETS)


async def _more(site: TestSite, least: int) -> bool:
    return await applied(site) > least


async def test_a_process_frozen_in_its_transaction_writes_nothing_when_it_wakes(site: TestSite, tmp_path: Path) -> None:
    await core.prepare(site)
    folder = tmp_path / "logs"
    folder.mkdir()
    pause = tmp_path / "pause"
    pause.touch()
    stream = season(SUBJECTS, SHEETS)

    async with service(site, "a", folder, pause) as zombie:
        await produce(site, stream)
        await eventually(_exists(tmp_path / "pause.a"), what="the process is in its transaction")
        zombie.process.send_signal(signal.SIGSTOP)
        async with service(site, "b", folder) as heir:
            await caught_up(site)
            pause.unlink()
            zombie.process.send_signal(signal.SIGCONT)
            await eventually(_came_back(zombie), what="the zombie has tried its batch again")
            await produce(site, stream)
            await caught_up(site)
            await heir.end(signal.SIGTERM)

    assert zombie.applied() == 0
    expect(core.once(await told(site, TOTAL)), SUBJECTS, SHEETS)
    assert await query(site, "SELECT 1 FROM dead_letter") == []


def _exists(path: Path) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return await asyncio.to_thread(path.exists)

    return there


def _came_back(zombie: Service) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return any(line.get("redelivered") for line in zombie.lines("batch"))

    return there
