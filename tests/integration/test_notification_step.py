"""Notification behind the real core: from bytes on three topics to rows, numbered events and a notice told as sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

import asyncpg
import orjson
import pytest

from deploy.local.servers import Endpoints
from services.notification.domain.notices import State
from services.notification.handlers import pipeline
from services.notification.ledger import Ledger, Limits
from shared.contracts import promotions
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event
from shared.contracts.notices import ContactSet
from shared.contracts.topics import CONTACTS, DOSSIERS, PROMOTIONS, Topic
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import SQL
from shared.messaging.pipeline import Connection
from shared.messaging.step import SequencedStep
from tests.support.database import empty_database, schema_of
from tests.support.product_events import FIRST, PRODUCER, PRODUCT, filed

pytestmark = pytest.mark.servers

PART = 3
RECORDED_MS = 1_780_000_000_000
BASIS = Basis(act="26/2026/QĐ-TTg", rulebook="qd26-2026", articles=("7.2",))
RETURNED = promotions.DossierReturned(dossier_id=FIRST, returned_on=date(2026, 6, 12), reason="Thiếu", basis=BASIS)
FILED = filed(FIRST, date(2026, 6, 1))
CONTACT = ContactSet(recipient_id=str(PRODUCER), kind="producer", name="HTX Mẫu", email="htx@example.vn", phone=None)


@pytest.fixture
def postgres(servers: Endpoints) -> Iterator[str]:
    """The DSN of an empty database."""
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        yield dsn


def delivered(
    step: SequencedStep[State], topic: Topic, event: Event, offset: int, subject: str = str(PRODUCT)
) -> Delivery:
    """The event as the core reads it from Kafka's bytes, number 1 of its subject."""
    event_id = str(UUID(int=offset + 1000))
    envelope = Envelope(event_id, "/services/x", event.type_name(), subject, 1, RECORDED_MS)
    raw = Delivery(
        topic.name, PART, offset, RECORDED_MS, subject.encode(), envelope.headers(), event.model_dump_json().encode()
    )
    return step.reader.again(raw)


async def apply(pool: asyncpg.Pool, step: SequencedStep[State], deliveries: Sequence[Delivery]) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(SQL["ensure_lanes"], step.lanes())
        await step.apply(conn, deliveries)


async def told(pool: asyncpg.Pool) -> list[tuple[str, str]]:
    """The outbox in order: each event's name and sequence."""
    rows = await pool.fetch("SELECT headers FROM outbox ORDER BY lane, position")
    headers = [dict(orjson.loads(row["headers"])) for row in rows]
    return [(found["ce_type"].split(".")[3], found["ce_sequence"]) for found in headers]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("filed_first", [True, False])
async def test_a_return_writes_two_notices_once_whichever_topic_comes_first(
    postgres: str, filed_first: bool, times: int
) -> None:
    step = SequencedStep(pipeline(), "")
    deliveries = [delivered(step, DOSSIERS, FILED, 0), delivered(step, PROMOTIONS, RETURNED, 0)]
    async with schema_of("notification", postgres) as pool:
        for delivery in deliveries if filed_first else reversed(deliveries):
            for _ in range(times):
                await apply(pool, step, [delivery])

        assert await told(pool) == [("NoticeWritten", "1"), ("NoticeWritten", "2")]
        assert await pool.fetchval("SELECT count(*) FROM delivery WHERE state = 'pending'") == 2
        assert await pool.fetchval("SELECT count(*) FROM held") == 0


async def test_a_sent_notice_is_announced_with_the_next_number_of_its_product(postgres: str) -> None:
    step = SequencedStep(pipeline(), "")

    async def announce(conn: Connection, items: Sequence[tuple[str, int, Event]]) -> None:
        await step.announce(conn, items, RECORDED_MS)

    async with schema_of("notification", postgres) as pool:
        contact = delivered(step, CONTACTS, CONTACT, 0, subject=str(PRODUCER))
        product = [delivered(step, DOSSIERS, FILED, 1), delivered(step, PROMOTIONS, RETURNED, 0)]
        await apply(pool, step, [contact, *product])
        ledger = Ledger(pool, announce, Limits(), "one", "ocop.example.vn")
        (due,) = await ledger.claim()

        await ledger.sent(due)

        assert (await told(pool))[-1] == ("NoticeSent", "3")
        assert await pool.fetchval("SELECT state FROM delivery WHERE notice_id = $1", due.notice_id) == "sent"


async def test_a_fault_while_announcing_leaves_the_notice_unsent_on_record(postgres: str) -> None:
    step = SequencedStep(pipeline(), "")

    async def announce(_conn: Connection, _items: Sequence[tuple[str, int, Event]]) -> None:
        raise ConnectionError

    async with schema_of("notification", postgres) as pool:
        contact = delivered(step, CONTACTS, CONTACT, 0, subject=str(PRODUCER))
        product = [delivered(step, DOSSIERS, FILED, 1), delivered(step, PROMOTIONS, RETURNED, 0)]
        await apply(pool, step, [contact, *product])
        ledger = Ledger(pool, announce, Limits(), "one", "ocop.example.vn")
        (due,) = await ledger.claim()

        with pytest.raises(ConnectionError):
            await ledger.sent(due)

        assert await pool.fetchval("SELECT state FROM delivery WHERE notice_id = $1", due.notice_id) == "pending"
