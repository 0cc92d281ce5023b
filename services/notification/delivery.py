"""The sender: takes due deliveries in bounded rounds, sends them over a few kept connections, and says what became."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import assert_never

import stamina
import structlog

from services.notification.ledger import Due, Ledger, Limits
from services.notification.mail import Accepted, Answer, Line, MailServer, Rejected, Unfinished, compose
from shared.contracts.notices import FailureCode
from shared.kernel import clock
from shared.messaging import crash_points
from shared.messaging.crash_points import CrashPoint
from shared.observability.readiness import Finding, Why
from shared.postgres.faults import is_world_fault

LEASE_ENDED = "lease-ended"
MARK_WAIT_SECONDS_FIRST = 0.05


@dataclass
class _Round:
    """What was claimed together: what of it waits yet, and what became of the rest."""

    waiting: deque[Due]
    claimed_at: float
    became: Counter[str] = field(default_factory=Counter)

    def lasts(self, seconds_max: float) -> bool:
        """True while no more seconds than these have passed since the claim, a frozen process's included."""
        return clock.monotonic() - self.claimed_at < seconds_max


class Sender:
    """Sends what is due. Set `wake` after a batch that wrote notices has committed."""

    def __init__(self, ledger: Ledger, server: MailServer, limits: Limits) -> None:
        self.wake = asyncio.Event()
        self._ledger = ledger
        self._server = server
        self._limits = limits
        self._lines = [Line(server, limits.attempt_seconds_max) for _ in range(limits.connections_max)]
        self._unmarked = asyncio.Lock()  # a crash leaves open whether the mail in it was taken: one, never more
        self._turned_at: float | None = None
        self._log = structlog.get_logger("notification.delivery")

    def found(self) -> Finding:
        """Whether the sender goes round: what it has claimed is ended within the lease."""
        if self._turned_at is None:
            return Finding("sender", Why.STARTING)
        seconds = clock.monotonic() - self._turned_at
        return Finding("sender", Why.SENDER_STUCK if seconds > self._limits.lease_seconds else None, f"{seconds:.0f} s")

    async def run(self, stop: asyncio.Event) -> None:
        """Every due delivery is attempted until `stop` is set; faults of the database or of one round end nothing."""
        fresh = True
        try:
            while not stop.is_set():
                self._turned_at = clock.monotonic()
                try:
                    if fresh:
                        await self._ledger.take_back_leases()
                        fresh = False
                    busy = await self.round(stop) == self._limits.batch_max
                except Exception:
                    self._log.exception("delivery round failed")
                    busy, fresh = False, True
                if not busy:
                    await self._rest(stop)
        finally:
            await self._hang_up()

    async def round(self, stop: asyncio.Event) -> int:
        """One batch was claimed and each of its deliveries attempted once, or released; returns how many were claimed.

        Raises the first fault of the ledger after the other deliveries of the round have ended.
        """
        asked_at = clock.monotonic()
        claimed = await self._ledger.claim()
        if not claimed:
            return 0
        batch = _Round(deque(claimed), asked_at)
        ended = await asyncio.gather(
            *(self._work(line, batch, stop) for line in self._lines[: len(claimed)]), return_exceptions=True
        )
        if batch.waiting:
            await self._ledger.released(list(batch.waiting))
        self._log.info("deliveries", claimed=len(claimed), released=len(batch.waiting), **batch.became)
        for fault in ended:
            if isinstance(fault, BaseException):
                raise fault
        return len(claimed)

    async def _work(self, line: Line, batch: _Round, stop: asyncio.Event) -> None:
        while batch.waiting and not stop.is_set() and batch.lasts(self._limits.begin_seconds_max):
            batch.became[await self._attempt(line, batch.waiting.popleft(), batch)] += 1

    async def _attempt(self, line: Line, due: Due, batch: _Round) -> str:
        """The delivery was attempted once and its end recorded; returns "sent", "failed" or "postponed".

        Lines offer side by side. From the end of the message to the mark there is one mail at a time.
        """
        if due.address is None:
            return await self._fail(due, "no-address")
        if due.attempts > self._limits.attempts_max:
            return await self._fail(due, "attempts-used")
        message = compose(due.mail(due.address), self._server, clock.now().astimezone(clock.VIETNAM))
        refused = await line.offer(due.address)
        if refused is not None:
            return await self._record(due, refused)
        async with self._unmarked:
            if not batch.lasts(self._limits.hand_over_seconds_max):
                await line.close()
                return await self._record(due, Unfinished(LEASE_ENDED, maybe_taken=False))
            return await self._record(due, await line.hand_over(message))

    async def _record(self, due: Due, answer: Answer) -> str:
        match answer:
            case Accepted():
                crash_points.passed(CrashPoint.AFTER_MAIL_TAKEN)
                await self._mark(partial(self._ledger.sent, due))
                return "sent"
            case Rejected(cause):
                return await self._fail(due, "refused", cause)
            case Unfinished(error, maybe_taken):
                if due.attempts >= self._limits.attempts_max:
                    return await self._fail(due, "attempts-used", error, maybe_taken=maybe_taken)
                await self._mark(partial(self._ledger.postponed, due, error, maybe_taken))
                return "postponed"
            case _:
                assert_never(answer)

    async def _fail(self, due: Due, code: FailureCode, detail: str | None = None, *, maybe_taken: bool = False) -> str:
        await self._mark(partial(self._ledger.failed, due, code, detail, maybe_taken=maybe_taken))
        return "failed"

    async def _mark(self, write: Callable[[], Awaitable[None]]) -> None:
        """The end is on record: faults of the world are tried again for `mark_seconds_max`, for the mail is out."""
        async with asyncio.timeout(self._limits.mark_seconds_max):
            async for attempt in stamina.retry_context(
                on=is_world_fault, attempts=None, timeout=None, wait_initial=MARK_WAIT_SECONDS_FIRST, wait_max=1.0
            ):
                with attempt:
                    await write()

    async def _rest(self, stop: asyncio.Event) -> None:
        """Returns when woken, when told to stop, or after `poll_seconds_max`, past which no connection is kept."""
        waits = {asyncio.ensure_future(self.wake.wait()), asyncio.ensure_future(stop.wait())}
        woken, pending = await asyncio.wait(
            waits, timeout=self._limits.poll_seconds_max, return_when=asyncio.FIRST_COMPLETED
        )
        for wait in pending:
            wait.cancel()
        self.wake.clear()
        if not woken:
            await self._hang_up()

    async def _hang_up(self) -> None:
        await asyncio.gather(*(line.close() for line in self._lines))
