"""The door: what units say is admitted, held, refused or kept as unreadable, once, whatever is delivered again.

Every scenario is delivered twice: when a test has seen what it came for, `open_door` lets the senders say everything
again and Kafka deliver everything again, and sees that only answers follow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import structlog

from services.registration import admissions, messages, store
from services.registration.domain.announcements import Published, SheetGiven
from services.registration.handlers import LANE, LaneMissingError
from shared.contracts import intake, promotions
from shared.contracts.envelope import Envelope, Header
from shared.contracts.event import Basis, Event
from shared.contracts.topics import CONTACTS, DEAD_LETTERS, DOSSIERS, PROMOTIONS, SCORES, SHEETS, intake_topic
from shared.kernel.partitions import partition_of
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import SQL
from shared.messaging.positions import ensure
from tests.support.core import header
from tests.support.intake import MINISTRY, PROVINCE, Door, Line, line, make_consumer, make_step, open_door, settings
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

DAY = date(2026, 6, 10)
PRODUCER = line(intake.ProducerRegistered, "e-producer")
PRODUCT = line(intake.ProductRegistered, "e-product")
DOSSIER = line(intake.DossierFiled, "e-dossier")
ASSESSED = line(intake.CommuneAssessed, "e-assessed")
FILED = (PRODUCER, PRODUCT, DOSSIER)
SOURCE_OF_ANOTHER = "/units/68"


def opens(day: date) -> Line:
    """The ministry's scripted calendar stands at `day`."""
    return line(intake.DayStarted, f"day-{day}", MINISTRY, date=day.isoformat())


async def test_what_is_admitted_is_given_its_ids_and_number_and_saying_it_again_gives_the_same(site: TestSite) -> None:
    async with open_door(site) as door:
        await door.say(opens(DAY), line(intake.OfficeRegistered, "e-office"), *FILED, ASSESSED)

        assert await door.told() == [
            (event_id, "admitted") for event_id in ("e-office", "e-producer", "e-product", "e-dossier", "e-assessed")
        ]
        product_id = (await door.answer("e-product"))["given"]["product_id"]
        assert (await door.answer("e-dossier"))["given"].keys() == {"dossier_id", "regime"}
        assert (await door.answer("e-assessed"))["given"] == {"number": "66-24259-1-2026"}
        assert await door.kinds(DOSSIERS.name) == [
            ("ProductRegistered", 1),
            ("DossierFiled", 2),
            ("CommuneAssessed", 3),
        ]
        assert {record.key.decode() for record in await door.announced(DOSSIERS.name)} == {product_id}
        assert len(await door.announced(CONTACTS.name)) == 2

        await door.say(*FILED, ASSESSED)

        receipts = await door.receipts()
        assert [receipt["code"] for receipt in receipts[5:]] == ["duplicate"] * 4
        assert [receipt["given"] for receipt in receipts[5:]] == [receipt["given"] for receipt in receipts[1:5]]


async def test_the_communes_number_is_taken_in_its_turn_and_names_the_product_in_any_form(site: TestSite) -> None:
    more = [
        line(intake.ProductRegistered, "e-product-2", reference="SP-2"),
        line(intake.DossierFiled, "e-dossier-2", reference="HS-2", product={"reference": "SP-2"}),
    ]
    second = line(
        intake.CommuneAssessed, "e-second", dossier={"reference": "HS-2"}, product_number="66 – 24259 – 02 – 2026"
    )
    wrong = line(intake.CommuneAssessed, "e-wrong", dossier={"number": "(66)-(24259)-(1)-2026"}, product_number="66-1")
    async with open_door(site) as door:
        await door.say(opens(DAY), *FILED, *more, second)
        held = await door.answer(second.id)
        await door.say(ASSESSED, wrong)

        assert (held["code"], held["waits_for"]) == ("waits-for-number", "number:66-24259-1-2026")
        assert (await door.answer(ASSESSED.id))["given"] == {"number": "66-24259-1-2026"}
        assert (await door.answer(second.id))["given"] == {"number": "66-24259-2-2026"}
        assert (await door.answer(wrong.id))["code"] == "dossier-not-open"


