"""Operators' acts at the door: what changes anything is told to the sender, and saying it again changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest

from services.registration import admissions
from services.registration.admissions import SERVICE
from services.registration.handlers import Heard
from services.registration.repair import IntakeMender
from shared.contracts import intake
from shared.contracts.receipts import DeadLetterRecorded, DeadLetterSettled
from shared.contracts.topics import CONTACTS, DEAD_LETTERS
from shared.messaging import repair
from shared.messaging.acts import Kind
from shared.messaging.mending import SequencedMender
from tests.support.core import header
from tests.support.intake import MINISTRY, PROVINCE, Door, Line, line, open_door
from tests.support.repairing import ask, repairing
from tests.support.site import TestSite

pytestmark = pytest.mark.servers

DAY = date(2026, 6, 10)
OPENS = line(intake.DayStarted, "day", MINISTRY, date=DAY.isoformat())
PRODUCER = line(intake.ProducerRegistered, "e-producer")
PRODUCT = line(intake.ProductRegistered, "e-product")
DOSSIER = line(intake.DossierFiled, "e-dossier")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "POLL_SECONDS", 0.05)


@asynccontextmanager
async def door_with_operator(site: TestSite, **changes: Any) -> AsyncIterator[Door]:
    """The door is open, and acts are carried out; at the end everything is delivered a second time."""
    async with open_door(site, **changes) as door:
        heard: SequencedMender[Heard] = SequencedMender(door.promotions.step)  # type: ignore[arg-type]  # it is sequenced
        async with repairing(SERVICE, door.pool, [IntakeMender(door.step), heard], lambda: None):
            yield door
            await door.rest()


async def do(door: Door, kind: Kind, target: object, event: bytes | None = None) -> str:
    """Outcome, code and detail of an act, after which the door is at rest."""
    outcome = await ask(door.site, SERVICE, kind, target, event=event)
    await door.rest()
    return f"{outcome.outcome} {outcome.code} {outcome.detail}".strip()


async def letters(door: Door) -> list[UUID]:
    return [row[0] for row in await door.pool.fetch("SELECT dead_letter_id FROM dead_letter ORDER BY topic_offset")]


async def settled(site: TestSite) -> list[str]:
    """How dead letters were settled, as the bus was told."""
    records = [
        record
        for record in await site.records(DEAD_LETTERS.name)
        if header(record, "type") != DeadLetterRecorded.type_name()
    ]
    return [DeadLetterSettled.model_validate_json(record.value).how for record in records]


def break_rule(monkeypatch: pytest.MonkeyPatch, event_id: str) -> list[str]:
    """Judging this event fails until the list returned is emptied."""
    right, broken = vars(admissions)["admit"], [event_id]

    def mistaken(*values: Any) -> Any:
        if values[4] in broken:
            raise ZeroDivisionError("a mistake in a rule")
        return right(*values)

    monkeypatch.setattr(admissions, "admit", mistaken)
    return broken


async def test_an_event_on_which_we_failed_is_judged_when_the_mistake_is_gone_and_releases_what_waited(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = break_rule(monkeypatch, PRODUCER.id)
    async with door_with_operator(site) as door:
        await door.say(OPENS, PRODUCER, PRODUCT)
        (letter,) = await letters(door)

        outcomes = [await do(door, Kind.REDRIVE, letter)]
        untouched = (await door.journal())[PRODUCER.id]["status"]
        broken.clear()
        outcomes += [await do(door, Kind.REDRIVE, letter) for _ in range(2)]

        assert outcomes == [
            "failed failed-again fault",
            "done answered admitted admitted",
            "refused settled-before redriven",
        ]
        assert untouched == "dead_lettered"
        assert await door.told() == [
            (PRODUCER.id, "fault"),
            (PRODUCT.id, "waits-for-producer"),
            (PRODUCER.id, "admitted"),
            (PRODUCT.id, "admitted"),
        ]
        assert await settled(site) == ["redriven"]


async def test_an_unreadable_record_is_answered_by_the_operators_event_and_is_known_when_it_comes_again(
    site: TestSite,
) -> None:
    async with door_with_operator(site) as door:
        value, headers = PRODUCER.binary()
        await door.put(PROVINCE, value, [*headers, ("broken", None)])
        await door.say(PRODUCT)
        (letter,) = await letters(door)
        corrected, _ = PRODUCER.structured()
        foreign, _ = Line("68", "e-x", PRODUCER.type, PRODUCER.data).structured()
        used, _ = Line(PROVINCE, PRODUCT.id, PRODUCER.type, PRODUCER.data).structured()
        invalid, _ = Line(PROVINCE, "e-x", PRODUCER.type, {"reference": 7}).structured()

        outcomes = [await do(door, Kind.REDRIVE, letter)]
        outcomes += [await do(door, Kind.SUPERSEDE, letter, event) for event in (foreign, used, corrected, corrected)]
        bad = await do(door, Kind.SUPERSEDE, letter, invalid)

        assert outcomes == [
            "failed failed-again headers-unreadable",
            "refused event-differs source",
            "refused event-differs id",
            "done answered admitted admitted",
            "refused settled-before superseded",
        ]
        assert bad == "refused settled-before superseded"
        assert await door.told() == [
            (None, "unreadable"),
            (PRODUCT.id, "waits-for-producer"),
            (PRODUCER.id, "admitted"),
            (PRODUCT.id, "admitted"),
        ]
        assert await door.pool.fetchval("SELECT value FROM dead_letter") == value
        journal = await door.journal()
        assert [row["status"] for row in journal.values()] == ["dead_lettered", "admitted", "admitted"]
        assert await settled(site) == ["superseded"]


async def test_a_corrected_event_that_is_not_valid_is_refused_to_the_operator_and_not_to_the_sender(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = break_rule(monkeypatch, PRODUCER.id)
    async with door_with_operator(site) as door:
        await door.say(OPENS, PRODUCER)
        (letter,) = await letters(door)
        other = orjson.dumps({**orjson.loads(PRODUCER.structured()[0]), "id": "e-other"})
        invalid, _ = Line(PROVINCE, PRODUCER.id, PRODUCER.type, {"reference": 7}).structured()
        corrected, _ = Line(PROVINCE, PRODUCER.id, PRODUCER.type, {**PRODUCER.data, "name": "HTX Sửa"}).structured()

        refused = [await do(door, Kind.SUPERSEDE, letter, event) for event in (invalid, other)]
        broken.clear()
        done = await do(door, Kind.SUPERSEDE, letter, corrected)

        assert refused[0].startswith("refused event-unreadable body-invalid")
        assert refused[1] == "refused event-differs id"
        assert done == "done answered admitted admitted"
        assert await door.told() == [(PRODUCER.id, "fault"), (PRODUCER.id, "admitted")]
        (contact,) = await door.announced(CONTACTS.name)
        assert "HTX Sửa" in contact.value.decode()
        assert await door.pool.fetchval("SELECT value FROM dead_letter") == PRODUCER.binary()[0]


async def test_a_skipped_record_is_settled_and_its_sender_hears_nothing_more(site: TestSite) -> None:
    async with door_with_operator(site) as door:
        await door.put(PROVINCE, b"\x89PNG", [])
        await door.say(PRODUCER)
        (letter,) = await letters(door)

        assert await do(door, Kind.SKIP, letter) == "done passed-over"
        assert await do(door, Kind.REDRIVE, letter) == "refused settled-before skipped"
        assert await door.told() == [(None, "unreadable"), (PRODUCER.id, "admitted")]
        assert await settled(site) == ["skipped"]


async def test_a_held_event_is_judged_again_or_refused_with_a_receipt(site: TestSite) -> None:
    async with door_with_operator(site) as door:
        await door.say(OPENS, PRODUCT, DOSSIER)

        outcomes = [
            await do(door, Kind.RELEASE, f"{PROVINCE}/{PRODUCT.id}"),
            await do(door, Kind.REFUSE, f"{PROVINCE}/{PRODUCT.id}"),
            await do(door, Kind.REFUSE, f"{PROVINCE}/{PRODUCT.id}"),
            await do(door, Kind.RELEASE, "68/e-product"),
        ]

        assert outcomes == [
            f"failed still-waits producer:{PROVINCE}/{PRODUCT.data['producer']['reference']}",
            "done answered refused refused-by-operator",
            "refused not-found",
            "refused not-found",
        ]
        assert await door.told() == [
            (PRODUCT.id, "waits-for-producer"),
            (DOSSIER.id, "waits-for-product"),
            (PRODUCT.id, "refused-by-operator"),
        ]
        assert (await door.journal())[DOSSIER.id]["status"] == "held"


async def test_an_event_dated_far_back_goes_on_when_an_operator_has_looked_at_it(site: TestSite) -> None:
    async with door_with_operator(site, fact_days_back_max=5) as door:
        await door.say(OPENS, PRODUCER, PRODUCT, DOSSIER)
        assert (await door.answer(DOSSIER.id))["code"] == "waits-for-operator"

        outcome = await do(door, Kind.RELEASE, f"{PROVINCE}/{DOSSIER.id}")

        assert outcome == "done answered admitted admitted"
        assert (await door.answer(DOSSIER.id))["code"] == "admitted"
