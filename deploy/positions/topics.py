"""A topic that was replaced: made anew as declared, sent again by its owner, taken by its readers from the start."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local.layout import LocalFault
from deploy.positions.standing import bootstrap, described, schema, topic_named
from deploy.provision import ADMIN_SECONDS_MAX, Site, create_topics
from shared.contracts.topics import TOPIC_BYTES_MAX, Topic
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic
from shared.messaging.fencing import POSITION_HEADER, outputs
from shared.messaging.history import beginnings_of, ends_of
from shared.messaging.outbox import SQL, unpack_headers
from shared.messaging.pipeline import Connection
from shared.messaging.topic_ids import describe

ROWS_AT_ONCE_MAX: Final = 500
LEAD_SECONDS_MAX: Final = 15.0
KNOW_TOPIC: Final = """
    INSERT INTO topic_seen (usage, topic, topic_id) VALUES ($1, $2, $3)
    ON CONFLICT (usage, topic) DO UPDATE SET topic_id = excluded.topic_id"""
ANNOUNCED: Final = """
    SELECT lane, position, part, key, headers, value, written_at FROM outbox JOIN relay USING (lane)
    WHERE topic = $1 AND position <= sent ORDER BY lane, position"""
FROM_BEGINNING: Final = """
    UPDATE watermark SET next_offset = begin FROM unnest($2::integer[], $3::bigint[]) AS u (part, begin)
    WHERE watermark.topic = $1 AND watermark.part = u.part"""


@dataclass(frozen=True, slots=True)
class Resent:
    """How many events an owner sent again, and since when its outbox keeps them; None where it kept none."""

    events: int
    since: datetime | None


async def accept_topic(site: Site, service: str, name: str) -> int:
    """The service takes the topic as it is now, from its beginning; returns how many records wait there.

    What it had applied is dropped as duplicate, by sequence or, at intake, by event id. What is missing shows as a
    gap: later events of the same subject are held.
    """
    topic = topic_named(site, name)
    if service not in topic.readers:
        raise LocalFault(f"{service} không đọc {topic.name}. / {service} does not read {topic.name}.")
    actual = described(site, topic)
    places = [(topic.name, part) for part in range(topic.partitions)]
    begins = await beginnings_of(bootstrap(site), site.topic_prefix, places)
    ends = await ends_of(bootstrap(site), site.topic_prefix, places)
    async with schema(site, service) as connection, connection.transaction():
        await connection.execute(FROM_BEGINNING, topic.name, [part for _, part in begins], list(begins.values()))
        await connection.execute(KNOW_TOPIC, "reads", topic.name, actual.topic_id)
    return sum(ends.values()) - sum(begins.values())


async def resend(site: Site, owner: str, name: str) -> Resent:
    """Everything that the owner's outbox keeps of this topic was sent again, in the order of its lanes.

    The owner's relay must not lead meanwhile; one that has stopped itself does not. Said twice, readers drop it twice.
    """
    topic = topic_named(site, name)
    if topic not in outputs(owner, site.units if owner == "registration" else ()):
        raise LocalFault(f"{owner} không ghi vào {topic.name}. / {owner} does not write to {topic.name}.")
    actual = described(site, topic)
    async with schema(site, owner) as connection:
        await lead(connection, owner)
        resent = await _send_again(site, connection, topic)
        places = [(topic.name, part) for part in range(topic.partitions)]
        ends = await ends_of(bootstrap(site), site.topic_prefix, places)
        async with connection.transaction():
            topics, parts = [place[0] for place in ends], [place[1] for place in ends]
            await connection.execute(SQL["save_relayed"], topics, parts, list(ends.values()))
            await connection.execute(KNOW_TOPIC, "writes", topic.name, actual.topic_id)
    return resent


async def lead(connection: asyncpg.Connection | Connection, owner: str) -> None:
    """No relay of this schema sends while the connection lasts."""
    backoff, began = Backoff(first_seconds=0.1, seconds_max=1.0), monotonic()
    while not await connection.fetchval(SQL["relay_lock"]):
        if monotonic() - began > LEAD_SECONDS_MAX:
            raise LocalFault(
                f"{owner} đang gửi; hãy dừng dịch vụ này trước. / {owner} is sending; stop that service first."
            )
        await backoff.wait(asyncio.Event())


async def _send_again(site: Site, connection: asyncpg.Connection, topic: Topic) -> Resent:
    sent, since = 0, None
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap(site), enable_idempotence=True, acks="all", max_request_size=TOPIC_BYTES_MAX
    )
    async with producer, connection.transaction(readonly=True):
        acks: list[asyncio.Future[object]] = []
        async for row in connection.cursor(ANNOUNCED, topic.name, prefetch=ROWS_AT_ONCE_MAX):
            headers = unpack_headers(row["headers"])
            headers.append((POSITION_HEADER, f"{row['lane']}/{row['position']}".encode()))
            acks.append(
                await producer.send(
                    site.topic_prefix + topic.name,
                    row["value"],
                    key=row["key"].encode(),
                    partition=row["part"],
                    headers=headers,
                )
            )
            since = min(since or row["written_at"], row["written_at"])
            sent += 1
            if len(acks) == ROWS_AT_ONCE_MAX:
                await asyncio.gather(*acks)
                acks.clear()
        await asyncio.gather(*acks)
    return Resent(sent, since)


def recreate(site: Site, name: str) -> Topic:
    """The topic is there as it is declared, and empty: Kafka cannot take partitions away."""
    topic = topic_named(site, name)
    full = site.topic_prefix + topic.name
    admin = AdminClient({"bootstrap.servers": site.kafka_bootstrap})
    for deleted in admin.delete_topics([full], operation_timeout=ADMIN_SECONDS_MAX).values():
        with suppress(_MissingError):
            _result(deleted)
    backoff = Backoff(first_seconds=0.1, seconds_max=1.0)
    while describe(bootstrap(site), [full]):
        backoff.pause()
    create_topics(site)
    return topic


class _MissingError(Exception):
    """There was no such topic to be deleted."""


def _result(deleted: object) -> None:
    try:
        deleted.result()  # type: ignore[attr-defined]  # confluent-kafka's futures are untyped
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise _MissingError from error
        raise LocalFault(f"Không xóa được chủ đề: {error}. / The topic cannot be deleted: {error}.") from error
