"""Where each service stands on each topic it reads, beside what Kafka holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from deploy.local.layout import LocalFault
from deploy.provision import SERVICES, Site
from shared.contracts.topics import INTERNAL, Topic, intake_topic, receipts_topic
from shared.messaging.history import beginnings_of, ends_of
from shared.messaging.outbox import SQL
from shared.messaging.topic_ids import Described, describe

STATEMENT_SECONDS_MAX: Final = 120.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A service on a topic: sums over its partitions; the topic's id as known and as it is, "" where there is none."""

    service: str
    topic: str
    next_offset: int
    begin: int
    end: int
    known_id: str
    actual_id: str
    partitions: int

    @property
    def is_sound(self) -> bool:
        """True where the topic is the one known and the service stands within what it holds."""
        return self.known_id == self.actual_id and self.begin <= self.next_offset <= self.end


def declared(site: Site) -> Mapping[str, Topic]:
    """Every topic of the site by its name without prefix."""
    of_units = (make(unit) for unit in site.units for make in (intake_topic, receipts_topic))
    return {topic.name: topic for topic in (*INTERNAL, *of_units)}


def topic_named(site: Site, name: str) -> Topic:
    """The declared topic; raises LocalFault for a name that no topic has."""
    found = declared(site).get(name.removeprefix(site.topic_prefix))
    if found is None:
        raise LocalFault(f"Không có chủ đề {name}. / There is no topic {name}.")
    return found


def bootstrap(site: Site) -> list[str]:
    """The brokers as clients take several."""
    return site.kafka_bootstrap.split(",")


def described(site: Site, topic: Topic) -> Described:
    """The topic as it is; raises LocalFault where it is missing or has not the declared partitions."""
    found = describe(bootstrap(site), [site.topic_prefix + topic.name]).get(site.topic_prefix + topic.name)
    if found is None or found.partitions != topic.partitions:
        there = "không có / missing" if found is None else f"{found.partitions} phân vùng / partitions"
        raise LocalFault(
            f"{topic.name}: {there}, cần {topic.partitions}; hãy chạy `./ocop positions recreate {topic.name}`. / "
            f"{topic.partitions} are needed; run `./ocop positions recreate {topic.name}`."
        )
    return found


@asynccontextmanager
async def schema(site: Site, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the service's own role that sees its schema."""
    settings = {"search_path": service, "application_name": "ocop-positions"}
    connection = await asyncpg.connect(
        site.dsn(service), server_settings=settings, command_timeout=STATEMENT_SECONDS_MAX
    )
    try:
        yield connection
    finally:
        await connection.close()


async def standings(site: Site) -> list[Standing]:
    """Every service on every topic that it has begun to read."""
    topics = declared(site)
    actual = describe(bootstrap(site), [site.topic_prefix + name for name in topics])
    there = {name for name in topics if site.topic_prefix + name in actual}
    places = [(name, part) for name in there for part in range(actual[site.topic_prefix + name].partitions)]
    begins = await beginnings_of(bootstrap(site), site.topic_prefix, places)
    ends = await ends_of(bootstrap(site), site.topic_prefix, places)
    found: list[Standing] = []
    for service in SERVICES:
        async with schema(site, service) as connection:
            rows = await connection.fetch(SQL["watermarks"])
            seen = await connection.fetch(SQL["topics_seen"], "reads", list(topics))
        stands: dict[str, int] = {}
        for row in rows:
            stands[row["topic"]] = stands.get(row["topic"], 0) + row["next_offset"]
        known = {row["topic"]: row["topic_id"] for row in seen}
        for name, next_offset in sorted(stands.items()):
            topic = actual.get(site.topic_prefix + name)
            found.append(
                Standing(
                    service,
                    name,
                    next_offset,
                    sum(_of(name, begins)),
                    sum(_of(name, ends)),
                    known.get(name, ""),
                    topic.topic_id if topic else "",
                    topic.partitions if topic else 0,
                )
            )
    return found


def _of(name: str, offsets: Mapping[tuple[str, int], int]) -> Iterator[int]:
    return (offset for (topic, _), offset in offsets.items() if topic == name)