REFUSED: Mapping[str, tuple[Line, tuple[str, str | None]]] = {
    "another unit's source": (
        Line(PROVINCE, "e-1", PRODUCER.type, PRODUCER.data, SOURCE_OF_ANOTHER),
        ("source-differs", "source"),
    ),
    "another unit's source and a wrong field": (
        Line(PROVINCE, "e-2", PRODUCER.type, {"reference": 5}, SOURCE_OF_ANOTHER),
        ("source-differs", "source"),
    ),
    "a commune of another province": (
        line(intake.ProducerRegistered, "e-3", commune_code="00004"),
        ("commune-of-another-province", "commune_code"),
    ),
    "an unknown field": (line(intake.ProducerRegistered, "e-4", surprise=1), ("event-invalid", "data.surprise")),
    "an unknown field inside": (
        line(intake.ProducerRegistered, "e-5", contact={"mail": "a@mau.example"}),
        ("event-invalid", "data.contact.mail"),
    ),
    "an unknown field that is no text": (
        line(intake.ProducerRegistered, "e-6", PROVINCE, **{"a\x00b": 1}),
        ("event-invalid", "data.a\ufffdb"),
    ),
    "an unknown field without end": (
        line(intake.ProducerRegistered, "e-7", PROVINCE, **{"k" * 5_000: 1}),
        ("event-invalid", f"data.{'k' * 60}"),
    ),
    "no object at all": (Line(PROVINCE, "e-8", PRODUCER.type, [1]), ("event-invalid", "data")),  # type: ignore[arg-type]
    "a kind that is the ministry's": (line(intake.DayStarted, "e-9"), ("kind-not-allowed", None)),
}


async def test_what_is_refused_says_why_and_where_and_its_bytes_are_kept(site: TestSite) -> None:
    async with open_door(site) as door:
        await door.say(*(said for said, _ in REFUSED.values()), PRODUCER)

        journal, receipts = await door.journal(), await door.receipts()
        for said, expected in REFUSED.values():
            answers = [receipt for receipt in receipts if receipt["event_id"] == said.id]
            assert [(answer["code"], answer["field"]) for answer in answers] == [expected]
            assert journal[said.id]["value"] == said.binary()[0]
            assert journal[said.id]["status"] == "refused"
        assert (await door.answer("e-producer"))["code"] == "admitted"
        assert await door.pool.fetch("SELECT 1 FROM dead_letter") == []


async def test_an_id_used_again_for_other_content_is_refused_and_its_bytes_are_kept_once(
    site: TestSite,
) -> None:
    others = (
        Line(PROVINCE, PRODUCER.id, PRODUCER.type, {**PRODUCER.data, "name": "Tên khác"}),
        Line(PROVINCE, PRODUCER.id, PRODUCT.type, PRODUCER.data),
        Line(PROVINCE, PRODUCER.id, PRODUCER.type, PRODUCER.data, SOURCE_OF_ANOTHER),
    )
    async with open_door(site) as door:
        await door.say(PRODUCER, *others, others[0], PRODUCER)

        told = await door.told()
        assert told == [(PRODUCER.id, "admitted"), *[(PRODUCER.id, "event-id-reused")] * 4]
        journal = await door.journal()
        aside = [row for name, row in journal.items() if name.startswith("@")]
        assert [row["value"] for row in aside] == [other.binary()[0] for other in others]
        assert len(journal) == 4
        assert len(await door.announced(CONTACTS.name)) == 1


def _poison() -> list[tuple[bytes | None, list[Header]]]:
    """A record of each kind of poison; the first two have an id that can be read."""
    body, good = Line(PROVINCE, "p-0", PRODUCER.type, PRODUCER.data).binary()
    unknown = Line(PROVINCE, "p-1", "vn.ocop.intake.Unheard.v1", PRODUCER.data).binary()
    structured: list[Header] = [("content-type", b"application/cloudevents+json")]
    return [
        (b"\x89PNG not JSON", good),
        unknown,
        (b"", good),
        (None, [*good, ("tombstone", b"")]),
        (body, []),
        (body, [*good, ("ce_type", b"\xff\xfe")]),
        (body, [*good, ("ce_type", None)]),
        (body, [*good, ("ce_id", b"@0/3")]),
        (body, [*good, ("ce_id", b"nul\x00")]),
        (b'{"id": "\\ud800", "data": {}}', structured),
        (b'{"no": "data"}', [*structured, ("x\x00", b"\xfe")]),
    ]


