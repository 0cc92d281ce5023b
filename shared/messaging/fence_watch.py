"""Looks after a running consumer: whether it has failed, and whether it still reads what it thinks it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from shared.contracts.topics import Topic
from shared.kernel.backoff import wait_for
from shared.messaging import fencing
from shared.messaging.consumer import Consumer
from shared.messaging.faults import StopsServiceError, described
from shared.messaging.fencing import Fence, UnansweredError
from shared.messaging.outbox import SQL
from shared.messaging.positions import HistoryLostError

log = structlog.get_logger()


async def watch(consumer: Consumer, fence: Fence, stop: asyncio.Event) -> None:
    """Returns when `stop` is set or the consumer has failed, for whatever a look at Kafka found as well."""
    while not stop.is_set() and consumer.failed is None:
        await wait_for(stop, fencing.FENCE_EVERY_SECONDS)
        try:
            await _look(consumer, fence)
        except (StopsServiceError, UnansweredError) as error:
            consumer.fail(error)
        except Exception as error:
            log.warning("not_looked", group=consumer.group, fault=described(error))


async def run_until_failed(consumer: Consumer, stop: asyncio.Event, every_seconds: float) -> None:
    """Returns when `stop` is set; raises what stopped the consumer as soon as it is known."""
    while not stop.is_set() and consumer.failed is None:
        try:
            await asyncio.wait_for(stop.wait(), every_seconds)
        except TimeoutError:
            continue
    if consumer.failed is not None:
        raise consumer.failed


async def _look(consumer: Consumer, fence: Fence) -> None:
    kafka = consumer.kafka()
    if kafka is None:
        return
    existing = await fence.topics(consumer.pool, "reads", consumer.step.topics)
    there = {consumer.prefix + topic.name for topic in existing}
    await fence.assigned(consumer.group, bool(kafka.assignment()))
    taken = {partition.topic.removeprefix(consumer.prefix) for partition in kafka.assignment()}
    if taken and await _left_out(consumer.group, fence, [topic for topic in existing if topic.name not in taken]):
        log.warning("joins_again", service=fence.service, group=consumer.group)
        kafka.subscribe(consumer.topics(), listener=consumer)
        return
    assigned = [partition for partition in kafka.assignment() if partition.topic in there]
    rows = await consumer.pool.fetch(SQL["watermarks"])
    stands = {(consumer.prefix + row["topic"], row["part"]): row["next_offset"] for row in rows}
    for partition, end in (await fence.ends(kafka, assigned) if assigned else {}).items():
        stood = stands.get((partition.topic, partition.partition), 0)
        if end < stood:
            await fence.topics(consumer.pool, "reads", consumer.step.topics)
            raise HistoryLostError(
                f"{partition.topic}/{partition.partition}: next is {stood}, Kafka ends at {end}; "
                "see deploy/runbooks/history-lost.md"
            )


async def _left_out(group: str, fence: Fence, missing: Sequence[Topic]) -> bool:
    """True where a topic has partitions for every member and none came here: it was away when the group was formed.

    A member that comes back under its name is given what it had, so this would stay so.
    """
    return bool(missing) and max(topic.partitions for topic in missing) >= await fence.members(group)
