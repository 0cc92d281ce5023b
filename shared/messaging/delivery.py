"""From a Kafka record to a value that the fold can take; whatever the bytes are, this never raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import orjson
from pydantic import ValidationError

from shared.contracts.envelope import (
    MILLISECONDS_MAX,
    STRUCTURED_CONTENT_TYPE,
    Envelope,
    Header,
    from_headers,
    milliseconds,
)
from shared.contracts.event import Event, newest
from shared.contracts.topics import Topic
from shared.kernel.outcomes import DeadLettered
from shared.kernel.reasons import Reason
from shared.kernel.values import value
from shared.observability.trace import trace_id

ATTRIBUTE_CHARACTERS_MAX = 200
ORIGIN_CHARACTERS_MAX = 220
"""A correlation or causation id may be an intake event's id behind its unit's code."""
RESERVED_MARK = "@"
"""No event id begins with it: what has no id of its own is named by a word that does."""
FIELD_CHARACTERS_MAX = 60
PATH_CHARACTERS_MAX = 300
REQUIRED_ATTRIBUTES = ("id", "source", "type", "specversion")
SEQUENCED_ATTRIBUTES = (*REQUIRED_ATTRIBUTES, "subject", "sequence")
PREFIX = "ce_"
HEADERS = tuple(
    PREFIX + name for name in (*SEQUENCED_ATTRIBUTES, "dataschema", "correlationid", "causationid", "traceparent")
)
"""In the order of an envelope's fields."""
OPTIONAL_ATTRIBUTES = ("subject", "dataschema", "correlationid", "causationid", "traceparent")
ORIGIN_ATTRIBUTES = ("correlationid", "causationid")
FAULTS_SHOWN_MAX = 5
TRACES_LOGGED_MAX = 5


class Record(Protocol):
    """What of aiokafka's ConsumerRecord is read here."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


@value(frozen=True, slots=True)
class Delivery:
    """One record as it came. Exactly one of `event` and `fault` is set; `envelope` is set whenever it was readable.

    `topic` is the declared name, without the pipeline's prefix; `timestamp_ms` the broker's.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: Sequence[Header]
    value: bytes | None
    envelope: Envelope | None = None
    event: Event | None = None
    fault: DeadLettered | None = None


class _UnreadableError(Exception):
    """The record is at fault; carries the reason to the one place that makes a value of it."""

    def __init__(self, reason: Reason, detail: str, envelope: Envelope | None = None) -> None:
        super().__init__(detail)
        self.fault = DeadLettered(reason, detail)
        self.envelope = envelope


class Reader:
    """Reads the records of declared topics. `sequenced` topics must name subject, sequence and recorded time."""

    def __init__(self, topics: Sequence[Topic], prefix: str, *, sequenced: bool) -> None:
        self._topics = {prefix + topic.name: (topic, topic.types) for topic in topics}
        self._sequenced = sequenced

    def read(self, record: Record) -> Delivery:
        """The record as a `Delivery`; a fault is part of the value."""
        topic, types = self._topics[record.topic]
        timestamp_ms = min(max(record.timestamp, 0), MILLISECONDS_MAX)
        sent = tuple(record.headers or ())
        said = self._said(topic, types, timestamp_ms, record.key, sent, record.value)
        return Delivery(
            topic.name, record.partition, record.offset, timestamp_ms, record.key, sent, record.value, *said
        )

    def again(self, raw: Delivery) -> Delivery:
        """What was kept as bytes, read anew."""
        topic, types = next(entry for entry in self._topics.values() if entry[0].name == raw.topic)
        envelope, event, fault = self._said(topic, types, raw.timestamp_ms, raw.key, raw.headers, raw.value)
        return replace(raw, envelope=envelope, event=event, fault=fault)

    def _said(
        self,
        topic: Topic,
        types: Mapping[str, type[Event]],
        timestamp_ms: int,
        key: bytes | None,
        sent: Sequence[Header],
        value: bytes | None,
    ) -> tuple[Envelope | None, Event | None, DeadLettered | None]:
        """Envelope and event of a record, or the fault that was found."""
        try:
            attributes, body = _attributes(sent, value, topic)
            envelope = _envelope(attributes, None if self._sequenced else timestamp_ms)
            event = _event(envelope, body, types)
        except _UnreadableError as error:
            return error.envelope, None, error.fault
        except Exception as error:  # a mistake in reading must not take the batch with it
            return None, None, DeadLettered(Reason.FAULT, type(error).__name__)
        if self._sequenced and key != envelope.subject.encode():
            return None, None, DeadLettered(Reason.KEY_DIFFERS, "the record's key is not the event's subject")
        return envelope, event, None