async def test_poison_is_one_dead_letter_a_kind_answered_by_its_place_and_the_partition_goes_on(site: TestSite) -> None:
    poison = _poison()
    async with open_door(site) as door:
        for value, headers in [*poison, *poison]:
            await door.put(PROVINCE, value, headers)
        await door.say(PRODUCER)

        receipts = await door.receipts()
        unreadable = [receipt for receipt in receipts if receipt["status"] == "dead_lettered"]
        kept = await door.pool.fetch("SELECT value, headers, subject FROM dead_letter ORDER BY topic_offset")
        assert [row["value"] for row in kept] == [value for value, _ in poison]
        assert {row["subject"] for row in kept} == {None}
        assert len(await site.records(DEAD_LETTERS.name)) == len(poison)
        assert len(unreadable) == len(receipts) - 1 == len(poison) * 2
        assert [receipt["event_id"] for receipt in unreadable if receipt["event_id"]] == ["p-0", "p-1"] * 2
        assert [receipt["offset"] for receipt in receipts] == list(range(len(receipts)))
        assert (await door.answer(PRODUCER.id))["code"] == "admitted"
        assert all(name.startswith("@") or name in {"p-0", "p-1", PRODUCER.id} for name in await door.journal())


async def test_held_events_are_released_in_order_across_units_each_with_a_second_receipt(site: TestSite) -> None:
    council = line(intake.CouncilFormed, "c-1", MINISTRY, reference="HD-TW", level="central")
    schedule = line(
        intake.DossiersScheduled,
        "c-2",
        MINISTRY,
        session="PH-TW",
        council={"reference": "HD-TW"},
        dossiers=[{"reference": DOSSIER.data["reference"], "unit": PROVINCE}],
    )
    async with open_door(site) as door:
        await door.say(opens(DAY), council, ASSESSED, schedule, DOSSIER)

        assert await door.told() == [(ASSESSED.id, "waits-for-dossier"), (DOSSIER.id, "waits-for-product")]

        await door.say(PRODUCER, PRODUCT)

        assert (await door.told())[2:] == [
            (PRODUCER.id, "admitted"),
            (PRODUCT.id, "admitted"),
            (DOSSIER.id, "admitted"),
            (ASSESSED.id, "admitted"),
        ]
        assert (await door.told(MINISTRY))[1:] == [
            (council.id, "admitted"),
            (schedule.id, "waits-for-dossier"),
            (schedule.id, "admitted"),
        ]
        assert await door.kinds(DOSSIERS.name) == [
            ("ProductRegistered", 1),
            ("DossierFiled", 2),
            ("CommuneAssessed", 3),
            ("CouncilSeated", 4),
        ]
        records = await site.records(f"ocop.receipts.{MINISTRY}.v1")
        ids = [header(record, "id") for record in records]
        assert len(set(ids)) == len(ids)


async def test_a_hold_that_is_over_is_refused_and_one_for_a_day_lasts_until_it_comes(site: TestSite) -> None:
    far = DAY + timedelta(days=60)
    dated = line(intake.CouncilFormed, "e-council", decided_on=far.isoformat())
    async with open_door(site) as door:
        await door.say(opens(DAY), DOSSIER, dated, opens(DAY + timedelta(days=30)))

        waits = [(receipt["code"], receipt["until"]) for receipt in await door.receipts() if receipt["until"]]
        assert waits == [("waits-for-product", "2026-07-10"), ("waits-for-day", "2026-08-09")]

        await door.say(opens(DAY + timedelta(days=31)), opens(far))

        assert (await door.told())[2:] == [(DOSSIER.id, "hold-expired"), (dated.id, "admitted")]


async def test_beyond_the_limit_nothing_is_forgotten(site: TestSite) -> None:
    products = [line(intake.ProductRegistered, f"e-{n}", reference=f"SP-{n}") for n in range(4)]
    lost = [line(intake.DossierFiled, f"l-{n}", reference=f"HS-{n}") for n in range(3)]
    stray = {"product": {"reference": "SP-NONE"}}
    lost = [Line(PROVINCE, said.id, said.type, {**said.data, **stray}) for said in lost]
    async with open_door(site, released_max=1) as door:
        await door.say(opens(DAY), *products, *lost)
        await door.say(PRODUCER)

        assert [told for told in await door.told() if told[1] == "admitted"] == [
            (PRODUCER.id, "admitted"),
            *((product.id, "admitted") for product in products),
        ]

        for days in (31, 32):
            await door.say(opens(DAY + timedelta(days=days)))

        assert [told for told in await door.told() if told[1] == "hold-expired"] == [
            ("l-0", "hold-expired"),
            ("l-1", "hold-expired"),
        ]

        await door.say(opens(DAY + timedelta(days=33)))

        assert (await door.told())[-1] == ("l-2", "hold-expired")


