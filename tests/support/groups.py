"""What Kafka remembers of consumer groups, changed by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from shared.contracts.topics import Topic
from tests.support.site import TestSite
from tests.support.waiting import eventually


def admin(site: TestSite) -> AdminClient:
    """The site's broker, as an administrator sees it."""
    return AdminClient({"bootstrap.servers": site.site.kafka_bootstrap})


async def commit(site: TestSite, group: str, topics: Iterable[Topic], offset: int) -> None:
    """Kafka remembers this offset of the group, on every partition of the topics."""
    prefix = site.site.topic_prefix
    places = [TopicPartition(prefix + topic.name, part, offset) for topic in topics for part in range(topic.partitions)]
    asked = ConsumerGroupTopicPartitions(prefix + group, places)

    client = admin(site)  # kept: its futures end only while it is there

    async def done() -> bool:
        (future,) = client.alter_consumer_group_offsets([asked]).values()
        try:
            await asyncio.to_thread(future.result)
        except KafkaException:  # the group has members until their session is over
            return False
        return True

    await eventually(done, what="offsets reset")
