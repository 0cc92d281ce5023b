"""Reading topics as an outsider does: a raw consumer of no group, from the beginning or from now on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.envelope import Header
from shared.contracts.topics import INTERNAL, PARTITIONS, intake_topic, receipts_topic

POLL_RECORDS_MAX: Final = 2000
_UNIT: Final = "([0-9]{2}|bnnmt)"


class Record(Protocol):
    """What of aiokafka's ConsumerRecord is read here."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[Header]


def unit_of(topic: str, prefix: str) -> str | None:
    """The unit whose receipts topic this is, or None."""
    found = re.fullmatch(re.escape(prefix) + re.escape(receipts_topic("%").name).replace("%", _UNIT), topic)
    return found.group(1) if found else None


def unit_of_intake(topic: str, prefix: str) -> str | None:
    """The unit whose intake topic this is, or None."""
    found = re.fullmatch(re.escape(prefix) + re.escape(intake_topic("%").name).replace("%", _UNIT), topic)
    return found.group(1) if found else None


@asynccontextmanager
async def reader(bootstrap: str, wanted: Callable[[str], bool], *, from_now: bool) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer assigned to every partition of the wanted topics, at their beginning or at their present end."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        partitions = await partitions_of(consumer, wanted)
        consumer.assign(partitions)
        offsets = await (consumer.end_offsets if from_now else consumer.beginning_offsets)(partitions)
        for partition, offset in offsets.items():
            consumer.seek(partition, offset)
        yield consumer
    finally:
        await consumer.stop()


async def partitions_of(consumer: AIOKafkaConsumer, wanted: Callable[[str], bool]) -> list[TopicPartition]:
    """Every partition of the wanted topics that the broker has; their number is the declared one."""
    topics = sorted(topic for topic in await consumer.topics() if wanted(topic))
    return [TopicPartition(topic, partition) for topic in topics for partition in range(_declared(topic))]


def _declared(topic: str) -> int:
    return PARTITIONS if any(topic.endswith(internal.name) for internal in INTERNAL) else 1


async def poll(consumer: AIOKafkaConsumer, timeout_seconds: float) -> list[Record]:
    """What came within the timeout, in the order of each partition; empty where nothing did."""
    batches = await consumer.getmany(timeout_ms=round(timeout_seconds * 1000), max_records=POLL_RECORDS_MAX)
    return [record for batch in batches.values() for record in batch]


async def at_end(consumer: AIOKafkaConsumer) -> bool:
    """True when the consumer has read all that the broker has."""
    partitions = list(consumer.assignment())
    ends = await consumer.end_offsets(partitions)
    positions = [(await consumer.position(partition), ends[partition]) for partition in partitions]
    return all(position >= end for position, end in positions)


def header(record: Record, name: str) -> str:
    """A header's text; empty where there is none."""
    found: Iterable[bytes | None] = (value for key, value in record.headers if key == name)
    return (next(iter(found), None) or b"").decode()


def body(record: Record) -> dict[str, Any]:
    """The record's JSON object; raises ValueError for what is not JSON."""
    document: dict[str, Any] = orjson.loads(record.value or b"")
    return document
