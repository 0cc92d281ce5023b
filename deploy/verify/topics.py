"""Reads every topic of a site to its present end, raw, with another client than the services use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from deploy.provision import Site
from shared.contracts.envelope import STRUCTURED_CONTENT_TYPE, Header
from shared.contracts.topics import INTERNAL, Topic, intake_topic, receipts_topic
from shared.kernel.clock import monotonic

Place = tuple[str, int]
"""A declared topic, without the site's prefix, and a partition."""
ASK_SECONDS_MAX: Final = 15.0
POLL_SECONDS: Final = 0.05
RECORDS_MAX: Final = 5_000
LOG_ERRORS: Final = 3


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the broker keeps it; `topic` is the declared name, `named` its CloudEvents attributes.

    `named` is empty where the attributes cannot be read, in binary and in structured content mode.
    """

    topic: str
    part: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    headers: Sequence[Header]
    value: bytes | None
    named: Mapping[str, str]

    @property
    def where(self) -> str:
        """The record's place: topic/partition/offset."""
        return f"{self.topic}/{self.part}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Topics:
    """Every record there is, in the order of each partition, and where each partition begins and ends."""

    records: Mapping[str, Sequence[Record]]
    beginnings: Mapping[Place, int]
    ends: Mapping[Place, int]


Reading = Callable[[Site], Awaitable[Topics]]


def declared(site: Site) -> list[Topic]:
    """Every topic of the site."""
    return [*INTERNAL, *(make(unit) for unit in site.units for make in (intake_topic, receipts_topic))]


async def read_topics(site: Site, only: Sequence[Topic] = ()) -> Topics:
    """All that the topics hold at this moment, or those named; raises KafkaException where no broker answers."""
    return await asyncio.to_thread(_read, site, only or declared(site))


async def read_ends(site: Site) -> dict[Place, int]:
    """Where each partition ends at this moment."""
    return await asyncio.to_thread(_offsets, site, declared(site), OffsetSpec.latest())  # type: ignore[no-untyped-call]


def _offsets(site: Site, topics: Sequence[Topic], asked: OffsetSpec) -> dict[Place, int]:
    admin = AdminClient({"bootstrap.servers": site.kafka_bootstrap, "log_level": LOG_ERRORS})
    partitions = [TopicPartition(site.topic_prefix + t.name, p) for t in topics for p in range(t.partitions)]
    answers = admin.list_offsets(dict.fromkeys(partitions, asked), request_timeout=ASK_SECONDS_MAX)
    return {
        (partition.topic.removeprefix(site.topic_prefix), partition.partition): answer.result().offset
        for partition, answer in answers.items()
    }


def _read(site: Site, topics: Sequence[Topic]) -> Topics:
    beginnings = _offsets(site, topics, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(site, topics, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    records: dict[str, list[Record]] = {topic.name: [] for topic in topics}
    for record in _records(site, {place for place, end in ends.items() if end > beginnings[place]}):
        if record.offset < ends[record.topic, record.part]:
            records[record.topic].append(record)
    ordered = {name: sorted(found, key=lambda record: (record.part, record.offset)) for name, found in records.items()}
    return Topics(ordered, beginnings, ends)


def _records(site: Site, places: set[Place]) -> Iterator[Record]:
    """Every record of these partitions until each has said that it is at its end."""
    consumer = Consumer(
        {
            "bootstrap.servers": site.kafka_bootstrap,
            "group.id": f"{site.topic_prefix}verify",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "isolation.level": "read_uncommitted",
            "fetch.wait.max.ms": 20,
            "log_level": LOG_ERRORS,
        }
    )
    try:
        consumer.assign([TopicPartition(site.topic_prefix + topic, part, 0) for topic, part in sorted(places)])
        waiting, heard = set(places), monotonic()
        while waiting:
            messages = consumer.consume(RECORDS_MAX, POLL_SECONDS)
            heard = monotonic() if messages else heard
            if monotonic() - heard > ASK_SECONDS_MAX:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{len(waiting)} partitions do not answer"))  # noqa: SLF001  # the client's own name for it
            for message in messages:
                place = (str(message.topic()).removeprefix(site.topic_prefix), int(message.partition() or 0))
                if _at_end(message):
                    waiting.discard(place)
                else:
                    yield _record(message, place)
    finally:
        consumer.close()


def _at_end(message: Message) -> bool:
    error = message.error()
    if error is None:
        return False
    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  # the client's own name for it
        raise KafkaException(error)
    return True


def _record(message: Message, place: Place) -> Record:
    headers: Any = message.headers() or ()
    key: Any = message.key()
    value: Any = message.value()
    pairs = tuple((str(name), content) for name, content in headers)
    return Record(
        topic=place[0],
        part=place[1],
        offset=int(message.offset() or 0),
        timestamp_ms=message.timestamp()[1],
        key=key,
        headers=pairs,
        value=value,
        named=attributes(pairs, value),
    )


def attributes(pairs: Sequence[Header], value: bytes | None) -> dict[str, str]:
    """The CloudEvents attributes of either content mode; empty where they cannot be read."""
    try:
        if is_structured(pairs):
            document = orjson.loads(value or b"")
            return {name: text for name, text in document.items() if isinstance(text, str)}
        headers = {name.lower(): (content or b"").decode() for name, content in pairs}
        if any(content is None for _, content in pairs):
            return {}
        return {name[3:]: text for name, text in headers.items() if name.startswith("ce_")}
    except (ValueError, AttributeError):
        return {}


def body(record: Record) -> bytes:
    """The event's data as JSON; raises ValueError or KeyError where there are none."""
    if not is_structured(record.headers):
        return record.value or b""
    return orjson.dumps(orjson.loads(record.value or b"")["data"])


def is_structured(pairs: Sequence[Header]) -> bool:
    """True where the whole CloudEvent is the record's value."""
    return any(
        name.lower() == "content-type" and (content or b"").startswith(STRUCTURED_CONTENT_TYPE.encode())
        for name, content in pairs
    )
