from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from services.registration import store
from services.registration.domain.admission import admit
from services.registration.domain.answers import Answer, answer
from services.registration.domain.case import Admitted
from services.registration.domain.days import open_days
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import Fact, Naming
from services.registration.domain.register import CALENDAR, Calendar, Counter, Register
from services.registration.domain.words import Code, refused
from services.registration.store import JournalRow
from shared.kernel.outcomes import Held
from shared.messaging.faults import ChangedMeanwhileError
from shared.messaging.pipeline import Connection
from tests.integration.test_registration_intake import _waiting
from tests.support.registration import (
    ASSESSED,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    PRODUCER,
    PRODUCT,
    RECORDED_MS,
    SCHEDULED,
    TODAY,
    rules,
    sheet,
)
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers
UNTIL = date(2026, 7, 10)


def row(event_id: str, said: Answer, unit: str = HA_NOI) -> JournalRow:
    body = event_id.encode()
    digest = sha256(body).hexdigest()
    return JournalRow(
        unit, event_id, f"ocop.intake.{unit}.v1", 0, 7, "vn.ocop.x", digest, b"[]", body, RECORDED_MS, said
    )


async def batch(connection: Connection, *facts: Fact) -> list[object]:
    """One transaction: load, fold, save."""
    async with connection.transaction():
        register = Register()
        said = [(HA_NOI, fact) for fact in facts]
        await store.load_register(connection, register, said)
        outcomes: list[object] = []
        for unit, fact in said:
            await store.load_register(connection, register, [(unit, fact)])
            outcome = admit(register, unit, fact, RECORDED_MS, "event", rules())
            if isinstance(outcome, Admitted):
                register.take(outcome.entries)
            outcomes.append(outcome)
        await store.save_entries(connection, register)
    return outcomes


async def open_today(connection: Connection) -> None:
    register = Register()
    await store.load_entries(connection, register, {CALENDAR}, moves_calendar=True)
    opened = open_days(register, TODAY, 12)
    assert isinstance(opened, Admitted)
    register.take(opened.entries)
    await store.save_entries(connection, register)


async def test_a_story_in_one_batch_and_in_many_leaves_the_same_register(site: TestSite) -> None:
    facts = (PRODUCER, PRODUCT, DOSSIER, ASSESSED, COUNCIL, SCHEDULED, sheet("chu-tich"), sheet("uy-vien"))
    rows = "SELECT kind, name, document::text FROM entry ORDER BY kind, name"
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await open_today(connection)

        whole = await batch(connection, *facts)
        at_once = await connection.fetch(rows)
        await connection.execute("DELETE FROM entry WHERE kind <> 'calendar'")
        single = [(await batch(connection, fact))[0] for fact in facts]
        one_by_one = await connection.fetch(rows)

    assert whole == single
    assert all(isinstance(outcome, Admitted) for outcome in whole)
    assert at_once == one_by_one
    assert {"ballot", "number", "counter", "session-id"} <= {found["kind"] for found in at_once}


NUMBERED = [
    (
        replace(PRODUCT, reference=f"SP-{place}"),
        replace(DOSSIER, reference=f"HS-{place}", product=Naming(reference=f"SP-{place}")),
    )
    for place in range(1, 5)
]


def asks(place: int, number: str | None = None) -> Fact:
    """The commune asks for the evaluation of the dossier of this place."""
    return replace(ASSESSED, dossier=Naming(reference=f"HS-{place}"), product_number=number)


async def test_two_connections_that_number_at_once_give_no_number_twice_and_leave_none_out(site: TestSite) -> None:
    """No lane is locked here: the rows alone keep the series whole, whether its counter is there yet or not."""
    given: list[str] = []
    async with site.pool("registration") as pool, pool.acquire() as one, pool.acquire() as other:
        await open_today(one)
        await batch(one, PRODUCER, *(fact for pair in NUMBERED for fact in pair))
        for place in (1, 3):
            async with one.transaction():
                (first,) = await batch(one, asks(place))
                second = asyncio.create_task(batch(other, asks(place + 1)))
                await eventually(lambda: _waiting(site, 1), what="the second waits for the first")
            if place == 1:
                with pytest.raises(asyncpg.UniqueViolationError):
                    await second
                second = asyncio.create_task(batch(other, asks(place + 1)))
            given += [said.given["number"] for said in (first, *(await second)) if isinstance(said, Admitted)]
        counter = await one.fetchval("SELECT document->>'last' FROM entry WHERE kind = 'counter'")

    assert given == [f"01-00004-{serial}-2026" for serial in range(1, 5)]
    assert counter == "4"


async def test_a_product_numbered_by_an_older_program_bears_the_number_of_its_first_dossier(site: TestSite) -> None:
    migration = Path(store.__file__).parent / "sql" / "migrations" / "0003_numbers_of_products.sql"
    rows = [
        ("product", "01/SP-1", '{"name": "Cà phê mẫu"}'),
        ("product", "01/SP-2", '{"name": "Chè mẫu"}'),
        ("dossier", "01/A", '{"id": "b", "product": "01/SP-1", "number": "01-00004-2-2026"}'),
        ("dossier", "01/B", '{"id": "a", "product": "01/SP-1", "number": "01-00004-1-2026"}'),
        ("dossier", "01/C", '{"id": "c", "product": "01/SP-2", "number": null}'),
    ]
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await connection.executemany("INSERT INTO entry (kind, name, version, document) VALUES ($1, $2, 1, $3)", rows)

        await connection.execute(migration.read_text(encoding="utf-8"))

        query = "SELECT name, version, document->>'number' FROM entry WHERE kind = 'product' ORDER BY name"
        products = [tuple(row) for row in await connection.fetch(query)]

    assert products == [("01/SP-1", 2, "01-00004-1-2026"), ("01/SP-2", 1, None)]


