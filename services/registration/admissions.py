"""One batch of intake being admitted: each event judged before the register as the events before it have left it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from services.registration import messages, store
from services.registration.domain.admission import admit
from services.registration.domain.answers import Answer, answer, duplicate, unreadable
from services.registration.domain.case import Admission, Admitted, Rules
from services.registration.domain.days import open_days
from services.registration.domain.facts import DayStarted, Fact
from services.registration.domain.register import Register
from services.registration.domain.words import Code, refused
from services.registration.store import HeldRow, JournalRow, Pair, Stored
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import receipts_topic
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import DeadLettered, Refused
from shared.kernel.reasons import Reason
from shared.kernel.words import Words
from shared.messaging import dead_letters, outbox
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.fold import Dead, announcement
from shared.messaging.outbox import Outgoing
from shared.messaging.pipeline import Connection

SERVICE = "registration"
RELEASED_MAX = 2_000


@dataclass(slots=True)
class Said:
    """An intake event under judgement. `stored` is true for one that the journal holds from an earlier batch."""

    unit: str
    event_id: str
    delivery: Delivery
    fact: Fact | None
    stored: bool = False
    until: date | None = None

    @property
    def pair(self) -> Pair:
        """What a duplicate is judged on."""
        return (self.unit, self.event_id)

    @property
    def recorded_ms(self) -> int:
        """Since when the event is known: the broker's time of its record."""
        return max(self.delivery.timestamp_ms, 0)

    @property
    def cause(self) -> Envelope:
        """The envelope that what follows is caused by; its id is unique over all units."""
        envelope = self.delivery.envelope
        name = f"{self.unit}/{self.event_id}"
        trace = envelope.traceparent if envelope else ""
        correlation = envelope.correlation_id if envelope else ""
        return Envelope(name, "", "", "", 0, self.recorded_ms, correlation_id=correlation, traceparent=trace)


