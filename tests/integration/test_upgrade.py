"""A second `up` with newer programs: what the first schema held is there as it was, and the pipeline goes on once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import asyncpg
import psycopg
import pytest
from psycopg import sql

from deploy.provision import CORE, ROOT, SERVICES, provision, role
from services.evaluation.domain.dossier import ByLaw, Dossier, Session, State, sheet_of
from services.evaluation.store import STATE
from shared.kernel.ids import derived_id
from shared.postgres.migrations import migrate
from tests.support import core, toy
from tests.support.core import Sent
from tests.support.rest import database
from tests.support.site import TestSite

pytestmark = pytest.mark.servers

SUBJECTS = [toy.subject(number) for number in range(1, 21)]
SHEETS = 6
SET_ASIDE = "set_aside"

OWN_ROWS = {
    "registration": """INSERT INTO registration.journal (unit, event_id, topic, partition, topic_offset, type, sha256,
        headers, value, recorded_ms, status, code, answer, waits_for)
        VALUES ('66', 'old', 'ocop.intake.66.v1', 0, 1, 't', 'hash', '[["a","b"]]', 'bytes', 5, 'held',
        'waits-for-product', '{}', 'product:66/x')""",
    "notification": """WITH told AS (
            INSERT INTO notification.notice (notice_id, subject, part, recipient_id, kind, facts)
            VALUES ('00000000-0000-0000-0000-000000000001', 'p', 0, 'commune-24259', 'ended', '{"a": 1}')
            RETURNING notice_id
        )
        INSERT INTO notification.delivery (notice_id, channel, state) SELECT notice_id, 'mail', 'pending' FROM told""",
    "console": """INSERT INTO console.dead_letter_row VALUES ('d', 'evaluation', 't', 0, 1, 'p', 'fault', 2, 3)""",
}


def first_folders(service: str, home: Path) -> list[Path]:
    """The migrations that the first version of the programs had: the core's first and the service's first."""
    folders = []
    for number, folder in enumerate((CORE, ROOT / "services" / service / "sql" / "migrations")):
        made = home / f"{service}-{number}"
        made.mkdir()
        for file in folder.glob("0001_*.sql"):
            (made / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        folders.append(made)
    return folders


def later_migrations() -> int:
    """How many migrations a database of the first version lacks, over all schemas."""
    folders = [CORE] * len(SERVICES) + [ROOT / "services" / service / "sql" / "migrations" for service in SERVICES]
    return sum(len([file for file in folder.glob("*.sql") if not file.name.startswith("0001_")]) for folder in folders)


def make_first_version(site: TestSite, home: Path) -> None:
    """Every schema is as the first version made it, with the rows of today's in the columns that it had."""
    dsn = f"{site.site.postgres_superuser_dsn.rpartition('/')[0]}/{site.site.database}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        for service in SERVICES:
            _set_aside(connection, service)
            migrate(site.site.dsn(service), service, first_folders(service, home))
            for table in _tables(connection, SET_ASIDE):
                if table == "toy":
                    connection.execute(
                        sql.SQL("ALTER TABLE set_aside.toy SET SCHEMA {}").format(sql.Identifier(service))
                    )
                elif table in _tables(connection, service):
                    _copy(connection, service, table)
            connection.execute("DROP SCHEMA set_aside CASCADE")


def _set_aside(connection: psycopg.Connection, service: str) -> None:
    name, owner = sql.Identifier(service), sql.Identifier(role(service))
    connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO set_aside").format(name))
    connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(name, owner))


def _tables(connection: psycopg.Connection, schema: str) -> list[str]:
    query = r"SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename NOT LIKE '%%yoyo%%' ORDER BY 1 DESC"
    return [row[0] for row in connection.execute(query, (schema,)).fetchall()]


def _columns(connection: psycopg.Connection, schema: str, table: str) -> list[str]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
    return sorted(row[0] for row in connection.execute(query, (schema, table)).fetchall())


def _copy(connection: psycopg.Connection, service: str, table: str) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, _columns(connection, service, table)))
    statement = "INSERT INTO {0}.{1} ({2}) OVERRIDING SYSTEM VALUE SELECT {2} FROM set_aside.{1}"
    names = sql.Identifier(service), sql.Identifier(table)
    connection.execute(sql.SQL(statement).format(*names, columns))


