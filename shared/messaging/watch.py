"""A process looks at itself from outside: what waits in its schema, what the broker holds, and whether it gets on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from shared.kernel.backoff import wait_for
from shared.kernel.clock import monotonic, now
from shared.messaging.consumer import Consumer
from shared.messaging.faults import described
from shared.messaging.positions import Place
from shared.messaging.probe import Probe
from shared.messaging.progress import Progress
from shared.messaging.relay import Relay
from shared.messaging.settings import ServiceSettings
from shared.observability import metrics
from shared.observability.door import routes, serve
from shared.observability.metrics import Meters, Metric
from shared.observability.readiness import HOLDS, STANDING_BY, Finding, Why
from shared.postgres import queries

SQL = queries.load(Path(__file__).parent / "sql" / "watch.sql")
Task = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """How often a process looks, how long one look may take, and past which times something stands still."""

    look_every_seconds: float = 2.0
    read_seconds_max: float = 2.0
    look_age_seconds_max: float = 30.0
    stalled_seconds_max: float = 30.0
    unsent_seconds_max: float = 30.0


@dataclass(frozen=True, slots=True)
class Own:
    """What one service watches besides: a query of one row whose columns are gauges, and checks of its own."""

    query: str = ""
    gauges: Mapping[str, Metric] = field(default_factory=dict)
    checks: Sequence[Callable[[], Finding]] = ()


class Watch:
    """What one process knows of itself, looked up every few seconds; questions are answered from the last look."""

    def __init__(
        self,
        settings: ServiceSettings,
        service: str,
        pool: asyncpg.Pool,
        consumers: Sequence[Consumer],
        relay: Relay,
        *,
        own: Own | None = None,
        limits: WatchLimits | None = None,
    ) -> None:
        self.service = service
        self._pool = pool
        self._consumers = consumers
        self._relay = relay
        self._own = own or Own()
        self._limits = limits or WatchLimits()
        self._meters = Meters(service)
        self._progress = Progress()
        self._places = {
            consumer.group: {(topic.name, part) for topic in consumer.step.topics for part in range(topic.partitions)}
            for consumer in consumers
        }
        every = {place for places in self._places.values() for place in places}
        self._probe = Probe(settings.bootstrap_servers, settings.topic_prefix, every)
        self._positions: dict[Place, int] = {}
        self._figures: Mapping[str, Any] | None = None
        self._faults: dict[Why, str] = {}
        self._looked = monotonic()
        self._meters.set(metrics.STARTED, now().timestamp())

    async def run(self, stop: asyncio.Event) -> None:
        """Batches are counted and the process looks at itself until `stop` is set; no fault of the world ends it."""
        for consumer in self._consumers:
            consumer.observe = partial(self._meters.batch, _name(consumer))
        try:
            while not stop.is_set():
                await self.look()
                await wait_for(stop, self._limits.look_every_seconds)
        finally:
            await self._probe.close()

    async def look(self) -> None:
        """Figures and findings are those of now, or the fault that hid them is known."""
        await self._attempt(Why.DATABASE_UNREACHABLE, self._read_figures)
        await self._attempt(Why.BROKER_UNREACHABLE, self._read_lag)
        self._looked = monotonic()

    def text(self) -> bytes:
        """The metrics, in Prometheus' text format."""
        self._meters.set(metrics.OBSERVED_AGE, monotonic() - self._looked)
        self._meters.set(metrics.RELAY_LEADING, int(self._relay.leading))
        for finding in self.findings():
            self._meters.set(metrics.READY, int(finding.why is None), finding.check)
        return self._meters.text()

    def living(self) -> Finding:
        """No consumer has failed: a failed one takes nothing in until the process is started again."""
        for consumer in self._consumers:
            if consumer.failed is not None:
                return Finding("alive", Why.CONSUMER_FAILED, f"{_name(consumer)}: {type(consumer.failed).__name__}")
        return Finding("alive")

    def findings(self) -> list[Finding]:
        """Database, broker, each consumer, the relay, and the service's own checks, as of the last look."""
        age = monotonic() - self._looked
        return [
            Finding("observed", Why.UNOBSERVED if age > self._limits.look_age_seconds_max else None, f"{age:.1f} s"),
            self._server("database", Why.DATABASE_UNREACHABLE),
            self._server("broker", Why.BROKER_UNREACHABLE),
            *(self._consumer(consumer) for consumer in self._consumers),
            self._relay_found(),
            *(check() for check in self._own.checks),
        ]

    async def _attempt(self, why: Why, read: Callable[[], Awaitable[None]]) -> None:
        try:
            await read()
        except Exception as error:
            if why not in self._faults:
                log.warning("not_observed", why=why, fault=described(error))
            self._faults[why] = described(error)
        else:
            self._faults.pop(why, None)

    async def _read_figures(self) -> None:
        async with asyncio.timeout(self._limits.read_seconds_max):
            figures = await self._pool.fetchrow(SQL["figures"])
            own = await self._pool.fetchrow(self._own.query) if self._own.query else None
        assert figures is not None
        meters = self._meters
        self._positions = {(topic, part): offset for topic, part, offset in orjson.loads(figures["watermarks"])}
        meters.set(metrics.OUTBOX_ROWS, figures["unsent_rows"])
        meters.set(metrics.OUTBOX_AGE, max(0.0, figures["unsent_seconds"]))
        meters.set(metrics.GAP_AGE, max(0.0, figures["gap_seconds"]))
        meters.set_all(metrics.HELD, metrics.HOLD_REASONS, orjson.loads(figures["held"]))
        meters.set_all(metrics.DEAD_LETTERS, metrics.DEAD_REASONS, orjson.loads(figures["dead_letters"]))
        if own is not None:
            for column, metric in self._own.gauges.items():
                meters.set(metric, max(0, own[column]))
        self._figures = dict(figures)

    async def _read_lag(self) -> None:
        ends = await self._probe.ends()
        looked = monotonic()
        self._progress.look(self._positions, ends, looked)
        lags = self._progress.lags
        written = await self._probe.written_ms(self._progress.waited())
        ages = {place: now().timestamp() - ms / 1000 for place, ms in written.items()}
        for consumer in self._consumers:
            for topic in consumer.step.topics:
                behind = {place: lag for place, lag in lags.items() if place[0] == topic.name}
                waits = [ages.get(place, looked - lag.stood_since) for place, lag in behind.items()]
                self._meters.set(metrics.LAG_RECORDS, sum(lag.records for lag in behind.values()), topic.name)
                self._meters.set(metrics.LAG_SECONDS, max(0.0, *waits, 0.0), topic.name)
            stalled = self._progress.stalled_seconds(self._places[consumer.group], looked)
            self._meters.set(metrics.STALLED, stalled, _name(consumer))

    def _server(self, check: str, why: Why) -> Finding:
        if why in self._faults:
            return Finding(check, why, self._faults[why])
        return Finding(check, Why.STARTING if self._figures is None else None)

    def _consumer(self, consumer: Consumer) -> Finding:
        """A consumer without partitions stands by, while another of its group gets on with them."""
        check, kafka = f"consumer {_name(consumer)}", consumer.kafka()
        if consumer.failed is not None:
            return Finding(check, Why.CONSUMER_FAILED, type(consumer.failed).__name__)
        if kafka is None or not consumer.joined:
            return Finding(check, Why.STARTING)
        every = self._places[consumer.group]
        mine = {(part.topic.removeprefix(consumer.prefix), part.partition) for part in kafka.assignment()}
        stalled = self._progress.stalled_seconds(mine or every, monotonic())
        if stalled > self._limits.stalled_seconds_max:
            return Finding(check, Why.CONSUMER_STALLED if mine else Why.PARTITIONS_UNTAKEN, f"{stalled:.0f} s")
        if not mine and not every <= self._positions.keys():
            return Finding(check, Why.PARTITIONS_UNTAKEN)
        return Finding(check, detail=f"{len(mine)} of {len(every)}", holds=HOLDS if mine else STANDING_BY)

    def _relay_found(self) -> Finding:
        if self._figures is None:
            return Finding("relay", Why.STARTING)
        if not self._relay.leading and not self._figures["led"]:
            return Finding("relay", Why.RELAY_LEADERLESS)
        rows, seconds = self._figures["unsent_rows"], self._figures["unsent_seconds"]
        stuck = Why.RELAY_STUCK if seconds > self._limits.unsent_seconds_max else None
        return Finding("relay", stuck, f"{rows} rows, {seconds:.0f} s" if rows else "")


def _name(consumer: Consumer) -> str:
    """The consumer's group without the pipeline's prefix."""
    return consumer.group.removeprefix(consumer.prefix)


def door(settings: ServiceSettings, watch: Watch, extra: Sequence[BaseRoute] = ()) -> list[Task]:
    """The tasks of a service that let it be watched at its own port, with `extra` routes; none at port 0."""
    if not settings.watch_port:
        return []
    app = Starlette(routes=[*routes(watch), *extra])

    async def answer(stop: asyncio.Event) -> None:
        await serve(app, settings.watch_host, settings.watch_port, stop)

    return [watch.run, answer]
