"""A service's state from the log into an empty schema, by a process for each share of its slots."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Final

import asyncpg

from deploy.provision import Site
from deploy.replay.comparison import Report, compare
from deploy.replay.pipelines import REPLAYED
from deploy.replay.schema import empty_schema
from deploy.replay.slots import Place, replay_slots
from deploy.replay.snapshot import READ_SECONDS_MAX, take
from deploy.replay.state import OUTPUTS, Rows, Tables, read_tables
from shared.contracts.topics import PARTITIONS
from shared.kernel.clock import monotonic
from shared.postgres.pool import server_settings

PROCESSES: Final = 2


def replay_site(site: Site, services: Sequence[str] = REPLAYED) -> Iterator[Report]:
    """Each service's state was built anew and compared with what it was when its replay began; nothing stays behind."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as executor:
        for service in services:
            yield replay_service(site, service, executor)


def replay_service(site: Site, service: str, executor: Executor) -> Report:
    """The service's live state at one moment beside what the log gives up to that moment."""
    snapshot = asyncio.run(take(site, service))
    with empty_schema(site, service) as schema:
        began = monotonic()
        place = Place(site.kafka_bootstrap, site.topic_prefix, site.dsn(service), schema)
        told = replace(snapshot, tables={})
        shares = (range(first, PARTITIONS, PROCESSES) for first in range(PROCESSES))
        done = list(executor.map(partial(replay_slots, place, told), shares))
        seconds = monotonic() - began
        again = asyncio.run(_tables(place, service))
    live = {**snapshot.tables, OUTPUTS: _merged(one.announced for one in done)}
    replayed = {**again, OUTPUTS: _merged(one.announced_again for one in done)}
    return Report(service, sum(one.events for one in done), seconds, compare(service, live, replayed))


async def _tables(place: Place, service: str) -> Tables:
    connection = await asyncpg.connect(
        place.dsn, server_settings=server_settings(place.schema, "replay"), command_timeout=READ_SECONDS_MAX
    )
    try:
        async with connection.transaction(readonly=True):
            return await read_tables(connection, service)
    finally:
        await connection.close()


def _merged(parts: Iterable[Rows]) -> Rows:
    return {key: digest for part in parts for key, digest in part.items()}
