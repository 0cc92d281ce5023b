"""A finished season that is delivered again, whichever way, changes nothing, tells nobody and sends no mail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from deploy.local.servers import Endpoints
from deploy.season.checker import snapshot_counts
from deploy.season.generator import generate
from shared.contracts.topics import INTERNAL
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest, database, fingerprint, inputs
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 30
SEED = 2026
GROUPS = {
    "registration-promotions": "registration",
    "evaluation": "evaluation",
    "promotion": "promotion",
    "notification": "notification",
    "console": "console",
}
INTERNAL_NAMES = [topic.name for topic in INTERNAL]


@dataclass(frozen=True)
class Outcome:
    """All that a season came to: tables, records on the internal topics, mails."""

    tables: Mapping[str, str]
    records: Mapping[str, int]
    mails: Mapping[str, bytes]


async def outcome(running: Fleet) -> Outcome:
    """What the season has come to, once nothing moves any more."""
    await at_rest(running.site)
    records = await snapshot_counts(running.site.site.kafka_bootstrap, running.site.site.topic_prefix)
    mails = {path.name: path.read_bytes() for path in running.layout.mail.glob("*.eml")}
    return Outcome(await fingerprint(running.site), records, mails)


async def copy_every_record(running: Fleet) -> None:
    """Every record of the internal topics stands there once more, under its id and number."""
    site, acks = running.site, []
    for topic in INTERNAL:
        for record in await site.records(topic.name):
            kept = {"key": record.key, "partition": record.partition, "headers": list(record.headers)}
            acks.append(await site.producer.send(record.topic, record.value, **kept))
    await asyncio.gather(*acks)


async def forget_commits(running: Fleet) -> None:
    """Kafka remembers of no group that it has read anything of the internal topics."""
    admin = AdminClient({"bootstrap.servers": running.site.site.kafka_bootstrap})
    prefix = running.site.site.topic_prefix
    for group, service in GROUPS.items():
        places = [place for place in inputs(running.site, service) if place[0] in INTERNAL_NAMES]
        asked = ConsumerGroupTopicPartitions(prefix + group, [TopicPartition(prefix + t, p, 0) for t, p in places])

        async def forgotten(asked: ConsumerGroupTopicPartitions = asked) -> bool:
            (future,) = admin.alter_consumer_group_offsets([asked]).values()
            try:
                altered = await asyncio.to_thread(future.result)
            except KafkaException:  # the group has members until their session is over
                return False
            return all(place.error is None for place in altered.topic_partitions)

        await eventually(forgotten, what=f"{group} has forgotten")


async def forget_watermarks(running: Fleet) -> None:
    """The services themselves do not know any more how far they have read the internal topics."""
    async with database(running.site) as connection:
        for service in GROUPS.values():
            await connection.execute(
                f"UPDATE {service}.watermark SET next_offset = 0 WHERE topic = ANY($1)", INTERNAL_NAMES
            )


async def test_a_season_delivered_again_changes_nothing(servers: Endpoints, tmp_path: Path) -> None:
    season = generate(DOSSIER_COUNT, SEED)

    async with fleet(servers, season, tmp_path) as running:
        await running.play(season.lines)
        first = await outcome(running)

        await running.play(season.lines)
        sent_again = await outcome(running)
        report = await running.check(season)

        running.stop()
        await copy_every_record(running)
        await forget_commits(running)
        running.start()
        copied = await outcome(running)

        running.stop()
        await forget_watermarks(running)
        running.start()
        read_again = await outcome(running)

    doubled = {topic: count * 2 for topic, count in first.records.items()}
    assert [str(difference) for difference in report.differences] == []
    assert sent_again == first
    assert copied == Outcome(first.tables, doubled, first.mails)
    assert read_again == copied
    for group, service in GROUPS.items():
        read = sum(first.records[topic.name] for topic in INTERNAL if service in topic.readers)
        assert running.batches(service, group)["duplicate"] == read * 3, service
    assert running.killed() == {}
