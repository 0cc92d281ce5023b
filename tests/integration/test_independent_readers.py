"""Others' programs and ours understand each other: confluent-kafka carries, the CloudEvents SDK reads and writes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import kafka
from cloudevents.core.bindings.kafka import KafkaMessage
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from shared.contracts import intake
from shared.contracts.envelope import timestamp
from shared.contracts.event import Event
from shared.contracts.topics import CONTACTS, DOSSIERS, Topic, intake_topic, receipts_topic
from tests.support.examples import INTAKE, TOPICS, binary, each_event, example, structured
from tests.support.intake import MINISTRY, PROVINCE, open_door
from tests.support.site import TestSite

WAIT_SECONDS_MAX = 20.0
Mode = Callable[[BaseCloudEvent], KafkaMessage]
IN_BINARY: Mode = kafka.to_binary_event
IN_STRUCTURED: Mode = kafka.to_structured_event


def topic_of(event: type[Event]) -> Topic:
    """The topic that declares the event."""
    return next(topic for topic in TOPICS if event in (*topic.events, *topic.retired))


@each_event
def test_the_sdk_reads_each_of_our_events_as_it_stands_in_kafka(event: type[Event]) -> None:
    shown, record = example(event), binary(topic_of(event), example(event))
    headers = {name: value for name, value in record.headers if value is not None}

    found = kafka.from_kafka_event(KafkaMessage(headers, record.key, record.value or b""))

    assert (found.get_id(), found.get_source(), found.get_type()) == (shown["id"], shown["source"], shown["type"])
    assert found.get_data() == shown["data"]
    assert found.get_dataschema() == shown["dataschema"]
    if topic_of(event) is not INTAKE:
        assert (found.get_subject(), found.get_extension("sequence")) == (shown["subject"], shown["sequence"])


@each_event
def test_the_sdk_reads_each_published_example_in_structured_mode(event: type[Event]) -> None:
    shown, record = example(event), structured(topic_of(event), example(event))
    headers = {name: value for name, value in record.headers if value is not None}

    found = kafka.from_kafka_event(KafkaMessage(headers, None, record.value or b""))

    assert (found.get_id(), found.get_type(), found.get_data()) == (shown["id"], shown["type"], shown["data"])
    assert timestamp(int(found.get_time().timestamp() * 1000)) == shown["time"]  # type: ignore[union-attr]  # it is there


def said(event: type[Event], event_id: str, unit: str = PROVINCE, **changes: Any) -> CloudEvent:
    """The example's data as a unit's own program says them, with the SDK's own time."""
    attributes = {
        "id": event_id,
        "source": f"/units/{unit}",
        "type": event.type_name(),
        "datacontenttype": "application/json",
        "partitionkey": "chosen by the sender",
    }
    return CloudEvent(attributes, {**example(event)["data"], **changes})


def send(site: TestSite, unit: str, message: KafkaMessage) -> None:
    """librdkafka has delivered the record."""
    producer = Producer({"bootstrap.servers": site.site.kafka_bootstrap, "enable.idempotence": True})
    name = site.site.topic_prefix + intake_topic(unit).name
    producer.produce(name, message.value, key=message.key, headers=list(message.headers.items()))
    assert producer.flush(WAIT_SECONDS_MAX) == 0


def read_all(site: TestSite, topic: Topic) -> list[Any]:
    """Every record of the topic, as librdkafka and the SDK understand it."""
    consumer = Consumer({"bootstrap.servers": site.site.kafka_bootstrap, "group.id": "independent"})
    places = [TopicPartition(site.site.topic_prefix + topic.name, part, 0) for part in range(topic.partitions)]
    try:
        consumer.assign(places)
        count = sum(consumer.get_watermark_offsets(place, WAIT_SECONDS_MAX)[1] for place in places)
        records = consumer.consume(count, WAIT_SECONDS_MAX) if count else []
        assert len(records) == count
        return [understood(record) for record in records]
    finally:
        consumer.close()


def understood(record: Message) -> Any:
    """The record as the SDK parses it."""
    assert record.error() is None
    headers: Any = record.headers()
    return kafka.from_kafka_event(KafkaMessage(dict(headers), record.key(), record.value() or b""))


@pytest.mark.servers
async def test_events_of_a_stranger_s_program_are_admitted_and_ours_are_read_by_it(site: TestSite) -> None:
    conversation: list[tuple[str, Mode, CloudEvent]] = [
        (MINISTRY, IN_STRUCTURED, said(intake.DayStarted, "s-day", MINISTRY, date="2026-06-10")),
        (PROVINCE, IN_BINARY, said(intake.ProducerRegistered, "s-producer")),
        (PROVINCE, IN_STRUCTURED, said(intake.ProductRegistered, "s-product")),
        (PROVINCE, IN_BINARY, said(intake.DossierFiled, "s-dossier")),
    ]
    async with open_door(site) as door:
        for unit, mode, event in conversation:
            await asyncio.to_thread(send, site, unit, mode(event))
            await door.rest()

        receipts = await asyncio.to_thread(read_all, site, receipts_topic(PROVINCE))
        told = [
            event for event in await asyncio.to_thread(read_all, site, DOSSIERS) if event.get_subject()[:4] != "day/"
        ]
        contacts = await asyncio.to_thread(read_all, site, CONTACTS)

    answers = [receipt.get_data() for receipt in receipts]
    assert [(answer["event_id"], answer["status"]) for answer in answers] == [
        ("s-producer", "admitted"),
        ("s-product", "admitted"),
        ("s-dossier", "admitted"),
    ]
    assert [receipt.get_extension("causationid") for receipt in receipts] == [
        "66/s-producer",
        "66/s-product",
        "66/s-dossier",
    ]
    product_id = answers[1]["given"]["product_id"]
    assert [(event.get_type(), event.get_subject(), event.get_extension("sequence")) for event in told] == [
        ("vn.ocop.dossiers.ProductRegistered.v1", product_id, "1"),
        ("vn.ocop.dossiers.DossierFiled.v1", product_id, "2"),
    ]
    assert all(event.get_extension("partitionkey") == event.get_subject() for event in (*told, *contacts))
    assert json.loads(json.dumps(contacts[0].get_data()))["kind"] == "producer"
