"""The register and the admission journal in PostgreSQL: loaded and saved by the batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic import TypeAdapter

from services.registration.domain.answers import Answer
from services.registration.domain.facts import Fact
from services.registration.domain.references import ROUNDS_MAX, missing_keys, missing_to_close, opens_days
from services.registration.domain.register import (
    CALENDAR,
    Alias,
    Ballot,
    Calendar,
    Council,
    Counter,
    Decision,
    Dossier,
    Entry,
    Key,
    Office,
    Producer,
    Product,
    Register,
    Session,
)
from shared.messaging.faults import ChangedMeanwhileError
from shared.postgres import queries

SQL = queries.load(Path(__file__).parent / "sql" / "queries.sql")
Connection = PoolConnectionProxy
AWAITED_MAX = 20_000
Pair = tuple[str, str]
"""Unit and event id: what a duplicate is judged on."""

_ALIAS: TypeAdapter[Entry] = TypeAdapter(Alias)
_ADAPTERS: Mapping[str, TypeAdapter[Entry]] = MappingProxyType(
    {
        "office": TypeAdapter(Office),
        "producer": TypeAdapter(Producer),
        "product": TypeAdapter(Product),
        "dossier": TypeAdapter(Dossier),
        "council": TypeAdapter(Council),
        "session": TypeAdapter(Session),
        "ballot": TypeAdapter(Ballot),
        "counter": TypeAdapter(Counter),
        "calendar": TypeAdapter(Calendar),
        "decision": TypeAdapter(Decision),
    }
)
_ANSWER = TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the journal answered to an event, and the fingerprint of that event."""

    sha256: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An intake event as it came, with its first answer. `headers` are packed as in the outbox.

    `sha256` is the event's fingerprint (`arrivals.py`): the same event again has the same.
    """

    unit: str
    event_id: str
    topic: str
    partition: int
    topic_offset: int
    type: str | None
    sha256: str
    headers: bytes
    value: bytes | None
    recorded_ms: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An intake event that is held, as it came; `until` is the last day of its hold, None where there is none."""

    unit: str
    event_id: str
    topic: str
    partition: int
    topic_offset: int
    type: str | None
    headers: bytes
    value: bytes | None
    recorded_ms: int
    waits_for: str
    until: date | None
    arrival: int


async def load_register(
    connection: Connection, register: Register, said: Sequence[tuple[str, Fact]], closing: Collection[UUID] = ()
) -> None:
    """The register knows every entry that these events, and the closing of these dossiers, need.

    One query per round of names. The entries are locked; the calendar only where an event moves it, since every lane
    reads it (the lane of the ministry, which alone moves it, excludes the others).
    """
    moves = opens_days(said)
    for _ in range(ROUNDS_MAX):
        keys = missing_keys(register, said) | missing_to_close(register, closing)
        if not keys:
            return
        await load_entries(connection, register, keys, moves_calendar=moves)
    raise RuntimeError(f"names lead to names more than {ROUNDS_MAX} times")


async def load_entries(
    connection: Connection, register: Register, keys: Collection[Key], *, moves_calendar: bool = False
) -> None:
    """The register knows every key, the entry as stored or its absence; the calendar is locked by who moves it."""
    unlocked = frozenset() if moves_calendar else frozenset({CALENDAR}).intersection(keys)
    wanted = sorted(frozenset(keys) - unlocked)
    rows = [
        *(await _fetch(connection, "read_entries", sorted(unlocked))),
        *(await _fetch(connection, "lock_entries", wanted)),
    ]
    for row in rows:
        key = (row["kind"], row["name"])
        register.load(key, _adapter(key).validate_json(row["document"]), row["version"])
    for key in keys:
        register.load(key, None)


async def _fetch(connection: Connection, query: str, keys: Sequence[Key]) -> list[asyncpg.Record]:
    if not keys:
        return []
    rows: list[asyncpg.Record] = await connection.fetch(SQL[query], *_columns(keys, 2))
    return rows


async def save_entries(connection: Connection, register: Register) -> int:
    """Every entry the fold changed is stored; returns how many. Raises ChangedMeanwhileError where one had changed."""
    changes = [(key, _document(key, entry), version) for key, entry, version in register.changes()]
    known = [(kind, name, version, document) for (kind, name), document, version in changes if version > 0]
    new = [(kind, name, document) for (kind, name), document, version in changes if version == 0]
    if known:
        await _expect(connection, "update_entries", _columns(known, 4), len(known))
    if new:
        await _expect(connection, "insert_entries", _columns(new, 3), len(new))
    return len(changes)


