"""An operator at the command line, against services that run as processes: what stands still is found and settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import orjson
import pytest

from deploy import run_file
from deploy.local.servers import Endpoints
from deploy.season.generator import generate
from deploy.season.plan import DOSSIERS_MIN
from deploy.verify import Kind, account
from shared.contracts import intake
from shared.contracts.sheets import SheetSubmitted
from shared.contracts.topics import SHEETS, intake_topic
from shared.kernel.partitions import partition_of
from shared.messaging.crash_points import CrashPoint
from tests.support import toy
from tests.support.command_line import SECONDS, make_known, ocop
from tests.support.fleet import Fleet, fleet
from tests.support.intake import MINISTRY, PROVINCE, Line, line
from tests.support.rest import at_rest, database
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

ABOUT = toy.subject(0)
UNKNOWN = {"reference": "HS-KHONG-CO"}
FORGED = {
    (Kind.EFFECT_DIFFERS, f"{SHEETS.name}/{partition_of(ABOUT, SHEETS.partitions)}/0"),
    (Kind.OUTBOX_DIFFERS, "registration.lane admission"),
}
"""What no accounting may explain: the sheet that this test wrote in registration's name."""
SECRET = "phuong-an-7351"


async def act(running: Fleet, *words: str) -> tuple[int, str]:
    return await ocop(running, *words, "--by", "an", "--why", "thử nghiệm", "--wait", str(SECONDS))


async def say(running: Fleet, unit: str, value: bytes, headers: Sequence[tuple[str, bytes | None]]) -> None:
    await running.site.send(intake_topic(unit).name, value, headers, None, 0)


async def letters(running: Fleet, service: str) -> list[UUID]:
    async with database(running.site) as connection:
        rows = await connection.fetch(f"SELECT dead_letter_id FROM {service}.dead_letter ORDER BY topic_offset")
    return [row["dead_letter_id"] for row in rows]


async def console(running: Fleet) -> tuple[int, str]:
    """How many dead letters the console counts, and its page of them."""
    port = running.programs["console"].environment["OCOP_HTTP_PORT"]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        counted = (await client.get("/api/summary")).json()["totals"]["dead_letters"]
        return counted, (await client.get("/dead-letters")).text


async def counts(running: Fleet, wanted: int) -> str:
    """The console's page once it counts so many."""

    async def there() -> str | None:
        counted, page = await console(running)
        return page if counted == wanted else None

    found = await eventually(there, what=f"{wanted} dead letters on the console")
    assert found is not None
    return found


def superseding(tmp_path: Path) -> Path:
    """The sheet as an operator writes it down."""
    headers = toy.envelope(ABOUT, 1, toy.sheet()).headers()
    attributes = {name[3:]: (value or b"").decode() for name, value in headers if name.startswith("ce_")}
    file = tmp_path / "event.json"
    file.write_bytes(orjson.dumps({**attributes, "data": orjson.loads(toy.sheet().model_dump_json())}))
    return file


@dataclass(frozen=True)
class Stuck:
    """What stands still: a sheet and a record at the door as dead letters, and an event that waits."""

    unit: str
    sheet: UUID
    door: UUID
    held: str


async def break_things(running: Fleet, unit: str) -> Stuck:
    """A poisoned sheet, a poisoned intake record, and a dossier whose product nobody knows."""
    poison, held = toy.sheet(SECRET).model_dump_json().encode()[:-1], line(intake.DossierFiled, "e-held", unit)
    headers = toy.envelope(ABOUT, 1, toy.sheet()).headers()
    await running.site.send(SHEETS.name, poison, headers, ABOUT.encode(), partition_of(ABOUT, SHEETS.partitions))
    await say(running, unit, b"\x1b]0;not JSON", Line(unit, "e-poison", SheetSubmitted.type_name(), {}).binary()[1])
    await say(running, unit, *held.binary())
    await at_rest(running.site)
    (sheet,), (door,) = await letters(running, "evaluation"), await letters(running, "registration")
    return Stuck(unit, sheet, door, f"registration:{unit}/{held.id}")


async def look(running: Fleet, stuck: Stuck) -> None:
    """Everything is listed with its cause and shown without its content, unless that is asked for."""
    status, listed = await ocop(running, "dead-letters", "list")
    assert status == 0
    assert "body-unreadable  từ / from registration  tại / at evaluation" in listed
    assert f"type-unknown  từ / from {stuck.unit}  tại / at registration" in listed
    assert str(stuck.sheet) in listed
    assert listed.endswith("2 bản ghi lỗi / dead letters\n")
    shown = (await ocop(running, "dead-letters", "show", str(stuck.sheet)))[1]
    assert SECRET not in listed + shown
    assert SECRET in (await ocop(running, "dead-letters", "show", str(stuck.sheet), "--body"))[1]
    escape = (await ocop(running, "dead-letters", "show", str(stuck.door), "--body"))[1]
    assert "\x1b" not in escape
    assert "\\x1b]0;not JSON" in escape
    assert (await ocop(running, "dead-letters", "show", str(UUID(int=1))))[0] == 2


