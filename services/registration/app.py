"""Wires registration: the consumer that admits, the one that hears promotions, the calendar and the waker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import MappingProxyType

import asyncpg
import structlog

from services.registration.admissions import SERVICE
from services.registration.domain.case import Rules
from services.registration.handlers import LANE, Intake, pipeline
from services.registration.repair import IntakeMender
from services.registration.retention import prunes
from services.registration.settings import Settings
from services.registration.store import SQL
from services.registration.subscriptions import subscribe
from shared.contracts.topics import PARTITIONS
from shared.kernel.backoff import Backoff, wait_for
from shared.kernel.clock import now, today
from shared.messaging.consumer import Consumer, Step
from shared.messaging.description import description
from shared.messaging.faults import described
from shared.messaging.mending import SequencedMender
from shared.messaging.pruning import Pruner
from shared.messaging.repair import Repairs
from shared.messaging.runtime import broker, relay, serve
from shared.messaging.step import SequencedStep
from shared.messaging.watch import Own, Watch, door
from shared.observability.metrics import INTAKE_HELD
from shared.postgres.pool import open_pool
from shared.rulebooks.loader import load
from shared.rulebooks.units import load_units
from shared.rulebooks.units.former import load_units_by_day

CLOCK_SECONDS = 20.0
CLOCK_SECONDS_FIRST = 0.2
WAKE_SECONDS_MAX = 5.0
GAUGES = MappingProxyType({"events": INTAKE_HELD})
log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Registration has served until it was told to stop."""
    units = settings.units or load_units().codes
    outbox = relay(settings, SERVICE, units)
    woke = asyncio.Event()

    def heard() -> None:
        outbox.wake()
        woke.set()

    async with await open_pool(settings.postgres_dsn, settings.postgres_schema, SERVICE) as pool:
        step = Intake(rules(settings), units, settings.topic_prefix)
        intake = _consumer(settings, pool, step, "registration-intake", heard)
        heard_step = SequencedStep(pipeline(), settings.topic_prefix)
        promotions = _consumer(settings, pool, heard_step, "registration-promotions", heard)
        repairs = Repairs(SERVICE, pool, [IntakeMender(step), SequencedMender(heard_step)], heard)
        pruner = Pruner(pool, SERVICE, prunes(settings))
        kafka = broker(settings)
        subscribe(kafka, intake, promotions)

        async def follow_clock(stop: asyncio.Event) -> None:
            await _follow_clock(stop, pool, step)

        async def judge_woken(stop: asyncio.Event) -> None:
            await _judge_woken(stop, woke, intake, step)

        watch = Watch(settings, SERVICE, pool, [intake, promotions], outbox, own=Own(SQL["intake_held"], GAUGES))
        shown = description(settings, SERVICE, units)
        clock = [follow_clock] if settings.calendar == "wall" else []
        tasks = [outbox.run, repairs.run, pruner.run, judge_woken, *clock]
        await serve(kafka, [intake, promotions], [*tasks, *door(settings, watch, shown)], outbox)


def rules(settings: Settings) -> Rules:
    """What admission judges by."""
    units = load_units()
    return Rules(
        load(),
        units,
        scripted=settings.calendar == "scripted",
        hold_days_max=settings.hold_days_max,
        fact_days_back_max=settings.fact_days_back_max,
        partitions=PARTITIONS,
        units_by_day=load_units_by_day(units),
    )


def _consumer(
    settings: Settings, pool: asyncpg.Pool, step: Step, group: str, committed: Callable[[], None]
) -> Consumer:
    return Consumer(
        step,
        pool,
        service=SERVICE,
        group=group,
        prefix=settings.topic_prefix,
        replica=settings.replica,
        committed=committed,
    )


async def _follow_clock(stop: asyncio.Event, pool: asyncpg.Pool, step: Intake) -> None:
    """Each day that begins in Viet Nam is opened, those missed while nobody ran as well."""
    backoff = Backoff(first_seconds=CLOCK_SECONDS_FIRST, seconds_max=CLOCK_SECONDS)
    while not stop.is_set():
        try:
            async with pool.acquire() as connection, connection.transaction():
                await step.open_day(connection, today(), int(now().timestamp() * 1000))
        except Exception as error:
            log.warning("day_not_opened", fault=described(error))
            await backoff.wait(stop)
        else:
            backoff.reset()
            await wait_for(stop, CLOCK_SECONDS)


async def _judge_woken(stop: asyncio.Event, woke: asyncio.Event, intake: Consumer, step: Intake) -> None:
    """What was woken is judged again, soon after a commit that may have woken something, at the latest by the limit."""
    while not stop.is_set():
        woke.clear()
        try:
            while await intake.pool.fetchval(SQL["any_woken"], step.units):
                await intake.wake([LANE], ["woken"])
        except Exception as error:
            log.warning("woken_wait", fault=described(error))
        await wait_for(woke, WAKE_SECONDS_MAX)
