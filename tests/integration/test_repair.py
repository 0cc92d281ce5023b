"""Operators' acts behind registration: a record that stands still goes on, once, and says who asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import orjson
import pytest
import typer

from deploy import acts
from deploy.acts import Wish
from shared.contracts.envelope import Envelope, Header
from shared.contracts.event import Event
from shared.contracts.receipts import DeadLetterRecorded, DeadLetterSettled
from shared.contracts.sheets import SheetSubmitted
from shared.contracts.topics import DEAD_LETTERS, SHEETS
from shared.kernel.partitions import partition_of
from shared.messaging import repair
from shared.messaging.acts import Kind
from shared.messaging.mending import SequencedMender
from shared.messaging.pipeline import Change, Connection, Outcome, Pipeline
from shared.messaging.repair import REDRIVES_MAX, Repairs
from tests.support import core, toy
from tests.support.core import Running, Sent, caught_up, expect, header, produce, produce_raw, query, told
from tests.support.repairing import OPERATOR, ask, repairing
from tests.support.site import TestSite
from tests.support.toy import Toy, subject
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

ONE, OTHER = subject(0), subject(1)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "POLL_SECONDS", 0.05)


@asynccontextmanager
async def running(site: TestSite, pipeline: Pipeline[Toy] | None = None) -> AsyncIterator[Running]:
    """The toy runs, and so do its repairs."""
    async with (
        core.running(site, pipeline=pipeline) as runs,
        repairing(core.SERVICE, runs.pool, [_mender(runs)], runs.relay.wake),
    ):
        yield runs


def _mender(runs: Running) -> SequencedMender[Toy]:
    return SequencedMender(runs.consumer.step)  # type: ignore[arg-type]  # the toy's step is a sequenced one


def _forgiving(state: Toy, event: Event, envelope: Envelope) -> Outcome[Toy]:
    return toy.decide(state, toy.sheet() if isinstance(event, SheetSubmitted) else event, envelope)


def fix(runs: Running) -> None:
    """The mistake in the rule is gone."""
    runs.consumer.step.pipeline = replace(toy.pipeline(), decide=_forgiving)  # type: ignore[attr-defined]


async def break_one(site: TestSite, member: str = "raises") -> UUID:
    """Sheet 1 of ONE is a dead letter, 2 and 3 wait behind it; OTHER's went through."""
    stream = [Sent(ONE, 1, toy.opened()), Sent(OTHER, 1, toy.opened()), Sent(ONE, 1, toy.sheet(member))]
    stream += [Sent(ONE, number, toy.sheet()) for number in (2, 3)]
    await produce(site, [*stream, Sent(OTHER, 1, toy.sheet())])
    await caught_up(site)
    letter: UUID = (await query(site, "SELECT dead_letter_id FROM dead_letter"))[0]["dead_letter_id"]
    return letter


async def do(site: TestSite, kind: Kind, target: object, *, forced: bool = False, event: bytes | None = None) -> str:
    """Outcome and code of an act, in one word each."""
    outcome = await ask(site, core.SERVICE, kind, target, forced=forced, event=event)
    return f"{outcome.outcome} {outcome.code} {outcome.detail}".strip()


async def on_the_bus(site: TestSite) -> list[tuple[int, str]]:
    """What the bus was told of dead letters: number, and reason or how it was settled."""
    found = []
    for record in await site.records(DEAD_LETTERS.name):
        if header(record, "type") == DeadLetterSettled.type_name():
            said: str = DeadLetterSettled.model_validate_json(record.value).how
        else:
            said = DeadLetterRecorded.model_validate_json(record.value).reason
        found.append((int(header(record, "sequence")), said))
    return sorted(found)


async def held(site: TestSite) -> list[tuple[int, str]]:
    return [tuple(row) for row in await query(site, "SELECT sequence, reason FROM held ORDER BY sequence")]


