"""Carries out what operators asked for: each act once, in one transaction with all that follows from it.

An act is a row, because only the service's own process holds the rules by which a record is applied. Acts are looked
for every `POLL_SECONDS`: that needs no connection of its own and forgets nothing, and an operator can wait a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, Protocol
from uuid import UUID

import asyncpg
import structlog

from shared.contracts.receipts import How
from shared.contracts.topics import Topic
from shared.kernel.backoff import Backoff, wait_for
from shared.messaging import crash_points, dead_letters, outbox
from shared.messaging.acts import SQL, Act, Code, Kind, Letter, Result, UndoneError, act_from, letter_from
from shared.messaging.crash_points import CrashPoint
from shared.messaging.faults import described, may_pass
from shared.messaging.pipeline import Connection

POLL_SECONDS = 1.0
ATTEMPTS_MAX = 10
REDRIVES_MAX = 3
"""A dead letter that failed so often when it was redriven is tried again only when that is forced."""

_HOW: Mapping[Kind, How] = MappingProxyType(
    {Kind.REDRIVE: "redriven", Kind.SKIP: "skipped", Kind.SUPERSEDE: "superseded"}
)
log = structlog.get_logger()


class Mender(Protocol):
    """Acts on what one step keeps. What changes nothing raises UndoneError."""

    topics: tuple[Topic, ...]

    def lane(self, topic: str, part: int) -> str:
        """The lane that the records of this partition belong to."""
        ...

    async def settle(self, connection: Connection, act: Act, letter: Letter) -> Result:
        """The dead letter, whose lane is locked, is redriven, skipped or superseded."""
        ...

    async def end_hold(self, connection: Connection, act: Act) -> Result | None:
        """What is held under the act's target is released or refused; None where nothing is. Locks the lane."""
        ...


class Repairs:
    """The acts of one service's schema; any number of processes may look for them."""

    def __init__(
        self, service: str, pool: asyncpg.Pool, menders: Sequence[Mender], committed: Callable[[], None]
    ) -> None:
        self._service = service
        self._pool = pool
        self._menders = menders
        self._committed = committed

    async def run(self, stop: asyncio.Event) -> None:
        """Acts are carried out as they come, until `stop` is set; a fault of the world leaves them for later."""
        backoff = Backoff(first_seconds=0.1, seconds_max=5.0)
        while not stop.is_set():
            try:
                while not stop.is_set() and await self.carry_out_next():
                    backoff.reset()
                await wait_for(stop, POLL_SECONDS)
            except Exception as error:
                log.warning("repair_waits", service=self._service, fault=described(error))
                await backoff.wait(stop)

    async def carry_out_next(self) -> bool:
        """The act that was asked for first is done, or another process is at it; False where there is none."""
        row = await self._pool.fetchrow(SQL["begin_act"])
        if row is None:
            return False
        outcome, result = await self._attempt(row["act_id"], row["attempts"])
        if outcome != "done":
            await self._pool.execute(SQL["finish_act"], row["act_id"], outcome, result.code, result.detail)
        log.info("act", service=self._service, act_id=str(row["act_id"]), outcome=outcome, code=result.code)
        return True

    async def _attempt(self, act_id: UUID, attempt: int) -> tuple[Literal["done", "failed", "refused"], Result]:
        """What the act changed is committed, or nothing; raises what may pass by itself, as long as it may be tried."""
        try:
            return "done", await self._transaction(act_id)
        except UndoneError as undone:
            return undone.outcome, undone.result
        except Exception as error:
            if may_pass(error) and attempt < ATTEMPTS_MAX:
                raise
            log.error("act_failed", service=self._service, act_id=str(act_id), fault=described(error))
            return "failed", Result(Code.FAULT, described(error))

    async def _transaction(self, act_id: UUID) -> Result:
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL["take_act"], act_id)
            if row is None:
                return Result(Code.OVERTAKEN)
            act = act_from(row)
            settles = act.kind in _HOW
            result = await (self._settle(connection, act) if settles else self._end_hold(connection, act))
            await connection.execute(SQL["finish_act"], act_id, "done", result.code, result.detail)
            crash_points.passed(CrashPoint.IN_TRANSACTION)
        crash_points.passed(CrashPoint.AFTER_COMMIT)
        self._committed()
        return result

    async def _settle(self, connection: Connection, act: Act) -> Result:
        letter = await _letter(connection, act)
        place = letter.raw
        mender = next((one for one in self._menders if place.topic in {topic.name for topic in one.topics}), None)
        if mender is None:
            raise UndoneError("refused", Code.NOT_FOUND, place.topic)
        lane = mender.lane(place.topic, place.partition)
        await connection.fetch(outbox.SQL["lock_lanes"], [lane])
        letter = await _letter(connection, act)
        if letter.settled_how is not None:
            raise UndoneError("refused", Code.SETTLED_BEFORE, letter.settled_how)
        if act.kind is Kind.REDRIVE and not act.forced and await _failures(connection, act) >= REDRIVES_MAX:
            raise UndoneError("refused", Code.FAILED_TOO_OFTEN, str(REDRIVES_MAX))
        result = await mender.settle(connection, act, letter)
        how: How = "overtaken" if result.code is Code.OVERTAKEN else _HOW[act.kind]
        told = await dead_letters.settle(connection, self._service, lane, letter, act, how)
        await outbox.write(connection, [told])
        return result

    async def _end_hold(self, connection: Connection, act: Act) -> Result:
        for mender in self._menders:
            if (result := await mender.end_hold(connection, act)) is not None:
                return result
        raise UndoneError("refused", Code.NOT_FOUND)


async def _letter(connection: Connection, act: Act) -> Letter:
    row = await connection.fetchrow(SQL["letter"], _letter_id(act.target))
    if row is None:
        raise UndoneError("refused", Code.NOT_FOUND)
    return letter_from(row)


def _letter_id(target: str) -> UUID:
    try:
        return UUID(target)
    except ValueError:
        raise UndoneError("refused", Code.NOT_FOUND) from None


async def _failures(connection: Connection, act: Act) -> int:
    return int(await connection.fetchval(SQL["failures"], act.target))
