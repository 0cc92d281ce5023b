"""A service behind registration takes in again what it had taken in since its database's copy, in the same order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from deploy.positions.own_records import Own, stands
from deploy.positions.standing import bootstrap
from deploy.provision import Site
from deploy.replay.given import DAYS, guided
from deploy.replay.order import rounds
from deploy.replay.pipelines import pipeline_of
from services.notification.adoption import adopt
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.history import ends_of, records_of
from shared.messaging.pipeline import Connection
from shared.messaging.positions import Place, move
from shared.messaging.step import SequencedStep

BATCH_RECORDS_MAX: Final = 2_000
FORGET_DAYS: Final = "UPDATE subject SET positions = positions - $1::text WHERE jsonb_exists(positions, $1::text)"
IN_DOUBT: Final = "UPDATE delivery SET attempt_open = true, attempts = attempts + 1 WHERE state = 'pending'"


async def refold(site: Site, connection: Connection, service: str, unknown: Sequence[Own]) -> int:
    """The records up to where the service had come are applied, those with consequences in the order these had.

    Where it had come: what it had committed to Kafka, and every record of which something follows that Kafka holds.
    What lies behind is left to the service itself. Returns how many records were taken in again.
    """
    step: SequencedStep[Any] = SequencedStep(guided(pipeline_of(service)), site.topic_prefix)
    own = _announced(step, site.topic_prefix, unknown)
    records = await _since(site, connection, step, service, frozenset(one.cause for one in unknown))
    for slot in sorted({part for _, part in records} | {one.partition for one in own}):
        taken = [step.reader.read(record) for place, of in records.items() if place[1] == slot for record in of]
        announced = [one for one in own if one.partition == slot]
        leading = list(_leading(announced))
        await _adopt(connection, step, leading)
        for turn in rounds(taken, [one for one in announced if one not in leading]):
            for begin in range(0, len(turn.applied), BATCH_RECORDS_MAX):
                await step.apply(connection, turn.applied[begin : begin + BATCH_RECORDS_MAX])
            await _adopt(connection, step, turn.told)
        await move(connection, taken)
    await connection.execute(FORGET_DAYS, DAYS)
    if service == "notification":
        await connection.execute(IN_DOUBT)
    return sum(map(len, records.values()))


def _announced(step: SequencedStep[Any], prefix: str, unknown: Sequence[Own]) -> list[Delivery]:
    """What the service had announced on its topic and the database does not know, each subject's in sequence."""
    output = step.pipeline.output
    reader = Reader((output,) if output else (), prefix, sequenced=True)
    raw = (
        Delivery(one.place[0], one.place[1], one.offset, one.timestamp_ms, one.key, one.headers, one.value)
        for one in unknown
        if output is not None and one.place[0] == output.name
    )
    return sorted(map(reader.again, raw), key=_number)


def _number(one: Delivery) -> tuple[str, int]:
    return (one.envelope.subject, one.envelope.sequence) if one.envelope else ("", 0)


def _leading(announced: Iterable[Delivery]) -> Iterable[Delivery]:
    """What each subject told by itself before any record of these had consequences for it."""
    followed: set[str] = set()
    for one in announced:
        if one.envelope is None or one.envelope.subject in followed:
            continue
        if one.envelope.causation_id == f"{one.envelope.subject}/{one.envelope.sequence}":
            yield one
        else:
            followed.add(one.envelope.subject)


async def _adopt(connection: Connection, step: SequencedStep[Any], told: Sequence[Delivery]) -> None:
    if told:
        await adopt(connection, step, told)


async def _since(
    site: Site, connection: Connection, step: SequencedStep[Any], service: str, causes: frozenset[str]
) -> Mapping[Place, Sequence[ConsumerRecord]]:
    """By partition, the records that the service had taken in and its database does not know."""
    begins = await stands(site, connection, step)
    ends = await ends_of(bootstrap(site), site.topic_prefix, begins)
    committed = await asyncio.to_thread(_committed, site, f"{site.topic_prefix}{service}")
    found: dict[Place, list[ConsumerRecord]] = defaultdict(list)
    last = {place: min(end, committed.get(place, 0)) for place, end in ends.items()}
    async for place, record in records_of(bootstrap(site), site.topic_prefix, begins, ends):
        found[place].append(record)
        envelope = step.reader.read(record).envelope
        if envelope is not None and envelope.id in causes:
            last[place] = max(last[place], record.offset + 1)
    return {place: [record for record in of if record.offset < last[place]] for place, of in found.items()}


def _committed(site: Site, group: str) -> Mapping[Place, int]:
    admin = AdminClient({"bootstrap.servers": site.kafka_bootstrap})
    (answer,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    places = answer.result().topic_partitions
    return {(one.topic.removeprefix(site.topic_prefix), one.partition): one.offset for one in places}
