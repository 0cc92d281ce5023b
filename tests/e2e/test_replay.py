"""State rebuilt from the log equals live state; what was changed beside the log is named; nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from deploy.local.servers import Endpoints
from deploy.replay.comparison import Report
from deploy.replay.pipelines import REPLAYED
from deploy.replay.replay import replay_site
from deploy.season.checker import snapshot_counts
from deploy.season.generator import generate
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, SHEETS, Topic
from shared.kernel.partitions import partition_of
from tests.support import toy
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest, database, fingerprint
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

DOSSIER_COUNT = 30
SEED = 2026
NOT_JSON = b"{"
Named = set[tuple[str, str, str]]
"""Service, table and key of every difference."""


@pytest.fixture(scope="module")
async def running(servers: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """A season that is being played."""
    season = generate(DOSSIER_COUNT, SEED)
    async with fleet(servers, season, Path(tmp_path_factory.mktemp("fleet"))) as made:
        await made.play(season.lines)
        yield made


async def replayed(running: Fleet, services: Sequence[str] = REPLAYED) -> list[Report]:
    return await asyncio.to_thread(lambda: list(replay_site(running.site.site, services)))


def differences(reports: Sequence[Report]) -> Named:
    return {
        (table.service, table.table, key) for report in reports for table in report.tables for key in table.differing
    }


def rows(reports: Sequence[Report]) -> dict[tuple[str, str], int]:
    return {(table.service, table.table): table.rows for report in reports for table in report.tables}


async def change(running: Fleet, statement: str, *values: object) -> None:
    async with database(running.site) as connection:
        assert await connection.execute(statement, *values) in {"UPDATE 1", "DELETE 1", "INSERT 0 1"}


async def one(running: Fleet, query: str) -> str:
    async with database(running.site) as connection:
        found: str = await connection.fetchval(query)
        return found


async def send(
    running: Fleet, topic: Topic, about: str, sequence: int, event: Event, value: bytes | None = None
) -> None:
    """The event stands on an internal topic as its owner would have put it, or with other bytes."""
    headers = toy.envelope(about, sequence, event).headers()
    body = value or event.model_dump_json().encode()
    await running.site.send(topic.name, body, headers, about.encode(), partition_of(about, topic.partitions))


async def ask(running: Fleet, service: str, kind: str, target: str, event: bytes | None = None) -> None:
    """An operator asked for the act, and the service has done it."""
    columns = "act_id, kind, target, asked_by, why, forced, event"
    number = 1 + int(await one(running, f"SELECT count(*) FROM {service}.act"))
    insert = f"INSERT INTO {service}.act ({columns}) VALUES ($1, $2, $3, 'operator', 'a test', true, $4)"
    await change(running, insert, UUID(int=number), kind, target, event)

    async def done() -> str | None:
        return await one(running, f"SELECT outcome || ' ' || code FROM {service}.act ORDER BY asked_at DESC LIMIT 1")

    came = await eventually(done, what=f"{kind} {target}")
    assert came is not None
    assert came.startswith("done"), came


async def test_a_running_season_is_rebuilt_as_it_is_at_that_moment(running: Fleet) -> None:
    reports = await replayed(running)

    assert differences(reports) == set()


async def test_a_season_rebuilt_equals_the_live_one_and_leaves_nothing_behind(running: Fleet) -> None:
    await at_rest(running.site)
    place = running.site.site.kafka_bootstrap, running.site.site.topic_prefix
    before = await fingerprint(running.site), await snapshot_counts(*place), len(list(running.layout.mail.iterdir()))

    reports = await replayed(running)

    after = await fingerprint(running.site), await snapshot_counts(*place), len(list(running.layout.mail.iterdir()))
    left = await one(running, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replay%'")
    found = rows(reports)
    assert [report.service for report in reports] == list(REPLAYED)
    assert differences(reports) == set()
    assert all(report.equal and report.events > 0 for report in reports)
    assert before == after
    assert int(left) == 0
    assert found["evaluation", "announced"] == found["promotion", "announced"] == DOSSIER_COUNT
    assert min(found["promotion", "certificate"], found["promotion", "task"], found["notification", "delivery"]) > 0
    assert found["console", "product_row"] == DOSSIER_COUNT


SABOTAGE = (
    (
        "evaluation",
        "subject",
        "subject",
        "state = jsonb_set(state::jsonb, '{dossier,stages}', '[]')",
        "state::jsonb -> 'dossier' -> 'stages' <> '[]'",
    ),
    ("promotion", "certificate", "certificate_id::text", "stars = 8 - stars", "stars <> 4"),
    ("promotion", "task", "task_id::text", None, "true"),
    ("notification", "delivery", "notice_id || ' ' || channel", "ended_at = ended_at + interval '1 s'", "state='sent'"),
    ("console", "product_row", "product_id", None, "true"),
    ("console", "freshness", "family", "recorded_ms = recorded_ms + 1", "family = 'scores'"),
)


@pytest.mark.parametrize(("service", "table", "key", "assignment", "where"), SABOTAGE)
async def test_what_was_changed_beside_the_log_is_named_and_nothing_else(
    running: Fleet, service: str, table: str, key: str, assignment: str | None, where: str
) -> None:
    await at_rest(running.site)
    name = f"{service}.{table}"
    target = await one(running, f"SELECT {key} FROM {name} WHERE {where} ORDER BY 1 LIMIT 1")
    verb = f"UPDATE {name} SET {assignment}" if assignment else f"DELETE FROM {name}"
    async with database(running.site) as connection:
        await connection.execute(f"CREATE TABLE kept AS SELECT * FROM {name} WHERE {key} = $1", target)
    await change(running, f"{verb} WHERE {key} = $1", target)

    reports = await replayed(running, [service])

    async with database(running.site) as connection:
        await connection.execute(f"DELETE FROM {name} WHERE {key} = $1", target)
        await connection.execute(f"INSERT INTO {name} SELECT * FROM kept; DROP TABLE kept")
    assert differences(reports) == {(service, table, target)}


async def test_an_announcement_that_the_topic_has_not_is_named(running: Fleet) -> None:
    await at_rest(running.site)
    subject = await one(running, "SELECT subject FROM evaluation.subject WHERE published > 0 ORDER BY 1 LIMIT 1")
    await change(running, "UPDATE evaluation.subject SET published = published - 1 WHERE subject = $1", subject)

    reports = await replayed(running, ["evaluation"])

    await change(running, "UPDATE evaluation.subject SET published = published + 1 WHERE subject = $1", subject)
    assert differences(reports) == {("evaluation", "subject", subject), ("evaluation", "announced", subject)}


async def test_dead_letters_holds_and_what_operators_did_to_them_are_rebuilt(running: Fleet) -> None:
    await at_rest(running.site)
    sheet, opened = toy.sheet(), toy.opened()
    for about in ("product-dead", "product-skipped", "product-superseded"):
        await send(running, SHEETS, about, 1, sheet, NOT_JSON)
        await send(running, SHEETS, about, 2, sheet)
    for about in ("product-waits", "product-refused"):
        await send(running, SHEETS, about, 1, sheet)
        await send(running, SHEETS, about, 2, sheet)
    for about in ("product-early", "product-released"):
        await send(running, SHEETS, about, 3, sheet)
    await send(running, DOSSIERS, "product-dead", 1, opened, NOT_JSON)
    await running.site.send(SHEETS.name, NOT_JSON, [("ce_id", b"\xff")], b"nobody", 0)
    await at_rest(running.site)
    as_they_stand = await replayed(running)

    dead = {about: await letter(running, about) for about in ("product-skipped", "product-superseded")}
    await ask(running, "evaluation", "skip", dead["product-skipped"])
    await ask(running, "evaluation", "supersede", dead["product-superseded"], structured("product-superseded", sheet))
    await ask(running, "evaluation", "refuse", f"product-refused/{SHEETS.name}/1")
    await ask(running, "evaluation", "release", f"product-released/{SHEETS.name}/3")
    await at_rest(running.site)
    as_they_were_settled = await replayed(running)

    assert differences(as_they_stand) == set()
    assert rows(as_they_stand)["evaluation", "held"] == 3 * 2 + 2 * 2 + 2 + 1
    assert rows(as_they_stand)["evaluation", "dead_letter"] == 3 + 1 + 1
    assert {rows(as_they_stand)[service, "dead_letter"] for service in REPLAYED[1:]} == {1}
    assert differences(as_they_were_settled) == set()
    assert rows(as_they_were_settled)["evaluation", "dead_letter"] == 1 + 1 + 1


async def letter(running: Fleet, about: str) -> str:
    return await one(running, f"SELECT dead_letter_id::text FROM evaluation.dead_letter WHERE subject = '{about}'")


def structured(about: str, event: Event) -> bytes:
    """The event as an operator writes it, in the place of the dead letter that is the subject's first."""
    envelope = toy.envelope(about, 1, event)
    headers = {name.removeprefix("ce_"): (value or b"").decode() for name, value in envelope.headers()}
    attributes = ", ".join(f'"{name}": "{value}"' for name, value in headers.items() if name != "content-type")
    return f'{{{attributes}, "data": {event.model_dump_json()}}}'.encode()
