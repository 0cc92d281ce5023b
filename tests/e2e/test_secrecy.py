"""Before a session closes nothing but intake, sheets, registration and evaluation holds a sheet's options or points."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.local.servers import Endpoints
from deploy.provision import SERVICES
from deploy.season.generator import generate
from deploy.season.profiles import PROFILES
from deploy.verify.account import account
from deploy.verify.topics import read_topics
from shared.contracts import intake
from shared.contracts.event import Event
from shared.contracts.topics import intake_topic
from tests.support.canary import Canary
from tests.support.fleet import Fleet, fleet
from tests.support.intake import MINISTRY, PROVINCE, Line, line
from tests.support.rest import at_rest, database

pytestmark = pytest.mark.servers

Found = dict[str, set[str]]
"""Place → what of a canary it holds; places that hold nothing are left out."""

FIRST_THOUGHT = Canary(PROFILES["mark_92"].options(), 92)
AFTER_DISCUSSION = Canary(PROFILES["three_58"].options(), 58)
INTAKE = f"topic {intake_topic(PROVINCE).name}"
PERMITTED = {INTAKE, "topic ocop.sheets.v1", "schema registration", "schema evaluation"}
PRESENT = ["TV-01", "TV-02", "TV-03", "TK-01"]
PAGES = ("/", "/products", "/dead-letters", "/holds", "/api/summary", "/api/told")


def said(event: type[Event], name: str, unit: str = PROVINCE, **changes: Any) -> Line:
    return line(event, f"canary-{name}", unit, **changes)


def sheet(member: str, canary: Canary, event: type[Event] = intake.ScoreSheetSubmitted) -> Line:
    return said(event, f"{event.__name__}-{member}", member_id=member, options=dict(canary.options))


def closing(name: str) -> Line:
    return said(intake.SessionClosed, name, present=PRESENT, agreed=[], chaired_by=None)


STORY = [
    said(intake.OfficeRegistered, "office"),
    said(intake.ProducerRegistered, "producer"),
    said(intake.ProductRegistered, "product"),
    said(intake.DossierFiled, "dossier", self_assessment=None),
    said(intake.CommuneAssessed, "assessed"),
    said(intake.CouncilFormed, "council"),
    said(intake.DossiersScheduled, "scheduled"),
    sheet("TV-01", FIRST_THOUGHT),
    sheet("TV-02", AFTER_DISCUSSION),
    sheet("TV-03", AFTER_DISCUSSION),
    sheet("TV-03", FIRST_THOUGHT),  # a second sheet of a member: refused
    said(intake.ScoreSheetSubmitted, "faulty", member_id="TV-01", options={**AFTER_DISCUSSION.options, "9.9": 1}),
    closing("sent-back"),  # 34 points apart: refused
    sheet("TV-01", AFTER_DISCUSSION, intake.ScoreSheetSuperseded),
]
DECIDED: dict[str, Any] = {
    "kind": "recognise",
    "results": [{"dossier": {"reference": "HS-2026-0007"}, "stars": 3}],
    "decided_on": "2026-07-10",
}


@pytest.fixture(scope="module")
async def sitting(servers: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """A council has handed in its sheets, its first closing was sent back, and its session is still open."""
    async with fleet(servers, generate(30), tmp_path_factory.mktemp("canary")) as running:
        await send(running, [said(intake.DayStarted, "day", MINISTRY, date="2026-07-10")])
        yield running


async def send(running: Fleet, lines: Sequence[Line]) -> None:
    for each in lines:
        await running.site.send(intake_topic(each.unit).name, *each.binary(), b"", part=0)
    await at_rest(running.site)


@asynccontextmanager
async def listening(running: Fleet) -> AsyncIterator[bytearray]:
    """Everything that the console's stream says meanwhile."""
    heard = bytearray()

    async def listen() -> None:
        async with (
            httpx.AsyncClient(base_url=running.address("console"), timeout=None) as client,
            client.stream("GET", "/events") as stream,
        ):
            async for chunk in stream.aiter_bytes():
                heard.extend(chunk)

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def places(running: Fleet, heard: bytes) -> dict[str, list[bytes]]:
    """All bytes there are, by place."""
    found: dict[str, list[bytes]] = defaultdict(list)
    topics = await read_topics(running.site.site)
    for name, records in topics.records.items():
        for record in records:
            headers = [value for _, value in record.headers if value]
            found[f"topic {name}"] += [record.value or b"", record.key or b"", *headers]
    async with database(running.site) as connection:
        for schema, column, values in [each async for each in columns(connection)]:
            found[f"schema {schema}"] += [column.encode(), *values]
    for file in running.layout.logs.rglob("*"):
        found[f"log {file.name}"] += file.read_bytes().splitlines()
    for service in SERVICES:
        async with httpx.AsyncClient(base_url=running.address(service)) as client:
            for path in ("/metrics", "/ready", *(await pages(running) if service == "console" else ())):
                found[f"page {service}{path.partition('/products/')[1] or path}"].append(
                    (await client.get(path)).content
                )
    found["stream console"] = [bytes(heard)]
    return found


