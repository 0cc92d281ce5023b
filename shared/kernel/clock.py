"""The one place that reads the clock. Domain code never does: the law compares dates in facts."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "+07")


def now() -> datetime:
    """This moment, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day it is in Viet Nam (UTC+7, no daylight saving)."""
    return datetime.now(VIETNAM).date()


def monotonic() -> float:
    """Seconds on a clock that never goes back, for durations only."""
    return time.perf_counter()


def from_ms(milliseconds: int) -> datetime:
    """The UTC moment `milliseconds` after 1970-01-01."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
