"""What is past its keeping goes in bounded batches; what is not stays, and a second delivery is still known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.notification.retention import prunes as notification_prunes
from services.notification.settings import Settings as NotificationSettings
from services.registration.retention import prunes as registration_prunes
from services.registration.settings import Settings as RegistrationSettings
from shared.contracts import intake
from shared.messaging.outbox import SQL
from shared.messaging.pruning import Prune, PruneLimits, Pruner, core
from shared.messaging.settings import ServiceSettings
from tests.support.intake import MINISTRY, line, open_door
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

SERVICE = "evaluation"
DAY = timedelta(days=1)
LIMITS = PruneLimits(rows_max=10)
TOLD = ServiceSettings(postgres_dsn="", postgres_schema=SERVICE)


@pytest.fixture
async def pool(site: TestSite) -> AsyncIterator[asyncpg.Pool]:
    """The core's tables, empty."""
    async with site.pool(SERVICE) as made:
        yield made


async def pruned(pool: asyncpg.Pool, prunes: Sequence[Prune], limits: PruneLimits = LIMITS) -> dict[str, int]:
    """How many rows of each kind one round took."""
    return dict(await Pruner(pool, SERVICE, prunes, limits).round(asyncio.Event()))


async def write_outbox(pool: asyncpg.Pool, lane: str, rows: int, sent: int, old: int) -> None:
    """A lane of so many rows, the first `old` of them eight days old and the first `sent` of them sent."""
    await pool.execute(SQL["ensure_lanes"], [lane])
    await pool.execute("UPDATE lane SET head = $2 WHERE lane = $1", lane, rows)
    await pool.execute("UPDATE relay SET sent = $2 WHERE lane = $1", lane, sent)
    await pool.execute(
        """INSERT INTO outbox (lane, position, topic, part, key, headers, value, written_at)
           SELECT $1, n, 't', 0, 'k', '[]', '{}', now() - make_interval(days => CASE WHEN n <= $3 THEN 8 ELSE 6 END)
           FROM generate_series(1, $2::bigint) AS n""",
        lane,
        rows,
        old,
    )


async def left(pool: asyncpg.Pool, lane: str) -> list[int]:
    """The positions that the outbox still has of a lane."""
    rows = await pool.fetch("SELECT position FROM outbox WHERE lane = $1 ORDER BY position", lane)
    return [row["position"] for row in rows]


async def test_sent_rows_past_their_keeping_go_in_batches_until_none_is_left(pool: asyncpg.Pool) -> None:
    await write_outbox(pool, "slot/00", 40, 40, old=35)
    await write_outbox(pool, "slot/01", 40, 20, old=40)
    await write_outbox(pool, "slot/02", 5, 5, old=0)

    gone = await pruned(pool, core(TOLD))

    assert gone == {"outbox": 55, "dead_letters": 0}
    assert await left(pool, "slot/00") == [36, 37, 38, 39, 40]
    assert await left(pool, "slot/01") == list(range(21, 41))
    assert await left(pool, "slot/02") == [1, 2, 3, 4, 5]
    assert await pool.fetchval("SELECT sum(head) FROM lane") == 85


async def test_a_round_ends_when_its_time_is_up_and_the_next_goes_on(pool: asyncpg.Pool) -> None:
    await write_outbox(pool, "slot/00", 40, 40, old=40)

    first = await pruned(pool, core(TOLD), PruneLimits(rows_max=10, round_seconds_max=0.0))
    second = await pruned(pool, core(TOLD))

    assert (first, second) == ({}, {"outbox": 40, "dead_letters": 0})


async def test_a_batch_takes_no_more_rows_than_its_limit(pool: asyncpg.Pool) -> None:
    await write_outbox(pool, "slot/00", 40, 40, old=40)
    await write_outbox(pool, "slot/01", 40, 40, old=40)

    tag = await pool.execute(SQL["prune_outbox"], 7 * 86_400.0, 10)

    assert tag == "DELETE 10"


async def test_a_pruner_runs_until_it_is_stopped_and_outlives_a_fault(pool: asyncpg.Pool) -> None:
    stop, broken = asyncio.Event(), Prune("broken", "SELECT 1 / 0, $1::float8, $2::integer", 0.0)
    await write_outbox(pool, "slot/00", 5, 5, old=5)
    prunes = (*core(TOLD), broken)
    task = asyncio.create_task(Pruner(pool, SERVICE, prunes, PruneLimits(every_seconds=0.01)).run(stop))

    async def empty() -> bool:
        return await left(pool, "slot/00") == []

    await eventually(empty, what="the first rows gone")
    await write_outbox(pool, "slot/01", 5, 5, old=5)
    await pool.execute("UPDATE outbox SET lane = 'slot/00', position = position + 100 WHERE lane = 'slot/01'")
    await pool.execute("UPDATE relay SET sent = 200 WHERE lane = 'slot/00'")
    await eventually(empty, what="later rows gone after a fault")
    stop.set()
    await task


