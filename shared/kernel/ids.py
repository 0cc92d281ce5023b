"""Identifiers that sort by time, and that a retry makes again."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

_VERSION_8 = 0x8 << 76
_VARIANT = 0b10 << 62


def derived_id(recorded_ms: int, *names: str) -> UUID:
    """The UUIDv8 (RFC 9562 §5.8) whose first 48 bits are `recorded_ms`, the rest a hash of `names`.

    The same cause and names give the same id, so a step repeated after a fault writes what it wrote before.
    `recorded_ms` is milliseconds since 1970-01-01 UTC, 0 <= recorded_ms < 2**48.
    """
    digest = int.from_bytes(sha256("\x1f".join(names).encode()).digest()[:10], "big")
    high = (recorded_ms & 0xFFFFFFFFFFFF) << 80
    return UUID(int=high | _VERSION_8 | ((digest >> 62) & 0xFFF) << 64 | _VARIANT | digest & (1 << 62) - 1)