def corrected(sequence: int, member: str = "m1", about: str = ONE, event_id: str = "") -> bytes:
    """A sheet as an operator would write it down."""
    sheet = toy.sheet(member)
    attributes = {
        name.removeprefix("ce_"): value.decode()
        for name, value in toy.envelope(about, sequence, sheet, event_id=event_id).headers()
        if name.startswith("ce_") and value is not None
    }
    return orjson.dumps({**attributes, "data": orjson.loads(sheet.model_dump_json())})


async def test_a_dead_letter_blocks_its_own_subject_and_when_the_mistake_is_gone_it_is_applied_once_and_what_waited_too(
    site: TestSite,
) -> None:
    await core.prepare(site)
    async with running(site) as runs:
        letter = await break_one(site)
        assert await held(site) == [(1, "dead:fault"), (2, "gap"), (3, "gap")]
        expect(await told(site, 1), [OTHER], 1)

        fix(runs)
        first, second = await do(site, Kind.REDRIVE, letter), await do(site, Kind.REDRIVE, letter)
        await caught_up(site)

    assert [first, second] == ["done applied", "refused settled-before redriven"]
    found = await told(site, 4)
    expect({ONE: found[ONE]}, [ONE], 3)
    assert await held(site) == []
    assert await on_the_bus(site) == [(1, "fault"), (2, "redriven")]
    rows = await query(site, "SELECT asked_by, why, outcome FROM act ORDER BY asked_at")
    assert [tuple(row) for row in rows] == [(OPERATOR, "thử / test", "done"), (OPERATOR, "thử / test", "refused")]


async def test_a_skipped_dead_letter_is_never_applied_and_what_waited_goes_on(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site):
        letter = await break_one(site)
        dead, behind = f"{ONE}/{SHEETS.name}/1", f"{ONE}/{SHEETS.name}/2"

        assert await do(site, Kind.REFUSE, dead) == "refused is-dead-letter"
        assert await do(site, Kind.RELEASE, behind, forced=True) == "refused behind-another"
        assert await do(site, Kind.SKIP, letter) == "done passed-over"
        await produce(site, [Sent(ONE, 1, toy.sheet("raises"))])
        await caught_up(site)

    found = await told(site, 3)
    assert [number for _, number, _ in found[ONE]] == [2, 3]
    assert [sequence for sequence, _, _ in found[ONE]] == [1, 2]
    assert await on_the_bus(site) == [(1, "fault"), (2, "skipped")]


async def test_a_corrected_event_is_applied_in_its_place_and_the_original_bytes_stay(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site):
        letter = await break_one(site)
        before = await query(site, "SELECT value, headers, key FROM dead_letter")

        refused = [
            await do(site, Kind.SUPERSEDE, letter, event=event)
            for event in (
                b"{",
                corrected(2),
                corrected(1, about=OTHER),
                corrected(1, event_id="another"),
                corrected(1, "m1").replace(b'"member_id":"m1"', b'"member_id":7'),
            )
        ]
        again = await do(site, Kind.SUPERSEDE, letter, event=corrected(1, "faulty"))
        untouched = await held(site)
        done = await do(site, Kind.SUPERSEDE, letter, event=corrected(1))
        await produce(site, [Sent(ONE, 1, toy.sheet("raises"))])
        await caught_up(site)

    assert [one.split(":")[0] for one in refused] == [
        "refused event-unreadable body-unreadable",
        "refused event-differs id",
        "refused event-differs id",
        "refused event-differs id",
        "refused event-unreadable body-invalid",
    ]
    assert again == "failed failed-again fault"
    assert untouched == [(1, "dead:fault"), (2, "gap"), (3, "gap")]
    assert done == "done applied"
    assert await query(site, "SELECT value, headers, key FROM dead_letter") == before
    found = await told(site, 4)
    expect({ONE: found[ONE]}, [ONE], 3)
    assert await on_the_bus(site) == [(1, "fault"), (2, "superseded")]


