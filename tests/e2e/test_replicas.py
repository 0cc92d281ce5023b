"""Two processes of one service share its work, and nothing is done twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local.servers import Endpoints
from deploy.season.generator import generate
from shared.contracts.topics import INTERNAL
from shared.messaging.crash_points import CrashPoint
from tests.support.crashing import Death
from tests.support.ending import ending
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest, database, distinct, inputs, numbering, watermarks
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 30
SEED = 2026
REPLICATED = ("registration", "evaluation", "promotion")
SHARED_GROUPS = {"registration-promotions": "registration", "evaluation": "evaluation", "promotion": "promotion"}
INTAKE_GROUP = "registration-intake"
FROZEN_AT = 5
"""At which of its transactions."""


async def shares(running: Fleet, group: str, members: int = 2) -> Sequence[int]:
    """How many partitions each of the group's members has, the smallest share first, once the group is stable."""
    admin = AdminClient({"bootstrap.servers": running.site.site.kafka_bootstrap})
    name = f"{running.site.site.topic_prefix}{group}"

    async def stands() -> list[int] | None:
        try:
            described = await asyncio.to_thread(admin.describe_consumer_groups([name])[name].result)
        except KafkaException:  # the broker's first group: its coordinator loads
            return None
        settled = described.state == ConsumerGroupState.STABLE and len(described.members) == members
        return sorted(len(member.assignment.topic_partitions) for member in described.members) if settled else None

    found = await eventually(stands, what=f"{group}: {members} members")
    assert found is not None
    return found


async def events_read_by(running: Fleet, service: str) -> int:
    """How many different events stand on the internal topics that the service reads."""
    topics = [topic for topic in INTERNAL if service in topic.readers]
    return sum([distinct(await running.site.records(topic.name)) for topic in topics])


async def test_two_replicas_share_the_season_and_double_nothing(servers: Endpoints, tmp_path: Path) -> None:
    season = generate(DOSSIER_COUNT, SEED)

    async with fleet(servers, season, tmp_path, dict.fromkeys(REPLICATED, 2)) as running:
        shared = {group: await shares(running, group) for group in SHARED_GROUPS}
        intake = await shares(running, INTAKE_GROUP)
        await running.play(season.lines)
        ends = await at_rest(running.site)
        report = await running.check(season)
        faults = await numbering(running.site)
        read = {service: await events_read_by(running, service) for service in REPLICATED}
        async with database(running.site) as connection:
            stands = {service: await watermarks(connection, service) for service in REPLICATED}

    assert [str(difference) for difference in report.differences] == []
    assert faults == []
    assert all(min(share) > 0 for share in shared.values()), shared
    assert sum(intake) == len(season.expected.units)  # one lane: admission is serial, whoever does it
    for service in REPLICATED:
        assert sum(stands[service].values()) == sum(ends[place] for place in inputs(running.site, service))
    for group, service in SHARED_GROUPS.items():
        applied = [running.batches(name, group)["applied"] for name in (service, f"{service}-1")]
        assert all(applied), f"{group}: {applied}"
        assert sum(applied) == read[service]
    assert running.killed() == {}
    assert set(running.ends()) == {0}


async def test_a_replica_frozen_in_its_transaction_writes_nothing_of_what_was_taken_over(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIER_COUNT, SEED)
    plan = {"evaluation": (Death(CrashPoint.IN_TRANSACTION, FROZEN_AT, signal.SIGSTOP),)}

    async with fleet(servers, season, tmp_path / "home", {"evaluation": 2}, plan) as running:

        async def frozen() -> bool:
            return bool(await asyncio.to_thread(running.crashed, "evaluation"))

        async def tried_again() -> bool:
            now = await asyncio.to_thread(running.batches, "evaluation", "evaluation")
            return now["redelivered"] > before["redelivered"]  # on a busy machine a rebalance came before the freeze

        await shares(running, "evaluation")
        async with asyncio.TaskGroup() as group:
            group.create_task(running.play(season.lines))
            await eventually(frozen, what="evaluation is frozen in its transaction")
            (taken_over,) = await shares(running, "evaluation", members=1)
        await at_rest(running.site)
        before = running.batches("evaluation", "evaluation")
        running.supervisor.send_signal("evaluation", signal.SIGCONT)
        await eventually(tried_again, what="the frozen one has tried its batch again")
        ended = await ending(running, season, tmp_path / "read")
        read = await events_read_by(running, "evaluation")

    assert ended.faults == ()
    assert ended.doubles == 0
    assert running.batches("evaluation", "evaluation")["applied"] == before["applied"]
    assert taken_over == sum(topic.partitions for topic in INTERNAL if "evaluation" in topic.readers)
    assert sum(running.batches(name, "evaluation")["applied"] for name in ("evaluation", "evaluation-1")) == read
    assert running.killed() == {}
