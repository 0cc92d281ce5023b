"""The sender: takes due deliveries in bounded rounds, sends them over a few kept connections, and says what became."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import assert_never

import structlog

from services.notification.ledger import Due, Ledger, Limits
from services.notification.mail import Accepted, Answer, Line, MailServer, Rejected, Unfinished, compose
from shared.kernel import clock
from shared.messaging import crash_points
from shared.messaging.crash_points import CrashPoint

NO_ADDRESS = "no-address"
ATTEMPTS_USED = "attempts-used"


class Sender:
    """Sends what is due. Set `wake` after a batch that wrote notices has committed."""

    def __init__(self, ledger: Ledger, server: MailServer, limits: Limits) -> None:
        self.wake = asyncio.Event()
        self._ledger = ledger
        self._server = server
        self._limits = limits
        self._lines = [Line(server, limits.attempt_seconds_max) for _ in range(limits.connections_max)]
        self._log = structlog.get_logger("notification.delivery")

    async def run(self, stop: asyncio.Event) -> None:
        """Every due delivery is attempted until `stop` is set; faults of the database or of one round end nothing."""
        fresh = True
        try:
            while not stop.is_set():
                try:
                    if fresh:
                        await self._ledger.take_back_leases()
                        fresh = False
                    busy = await self.round(stop) == self._limits.batch_max
                except Exception:
                    self._log.exception("delivery round failed")
                    busy = False
                if not busy:
                    await self._rest(stop)
        finally:
            await self._hang_up()

    async def round(self, stop: asyncio.Event) -> int:
        """One batch was claimed and each of its deliveries attempted once, or released; returns how many were claimed.

        Raises the first fault of the ledger after the other deliveries of the round have ended.
        """
        claimed = await self._ledger.claim()
        if not claimed:
            return 0
        waiting, became = deque(claimed), Counter[str]()
        ended = await asyncio.gather(
            *(self._work(line, waiting, became, stop) for line in self._lines[: len(claimed)]), return_exceptions=True
        )
        if waiting:
            await self._ledger.released(list(waiting))
        self._log.info("deliveries", claimed=len(claimed), released=len(waiting), **became)
        for fault in ended:
            if isinstance(fault, BaseException):
                raise fault
        return len(claimed)

    async def _work(self, line: Line, waiting: deque[Due], became: Counter[str], stop: asyncio.Event) -> None:
        while waiting and not stop.is_set():
            became[await self._attempt(line, waiting.popleft())] += 1

    async def _attempt(self, line: Line, due: Due) -> str:
        """The delivery was attempted once and its end recorded; returns "sent", "failed" or "postponed"."""
        if due.address is None:
            return await self._fail(due, NO_ADDRESS)
        if due.attempts > self._limits.attempts_max:
            return await self._fail(due, ATTEMPTS_USED)
        message = compose(due.mail(due.address), self._server, clock.now().astimezone(clock.VIETNAM))
        return await self._record(due, await line.send(due.address, message))

    async def _record(self, due: Due, answer: Answer) -> str:
        match answer:
            case Accepted():
                crash_points.passed(CrashPoint.AFTER_MAIL_TAKEN)
                await self._ledger.sent(due)
                return "sent"
            case Rejected(cause):
                return await self._fail(due, cause)
            case Unfinished(error, maybe_taken):
                if due.attempts >= self._limits.attempts_max:
                    return await self._fail(due, f"{ATTEMPTS_USED}: {error}", maybe_taken)
                await self._ledger.postponed(due, error, maybe_taken)
                return "postponed"
            case _:
                assert_never(answer)

    async def _fail(self, due: Due, cause: str, maybe_taken: bool = False) -> str:
        await self._ledger.failed(due, cause, maybe_taken)
        return "failed"

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
