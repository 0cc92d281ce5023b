"""Registration's door for a test: its two consumers under FastStream and its relay, and senders who speak to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from services.registration.admissions import RELEASED_MAX, SERVICE
from services.registration.app import rules
from services.registration.handlers import LANE, Intake, pipeline
from services.registration.settings import Settings
from services.registration.store import SQL
from services.registration.subscriptions import subscribe
from shared.contracts.envelope import STRUCTURED_CONTENT_TYPE, Header
from shared.contracts.event import Event
from shared.contracts.topics import PROMOTIONS, intake_topic, receipts_topic
from shared.messaging.consumer import Consumer, Step
from shared.messaging.runtime import broker, relay
from shared.messaging.step import SequencedStep
from tests.support.core import header
from tests.support.examples import example
from tests.support.site import UNITS, TestSite
from tests.support.waiting import eventually

PROVINCE, MINISTRY = "66", "bnnmt"


@dataclass(frozen=True)
class Line:
    """One event as a sender says it; `source` other than the unit's own is a lie."""

    unit: str
    id: str
    type: str
    data: dict[str, Any]
    source: str = ""

    def attributes(self) -> dict[str, str]:
        """The CloudEvents attributes."""
        source = self.source or f"/units/{self.unit}"
        return {"specversion": "1.0", "id": self.id, "source": source, "type": self.type}

    def binary(self) -> tuple[bytes, list[Header]]:
        """Value and headers in binary content mode."""
        headers: list[Header] = [(f"ce_{name}", value.encode()) for name, value in self.attributes().items()]
        return orjson.dumps(self.data), [*headers, ("content-type", b"application/json")]

    def structured(self) -> tuple[bytes, list[Header]]:
        """Value and headers in structured content mode."""
        content_type = f"{STRUCTURED_CONTENT_TYPE}; charset=utf-8".encode()
        return orjson.dumps({**self.attributes(), "data": self.data}), [("content-type", content_type)]


def line(event: type[Event], event_id: str, unit: str = PROVINCE, **changes: Any) -> Line:
    """The published example of an event under another id, but for `changes` of its data."""
    return Line(unit, event_id, event.type_name(), {**example(event)["data"], **changes})


@dataclass
class Door:
    """Registration while it runs, and what its senders were told."""

    site: TestSite
    pool: asyncpg.Pool
    step: Intake
    intake: Consumer
    promotions: Consumer
    redelivered: int = 0
    said: list[tuple[str, bytes | None, Sequence[Header]]] = field(default_factory=list)

    async def say(self, *lines: Line) -> None:
        """The lines were said in order, those of another unit after the answers to the ones before, and answered."""
        for before, each in zip((None, *lines), lines, strict=False):
            if before is not None and before.unit != each.unit:
                await self.rest()
            await self.put(each.unit, *each.binary())
        await self.rest()

    async def put(self, unit: str, value: bytes | None, headers: Sequence[Header]) -> None:
        """A record as it is was said."""
        self.said.append((unit, value, headers))
        await self.site.send(intake_topic(unit).name, value, headers, b"", part=0)

    async def rest(self) -> None:
        """Everything said was taken in, what was woken was judged, and all of it was sent."""
        await eventually(self._caught_up, what="the door at rest")
        while await self.pool.fetchval(SQL["any_woken"], self.step.units):
            await self.intake.wake([LANE], ["woken"])
            await eventually(self._caught_up, what="the door at rest")

    async def _caught_up(self) -> bool:
        topics = [*((intake_topic(unit).name, 1) for unit in UNITS), (PROMOTIONS.name, PROMOTIONS.partitions)]
        prefix = self.site.site.topic_prefix
        places = [TopicPartition(prefix + name, part) for name, parts in topics for part in range(parts)]
        rows = await self.pool.fetch("SELECT topic, part, next_offset FROM watermark")
        stands = {(prefix + row["topic"], row["part"]): row["next_offset"] for row in rows}
        consumer = self.intake.kafka()
        if consumer is None or any((place.topic, place.partition) not in stands for place in places):
            return False
        wanted: dict[TopicPartition, int] = await consumer.end_offsets(places)
        unsent = await self.pool.fetchval("SELECT EXISTS (SELECT FROM lane JOIN relay USING (lane) WHERE head > sent)")
        return not unsent and all(stands[place.topic, place.partition] == end for place, end in wanted.items())

    async def receipts(self, unit: str = PROVINCE) -> list[dict[str, Any]]:
        """Every receipt of a unit, in order."""
        return [orjson.loads(record.value) for record in await self.site.records(receipts_topic(unit).name)]

    async def told(self, unit: str = PROVINCE) -> list[tuple[str | None, str]]:
        """Event id and code of every receipt of a unit but those for what had been said before."""
        return [(said["event_id"], said["code"]) for said in await self.receipts(unit) if said["code"] != "duplicate"]

    async def answer(self, event_id: str, unit: str = PROVINCE) -> dict[str, Any]:
        """The last receipt about an event that was not the answer to saying it again."""
        return [
            said for said in await self.receipts(unit) if said["event_id"] == event_id and said["code"] != "duplicate"
        ][-1]

    async def announced(self, topic: str) -> list[ConsumerRecord]:
        """What stands on an internal topic, days left out."""
        return [record for record in await self.site.records(topic) if not header(record, "subject").startswith("day/")]

    async def kinds(self, topic: str) -> list[tuple[str, int]]:
        """Kind and number of what stands on an internal topic, days left out."""
        records = await self.announced(topic)
        return [(header(record, "type").split(".")[-2], int(header(record, "sequence"))) for record in records]

    async def journal(self) -> dict[str, asyncpg.Record]:
        """Every row of the journal by event id."""
        return {row["event_id"]: row for row in await self.pool.fetch("SELECT * FROM journal ORDER BY arrival")}

    async def twice(self) -> None:
        """Everything was said again, which had answers and nothing else; Kafka delivered all again: nothing at all."""
        before, count = await self._effects(), await self._answers()
        said, self.said = self.said, []
        for record in said:
            await self.put(*record)
        await self.rest()
        assert await self._effects() == before
        assert await self._answers() == count + len(said)
        await self._read_again()
        assert await self._effects() == before
        assert await self._answers() == count + len(said)

    async def _read_again(self) -> None:
        for consumer in (self.intake, self.promotions):
            kafka = consumer.kafka()
            assert kafka is not None
            places, seen = kafka.assignment(), self.redelivered
            ends = await kafka.end_offsets(places)
            await kafka.commit({place: OffsetAndMetadata(0, "") for place in places})
            for place in places:
                kafka.seek(place, 0)
            await eventually(self._saw(seen + sum(ends.values())), what="everything delivered again")

    def _saw(self, wanted: int) -> Callable[[], Any]:
        async def enough() -> bool:
            return self.redelivered >= wanted

        return enough

    async def _effects(self) -> list[list[asyncpg.Record]]:
        tables = ("journal", "entry", "dead_letter", "subject", "outbox WHERE topic NOT LIKE 'ocop.receipts.%'")
        return [await self.pool.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]

    async def _answers(self) -> int:
        query = "SELECT count(*) FROM outbox WHERE topic LIKE 'ocop.receipts.%'"
        return int(await self.pool.fetchval(query))