async def pages(running: Fleet) -> list[str]:
    """Every page of the console, that of the product among them."""
    async with database(running.site) as connection:
        products: list[UUID] = [row["subject"] for row in await connection.fetch("SELECT subject FROM console.subject")]
    return [*PAGES, *(f"/products/{product}" for product in products)]


async def columns(connection: asyncpg.Connection) -> AsyncIterator[tuple[str, str, list[bytes]]]:
    """Every column of every table of every schema with its values, as the bytes that they are."""
    tables = await connection.fetch(
        """SELECT table_schema, table_name, column_name FROM information_schema.columns
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND data_type IN
        ('text', 'json', 'jsonb', 'bytea', 'character varying', 'ARRAY', 'numeric')"""
    )
    for schema, table, column in tables:
        rows = await connection.fetch(
            f'SELECT "{column}" AS value FROM "{schema}"."{table}" WHERE "{column}" IS NOT NULL'
        )
        yield (
            schema,
            f"{table}.{column}",
            [v if isinstance(v := row["value"], bytes) else str(v).encode() for row in rows],
        )


def leaks(found: dict[str, list[bytes]], canaries: Sequence[Canary]) -> Found:
    """Where any of the canaries is, and what of it."""
    seen = {place: set(_seen(values, canaries)) for place, values in found.items()}
    return {place: what for place, what in seen.items() if what}


def _seen(values: Sequence[bytes], canaries: Sequence[Canary]) -> Iterator[str]:
    for canary in canaries:
        for value in values:
            yield from canary.seen_in(value)


async def test_nothing_holds_a_sheet_before_the_session_closes_and_its_result_is_seen_where_it_belongs(
    sitting: Fleet,
) -> None:
    async with listening(sitting) as heard:
        await send(sitting, STORY)
        before = await places(sitting, bytes(heard))
        told = [record.value for record in await sitting.site.records("ocop.receipts.66.v1")]

        await send(sitting, [closing("closing"), said(intake.DecisionApproved, "decided", **DECIDED)])
        after = await places(sitting, bytes(heard))

    early, late = (leaks(each, (FIRST_THOUGHT, AFTER_DISCUSSION)) for each in (before, after))
    assert [place for place in early if place not in PERMITTED] == []
    assert {place for place, what in early.items() if "options" in what} == PERMITTED
    assert "points" in early["schema registration"]
    assert b"members-apart" in b"".join(filter(None, told))
    assert all(before[place] for place in before if place.startswith(("topic ocop.d", "schema", "log", "page")))
    assert len(before["stream console"][0]) > 0
    assert {"topic ocop.scores.v1", "schema promotion", "schema console", "page console/products/"} <= set(late)
    assert {place for place, what in late.items() if "options" in what} == PERMITTED
    assert (await account(sitting.site.site, sitting.layout.mail)).unexplained == ()


@pytest.mark.parametrize(
    "place", ["topic ocop.receipts.66.v1", "schema console", "log evaluation.log", "page promotion/metrics"]
)
def test_a_sheet_that_leaked_would_be_found_in_every_kind_of_place(place: str) -> None:
    told = '{"detail": "' + str(dict(AFTER_DISCUSSION.options)).replace("'", '\\"') + '", "total": 58}'

    assert leaks({place: [b"", told.encode()]}, (AFTER_DISCUSSION,)) == {place: {"options", "points"}}
