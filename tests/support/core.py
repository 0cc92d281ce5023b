"""Runs the toy pipeline for a test: a consumer under FastStream and a relay, in this process or in one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from shared.contracts.envelope import Header
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, SCORES, SHEETS
from shared.kernel.partitions import partition_of
from shared.messaging.consumer import Consumer
from shared.messaging.delivery import Delivery
from shared.messaging.pipeline import Pipeline
from shared.messaging.relay import Relay
from shared.messaging.runtime import broker, relay
from shared.messaging.settings import ServiceSettings
from shared.messaging.step import SequencedStep
from tests.support import toy
from tests.support.site import TestSite
from tests.support.toy import Toy
from tests.support.waiting import eventually

SERVICE = "evaluation"
TOPICS = {"dossiers": DOSSIERS, "sheets": SHEETS}


@dataclass(frozen=True)
class Sent:
    """One event on its way in."""

    about: str
    sequence: int
    event: Event


def settings(site: TestSite, replica: str = "0") -> ServiceSettings:
    """What a process of the toy's service is told."""
    return ServiceSettings(
        kafka_bootstrap=site.site.kafka_bootstrap,
        topic_prefix=site.site.topic_prefix,
        postgres_dsn=site.site.dsn(SERVICE),
        postgres_schema=SERVICE,
        replica=replica,
    )


def make_consumer(
    pool: asyncpg.Pool, told: ServiceSettings, pipeline: Pipeline[Toy], wake: Callable[[], None]
) -> Consumer:
    """The toy's consumer, as a service's `app` makes it."""
    return Consumer(
        SequencedStep(pipeline, told.topic_prefix),
        pool,
        service=SERVICE,
        group=SERVICE,
        prefix=told.topic_prefix,
        replica=told.replica,
        committed=wake,
    )


@dataclass
class Running:
    """The toy while it runs."""

    consumer: Consumer
    relay: Relay
    pool: asyncpg.Pool
    delivered: int = 0


@asynccontextmanager
async def running(
    site: TestSite, *, pipeline: Pipeline[Toy] | None = None, relaying: bool = True, consuming: bool = True
) -> AsyncIterator[Running]:
    """The toy's consumer and relay run in this process until the end of the block."""
    told = settings(site)
    stop = asyncio.Event()
    async with site.pool(SERVICE) as pool:
        outbox = relay(told, SERVICE)
        consumer = make_consumer(pool, told, pipeline or toy.pipeline(), outbox.wake)
        consumer.fence = outbox.fence
        runs = Running(consumer, outbox, pool)
        faststream = broker(told)
        if consuming:
            subscriber = faststream.subscriber(*consumer.topics(), **consumer.options())
            consumer.kafka = lambda: subscriber.consumer

            async def products(deliveries: list[Delivery]) -> None:
                runs.delivered += len(deliveries)
                await consumer.apply(deliveries)

            subscriber(products)
        task = asyncio.create_task(outbox.run(stop)) if relaying else None
        await faststream.start()
        try:
            yield runs
        finally:
            stop.set()
            outbox.wake()
            await faststream.stop()
            if task is not None:
                await task


async def prepare(site: TestSite) -> None:
    """The toy's own table is there."""
    async with site.pool(SERVICE) as pool:
        await pool.execute(toy.TABLE)


async def produce(site: TestSite, events: Sequence[Sent]) -> None:
    """The events are on their topics, each where its owner would put it."""
    acks = []
    for sent in events:
        topic = TOPICS[sent.event.family]
        headers = toy.envelope(sent.about, sent.sequence, sent.event).headers()
        acks.append(
            await site.producer.send(
                site.site.topic_prefix + topic.name,
                sent.event.model_dump_json().encode(),
                key=sent.about.encode(),
                partition=partition_of(sent.about, topic.partitions),
                headers=headers,
            )
        )
    await asyncio.gather(*acks)


async def produce_raw(
    site: TestSite, about: str, value: bytes | None, headers: Sequence[Header], *, key: bytes | None = None
) -> None:
    """A record on the topic of sheets as it is, in the partition of `about`."""
    await site.send(SHEETS.name, value, headers, key, partition_of(about, SHEETS.partitions))


async def query(site: TestSite, statement: str, *values: object) -> list[asyncpg.Record]:
    """Rows as the toy's service sees them."""
    connection = await asyncpg.connect(site.site.dsn(SERVICE), server_settings={"search_path": SERVICE})
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
        return rows
    finally:
        await connection.close()


