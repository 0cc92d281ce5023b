"""Pushes the overview to everybody who watches, within a second of a commit; one reading serves them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog

from services.console import reading
from services.console.reading import Overview, Pool
from shared.kernel.backoff import Backoff


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """How many may watch, how often the tables are looked at, how long between two readings, and how long a stream
    is silent at most."""

    listeners_max: int = 100
    poll_seconds_max: float = 0.5
    pause_seconds: float = 0.2
    silence_seconds_max: float = 15.0


class TooManyListenersError(Exception):
    """The number of listeners is at its limit."""


class Live:
    """The latest overview as a fragment of the page. Set `wake` after a batch has committed."""

    def __init__(self, pool: Pool, draw: Callable[[Overview], str], wake: asyncio.Event, limits: LiveLimits) -> None:
        self._pool = pool
        self._draw = draw
        self._wake = wake
        self._limits = limits
        self._listeners = 0
        self._changed = asyncio.Condition()
        self._version = -1
        self._fragment = ""
        self._closing = asyncio.Event()
        self._log = structlog.get_logger("console.live")

    async def run(self) -> None:
        """While somebody watches, the fragment follows the tables; faults of the database end nothing."""
        try:
            while True:
                try:
                    await self._look()
                except Exception:
                    self._log.exception("overview not read")
                await self._rest()
        finally:
            await self.close()

    async def close(self) -> None:
        """Every stream has ended or ends at once, and none begins."""
        self._closing.set()
        async with self._changed:
            self._changed.notify_all()

    async def _look(self) -> None:
        if self._listeners == 0 or await reading.version(self._pool) == self._version:
            return
        overview = await reading.overview(self._pool)
        async with self._changed:
            self._version, self._fragment = overview.version, self._draw(overview)
            self._changed.notify_all()
        await Backoff(first_seconds=self._limits.pause_seconds, seconds_max=1.0).wait(self._closing)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), self._limits.poll_seconds_max)
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    def admit(self) -> AsyncIterator[str]:
        """A stream of server-sent events: the fragment now and whenever it changes, and a sign of life in between.

        Raises TooManyListenersError at the limit.
        """
        if self._listeners >= self._limits.listeners_max:
            raise TooManyListenersError
        return self._stream()

    async def _stream(self) -> AsyncIterator[str]:
        self._listeners += 1
        self._wake.set()
        sent = -1
        try:
            while not self._closing.is_set():
                if await self._news(sent):
                    sent = self._version
                    yield _event(self._fragment)
                elif not self._closing.is_set():
                    yield ": still here\n\n"
        finally:
            self._listeners -= 1

    async def _news(self, sent: int) -> bool:
        """True if there is a fragment newer than `sent`, after at most `silence_seconds_max`."""
        async with self._changed:
            try:
                async with asyncio.timeout(self._limits.silence_seconds_max):
                    await self._changed.wait_for(
                        lambda: self._closing.is_set() or (self._version != sent and self._version >= 0)
                    )
            except TimeoutError:
                return False
        return not self._closing.is_set()


def _event(fragment: str) -> str:
    lines = "".join(f"data: {line}\n" for line in fragment.splitlines())
    return f"event: overview\n{lines}\n"
