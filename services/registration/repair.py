"""Operators' acts at the door: an intake record that was not read or not judged, an event that is held."""

from __future__ import annotations

from services.registration import store
from services.registration.arrivals import Said, is_unreadable
from services.registration.domain.answers import Answer
from services.registration.handlers import LANE, Intake
from services.registration.store import SQL, HeldRow
from shared.messaging.acts import Act, Code, Kind, Letter, Result, UndoneError
from shared.messaging.delivery import Delivery
from shared.messaging.outbox import SQL as CORE_SQL
from shared.messaging.outbox import pack_headers
from shared.messaging.pipeline import Connection


class IntakeMender:
    """Carries out acts by the rules of admission; whatever comes of them, the sender has a receipt."""

    def __init__(self, step: Intake) -> None:
        self.topics = step.topics
        self._step = step

    def lane(self, topic: str, part: int) -> str:
        """The one lane."""
        return self._step.lane(topic, part)

    async def settle(self, connection: Connection, act: Act, letter: Letter) -> Result:
        """The record is judged, as it came or as the operator corrected it; nothing waited behind one that is skipped.

        A record whose id can be read now stands in the journal under that id; what could not be read stays there as it
        was, so that the same bytes are known again.
        """
        if act.kind is Kind.SKIP:
            return Result(Code.PASSED_OVER)
        delivery = self._read(act, letter)
        said = self._step.arrivals.said(delivery)
        if act.kind is Kind.SUPERSEDE:
            self._check(delivery, said, letter)
        if not await _reopen(connection, said) and await store.seen(connection, {said.pair}):
            return self._sent_again(act)
        batch = self._step.batch(connection)
        await batch.begin([])
        answer = await batch.repair(said)
        if answer.status == "dead_lettered":
            raise UndoneError("failed", Code.FAILED_AGAIN, answer.code)
        await batch.save()
        return _answered(answer)

    async def end_hold(self, connection: Connection, act: Act) -> Result | None:
        """The event is judged now, by what is there now, or refused."""
        unit, _, event_id = act.target.partition("/")
        if unit not in self._step.units:
            return None
        await connection.fetch(CORE_SQL["lock_lanes"], [LANE])
        row = await connection.fetchrow(SQL["held_event"], unit, event_id)
        if row is None:
            return None
        said = self._step.arrivals.stored(HeldRow(*row.values()))
        before = said.waits_for
        batch = self._step.batch(connection)
        await batch.begin([])
        said.approved = act.kind is Kind.RELEASE
        answer = await batch.repair(said) if said.approved else batch.refuse(said)
        if answer.status == "dead_lettered" or answer.waits_for == before:
            raise UndoneError("failed", Code.STILL_WAITS, answer.waits_for or answer.code)
        await batch.save()
        return _answered(answer)

    def _read(self, act: Act, letter: Letter) -> Delivery:
        reader = self._step.reader
        if act.kind is Kind.REDRIVE:
            delivery = reader.again(letter.raw)
            if delivery.fault is not None and is_unreadable(delivery):
                raise UndoneError("failed", Code.FAILED_AGAIN, delivery.fault.reason)
            return delivery
        delivery = reader.again(letter.superseded_by(act.event or b"", letter.raw.key))
        if (fault := delivery.fault) is not None:
            raise UndoneError("refused", Code.EVENT_UNREADABLE, f"{fault.reason}: {fault.detail}")
        return delivery

    def _check(self, delivery: Delivery, said: Said, letter: Letter) -> None:
        """What supersedes speaks for the same unit, and under the same id where that could be read."""
        known, envelope = self._step.reader.again(letter.raw).envelope, delivery.envelope
        if envelope is None or envelope.source != f"/units/{said.unit}":
            raise UndoneError("refused", Code.EVENT_DIFFERS, "source")
        if known is not None and known.id != envelope.id:
            raise UndoneError("refused", Code.EVENT_DIFFERS, "id")

    def _sent_again(self, act: Act) -> Result:
        """An event of this id has come since: what was redriven is no longer needed, what supersedes is a mistake."""
        if act.kind is Kind.SUPERSEDE:
            raise UndoneError("refused", Code.EVENT_DIFFERS, "id")
        return Result(Code.OVERTAKEN)


async def _reopen(connection: Connection, said: Said) -> bool:
    """True where the journal held the record under its own id as one on which we failed."""
    delivery = said.delivery
    place = (said.unit, said.name, delivery.offset)
    arrival = await connection.fetchval(SQL["reopen"], *place, pack_headers(delivery.headers), delivery.value)
    if arrival is not None:
        said.stored, said.arrival = True, arrival
    return arrival is not None


def _answered(answer: Answer) -> Result:
    return Result(Code.ANSWERED, f"{answer.status} {answer.waits_for or answer.code}")
