"""Waits that grow, for loops that must go on whatever the world does; the one place that waits by the clock."""

from __future__ import annotations

import asyncio
import time


class Backoff:
    """Each wait is twice the last, from `first_seconds` to `seconds_max`; `reset` begins again."""

    def __init__(self, *, first_seconds: float, seconds_max: float) -> None:
        self._first = first_seconds
        self._max = seconds_max
        self._next = first_seconds

    def reset(self) -> None:
        """The next wait is the first again."""
        self._next = self._first

    async def wait(self, stop: asyncio.Event) -> None:
        """Returns after the wait, or at once when `stop` is set."""
        await wait_for(stop, self._advance())

    def pause(self) -> None:
        """Returns after the wait; for programs without an event loop."""
        time.sleep(self._advance())

    def _advance(self) -> float:
        seconds, self._next = self._next, min(self._next * 2, self._max)
        return seconds


async def wait_for(event: asyncio.Event, seconds_max: float) -> None:
    """Returns when `event` is set, or after `seconds_max`."""
    try:
        await asyncio.wait_for(event.wait(), seconds_max)
    except TimeoutError:
        return
