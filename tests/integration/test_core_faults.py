"""The core on real servers: what one record or one row does wrong is its own, and the world's faults pass."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

import orjson
import pytest

from shared.contracts.envelope import Envelope, Header
from shared.contracts.event import Event
from shared.contracts.receipts import DeadLetterRecorded
from shared.contracts.sheets import SheetSubmitted
from shared.contracts.topics import DEAD_LETTERS, SHEETS
from shared.kernel.outcomes import DeadLettered
from shared.kernel.partitions import partition_of
from shared.kernel.reasons import Reason
from shared.messaging import consumer
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import slot_lane, unpack_headers
from shared.messaging.pipeline import Change, Connection, Outcome
from shared.messaging.positions import ensure
from shared.messaging.step import SequencedStep
from tests.support import core, toy
from tests.support.core import Sent, caught_up, expect, produce, produce_raw, query, running, season, told
from tests.support.site import TestSite
from tests.support.toy import Toy, subject
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

PART = partition_of(subject(0), 12)
NEIGHBOURS = [name for name in map(subject, range(400)) if partition_of(name, 12) == PART][:6]


@pytest.mark.parametrize("times", [1, 2])
async def test_poison_is_kept_byte_by_byte_and_stops_nobody(site: TestSite, times: int) -> None:
    await core.prepare(site)
    about = NEIGHBOURS[0]
    good: list[Header] = [("ce_id", b"x"), ("content-type", b"application/json")]
    poison: list[tuple[bytes | None, list[Header]]] = [
        (b"\x00\xff not JSON", [("ce_type", b"\xff"), ("nothing", None)]),
        (b"{}", good),
        (None, good),
        (b"", []),
        (b'{"a":' + b"[" * 400 + b"]" * 400 + b"}", toy.envelope(about, 1, toy.sheet()).headers()),
    ]

    async with running(site):
        for _ in range(times):
            await produce(site, [Sent(name, 1, toy.opened()) for name in NEIGHBOURS])
            for value, headers in poison:
                await produce_raw(site, about, value, headers, key=about.encode())
            await produce(site, [Sent(name, 1, toy.sheet()) for name in NEIGHBOURS[1:]])
        await caught_up(site)

    expect(await told(site, len(NEIGHBOURS) - 1), NEIGHBOURS[1:], 1)
    rows = await query(site, "SELECT * FROM dead_letter ORDER BY topic_offset")
    unreadable = [row for row in rows if row["subject"] is None]
    assert [row["value"] for row in unreadable] == [value for value, _ in poison[:4]] * times
    assert unpack_headers(rows[0]["headers"]) == poison[0][1]
    assert [row["reason"] for row in rows if row["subject"] == about] == ["body-unreadable"]
    announced = [orjson.loads(record.value) for record in await site.records(DEAD_LETTERS.name)]
    assert {one["dead_letter_id"] for one in announced} == {str(row["dead_letter_id"]) for row in rows}
    assert {one["sha256"] for one in announced} == {sha256(row["value"] or b"").hexdigest() for row in rows}
    assert all(DeadLetterRecorded.model_validate_json(orjson.dumps(one)) for one in announced)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_row_that_the_database_refuses_is_found_among_its_neighbours(site: TestSite, times: int) -> None:
    await core.prepare(site)
    guilty = NEIGHBOURS[2]
    stream = [Sent(name, 1, toy.opened()) for name in NEIGHBOURS]
    stream += [
        Sent(name, 1, toy.sheet(dossier_id=toy.REFUSED) if name == guilty else toy.sheet()) for name in NEIGHBOURS
    ]
    stream += [Sent(name, 2, toy.sheet()) for name in NEIGHBOURS]

    async with running(site):
        await produce(site, stream[: len(NEIGHBOURS)])
        await caught_up(site)
        for _ in range(times):
            await produce(site, stream)
        await caught_up(site)

    others = [name for name in NEIGHBOURS if name != guilty]
    expect(await told(site, len(others) * 2), others, 2)
    letters = await query(site, "SELECT subject, sequence, reason, detail FROM dead_letter")
    assert [(row["subject"], row["sequence"], row["reason"]) for row in letters] == [(guilty, 1, "fault")]
    assert "CheckViolation" in letters[0]["detail"]
    held = await query(site, "SELECT sequence, reason FROM held ORDER BY sequence")
    assert [tuple(row) for row in held] == [(1, "dead:fault"), (2, "gap")]


SLOT = [name for name in map(subject, range(14_000)) if partition_of(name, 12) == PART][: consumer.BATCH_RECORDS_MAX]
TRANSACTIONS_MAX = 22
"""The batch, two halves at each of ten halvings, and the dead letter."""


@dataclass
class Counting(SequencedStep[Toy]):
    """A step that counts the transactions it was part of, by the records of each."""

    site: TestSite
    tried: list[int]

    def __post_init__(self) -> None:
        super().__init__(toy.pipeline(), self.site.site.topic_prefix)

    async def apply(
        self, connection: Connection, deliveries: Sequence[Delivery], wake: Sequence[str] = ()
    ) -> Counter[str]:
        self.tried.append(len(deliveries))
        return await super().apply(connection, deliveries, wake)


@pytest.mark.parametrize("place", [0, 500, 999])
async def test_one_bad_row_in_a_batch_of_a_thousand_is_isolated_in_few_transactions(site: TestSite, place: int) -> None:
    await core.prepare(site)
    guilty = SLOT[place]
    opened = [toy.delivery(name, 1, toy.opened(), offset=offset) for offset, name in enumerate(SLOT)]
    sheets = [
        toy.delivery(name, 1, toy.sheet(dossier_id=toy.REFUSED if name == guilty else None), offset=offset)
        for offset, name in enumerate(SLOT)
    ]
    step = Counting(site, [])

    async with running(site, consuming=False) as runs:
        runs.consumer.step = step
        await ensure(runs.pool, step, {(topic.name, PART): 0 for topic in core.TOPICS.values()})
        await runs.consumer.apply(opened)
        await runs.consumer.apply(sheets)
        await eventually(lambda: _all_sent(site), what="the relay has sent what there is")

    expect(await told(site, 999), [name for name in SLOT if name != guilty], 1)
    letters = await query(site, "SELECT subject, sequence, reason FROM dead_letter")
    assert [tuple(row) for row in letters] == [(guilty, 1, "fault")]
    assert step.tried[:2] == [1_000, 1_000]
    assert len(step.tried) - 1 <= TRANSACTIONS_MAX


async def test_a_redriven_dead_letter_goes_on_when_its_cause_is_gone_and_keeps_one_row_when_not(site: TestSite) -> None:
    await core.prepare(site)
    guilty = NEIGHBOURS[2]
    stream = [Sent(guilty, 1, toy.opened()), Sent(guilty, 1, toy.sheet("raises")), Sent(guilty, 2, toy.sheet())]

    async with running(site) as runs:
        await produce(site, stream)
        await caught_up(site)
        await runs.pool.execute("UPDATE held SET reason = 'gap'")
        await runs.consumer.wake([slot_lane(PART)], [guilty])
        again = await query(site, "SELECT reason FROM held WHERE sequence = 1")
        runs.consumer.step.pipeline = replace(toy.pipeline(), decide=_forgiving)  # type: ignore[attr-defined]
        await runs.pool.execute("UPDATE held SET reason = 'gap'")
        await runs.consumer.wake([slot_lane(PART)], [guilty])
        await caught_up(site)

    assert [row["reason"] for row in again] == ["dead:fault"]
    assert len(await query(site, "SELECT 1 FROM dead_letter")) == 1
    expect(await told(site, 2), [guilty], 2)


def _forgiving(state: Toy, event: Event, envelope: Envelope) -> Outcome[Toy]:
    return toy.decide(state, toy.sheet() if isinstance(event, SheetSubmitted) else event, envelope)


async def test_an_announcement_too_large_is_its_causes_dead_letter_and_the_relay_goes_on(site: TestSite) -> None:
    await core.prepare(site)
    guilty = NEIGHBOURS[0]
    stream = [Sent(name, 1, toy.opened()) for name in NEIGHBOURS]
    stream += [Sent(name, 1, toy.sheet("large" if name == guilty else "m1")) for name in NEIGHBOURS]

    await produce(site, stream)
    async with running(site):
        await caught_up(site)
        await produce(site, [Sent(name, 2, toy.sheet()) for name in NEIGHBOURS])
        await caught_up(site)

    expect(await told(site, 10), NEIGHBOURS[1:], 2)
    letters = await query(site, "SELECT subject, detail FROM dead_letter")
    assert [row["subject"] for row in letters] == [guilty]
    assert "TooLargeError" in letters[0]["detail"]


async def test_a_backend_that_dies_in_the_middle_is_tried_again_and_nothing_is_doubled(site: TestSite) -> None:
    await core.prepare(site)
    subjects = [subject(number) for number in range(30)]
    killed: list[int] = []

    async def dies(connection: Connection, changes: list[Change[Toy]]) -> None:
        await toy.project(connection, changes)
        if len(killed) < 3:
            killed.append(await connection.fetchval("SELECT pg_backend_pid()"))
            await site.terminate(killed[-1])

    async with running(site, pipeline=replace(toy.pipeline(), project=dies)):  # type: ignore[arg-type]
        await produce(site, [Sent(subjects[0], 1, toy.opened())])  # alone, so that no halving of the batch can save it
        await caught_up(site)
        await produce(site, season(subjects, 3))
        await caught_up(site)

    assert len(killed) == 3
    expect(await told(site, 90), subjects, 3)
    assert len(await query(site, "SELECT 1 FROM toy")) == 90
    assert await query(site, "SELECT 1 FROM dead_letter") == []


async def test_a_fault_of_the_world_that_outlasts_all_patience_is_delivered_again(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "RETRY_SECONDS_MAX", 0.001)
    await core.prepare(site)
    subjects = [subject(number) for number in range(30)]
    failures: list[int] = []

    async def unreachable(connection: Connection, changes: list[Change[Toy]]) -> None:
        await toy.project(connection, changes)
        if len(failures) < 4:
            failures.append(len(changes))
            raise ConnectionResetError

    async with running(site, pipeline=replace(toy.pipeline(), project=unreachable)):  # type: ignore[arg-type]
        await produce(site, [Sent(subjects[0], 1, toy.opened())])  # alone, so that no halving of the batch can save it
        await caught_up(site)
        await produce(site, season(subjects, 3))
        await caught_up(site)

    assert len(failures) == 4
    expect(await told(site, 90), subjects, 3)
    assert await query(site, "SELECT 1 FROM dead_letter") == []


@dataclass
class Meeting(SequencedStep[Toy]):
    """A step that stays in its transaction, its effects written, until another consumer waits for it or is here too."""

    site: TestSite
    reached: list[int]

    def __post_init__(self) -> None:
        super().__init__(toy.pipeline(), self.site.site.topic_prefix)

    async def apply(
        self, connection: Connection, deliveries: Sequence[Delivery], wake: Sequence[str] = ()
    ) -> Counter[str]:
        counts = await super().apply(connection, deliveries, wake)
        self.reached.append(len(deliveries))
        if len(self.reached) == 1:
            await eventually(
                lambda: _both(self.site, self.reached), what="the other waits for the lock, or is here too"
            )
        return counts


async def test_two_consumers_given_the_same_batch_at_once_apply_it_once(site: TestSite) -> None:
    await core.prepare(site)
    unreadable = replace(toy.delivery(NEIGHBOURS[0], 1, toy.sheet()), envelope=None, event=None)
    batch = [replace(unreadable, offset=offset, fault=DeadLettered(Reason.BODY_EMPTY)) for offset in range(5)]
    step = Meeting(site, [])

    async with running(site, consuming=False) as one, site.pool(core.SERVICE) as pool:
        other = core.make_consumer(pool, core.settings(site, "1"), toy.pipeline(), lambda: None)
        one.consumer.step = other.step = step
        await ensure(pool, step, {(topic.name, PART): 0 for topic in core.TOPICS.values()})
        await asyncio.gather(one.consumer.apply(batch), other.apply(batch))
        await eventually(lambda: _all_sent(site), what="the relay has sent what there is")

    assert step.reached == [len(batch)]
    assert len(await site.records(DEAD_LETTERS.name)) == len(batch)


async def _all_sent(site: TestSite) -> bool:
    return not await query(site, "SELECT 1 FROM lane JOIN relay USING (lane) WHERE head > sent")


async def _both(site: TestSite, reached: list[int]) -> bool:
    waiting = await query(
        site, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return bool(waiting) or len(reached) > 1


async def test_a_number_given_twice_stops_the_consumer_and_moves_nothing(site: TestSite) -> None:
    await core.prepare(site)
    about = NEIGHBOURS[0]
    async with running(site) as runs:
        await produce(site, [Sent(about, 1, toy.opened()), Sent(about, 1, toy.sheet())])
        await caught_up(site)
        before = await query(site, "SELECT topic, part, next_offset FROM watermark ORDER BY 1, 2")

        headers = toy.envelope(about, 1, toy.sheet(), event_id="another").headers()
        await produce_raw(site, about, toy.sheet().model_dump_json().encode(), headers, key=about.encode())
        await eventually(lambda: _failed(runs), what="the consumer stopped")

    assert await query(site, "SELECT topic, part, next_offset FROM watermark ORDER BY 1, 2") == before


async def _failed(runs: core.Running) -> bool:
    return runs.consumer.failed is not None


async def test_a_consumer_that_was_put_past_a_record_goes_back_for_it(site: TestSite) -> None:
    await core.prepare(site)
    about = NEIGHBOURS[0]
    async with running(site) as runs:
        await produce(site, [Sent(about, 1, toy.opened())])
        await caught_up(site)
        kafka = runs.consumer.kafka()
        assert kafka is not None
        place = next(one for one in kafka.assignment() if one.topic.endswith(SHEETS.name) and one.partition == PART)
        kafka.seek(place, 2)
        await produce(site, [Sent(about, number, toy.sheet()) for number in (1, 2, 3, 4)])
        await caught_up(site)

    expect(await told(site, 4), [about], 4)


async def test_a_topic_that_ends_before_the_watermark_stops_the_consumer(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site):
        await produce(site, [Sent(NEIGHBOURS[0], 1, toy.opened())])
        await caught_up(site)
    await query(site, "UPDATE watermark SET next_offset = 1000 WHERE part = $1", PART)

    async with running(site) as runs:
        await eventually(lambda: _failed(runs), what="the consumer stopped")

    assert type(runs.consumer.failed).__name__ == "HistoryLostError"


async def test_what_no_record_caused_is_announced_about_a_subject_that_has_held_records(site: TestSite) -> None:
    await core.prepare(site)
    about = NEIGHBOURS[0]
    async with running(site) as runs:
        await produce(site, [Sent(about, 1, toy.opened()), Sent(about, 2, toy.sheet())])
        await caught_up(site)
        event = toy.voided(UUID(int=5), 77)
        async with runs.pool.acquire() as connection, connection.transaction():
            await runs.consumer.step.announce(connection, [(about, PART, event)], toy.RECORDED_MS)  # type: ignore[attr-defined]
        await produce(site, [Sent(about, 1, toy.sheet())])
        await caught_up(site)

    found = await told(site, 3)
    assert [(sequence, number) for sequence, number, _ in found[about]] == [(1, 77), (2, 1), (3, 2)]
