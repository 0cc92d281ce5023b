"""Reads what topics hold, from one offset to another, outside any consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.messaging.positions import Place

POLL_MS_MAX = 500


async def ends_of(bootstrap: Sequence[str], prefix: str, places: Collection[Place]) -> dict[Place, int]:
    """The offset behind the last record of each partition."""
    async with _asking(bootstrap, prefix, places) as (consumer, partitions):
        found = await consumer.end_offsets(partitions)
    return {(tp.topic.removeprefix(prefix), tp.partition): end for tp, end in found.items()}


async def beginnings_of(bootstrap: Sequence[str], prefix: str, places: Collection[Place]) -> dict[Place, int]:
    """The offset of the first record that each partition still holds."""
    async with _asking(bootstrap, prefix, places) as (consumer, partitions):
        found = await consumer.beginning_offsets(partitions)
    return {(tp.topic.removeprefix(prefix), tp.partition): begin for tp, begin in found.items()}


async def records_of(
    bootstrap: Sequence[str], prefix: str, begins: Mapping[Place, int], ends: Mapping[Place, int]
) -> AsyncIterator[tuple[Place, ConsumerRecord]]:
    """Every record from `begins` on and before `ends`, each partition's in order; earlier ones may be gone."""
    wanted = {_partition(prefix, place): place for place, end in ends.items() if begins[place] < end}
    if not wanted:
        return
    async with AIOKafkaConsumer(
        bootstrap_servers=list(bootstrap), enable_auto_commit=False, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign(list(wanted))
        for partition, place in wanted.items():
            consumer.seek(partition, begins[place])
        while wanted:
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS_MAX)).items():
                place = (partition.topic.removeprefix(prefix), partition.partition)
                for record in records:
                    if record.offset < ends[place]:
                        yield place, record
            for partition in list(wanted):
                if await consumer.position(partition) >= ends[wanted[partition]]:
                    del wanted[partition]
                    consumer.pause(partition)


@asynccontextmanager
async def _asking(
    bootstrap: Sequence[str], prefix: str, places: Collection[Place]
) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    """A consumer that knows of all the partitions at once and reads none; one that does not asks topic by topic."""
    partitions = [_partition(prefix, place) for place in places]
    async with AIOKafkaConsumer(bootstrap_servers=list(bootstrap), enable_auto_commit=False) as consumer:
        if partitions:
            consumer.assign(partitions)
            consumer.pause(*partitions)
        yield consumer, partitions


def _partition(prefix: str, place: Place) -> TopicPartition:
    return TopicPartition(prefix + place[0], place[1])