async def settle(running: Fleet, stuck: Stuck, event: Path) -> None:
    """Both dead letters are settled, one though its service dies twice over it."""
    status, again = await act(running, "dead-letters", "redrive", "--all", "--sender", stuck.unit)
    assert (status, again.count("lại hỏng")) == (1, 1), again
    assert (await act(running, "dead-letters", "supersede", str(stuck.sheet), str(event)))[0] == 0
    settled_before = f"✗ evaluation:{stuck.sheet}  đã được xử lý trước đó / it was settled before (superseded)\n"
    assert await act(running, "dead-letters", "skip", str(stuck.sheet)) == (1, settled_before)
    assert (await act(running, "dead-letters", "skip", str(stuck.door)))[0] == 0
    assert (await ocop(running, "dead-letters", "list"))[1] == "0 bản ghi lỗi / dead letters\n"


async def end_hold(running: Fleet, stuck: Stuck) -> None:
    """What waits is listed, still waits when it is released, and is refused; so is the sheet, which waits by now."""
    assert f"{stuck.held}  product:{stuck.unit}/" in (await ocop(running, "holds", "list"))[1]
    status, released = await act(running, "holds", "release", stuck.held)
    assert (status, "vẫn phải chờ" in released) == (1, True), released
    assert (await act(running, "holds", "refuse", stuck.held, f"evaluation:{ABOUT}/{SHEETS.name}/1"))[0] == 0
    acted = (await ocop(running, "holds", "show", stuck.held))[1]
    assert "release  an: thử nghiệm  → failed" in acted
    assert "refuse  an: thử nghiệm  → done" in acted
    assert (await ocop(running, "holds", "list"))[1] == "0 sự kiện đang chờ / events wait\n"


async def test_dead_letters_and_holds_are_listed_shown_and_settled_once_though_the_service_dies_over_it(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIERS_MIN, 2026)
    unit = next(code for code in season.expected.units if code.isdigit())
    plan = {"evaluation": ((CrashPoint.IN_TRANSACTION, 2), (CrashPoint.AFTER_COMMIT, 1))}
    async with fleet(servers, season, tmp_path / "home", crashes=plan) as running:
        make_known(running)
        stuck = await break_things(running, unit)
        await counts(running, 2)

        await look(running, stuck)
        await settle(running, stuck, superseding(tmp_path))
        await end_hold(running, stuck)

        assert "đã thay bằng sự kiện khác<small>an, " in await counts(running, 0)
        assert running.crashed("evaluation") == [CrashPoint.IN_TRANSACTION, CrashPoint.AFTER_COMMIT]
        accounted = await account(running.site.site, running.layout.mail)
        async with database(running.site) as connection:
            done = await connection.fetch("SELECT kind, attempts, outcome FROM evaluation.act ORDER BY asked_at")
        assert {(one.kind, one.where) for one in accounted.unexplained} == FORGED
        assert [tuple(row) for row in done] == [("supersede", 2, "done"), ("skip", 1, "refused"), ("refuse", 1, "done")]
        run_file.forget(running.layout.home)
        assert (await ocop(running, "dead-letters", "list"))[0] == 3


async def test_what_is_repaired_and_what_waited_behind_it_is_accounted_for(servers: Endpoints, tmp_path: Path) -> None:
    season = generate(DOSSIERS_MIN, 2026)
    opens = line(intake.DayStarted, "e-day", MINISTRY, date="2026-07-01")
    producer, product = line(intake.ProducerRegistered, "e-producer"), line(intake.ProductRegistered, "e-product")
    dossier, stray = line(intake.DossierFiled, "e-dossier"), line(intake.CommuneAssessed, "e-stray", dossier=UNKNOWN)
    event = tmp_path / "producer.json"
    event.write_bytes(producer.structured()[0])

    async with fleet(servers, season, tmp_path / "home") as running:
        make_known(running)
        await say(running, MINISTRY, *opens.binary())
        await at_rest(running.site)
        await say(running, PROVINCE, b"{", producer.binary()[1])
        for each in (product, dossier, stray):
            await say(running, PROVINCE, *each.binary())
        await at_rest(running.site)
        (letter,) = await letters(running, "registration")
        superseded = await act(running, "dead-letters", "supersede", str(letter), str(event))
        refused = await act(running, "holds", "refuse", f"registration:{PROVINCE}/{stray.id}")
        found = await account(running.site.site, running.layout.mail)

    assert (superseded[0], refused[0]) == (0, 0), (superseded, refused)
    assert "\n".join(map(str, found.unexplained)) == ""
    assert (found.counts["dead_lettered"], found.counts["dossiers"], found.counts["refused"]) == (1, 1, 1)