class Batch:
    """Admits deliveries one by one, in a transaction that holds the lane; `save` writes what came of them."""

    def __init__(
        self, connection: Connection, rules: Rules, reader: Reader, units: Mapping[str, str], lane: str
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._connection = connection
        self._rules = rules
        self._reader = reader
        self._units = units
        self._lane = lane
        self._register = Register()
        self._answered: dict[Pair, Stored] = {}
        self._awaited: frozenset[str] | None = frozenset()
        self._held: dict[str, list[Said]] = {}
        self._known_dead: set[tuple[str, str, bytes]] = set()
        self._rows: dict[Pair, JournalRow] = {}
        self._later: dict[Pair, Answer] = {}
        self._dead: list[Dead] = []
        self._outgoing: list[Outgoing] = []

    async def begin(self, deliveries: Sequence[Delivery]) -> None:
        """What these deliveries need is loaded: earlier answers, what anybody waits for, the register's entries."""
        said = [self._said(delivery) for delivery in deliveries]
        self._answered = dict(await store.seen(self._connection, {each.pair for each in said}))
        self._awaited = await store.awaited(self._connection)
        unread = [delivery for delivery in deliveries if _is_dead(delivery)]
        self._known_dead = await store.dead_before(self._connection, unread)
        await self._load([each for each in said if each.pair not in self._answered])

    async def take(self, delivery: Delivery) -> None:
        """The delivery has its answer, and so has everything that waited for it."""
        said = self._said(delivery)
        earlier = self._answered.get(said.pair)
        if earlier is not None:
            self._repeat(said, earlier)
        elif _is_dead(delivery):
            self._bury(said)
        elif (refusal := _refused_unread(said)) is not None:
            self._settle(said, refusal)
        else:
            await self._judge(said)

    async def again(self, row: HeldRow) -> None:
        """An event that is held is judged again, and so is everything that waits for it."""
        await self._judge(self._stored(row))

    async def open_day(self, cause: Envelope, day: date) -> None:
        """The clock's day is open; what waited for it is judged, and holds that are over are refused."""
        await store.load_register(self._connection, self._register, [("", DayStarted(day))])
        admission = open_days(self._register, day, self._rules.partitions)
        if isinstance(admission, Admitted):
            self._follow(cause, admission)
            await self._drain(deque(await self._released(admission.provides)))
            await self._expire(day)

    async def save(self) -> None:
        """Register, journal, dead letters and outbox are written."""
        await store.save_entries(self._connection, self._register)
        await store.insert_journal(self._connection, list(self._rows.values()))
        await store.update_journal(self._connection, list(self._later.items()))
        told = await dead_letters.keep(self._connection, SERVICE, self._dead, lambda _: self._lane)
        await outbox.write(self._connection, [*self._outgoing, *told])
        self.counts["announced"] += len(self._outgoing)

    async def _judge(self, first: Said) -> None:
        await self._drain(deque([first]))

    async def _drain(self, waiting: deque[Said]) -> None:
        """Judged in order; what an admission releases is judged next."""
        while waiting:
            said = waiting.popleft()
            if said.fact is None:
                continue
            await self._load([said])
            admission = admit(self._register, said.unit, said.fact, said.recorded_ms, said.event_id, self._rules)
            self._settle(said, admission)
            if isinstance(admission, Admitted):
                waiting.extendleft(reversed(await self._released(admission.provides)))
                if isinstance(said.fact, DayStarted):
                    await self._expire(said.fact.day)

    def _settle(self, said: Said, admission: Admission) -> None:
        given = answer(admission)
        if said.stored and given.status == "held" and said.until is not None:
            given = replace(given, until=said.until)
        if isinstance(admission, Admitted):
            self._follow(said.cause, admission)
        elif given.waits_for is not None:
            self._held.setdefault(given.waits_for, []).append(said)
        self._write(said, given)
        self.counts[given.status] += 1

    def _follow(self, cause: Envelope, admission: Admitted) -> None:
        self._register.take(admission.entries)
        for published in admission.published:
            event = messages.event_of(published)
            envelope = announcement(SERVICE, published.subject, published.sequence, event, cause)
            part = messages.part_of(published)
            self._outgoing.append(
                Outgoing(self._lane, messages.topic_of(published), part, published.subject, envelope, event)
            )

    async def _released(self, provides: frozenset[str]) -> list[Said]:
        """What waited for these: first what the journal holds, then what this batch held, each in order of arrival."""
        released: list[Said] = []
        if asked := provides if self._awaited is None else provides & self._awaited:
            rows = await store.held_for(self._connection, asked, RELEASED_MAX + 1)
            if len(rows) > RELEASED_MAX:
                await store.wake(self._connection, asked)
                rows = rows[:RELEASED_MAX]
            released += [self._stored(row) for row in rows if self._still_held(row)]
        for waits_for in sorted(provides & self._held.keys()):
            released += self._held.pop(waits_for)
        return released

    async def _expire(self, day: date) -> None:
        for row in await store.expired(self._connection, day, RELEASED_MAX):
            if self._still_held(row):
                self._settle(self._stored(row), refused(Code.HOLD_EXPIRED))

    def _still_held(self, row: HeldRow) -> bool:
        later = self._later.get((row.unit, row.event_id))
        return later is None

    def _repeat(self, said: Said, earlier: Stored) -> None:
        """The same event again is answered again; another event under the same id is refused."""
        same = earlier.sha256 == _digest(said.delivery)
        given = duplicate(earlier.answer.given) if same else answer(refused(Code.EVENT_ID_REUSED, "id"))
        self._tell(said, given, 1)
        self.counts[given.status] += 1

    def _bury(self, said: Said) -> None:
        """A record that cannot be read is kept once however often it is sent, and answered by its place."""
        delivery = said.delivery
        given = unreadable()
        print_of = (delivery.topic, _digest(delivery), outbox.pack_headers(delivery.headers))
        if print_of not in self._known_dead:
            self._known_dead.add(print_of)
            self._dead.append(Dead(delivery, delivery.fault or DeadLettered(Reason.FAULT)))
            self._write(said, given)
        else:
            self._tell(said, given, 1)
        self.counts["dead"] += 1

    def _write(self, said: Said, given: Answer) -> None:
        self._tell(said, given, 2 if said.stored or said.pair in self._rows else 1)
        if said.stored:
            self._later[said.pair] = given
        elif said.pair in self._rows:
            self._rows[said.pair] = replace(self._rows[said.pair], answer=given)
        else:
            self._rows[said.pair] = _row(said, given)
        self._answered[said.pair] = Stored(_digest(said.delivery), given)

    def _tell(self, said: Said, given: Answer, sequence: int) -> None:
        delivery = said.delivery
        known = delivery.envelope is not None
        event_type = delivery.envelope.type if delivery.envelope else None
        receipt = messages.receipt_of(
            given,
            said.unit,
            delivery.topic,
            delivery.partition,
            delivery.offset,
            said.event_id if known else None,
            event_type,
        )
        topic = receipts_topic(said.unit)
        envelope = replace(
            announcement(SERVICE, said.event_id, sequence, receipt, said.cause),
            id=str(derived_id(said.recorded_ms, delivery.topic, str(delivery.offset), given.status, given.code)),
        )
        self._outgoing.append(Outgoing(self._lane, topic, 0, said.event_id, envelope, receipt))

    def _said(self, delivery: Delivery) -> Said:
        unit = self._units[delivery.topic]
        event_id = delivery.envelope.id if delivery.envelope else f"@{delivery.partition}/{delivery.offset}"
        return Said(unit, event_id, delivery, _fact(delivery.event))

    def _stored(self, row: HeldRow) -> Said:
        raw = Delivery(
            topic=row.topic,
            partition=row.partition,
            offset=row.topic_offset,
            timestamp_ms=row.recorded_ms,
            key=None,
            headers=outbox.unpack_headers(row.headers),
            value=row.value,
        )
        said = self._said(self._reader.again(raw))
        return Said(said.unit, row.event_id, said.delivery, said.fact, stored=True, until=row.until)

    async def _load(self, said: Sequence[Said]) -> None:
        facts = [(each.unit, each.fact) for each in said if each.fact is not None]
        if facts:
            await store.load_register(self._connection, self._register, facts)


def _fact(event: Event | None) -> Fact | None:
    return None if event is None else messages.fact_of(event)


def _is_dead(delivery: Delivery) -> bool:
    """True for what is no event at all; a well-formed event with wrong fields is refused instead, field by field."""
    return delivery.fault is not None and delivery.fault.reason != Reason.BODY_INVALID


def _refused_unread(said: Said) -> Refused | None:
    """Why an event that could be read is not even judged: its fields, or a source that is not its topic's owner."""
    fault, envelope = said.delivery.fault, said.delivery.envelope
    if fault is not None:
        field = f"data.{fault.detail.partition(':')[0]}"
        return refused(Code.EVENT_INVALID, field, Words(f"({fault.detail})", f"({fault.detail})"))
    if envelope is None or envelope.source != f"/units/{said.unit}":
        return refused(Code.SOURCE_DIFFERS, "source")
    return None


def _digest(delivery: Delivery) -> str:
    return sha256(delivery.value or b"").hexdigest()


def _row(said: Said, given: Answer) -> JournalRow:
    delivery = said.delivery
    return JournalRow(
        unit=said.unit,
        event_id=said.event_id,
        topic=delivery.topic,
        partition=delivery.partition,
        topic_offset=delivery.offset,
        type=delivery.envelope.type if delivery.envelope else None,
        sha256=_digest(delivery),
        headers=outbox.pack_headers(delivery.headers),
        value=delivery.value,
        recorded_ms=said.recorded_ms,
        answer=given,
    )
