"""Deliveries as rows: an attempt is on record before it begins, and its end with the event that tells of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from services.notification.mail import Mail
from services.notification.store import FACTS, QUERIES
from services.notification.words.letter import Letter, render
from shared.contracts.event import Event
from shared.contracts.notices import FailureCode, NoticeFailed, NoticeSent
from shared.messaging.pipeline import Connection

Announce = Callable[[Connection, Sequence[tuple[str, int, Event]]], Awaitable[None]]
"""Gives each (subject, part, event) its number and its place in the outbox, in the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often, how many and how long. A lease outlasts the attempts begun under it, so that none is begun twice."""

    attempts_max: int = 12
    first_wait_seconds: float = 5.0
    wait_seconds_max: float = 3600.0
    attempt_seconds_max: float = 15.0
    mark_seconds_max: float = 10.0
    batch_max: int = 32
    connections_max: int = 4
    lease_seconds: float = 180.0
    poll_seconds_max: float = 1.0

    def __post_init__(self) -> None:
        if self.begin_seconds_max <= 0:
            raise ValueError("lease_seconds is too short for an attempt on each of connections_max lines")

    @property
    def hand_over_seconds_max(self) -> float:
        """How long after the claim a message may be handed over, so that its mark still falls under the lease."""
        return self.lease_seconds - self.attempt_seconds_max - self.mark_seconds_max

    @property
    def begin_seconds_max(self) -> float:
        """How long after the claim an attempt may begin: all lines offer at once and then hand over one by one."""
        before_it = (self.connections_max - 1) * (self.attempt_seconds_max + self.mark_seconds_max)
        return self.hand_over_seconds_max - before_it - self.attempt_seconds_max


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose attempt is on record as begun; `address` is None where the recipient has no mail."""

    notice_id: UUID
    attempts: int
    message_id: str
    subject: str
    part: int
    recipient_id: str
    kind: str
    address: str | None = field(repr=False)
    letter: Letter = field(repr=False)

    def mail(self, address: str) -> Mail:
        """The notice in words, for this address."""
        return Mail(str(self.notice_id), self.subject, self.kind, self.message_id, address, render(self.letter))


class Ledger:
    """The deliveries of this service, as one sender sees them.

    `instance` names this process among those that run at once, and the one that takes its place after a crash.
    """

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], announce: Announce, limits: Limits, instance: str, domain: str
    ) -> None:
        self._pool = pool
        self._announce = announce
        self._limits = limits
        self._instance = instance
        self._domain = domain

    async def take_back_leases(self) -> None:
        """What this instance had begun before it was started again is due at once."""
        await self._pool.execute(QUERIES["take_back_leases"], self._instance)

    async def claim(self) -> list[Due]:
        """Up to `batch_max` due deliveries have a begun attempt on record, committed, under a lease."""
        rows = await self._pool.fetch(
            QUERIES["claim_due"],
            self._limits.batch_max,
            self._instance,
            self._limits.lease_seconds,
            self._domain,
        )
        return [_due(row) for row in rows]

    async def sent(self, due: Due) -> None:
        """The notice is on record as sent and announced; nothing where another attempt has taken over."""
        async with self._pool.acquire() as conn, conn.transaction():
            sent_at = await conn.fetchval(QUERIES["mark_sent"], due.notice_id, due.attempts)
            if sent_at is None:
                return
            event = NoticeSent(
                notice_id=due.notice_id,
                recipient_id=due.recipient_id,
                channel="mail",
                message_id=due.message_id,
                attempts=due.attempts,
                sent_at=sent_at,
            )
            await self._announce(conn, [(due.subject, due.part, event)])

    async def failed(
        self, due: Due, code: FailureCode, detail: str | None = None, *, maybe_taken: bool = False
    ) -> None:
        """The notice is on record as failed and announced; nothing where another attempt has taken over."""
        event = NoticeFailed(
            notice_id=due.notice_id,
            recipient_id=due.recipient_id,
            channel="mail",
            attempts=due.attempts,
            code=code,
            detail=detail,
        )
        async with self._pool.acquire() as conn, conn.transaction():
            ended = await conn.fetchval(QUERIES["mark_failed"], due.notice_id, due.attempts, event.cause, maybe_taken)
            if ended is None:
                return
            await self._announce(conn, [(due.subject, due.part, event)])

    async def postponed(self, due: Due, error: str, maybe_taken: bool) -> None:
        """The delivery is due again after a wait that doubles with each attempt."""
        await self._pool.execute(
            QUERIES["postpone"],
            due.notice_id,
            due.attempts,
            error,
            maybe_taken,
            self._limits.first_wait_seconds,
            self._limits.wait_seconds_max,
        )

    async def released(self, unbegun: Sequence[Due]) -> None:
        """Claimed deliveries that were never begun are due again, without an attempt counted."""
        await self._pool.execute(
            QUERIES["release"], [due.notice_id for due in unbegun], [due.attempts for due in unbegun]
        )


def _due(row: asyncpg.Record) -> Due:
    facts = FACTS.validate_json(row["facts"])
    letter = Letter(
        notice_id=row["notice_id"],
        role=facts.role,
        recipient_name=row["recipient_name"],
        producer_name=row["producer_name"],
        product_name=facts.product_name,
        unit=facts.unit,
        particulars=facts.particulars,
    )
    return Due(
        notice_id=row["notice_id"],
        attempts=row["attempts"],
        message_id=row["message_id"],
        subject=row["subject"],
        part=row["part"],
        recipient_id=row["recipient_id"],
        kind=row["kind"],
        address=row["email"],
        letter=letter,
    )
