"""In PostgreSQL each service's role sees its own schema and no other."""

from __future__ import annotations

from itertools import permutations

import asyncpg
import pytest
from asyncpg.pool import PoolConnectionProxy

from deploy.provision import SERVICES, role
from tests.support.site import TestSite

pytestmark = pytest.mark.servers

TABLES = ("watermark", "lane", "relay", "outbox", "subject", "held", "dead_letter", "act", "topic_seen", "relayed")
BESIDE = (
    "CREATE TABLE public.mine ()",
    "CREATE SCHEMA mine",
    "SELECT * FROM pg_authid",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
)


async def refused(connection: asyncpg.Connection | PoolConnectionProxy, statement: str) -> bool:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def test_no_service_reads_or_writes_in_another_services_schema(site: TestSite) -> None:
    allowed = []
    for service, other in permutations(SERVICES, 2):
        connection = await asyncpg.connect(site.site.dsn(service))
        statements = [f"SELECT 1 FROM {other}.{table}" for table in TABLES]
        statements += [
            f"INSERT INTO {other}.lane VALUES ('x')",
            f"DELETE FROM {other}.outbox",
            f"CREATE TABLE {other}.mine ()",
            f"DROP TABLE {other}.outbox",
            f"GRANT ALL ON SCHEMA {other} TO {role(service)}",
            f"SET ROLE {role(other)}",
        ]
        allowed += [(service, one) for one in statements if not await refused(connection, one)]
        await connection.close()

    assert allowed == []


async def test_a_service_does_all_it_needs_in_its_own_schema_and_nothing_beside_it(site: TestSite) -> None:
    for service in SERVICES:
        async with site.pool(service) as pool, pool.acquire() as connection:
            for table in TABLES:
                assert await connection.fetch(f"SELECT * FROM {table} LIMIT 1") == []
            for beside in BESIDE:
                assert await refused(connection, beside), (service, beside)
