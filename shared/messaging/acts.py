"""An operator's act on a record that stands still, and what came of it; both are rows of the service's own schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal
from uuid import UUID

import asyncpg

from shared.contracts.envelope import STRUCTURED_CONTENT_TYPE
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import unpack_headers
from shared.postgres import queries

SQL = queries.load(Path(__file__).parent / "sql" / "acts.sql")


class Kind(StrEnum):
    """What may be asked for: the first three of a dead letter, the others of what is held."""

    REDRIVE = "redrive"
    SKIP = "skip"
    SUPERSEDE = "supersede"
    RELEASE = "release"
    REFUSE = "refuse"


class Code(StrEnum):
    """What came of an act: the closed list that the command line has words for."""

    APPLIED = "applied"
    ANSWERED = "answered"
    HELD = "held"
    OVERTAKEN = "overtaken"
    PASSED_OVER = "passed-over"
    NOT_FOUND = "not-found"
    SETTLED_BEFORE = "settled-before"
    FAILED_TOO_OFTEN = "failed-too-often"
    FAILED_AGAIN = "failed-again"
    STILL_WAITS = "still-waits"
    NEEDS_FORCE = "needs-force"
    BEHIND_ANOTHER = "behind-another"
    IS_DEAD_LETTER = "is-dead-letter"
    EVENT_UNREADABLE = "event-unreadable"
    EVENT_DIFFERS = "event-differs"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Act:
    """What was asked for. `event` is the structured CloudEvent that supersedes; `forced` passes a guard."""

    act_id: UUID
    kind: Kind
    target: str
    asked_by: str
    asked_at: datetime
    forced: bool
    event: bytes | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an act that was carried out; `detail` names what is waited for or what was answered."""

    code: Code
    detail: str = ""


class UndoneError(Exception):
    """The act changed nothing: `failed` where it was tried, `refused` where it was not."""

    def __init__(self, outcome: Literal["failed", "refused"], code: Code, detail: str = "") -> None:
        super().__init__(code)
        self.outcome = outcome
        self.result = Result(code, detail)


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it is kept; `raw` is the record as it came."""

    dead_letter_id: UUID
    subject: str | None
    sequence: int | None
    raw: Delivery
    settled_how: str | None

    def is_of(self, delivery: Delivery) -> bool:
        """True for the record that became this dead letter."""
        here, there = self.raw, delivery
        return (here.topic, here.partition, here.offset) == (there.topic, there.partition, there.offset)

    def superseded_by(self, event: bytes, key: bytes | None) -> Delivery:
        """The operator's event at the place of the record that it supersedes."""
        raw, headers = self.raw, (("content-type", STRUCTURED_CONTENT_TYPE.encode()),)
        return Delivery(raw.topic, raw.partition, raw.offset, raw.timestamp_ms, key, headers, event)


def act_from(row: asyncpg.Record) -> Act:
    """The act of a row."""
    return Act(**{**dict(row), "kind": Kind(row["kind"])})


def letter_from(row: asyncpg.Record) -> Letter:
    """The dead letter of a row; its id begins with the broker's time of the record."""
    raw = Delivery(
        topic=row["topic"],
        partition=row["part"],
        offset=row["topic_offset"],
        timestamp_ms=row["dead_letter_id"].int >> 80,
        key=row["key"],
        headers=unpack_headers(row["headers"]),
        value=row["value"],
    )
    return Letter(row["dead_letter_id"], row["subject"], row["sequence"], raw, row["settled_how"])
