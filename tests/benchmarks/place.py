"""Servers, filled topics and a database to copy: every run of a benchmark begins at the same place."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from aiokafka import AIOKafkaProducer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from psycopg import sql

from deploy.local import postgres
from deploy.local.layout import Layout, checkout_root, default_layout, inherited_environment, prepare
from deploy.local.servers import start_servers
from deploy.local.supervisor import Program, Supervisor
from deploy.provision import SERVICES, Site, provision
from deploy.services import Doors, settings
from shared.contracts.topics import Topic
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic
from tests.benchmarks.history import Line
from tests.benchmarks.machine import processor_seconds
from tests.support.site import drop_topics, ends_of

SERVICE = "evaluation"
PASSWORD = "only-for-benchmarks"
LOOK_SECONDS = 0.1
IN_PLACE_SECONDS_MAX = 60.0
RUN_SECONDS_MAX = 300.0
SEND_BATCH_BYTES = 262_144


@dataclass(frozen=True)
class Place:
    """Two servers of one's own under a supervisor, and the site whose topics are filled once."""

    supervisor: Supervisor
    layout: Layout
    site: Site
    admin: AdminClient

    @contextmanager
    def provisioned(self, name: str) -> Iterator[Place]:
        """Inside, topics and a database of this name exist."""
        site = replace(self.site, topic_prefix=f"{name}.", database=name)
        provision(site)
        try:
            yield replace(self, site=site)
        finally:
            drop_topics(site)
            self._drop(name)

    def fill(self, lines: Iterable[Line]) -> None:
        """Every line is on its topic and partition, in the order given."""
        asyncio.run(_fill(self.site, lines))

    def held(self, topic: Topic) -> int:
        """How many records the topic has ever had."""
        name = self.site.topic_prefix + topic.name
        return sum(ends_of(self.admin, [TopicPartition(name, part) for part in range(topic.partitions)]).values())

    @contextmanager
    def copied(self, name: str) -> Iterator[Place]:
        """Inside, the site has another database: a copy of its own, as that is now."""
        with psycopg.connect(self.site.postgres_superuser_dsn, autocommit=True) as server:
            new, old = sql.Identifier(name), sql.Identifier(self.site.database)
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(new, old))
        try:
            yield replace(self, site=replace(self.site, database=name))
        finally:
            self._drop(name)

    def database(self) -> psycopg.Connection:
        """A connection to the service's schema, as its role."""
        connection = psycopg.connect(self.site.dsn(SERVICE), autocommit=True)
        connection.execute(f"SET search_path = {SERVICE}")
        return connection

    def _drop(self, database: str) -> None:
        with psycopg.connect(self.site.postgres_superuser_dsn, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def program(self, name: str, module: Sequence[str], replica: int) -> Program:
        """A Python module as a process that is told what evaluation is told."""
        told = settings(self.site, SERVICE, Doors(0, 0, 0), "scripted")
        environment = {**inherited_environment(), **told, "OCOP_REPLICA": str(replica), "OCOP_LOG_LEVEL": "WARNING"}
        return Program(
            name=f"{name}-{replica}",
            command=(sys.executable, "-m", *module),
            directory=checkout_root(),
            environment=environment,
            restart=False,
            tier=2,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: its seconds, and the seconds of processor of each kind of process within them."""

    seconds: float
    processor: dict[str, float]


@contextmanager
def place() -> Iterator[Place]:
    """Servers that nobody else uses; nothing is left of them at the end."""
    with tempfile.TemporaryDirectory(prefix="ocop-bench-") as directory:
        layout = Layout(Path(directory).resolve(), default_layout().cache)
        prepare(layout)
        try:
            with Supervisor(layout) as supervisor:
                found = start_servers(layout, supervisor)
                admin = AdminClient({"bootstrap.servers": found.kafka_bootstrap, "log_level": 0})
                passwords = dict.fromkeys(SERVICES, PASSWORD)
                site = Site(found.kafka_bootstrap, "", found.postgres_superuser_dsn, "", passwords, units=())
                yield Place(supervisor, layout, site, admin)
        finally:
            postgres.forget(layout)


def measure(place: Place, programs: Sequence[Program], gate: str, over: Callable[[], float | None]) -> Measured:
    """The programs were started, let go together, and timed until `over` names the moment at which all was done.

    `gate` is a statement that takes the lock at which each of them waits with its first batch, so that starting,
    joining and the first fetch are not timed.
    """
    with place.database() as keeper, place.database() as watcher:
        keeper.autocommit = False
        keeper.execute(gate)
        for program in programs:
            place.supervisor.start(program)
        wait(lambda: _waiting(watcher) == len(programs) or None, IN_PLACE_SECONDS_MAX, "the programs at the gate")
        groups = {
            "service": [place.supervisor.pid(program.name) for program in programs],
            "postgres": [place.supervisor.pid("postgres")],
            "broker": [place.supervisor.pid("kafka")],
        }
        before, began = processor_seconds(groups), monotonic()
        keeper.commit()
        ended = wait(over, RUN_SECONDS_MAX, "the run's end")
        after = processor_seconds(groups)
    for program in programs:
        place.supervisor.stop(program.name)
    return Measured(ended - began, {name: after[name] - before[name] for name in groups})


def _waiting(watcher: psycopg.Connection) -> int:
    row = watcher.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    return int(row[0]) if row else 0


def wait(look: Callable[[], float | None], seconds_max: float, what: str) -> float:
    """What `look` found at last; raises TimeoutError."""
    pause, began = Backoff(first_seconds=LOOK_SECONDS, seconds_max=LOOK_SECONDS), monotonic()
    while (found := look()) is None:
        if monotonic() - began > seconds_max:
            raise TimeoutError(f"{what}: not within {seconds_max} s")
        pause.pause()
    return found


async def _fill(site: Site, lines: Iterable[Line]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=site.kafka_bootstrap, linger_ms=5, max_batch_size=SEND_BATCH_BYTES)
    await producer.start()
    try:
        for line in lines:
            await producer.send(
                site.topic_prefix + line.topic, line.value, key=line.key, partition=line.part, headers=line.headers
            )
        await producer.flush()
    finally:
        await producer.stop()
