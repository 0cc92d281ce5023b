"""A pipeline's place for one test: its own database and topics on the shared servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from os import getpid

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from deploy.local.servers import Endpoints
from deploy.provision import SERVICES, Site, provision
from shared.contracts.envelope import Header
from shared.kernel.backoff import Backoff
from shared.postgres.pool import open_pool

UNITS = ("bnnmt", "66", "68")
PASSWORD = "only-for-tests"
LEADER_ATTEMPTS_MAX = 40
_numbers = count(1)


@dataclass(frozen=True)
class TestSite:
    """A provisioned site and the clients a test needs."""

    __test__ = False
    site: Site
    producer: AIOKafkaProducer

    @asynccontextmanager
    async def pool(self, service: str) -> AsyncIterator[asyncpg.Pool]:
        """Connections as the service's own role."""
        pool = await open_pool(self.site.dsn(service), service, f"{service}-test")
        try:
            yield pool
        finally:
            await pool.close()

    async def send(
        self,
        topic: str,
        value: bytes | None,
        headers: Sequence[Header],
        key: bytes | None = None,
        part: int | None = None,
    ) -> None:
        """One record is on the topic."""
        name = self.site.topic_prefix + topic
        await self.producer.send_and_wait(name, value, key=key, partition=part, headers=list(headers))

    async def terminate(self, pid: int) -> None:
        """The session of this process of PostgreSQL has ended."""
        connection = await asyncpg.connect(self.site.postgres_superuser_dsn)
        try:
            await connection.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
        finally:
            await connection.close()

    async def records(self, topic: str) -> list[ConsumerRecord]:
        """Everything the topic holds now, by partition and offset."""
        consumer = AIOKafkaConsumer(
            self.site.topic_prefix + topic, bootstrap_servers=self.site.kafka_bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            return await _everything(consumer)
        finally:
            await consumer.stop()


async def _everything(consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
    ends = await consumer.end_offsets(consumer.assignment())
    found: list[ConsumerRecord] = []
    while len(found) < sum(ends.values()):
        for records in (await consumer.getmany(timeout_ms=500)).values():
            found += records
    return sorted(found, key=lambda record: (record.partition, record.offset))


@asynccontextmanager
async def fresh_site(servers: Endpoints, units: Sequence[str] = UNITS) -> AsyncIterator[TestSite]:
    """A site that no other test has seen; its database goes with it."""
    number = next(_numbers)
    site = Site(
        servers.kafka_bootstrap,
        f"t{getpid()}-{number}.",
        servers.postgres_superuser_dsn,
        f"ocop_test_{getpid()}_{number}",
        dict.fromkeys(SERVICES, PASSWORD),
        units,
    )
    provision(site)
    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka_bootstrap, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        yield TestSite(site, producer)
    finally:
        await producer.stop()
        await drop(site)


def ends_of(admin: AdminClient, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """The offset behind the last record of each partition, once each has a leader. Blocks."""
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # confluent-kafka types this one not yet
    asked = dict.fromkeys(partitions, latest)
    pause = Backoff(first_seconds=0.05, seconds_max=0.5)
    for _ in range(LEADER_ATTEMPTS_MAX):
        try:
            return {partition: answer.result().offset for partition, answer in admin.list_offsets(asked).items()}
        except KafkaException:  # a partition without a leader for now, as while a broker comes back
            pause.pause()
    raise TimeoutError(f"a partition has no leader: {list(asked)}")


async def drop(site: Site) -> None:
    """The database is gone, whoever was connected, and so are the topics, which a broker would have to carry on."""
    drop_topics(site)
    connection = await asyncpg.connect(site.postgres_superuser_dsn)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{site.database}" WITH (FORCE)')
    finally:
        await connection.close()


def drop_topics(site: Site) -> None:
    """The topics of the site are gone."""
    admin = AdminClient({"bootstrap.servers": site.kafka_bootstrap})
    names = [name for name in admin.list_topics(timeout=10.0).topics if name.startswith(site.topic_prefix)]
    for deleted in admin.delete_topics(names, operation_timeout=10.0).values():
        deleted.result()


def like(site: Site, **changes: object) -> Site:
    """`site`, but for `changes`."""
    return replace(site, **changes)  # type: ignore[arg-type]  # the names are those of Site
