"""The relay on real servers: each lane in its order, the cursor behind what the broker acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from aiokafka.errors import KafkaTimeoutError

from shared.contracts.event import Basis
from shared.contracts.topics import DEAD_LETTERS, SCORES
from shared.kernel.clock import monotonic
from shared.messaging import outbox
from shared.messaging.fold import announcement
from shared.messaging.outbox import SQL, Outgoing, TooLargeError, slot_lane
from shared.messaging.relay import Relay
from shared.postgres.pool import open_connection
from tests.support import core, toy
from tests.support.core import header, query
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

PARTS = range(12)


def outgoing(part: int, numbers: Sequence[int], *, characters: int = 100) -> list[Outgoing]:
    """Announcements on one lane, alternately on two topics."""
    made = []
    for number in numbers:
        event = toy.voided(UUID(int=part), number)
        basis = Basis(act="26/2026", rulebook="toy", articles=tuple("x" * 400 for _ in range(characters // 400)))
        event = event.model_copy(update={"basis": basis})
        about = f"product-{part}"
        cause = toy.envelope(about, number, toy.sheet())
        topic = SCORES if number % 2 else DEAD_LETTERS
        made.append(
            Outgoing(
                slot_lane(part), topic, part, about, announcement("evaluation", about, number, event, cause), event
            )
        )
    return made


async def write(site: TestSite, items: Sequence[Outgoing]) -> None:
    """The announcements stand in the outbox."""
    connection = await _connect(site)
    try:
        await connection.execute(SQL["ensure_lanes"], [slot_lane(part) for part in PARTS])
        async with connection.transaction():
            await outbox.write(connection, items)  # type: ignore[arg-type]  # a pool's connection is a proxy of this one
    finally:
        await connection.close()


async def _connect(site: TestSite) -> asyncpg.Connection:
    return await open_connection(site.site.dsn(core.SERVICE), core.SERVICE, "relay-test")


def relay_of(site: TestSite, connect: Any = None) -> Relay:
    told = core.settings(site)
    return Relay(
        connect or (lambda: _connect(site)),
        told.bootstrap_servers,
        service=core.SERVICE,
        prefix=told.topic_prefix,
    )


async def _sent(site: TestSite) -> bool:
    return not await query(site, "SELECT 1 FROM lane JOIN relay USING (lane) WHERE head > sent")


async def sent_by(site: TestSite, relay: Relay) -> None:
    """The relay has sent all there is, and has stopped."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        await eventually(lambda: _sent(site), what="all sent")
    finally:
        stop.set()
        relay.wake()
        await task


async def numbers(site: TestSite, topic: str) -> dict[int, list[int]]:
    """The numbers on a topic by partition, in Kafka's order."""
    found: dict[int, list[int]] = {}
    for record in await site.records(topic):
        found.setdefault(record.partition, []).append(int(header(record, "sequence")))
    return found


async def test_each_lane_is_sent_in_its_order_though_it_fills_many_batches(site: TestSite) -> None:
    for first in (1, 401):
        await write(site, [one for part in PARTS for one in outgoing(part, range(first, first + 400))])
    await write(site, outgoing(3, range(801, 1801), characters=6_000))

    await sent_by(site, relay_of(site))

    scores = await numbers(site, SCORES.name)
    assert scores.pop(3) == list(range(1, 1801, 2))
    assert scores == {part: list(range(1, 801, 2)) for part in PARTS if part != 3}
    assert (await numbers(site, DEAD_LETTERS.name))[0] == list(range(2, 801, 2))


async def test_the_largest_event_that_the_outbox_takes_can_be_sent(site: TestSite) -> None:
    with pytest.raises(TooLargeError):
        await write(site, outgoing(0, [1], characters=900_000))
    await write(site, outgoing(0, [1, 3, 5], characters=892_000))

    await sent_by(site, relay_of(site))

    assert await numbers(site, SCORES.name) == {0: [1, 3, 5]}


async def test_a_relay_that_dies_between_sending_and_saving_sends_the_same_ids_again_and_no_others(
    site: TestSite,
) -> None:
    await write(site, [one for part in PARTS for one in outgoing(part, range(1, 21))])
    relay = relay_of(site)
    save, failures = relay._save, iter([True])

    async def dies(connection: Any, rows: Any) -> None:
        if next(failures, False):
            raise ConnectionError("the process died here")
        await save(connection, rows)

    relay._save = dies  # type: ignore[method-assign]

    await sent_by(site, relay)

    records = [*await site.records(SCORES.name), *await site.records(DEAD_LETTERS.name)]
    ids = {header(record, "id"): orjson.loads(record.value)["present"] for record in records}
    assert len(records) == 2 * len(ids)
    assert len(ids) == 12 * 20
    assert (await numbers(site, SCORES.name))[5] == [*range(1, 21, 2)] * 2


async def test_a_relay_that_cannot_send_loses_nothing(site: TestSite) -> None:
    await write(site, [one for part in PARTS for one in outgoing(part, range(1, 21))])
    relay = relay_of(site)
    send, failures = relay._send, iter([True])

    async def fails(producer: Any, rows: Any) -> None:
        if next(failures, False):
            raise KafkaTimeoutError
        await send(producer, rows)

    relay._send = fails  # type: ignore[method-assign]

    await sent_by(site, relay)

    assert await numbers(site, SCORES.name) == {part: list(range(1, 21, 2)) for part in PARTS}


async def test_a_relay_whose_connection_dies_reads_its_cursors_again(site: TestSite) -> None:
    await write(site, [one for part in PARTS for one in outgoing(part, range(1, 11))])
    relay, stop = relay_of(site), asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    await eventually(lambda: _sent(site), what="the first half sent")

    await query(site, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'relay-test'")
    await write(site, [one for part in PARTS for one in outgoing(part, range(11, 21))])
    await eventually(lambda: _sent(site), what="the second half sent")
    stop.set()
    relay.wake()
    await task

    assert await numbers(site, SCORES.name) == {part: list(range(1, 21, 2)) for part in PARTS}


async def test_a_relay_that_stands_by_waits_quietly_and_takes_over(site: TestSite) -> None:
    asked: list[float] = []
    first_stop, second_stop = asyncio.Event(), asyncio.Event()
    first, second = relay_of(site), relay_of(site, lambda: _counting(site, asked))
    leading = asyncio.create_task(first.run(first_stop))
    await write(site, outgoing(1, [1]))
    await eventually(lambda: _sent(site), what="the first relay leads")
    standing_by = asyncio.create_task(second.run(second_stop))
    await eventually(lambda: _any(asked), what="the second relay asks")

    began = monotonic()
    for number in range(3, 43, 2):
        await write(site, outgoing(1, [number]))
        second.wake()
    spent, times = monotonic() - began, len(asked)
    first_stop.set()
    first.wake()
    await leading
    await write(site, outgoing(1, [43]))
    await eventually(lambda: _sent(site), what="the second relay took over")
    second_stop.set()
    second.wake()
    await standing_by

    assert times <= 2 + spent
    assert await numbers(site, SCORES.name) == {1: list(range(1, 44, 2))}


async def _any(asked: list[float]) -> bool:
    return bool(asked)


async def _counting(site: TestSite, asked: list[float]) -> asyncpg.Connection:
    connection = await _connect(site)
    connection.add_query_logger(lambda ran: asked.append(ran.elapsed) if "advisory_lock" in ran.query else None)
    return connection