def _attributes(sent: Sequence[Header], value: bytes | None, topic: Topic) -> tuple[Mapping[str, str], bytes]:
    """The attributes by their names as headers, and the data as JSON."""
    try:
        headers = from_headers(sent)
    except ValueError:
        raise _UnreadableError(Reason.HEADERS_UNREADABLE, "a header is null or not UTF-8") from None
    if not value:
        raise _UnreadableError(Reason.BODY_EMPTY, "the record has no value")
    if len(value) > topic.record_bytes_max:
        raise _UnreadableError(Reason.TOO_LARGE, f"{len(value)} bytes, at most {topic.record_bytes_max}")
    if headers.get("content-type", "").startswith(STRUCTURED_CONTENT_TYPE):
        return _structured(value)
    return headers, value


def _structured(value: bytes) -> tuple[Mapping[str, str], bytes]:
    try:
        document: Any = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise _UnreadableError(Reason.BODY_UNREADABLE, str(error)) from None
    if not isinstance(document, dict) or "data" not in document:
        raise _UnreadableError(Reason.ATTRIBUTE_MISSING, "a structured CloudEvent is an object with `data`")
    attributes = {PREFIX + name: text for name, text in document.items() if isinstance(text, str)}
    try:
        return attributes, orjson.dumps(document["data"])
    except TypeError:
        raise _UnreadableError(Reason.BODY_UNREADABLE, "nested too deeply") from None


def _envelope(attributes: Mapping[str, str], arrived_ms: int | None) -> Envelope:
    """The envelope; that of a sender who numbers nothing is given the moment at which it arrived."""
    required = SEQUENCED_ATTRIBUTES if arrived_ms is None else REQUIRED_ATTRIBUTES
    texts = [attributes.get(name, "") for name in HEADERS]
    if not all(texts[: len(required)]) or not _fit(texts):
        _check_each(attributes, required)
    event_id, source, kind, specversion, subject, sequence, *others = texts
    if event_id.startswith(RESERVED_MARK):
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "id")
    if specversion != "1.0":
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "specversion")
    if arrived_ms is not None:
        return Envelope(event_id, source, kind, subject, 0, arrived_ms, *others)
    return Envelope(event_id, source, kind, subject, _sequence(sequence), _recorded(attributes), *others)


def _fit(texts: Sequence[str]) -> bool:
    """True where no attribute is at fault; the question asked of every record, so it is asked of all at once."""
    return (
        max(map(len, texts)) <= ATTRIBUTE_CHARACTERS_MAX
        and "".join(texts).isprintable()
        and list(map(str.strip, texts)) == texts
    )


def _check_each(attributes: Mapping[str, str], required: Sequence[str]) -> None:
    """Raises for the first attribute that is missing or not as it should be."""
    for name in required:
        if not attributes.get(PREFIX + name, "").strip():
            raise _UnreadableError(Reason.ATTRIBUTE_MISSING, name)
    for name in (*required, *OPTIONAL_ATTRIBUTES):
        text = attributes.get(PREFIX + name, "")
        limit = ORIGIN_CHARACTERS_MAX if name in ORIGIN_ATTRIBUTES else ATTRIBUTE_CHARACTERS_MAX
        if len(text) > limit or not text.isprintable() or text != text.strip():
            raise _UnreadableError(Reason.ATTRIBUTE_INVALID, name)


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "sequence")
    return int(text)


def _recorded(attributes: Mapping[str, str]) -> int:
    try:
        return milliseconds(attributes.get(PREFIX + "recordedtime", ""))
    except ValueError:
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "recordedtime") from None


def _event(envelope: Envelope, body: bytes, types: Mapping[str, type[Event]]) -> Event:
    model = types.get(envelope.type)
    if model is None:
        raise _UnreadableError(Reason.TYPE_UNKNOWN, envelope.type, envelope)
    try:
        return newest(model.model_validate_json(body))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        unreadable = any(fault["type"] == "json_invalid" for fault in faults)
        shown = "; ".join(f"{_path(fault['loc'])}: {fault['msg']}" for fault in faults[:FAULTS_SHOWN_MAX])
        reason = Reason.BODY_UNREADABLE if unreadable else Reason.BODY_INVALID
        raise _UnreadableError(reason, shown, envelope) from None
    except (ValueError, RecursionError) as error:
        raise _UnreadableError(Reason.BODY_UNREADABLE, type(error).__name__, envelope) from None


def _path(location: Sequence[int | str]) -> str:
    return ".".join(_shown(str(step)) for step in location)[:PATH_CHARACTERS_MAX] or "data"


def _shown(name: str) -> str:
    """A name that a sender made up, fit to be told and stored: printable, of limited length, without separators."""
    shown = "".join(character if character.isprintable() and character not in ":;" else "\ufffd" for character in name)
    return shown[:FIELD_CHARACTERS_MAX].strip()


def trace_ids(deliveries: Sequence[Delivery]) -> dict[str, list[str]]:
    """The traces of a batch of a few events, for its log line; nothing of a large one."""
    if len(deliveries) > TRACES_LOGGED_MAX:
        return {}
    return {"traces": sorted({trace_id(each.envelope.traceparent) for each in deliveries if each.envelope})}