async def rows(
    site: TestSite, columns: dict[tuple[str, str], list[str]] | None = None
) -> dict[tuple[str, str], list[str]]:
    """Every row of every table of the services, of these columns or of all, as text."""
    found: dict[tuple[str, str], list[str]] = {}
    async with database(site) as connection:
        for (schema, table), names in (columns or await columns_of(connection)).items():
            query = f"SELECT ROW({', '.join(names)})::text FROM {schema}.{table} ORDER BY 1"
            found[schema, table] = [row[0] for row in await connection.fetch(query)]
    return found


async def columns_of(connection: asyncpg.Connection) -> dict[tuple[str, str], list[str]]:
    """The columns of every table of the services, yoyo's own aside."""
    query = """SELECT table_schema, table_name, array_agg(column_name::text ORDER BY column_name) AS names
        FROM information_schema.columns WHERE table_schema = ANY($1::text[]) AND table_name NOT LIKE '%yoyo%'
        GROUP BY 1, 2"""
    fetched = await connection.fetch(query, list(SERVICES))
    return {(row["table_schema"], row["table_name"]): row["names"] for row in fetched}


async def test_data_of_the_first_schema_survive_the_second_up_and_the_pipeline_goes_on_once(
    site: TestSite, tmp_path: Path
) -> None:
    await core.prepare(site)
    stream = core.season(SUBJECTS, SHEETS)
    faulty = [Sent(toy.subject(99), 1, toy.opened()), Sent(toy.subject(99), 1, toy.sheet("faulty"))]
    early = [sent for sent in stream if sent.sequence <= 2], [sent for sent in stream if sent.sequence == 4]
    late = [sent for sent in stream if sent.sequence in (3, 5, 6)]
    async with core.running(site):
        await core.produce(site, early[0] + faulty)
        await core.caught_up(site)
    async with core.running(site, relaying=False):
        await core.produce(site, early[1] + [Sent(about, 3, toy.sheet()) for about in SUBJECTS[:5]])
        await core.caught_up(site, relayed=False)
    await asyncio.to_thread(make_first_version, site, tmp_path)
    async with database(site) as connection:
        for statement in OWN_ROWS.values():
            await connection.execute(statement)
        columns = await columns_of(connection)
    before = await rows(site, columns)

    new = await asyncio.to_thread(provision, site.site)

    assert new == later_migrations() > len(SERVICES)
    assert ("evaluation", "act") not in columns
    assert await rows(site, columns) == before
    assert {table for table in ("held", "dead_letter", "outbox", "subject") if before["evaluation", table]} == {
        "held",
        "dead_letter",
        "outbox",
        "subject",
    }
    async with core.running(site):
        await core.produce(site, [sent for sent in late if not (sent.sequence == 3 and sent.about in SUBJECTS[:5])])
        await core.caught_up(site)
    core.expect(await core.outputs(site), SUBJECTS, SHEETS)
    assert await asyncio.to_thread(provision, site.site) == 0


async def test_sheets_kept_as_numbers_are_kept_as_text_from_now_on(site: TestSite) -> None:
    sheets = [sheet_of("member-1", range(21)), sheet_of("member-2", [2, 0, 1])]
    law = ByLaw(None, None, True)
    sessions = [Session(derived_id(n, "s"), "province", (), law, sheets=tuple(sheets[:n])) for n in (2, 0, 1)]
    dossiers = [
        Dossier(derived_id(len(each), "d"), "act", "act@1", 13, sessions=tuple(each)) for each in (sessions, ())
    ]
    states = {str(dossier.dossier_id): State(dossier) for dossier in dossiers} | {"none yet": State()}
    migration = ROOT / "services" / "evaluation" / "sql" / "migrations" / "0002_sheets_as_text.sql"
    async with site.pool("evaluation") as pool:
        await pool.executemany(
            "INSERT INTO subject (subject, part, version, positions, published, state) VALUES ($1, 0, 1, '{}', 0, $2)",
            [(name, in_numbers(state)) for name, state in states.items()],
        )

        await pool.execute(migration.read_text(encoding="utf-8"))
        await pool.execute(migration.read_text(encoding="utf-8"))

        found = {row["subject"]: row["state"] for row in await pool.fetch("SELECT subject, state FROM subject")}
    assert {name: STATE.validate_json(text) for name, text in found.items()} == states


def in_numbers(state: State) -> str:
    """The state as the first version wrote it."""
    written = json.loads(STATE.dump_json(state))
    for session in (written["dossier"] or {"sessions": ()})["sessions"]:
        for sheet in session["sheets"]:
            sheet["positions"] = [ord(character) - ord("0") for character in sheet["positions"]]
    return json.dumps(written)
