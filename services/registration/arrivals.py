"""An intake record as it arrives: the name it is kept under, and what can be said of it before it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import count

from services.registration import messages
from services.registration.domain.answers import Answer
from services.registration.domain.facts import Fact
from services.registration.domain.words import Code, refused
from services.registration.store import HeldRow, JournalRow, Pair
from shared.contracts.envelope import Envelope
from shared.kernel.outcomes import Refused
from shared.kernel.reasons import Reason
from shared.kernel.words import Words
from shared.messaging import outbox
from shared.messaging.delivery import RESERVED_MARK, Delivery, Reader
from shared.observability.trace import traceparent

_FIRST_NEW = 1 << 62


@dataclass(slots=True)
class Said:
    """An intake event under judgement.

    `name` is the event's id, or where none can be read `RESERVED_MARK` and the record's fingerprint, so that the same
    poison has the same name. `fingerprint` tells other content under the same id. `arrival` orders events as they came.
    `stored` is true for one that the journal holds from an earlier batch; `waits_for` and `until` are of its hold.
    `approved` is true for one that an operator let go on.
    """

    unit: str
    name: str
    fingerprint: str
    delivery: Delivery
    fact: Fact | None
    arrival: int
    stored: bool = False
    waits_for: str | None = None
    until: date | None = None
    approved: bool = False

    @property
    def pair(self) -> Pair:
        """What a duplicate is judged on."""
        return (self.unit, self.name)

    @property
    def recorded_ms(self) -> int:
        """Since when the event is known: the broker's time of its record."""
        return max(self.delivery.timestamp_ms, 0)

    @property
    def cause(self) -> Envelope:
        """The envelope that what follows is caused by; its id is unique over all units."""
        envelope = self.delivery.envelope
        correlation = envelope.correlation_id if envelope else ""
        name = f"{self.unit}/{self.name}"
        trace = traceparent(envelope.traceparent if envelope else "", name)
        return Envelope(name, "", "", "", 0, self.recorded_ms, correlation_id=correlation, traceparent=trace)

    def known(self) -> Fact:
        """The fact; raises TypeError for a held event that today's contracts no longer read."""
        if self.fact is None:
            raise TypeError("an event that was held can no longer be read")
        return self.fact

    def aside(self) -> Said:
        """The same record under a name of its own, for content that came under an id already used."""
        own = sha256(f"{self.name}\x1f{self.fingerprint}".encode()).hexdigest()
        return replace(self, name=RESERVED_MARK + own)


class Arrivals:
    """Gives each record its unit, its name and its place in the order of arrival."""

    def __init__(self, reader: Reader, units: Mapping[str, str]) -> None:
        self._reader = reader
        self._units = units
        self._places = count(_FIRST_NEW)

    def said(self, delivery: Delivery) -> Said:
        """A record that has just come."""
        fingerprint = _fingerprint(delivery)
        name = delivery.envelope.id if delivery.envelope else RESERVED_MARK + fingerprint
        fact = None if delivery.event is None else messages.fact_of(delivery.event)
        return Said(self._units[delivery.topic], name, fingerprint, delivery, fact, next(self._places))

    def stored(self, row: HeldRow) -> Said:
        """A held event, read anew from the bytes that the journal kept."""
        raw = Delivery(
            topic=row.topic,
            partition=row.partition,
            offset=row.topic_offset,
            timestamp_ms=row.recorded_ms,
            key=None,
            headers=outbox.unpack_headers(row.headers),
            value=row.value,
        )
        said = self.said(self._reader.again(raw))
        said.name, said.arrival, said.stored = row.event_id, row.arrival, True
        said.waits_for, said.until = row.waits_for, row.until
        return said


def is_unreadable(delivery: Delivery) -> bool:
    """True for what is no event at all; a well-formed event with wrong fields is refused instead, field by field."""
    return delivery.fault is not None and delivery.fault.reason != Reason.BODY_INVALID


def refused_unread(said: Said) -> Refused | None:
    """Why a readable event is not even judged: first a source that is not its topic's owner, then its fields."""
    fault, envelope = said.delivery.fault, said.delivery.envelope
    if envelope is None or envelope.source != f"/units/{said.unit}":
        return refused(Code.SOURCE_DIFFERS, "source")
    if fault is None:
        return None
    path = fault.detail.partition(":")[0]
    field = path if path == "data" else f"data.{path}"
    return refused(Code.EVENT_INVALID, field, Words(f"({fault.detail})", f"({fault.detail})"))


def journal_row(said: Said, given: Answer) -> JournalRow:
    """The event with its bytes and its first answer, as the journal keeps it."""
    delivery = said.delivery
    return JournalRow(
        unit=said.unit,
        event_id=said.name,
        topic=delivery.topic,
        partition=delivery.partition,
        topic_offset=delivery.offset,
        type=delivery.envelope.type if delivery.envelope else None,
        sha256=said.fingerprint,
        headers=outbox.pack_headers(delivery.headers),
        value=delivery.value,
        recorded_ms=said.recorded_ms,
        answer=given,
    )


def _fingerprint(delivery: Delivery) -> str:
    """SHA-256 over what makes an event this event: source, type and body; over headers and body where unreadable."""
    envelope = delivery.envelope
    if envelope is None:
        head = outbox.pack_headers(delivery.headers)
    else:
        head = f"{envelope.source}\x1f{envelope.type}".encode()
    return sha256(head + b"\x1f" + (delivery.value or b"")).hexdigest()