async def write_letter(pool: asyncpg.Pool, number: int, settled_days: int | None) -> None:
    """A dead letter, settled so many days ago or open."""
    await pool.execute(
        """INSERT INTO dead_letter (dead_letter_id, topic, part, topic_offset, reason, detail, key, headers, value,
                                    sha256, recorded_at, settled_how, settled_at)
           VALUES ($1, 't', 0, $2, 'fault', '', 'k', '[["a","b"]]', 'bytes', 'hash', now() - interval '900 days',
                   CASE WHEN $3::integer IS NULL THEN NULL ELSE 'skipped' END, now() - make_interval(days => $3))""",
        UUID(int=number),
        number,
        settled_days,
    )


async def test_the_bytes_of_long_settled_letters_go_and_open_ones_stay_however_old(pool: asyncpg.Pool) -> None:
    for number in range(1, 26):
        await write_letter(pool, number, 366)
    await write_letter(pool, 26, 364)
    await write_letter(pool, 27, None)

    first, second = await pruned(pool, core(TOLD)), await pruned(pool, core(TOLD))

    rows = await pool.fetch("SELECT topic_offset, key, value, sha256, settled_how FROM dead_letter ORDER BY 1")
    assert (first["dead_letters"], second["dead_letters"]) == (25, 0)
    assert [row["topic_offset"] for row in rows if row["value"] == b"bytes"] == [26, 27]
    assert {(row["key"], row["sha256"], row["settled_how"]) for row in rows[:25]} == {(None, "hash", "skipped")}


async def test_a_letter_that_comes_again_after_its_bytes_went_has_them_again(pool: asyncpg.Pool) -> None:
    await write_letter(pool, 1, 400)
    await pruned(pool, core(TOLD))

    values = [UUID(int=1), "t", 0, 1, None, None, "fault", "again", b"k", b'[["a","b"]]', b"bytes", "hash"]
    await pool.fetchval(SQL["keep_dead_letter"], *values)

    row = await pool.fetchrow("SELECT key, headers, value, settled_how FROM dead_letter")
    assert row is not None
    assert tuple(row) == (b"k", b'[["a","b"]]', b"bytes", None)


async def test_an_old_event_is_known_again_after_its_bytes_went_and_a_held_one_keeps_them(site: TestSite) -> None:
    day = line(intake.DayStarted, "day", MINISTRY, date="2026-06-10")
    producer, product, dossier = (
        line(intake.ProducerRegistered, "e-producer"),
        line(intake.ProductRegistered, "e-product"),
        line(intake.DossierFiled, "e-dossier", product={"reference": "not-there-yet"}),
    )
    other = line(intake.ProducerRegistered, "e-producer", name="Tên khác")
    told = RegistrationSettings(postgres_dsn="")
    async with open_door(site) as door:
        await door.say(day, producer, product, dossier)
        before = await door.journal()
        years = int(1461 * DAY.total_seconds() * 1000)
        await door.pool.execute(
            "UPDATE journal SET recorded_ms = recorded_ms - $1 WHERE event_id <> 'e-product'", years
        )

        gone = await pruned(door.pool, registration_prunes(told))

        journal = await door.journal()
        assert gone["journal"] == 2
        assert {name: row["value"] for name, row in journal.items() if row["value"]} == {
            name: before[name]["value"] for name in ("e-product", "e-dossier")
        }
        assert [(row["sha256"], row["answer"]) for row in journal.values()] == [
            (row["sha256"], row["answer"]) for row in before.values()
        ]
        count = len(await door.receipts())
        await door.say(producer, other)
        assert [receipt["code"] for receipt in (await door.receipts())[count:]] == ["duplicate", "event-id-reused"]


async def test_the_facts_of_a_long_delivered_notice_go_and_a_pending_one_keeps_them(site: TestSite) -> None:
    told = NotificationSettings(postgres_dsn="")
    async with site.pool("notification") as pool:
        for number, (state, days) in enumerate([("sent", 731), ("failed", 731), ("sent", 729), ("pending", None)], 1):
            await pool.execute(
                """INSERT INTO notice (notice_id, subject, part, recipient_id, kind, facts)
                   VALUES ($1, 'p', 0, 'commune-24259', 'recognised', '{"product_name": "Cà phê"}')""",
                UUID(int=number),
            )
            await pool.execute(
                """INSERT INTO delivery (notice_id, channel, state, message_id, ended_at)
                   VALUES ($1, 'mail', $2, '<m>', now() - make_interval(days => $3))""",
                UUID(int=number),
                state,
                days,
            )

        gone = await pruned(pool, notification_prunes(told))
        again = await pruned(pool, notification_prunes(told))

        rows = await pool.fetch(
            "SELECT facts::text, kind, state, message_id FROM notice JOIN delivery USING (notice_id) ORDER BY notice_id"
        )
    assert (gone["notices"], again["notices"]) == (2, 0)
    assert [row["facts"] == "{}" for row in rows] == [True, True, False, False]
    assert [(row["kind"], row["state"], row["message_id"]) for row in rows] == [
        ("recognised", state, "<m>") for state in ("sent", "failed", "sent", "pending")
    ]


async def test_the_bytes_of_the_journal_outlast_the_intake_topics() -> None:
    with pytest.raises(ValueError, match="journal_bytes_keep_days"):
        RegistrationSettings(postgres_dsn="", journal_bytes_keep_days=59)