async def seen(connection: Connection, pairs: Collection[Pair]) -> Mapping[Pair, Stored]:
    """What was answered to those of these events that came before."""
    if not pairs:
        return {}
    rows = await connection.fetch(SQL["seen"], *_columns(sorted(pairs), 2))
    return {(row["unit"], row["event_id"]): Stored(row["sha256"], _ANSWER.validate_json(row["answer"])) for row in rows}


async def insert_journal(connection: Connection, rows: Sequence[JournalRow]) -> None:
    """The events stand in the journal with their answers, in the order given."""
    if rows:
        await _expect(connection, "insert_journal", _columns([_journal(row) for row in rows], 15), len(rows))


async def update_journal(connection: Connection, answers: Sequence[tuple[Pair, Answer]]) -> None:
    """Events that were held have these answers, and are no longer woken."""
    rows = [
        (unit, event_id, said.status, str(said.code), _answer_json(said), said.waits_for, said.until)
        for (unit, event_id), said in answers
    ]
    if rows:
        await _expect(connection, "update_journal", _columns(rows, 7), len(rows))


async def held_for(connection: Connection, waits_for: Iterable[str], limit: int) -> list[HeldRow]:
    """What is held for any of these, oldest first, at most `limit`."""
    rows = await connection.fetch(SQL["held_for"], sorted(waits_for), limit)
    return [HeldRow(*row.values()) for row in rows]


async def awaited(connection: Connection) -> frozenset[str] | None:
    """What held events wait for; None where that is more than a batch should keep in mind, and each must be asked."""
    rows = await connection.fetch(SQL["awaited"], AWAITED_MAX + 1)
    return None if len(rows) > AWAITED_MAX else frozenset(row["waits_for"] for row in rows)


async def begin_holds(connection: Connection, until: date) -> int:
    """What is held without a last day, because no day was open yet, is held until `until`; returns how many."""
    return _count(await connection.execute(SQL["begin_holds"], until))


async def wake(connection: Connection, waits_for: Iterable[str]) -> int:
    """What is held for any of these is to be judged again; returns how many events were woken."""
    values = sorted(waits_for)
    return _count(await connection.execute(SQL["wake"], values)) if values else 0


async def woken(connection: Connection, units: Iterable[str], limit: int) -> list[HeldRow]:
    """What is to be judged again of these units, oldest first, at most `limit`, locked."""
    rows = await connection.fetch(SQL["woken"], sorted(units), limit)
    return [HeldRow(*row.values()) for row in rows]


async def expired(connection: Connection, day: date, limit: int) -> list[HeldRow]:
    """What was held until a day before `day` and is not woken, oldest first, at most `limit`, locked.

    What is beyond the limit stays held, and is found again on the next day.
    """
    rows = await connection.fetch(SQL["expired"], day, limit)
    return [HeldRow(*row.values()) for row in rows]


def _answer_json(said: Answer) -> str:
    return _ANSWER.dump_json(replace(said, given=dict(said.given))).decode()


def _adapter(key: Key) -> TypeAdapter[Entry]:
    return _ADAPTERS.get(key[0], _ALIAS)


def _document(key: Key, entry: Entry) -> str:
    return _adapter(key).dump_json(entry).decode()


def _journal(row: JournalRow) -> tuple[Any, ...]:
    said = row.answer
    came = (row.unit, row.event_id, row.topic, row.partition, row.topic_offset, row.type)
    body = (row.sha256, row.headers, row.value, row.recorded_ms)
    answer = (said.status, str(said.code), _answer_json(said), said.waits_for, said.until)
    return (*came, *body, *answer)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """The rows as one array per column, for unnest."""
    return [[row[column] for row in rows] for column in range(width)]


async def _expect(connection: Connection, query: str, columns: Sequence[list[Any]], rows: int) -> None:
    count = _count(await connection.execute(SQL[query], *columns))
    if count != rows:
        raise ChangedMeanwhileError(f"{query}: {count} of {rows} rows")


def _count(tag: str) -> int:
    """The number at the end of PostgreSQL's command tag, `UPDATE 3`."""
    return int(tag.rpartition(" ")[2])
