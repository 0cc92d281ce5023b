"""Kafka and PostgreSQL for whoever needs real ones: the launcher, and the tests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from deploy.local import kafka, postgres
from deploy.local.jars import fetched_jars
from deploy.local.java import find_java
from deploy.local.layout import Layout, default_layout, inherited_environment, instance_lock, load_secrets
from deploy.local.ports import Ports
from deploy.local.supervisor import Supervisor

KAFKA_VARIABLE: Final = "OCOP_TEST_KAFKA_BOOTSTRAP"
POSTGRES_VARIABLE: Final = "OCOP_TEST_POSTGRES_DSN"


@dataclass(frozen=True)
class Endpoints:
    """Where the two servers answer; the DSN is the superuser's, of the database `postgres`."""

    kafka_bootstrap: str
    postgres_host: str
    postgres_port: int
    postgres_superuser_dsn: str


@dataclass(frozen=True)
class AskedPorts:
    """Ports that a person asked for; None leaves the choice to the launcher."""

    kafka: int | None = None
    postgres: int | None = None


def silent(_line: str) -> None:
    """Say nothing."""


@contextmanager
def local_servers(
    home: Path, asked: AskedPorts | None = None, tell: Callable[[str], None] = silent
) -> Iterator[Endpoints]:
    """Run Kafka and PostgreSQL at `home` while inside, alone there; what they kept is there at the next start.

    Jars and other fetched things come from the checkout's cache. Raises `LocalFault` with the reason in Vietnamese
    and English where a server cannot be had.
    """
    layout = Layout(home.resolve(), default_layout().cache)
    with instance_lock(layout), Supervisor(layout) as supervisor:
        yield start_servers(layout, supervisor, asked, tell)


def start_servers(
    layout: Layout, supervisor: Supervisor, asked: AskedPorts | None = None, tell: Callable[[str], None] = silent
) -> Endpoints:
    """Both servers run under the supervisor and answer; the caller holds the instance's lock."""
    wanted = asked or AskedPorts()
    ports = Ports(layout.state / "ports.json", tell)
    database = postgres.located(
        layout, load_secrets(layout).postgres_superuser, ports.choose("postgres", wanted.postgres)
    )
    postgres.prepare(database)
    supervisor.start(postgres.program(database))
    broker = _broker(layout, ports, wanted, tell)
    kafka.prepare(broker)
    supervisor.start(kafka.program(broker))
    supervisor.wait_ready("postgres")
    supervisor.wait_ready("kafka")
    if (archive := kafka.archive_program(broker)) is not None:
        supervisor.start(archive)
    return endpoints(broker.bootstrap, database.superuser_dsn)


def _broker(layout: Layout, ports: Ports, asked: AskedPorts, tell: Callable[[str], None]) -> kafka.Kafka:
    java, jars = find_java(layout, tell), fetched_jars(layout, tell)
    return kafka.Kafka(layout, jars, java, ports.choose("kafka", asked.kafka), ports.choose("kafka-controller"))


def endpoints(kafka_bootstrap: str, postgres_dsn: str) -> Endpoints:
    """Return the endpoints of servers that somebody runs, from the addresses their clients use."""
    address = urlsplit(postgres_dsn)
    return Endpoints(kafka_bootstrap, address.hostname or "127.0.0.1", address.port or 5432, postgres_dsn)


@contextmanager
def throw_away_servers(tell: Callable[[str], None] = silent) -> Iterator[Endpoints]:
    """Run both servers in a home of their own while inside, and leave nothing of it behind."""
    with tempfile.TemporaryDirectory(prefix="ocop-servers-") as directory:
        home = Path(directory)
        try:
            with local_servers(home, tell=tell) as found:
                yield found
        finally:
            postgres.forget(Layout(home.resolve(), default_layout().cache))


@contextmanager
def endpoints_for_tests() -> Iterator[Endpoints]:
    """Give servers to test on: those the environment names, else containers where Docker answers, else our own."""
    environment = inherited_environment()
    bootstrap, dsn = environment.get(KAFKA_VARIABLE), environment.get(POSTGRES_VARIABLE)
    if bootstrap and dsn:
        yield endpoints(bootstrap, dsn)
        return
    from deploy.local.containers import container_servers, docker_answers  # loads Docker's client

    if not docker_answers():
        with throw_away_servers() as found:
            yield found
        return
    with container_servers() as (bootstrap, dsn):
        yield endpoints(bootstrap, dsn)
