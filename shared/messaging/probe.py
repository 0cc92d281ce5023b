"""Asks the broker what it holds, on a connection of its own: a consumer that hangs cannot hide how far it is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.kernel.clock import monotonic
from shared.messaging.positions import Place

ANSWER_SECONDS_MAX = 2.0
READ_SECONDS_MAX = 1.0
FETCH_BYTES_MAX = 4 * 1_048_576


class Probe:
    """A reader of these partitions, without a group. A fault ends its connection; the next question opens another."""

    def __init__(self, bootstrap: Sequence[str], prefix: str, places: Collection[Place]) -> None:
        self._bootstrap = list(bootstrap)
        self._prefix = prefix
        self._partitions = [self._partition(place) for place in places]
        self._kafka: AIOKafkaConsumer | None = None
        self._written: dict[Place, tuple[int, int]] = {}

    async def ends(self) -> dict[Place, int]:
        """How many records each partition has ever had; raises where the broker does not say so in time."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                kafka = await self._connected()
                ends = await kafka.end_offsets(self._partitions)
        except BaseException:
            await self.close()
            raise
        return {self._place(partition): end for partition, end in ends.items()}

    async def written_ms(self, wanted: Mapping[Place, int]) -> dict[Place, int]:
        """When the record at this offset of each partition was written; without those not read in time."""
        unread = {place for place, offset in wanted.items() if self._written.get(place, (-1, 0))[0] != offset}
        if unread:
            await self._read({place: wanted[place] for place in unread})
        self._written = {place: found for place, found in self._written.items() if place in wanted}
        return {place: ms for place, (offset, ms) in self._written.items() if offset == wanted[place]}

    async def close(self) -> None:
        """The connection is closed."""
        kafka, self._kafka = self._kafka, None
        if kafka is not None:
            with suppress(Exception):
                async with asyncio.timeout(ANSWER_SECONDS_MAX):
                    await kafka.stop()

    async def _read(self, wanted: Mapping[Place, int]) -> None:
        kafka, partitions = await self._connected(), [self._partition(place) for place in wanted]
        unread, began = dict(wanted), monotonic()
        for place, offset in wanted.items():
            kafka.seek(self._partition(place), offset)
        kafka.resume(*partitions)
        try:
            while unread and (left := READ_SECONDS_MAX - (monotonic() - began)) > 0:
                for partition, records in (await kafka.getmany(*partitions, timeout_ms=int(left * 1000))).items():
                    place = self._place(partition)
                    if place in unread:
                        self._written[place] = (unread.pop(place), records[0].timestamp)
        finally:
            kafka.pause(*partitions)

    async def _connected(self) -> AIOKafkaConsumer:
        if self._kafka is None:
            kafka = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_bytes=FETCH_BYTES_MAX,
            )
            kafka.assign(self._partitions)  # so that the client learns of all topics at once, not one by one
            kafka.pause(*self._partitions)
            try:
                await kafka.start()
            except BaseException:
                await kafka.stop()
                raise
            self._kafka = kafka
        return self._kafka

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._prefix + place[0], place[1])

    def _place(self, partition: TopicPartition) -> Place:
        return partition.topic.removeprefix(self._prefix), partition.partition
