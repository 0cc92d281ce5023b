"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic

Value = TypeVar("Value")
DEADLINE_SECONDS = 30.0


async def eventually(
    condition: Callable[[], Awaitable[Value]], *, what: str, deadline_seconds: float = DEADLINE_SECONDS
) -> Value:
    """The first true value of `condition`; fails with `what` and the last value when the deadline has passed."""
    backoff = Backoff(first_seconds=0.01, seconds_max=0.2)
    began = monotonic()
    value = await condition()
    while not value:
        if monotonic() - began > deadline_seconds:
            raise AssertionError(f"not within {deadline_seconds} s: {what}; last seen: {value!r}")
        await backoff.wait(asyncio.Event())
        value = await condition()
    return value
