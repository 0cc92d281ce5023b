"""From a Kafka record to a value that the fold can take; whatever the bytes are, this never raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from shared.contracts.event import Event
from shared.contracts.topics import Topic
from shared.kernel.outcomes import DeadLettered
from shared.kernel.reasons import Reason

ATTRIBUTE_CHARACTERS_MAX = 200
ORIGIN_CHARACTERS_MAX = 220
"""A correlation or causation id may be an intake event's id behind its unit's code."""
RESERVED_MARK = "@"
"""No event id begins with it: what has no id of its own is named by a word that does."""
FIELD_CHARACTERS_MAX = 60
PATH_CHARACTERS_MAX = 300
OPTIONAL_ATTRIBUTES = ("subject", "dataschema", "correlationid", "causationid", "traceparent")
ORIGIN_ATTRIBUTES = ("correlationid", "causationid")
FAULTS_SHOWN_MAX = 5


class Record(Protocol):
    """What of aiokafka's ConsumerRecord is read here."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


@dataclass(frozen=True, slots=True)
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
        raw = Delivery(
            topic.name,
            record.partition,
            record.offset,
            min(max(record.timestamp, 0), MILLISECONDS_MAX),
            record.key,
            tuple(record.headers or ()),
            record.value,
        )
        return self.interpret(raw, topic, types)

    def again(self, raw: Delivery) -> Delivery:
        """What was kept as bytes, read anew."""
        topic, types = next(entry for entry in self._topics.values() if entry[0].name == raw.topic)
        return self.interpret(raw, topic, types)

    def interpret(self, raw: Delivery, topic: Topic, types: Mapping[str, type[Event]]) -> Delivery:
        """`raw` with envelope and event, or with the fault that was found."""
        try:
            attributes, body = _attributes(raw, topic)
            envelope = _envelope(attributes, raw, sequenced=self._sequenced)
            event = _event(envelope, body, types)
        except _UnreadableError as error:
            return _with(raw, error.envelope, None, error.fault)
        except Exception as error:  # a mistake in reading must not take the batch with it
            return _with(raw, None, None, DeadLettered(Reason.FAULT, type(error).__name__))
        if self._sequenced and raw.key != envelope.subject.encode():
            fault = DeadLettered(Reason.KEY_DIFFERS, "the record's key is not the event's subject")
            return _with(raw, None, None, fault)
        return _with(raw, envelope, event, None)


def _with(raw: Delivery, envelope: Envelope | None, event: Event | None, fault: DeadLettered | None) -> Delivery:
    return Delivery(
        raw.topic,
        raw.partition,
        raw.offset,
        raw.timestamp_ms,
        raw.key,
        raw.headers,
        raw.value,
        envelope,
        event,
        fault,
    )


def _attributes(raw: Delivery, topic: Topic) -> tuple[Mapping[str, str], bytes]:
    try:
        headers = from_headers(raw.headers)
    except ValueError:
        raise _UnreadableError(Reason.HEADERS_UNREADABLE, "a header is null or not UTF-8") from None
    if not raw.value:
        raise _UnreadableError(Reason.BODY_EMPTY, "the record has no value")
    if len(raw.value) > topic.record_bytes_max:
        raise _UnreadableError(Reason.TOO_LARGE, f"{len(raw.value)} bytes, at most {topic.record_bytes_max}")
    if headers.get("content-type", "").startswith(STRUCTURED_CONTENT_TYPE):
        return _structured(raw.value)
    return {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}, raw.value


def _structured(value: bytes) -> tuple[Mapping[str, str], bytes]:
    try:
        document: Any = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise _UnreadableError(Reason.BODY_UNREADABLE, str(error)) from None
    if not isinstance(document, dict) or "data" not in document:
        raise _UnreadableError(Reason.ATTRIBUTE_MISSING, "a structured CloudEvent is an object with `data`")
    attributes = {name: value for name, value in document.items() if isinstance(value, str)}
    try:
        return attributes, orjson.dumps(document["data"])
    except TypeError:
        raise _UnreadableError(Reason.BODY_UNREADABLE, "nested too deeply") from None


def _envelope(attributes: Mapping[str, str], raw: Delivery, *, sequenced: bool) -> Envelope:
    required = ("id", "source", "type", "specversion") + (("subject", "sequence") if sequenced else ())
    for name in required:
        if not attributes.get(name, "").strip():
            raise _UnreadableError(Reason.ATTRIBUTE_MISSING, name)
    for name in (*required, *OPTIONAL_ATTRIBUTES):
        text = attributes.get(name, "")
        limit = ORIGIN_CHARACTERS_MAX if name in ORIGIN_ATTRIBUTES else ATTRIBUTE_CHARACTERS_MAX
        if len(text) > limit or not text.isprintable() or text != text.strip():
            raise _UnreadableError(Reason.ATTRIBUTE_INVALID, name)
    if attributes["id"].startswith(RESERVED_MARK):
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "id")
    if attributes["specversion"] != "1.0":
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "specversion")
    return Envelope(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        subject=attributes.get("subject", ""),
        sequence=_sequence(attributes) if sequenced else 0,
        recorded_ms=_recorded(attributes) if sequenced else raw.timestamp_ms,
        dataschema=attributes.get("dataschema", ""),
        correlation_id=attributes.get("correlationid", ""),
        causation_id=attributes.get("causationid", ""),
        traceparent=attributes.get("traceparent", ""),
    )


def _sequence(attributes: Mapping[str, str]) -> int:
    text = attributes["sequence"]
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "sequence")
    return int(text)


def _recorded(attributes: Mapping[str, str]) -> int:
    try:
        return milliseconds(attributes.get("recordedtime", ""))
    except ValueError:
        raise _UnreadableError(Reason.ATTRIBUTE_INVALID, "recordedtime") from None


def _event(envelope: Envelope, body: bytes, types: Mapping[str, type[Event]]) -> Event:
    model = types.get(envelope.type)
    if model is None:
        raise _UnreadableError(Reason.TYPE_UNKNOWN, envelope.type, envelope)
    try:
        return model.model_validate_json(body)
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
