"""Reads partitions from their beginning to an exact offset, and no record beyond it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.local.layout import LocalFault

FETCH_BYTES_MAX: Final = 16 * 1_048_576
WAIT_MS_MAX: Final = 500
LONG_POLL_MS_MAX: Final = 10
"""A fetch that still waits at the ends of one slot must not hold up those of the next one."""

Ends = Mapping[tuple[str, int], int]
"""The offset behind the last record, by topic without prefix and partition."""


class HistoryMissingError(LocalFault):
    """Kafka does not hold the history any more that a replay needs from its beginning."""


class Log:
    """The topics of a pipeline, read by partition as often as wanted."""

    def __init__(self, consumer: AIOKafkaConsumer, prefix: str) -> None:
        self._consumer = consumer
        self._prefix = prefix

    async def read(self, ends: Ends) -> list[ConsumerRecord]:
        """All records before `ends`, each partition's in order."""
        wanted = {TopicPartition(self._prefix + topic, part): end for (topic, part), end in ends.items() if end > 0}
        found: dict[TopicPartition, list[ConsumerRecord]] = {place: [] for place in wanted}
        await self._rewind(wanted)
        missing = set(wanted)
        while missing:
            for place, records in (await self._consumer.getmany(*missing, timeout_ms=WAIT_MS_MAX)).items():
                found[place] += (record for record in records if record.offset < wanted[place])
            missing = {place for place in missing if await self._consumer.position(place) < wanted[place]}
        return [record for records in found.values() for record in records]

    async def read_all(self, topic: str, part: int) -> list[ConsumerRecord]:
        """All records that the partition holds now."""
        place = TopicPartition(self._prefix + topic, part)
        ends = await self._consumer.end_offsets([place])
        return await self.read({(topic, part): ends[place]})

    async def _rewind(self, wanted: Mapping[TopicPartition, int]) -> None:
        places: Sequence[TopicPartition] = list(wanted)
        self._consumer.assign(places)
        if not places:
            return
        first, last = await self._consumer.beginning_offsets(places), await self._consumer.end_offsets(places)
        for place, end in wanted.items():
            if first[place] > 0 or last[place] < end:
                raise HistoryMissingError(_words(place, first[place], last[place], end))
            self._consumer.seek(place, 0)


def _words(place: TopicPartition, first: int, last: int, end: int) -> str:
    return (
        f"Kafka không còn đủ lịch sử của {place.topic}/{place.partition}: cần 0 đến {end}, còn {first} đến {last}. / "
        f"Kafka lacks history of {place.topic}/{place.partition}: needed 0 to {end}, there are {first} to {last}."
    )


@asynccontextmanager
async def opened_log(bootstrap: str, prefix: str) -> AsyncIterator[Log]:
    """The log of the pipeline with this prefix, read as a member of no group."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        enable_auto_commit=False,
        fetch_max_bytes=FETCH_BYTES_MAX,
        fetch_max_wait_ms=LONG_POLL_MS_MAX,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    await consumer.start()
    try:
        yield Log(consumer, prefix)
    finally:
        await consumer.stop()
