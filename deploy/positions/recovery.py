"""A service whose database is an older copy than Kafka does again what it had done since, and says it as it had."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from deploy.positions.own_records import heads_of, own_records, reconcile
from deploy.positions.readmission import SERVICE as SEQUENCER
from deploy.positions.readmission import Calendar, readmit
from deploy.positions.refold import refold
from deploy.positions.standing import STATEMENT_SECONDS_MAX
from deploy.positions.topics import lead
from deploy.provision import Site
from shared.messaging.pipeline import Connection


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery came to: own records that the database did not know, inputs taken in, events yet to be sent."""

    service: str
    unknown: int
    taken: int
    to_send: int


async def recover(site: Site, service: str, calendar: Calendar = "scripted") -> Recovered:
    """The service's schema stands where it stood when it sent its last record; one transaction, all or nothing.

    The service must be stopped. Where its database knows all that Kafka holds of it, nothing is done: it reads on by
    itself. Raises RecoveryDiffersError, and LocalFault while the service's relay leads.
    """
    async with _connection(site, service) as connection:
        own = await own_records(site, connection, service)
        if not own.unknown:
            return Recovered(service, 0, 0, 0)
        await lead(connection, service)
        async with connection.transaction():
            heads = await heads_of(connection)
            if service == SEQUENCER:
                taken = await readmit(site, connection, own.unknown, calendar, heads)
            else:
                taken = await refold(site, connection, service, own.unknown)
            besides = await reconcile(
                connection, service, own, {**dict.fromkeys(await heads_of(connection), 0), **heads}
            )
        return Recovered(service, len(own.unknown), taken, besides)


@asynccontextmanager
async def _connection(site: Site, service: str) -> AsyncIterator[Connection]:
    told = {"search_path": service, "application_name": "ocop-recovery", "jit": "off"}
    pool = asyncpg.create_pool(
        site.dsn(service), min_size=1, max_size=1, command_timeout=STATEMENT_SECONDS_MAX, server_settings=told
    )
    async with pool, pool.acquire() as connection:
        yield connection