def settings(site: TestSite, **changes: Any) -> Settings:
    """What a process of registration is told."""
    told: dict[str, Any] = {
        "kafka_bootstrap": site.site.kafka_bootstrap,
        "topic_prefix": site.site.topic_prefix,
        "postgres_dsn": site.site.dsn(SERVICE),
        "calendar": "scripted",
        "units": tuple(UNITS),
        **changes,
    }
    return Settings(**told)


def make_step(told: Settings, released_max: int = RELEASED_MAX) -> Intake:
    """The step that admits, as `app` makes it."""
    return Intake(rules(told), told.units, told.topic_prefix, released_max=released_max)


def make_consumer(pool: asyncpg.Pool, told: Settings, step: Step, group: str, wake: Callable[[], None]) -> Consumer:
    """A consumer as `app` makes it."""
    return Consumer(
        step, pool, service=SERVICE, group=group, prefix=told.topic_prefix, replica=told.replica, committed=wake
    )


@asynccontextmanager
async def open_door(
    site: TestSite,
    *,
    released_max: int = RELEASED_MAX,
    **changes: Any,
) -> AsyncIterator[Door]:
    """Registration runs in this process until the end of the block, at which everything is delivered a second time."""
    told = settings(site, **changes)
    stop = asyncio.Event()
    async with site.pool(SERVICE) as pool:
        outbox = relay(told, SERVICE)
        step = make_step(told, released_max)
        heard = SequencedStep(pipeline(), told.topic_prefix)
        intake = make_consumer(pool, told, step, "registration-intake", outbox.wake)
        promotions = make_consumer(pool, told, heard, "registration-promotions", outbox.wake)
        door = Door(site, pool, step, intake, promotions)
        _count_redelivered(door)
        faststream = broker(told)
        subscribe(faststream, intake, promotions)
        task = asyncio.create_task(outbox.run(stop))
        await faststream.start()
        try:
            await door.rest()
            yield door
            await door.twice()
        finally:
            stop.set()
            outbox.wake()
            await faststream.stop()
            await task


def _count_redelivered(door: Door) -> None:
    for consumer in (door.intake, door.promotions):
        fresh = consumer._positions.fresh

        def counted(deliveries: Any, watermarks: Any, fresh: Any = fresh) -> Any:
            found = fresh(deliveries, watermarks)
            door.redelivered += len(deliveries) - len(found)
            return found

        consumer._positions.fresh = counted  # type: ignore[method-assign]
