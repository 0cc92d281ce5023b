"""A process on real servers says how it is: it sees its own dead consumer and its stuck relay, and when they go on."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from shared.messaging.consumer import Consumer
from shared.messaging.pipeline import Change, Connection, Pipeline
from shared.messaging.relay import Relay
from shared.messaging.runtime import relay
from shared.messaging.watch import Own, Watch, WatchLimits, door
from shared.observability.metrics import INTAKE_HELD, METRICS
from shared.observability.readiness import Finding, Why
from tests.support import core, toy
from tests.support.core import SERVICE, Running, Sent, caught_up, produce, running
from tests.support.site import TestSite
from tests.support.toy import Toy, subject
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

LIMITS = WatchLimits(look_every_seconds=0.2, stalled_seconds_max=1.0, unsent_seconds_max=1.0)
ALL_HOLD: dict[str, str | None] = {}
OPENED = [Sent(subject(number), 1, toy.opened()) for number in range(24)]
SHEETS = [Sent(subject(number), 1, toy.sheet()) for number in range(24)]


class Door:
    """What a process answers at its port."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ready(self) -> tuple[int, dict[str, str | None]]:
        """The status of /ready, and why not by check."""
        answer = await self.client.get("/ready")
        told: list[dict[str, Any]] = answer.json()["checks"]
        assert all(check["words"]["vi"] and check["words"]["en"] for check in told)
        return answer.status_code, {check["check"]: check["why"] for check in told if not check["ready"]}

    async def becomes(self, status: int, why: dict[str, str | None]) -> None:
        """/ready answers so before the deadline."""

        async def so() -> bool:
            self.seen = await self.ready()
            return self.seen == (status, why)

        try:
            await eventually(so, what=f"{status} {why}")
        except AssertionError:
            raise AssertionError(f"waited for {status} {why}, last seen {self.seen}") from None

    async def figure(self, name: str, **labels: str) -> float | None:
        """One sample of /metrics."""
        wanted = {"service": SERVICE, **labels}
        for line in (await self.client.get("/metrics")).text.splitlines():
            found = re.fullmatch(rf"{name}\{{(.*)\}} (\S+)", line)
            if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1])) == wanted:
                return float(found[2])
        return None


