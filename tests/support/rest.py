"""What a site holds, and whether it has come to rest: read from outside, as the servers' superuser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
from aiokafka import ConsumerRecord
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from deploy.provision import SERVICES
from shared.contracts.topics import INTERNAL, intake_topic
from tests.support.core import header
from tests.support.site import TestSite, ends_of
from tests.support.waiting import eventually

REST_SECONDS_MAX = 90.0
Place = tuple[str, int]
"""A declared topic and a partition."""

_CORE = {
    "subject": "SELECT * FROM subject",
    "held": "SELECT * FROM held",
    "dead_letter": "SELECT * FROM dead_letter",
    "outbox": "SELECT * FROM outbox WHERE topic NOT LIKE 'ocop.receipts.%'",
}
_OWN = {
    "registration": ("entry", "journal"),
    "evaluation": (),
    "promotion": ("certificate", "task"),
    "notification": ("contact", "notice", "delivery"),
    "console": ("product_row", "dead_letter_row"),
}


@asynccontextmanager
async def database(site: TestSite) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees every schema of the site."""
    connection = await asyncpg.connect(f"{site.site.postgres_superuser_dsn.rpartition('/')[0]}/{site.site.database}")
    try:
        yield connection
    finally:
        await connection.close()


def inputs(site: TestSite, service: str) -> Iterator[Place]:
    """Every partition that the service reads."""
    topics = [topic for topic in INTERNAL if service in topic.readers]
    if service == "registration":
        topics += [intake_topic(unit) for unit in site.site.units]
    return ((topic.name, part) for topic in topics for part in range(topic.partitions))


async def watermarks(connection: asyncpg.Connection, service: str) -> dict[Place, int]:
    """How far the service has come on each partition."""
    rows = await connection.fetch(f"SELECT topic, part, next_offset FROM {service}.watermark")
    return {(row["topic"], row["part"]): row["next_offset"] for row in rows}


async def ends(site: TestSite) -> dict[Place, int]:
    """How many records each partition that anybody reads has ever had."""
    prefix = site.site.topic_prefix
    wanted = {TopicPartition(prefix + topic, part) for service in SERVICES for topic, part in inputs(site, service)}
    admin = AdminClient({"bootstrap.servers": site.site.kafka_bootstrap})
    found = await asyncio.to_thread(ends_of, admin, wanted)
    return {(place.topic.removeprefix(prefix), place.partition): end for place, end in found.items()}


async def at_rest(site: TestSite, *, deadline_seconds: float = REST_SECONDS_MAX) -> dict[Place, int]:
    """Every service stands at the end of all it reads, and nothing is on its way; returns the ends."""
    async with database(site) as connection:

        async def nothing_moves() -> dict[Place, int] | None:
            before = await ends(site)
            if await _busy(site, connection, before) or await ends(site) != before:
                return None
            return before

        found = await eventually(nothing_moves, what="the site at rest", deadline_seconds=deadline_seconds)
    assert found is not None
    return found


async def _busy(site: TestSite, connection: asyncpg.Connection, ends: Mapping[Place, int]) -> bool:
    """True where something may follow yet. What was taken in is asked for first, what is to be sent last."""
    for service in SERVICES:
        stands = await watermarks(connection, service)
        if any(stands.get(place) != ends[place] for place in inputs(site, service)):
            return True
    waiting = "SELECT EXISTS (SELECT FROM registration.journal WHERE woken)", _PENDING, *map(_unsent, SERVICES)
    return any([await connection.fetchval(query) for query in waiting])


_PENDING = "SELECT EXISTS (SELECT FROM notification.delivery WHERE state = 'pending')"


def _unsent(service: str) -> str:
    return f"SELECT EXISTS (SELECT FROM {service}.lane JOIN {service}.relay USING (lane) WHERE head > sent)"


async def fingerprint(site: TestSite) -> dict[str, str]:
    """A hash of each table that says what was decided, told and carried out; receipts aside, which answer anew."""
    found: dict[str, str] = {}
    async with database(site) as connection:
        for service in SERVICES:
            await connection.execute(f"SET search_path TO {service}")
            for table, rows in {**_CORE, **{name: f"SELECT * FROM {name}" for name in _OWN[service]}}.items():
                query = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') "
                found[f"{service}.{table}"] = await connection.fetchval(f"{query} FROM ({rows}) AS t")
    return found


async def numbering(site: TestSite) -> list[str]:
    """What is wrong with the numbers on the internal topics: a gap, or one number for two different events."""
    faults: list[str] = []
    for topic in INTERNAL:
        numbered: dict[str, dict[int, set[tuple[str, bytes | None]]]] = {}
        for record in await site.records(topic.name):
            of_subject = numbered.setdefault(header(record, "subject"), {})
            of_subject.setdefault(int(header(record, "sequence")), set()).add((header(record, "id"), record.value))
        for subject, sequences in numbered.items():
            faults += _numbering(f"{topic.name} {subject}", sequences)
    return faults


def _numbering(name: str, sequences: Mapping[int, set[tuple[str, bytes | None]]]) -> Iterator[str]:
    if sorted(sequences) != list(range(1, len(sequences) + 1)):
        yield f"{name}: {sorted(sequences)}"
    for sequence, events in sequences.items():
        if len(events) > 1:
            yield f"{name} {sequence}: {sorted(event_id for event_id, _ in events)}"


def distinct(records: Sequence[ConsumerRecord]) -> int:
    """How many different events these records are, however often the relay sent each."""
    return len({(header(record, "subject"), header(record, "sequence")) for record in records})
