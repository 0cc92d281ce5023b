"""Reads what every service holds, all of it at one moment, as the database's superuser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from deploy.provision import SERVICES, Site

Row = Mapping[str, Any]

_CORE: Final = {
    "watermark": "topic, part, next_offset",
    "lane": "lane, head",
    "relay": "lane, sent",
    "subject": "subject, part, positions, published, state",
    "held": "subject, topic, sequence, reason, part, topic_offset",
    "dead_letter": "*",
}
_LAST: Final = "SELECT lane, max(position) AS last FROM {} GROUP BY lane"
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "registration": {
        "journal": "unit, event_id, topic, partition, topic_offset, status, code, woken",
        "entry": "kind, name, document",
    },
    "evaluation": {},
    "promotion": {"certificate": "*", "task": "*"},
    "notification": {
        "contact": "recipient_id, version, name, email, phone",
        "notice": "notice_id, subject, recipient_id, kind, facts",
        "delivery": "notice_id, state, attempts, message_id, uncertain",
    },
    "console": {"product_row": "*", "dead_letter_row": "*"},
}
Tables = Mapping[str, Mapping[str, Sequence[Row]]]
"""Service → table → rows."""


@dataclass(frozen=True, slots=True)
class Schemas:
    """The rows of every table, by service and table."""

    tables: Tables

    def rows(self, service: str, table: str) -> Sequence[Row]:
        """The rows of one table; none where this site has no such table."""
        return self.tables[service].get(table, ())

    def subjects(self, service: str) -> dict[str, Row]:
        """The service's state rows by subject."""
        return {row["subject"]: row for row in self.rows(service, "subject")}


async def read_schemas(site: Site) -> Schemas:
    """All that the services hold at this moment."""
    return await asyncio.to_thread(_read, site)


def _read(site: Site) -> Schemas:
    with psycopg.connect(superuser_dsn(site), row_factory=dict_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return Schemas({service: _tables(connection, service) for service in SERVICES})


def _tables(connection: psycopg.Connection[dict[str, Any]], service: str) -> dict[str, list[dict[str, Any]]]:
    wanted = {**_CORE, **_OWN[service], **dict(_later(connection, service))}
    found = {
        table: connection.execute(
            sql.SQL("SELECT {} FROM {}").format(sql.SQL(columns), sql.Identifier(service, table))
        ).fetchall()
        for table, columns in wanted.items()
    }
    last = sql.SQL(_LAST).format(sql.Identifier(service, "outbox"))
    return {**found, "outbox": connection.execute(last).fetchall()}


def _later(connection: psycopg.Connection[dict[str, Any]], service: str) -> Iterator[tuple[str, str]]:
    """Tables of the core that a younger site has and an older one has not."""
    found = connection.execute("SELECT to_regclass(%s) IS NOT NULL AS known", (f"{service}.act",)).fetchone()
    if found is not None and found["known"]:
        yield "act", "*"


def superuser_dsn(site: Site) -> str:
    """The DSN of the superuser in the site's own database."""
    parts = urlsplit(site.postgres_superuser_dsn)
    return urlunsplit((parts.scheme, parts.netloc, f"/{site.database}", parts.query, ""))
