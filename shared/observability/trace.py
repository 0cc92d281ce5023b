"""W3C trace context: what a sender gave, or one derived from its event, so that a second delivery agrees."""

from __future__ import annotations

import re
from hashlib import sha256

_GIVEN = re.compile(r"(?!ff)[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})")


def traceparent(given: str, name: str) -> str:
    """`given` where it is a valid `traceparent` (W3C Trace Context, §3.2), else one derived from `name` alone.

    A context without a sender is made here, "recorded": the same name always gives the same.
    """
    match = _GIVEN.fullmatch(given)
    if match is not None and int(match["trace"], 16) and int(match["span"], 16):
        return given
    digest = sha256(f"trace\x1f{name}".encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


def trace_id(traceparent: str) -> str:
    """The trace's own id within a `traceparent`, for logs; empty where there is none."""
    return traceparent[3:35]