async def test_structured_and_binary_mode_are_taken_alike(site: TestSite) -> None:
    twin = Line(PROVINCE, "e-twin", PRODUCER.type, {**PRODUCER.data, "reference": "CT-TWIN"})
    async with open_door(site) as door:
        await door.put(PROVINCE, *PRODUCER.binary())
        await door.put(PROVINCE, *twin.structured())
        await door.rest()

        assert await door.told() == [(PRODUCER.id, "admitted"), (twin.id, "admitted")]
        one, other = (orjson.loads(record.value) for record in await door.announced(CONTACTS.name))
        assert {**one, "recipient_id": ""} == {**other, "recipient_id": ""}


async def test_on_the_real_calendar_each_missed_day_is_opened_once_and_nobody_else_opens_one(site: TestSite) -> None:
    async with open_door(site, calendar="wall") as door:
        await door.say(DOSSIER, opens(DAY))

        assert await door.told(MINISTRY) == [(f"day-{DAY}", "calendar-not-scripted")]
        for day in (DAY, DAY + timedelta(days=3), DAY):
            for _ in range(2):
                async with door.pool.acquire() as connection, connection.transaction():
                    await door.step.open_day(connection, day, 1_781_000_000_000)
        await door.rest()

        days = [(record.partition, orjson.loads(record.value)["date"]) for record in await site.records(DOSSIERS.name)]
        assert days == [(part, (DAY + timedelta(days=passed)).isoformat()) for part in range(12) for passed in range(4)]
        ends = await door.pool.fetchval("SELECT until FROM journal WHERE event_id = $1", DOSSIER.id)
        assert ends == DAY + timedelta(days=30)


async def test_no_day_is_opened_before_there_is_a_lane_to_lock(site: TestSite) -> None:
    step = make_step(settings(site))
    async with site.pool("registration") as pool, pool.acquire() as connection, connection.transaction():
        with pytest.raises(LaneMissingError):
            await step.open_day(connection, DAY, 1)


async def test_a_dossier_that_promotions_end_is_closed_and_the_second_one_goes_on(site: TestSite) -> None:
    second = line(intake.DossierFiled, "e-second", reference="HS-2")
    async with open_door(site) as door:
        await door.say(opens(DAY), *FILED, second)
        assert (await door.told())[-1] == (second.id, "waits-for-dossier-over")

        product_id = (await door.answer(PRODUCT.id))["given"]["product_id"]
        returned = promotions.DossierReturned(
            dossier_id=UUID((await door.answer(DOSSIER.id))["given"]["dossier_id"]),
            returned_on=DAY,
            reason="thiếu giấy tờ (mẫu)",
            document_number="1/UBND",
            basis=Basis(act="26/2026", rulebook="x", articles=("7.2",)),
        )
        await _promotes(door, product_id, returned)

        assert (await door.told())[-1] == (second.id, "admitted")
        state = "SELECT document->>'state' FROM entry WHERE kind = 'dossier' ORDER BY name"
        assert [row[0] for row in await door.pool.fetch(state)] == ["open", "over"]


async def _promotes(door: Door, product_id: str, event: Event, number: int = 1) -> None:
    name = f"p-{number}"
    envelope = Envelope(name, "/services/promotion", event.type_name(), product_id, number, 1, dataschema="x")
    part = partition_of(product_id, PROMOTIONS.partitions)
    value = event.model_dump_json().encode()
    for _ in range(2):
        await door.site.send(PROMOTIONS.name, value, envelope.headers(), product_id.encode(), part)
    await door.rest()


def _deliveries(step: Any, lines: Sequence[Line]) -> list[Delivery]:
    """The lines as Kafka would deliver them, each at the next offset of its unit."""
    offsets: dict[str, int] = {}
    found = []
    for each in lines:
        offset = offsets[each.unit] = offsets.get(each.unit, -1) + 1
        value, headers = each.binary()
        topic = intake_topic(each.unit).name
        raw = Delivery(topic, 0, offset, 1_781_000_000_000, None, headers, value)
        found.append(step.reader.again(raw))
    return found


SEASON = (
    ASSESSED,
    DOSSIER,
    opens(DAY),
    line(intake.CouncilFormed, "e-council", decided_on="2026-07-20"),
    PRODUCER,
    line(intake.DossierFiled, "e-stray", reference="HS-9", product={"reference": "SP-9"}),
    PRODUCT,
    line(intake.DossierFiled, "e-second", reference="HS-2"),
    DOSSIER,
    opens(DAY + timedelta(days=45)),
    line(intake.ProductRegistered, "e-late", reference="SP-9"),
    opens(DAY + timedelta(days=90)),
)


