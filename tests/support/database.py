"""An empty database for one test, and a service's schema in it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psycopg

from shared.postgres.migrations import migrate

ROOT = Path(__file__).resolve().parent.parent.parent
CORE = ROOT / "shared" / "messaging" / "sql" / "migrations"


@contextmanager
def empty_database(superuser_dsn: str) -> Iterator[str]:
    """The DSN of a database that goes away at the end."""
    name = f"test_{secrets.token_hex(8)}"
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{superuser_dsn.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def schema_of(service: str, dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool whose search path is the service's schema, made by the core's migrations and its own."""
    await asyncio.to_thread(_migrate, service, dsn)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4, server_settings={"search_path": service}) as pool:
        yield pool


def _migrate(service: str, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {service}")
    migrate(dsn, service, [CORE, ROOT / "services" / service / "sql" / "migrations"])
