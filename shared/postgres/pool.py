"""Connections of one service to its own schema."""

from __future__ import annotations

import asyncpg

CONNECTIONS_MAX = 6
COMMAND_SECONDS_MAX = 30.0
IDLE_IN_TRANSACTION_MS_MAX = 4000
LOCK_WAIT_MS_MAX = 10_000
IDLE_SESSION_MS_MAX = 6_000


def server_settings(schema: str, application: str) -> dict[str, str]:
    """What every connection of a service asks of PostgreSQL.

    A process that freezes inside a transaction keeps its row locks; the idle limit takes them back.
    """
    return {
        "search_path": schema,
        "application_name": application,
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_MS_MAX),
        "lock_timeout": str(LOCK_WAIT_MS_MAX),
        "jit": "off",
    }


async def open_pool(dsn: str, schema: str, application: str) -> asyncpg.Pool:
    """A pool of at most `CONNECTIONS_MAX` connections whose search path is `schema` alone."""
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=CONNECTIONS_MAX,
        command_timeout=COMMAND_SECONDS_MAX,
        server_settings=server_settings(schema, application),
        reset=_unchanged,
    )


async def _unchanged(_connection: asyncpg.Connection) -> None:
    """Nobody changes a session of the pool, so nothing is reset; the default asks PostgreSQL once more a batch."""


async def open_connection(dsn: str, schema: str, application: str) -> asyncpg.Connection:
    """One connection outside the pool, for whoever holds a session's lock for long.

    It must ask something every `IDLE_SESSION_MS_MAX`: a process that freezes would keep the lock, so the server ends
    a session that has gone quiet.
    """
    idle = {"idle_session_timeout": str(IDLE_SESSION_MS_MAX)}
    return await asyncpg.connect(
        dsn,
        command_timeout=COMMAND_SECONDS_MAX,
        server_settings={**server_settings(schema, application), **idle},
    )