async def test_a_dossier_that_promotion_closed_is_over_and_its_product_may_have_another(site: TestSite) -> None:
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await open_today(connection)
        *_, filed = await batch(connection, PRODUCER, PRODUCT, DOSSIER)
        assert isinstance(filed, Admitted)
        identity = UUID(filed.given["dossier_id"])

        register = Register()
        await store.load_register(connection, register, [], [identity])
        register.take(close_dossier(register, identity).entries)
        saved = await store.save_entries(connection, register)
        (second,) = await batch(connection, replace(DOSSIER, reference="HS-2", product=Naming(reference="SP-1")))

    assert saved == 2
    assert isinstance(second, Admitted)


async def test_an_entry_that_somebody_else_changed_is_not_overwritten(site: TestSite) -> None:
    key = ("counter", "00004/2026")
    async with site.pool("registration") as pool, pool.acquire() as connection:
        first = Register()
        await store.load_entries(connection, first, {key})
        first.put(key, Counter(1))
        await store.save_entries(connection, first)
        early, late = Register(), Register()
        await store.load_entries(connection, early, {key})
        await store.load_entries(connection, late, {key})
        early.put(key, Counter(2))
        late.put(key, Counter(3))
        await store.save_entries(connection, early)

        with pytest.raises(ChangedMeanwhileError, match="update_entries: 0 of 1 rows"):
            await store.save_entries(connection, late)


async def test_the_calendar_is_read_without_waiting_for_whoever_moves_it(site: TestSite) -> None:
    async with site.pool("registration") as pool, pool.acquire() as mover, pool.acquire() as reader:
        await open_today(mover)
        async with mover.transaction():
            await store.load_entries(mover, Register(), {CALENDAR}, moves_calendar=True)

            register = Register()
            await store.load_entries(reader, register, {CALENDAR})

    assert register.get(CALENDAR) == Calendar(TODAY, 1)


async def test_the_journal_remembers_what_it_answered_and_to_which_body(site: TestSite) -> None:
    said = answer(Admitted(given={"product_id": "0190"}))
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await store.insert_journal(connection, [row("su-kien-1", said)])

        seen = await store.seen(connection, {(HA_NOI, "su-kien-1"), (HA_NOI, "su-kien-2")})

    assert seen == {(HA_NOI, "su-kien-1"): store.Stored(sha256(b"su-kien-1").hexdigest(), said)}


async def test_what_is_held_is_found_and_woken_in_the_order_it_arrived(site: TestSite) -> None:
    held = answer(Held("product:01/SP-1", UNTIL))
    other = answer(Held("product:01/SP-2", UNTIL))
    rows = [row("c", held), row("a", held), row("b", other), row("d", held, unit="14")]
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await store.insert_journal(connection, rows)

        found = await store.held_for(connection, {"product:01/SP-1"}, 2)
        count = await store.wake(connection, {"product:01/SP-1"})
        again = await store.wake(connection, {"product:01/SP-1"})
        own = await store.woken(connection, {HA_NOI}, 10)

    assert [each.event_id for each in found] == ["c", "a"]
    assert (count, again) == (3, 0)
    assert [(each.event_id, each.value, each.until) for each in own] == [("c", b"c", UNTIL), ("a", b"a", UNTIL)]


async def test_an_event_held_again_has_the_day_it_is_given_and_sleeps_again(site: TestSite) -> None:
    pair = (HA_NOI, "a")
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await store.insert_journal(connection, [row("a", answer(Held("product:01/SP-1", UNTIL)))])
        await store.wake(connection, {"product:01/SP-1"})

        await store.update_journal(connection, [(pair, answer(Held("dossier-over:1", UNTIL)))])

        (held,) = await store.held_for(connection, {"dossier-over:1"}, 10)
        assert held.until == UNTIL
        assert await store.woken(connection, {HA_NOI}, 10) == []


async def test_a_hold_is_over_on_the_day_after_its_last(site: TestSite) -> None:
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await store.insert_journal(
            connection,
            [row("a", answer(Held("product:01/SP-1", UNTIL))), row("b", answer(Held("day:first")))],
        )

        on_the_last = await store.expired(connection, UNTIL, 10)
        after = await store.expired(connection, date(2026, 7, 11), 10)
        await store.update_journal(connection, [((HA_NOI, "a"), answer(refused(Code.HOLD_EXPIRED)))])
        left = await store.expired(connection, date(2026, 7, 11), 10)

    assert (on_the_last, [each.event_id for each in after], left) == ([], ["a"], [])


async def test_a_woken_hold_is_judged_before_it_can_be_over_and_one_without_a_last_day_gets_one(site: TestSite) -> None:
    async with site.pool("registration") as pool, pool.acquire() as connection:
        rows = [row("a", answer(Held("product:01/SP-1", UNTIL))), row("b", answer(Held("product:01/SP-2")))]
        await store.insert_journal(connection, rows)
        await store.wake(connection, {"product:01/SP-1"})

        counted = await store.begin_holds(connection, UNTIL)
        over = await store.expired(connection, date(2026, 7, 11), 10)

    assert (counted, [each.event_id for each in over]) == (1, ["b"])


async def test_an_answer_to_what_is_not_held_is_a_fault(site: TestSite) -> None:
    async with site.pool("registration") as pool, pool.acquire() as connection:
        await store.insert_journal(connection, [row("a", answer(Admitted()))])

        with pytest.raises(ChangedMeanwhileError, match="update_journal: 0 of 1 rows"):
            await store.update_journal(connection, [((HA_NOI, "a"), answer(Admitted()))])
