"""Seeing how far a season has come, from its topics."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.season.outsider import poll, reader, unit_of
from shared.contracts.topics import INTERNAL
from tests.support.site import TestSite
from tests.support.waiting import eventually

POINT_SECONDS_MAX = 60.0
RECEIPTS = "receipts"


@asynccontextmanager
async def watching(site: TestSite) -> AsyncIterator[Counter[str]]:
    """How many records have been seen of each internal topic, and receipts, while inside."""
    prefix, seen = site.site.topic_prefix, Counter[str]()
    internal = {prefix + topic.name: topic.name for topic in INTERNAL}

    def wanted(topic: str) -> bool:
        return topic in internal or unit_of(topic, prefix) is not None

    async with reader(site.site.kafka_bootstrap, wanted, from_now=False) as consumer:

        async def watch() -> None:
            while True:
                seen.update(internal.get(record.topic, RECEIPTS) for record in await poll(consumer, 0.1))

        task = asyncio.create_task(watch())
        try:
            yield seen
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def seen_so_many(seen: Counter[str], kind: str, count: int) -> None:
    """So many records of the kind have been seen."""

    async def reached() -> bool:
        return seen[kind] >= count

    await eventually(reached, what=f"{count} {kind}", deadline_seconds=POINT_SECONDS_MAX)
