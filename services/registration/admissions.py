"""One batch of intake being admitted: each event judged before the register as the events before it have left it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import structlog

from services.registration import messages, store
from services.registration.arrivals import Arrivals, Said, is_unreadable, journal_row, refused_unread
from services.registration.domain.admission import admit
from services.registration.domain.answers import Answer, answer, duplicate, unread
from services.registration.domain.case import FIRST_DAY, Admission, Admitted, Rules, SentBack, lasting
from services.registration.domain.days import open_days
from services.registration.domain.facts import DayStarted
from services.registration.domain.register import Register
from services.registration.domain.words import Code, refused
from services.registration.store import HeldRow, JournalRow, Pair, Stored
from shared.contracts.envelope import Envelope
from shared.contracts.topics import receipts_topic
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.messaging import dead_letters, outbox
from shared.messaging.delivery import Delivery
from shared.messaging.faults import described
from shared.messaging.fold import Dead, announcement
from shared.messaging.outbox import Outgoing
from shared.messaging.pipeline import Connection
from shared.observability.trace import trace_id

SERVICE = "registration"
RELEASED_MAX = 2_000
"""How many held events one arrival releases, or one day ends, within its own transaction."""

log = structlog.get_logger()


class Batch:
    """Admits deliveries one by one, in a transaction that holds the lane; `save` writes what came of them."""

    def __init__(
        self, connection: Connection, rules: Rules, arrivals: Arrivals, lane: str, released_max: int = RELEASED_MAX
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._connection = connection
        self._rules = rules
        self._arrivals = arrivals
        self._lane = lane
        self._released_max = released_max
        self._register = Register()
        self._answered: dict[Pair, Stored] = {}
        self._awaited: frozenset[str] | None = frozenset()
        self._held: dict[str, list[Said]] = {}
        self._queued: set[Pair] = set()
        self._overflowing: set[str] = set()
        self._rows: dict[Pair, JournalRow] = {}
        self._later: dict[Pair, Answer] = {}
        self._dead: list[Dead] = []
        self._outgoing: list[Outgoing] = []

    async def begin(self, deliveries: Sequence[Delivery]) -> None:
        """What these deliveries need is loaded: earlier answers, what anybody waits for, the register's entries."""
        said = [self._arrivals.said(delivery) for delivery in deliveries]
        self._answered = dict(await store.seen(self._connection, {each.pair for each in said}))
        self._awaited = await store.awaited(self._connection)
        await self._load([each for each in said if each.pair not in self._answered])

    async def take(self, delivery: Delivery) -> None:
        """The delivery has its answer, and so has everything that waited for it."""
        said = self._arrivals.said(delivery)
        earlier = self._answered.get(said.pair)
        if earlier is not None:
            await self._repeat(said, earlier)
        elif is_unreadable(delivery):
            self._bury(said, delivery.fault or DeadLettered(Reason.FAULT))
        elif (refusal := refused_unread(said)) is not None:
            self._settle(said, refusal)
        else:
            await self._drain([said])

    async def again(self, row: HeldRow) -> None:
        """A held event that this batch has not judged is judged again, and so is everything that waits for it."""
        if self._untouched(row):
            await self._drain([self._arrivals.stored(row)])

    async def repair(self, said: Said) -> Answer:
        """An operator's act has the event judged now, and everything that waited for it; returns its answer."""
        refusal = refused_unread(said)
        if refusal is None:
            await self._drain([said])
        else:
            self._settle(said, refusal)
        return self._answered[said.pair].answer

    def refuse(self, said: Said) -> Answer:
        """The event that is held is refused, because an operator says so; returns its answer."""
        self._settle(said, refused(Code.REFUSED_BY_OPERATOR))
        return self._answered[said.pair].answer

    async def open_day(self, cause: Envelope, day: date) -> None:
        """The clock's day is open; what waited for it is judged, and holds that are over are refused."""
        await store.load_register(self._connection, self._register, [("", DayStarted(day))])
        admission = open_days(self._register, day, self._rules.partitions)
        if isinstance(admission, Admitted):
            self._follow(admission, self._announcements(cause, admission))
            await self._begin_day(day, admission)

    async def save(self) -> None:
        """Register, journal, dead letters and outbox are written."""
        await store.save_entries(self._connection, self._register)
        await store.insert_journal(self._connection, list(self._rows.values()))
        await store.update_journal(self._connection, list(self._later.items()))
        await store.wake(self._connection, self._overflowing)
        told = await dead_letters.keep(self._connection, SERVICE, self._dead, lambda _: self._lane)
        await outbox.write(self._connection, [*self._outgoing, *told])
        self.counts["announced"] += len(self._outgoing)

    async def _drain(self, first: Iterable[Said]) -> None:
        """Judged in order; what an admission releases is judged next."""
        waiting = deque(first)
        while waiting:
            said = waiting.popleft()
            self._queued.discard(said.pair)
            admission = await self._judge(said)
            if not isinstance(admission, Admitted):
                continue
            if isinstance(said.fact, DayStarted):
                await self._begin_day(said.fact.day, admission)
            else:
                waiting.extendleft(reversed(await self._released(admission.provides)))

    async def _judge(self, said: Said) -> Admission | None:
        """What became of the event, which is settled; None for one that a mistake of ours made a dead letter.

        The mistake must not be laid to the event whose admission released this one.
        """
        await self._load([said])
        try:
            admission = admit(
                self._register, said.unit, said.known(), said.recorded_ms, said.name, self._rules_for(said)
            )
            outgoing = self._announcements(said.cause, admission) if isinstance(admission, Admitted) else []
        except Exception as error:
            trace = trace_id(said.cause.traceparent)
            log.error("admission_failed", unit=said.unit, event_id=said.name, trace_id=trace, fault=described(error))
            self._bury(said, DeadLettered(Reason.FAULT, f"{type(error).__name__}: {error}"))
            return None
        if isinstance(admission, Admitted):
            self._follow(admission, outgoing)
        elif isinstance(admission, SentBack):
            self._register.take(admission.entries)
        self._settle(said, admission)
        return admission

    def _rules_for(self, said: Said) -> Rules:
        """A person has looked at an event that an operator let go on: how far back it is dated is asked no more."""
        return replace(self._rules, fact_days_back_max=None) if said.approved else self._rules

    def _settle(self, said: Said, admission: Admission) -> None:
        """The answer is given; one that waits on for the same thing hears nothing new."""
        again = False
        if isinstance(admission, Held):
            admission = lasting(said.until, admission)
            again = said.waits_for == admission.waits_for
            said.waits_for, said.until = admission.waits_for, admission.until
            self._held.setdefault(admission.waits_for, []).append(said)
        given = answer(admission)
        if not again:
            self._tell(said, given)
        self._write(said, given)
        self.counts[given.status] += 1

    def _announcements(self, cause: Envelope, admission: Admitted) -> list[Outgoing]:
        outgoing = []
        for published in admission.published:
            event = messages.event_of(published)
            envelope = announcement(SERVICE, published.subject, published.sequence, event, cause)
            part = messages.part_of(published)
            outgoing.append(
                Outgoing(self._lane, messages.topic_of(published), part, published.subject, envelope, event)
            )
        return outgoing

    def _follow(self, admission: Admitted, outgoing: Sequence[Outgoing]) -> None:
        self._register.take(admission.entries)
        self._outgoing += outgoing

    async def _released(self, provides: frozenset[str]) -> list[Said]:
        """What waited for these, in order of arrival; beyond the limit it is woken for later transactions."""
        rows: list[HeldRow] = []
        if asked := provides if self._awaited is None else provides & self._awaited:
            rows = await store.held_for(self._connection, asked, self._released_max + 1)
        if len(rows) > self._released_max:
            self._overflowing |= asked
            rows = rows[: self._released_max]
        released = [self._arrivals.stored(row) for row in rows if self._untouched(row)]
        for waits_for in (provides & self._held.keys()) - self._overflowing:
            released += self._held.pop(waits_for)
        self._queued |= {said.pair for said in released}
        return sorted(released, key=lambda said: said.arrival)

    async def _begin_day(self, day: date, admission: Admitted) -> None:
        """What waited for the day has been judged; then holds that are over are refused."""
        await self._drain(await self._released(admission.provides))
        if FIRST_DAY in admission.provides:
            await self._count_holds_from(day)
        rows = await store.expired(self._connection, day, self._released_max)
        over = [self._arrivals.stored(row) for row in rows if self._untouched(row)]
        over += [said for held in self._held.values() for said in held if said.until is not None and said.until < day]
        over = sorted((said for said in over if said.waits_for not in self._overflowing), key=lambda said: said.arrival)
        ended = {said.pair for said in over}
        self._held = {key: [said for said in held if said.pair not in ended] for key, held in self._held.items()}
        for said in over:
            self._settle(said, refused(Code.HOLD_EXPIRED))

    async def _count_holds_from(self, day: date) -> None:
        """What has been held since before the first day is held no longer than anything else."""
        until = day + timedelta(days=self._rules.hold_days_max)
        await store.begin_holds(self._connection, until)
        for said in (said for held in self._held.values() for said in held if said.until is None):
            said.until = until
            self._write(said, replace(self._answered[said.pair].answer, until=until))

    def _untouched(self, row: HeldRow) -> bool:
        pair = (row.unit, row.event_id)
        return pair not in self._later and pair not in self._queued

    async def _repeat(self, said: Said, earlier: Stored) -> None:
        """The same event again is answered again; another event under the same id is refused, its bytes kept."""
        given = duplicate(earlier.answer.given)
        if earlier.sha256 != said.fingerprint:
            given = answer(refused(Code.EVENT_ID_REUSED, "id"))
            other = said.aside()
            if other.pair not in self._answered and not await store.seen(self._connection, {other.pair}):
                self._write(other, given)
        elif earlier.answer.status == "dead_lettered":
            given = earlier.answer
        self._tell(said, given)
        self.counts[given.status] += 1

    def _bury(self, said: Said, fault: DeadLettered) -> None:
        """A record that cannot be applied is kept once however often it is sent; the bus is told no name of it."""
        given = unread(fault)
        self._dead.append(Dead(replace(said.delivery, envelope=None), fault))
        self._tell(said, given)
        self._write(said, given)
        self.counts[given.status] += 1

    def _write(self, said: Said, given: Answer) -> None:
        if said.stored:
            self._later[said.pair] = given
        elif said.pair in self._rows:
            self._rows[said.pair] = replace(self._rows[said.pair], answer=given)
        else:
            self._rows[said.pair] = journal_row(said, given)
        self._answered[said.pair] = Stored(said.fingerprint, given)

    def _tell(self, said: Said, given: Answer) -> None:
        """The receipt's number is 1 for a first answer, 2 for what came of a hold."""
        place, sequence = said.delivery, 2 if said.stored or (said.waits_for and said.pair in self._rows) else 1
        known, told = place.envelope, (given.status, given.code, given.waits_for or "")
        receipt = messages.receipt_of(
            given,
            said.unit,
            place.topic,
            place.partition,
            place.offset,
            known.id if known else None,
            known.type if known else None,
        )
        envelope = replace(
            announcement(SERVICE, said.name, sequence, receipt, said.cause),
            id=str(derived_id(said.recorded_ms, place.topic, str(place.offset), *told)),
        )
        self._outgoing.append(Outgoing(self._lane, receipts_topic(said.unit), 0, said.name, envelope, receipt))

    async def _load(self, said: Sequence[Said]) -> None:
        facts = [(each.unit, each.fact) for each in said if each.fact is not None]
        if facts:
            await store.load_register(self._connection, self._register, facts)