async def test_a_record_whose_subject_nobody_could_read_is_put_in_its_place_by_the_operator(site: TestSite) -> None:
    await core.prepare(site)
    poison: list[Header] = [*toy.envelope(ONE, 1, toy.sheet()).headers(), ("broken", None)]
    async with running(site):
        await produce(site, [Sent(ONE, 1, toy.opened())])
        await produce_raw(site, ONE, toy.sheet().model_dump_json().encode(), poison, key=ONE.encode())
        await produce(site, [Sent(ONE, 2, toy.sheet())])
        await caught_up(site)
        letter = (await query(site, "SELECT dead_letter_id FROM dead_letter"))[0]["dead_letter_id"]

        outcomes = [
            await do(site, Kind.REDRIVE, letter),
            await do(site, Kind.SUPERSEDE, letter, event=corrected(2)),
            await do(site, Kind.SUPERSEDE, letter, event=corrected(1, about=OTHER)),
            await do(site, Kind.SUPERSEDE, letter, event=corrected(1)),
        ]
        await caught_up(site)

    assert outcomes == [
        "failed failed-again headers-unreadable",
        "refused event-differs sequence",
        f"refused event-differs partition {partition_of(OTHER, SHEETS.partitions)}",
        "done applied",
    ]
    expect(await told(site, 2), [ONE], 2)


async def test_what_failed_too_often_is_tried_again_only_when_that_is_forced(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site) as runs:
        letter = await break_one(site)

        failed = [await do(site, Kind.REDRIVE, letter) for _ in range(REDRIVES_MAX)]
        fix(runs)
        guarded = await do(site, Kind.REDRIVE, letter)
        still = await held(site)
        forced = await do(site, Kind.REDRIVE, letter, forced=True)
        await caught_up(site)

    assert failed == ["failed failed-again fault"] * 3
    assert guarded == "refused failed-too-often 3"
    assert still[0] == (1, "dead:fault")
    assert forced == "done applied"
    assert await on_the_bus(site) == [(1, "fault"), (2, "redriven")]


async def test_two_operators_at_once_are_one_act_and_the_second_hears_whose_it_is(site: TestSite) -> None:
    await core.prepare(site)
    async with core.running(site) as runs:
        letter = await break_one(site)
        fix(runs)
        both = asyncio.gather(
            *(ask(site, core.SERVICE, Kind.REDRIVE, letter, by=name, wait_seconds_max=15) for name in ("an", "binh"))
        )
        await asked_for(site, 1)
        async with repairing(core.SERVICE, runs.pool, [_mender(runs)], runs.relay.wake):
            outcomes = await both
        await caught_up(site)

    kept = await query(site, "SELECT asked_by FROM act")
    assert len(kept) == 1
    assert [one.outcome for one in outcomes] == ["done", "done"]
    assert [one.asked_by for one in outcomes if one.asked_by] == [f"{kept[0]['asked_by']} (redrive)"]
    expect({ONE: (await told(site, 4))[ONE]}, [ONE], 3)


async def asked_for(site: TestSite, count: int) -> None:
    """So many acts were asked for."""

    async def there() -> bool:
        return len(await query(site, "SELECT 1 FROM act")) >= count

    await eventually(there, what="acts asked for")


async def test_an_act_that_a_fault_of_the_world_interrupts_is_carried_out_once_all_the_same(site: TestSite) -> None:
    await core.prepare(site)
    killed: list[int] = []

    async def dies(connection: Connection, changes: list[Change[Toy]]) -> None:
        await toy.project(connection, changes)
        if len(killed) < 2 and any(change.subject == ONE for change in changes):
            killed.append(await connection.fetchval("SELECT pg_backend_pid()"))
            await site.terminate(killed[-1])

    async with running(site) as runs:
        letter = await break_one(site)
        runs.consumer.step.pipeline = replace(toy.pipeline(), decide=_forgiving, project=dies)  # type: ignore[attr-defined, arg-type]
        outcome = await do(site, Kind.REDRIVE, letter)
        await caught_up(site)

    assert len(killed) == 2
    assert outcome == "done applied"
    assert [row["attempts"] for row in await query(site, "SELECT attempts FROM act")] == [3]
    expect({ONE: (await told(site, 4))[ONE]}, [ONE], 3)


