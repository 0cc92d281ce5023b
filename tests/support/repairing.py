"""An operator for tests: asks as the command does, while the toy's repairs run in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from deploy import acts
from deploy.acts import Outcome, Wish
from shared.messaging.acts import Kind
from shared.messaging.repair import Mender, Repairs
from tests.support.site import TestSite

OPERATOR = "an"


@asynccontextmanager
async def repairing(service: str, pool: asyncpg.Pool, menders: Sequence[Mender], wake: Any) -> AsyncIterator[Repairs]:
    """Acts of this service are carried out until the end of the block."""
    stop = asyncio.Event()
    repairs = Repairs(service, pool, menders, wake)
    task = asyncio.create_task(repairs.run(stop))
    try:
        yield repairs
    finally:
        stop.set()
        await task


async def ask(
    site: TestSite,
    service: str,
    kind: Kind,
    target: object,
    *,
    by: str = OPERATOR,
    forced: bool = False,
    event: bytes | None = None,
    wait_seconds_max: float = 20.0,
) -> Outcome:
    """What came of one act."""
    wish = Wish(service, kind, str(target), event)
    carried = await asyncio.to_thread(
        acts.carry_out, site.site, [wish], by, "thử / test", forced=forced, wait_seconds_max=wait_seconds_max
    )
    return carried[0]
