"""Waits until nothing moves any more: all that was written is sent, all that was sent is read, no mail is due."""

from __future__ import annotations

import asyncio
from typing import Final

import psycopg

from deploy.provision import SERVICES, Site
from deploy.verify.schemas import superuser_dsn
from deploy.verify.topics import Place, declared, read_ends
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic

DEADLINE_SECONDS: Final = 30.0
_BUSY: Final = """
SELECT EXISTS (SELECT FROM registration.journal WHERE woken)
    OR EXISTS (SELECT FROM notification.delivery WHERE state = 'pending')
"""
_UNSENT: Final = "SELECT sum(head - sent) FROM {0}.lane JOIN {0}.relay USING (lane)"
_STANDS: Final = "SELECT topic, part, next_offset FROM {0}.watermark"


async def wait_for_rest(site: Site, deadline_seconds: float) -> bool:
    """True as soon as nothing moves; False where something still did after the deadline.

    A sender's transaction leaves a mark behind its last record, which nobody reads: there the deadline is waited out.
    """
    began, backoff, never = monotonic(), Backoff(first_seconds=0.05, seconds_max=0.5), asyncio.Event()
    while True:
        before = await read_ends(site)
        if not await asyncio.to_thread(_moves, site, before) and await read_ends(site) == before:
            return True
        if monotonic() - began >= deadline_seconds:
            return False
        await backoff.wait(never)


def _moves(site: Site, ends: dict[Place, int]) -> bool:
    """What was taken in is asked for first, what is to be sent last."""
    with psycopg.connect(superuser_dsn(site), autocommit=True) as connection:
        for service in SERVICES:
            rows = connection.execute(_STANDS.format(service)).fetchall()
            stands = {(topic, part): at for topic, part, at in rows}
            read = [topic for topic in declared(site) if service in topic.readers]
            if any(stands.get((t.name, p), 0) < ends[t.name, p] for t in read for p in range(t.partitions)):
                return True
        waiting = [_BUSY, *(_UNSENT.format(service) for service in SERVICES)]
        return any(_first(connection, query) for query in waiting)


def _first(connection: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row is not None else None
