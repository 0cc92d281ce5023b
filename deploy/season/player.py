"""Plays lines onto the intake topics as provincial systems would: each unit in its own order, day by day."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.season.lines import SeasonLine, as_record
from deploy.season.outsider import body, poll, reader, unit_of
from shared.contracts.topics import TOPIC_BYTES_MAX, intake_topic

DAYS_AHEAD_MAX: Final = 10
"""Well under the 30 days after which registration gives a hold up: facts and days stay close to each other."""
PATIENCE_SECONDS_MAX: Final = 120.0
_UNACKNOWLEDGED_MAX: Final = 2000
_BATCH_BYTES_MAX: Final = 131_072
_POLL_SECONDS: Final = 0.5

Progress = Callable[[int], None]
"""Called with the number of lines that the broker has taken so far."""


class PlayStalledError(RuntimeError):
    """Registration gave no receipt for too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Không có biên nhận mới trong {seconds:.0f} giây; hãy xem nhật ký của registration. / "
            f"No receipt for {seconds:.0f} seconds; look at the log of registration."
        )


@dataclass
class Answered:
    """The highest intake offset of each unit that has a receipt."""

    offsets: dict[str, int] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    fault: Exception | None = None

    async def fail(self, fault: Exception) -> None:
        """No more receipts will be noted; whoever waits for one is told why."""
        async with self.changed:
            self.fault = fault
            self.changed.notify_all()

    async def note(self, unit: str, offset: int) -> None:
        """A receipt came for this offset."""
        async with self.changed:
            self.offsets[unit] = max(offset, self.offsets.get(unit, -1))
            self.changed.notify_all()

    async def reach(self, wanted: Mapping[str, int], patience_seconds: float) -> None:
        """Every wanted offset has its receipt; raises `PlayStalledError` where none comes for so long."""
        async with self.changed:
            while any(self.offsets.get(unit, -1) < offset for unit, offset in wanted.items()):
                if self.fault is not None:
                    raise self.fault
                try:
                    await asyncio.wait_for(self.changed.wait(), patience_seconds)
                except TimeoutError:
                    raise PlayStalledError(patience_seconds) from None


async def play(
    bootstrap: str,
    prefix: str,
    lines: Iterable[SeasonLine],
    progress: Progress,
    *,
    days_ahead_max: int | None = DAYS_AHEAD_MAX,
    patience_seconds: float = PATIENCE_SECONDS_MAX,
) -> None:
    """The broker has taken every line, those of one unit in their order.

    Before a day's lines go out, those of days more than `days_ahead_max` earlier have their receipts, so that no
    unit's topic runs far ahead of the ministry's calendar or behind it; None plays without regard to receipts.
    """
    async with opened_producer(bootstrap) as producer:
        outgoing = _Outgoing(producer, prefix, progress)
        if days_ahead_max is None:
            await _send(outgoing, lines, None)
            return
        async with listening(bootstrap, prefix) as answered:
            await _send(outgoing, lines, _Pace(answered, timedelta(days=days_ahead_max), patience_seconds))


@asynccontextmanager
async def opened_producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """An idempotent producer that waits for all replicas and sends in batches."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        acks="all",
        linger_ms=5,
        max_batch_size=_BATCH_BYTES_MAX,
        max_request_size=TOPIC_BYTES_MAX,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def listening(bootstrap: str, prefix: str) -> AsyncIterator[Answered]:
    """Receipts from now on are noted while inside."""
    answered = Answered()
    async with reader(bootstrap, lambda topic: unit_of(topic, prefix) is not None, from_now=True) as consumer:
        listener = asyncio.create_task(_listen(consumer, prefix, answered))
        try:
            yield answered
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)


async def _listen(consumer: AIOKafkaConsumer, prefix: str, answered: Answered) -> None:
    try:
        while True:
            for record in await poll(consumer, _POLL_SECONDS):
                unit = unit_of(record.topic, prefix)
                if unit is not None:
                    await answered.note(unit, int(body(record)["offset"]))
    except Exception as fault:
        await answered.fail(fault)


@dataclass
class _Day:
    """What was sent on one day: the records not yet known to be taken, and the last offset of each unit."""

    date: date | None
    sending: list[tuple[str, asyncio.Future[Any]]] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)


class _Outgoing:
    """Records on their way by the day they are of; at most `_UNACKNOWLEDGED_MAX` are not yet taken by the broker."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str, progress: Progress) -> None:
        self._producer = producer
        self._prefix = prefix
        self._progress = progress
        self._days: deque[_Day] = deque()
        self._waiting = 0
        self._taken = 0

    async def add(self, line: SeasonLine, day: date | None) -> None:
        """The line is on its way."""
        if not self._days or self._days[-1].date != day:
            self._days.append(_Day(day))
        value, headers = as_record(line)
        topic = self._prefix + intake_topic(line.unit).name
        future = await self._producer.send(topic, value, headers=headers)
        self._days[-1].sending.append((line.unit, future))
        self._waiting += 1
        if self._waiting >= _UNACKNOWLEDGED_MAX:
            await self.drain()

    async def drain(self) -> None:
        """The broker has taken everything added."""
        for day in self._days:
            await self._take(day)

    async def days_before(self, day: date) -> AsyncIterator[Mapping[str, int]]:
        """Each day before `day` leaves, taken by the broker, as the last offset of each unit; so do lines of no day."""
        while self._days and (self._days[0].date is None or self._days[0].date < day):
            await self._take(self._days[0])
            yield self._days.popleft().offsets

    async def _take(self, day: _Day) -> None:
        for unit, future in day.sending:
            day.offsets[unit] = (await future).offset
        self._waiting -= len(day.sending)
        self._taken += len(day.sending)
        day.sending.clear()
        self._progress(self._taken)


async def _send(outgoing: _Outgoing, lines: Iterable[SeasonLine], pace: _Pace | None) -> None:
    today: date | None = None
    for line in lines:
        day = _day(line) or today
        if day is not None and day != today:
            async for offsets in outgoing.days_before(day - (pace.width if pace else timedelta())):
                if pace is not None:
                    await pace.answered.reach(offsets, pace.patience_seconds)
        today = day
        await outgoing.add(line, today)
    await outgoing.drain()


@dataclass(frozen=True)
class _Pace:
    """How far ahead of the receipts a play may run, and how long it waits for one."""

    answered: Answered
    width: timedelta
    patience_seconds: float


def _day(line: SeasonLine) -> date | None:
    """The day a line is sent, by its event's `time`."""
    try:
        return date.fromisoformat(str((line.event or {})["time"])[:10])
    except (KeyError, ValueError):
        return None