async def test_a_redrive_that_the_database_refuses_fails_and_leaves_everything_as_it_was(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site):
        await produce(site, [Sent(ONE, 1, toy.opened())])
        await caught_up(site)
        await produce(site, [Sent(ONE, 1, toy.sheet(dossier_id=toy.REFUSED))])
        await caught_up(site)
        letter = (await query(site, "SELECT dead_letter_id FROM dead_letter"))[0]["dead_letter_id"]

        outcome = await do(site, Kind.REDRIVE, letter)

    assert outcome.startswith("failed fault CheckViolationError")
    assert await held(site) == [(1, "dead:fault")]


async def test_two_processes_carry_out_each_act_once(site: TestSite) -> None:
    await core.prepare(site)
    subjects = [subject(number) for number in range(12)]
    stream = [Sent(name, 1, toy.opened()) for name in subjects] + [
        Sent(name, 1, toy.sheet("raises")) for name in subjects
    ]
    async with running(site) as runs, site.pool(core.SERVICE) as pool:
        await produce(site, stream)
        await caught_up(site)
        fix(runs)
        letters = [row["dead_letter_id"] for row in await query(site, "SELECT dead_letter_id FROM dead_letter")]
        async with repairing(core.SERVICE, pool, [_mender(runs)], runs.relay.wake):
            outcomes = await asyncio.gather(*(do(site, Kind.REDRIVE, letter) for letter in letters))
        await caught_up(site)

    assert outcomes == ["done applied"] * 12
    expect(await told(site, 12), subjects, 1)
    assert await on_the_bus(site) == [(1, "fault")] * 12 + [(2, "redriven")] * 12


async def test_a_dead_letter_that_waits_after_its_redrive_and_dies_again_is_open_again(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site) as runs:
        letter = await break_one(site)
        waiting = replace(toy.pipeline(), decide=_shut)
        runs.consumer.step.pipeline = waiting  # type: ignore[attr-defined]
        assert await do(site, Kind.REDRIVE, letter) == "done held waits:open"
        runs.consumer.step.pipeline = toy.pipeline()  # type: ignore[attr-defined]
        await produce(site, [Sent(ONE, 2, toy.opened())])
        await caught_up(site)
        reopened = await query(site, "SELECT settled_how FROM dead_letter")
        fix(runs)
        again = await do(site, Kind.REDRIVE, letter)
        await caught_up(site)

    assert [row["settled_how"] for row in reopened] == [None]
    assert again == "done applied"
    assert await on_the_bus(site) == [(1, "fault"), (2, "redriven"), (3, "fault"), (4, "redriven")]


async def test_what_superseded_and_died_later_is_redriven_from_the_operators_bytes(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site) as runs:
        headers = toy.envelope(ONE, 1, toy.sheet()).headers()
        await produce_raw(site, ONE, b"{", headers, key=ONE.encode())
        await caught_up(site)
        letter = (await query(site, "SELECT dead_letter_id FROM dead_letter"))[0]["dead_letter_id"]
        outcomes = [await do(site, Kind.SUPERSEDE, letter, event=corrected(1, "raises"))]
        await produce(site, [Sent(ONE, 1, toy.opened())])
        await caught_up(site)
        fix(runs)
        outcomes.append(await do(site, Kind.REDRIVE, letter))
        await caught_up(site)

    assert outcomes == ["done held waits:open", "done applied"]
    expect(await told(site, 1), [ONE], 1)
    assert (await query(site, "SELECT value FROM dead_letter"))[0]["value"] == b"{"


def _shut(state: Toy, event: Event, envelope: Envelope) -> Outcome[Toy]:
    return toy.decide(replace(state, is_open=False), event, envelope)


