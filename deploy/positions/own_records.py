"""What Kafka holds of a service beside its outbox, and an outbox that is made to hold it again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from deploy.local.layout import LocalFault
from deploy.positions.standing import bootstrap
from deploy.provision import Site
from shared.messaging.consumer import Step
from shared.messaging.fencing import POSITION_HEADER, event_id, outputs, position_of
from shared.messaging.history import beginnings_of, ends_of, records_of
from shared.messaging.outbox import SQL, pack_headers, unpack_headers
from shared.messaging.pipeline import Connection
from shared.messaging.positions import Place

SHOWN_MAX: Final = 20
COMPARED_AT_ONCE_MAX: Final = 5_000
OUTBOX: Final = ("lane", "position", "topic", "part", "key", "headers", "value")
HEADS: Final = "SELECT lane, head FROM lane"
MADE: Final = """
    SELECT o.lane, o.position, o.topic, o.part, o.key, o.headers, o.value
    FROM outbox AS o JOIN unnest($1::text[], $2::bigint[]) AS u (lane, head) USING (lane)
    WHERE o.position > u.head ORDER BY o.lane, o.position"""
UNMAKE: Final = """
    DELETE FROM outbox AS o USING unnest($1::text[], $2::bigint[]) AS u (lane, head)
    WHERE o.lane = u.lane AND o.position > u.head"""
UNSENT: Final = """
    SELECT o.lane, o.position, o.topic, o.headers FROM outbox AS o JOIN relay AS r USING (lane)
    WHERE o.position > r.sent ORDER BY o.lane, o.position"""

Named = tuple[str, str]
"""A topic and an event's id."""


class RecoveryDiffersError(LocalFault):
    """What was done again is not what Kafka holds: nothing was written, and a person must look."""

    def __init__(self, service: str, differences: Sequence[str]) -> None:
        shown = "\n".join(f"  {line}" for line in differences[:SHOWN_MAX])
        super().__init__(
            f"{service}: làm lại không ra đúng những gì Kafka đang giữ ({len(differences)}); chưa ghi gì cả. / "
            f"{service}: doing it again did not give what Kafka holds ({len(differences)}); "
            f"nothing was written.\n{shown}"
        )


@dataclass(frozen=True, slots=True)
class Own:
    """A record of the service in Kafka, with its place in the outbox that it came from."""

    lane: str
    position: int
    place: Place
    offset: int
    timestamp_ms: int
    key: bytes
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes

    @property
    def named(self) -> Named:
        """Topic and event id."""
        return self.place[0], event_id(self.headers)

    @property
    def cause(self) -> str:
        """The id of what caused the event."""
        return event_id(self.headers, "ce_causationid")


@dataclass(frozen=True, slots=True)
class OwnRecords:
    """All since the last comparison, those of them that the outbox does not know by lane and position, and the ends."""

    known: frozenset[Named]
    unknown: Sequence[Own]
    ends: Mapping[Place, int]


async def own_records(site: Site, connection: Connection, service: str) -> OwnRecords:
    """What Kafka holds of the service since its outbox and Kafka were last compared."""
    topics = outputs(service, site.units if service == "registration" else ())
    rows = await connection.fetch(SQL["relayed"])
    compared = {(row["topic"], row["part"]): row["next_offset"] for row in rows}
    places = [(topic.name, part) for topic in topics for part in range(topic.partitions)]
    begins = {place: compared.get(place, 0) for place in places}
    ends = await ends_of(bootstrap(site), site.topic_prefix, places)
    found: dict[tuple[str, int, str], Own] = {}
    async for place, record in records_of(bootstrap(site), site.topic_prefix, begins, ends):
        spot = position_of(record)
        if spot is not None and event_id(record.headers, "ce_source") == f"/services/{service}":
            headers = tuple((name, value) for name, value in record.headers if name != POSITION_HEADER)
            own = Own(*spot, place, record.offset, record.timestamp, record.key, headers, record.value)
            found.setdefault((*spot, own.named[1]), own)
    unknown = await _unknown(connection, list(found.values()))
    known = frozenset(own.named for own in found.values())
    return OwnRecords(known, sorted(unknown, key=lambda own: (own.lane, own.position)), ends)


async def _unknown(connection: Connection, found: Sequence[Own]) -> list[Own]:
    unknown: list[Own] = []
    for begin in range(0, len(found), COMPARED_AT_ONCE_MAX):
        some = found[begin : begin + COMPARED_AT_ONCE_MAX]
        rows = await connection.fetch(SQL["announced_at"], [own.lane for own in some], [own.position for own in some])
        there = {(row["lane"], row["position"]): row for row in rows}
        unknown += [own for own in some if not _knows(there[own.lane, own.position], own)]
    return unknown