@asynccontextmanager
async def watched(
    site: TestSite,
    runs: Running,
    *,
    consumers: Sequence[Consumer] | None = None,
    sender: Relay | None = None,
    own: Own | None = None,
    bootstrap: str = "",
) -> AsyncIterator[Door]:
    """The door of a process, answering until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = core.settings(site).model_copy(update={"watch_port": port})
    if bootstrap:
        told = told.model_copy(update={"kafka_bootstrap": bootstrap})
    of = [runs.consumer] if consumers is None else consumers
    watch = Watch(told, SERVICE, runs.pool, of, sender or runs.relay, own=own, limits=LIMITS)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(task(stop)) for task in door(told, watch)]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            made = Door(client)
            await eventually(lambda: answers(client), what="the door answers")
            yield made
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def answers(client: httpx.AsyncClient) -> bool:
    with suppress(httpx.TransportError):
        await client.get("/live")
        return True
    return False


async def test_a_process_that_gets_on_is_live_and_ready_and_counts_what_it_did(site: TestSite) -> None:
    await core.prepare(site)

    async with running(site) as runs, watched(site, runs) as at:
        await at.becomes(200, ALL_HOLD)
        await produce(site, OPENED + SHEETS)
        await caught_up(site)

        assert (await at.client.get("/live")).status_code == 200
        assert await at.figure("ocop_outcomes_total", group=SERVICE, outcome="applied") == 48
        assert await at.figure("ocop_outcomes_total", group=SERVICE, outcome="announced") == 24
        assert await at.figure("ocop_batch_records_sum", group=SERVICE) == 48
        assert await at.figure("ocop_relay_leading") == 1
        assert await at.figure("ocop_ready", check=f"consumer {SERVICE}") == 1
        await eventually(lambda: stands_at(at, "ocop_consumer_lag_records", 0, topic="ocop.sheets.v1"), what="no lag")
        text = (await at.client.get("/metrics")).text
    assert {metric.name for metric in METRICS if f"# HELP {metric.name}" in text} == {metric.name for metric in METRICS}
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)


@asynccontextmanager
async def in_the_end(go_on: asyncio.Event) -> AsyncIterator[None]:
    """What hangs goes on when the block is left, so that a failing test comes to its end."""
    try:
        yield
    finally:
        go_on.set()


async def stands_at(at: Door, name: str, value: float, **labels: str) -> bool:
    return await at.figure(name, **labels) == value


async def test_a_consumer_that_hangs_in_its_step_is_seen_and_seen_to_go_on(site: TestSite) -> None:
    await core.prepare(site)
    go_on = asyncio.Event()

    async with running(site, pipeline=hanging(go_on)) as runs, watched(site, runs) as at, in_the_end(go_on):
        await at.becomes(200, ALL_HOLD)
        await produce(site, OPENED)

        await at.becomes(503, {f"consumer {SERVICE}": Why.CONSUMER_STALLED})
        assert await at.figure("ocop_consumer_lag_records", topic="ocop.dossiers.v1") == 24
        assert (await at.figure("ocop_consumer_stalled_seconds", group=SERVICE) or 0) > 1
        assert (await at.figure("ocop_consumer_lag_seconds", topic="ocop.dossiers.v1") or 0) > 1
        assert await at.figure("ocop_consumer_lag_seconds", topic="ocop.sheets.v1") == 0
        assert await at.figure("ocop_ready", check=f"consumer {SERVICE}") == 0
        assert (await at.client.get("/live")).status_code == 200

        go_on.set()
        await at.becomes(200, ALL_HOLD)


def hanging(go_on: asyncio.Event) -> Pipeline[Toy]:
    async def project(connection: Connection, changes: Sequence[Change[Toy]]) -> None:
        await go_on.wait()
        await toy.project(connection, changes)

    return replace(toy.pipeline(), project=project)


async def test_a_consumer_whose_task_is_gone_is_seen_and_ready_again_after_a_restart(site: TestSite) -> None:
    await core.prepare(site)

    async with running(site) as runs, watched(site, runs) as at:
        await at.becomes(200, ALL_HOLD)
        reading = [task for task in asyncio.all_tasks() if "_run_consume_loop" in repr(task.get_coro())]
        assert len(reading) == 1
        reading[0].cancel()
        await produce(site, OPENED)
        await at.becomes(503, {f"consumer {SERVICE}": Why.CONSUMER_STALLED})

    async with running(site) as runs, watched(site, runs) as at:
        await at.becomes(200, ALL_HOLD)
        await caught_up(site)


async def test_a_failed_consumer_is_neither_ready_nor_live(site: TestSite) -> None:
    async with running(site) as runs, watched(site, runs) as at:
        await at.becomes(200, ALL_HOLD)

        runs.consumer.failed = RuntimeError("numbered again")

        await at.becomes(503, {f"consumer {SERVICE}": Why.CONSUMER_FAILED})
        assert (await at.client.get("/live")).status_code == 503


async def test_a_relay_whose_sends_block_is_seen_and_seen_to_go_on(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    await core.prepare(site)
    go_on = asyncio.Event()
    monkeypatch.setattr(Relay, "_send", blocking(Relay._send, go_on))

    async with running(site) as runs, watched(site, runs) as at, in_the_end(go_on):
        await at.becomes(200, ALL_HOLD)
        await produce(site, OPENED + SHEETS)

        await at.becomes(503, {"relay": Why.RELAY_STUCK})
        assert await at.figure("ocop_outbox_unsent_rows") == 24
        assert (await at.figure("ocop_outbox_age_seconds") or 0) > 1

        go_on.set()
        await at.becomes(200, ALL_HOLD)
        assert await at.figure("ocop_outbox_unsent_rows") == 0
        assert await at.figure("ocop_outbox_age_seconds") == 0


def blocking(send: Callable[..., Awaitable[None]], go_on: asyncio.Event) -> Callable[..., Awaitable[None]]:
    async def blocked(*arguments: Any) -> None:
        await go_on.wait()
        await send(*arguments)

    return blocked


async def test_a_replica_stands_by_while_another_leads_and_not_where_nobody_does(site: TestSite) -> None:
    idle = relay(core.settings(site), SERVICE)

    async with running(site) as runs, watched(site, runs, sender=idle) as at:
        await at.becomes(200, ALL_HOLD)
        assert await at.figure("ocop_relay_leading") == 0
    async with running(site, relaying=False) as runs, watched(site, runs) as at:
        await at.becomes(503, {"relay": Why.RELAY_LEADERLESS})


class Nobody:
    """A member of a group that was given no partitions."""

    def assignment(self) -> frozenset[object]:
        return frozenset()


async def test_a_consumer_without_partitions_stands_by_until_nobody_takes_what_came(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site) as runs:
        await produce(site, OPENED)
        await caught_up(site)
    async with running(site, consuming=False) as runs:
        runs.consumer.joined = True
        runs.consumer.kafka = Nobody
        async with watched(site, runs) as at:
            await at.becomes(200, ALL_HOLD)
            assert "stands by" in (await at.client.get("/ready")).text

            await produce(site, SHEETS)

            await at.becomes(503, {f"consumer {SERVICE}": Why.PARTITIONS_UNTAKEN})


async def test_what_was_written_before_the_process_started_is_as_old_as_it_is(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site):
        await produce(site, OPENED[:1])
        await caught_up(site)
    await site.producer.send_and_wait(
        f"{site.site.topic_prefix}ocop.sheets.v1", b"{}", key=b"x", partition=3, timestamp_ms=1_780_000_000_000
    )

    async with running(site, consuming=False) as runs, watched(site, runs) as at:

        async def old() -> bool:
            return (await at.figure("ocop_consumer_lag_seconds", topic="ocop.sheets.v1") or 0) > 86_400

        await eventually(old, what="the record's own age")
        assert await at.figure("ocop_consumer_lag_records", topic="ocop.sheets.v1") == 1


async def test_servers_that_do_not_answer_are_named(site: TestSite) -> None:
    async with running(site) as runs, watched(site, runs, bootstrap="127.0.0.1:1") as at:
        await at.becomes(503, {"broker": Why.BROKER_UNREACHABLE})
    async with running(site) as runs, watched(site, runs) as at:
        await at.becomes(200, ALL_HOLD)
        other = await asyncpg.connect(site.site.dsn(SERVICE))
        try:
            async with other.transaction():
                await other.execute(f"LOCK TABLE {SERVICE}.dead_letter")
                await at.becomes(503, {"database": Why.DATABASE_UNREACHABLE})
        finally:
            await other.close()
        await at.becomes(200, ALL_HOLD)


async def test_held_records_dead_letters_and_a_services_own_figures_are_shown(site: TestSite) -> None:
    await core.prepare(site)
    stuck = Own("SELECT 7 AS events", {"events": INTAKE_HELD}, (lambda: Finding("sender", Why.SENDER_STUCK),))

    async with running(site) as runs, watched(site, runs, own=stuck) as at:
        await produce(site, [Sent(subject(1), 2, toy.sheet()), Sent(subject(2), 1, toy.sheet())])
        await produce(site, [Sent(subject(3), 1, toy.opened()), Sent(subject(3), 1, toy.sheet("raises"))])
        await caught_up(site)

        await eventually(lambda: stands_at(at, "ocop_held_records", 1, reason="gap"), what="the gap is shown")
        assert await at.figure("ocop_held_records", reason="waits") == 1
        assert await at.figure("ocop_held_records", reason="dead") == 1
        assert (await at.figure("ocop_gap_age_seconds") or 0) > 0
        assert await at.figure("ocop_dead_letters", reason="fault") == 1
        assert await at.figure("ocop_dead_letters", reason="type-unknown") == 0
        assert await at.figure("ocop_intake_held_events") == 7
        await at.becomes(503, {"sender": Why.SENDER_STUCK})