async def test_what_becomes_of_events_does_not_depend_on_how_they_are_batched(site: TestSite) -> None:
    told = settings(site)
    outcomes: list[list[list[asyncpg.Record]]] = []
    async with site.pool("registration") as pool:
        for size in (1, 3, len(SEASON)):
            step = make_step(told)
            consumer = make_consumer(pool, told, step, "registration-intake", lambda: None)
            await pool.execute("TRUNCATE watermark, lane, relay, outbox, entry, journal RESTART IDENTITY")
            await ensure(pool, step, {(topic.name, 0): 0 for topic in step.topics})
            deliveries = _deliveries(step, SEASON)
            for first in range(0, len(deliveries), size):
                await consumer.apply(deliveries[first : first + size])
            tables = ("journal ORDER BY arrival", "entry ORDER BY kind, name", "outbox ORDER BY position")
            columns = ("event_id, status, code, answer, waits_for, until", "kind, name, document", "topic, key, value")
            rows = [
                await pool.fetch(f"SELECT {which} FROM {table}") for which, table in zip(columns, tables, strict=True)
            ]
            outcomes.append(rows)

    assert {row["event_id"]: row["code"] for row in outcomes[0][0]}["e-stray"] == "hold-expired"
    for some in outcomes[1:]:
        for one, others in zip(outcomes[0], some, strict=True):
            assert one == others


async def test_two_consumers_admit_one_after_the_other_and_neither_misses_what_the_other_waits_for(
    site: TestSite,
) -> None:
    told = settings(site)
    step = make_step(told)
    council = line(intake.CouncilFormed, "c-1", MINISTRY, reference="HD-TW", level="central")
    dossiers = [{"reference": DOSSIER.data["reference"], "unit": PROVINCE}]
    schedule = line(
        intake.DossiersScheduled, "c-2", MINISTRY, council={"reference": "HD-TW"}, dossiers=dossiers, session="PH-TW"
    )
    async with site.pool("registration") as one, site.pool("registration") as other:
        await ensure(one, step, {(topic.name, 0): 0 for topic in step.topics})
        consumers = [make_consumer(pool, told, step, "registration-intake", lambda: None) for pool in (one, other)]
        ministry = _deliveries(step, (opens(DAY), council, schedule))
        province = _deliveries(step, FILED)
        async with one.acquire() as connection, connection.transaction():
            await connection.fetch(SQL["lock_lanes"], [LANE])
            work = asyncio.gather(consumers[0].apply(ministry), consumers[1].apply(province))
            await eventually(lambda: _waiting(site, 2), what="both wait for the lane")
        await work
        rows = await one.fetch("SELECT event_id, status FROM journal")

    assert {row["event_id"]: row["status"] for row in rows} == dict.fromkeys(
        (f"day-{DAY}", "c-1", "c-2", *(said.id for said in FILED)), "admitted"
    )


async def test_two_processes_that_admit_the_same_records_at_once_give_every_number_once(site: TestSite) -> None:
    told, places = settings(site), range(1, 9)
    step = make_step(told)
    filed = [
        each
        for place in places
        for each in (
            line(intake.ProductRegistered, f"p-{place}", reference=f"SP-{place}"),
            line(intake.DossierFiled, f"d-{place}", reference=f"HS-{place}", product={"reference": f"SP-{place}"}),
        )
    ]
    wished = {2: "66-24259-5-2026", 3: "66-24259-3-2026", 7: "66-24259-8-2026"}
    asked = [
        line(
            intake.CommuneAssessed, f"a-{place}", dossier={"reference": f"HS-{place}"}, product_number=wished.get(place)
        )
        for place in places
    ]
    deliveries = _deliveries(step, (opens(DAY), PRODUCER, *filed, *asked))
    async with site.pool("registration") as one, site.pool("registration") as other:
        await ensure(one, step, {(topic.name, 0): 0 for topic in step.topics})
        consumers = [make_consumer(pool, told, step, "registration-intake", lambda: None) for pool in (one, other)]
        for first in range(0, len(deliveries), 5):
            records = deliveries[first : first + 5]
            async with one.acquire() as connection, connection.transaction():
                await connection.fetch(SQL["lock_lanes"], [LANE])
                work = asyncio.gather(*(consumer.apply(records) for consumer in consumers))
                await eventually(lambda: _waiting(site, 2), what="both wait for the lane")
            await work
        given = await one.fetch("SELECT event_id, answer->'given'->>'number' FROM journal WHERE event_id LIKE 'a-%'")
        counter = await one.fetchval("SELECT document->>'last' FROM entry WHERE kind = 'counter'")

    numbers = {row[0]: row[1] for row in given}
    assert sorted(numbers.values()) == [f"66-24259-{serial}-2026" for serial in places]
    assert {place: numbers[f"a-{place}"] for place in wished} == wished
    assert counter == "8"


