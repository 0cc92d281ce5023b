"""What a service reads and writes, told to machines: an AsyncAPI 3.0 document made of the declared topics.

The payloads are the published schemas, word for word; only their inner references are lengthened to where they stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from shared.contracts.envelope import CONTENT_TYPE, STRUCTURED_CONTENT_TYPE
from shared.contracts.event import Event, Retired
from shared.contracts.publish import HERE, file_name, sample_name
from shared.contracts.topics import (
    DEAD_LETTERS,
    INTERNAL,
    MINISTRY,
    TOPIC_BYTES_MAX,
    Topic,
    intake_topic,
    receipts_topic,
)

ASYNCAPI: Final = "3.0.0"
BINDING: Final = "0.5.0"
DAY_MS: Final = 86_400_000
UNIT: Final = "{unit}"
SEQUENCER: Final = "registration"
ENVELOPE: Final = "envelope"
INTAKE_ENVELOPE: Final = "intake-envelope"
_REQUIRED: Final = ("specversion", "id", "source", "type")
_NUMBERED: Final = ("subject", "time", "recordedtime", "sequence", "dataschema")
_OPTIONAL: Final = ("correlationid", "causationid", "traceparent")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service runs: its brokers as `host:port`, and what stands before the names of its topics."""

    brokers: Sequence[str]
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """A topic as one service uses it; `units` are those whose own topic it is, none for a topic of all."""

    topic: Topic
    action: Literal["receive", "send"]
    units: Sequence[str] = ()

    @property
    def channel(self) -> str:
        """The topic's short name: `scores`; `intake` and `receipts` for the topics of every unit."""
        return self.topic.name.removeprefix("ocop.").partition(".")[0]

    @property
    def events(self) -> tuple[type[Event], ...]:
        """Read in every version, written in the newest."""
        return (*self.topic.events, *self.topic.retired) if self.action == "receive" else self.topic.events


def usages(service: str, units: Sequence[str]) -> tuple[Usage, ...]:
    """Every topic that the service may read and may write, by the topics' own declaration."""
    reads = [Usage(topic, "receive") for topic in INTERNAL if service in topic.readers]
    writes = [Usage(topic, "send") for topic in INTERNAL if topic.owner == service or topic is DEAD_LETTERS]
    if service == SEQUENCER:
        reads.insert(0, Usage(intake_topic(MINISTRY), "receive", tuple(units)))
        writes.append(Usage(receipts_topic(MINISTRY), "send", tuple(units)))
    return (*reads, *writes)


