"""The CloudEvents 1.0 envelope in the Kafka protocol binding: attributes as headers, the event as JSON value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.kernel.values import value

CONTENT_TYPE = "application/json"
STRUCTURED_CONTENT_TYPE = "application/cloudevents+json"
MILLISECONDS_MAX = 253_402_300_799_999  # the end of the year 9999, the last that a timestamp can name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Header = tuple[str, bytes | None]


@value(frozen=True, slots=True)
class Envelope:
    """What is known of an event besides its data.

    `sequence` is the version its owner gave `subject` on this topic: 1, 2, 3, … without gaps; 0 where the sender
    numbers nothing (intake). `recorded_ms` is when the fact became known to us, milliseconds since 1970-01-01 UTC,
    inherited along causation.
    """

    id: str
    source: str
    type: str
    subject: str
    sequence: int
    recorded_ms: int
    dataschema: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""

    def headers(self) -> list[Header]:
        """The envelope as Kafka headers, binary content mode."""
        recorded = timestamp(self.recorded_ms)
        values = (
            ("ce_specversion", "1.0"),
            ("ce_id", self.id),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_subject", self.subject),
            ("ce_time", recorded),
            ("ce_recordedtime", recorded),
            ("ce_sequence", str(self.sequence)),
            ("ce_dataschema", self.dataschema),
            ("ce_correlationid", self.correlation_id),
            ("ce_causationid", self.causation_id),
            ("ce_traceparent", self.traceparent),
            ("content-type", CONTENT_TYPE),
        )
        return [(name, value.encode()) for name, value in values if value]


def timestamp(milliseconds: int) -> str:
    """RFC 3339, UTC, to the millisecond."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(text: str) -> int:
    """The inverse of `timestamp`; raises ValueError for anything but RFC 3339 with an offset, from 1970 to 9999."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset")
    since = moment - _EPOCH
    found = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    if not 0 <= found <= MILLISECONDS_MAX:
        raise ValueError("a time lies between 1970 and 9999")
    return found


def from_headers(headers: Sequence[Header]) -> dict[str, str]:
    """The headers as text by lower-case name; raises ValueError for one that is null or not UTF-8."""
    try:
        return {name.lower(): value.decode() for name, value in headers}  # type: ignore[union-attr]  # None is caught
    except AttributeError:
        raise ValueError("a header is null") from None
