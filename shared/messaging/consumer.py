"""One batch of one consumer is one transaction: the watermark moves with the effects, or neither does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import asyncpg
import stamina
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from asyncpg.pool import PoolConnectionProxy
from faststream import AckPolicy
from faststream.kafka.message import KafkaAckableMessage

from shared.contracts.topics import Topic
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic
from shared.kernel.outcomes import DeadLettered
from shared.kernel.reasons import Reason
from shared.messaging import crash_points
from shared.messaging.batch import Batch
from shared.messaging.crash_points import CrashPoint
from shared.messaging.delivery import Delivery, Reader, trace_ids
from shared.messaging.faults import StopsServiceError, described, may_pass
from shared.messaging.fencing import Fence
from shared.messaging.fold import SequenceConflictError
from shared.messaging.outbox import SQL
from shared.messaging.positions import HistoryLostError, OffsetGapError, Place, Positions, ensure, known_offsets, move

BATCH_RECORDS_MAX = 1_000
BATCH_WAIT_MS_MAX = 20
FETCH_BYTES_MAX = 16 * 1_048_576
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_MS = 2_000
POLL_INTERVAL_MS_MAX = 300_000
COMMIT_EVERY_SECONDS = 1.0
RETRY_WAIT_SECONDS_FIRST = 0.05
RETRY_WAIT_SECONDS_MAX = 5.0
RETRY_SECONDS_MAX = 120.0

log = structlog.get_logger()


class Step(Protocol):
    """What a consumer does with a batch, inside a transaction whose lanes are locked."""

    topics: tuple[Topic, ...]
    reader: Reader

    def lane(self, topic: str, part: int) -> str:
        """The lane that the records of this partition belong to."""
        ...

    def lanes(self) -> list[str]:
        """Every lane this step may write to."""
        ...

    async def apply(
        self, connection: PoolConnectionProxy, deliveries: Sequence[Delivery], wake: Sequence[str] = ()
    ) -> Counter[str]:
        """The effects of the deliveries are written."""
        ...


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Feeds a step with batches, exactly once each, whatever Kafka delivers and however often."""

    def __init__(
        self,
        step: Step,
        pool: asyncpg.Pool,
        *,
        service: str,
        group: str,
        prefix: str,
        replica: str,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        self.step = step
        self.pool = pool
        self.prefix = prefix
        self.group = f"{prefix}{group}"
        self.replica = replica
        self.kafka: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self.failed: Exception | None = None
        self.joined = False
        self.observe: Callable[[int, float, Mapping[str, int]], None] = lambda *_: None  # records, seconds, outcomes
        self.fence: Fence | None = None
        self._service = service
        self._committed = committed
        self._positions = Positions(step.topics)
        self._told_kafka = 0.0
        self._backoff = Backoff(first_seconds=RETRY_WAIT_SECONDS_FIRST, seconds_max=RETRY_WAIT_SECONDS_MAX)

    def topics(self) -> list[str]:
        """The topics to subscribe to, with the pipeline's prefix."""
        return [self.prefix + topic.name for topic in self.step.topics]

    def options(self) -> Mapping[str, Any]:
        """The options of FastStream's subscriber that this mechanism rests on."""
        return {
            "batch": True,
            "group_id": self.group,
            "group_instance_id": f"{self.group}-{self.replica}",
            "ack_policy": AckPolicy.NACK_ON_ERROR,
            "auto_offset_reset": "earliest",
            "max_records": BATCH_RECORDS_MAX,
            "batch_timeout_ms": BATCH_WAIT_MS_MAX,
            "fetch_max_bytes": FETCH_BYTES_MAX,
            "session_timeout_ms": SESSION_TIMEOUT_MS,
            "heartbeat_interval_ms": HEARTBEAT_MS,
            "max_poll_interval_ms": POLL_INTERVAL_MS_MAX,
            "partition_assignment_strategy": (RangePartitionAssignor,),
            "listener": self,
            "parser": self.parse,
            "decoder": self.decode,
        }

    async def parse(self, records: tuple[ConsumerRecord, ...]) -> KafkaAckableMessage:
        """The batch as FastStream's message; nothing is read yet, so nothing can raise."""
        consumer = self.kafka()
        if consumer is None:
            raise RuntimeError("records came before the consumer had started")
        message_id = f"{records[0].topic}:{records[0].offset}"
        return Batch(self._commit_is_due(), raw_message=records, body=b"", consumer=consumer, message_id=message_id)

    def _commit_is_due(self) -> bool:
        """True once every `COMMIT_EVERY_SECONDS`: the watermarks are the truth, Kafka need not hear of each batch."""
        due = monotonic() - self._told_kafka > COMMIT_EVERY_SECONDS
        if due:
            self._told_kafka = monotonic()
        return due

    async def decode(self, message: KafkaAckableMessage) -> list[Delivery]:
        """Every record of the batch as a delivery, the faulty ones too."""
        return [self.step.reader.read(record) for record in message.raw_message]

    async def apply(self, deliveries: Sequence[Delivery]) -> None:
        """The batch is applied and committed. A fault of one event makes that one a dead letter, and no other.

        What is raised is redelivered by FastStream, which waits for nothing; so the wait is here. A consumer that has
        failed takes nothing more in; the runtime sees it and ends the process.
        """
        try:
            crash_points.passed(CrashPoint.AFTER_FETCH)
            await self._settle(deliveries)
        except Exception as error:
            log.error("batch_failed", service=self._service, records=len(deliveries), fault=described(error))
            await self._backoff.wait(asyncio.Event())
            raise
        self._backoff.reset()

    async def wake(self, lanes: Sequence[str], subjects: Sequence[str]) -> Counter[str]:
        """The held records of the subjects are tried again, under the lock of their lanes."""
        return await self._transaction([], lanes, subjects)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Nothing to do: the slot lock fences whoever still works on a partition that is another's by now."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """The consumer stands where the watermarks stand: PostgreSQL, not Kafka's commit, says what was applied."""
        try:
            async for attempt in _patience(lambda error: may_pass(error) or isinstance(error, KafkaError)):
                with attempt:
                    await self._take_positions(list(assigned))
            self.joined = True
        except IllegalStateError:
            log.info("assignment_passed", service=self._service)
        except Exception as error:  # aiokafka would log it and read on from Kafka's own idea of the position
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """The consumer takes nothing more in, and says why; the runtime ends the process."""
        self.failed = error
        log.critical("stopped", service=self._service, error=type(error).__name__, detail=str(error))

    async def _settle(self, deliveries: Sequence[Delivery]) -> None:
        if self.failed is not None:
            raise self.failed
        try:
            await self._with_patience(deliveries)
        except OffsetGapError as gap:
            await self._rewind(deliveries, gap)
        except SequenceConflictError as error:
            self.fail(error)
            raise
        except Exception as error:
            if may_pass(error):
                raise
            await self._isolate(deliveries, error)

    async def _with_patience(self, deliveries: Sequence[Delivery]) -> None:
        """Faults of the world are tried again with back-off; past the limit FastStream's redelivery goes on."""
        async for attempt in _patience(may_pass):
            with attempt:
                await self._transaction(deliveries, self._lanes(deliveries), ())

    async def _transaction(
        self, deliveries: Sequence[Delivery], lanes: Sequence[str], wake: Sequence[str]
    ) -> Counter[str]:
        began = monotonic()
        async with self.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(SQL["lock_lanes"], lanes)
            fresh = self._positions.fresh(deliveries, {(row["topic"], row["part"]): row["next_offset"] for row in rows})
            counts = await self.step.apply(connection, fresh, wake) if fresh or wake else Counter[str]()
            await move(connection, fresh)
            crash_points.passed(CrashPoint.IN_TRANSACTION)
        crash_points.passed(CrashPoint.AFTER_COMMIT)
        counts["redelivered"] += len(deliveries) - len(fresh)
        self._committed()
        spent = monotonic() - began
        self.observe(len(deliveries), spent, counts)
        spent_ms = round(spent * 1000, 1)
        told = {"ms": spent_ms, **counts, **trace_ids(deliveries)}
        log.info("batch", service=self._service, group=self.group, records=len(deliveries), **told)
        return counts

    async def _isolate(self, deliveries: Sequence[Delivery], error: Exception) -> None:
        """Halves of halves, in order, until the event at fault stands alone; then it is a dead letter."""
        log.warning("batch_split", service=self._service, records=len(deliveries), fault=described(error))
        if len(deliveries) > 1:
            middle = len(deliveries) // 2
            await self._settle(deliveries[:middle])
            await self._settle(deliveries[middle:])
            return
        if (known := deliveries[0].fault) is not None and known.reason == Reason.FAULT:
            raise error
        fault = DeadLettered(Reason.FAULT, f"{type(error).__name__}: {error}")
        await self._with_patience([replace(deliveries[0], event=None, fault=fault)])

    def _lanes(self, deliveries: Sequence[Delivery]) -> list[str]:
        return sorted({self.step.lane(delivery.topic, delivery.partition) for delivery in deliveries})

    async def _rewind(self, deliveries: Sequence[Delivery], gap: OffsetGapError) -> None:
        """The consumer stands at the watermarks again; a gap that was there before stops it, for it is in Kafka."""
        log.error("offset_gap", service=self._service, detail=str(gap))
        if not self._positions.may_pass(gap):
            self.fail(gap)
            raise gap
        places = {(self.prefix + delivery.topic, delivery.partition) for delivery in deliveries}
        try:
            await self._take_positions([TopicPartition(*place) for place in places])
        except StopsServiceError as error:
            self.fail(error)
            raise

    async def _take_positions(self, assigned: Sequence[TopicPartition]) -> None:
        consumer = self.kafka()
        if consumer is None or not assigned:
            return
        await self._compare_topics()
        beginnings = await known_offsets(consumer.beginning_offsets, assigned)
        await ensure(self.pool, self.step, {self._place(tp): offset for tp, offset in beginnings.items()})
        positions = await self._seek(consumer, {self._place(tp) for tp in assigned})
        ends = await known_offsets(consumer.end_offsets, assigned)
        for partition in assigned:
            position = positions[self._place(partition)]
            if not beginnings[partition] <= position <= ends[partition]:
                await self._compare_topics()  # one made anew in this very moment is to be named as such
                raise HistoryLostError(
                    f"{partition.topic}/{partition.partition}: next is {position}, "
                    f"Kafka holds {beginnings[partition]} to {ends[partition]}; see deploy/runbooks/history-lost.md"
                )

    async def _compare_topics(self) -> None:
        if self.fence is not None:
            await self.fence.topics(self.pool, "reads", self.step.topics)

    async def _seek(self, consumer: AIOKafkaConsumer, places: set[Place]) -> dict[Place, int]:
        rows = await self.pool.fetch(SQL["watermarks"])
        positions = {(row["topic"], row["part"]): row["next_offset"] for row in rows}
        for topic, part in places:
            consumer.seek(TopicPartition(self.prefix + topic, part), positions[topic, part])
        return positions

    def _place(self, partition: TopicPartition) -> Place:
        return partition.topic.removeprefix(self.prefix), partition.partition


def _patience(on: Callable[[Exception], bool]) -> AsyncIterator[stamina.Attempt]:
    return stamina.retry_context(
        on=on,
        attempts=None,
        timeout=RETRY_SECONDS_MAX,
        wait_initial=RETRY_WAIT_SECONDS_FIRST,
        wait_max=RETRY_WAIT_SECONDS_MAX,
    )