def document(service: str, version: str, units: Sequence[str], place: Place) -> Document:
    """The service's AsyncAPI document; it names no password and no person."""
    used = usages(service, units)
    servers = {f"broker-{number}": _server(address) for number, address in enumerate(place.brokers, 1)}
    return {
        "asyncapi": ASYNCAPI,
        "id": f"urn:ocop:service:{service}",
        "info": {
            "title": f"OCOP {service}",
            "version": version,
            "description": f"What {service} reads and writes. Events are CloudEvents 1.0 in the Kafka binding.",
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": servers,
        "channels": _channels(used, place.prefix, list(servers)),
        "operations": {f"{usage.action}-{usage.channel}": _operation(usage) for usage in used},
        "components": {
            "messages": {key_of(event): _message(event) for usage in used for event in usage.events},
            "schemas": dict(_schemas(used)),
        },
    }


def key_of(event: type[Event]) -> str:
    """The event's key in the document, of the letters that every reader of AsyncAPI takes."""
    return sample_name(event).replace(".", "-")


def schema_inside(event: type[Event]) -> Document:
    """The event's published schema, its references lengthened to where it stands in the document."""
    published = json.loads((HERE / "schemas" / file_name(event)).read_text(encoding="utf-8"))
    inside = {key: value for key, value in published.items() if key not in ("$schema", "$id")}
    return dict(_rerooted(inside, f"#/components/schemas/{key_of(event)}"))


def _server(address: str) -> Document:
    return {"host": address, "protocol": "kafka", "description": "A broker of the site"}


def _channels(used: Sequence[Usage], prefix: str, servers: Sequence[str]) -> Document:
    """One channel for each topic, or for the topics of all units; a topic that is read and written has all messages."""
    channels: Document = {}
    for usage in used:
        channel = channels.setdefault(usage.channel, _channel(usage, prefix, servers))
        channel["messages"] |= {key_of(event): _ref("messages", key_of(event)) for event in usage.events}
    return channels


def _channel(usage: Usage, prefix: str, servers: Sequence[str]) -> Document:
    topic, address = usage.topic, prefix + usage.topic.name
    made: Document = {
        "address": address.replace(f".{MINISTRY}.", f".{UNIT}.") if usage.units else address,
        "title": usage.channel,
        "description": f"Owner: {'the unit' if topic.owner == MINISTRY else topic.owner}. Key: {topic.keyed_by}.",
        "servers": [{"$ref": f"#/servers/{server}"} for server in servers],
        "messages": {},
        "bindings": {"kafka": _binding(topic)},
    }
    if usage.units:
        made["parameters"] = {"unit": {"description": "The unit's code.", "enum": list(usage.units)}}
    return made


def _binding(topic: Topic) -> Document:
    retention = -1 if topic.retention_days is None else topic.retention_days * DAY_MS
    return {
        "partitions": topic.partitions,
        "topicConfiguration": {
            "cleanup.policy": ["compact" if topic.compacted else "delete"],
            "retention.ms": retention,
            "max.message.bytes": TOPIC_BYTES_MAX,
        },
        "bindingVersion": BINDING,
    }


def _operation(usage: Usage) -> Document:
    pointer = f"#/channels/{usage.channel}"
    messages = [{"$ref": f"{pointer}/messages/{key_of(event)}"} for event in usage.events]
    return {"action": usage.action, "channel": {"$ref": pointer}, "messages": messages}


def _message(event: type[Event]) -> Document:
    intake = event.family == "intake"
    described: Document = {
        "name": event.type_name(),
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().partition("\n")[0],
        "contentType": CONTENT_TYPE,
        "headers": _ref("schemas", INTAKE_ENVELOPE if intake else ENVELOPE),
        "payload": _ref("schemas", key_of(event)),
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING}},
    }
    if issubclass(event, Retired):
        described["description"] = "An older version: still read, no longer written."
    elif intake:
        described["description"] = f"Structured mode ({STRUCTURED_CONTENT_TYPE}) is taken as well."
    return described


def _schemas(used: Sequence[Usage]) -> Iterator[tuple[str, Document]]:
    for usage in used:
        for event in usage.events:
            yield key_of(event), schema_inside(event)
    yield ENVELOPE, _headers((*_REQUIRED, *_NUMBERED), _OPTIONAL)
    if any(usage.units and usage.action == "receive" for usage in used):
        yield INTAKE_ENVELOPE, _headers(_REQUIRED, ("time", "dataschema", *_OPTIONAL))


def _headers(required: Sequence[str], optional: Sequence[str]) -> Document:
    names = [f"ce_{name}" for name in (*required, *optional)]
    return {
        "type": "object",
        "description": "The CloudEvents attributes as Kafka headers, binary content mode.",
        "properties": {name: {"type": "string"} for name in (*names, "content-type")},
        "required": [f"ce_{name}" for name in required],
    }


def _ref(kind: str, name: str) -> Document:
    return {"$ref": f"#/components/{kind}/{name}"}


def _rerooted(part: Any, root: str) -> Any:
    if isinstance(part, dict):
        return {
            key: root + value.removeprefix("#") if key == "$ref" else _rerooted(value, root)
            for key, value in part.items()
        }
    return [_rerooted(each, root) for each in part] if isinstance(part, list) else part
