"""What of a service is state, as digests: the columns that the log decides, never a moment or a count of writing."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import asyncpg
from pydantic import TypeAdapter, ValidationError

from deploy.replay.pipelines import pipeline_of
from services.notification.store import FACTS
from shared.postgres.queries import load

SQL: Final = load(Path(__file__).parent / "sql" / "queries.sql")
OUTPUTS: Final = "announced"
"""The name under which the ids of a service's announcements are compared, a digest for each subject."""

Rows = Mapping[str, bytes]
"""A digest by key."""
Tables = dict[str, Rows]
_CORE: Final = "core"
_PREFETCH: Final = 1_000


async def read_tables(connection: asyncpg.Connection, service: str) -> Tables:
    """The digests of every row of state, by table; the search path is the schema that is read, in a transaction."""
    written: dict[str, TypeAdapter[Any]] = {"subject": pipeline_of(service).state, "notice": FACTS}
    tables: Tables = {}
    for name, query in SQL.items():
        owner, _, table = name.partition("_")
        if owner in (_CORE, service):
            rows = connection.cursor(query, prefetch=_PREFETCH)
            tables[table] = {row["key"]: _digest(row, written.get(table)) async for row in rows}
    return tables


def _digest(row: asyncpg.Record, written: TypeAdapter[Any] | None) -> bytes:
    """What a program wrote as JSON is read by the present one: a field added since then differs in nothing."""
    stands: bytes = row["stands"].encode()
    if written is None or row["written"] is None:
        return sha256(stands).digest()
    try:
        return sha256(stands + written.dump_json(written.validate_json(row["written"]))).digest()
    except ValidationError:
        return sha256(stands + row["written"].encode()).digest()


def digest_of(rows: Rows) -> str:
    """The SHA-256 of the rows in the order of their keys."""
    found = sha256()
    for key in sorted(rows):
        found.update(sha256(key.encode()).digest() + rows[key])
    return found.hexdigest()
