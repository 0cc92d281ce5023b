"""How long the pipeline is away after a kill -9: `python -m tests.benchmarks.restarts`, on servers of its own.

After each kill the ministry tells the next day. The time ends when that day is applied: by the killed service, or after
a server's death by registration, which takes it in; and, beside it, by all five.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deploy.local.supervisor import STEADY_SECONDS, Supervisor
from deploy.provision import SERVICES
from deploy.season.generator import generate
from deploy.season.lines import SeasonLine, as_record
from shared.contracts.topics import intake_topic
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic
from tests.support.fleet import Fleet, fleet
from tests.support.own_servers import own_servers
from tests.support.rest import at_rest
from tests.support.waiting import eventually

RUNS = 3
SEED = 2026
DOSSIER_COUNT = 30
BACK_SECONDS_MAX = 60.0
LOOK_EVERY_SECONDS = 0.02
LIMITS_SECONDS = {**dict.fromkeys(SERVICES, 3.0), "postgres": 5.0, "kafka": 15.0}
DAY = "vn.ocop.intake.DayStarted.v1"
STANDS = " UNION ALL ".join(
    f"SELECT '{service}' AS service, sum(next_offset)::bigint AS stands FROM {service}.watermark"
    + (" WHERE topic LIKE 'ocop.intake.%'" if service == "registration" else " WHERE topic = 'ocop.dossiers.v1'")
    for service in SERVICES
)


@dataclass
class Eyes:
    """Sees how far each service has come, through the death of the database too."""

    dsn: str
    _connection: asyncpg.Connection | None = field(default=None)

    async def stands(self) -> dict[str, int]:
        """How many records each service has applied of those that every day adds to; empty while nobody answers."""
        try:
            if self._connection is None:
                self._connection = await asyncpg.connect(self.dsn)
            return {row["service"]: row["stands"] or 0 for row in await self._connection.fetch(STANDS)}
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            await self.close()
            return {}

    async def close(self) -> None:
        """No connection is left."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None


@dataclass
class Bench:
    """A running pipeline, and what it is measured by."""

    running: Fleet
    servers: Supervisor
    eyes: Eyes
    days: Iterator[SeasonLine]
    killed_at: dict[str, float] = field(default_factory=dict)

    async def measure(self, name: str) -> tuple[float, float]:
        """Seconds from the kill until the next day is applied by the first that can, and by all."""
        await self._steady(name)
        before = await self.eyes.stands()
        supervisor = self.running.supervisor if name in SERVICES else self.servers
        killed, began = supervisor.pid(name), monotonic()
        self.killed_at[name] = began
        supervisor.send_signal(name, signal.SIGKILL)
        telling = asyncio.create_task(self._tell(next(self.days)))
        await self._until(lambda: supervisor.pid(name) != killed)
        first = name if name in SERVICES else "registration"
        applied = await self._applied(before, first) - began
        everywhere = max([await self._applied(before, service) for service in SERVICES]) - began
        await telling
        return applied, everywhere

    async def _steady(self, name: str) -> None:
        """The program has lived so long that the supervisor takes its death for the first; all is at rest."""
        left = self.killed_at.get(name, 0.0) + STEADY_SECONDS + 5.0 - monotonic()
        if name in self.killed_at and left > 0:
            await Backoff(first_seconds=left, seconds_max=left).wait(asyncio.Event())
        await at_rest(self.running.site)

    async def _tell(self, line: SeasonLine) -> None:
        """The broker has the line, as soon as it takes any; the producer is new at each attempt."""
        value, headers = as_record(line)
        site = self.running.site.site
        backoff = Backoff(first_seconds=0.05, seconds_max=0.05)
        while True:
            producer = AIOKafkaProducer(bootstrap_servers=site.kafka_bootstrap, acks="all")
            try:
                async with asyncio.timeout(2.0):
                    await producer.start()
                    await producer.send_and_wait(
                        site.topic_prefix + intake_topic(line.unit).name, value, headers=headers
                    )
            except (KafkaError, OSError):
                await backoff.wait(asyncio.Event())
            else:
                return
            finally:
                await producer.stop()

    async def _applied(self, before: Mapping[str, int], service: str) -> float:
        backoff, began = Backoff(first_seconds=LOOK_EVERY_SECONDS, seconds_max=LOOK_EVERY_SECONDS), monotonic()
        while (await self.eyes.stands()).get(service, 0) <= before[service]:
            if monotonic() - began > BACK_SECONDS_MAX:
                raise TimeoutError(f"{service} applied nothing for {BACK_SECONDS_MAX} s")
            await backoff.wait(asyncio.Event())
        return monotonic()

    async def _until(self, condition: Callable[[], bool]) -> None:
        async def holds() -> bool:
            return condition()

        await eventually(holds, what="started again", deadline_seconds=BACK_SECONDS_MAX)


def table(found: Mapping[str, list[tuple[float, float]]]) -> str:
    """One line for each that was killed."""
    lines = ["| killed with -9 | first event applied again, s | by all five, s | limit, s | |", "|---|---|---|---|---|"]
    for name, runs in found.items():
        applied, everywhere = ([f"{run[column]:.2f}" for run in runs] for column in (0, 1))
        kept = "" if max(run[0] for run in runs) <= LIMITS_SECONDS[name] else "above"
        lines.append(f"| {name} | {' '.join(applied)} | {' '.join(everywhere)} | {LIMITS_SECONDS[name]:.0f} | {kept} |")
    return "\n".join(lines) + "\n"


async def main() -> None:
    """The table is printed."""
    season, found = generate(DOSSIER_COUNT, SEED), defaultdict[str, list[tuple[float, float]]](list)
    days = iter([line for line in season.lines if (line.event or {}).get("type") == DAY])
    with tempfile.TemporaryDirectory(prefix="ocop-restarts-") as folder:
        home = Path(folder)
        async with own_servers(home / "servers") as own, fleet(own.endpoints, season, home / "home") as running:
            site = running.site.site
            eyes = Eyes(f"{site.postgres_superuser_dsn.rpartition('/')[0]}/{site.database}")
            bench = Bench(running, own.supervisor, eyes, days)
            await running.play([next(days)])
            for _ in range(RUNS):
                for name in LIMITS_SECONDS:
                    found[name].append(await bench.measure(name))
            await eyes.close()
    sys.stdout.write(table(found))


if __name__ == "__main__":
    asyncio.run(main())