def _knows(row: asyncpg.Record, own: Own) -> bool:
    """True for the outbox's own event; a row behind the head that is gone was delivered and pruned."""
    if row["headers"] is None:
        return bool(row["position"] <= row["head"])
    return _id_of(row) == own.named[1]


def _id_of(row: asyncpg.Record) -> str:
    return event_id(unpack_headers(row["headers"]))


async def stands(site: Site, connection: Connection, step: Step) -> dict[Place, int]:
    """Where the step stands on each partition that it reads, its lanes locked; at its beginning where it never read."""
    places = [(topic.name, part) for topic in step.topics for part in range(topic.partitions)]
    begins = await beginnings_of(bootstrap(site), site.topic_prefix, places)
    lanes = [step.lane(*place) for place in begins]
    topics, parts = [topic for topic, _ in begins], [part for _, part in begins]
    await connection.execute(SQL["ensure_watermarks"], topics, parts, lanes, list(begins.values()))
    await connection.execute(SQL["ensure_lanes"], sorted({*step.lanes(), *lanes}))
    rows = await connection.fetch(SQL["lock_lanes"], step.lanes())
    return {place: row["next_offset"] for row in rows if (place := (row["topic"], row["part"])) in begins}


async def heads_of(connection: Connection) -> dict[str, int]:
    """How far each lane has come."""
    return {row["lane"]: row["head"] for row in await connection.fetch(HEADS)}


async def made_since(connection: Connection, heads: Mapping[str, int]) -> list[asyncpg.Record]:
    """What the outbox holds beyond these heads, by lane in order."""
    rows: list[asyncpg.Record] = await connection.fetch(MADE, list(heads), list(heads.values()))
    return rows


async def reconcile(connection: Connection, service: str, own: OwnRecords, heads: Mapping[str, int]) -> int:
    """The outbox holds what Kafka holds where Kafka says it stood, and behind it what was made besides; returns that.

    `heads` are the lanes' from before anything was done again. Raises RecoveryDiffersError where something that Kafka
    holds was not made again, or not with the same content.
    """
    made = {(row["topic"], _id_of(row)): row for row in await made_since(connection, heads)}
    if differences := list(_differences(own.unknown, made)):
        raise RecoveryDiffersError(service, differences)
    await connection.execute(UNMAKE, list(heads), list(heads.values()))
    lanes = dict(heads)
    rows = []
    for one in own.unknown:
        lanes[one.lane] = max(lanes.get(one.lane, 0), one.position)
        headers = pack_headers(one.headers)
        rows.append((one.lane, one.position, one.place[0], one.place[1], one.key.decode(), headers, one.value))
    there = {one.named for one in own.unknown}
    besides = [row for named, row in made.items() if named not in there]
    for row in besides:
        lanes[row["lane"]] += 1
        rows.append((row["lane"], lanes[row["lane"]], *list(row.values())[2:]))
    await connection.copy_records_to_table("outbox", records=rows, columns=OUTBOX)
    await connection.execute(SQL["move_heads"], list(lanes), list(lanes.values()))
    await _move_cursors(connection, own.known)
    topics, parts = [topic for topic, _ in own.ends], [part for _, part in own.ends]
    await connection.execute(SQL["save_relayed"], topics, parts, list(own.ends.values()))
    return len(besides)


async def _move_cursors(connection: Connection, in_kafka: frozenset[Named]) -> None:
    """Each cursor stands before the first row that Kafka does not hold; what it holds behind that is sent again."""
    rows: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in await connection.fetch(UNSENT):
        rows[row["lane"]].append(row)
    cursors: dict[str, int] = {}
    for lane, of_lane in rows.items():
        for row in of_lane:
            if (row["topic"], _id_of(row)) not in in_kafka:
                break
            cursors[lane] = row["position"]
    await connection.execute(SQL["move_cursors"], list(cursors), list(cursors.values()))


def _differences(unknown: Sequence[Own], made: Mapping[Named, asyncpg.Record]) -> Iterator[str]:
    for own in unknown:
        row, what = made.get(own.named), f"{own.place[0]}/{own.place[1]}/{own.offset} {own.named[1]}"
        if row is None:
            yield f"{what}: {event_id(own.headers, 'ce_type')} because of {own.cause} was not made again"
        elif row["value"] != own.value or row["part"] != own.place[1]:
            yield f"{what}: {event_id(own.headers, 'ce_type')} was made again with other content"