async def _waiting(site: TestSite, wanted: int) -> bool:
    connection = await asyncpg.connect(site.site.dsn("registration"))
    try:
        count = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(count == wanted)
    finally:
        await connection.close()


async def test_a_mistake_in_judging_a_held_event_is_not_laid_to_the_event_that_released_it(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = vars(admissions)["admit"]

    def mistaken(*values: Any) -> Any:
        if values[4] == DOSSIER.id and right(*values).__class__.__name__ == "Admitted":
            raise ZeroDivisionError("a mistake in a rule")
        return right(*values)

    monkeypatch.setattr(admissions, "admit", mistaken)
    async with open_door(site) as door:
        await door.say(opens(DAY), DOSSIER, PRODUCER, PRODUCT)

        assert (await door.told())[-2:] == [(PRODUCT.id, "admitted"), (DOSSIER.id, "fault")]
        detail = await door.pool.fetchval("SELECT detail FROM dead_letter")
        assert detail == "ZeroDivisionError: a mistake in a rule"
        assert (await door.journal())[DOSSIER.id]["status"] == "dead_lettered"


CANARY = "kim-yen-7351"


async def test_no_log_no_other_topic_and_no_other_unit_hears_what_a_sheet_says(
    site: TestSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    members = [{"member_id": CANARY, "name": CANARY, "agency": "Sở", "role": "chair"}]
    day = "2026-06-09"
    seated = (
        line(intake.CouncilFormed, "e-council", members=members, decided_on=day),
        line(intake.DossiersScheduled, "e-session", meets_on=day),
    )
    whole: dict[str, Any] = line(intake.ScoreSheetSubmitted, "x").data
    sheets = {
        "e-range": {**whole["options"], "1.1": 19, CANARY: 17},
        "e-typed": {**whole["options"], "1.1": CANARY},
        "e-mistake": whole["options"],
        "e-database": whole["options"],
        "e-good": whole["options"],
    }
    _break(monkeypatch)
    with structlog.testing.capture_logs() as logs:
        async with open_door(site) as door:
            await door.say(opens(DAY), *FILED, ASSESSED, *seated)
            for event_id, options in sheets.items():
                about = {"member_id": CANARY, "signed_on": day, "options": options}
                await door.say(line(intake.ScoreSheetSubmitted, event_id, **about))

            told = dict(await door.told())
            assert [told[event_id] for event_id in sheets] == [
                "options-invalid",
                "event-invalid",
                "fault",
                "fault",
                "admitted",
            ]
            assert any(CANARY in record.value.decode() for record in await site.records(SHEETS.name))
            public = [DEAD_LETTERS, CONTACTS, SCORES]
            topics = [topic.name for topic in public] + [f"ocop.receipts.{unit}.v1" for unit in (MINISTRY, "68")]
            heard = [record for topic in topics for record in await site.records(topic)]
            bodies = b"".join((record.value or b"") + repr(record.headers).encode() for record in heard)
            dossiers = [record.value for record in await site.records(DOSSIERS.name)]

    assert {"batch_split", "admission_failed"} <= {entry["event"] for entry in logs}
    written = repr(logs) + caplog.text
    for secret in (CANARY, "options", "6.1.1", "6.2.2"):
        assert secret not in written, secret
        assert secret.encode() not in bodies, secret
    assert not any(b"options" in value or b"6.1.1" in value for value in dossiers)


def _break(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model and a database that quote, as theirs do, what they could not take."""
    event_of, insert_journal = messages.event_of, store.insert_journal
    mistakes = iter([True])

    def mistaken(published: Published) -> Event:
        if isinstance(published.fact, SheetGiven) and next(mistakes, False):
            raise ValueError(f"input_value={published.fact!r}")
        return event_of(published)

    async def quoting(connection: Any, rows: Any) -> None:
        for row in rows:
            if row.event_id == "e-database" and row.answer.status == "admitted":
                raise asyncpg.DataError(f"invalid input for query argument $9: {row.value!r}")
        await insert_journal(connection, rows)

    monkeypatch.setattr(messages, "event_of", mistaken)
    monkeypatch.setattr(store, "insert_journal", quoting)