async def test_a_hold_is_tried_again_or_passed_over_and_a_dead_letter_is_neither(site: TestSite) -> None:
    await core.prepare(site)
    waits, behind = f"{ONE}/{SHEETS.name}/1", f"{ONE}/{SHEETS.name}/2"
    async with running(site):
        await produce(site, [Sent(ONE, 1, toy.sheet()), Sent(ONE, 2, toy.sheet()), Sent(ONE, 4, toy.sheet())])
        await caught_up(site)

        outcomes = [
            await do(site, Kind.RELEASE, waits),
            await do(site, Kind.REFUSE, behind),
            await do(site, Kind.REFUSE, waits),
            await do(site, Kind.REFUSE, waits),
        ]
        passed = await held(site)
        await produce(site, [Sent(ONE, 1, toy.opened())])
        await caught_up(site)

    assert outcomes == [
        "failed still-waits waits:open",
        "refused behind-another",
        "done passed-over",
        "refused not-found",
    ]
    assert passed == [(2, "waits:open"), (4, "gap")]
    assert [number for _, number, _ in (await told(site, 1))[ONE]] == [2]


async def test_numbers_that_never_came_are_given_up_only_when_that_is_forced_and_may_then_come_late(
    site: TestSite,
) -> None:
    await core.prepare(site)
    target = f"{ONE}/{SHEETS.name}/4"
    async with running(site) as runs:
        await produce(site, [Sent(ONE, 1, toy.opened()), Sent(ONE, 1, toy.sheet()), Sent(ONE, 4, toy.sheet())])
        await produce(site, [Sent(ONE, 5, toy.sheet())])
        await caught_up(site)

        asked = await do(site, Kind.RELEASE, target)
        forced = await do(site, Kind.RELEASE, target, forced=True)
        await produce(site, [Sent(ONE, 3, toy.sheet()), Sent(ONE, 2, toy.sheet())])
        await caught_up(site)
        assert runs.consumer.failed is None

    assert [asked, forced] == ["refused needs-force 2-3", "done applied"]
    assert [number for _, number, _ in (await told(site, 3))[ONE]] == [1, 4, 5]


@pytest.mark.parametrize("target", ["", "x", "a/b/c", f"{ONE}/{SHEETS.name}/99999999999999999999", "66/E-1"])
async def test_what_is_not_there_is_said_to_be_not_there(site: TestSite, target: str) -> None:
    await core.prepare(site)
    async with running(site):
        outcomes = [await do(site, kind, target) for kind in (Kind.REDRIVE, Kind.SKIP, Kind.RELEASE, Kind.REFUSE)]

    assert outcomes == ["refused not-found"] * 4


async def test_an_act_waits_for_the_service_and_is_carried_out_when_it_runs_again(site: TestSite) -> None:
    await core.prepare(site)
    async with core.running(site):
        letter = await break_one(site)
    waiting = await ask(site, core.SERVICE, Kind.SKIP, letter, wait_seconds_max=0.1)

    async with core.running(site) as runs:
        repairs = Repairs(core.SERVICE, runs.pool, [_mender(runs)], runs.relay.wake)
        found = [await repairs.carry_out_next(), await repairs.carry_out_next()]
        await caught_up(site)

    assert waiting.outcome == "waiting"
    assert found == [True, False]
    assert [number for _, number, _ in (await told(site, 3))[ONE]] == [2, 3]


@pytest.mark.parametrize(("by", "why"), [("", "x"), ("an", " "), ("an", "x" * 501), ("a\x00n", "x")])
async def test_an_act_without_a_name_or_a_reason_is_not_asked_for(site: TestSite, by: str, why: str) -> None:
    with pytest.raises(typer.Exit) as ended:
        acts.carry_out(site.site, [Wish(core.SERVICE, Kind.SKIP, ONE)], by, why)

    assert ended.value.exit_code == acts.BAD_INPUT
    assert await query(site, "SELECT 1 FROM act") == []
