"""What a transaction announces, written with it: one `COPY`, one lane per slot, positions without gaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from asyncpg.pool import PoolConnectionProxy

from shared.contracts.envelope import Envelope, Header
from shared.contracts.event import Event
from shared.contracts.topics import Topic
from shared.postgres import queries

SQL = queries.load(Path(__file__).parent / "sql" / "queries.sql")
HEADER_BYTES_MAX = 8_192

_COLUMNS = ("lane", "position", "topic", "part", "key", "headers", "value")


class TooLargeError(ValueError):
    """An event is larger than its topic takes; it must not reach the outbox, where it would stop the relay for good."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be sent. `lane` is the unit of order: rows of one lane are sent in the order they are given."""

    lane: str
    topic: Topic
    part: int
    key: str
    envelope: Envelope
    event: Event


def slot_lane(part: int) -> str:
    """The lane of everything a service does for the subjects of partition `part`."""
    return f"slot/{part:02d}"


def pack_headers(headers: Sequence[Header]) -> bytes:
    """Headers as they are kept: a JSON list of [name, value] with latin-1 text, so that any bytes survive."""
    return orjson.dumps([[name, None if value is None else value.decode("latin-1")] for name, value in headers])


def unpack_headers(packed: bytes) -> list[Header]:
    """The inverse of `pack_headers`."""
    return [(name, None if value is None else value.encode("latin-1")) for name, value in orjson.loads(packed)]


async def write(connection: PoolConnectionProxy, outgoing: Iterable[Outgoing]) -> int:
    """The records stand in the outbox when the transaction commits, and the relay is told; returns how many.

    The caller holds the lanes. Raises TooLargeError before anything is written.
    """
    lanes: dict[str, list[tuple[Outgoing, bytes, bytes]]] = defaultdict(list)
    for item in outgoing:
        lanes[item.lane].append((item, *_serialised(item)))
    if not lanes:
        return 0
    counts = [len(items) for items in lanes.values()]
    moved = await connection.fetch(SQL["advance_heads"], list(lanes), counts)
    rows = list(_rows(lanes, {row["lane"]: row["head"] for row in moved}))
    await connection.copy_records_to_table("outbox", records=rows, columns=_COLUMNS)
    return len(rows)


def _serialised(item: Outgoing) -> tuple[bytes, bytes]:
    value = item.event.__pydantic_serializer__.to_json(item.event)
    headers = pack_headers(item.envelope.headers())
    if len(value) + len(headers) > item.topic.record_bytes_max or len(headers) > HEADER_BYTES_MAX:
        raise TooLargeError(
            f"{item.envelope.type} {item.envelope.id}: {len(value)} + {len(headers)} bytes, "
            f"at most {item.topic.record_bytes_max} in all and {HEADER_BYTES_MAX} in headers"
        )
    return headers, value


def _rows(
    lanes: Mapping[str, Sequence[tuple[Outgoing, bytes, bytes]]], heads: Mapping[str, int]
) -> Iterable[tuple[str, int, str, int, str, bytes, bytes]]:
    for lane, items in lanes.items():
        for position, (item, headers, value) in enumerate(items, heads[lane] - len(items) + 1):
            yield lane, position, item.topic.name, item.part, item.key, headers, value
