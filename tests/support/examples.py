"""The published examples, and each as the Kafka record that carries it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from shared.contracts import publish
from shared.contracts.envelope import STRUCTURED_CONTENT_TYPE, Envelope, Header, milliseconds
from shared.contracts.event import Event
from shared.contracts.topics import INTERNAL, Topic, intake_topic, receipts_topic

PREFIX = "sample."
INTAKE = intake_topic("66")
RECEIPTS = receipts_topic("66")
TOPICS = (INTAKE, RECEIPTS, *INTERNAL)
EVENTS = publish.events()
each_event = pytest.mark.parametrize("event", EVENTS, ids=[event.type_name() for event in EVENTS])


@dataclass(slots=True)
class Record:
    """A record as aiokafka gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


def document(event: type[Event], folder: str) -> dict[str, Any]:
    """The committed schema or example of an event."""
    return dict(json.loads((publish.HERE / folder / publish.file_name(event)).read_text(encoding="utf-8")))


def example(event: type[Event]) -> dict[str, Any]:
    """The committed example: a whole CloudEvent in structured JSON form."""
    return document(event, "examples")


def envelope_of(document: dict[str, Any]) -> Envelope:
    """The envelope of an example, as its sender has it; intake is not numbered."""
    return Envelope(
        id=document["id"],
        source=document["source"],
        type=document["type"],
        subject=document.get("subject", ""),
        sequence=int(document.get("sequence", "0")),
        recorded_ms=milliseconds(document["time"]),
        dataschema=document["dataschema"],
        correlation_id=document.get("correlationid", ""),
        causation_id=document.get("causationid", ""),
    )


def binary(topic: Topic, document: dict[str, Any]) -> Record:
    """The example as a record in binary content mode."""
    envelope = envelope_of(document)
    value = json.dumps(document["data"]).encode()
    key = envelope.subject.encode()
    return Record(PREFIX + topic.name, 0, 7, envelope.recorded_ms, key, value, envelope.headers())


def structured(topic: Topic, document: dict[str, Any]) -> Record:
    """The example as a record in structured content mode."""
    headers = [("content-type", f"{STRUCTURED_CONTENT_TYPE}; charset=UTF-8".encode())]
    value = json.dumps(document, ensure_ascii=False).encode()
    return Record(PREFIX + topic.name, 0, 7, milliseconds(document["time"]), None, value, headers)
