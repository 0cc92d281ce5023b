"""What is past its keeping goes, a bounded batch at a time, beside the work.

Positions, watermarks, ids, hashes, answers and marks stay for good: a second delivery is known by them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from shared.kernel.backoff import wait_for
from shared.kernel.clock import monotonic
from shared.messaging.faults import described
from shared.messaging.outbox import SQL
from shared.messaging.settings import ServiceSettings

DAY_SECONDS = 86_400.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prune:
    """Rows of one kind and how long they are kept. `statement` takes seconds and a number of rows at most."""

    name: str
    statement: str
    keep_seconds: float


@dataclass(frozen=True, slots=True)
class PruneLimits:
    """How often, how many at once, and for how long of each round."""

    every_seconds: float = 60.0
    rows_max: int = 2_000
    round_seconds_max: float = 15.0


class Pruner:
    """Removes what is past its keeping from one service's schema. Several may run at once: each takes other rows."""

    def __init__(
        self, pool: asyncpg.Pool, service: str, prunes: Sequence[Prune], limits: PruneLimits | None = None
    ) -> None:
        self._pool = pool
        self._service = service
        self._prunes = tuple(prunes)
        self._limits = limits or PruneLimits()

    async def run(self, stop: asyncio.Event) -> None:
        """Prunes at every interval until `stop` is set; a fault is tried again at the next one."""
        while not stop.is_set():
            try:
                await self.round(stop)
            except Exception as error:
                log.warning("not_pruned", service=self._service, fault=described(error))
            await wait_for(stop, self._limits.every_seconds)

    async def round(self, stop: asyncio.Event) -> Counter[str]:
        """Nothing is left past its keeping, or the round's time is up; returns how many rows of each kind went."""
        gone: Counter[str] = Counter()
        ends = monotonic() + self._limits.round_seconds_max
        due = list(self._prunes)
        while due and monotonic() < ends and not stop.is_set():
            for prune in tuple(due):
                rows = await self._batch(prune)
                gone[prune.name] += rows
                if rows < self._limits.rows_max:
                    due.remove(prune)
        if gone.total():
            log.info("pruned", service=self._service, finished=not due, **gone)
        return gone

    async def _batch(self, prune: Prune) -> int:
        tag = await self._pool.execute(prune.statement, prune.keep_seconds, self._limits.rows_max)
        return int(tag.rpartition(" ")[2])


def core(settings: ServiceSettings) -> tuple[Prune, ...]:
    """What every service prunes: sent rows of the outbox, and the bytes of settled dead letters."""
    return (
        Prune("outbox", SQL["prune_outbox"], settings.outbox_keep_seconds),
        Prune("dead_letters", SQL["prune_dead_letters"], settings.settled_letter_keep_days * DAY_SECONDS),
    )
