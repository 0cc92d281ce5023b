"""What a service has come to at one moment, and how far it had read and told by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from deploy.provision import Site
from deploy.replay.log import Ends
from deploy.replay.pipelines import pipeline_of
from deploy.replay.settled import Settled, read_settled
from deploy.replay.state import SQL, Tables, read_tables
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import SQL as CORE_SQL
from shared.messaging.outbox import unpack_headers
from shared.postgres.pool import server_settings

READ_SECONDS_MAX = 600.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A service's schema at one moment. `ends` are its watermarks, `published` counts each subject's announcements.

    `unsent` was announced and not acknowledged by the broker yet; `settled` is what the log does not tell.
    """

    service: str
    ends: Ends
    published: Mapping[str, int]
    unsent: tuple[Delivery, ...]
    settled: Settled
    tables: Tables


async def take(site: Site, service: str) -> Snapshot:
    """The snapshot, read in one transaction that can write nothing, as the service's own role."""
    connection = await asyncpg.connect(
        site.dsn(service), server_settings=server_settings(service, "replay"), command_timeout=READ_SECONDS_MAX
    )
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _read(connection, service)
    finally:
        await connection.close()


async def _read(connection: asyncpg.Connection, service: str) -> Snapshot:
    topics, output = pipeline_of(service).inputs, pipeline_of(service).output
    known = {topic.name for topic in topics}
    marks = await connection.fetch(CORE_SQL["watermarks"])
    ends = {(row["topic"], row["part"]): row["next_offset"] for row in marks if row["topic"] in known}
    published = {row["subject"]: row["published"] for row in await connection.fetch(SQL["published"])}
    unsent = await connection.fetch(SQL["unsent_of_topic"], output.name) if output is not None else []
    settled = await read_settled(connection)
    tables = await read_tables(connection, service)
    told = tuple(_delivery(output.name, row) for row in unsent) if output is not None else ()
    return Snapshot(service, ends, published, told, settled, tables)


def _delivery(topic: str, row: asyncpg.Record) -> Delivery:
    """A row of the outbox as the record that it will be."""
    headers = tuple(unpack_headers(row["headers"]))
    return Delivery(topic, row["part"], -1, 0, row["key"].encode(), headers, row["value"])