def header(record: ConsumerRecord, name: str) -> str:
    """One CloudEvents attribute of a record."""
    value: bytes = next(value for key, value in record.headers if key == f"ce_{name}")
    return value.decode()


async def outputs(site: TestSite) -> dict[str, list[tuple[int, int, str]]]:
    """What is on the output topic, by subject, in Kafka's order: (sequence, input's number, id)."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for record in await site.records(SCORES.name):
        number = orjson.loads(record.value)["present"]
        about = header(record, "subject")
        assert record.key.decode() == about
        assert record.partition == partition_of(about, SCORES.partitions)
        found.setdefault(about, []).append((int(header(record, "sequence")), number, header(record, "id")))
    return found


async def told(site: TestSite, count: int, *, deadline_seconds: float = 30.0) -> dict[str, list[tuple[int, int, str]]]:
    """The output once it holds at least `count` records."""
    ends = AIOKafkaConsumer(bootstrap_servers=site.site.kafka_bootstrap)
    await ends.start()
    partitions = [TopicPartition(site.site.topic_prefix + SCORES.name, part) for part in range(SCORES.partitions)]

    async def enough() -> bool:
        held: int = sum((await ends.end_offsets(partitions)).values())
        return held >= count

    try:
        await eventually(enough, what=f"{count} announcements", deadline_seconds=deadline_seconds)
    finally:
        await ends.stop()
    return await outputs(site)


def once(found: dict[str, list[tuple[int, int, str]]]) -> dict[str, list[tuple[int, int, str]]]:
    """Without what a relay that was killed between sending and its note of it sent again, under the same ids."""
    return {about: list(dict.fromkeys(rows)) for about, rows in found.items()}


async def caught_up(site: TestSite, *, relayed: bool = True) -> None:
    """Every watermark stands at its topic's end, and with `relayed` the relay has sent what there was."""
    ends = AIOKafkaConsumer(bootstrap_servers=site.site.kafka_bootstrap)
    await ends.start()
    partitions = [
        TopicPartition(site.site.topic_prefix + topic.name, part)
        for topic in TOPICS.values()
        for part in range(topic.partitions)
    ]

    async def there() -> bool:
        wanted = await ends.end_offsets(partitions)
        rows = await query(site, "SELECT topic, part, next_offset FROM watermark")
        stands = {(site.site.topic_prefix + row["topic"], row["part"]): row["next_offset"] for row in rows}
        unsent = await query(site, "SELECT 1 FROM lane JOIN relay USING (lane) WHERE head > sent")
        if relayed and unsent:
            return False
        return all(stands.get((place.topic, place.partition)) == end for place, end in wanted.items())

    try:
        await eventually(there, what="the consumer at the topics' ends, the relay at the outbox's")
    finally:
        await ends.stop()


async def read_again(runs: Running) -> None:
    """Kafka delivers everything again from offset 0, now and at the next start."""
    kafka = runs.consumer.kafka()
    assert kafka is not None
    places = kafka.assignment()
    await kafka.commit({place: OffsetAndMetadata(0, "") for place in places})
    for place in places:
        kafka.seek(place, 0)


def season(subjects: Sequence[str], sheets: int, *, inverted: bool = True) -> list[Sent]:
    """Sheets of every subject, round by round, some swapped; the requests that open them come in the midst."""
    stream: list[Sent] = []
    for number in range(1, sheets + 1):
        stream += [Sent(about, number, toy.sheet()) for about in subjects]
        if number == min(2, sheets):
            stream += [Sent(about, 1, toy.opened()) for about in subjects]
    if inverted:
        for place in range(0, len(stream) - 7, 14):
            stream[place], stream[place + 7] = stream[place + 7], stream[place]
    return stream


def expect(found: dict[str, list[tuple[int, int, str]]], subjects: Sequence[str], sheets: int) -> None:
    """Every subject's sheets were announced exactly once, in order."""
    wanted = [(number, number) for number in range(1, sheets + 1)]
    assert {
        about: [(sequence, number) for sequence, number, _ in rows] for about, rows in found.items()
    } == dict.fromkeys(subjects, wanted)
    ids = [event_id for rows in found.values() for _, _, event_id in rows]
    assert len(set(ids)) == len(ids)
