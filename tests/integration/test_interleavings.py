"""Evaluation, promotion and notification on real PostgreSQL: however topics interleave, the same rows and events.

Batch borders, redelivered batches and batches rolled back half-way are drawn too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.local.servers import Endpoints
from services.evaluation.handlers import pipeline as evaluation
from services.notification.handlers import pipeline as notification
from services.promotion.handlers import pipeline as promotion
from shared.contracts.notices import ContactSet
from shared.contracts.topics import CONTACTS, DOSSIERS, PROMOTIONS, SCORES, SHEETS
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import SQL, unpack_headers
from shared.messaging.step import SequencedStep
from tests.support.correction_stories import STORIES, Story
from tests.support.database import empty_database, schema_of
from tests.support.interleavings import RECORDED_MS, admitted
from tests.support.little_rulebook import little_editions, little_rulebooks
from tests.support.product_events import PRODUCER, PRODUCT
from tests.unit.test_promotion_interleavings import ADMITTED, PROMOTIONS_TOLD, SCORES_TOLD, SHEETS_SENT

pytestmark = pytest.mark.servers

PART = 3
BATCH_MAX = 6
EXAMPLES_MAX = 4
ALL_STORIES: Mapping[str, Story] = {
    "a dossier's way": Story(ADMITTED, SHEETS_SENT, SCORES_TOLD, PROMOTIONS_TOLD),
    **STORIES,
}
CONTACT = ContactSet(recipient_id=str(PRODUCER), kind="producer", name="HTX Mẫu", email="htx@example.vn", phone=None)
TABLES = {
    "evaluation": {},
    "promotion": {
        "certificate": "SELECT * FROM certificate",
        "task": "SELECT * FROM task",
    },
    "notification": {
        "notice": "SELECT notice_id, subject, part, recipient_id, kind, facts FROM notice",
        "delivery": "SELECT notice_id, channel, state FROM delivery",
        "contact": "SELECT * FROM contact",
    },
}
CORE = {
    "subject": "SELECT subject, part, positions, published, state, due_on FROM subject",
    "held": "SELECT subject, topic, sequence, reason FROM held",
    "dead_letter": "SELECT dead_letter_id FROM dead_letter",
    "outbox": "SELECT lane, position, topic, part, key, headers, value FROM outbox",
}
Found = dict[str, list[str]]


@dataclass
class Service:
    """One service on its own schema, and how far it has read each of its topics."""

    step: SequencedStep[Any]
    pool: asyncpg.Pool
    read: dict[str, int] = field(default_factory=dict)

    async def empty(self) -> None:
        """Nothing has ever happened."""
        self.read.clear()
        tables = await self.pool.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE '%yoyo%'"
        )
        await self.pool.execute("TRUNCATE " + ", ".join(row["tablename"] for row in tables))
        await self.pool.execute(SQL["ensure_lanes"], self.step.lanes())

    async def apply(self, batch: Sequence[Delivery], *, roll_back: bool = False) -> None:
        """The batch was applied in a transaction, or undone at its end."""
        again = [self.step.reader.again(raw) for raw in batch]
        async with self.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await self.step.apply(connection, again)
            await (transaction.rollback() if roll_back else transaction.commit())

    async def sent(self, topic: str) -> list[Delivery]:
        """What stands in the outbox, as its readers would get it."""
        rows = await self.pool.fetch(
            "SELECT position, key, headers, value FROM outbox WHERE topic = $1 ORDER BY position", topic
        )
        return [
            Delivery(topic, PART, place, RECORDED_MS, _bytes(row["key"]), unpack_headers(row["headers"]), row["value"])
            for place, row in enumerate(rows)
        ]

    async def found(self) -> Found:
        """Every row that says what was decided and told."""
        queries = {**CORE, **TABLES[self.step.pipeline.service]}
        return {
            table: [
                row["row"] for row in await self.pool.fetch(f"SELECT t::text AS row FROM ({query}) AS t ORDER BY 1")
            ]
            for table, query in queries.items()
        }


class World:
    """The three services in one database, on a loop of their own."""

    def __init__(self, dsn: str) -> None:
        self.runner = asyncio.Runner()
        self._dsn = dsn
        self._open = AsyncExitStack()
        self._first: dict[str, dict[str, Found]] = {}
        self.services: dict[str, Service] = self.runner.run(self._services())

    async def _services(self) -> dict[str, Service]:
        books = little_rulebooks()
        found = {}
        for pipeline in (evaluation(books), promotion(books, little_editions()), notification()):
            pool = await self._open.enter_async_context(schema_of(pipeline.service, self._dsn))
            found[pipeline.service] = Service(SequencedStep(pipeline, ""), pool)
        return found

    def close(self) -> None:
        """The pools are closed."""
        self.runner.run(self._open.aclose())
        self.runner.close()

    def played(self, story: Story, chance: Random | None) -> dict[str, Found]:
        """What the services hold when everything was delivered, in order and one by one where there is no chance."""
        return self.runner.run(self._play(story, chance))

    def in_order(self, name: str) -> dict[str, Found]:
        """The same without chance, remembered."""
        if name not in self._first:
            self._first[name] = self.played(ALL_STORIES[name], None)
        return self._first[name]

    async def _play(self, story: Story, chance: Random | None) -> dict[str, Found]:
        for service in self.services.values():
            await service.empty()
        logs = {
            DOSSIERS.name: _records(DOSSIERS.name, str(PRODUCT), admitted(DOSSIERS, str(PRODUCT), story.dossiers)),
            SHEETS.name: _records(SHEETS.name, str(PRODUCT), admitted(SHEETS, str(PRODUCT), story.sheets)),
            CONTACTS.name: _records(CONTACTS.name, str(PRODUCER), admitted(CONTACTS, str(PRODUCER), [CONTACT])),
        }
        while True:
            logs[SCORES.name] = await self.services["evaluation"].sent(SCORES.name)
            logs[PROMOTIONS.name] = await self.services["promotion"].sent(PROMOTIONS.name)
            ready = [
                (service, topic.name)
                for service in self.services.values()
                for topic in service.step.topics
                if service.read.get(topic.name, 0) < len(logs[topic.name])
            ]
            if not ready:
                return {name: await service.found() for name, service in self.services.items()}
            service, topic = chance.choice(ready) if chance else ready[0]
            await _deliver(service, topic, logs[topic], chance)


async def _deliver(service: Service, topic: str, log: Sequence[Delivery], chance: Random | None) -> None:
    """The next batch of the topic was applied once, twice, or after a first attempt that was rolled back."""
    first = service.read.get(topic, 0)
    batch = log[first : first + (chance.randint(1, BATCH_MAX) if chance else 1)]
    fate = chance.choice(("once", "once", "twice", "rolled back")) if chance else "once"
    if fate != "once":
        await service.apply(batch, roll_back=fate == "rolled back")
    await service.apply(batch)
    service.read[topic] = first + len(batch)


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


def _records(topic: str, subject: str, log: Sequence[Any]) -> list[Delivery]:
    return [
        Delivery(
            topic,
            PART,
            place,
            RECORDED_MS,
            subject.encode(),
            envelope.headers(),
            event.model_dump_json().encode(),
        )
        for place, (envelope, event) in enumerate(log)
    ]


@pytest.fixture(scope="module")
def world(servers: Endpoints) -> Iterator[World]:
    """The services in an empty database."""
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        made = World(dsn)
        try:
            yield made
        finally:
            made.close()


@pytest.mark.parametrize("name", ALL_STORIES)
@settings(max_examples=EXAMPLES_MAX, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(chance=st.randoms(use_true_random=False))
def test_however_topics_interleave_the_same_rows_and_events_stand(world: World, name: str, chance: Random) -> None:
    found = world.played(ALL_STORIES[name], chance)

    assert found == world.in_order(name)


@pytest.mark.parametrize("name", ALL_STORIES)
def test_what_stands_is_what_the_story_says(world: World, name: str) -> None:
    story, found = ALL_STORIES[name], world.in_order(name)

    assert len(found["evaluation"]["outbox"]) == len([line for line in story.scores.splitlines() if line.strip()])
    assert len(found["promotion"]["outbox"]) == len([line for line in story.promotions.splitlines() if line.strip()])
    assert [service["held"] + service["dead_letter"] for service in found.values()] == [[], [], []]


def test_an_annulled_certificate_is_marked_and_its_notices_are_corrected(world: World) -> None:
    found = world.in_order("recognition annulled")

    certificates = sorted(found["promotion"]["certificate"])
    kinds = sorted(row.split(",")[4] for row in found["notification"]["notice"])
    assert ["2026-09-05" in row for row in certificates].count(True) == 1
    assert kinds == ["annulled"] * 2 + ["recognised"] * 4 + ["returned"] * 2
