"""A notice about what was annulled still goes out, and the notice that corrects it behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from deploy.local.servers import Endpoints
from services.notification.handlers import pipeline
from services.notification.ledger import Ledger, Limits
from shared.contracts import promotions
from shared.contracts.event import Basis, Event
from shared.contracts.notices import ContactSet
from shared.contracts.scores import Stage
from shared.contracts.topics import CONTACTS, DOSSIERS, PROMOTIONS, Topic
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import SQL
from shared.messaging.pipeline import Connection
from shared.messaging.step import SequencedStep
from tests.support.database import empty_database, schema_of
from tests.support.interleavings import RECORDED_MS, admitted
from tests.support.product_events import FIRST, PRODUCER, PRODUCT, filed

pytestmark = pytest.mark.servers

PART = 3
BASIS = Basis(act="26/2026/QĐ-TTg", rulebook="little", articles=("10.1.b",))
RECOGNISED = promotions.ProductRecognised(
    dossier_id=FIRST,
    level="province",
    stars=4,
    decision_id=UUID(int=1),
    decision_number="1/QĐ",
    decided_on=date(2026, 8, 20),
    certificate_id=UUID(int=2),
    expires_on=date(2029, 8, 20),
    basis=BASIS,
)
ANNULLED = promotions.DecisionAnnulled(
    dossier_id=FIRST,
    correction_id=UUID(int=3),
    decision_id=UUID(int=1),
    decision_number="1/QĐ",
    annulled_on=date(2026, 9, 5),
    document_number="9/QĐ",
    reason="Sai quy định",
    certificate_id=UUID(int=2),
    stage=Stage(level="province", attempt=1),
    ended=(),
    basis=BASIS,
)
CONTACT = ContactSet(recipient_id=str(PRODUCER), kind="producer", name="HTX Mẫu", email="htx@example.vn", phone=None)


def records(topic: Topic, subject: str, events: Sequence[Event]) -> list[Delivery]:
    return [
        Delivery(
            topic.name, PART, 0, RECORDED_MS, subject.encode(), envelope.headers(), event.model_dump_json().encode()
        )
        for envelope, event in admitted(topic, subject, events)
    ]


async def silent(_connection: Connection, _items: Sequence[tuple[str, int, Event]]) -> None:
    return


async def test_an_unsent_notice_goes_out_before_the_one_that_corrects_it(servers: Endpoints) -> None:
    step = SequencedStep(pipeline(), "")
    told = [
        *records(CONTACTS, str(PRODUCER), [CONTACT]),
        *records(DOSSIERS, str(PRODUCT), [filed(FIRST, date(2026, 6, 1))]),
        *records(PROMOTIONS, str(PRODUCT), [RECOGNISED, ANNULLED]),
    ]
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        async with schema_of("notification", dsn) as pool:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute(SQL["ensure_lanes"], step.lanes())
                await step.apply(connection, [step.reader.again(raw) for raw in told])

            due = await Ledger(pool, silent, Limits(), "one", "ocop.example.vn").claim()

            assert [one.kind for one in due] == ["recognised", "annulled"]
            assert "1/QĐ" in due[1].mail("htx@example.vn").rendered.body
