"""The deploy step: database, a role and schema for each service, migrations, topics. Safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.cimpl import NewTopic
from psycopg import sql

from shared.contracts.topics import INTERNAL, TOPIC_BYTES_MAX, Topic, intake_topic, receipts_topic
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic
from shared.postgres.migrations import migrate

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "shared" / "messaging" / "sql" / "migrations"
SERVICES = ("registration", "evaluation", "promotion", "notification", "console")
DAY_MS = 86_400_000
ADMIN_SECONDS_MAX = 30.0
LEADERS_SECONDS_MAX = 60.0
ATTEMPT_SECONDS_MAX = 5.0
REPLICAS_MAX = 3


@dataclass(frozen=True, slots=True)
class Site:
    """One pipeline's place: a broker and a prefix for its topics, a database for its schemas, the units that speak."""

    kafka_bootstrap: str
    topic_prefix: str
    postgres_superuser_dsn: str
    database: str
    passwords: Mapping[str, str]
    units: Sequence[str]

    def dsn(self, service: str) -> str:
        """The DSN of a service's own role."""
        return _dsn(self.postgres_superuser_dsn, self.database, role(service), self.passwords[service])


def role(service: str) -> str:
    """The PostgreSQL role of a service."""
    return f"ocop_{service}"


def provision(site: Site) -> int:
    """Everything the services need is there; returns how many migrations were new."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        topics = beside.submit(create_topics, site)
        _create_database(site)
        new = sum(migrate(site.dsn(s), s, (CORE, ROOT / "services" / s / "sql" / "migrations")) for s in SERVICES)
        topics.result()
    return new


def create_topics(site: Site) -> None:
    """Every declared topic exists with its partitions, retention and limits."""
    admin = AdminClient({"bootstrap.servers": site.kafka_bootstrap})
    brokers = len(admin.list_topics(timeout=ADMIN_SECONDS_MAX).brokers)
    declared = [*INTERNAL, *(make(unit) for unit in site.units for make in (intake_topic, receipts_topic))]
    wanted = [_new_topic(topic, site.topic_prefix, min(REPLICAS_MAX, brokers)) for topic in declared]
    for name, future in admin.create_topics(wanted, operation_timeout=ADMIN_SECONDS_MAX).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise RuntimeError(f"topic {name} cannot be created: {error}") from error
    _wait_for_leaders(site, [TopicPartition(t.topic, p) for t in wanted for p in range(t.num_partitions)])


def _wait_for_leaders(site: Site, partitions: Sequence[TopicPartition]) -> None:
    """Every partition answers for itself; a client that came earlier would be turned away at first.

    Each attempt has a client of its own: one that has learnt that a topic is unknown keeps that for a while.
    """
    backoff = Backoff(first_seconds=0.05, seconds_max=0.5)
    began = monotonic()
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # confluent-kafka types this one not yet
    asked = dict.fromkeys(partitions, latest)
    while monotonic() - began < LEADERS_SECONDS_MAX:
        admin = AdminClient({"bootstrap.servers": site.kafka_bootstrap})
        answers = admin.list_offsets(asked, request_timeout=ATTEMPT_SECONDS_MAX)
        asked = {partition: latest for partition, answer in answers.items() if answer.exception()}
        if not asked:
            return
        backoff.pause()
    raise RuntimeError(f"no leader within {LEADERS_SECONDS_MAX} s for {len(asked)} partitions")


def _new_topic(topic: Topic, prefix: str, replicas: int) -> NewTopic:
    retention = -1 if topic.retention_days is None else topic.retention_days * DAY_MS
    from_outside = topic.name.startswith("ocop.intake.")
    config = {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(retention),
        "max.message.bytes": str(TOPIC_BYTES_MAX),
        "min.insync.replicas": str(max(1, replicas - 1)),
        "message.timestamp.type": "LogAppendTime" if from_outside else "CreateTime",
    }
    return NewTopic(prefix + topic.name, topic.partitions, replicas, config=config)


def _create_database(site: Site) -> None:
    with psycopg.connect(site.postgres_superuser_dsn, autocommit=True) as connection:
        for service in SERVICES:
            _create_role(connection, role(service), site.passwords[service])
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (site.database,)).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(_name(site)))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(_name(site)))
    with psycopg.connect(_dsn(site.postgres_superuser_dsn, site.database), autocommit=True) as connection:
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for service in SERVICES:
            _create_schema(connection, site, service)


def _create_role(connection: psycopg.Connection, name: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    verb = sql.SQL("CREATE ROLE" if known is None else "ALTER ROLE")
    connection.execute(
        sql.SQL("{} {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
            verb, sql.Identifier(name), sql.Literal(password)
        )
    )


def _create_schema(connection: psycopg.Connection, site: Site, service: str) -> None:
    owner, schema = sql.Identifier(role(service)), sql.Identifier(service)
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(_name(site), owner))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(schema, owner))
    connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(schema))


def _name(site: Site) -> sql.Identifier:
    return sql.Identifier(site.database)


def _dsn(dsn: str, database: str, user: str | None = None, password: str | None = None) -> str:
    parts = urlsplit(dsn)
    host = f"{parts.hostname}:{parts.port or 5432}"
    who = f"{user}:{quote(password, safe='')}" if user and password else parts.netloc.rpartition("@")[0]
    return urlunsplit((parts.scheme, f"{who}@{host}" if who else host, f"/{database}", parts.query, ""))
