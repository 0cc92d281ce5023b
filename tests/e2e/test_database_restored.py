"""PostgreSQL restored from an older copy under a newer Kafka: named, recovered, and nothing said twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
import psycopg
import pytest

from deploy.local.servers import Endpoints
from deploy.positions.recovery import Recovered, recover
from deploy.provision import SERVICES, provision
from deploy.replay.pipelines import pipeline_of
from deploy.season.generator import generate
from shared.contracts.topics import INTERNAL
from tests.support.core import header
from tests.support.fleet import Fleet, fleet
from tests.support.groups import commit
from tests.support.mails import by_message_id, doubles, in_doubt, without_doubles_in_doubt
from tests.support.rest import at_rest, numbering
from tests.support.site import TestSite
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 30
SEED = 2026
AT_THE_COPY, AT_THE_FAULT = 0.6, 0.88
STOPS = ("registration", "evaluation", "promotion", "notification")
FOLDING = ("evaluation", "promotion", "notification")
STOPPED_SECONDS_MAX = 60.0


def copy_database(site: TestSite, source: str, copy: str) -> None:
    """`copy` holds what `source` holds now; nobody is connected."""
    with psycopg.connect(site.site.postgres_superuser_dsn, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{source}"')


def restore(site: TestSite, copy: str) -> None:
    """The site's database is the older copy; what it held since is gone."""
    with psycopg.connect(site.site.postgres_superuser_dsn, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{site.site.database}" WITH (FORCE)')
        connection.execute(f'ALTER DATABASE "{copy}" RENAME TO "{site.site.database}"')
    provision(site.site)


async def named(running: Fleet, services: Sequence[str]) -> Mapping[str, str]:
    """Each service that stops itself has said why; returns what."""
    found: dict[str, str] = {}

    async def all_said() -> bool:
        for service in services:
            for line in (running.layout.logs / f"{service}.log").read_bytes().splitlines():
                said = orjson.loads(line) if line.startswith(b'{"') else {}
                if said.get("event") == "stopped":
                    found[service] = f"{said['error']}: {said['detail']}"
        return len(found) == len(services)

    await eventually(all_said, what="every service named it", deadline_seconds=STOPPED_SECONDS_MAX)
    return found


async def records(site: TestSite) -> dict[str, int]:
    """How many records each internal topic holds."""
    return {topic.name: len(await site.records(topic.name)) for topic in INTERNAL}


async def forget_commits(site: TestSite) -> None:
    """Kafka was told nothing of how far the services had come, which they say once in a while."""
    for service in FOLDING:
        await commit(site, service, pipeline_of(service).inputs, 0)


async def test_a_database_older_than_kafka_is_named_and_brought_to_where_it_stood(
    servers: Endpoints, tmp_path: Path
) -> None:
    season = generate(DOSSIER_COUNT, SEED)
    copied, faulty = (round(len(season.lines) * share) for share in (AT_THE_COPY, AT_THE_FAULT))

    async with fleet(servers, season, tmp_path) as running:
        site = running.site
        await running.play(season.lines[:copied])
        running.stop()
        copy = f"{site.site.database}_copy"
        copy_database(site, site.site.database, copy)
        running.start()
        await running.play(season.lines[copied:faulty])
        running.stop()
        restore(site, copy)
        before = await records(site)

        running.start()
        said = await named(running, STOPS)
        running.stop()
        after = await records(site)
        await forget_commits(site)
        recovered = [await recover(site.site, service) for service in SERVICES]
        running.start()
        await running.play(season.lines[faulty:])
        await at_rest(site)
        (read := tmp_path / "read").mkdir()
        report = await running.check(season, await without_doubles_in_doubt(running, read))
        faults = await numbering(site)
        twice = await doubled(site)
        doubtful = await in_doubt(running)

    assert {service: words.partition(":")[0] for service, words in said.items()} == dict.fromkeys(
        STOPS, "DatabaseOlderThanKafkaError"
    )
    assert all("ocop." in words and words.endswith("database-older-than-kafka.md") for words in said.values())
    assert after == before
    assert [one.service for one in recovered if one.unknown] == list(STOPS)
    assert [str(difference) for difference in report.differences] == []
    assert report.counts == report.expected
    assert faults == []
    assert twice == []
    assert doubles(read) == 0
    assert {mail for mail, paths in by_message_id(running.layout.mail).items() if len(paths) > 1} <= doubtful.keys()


async def doubled(site: TestSite) -> list[str]:
    """Events that stand on an internal topic more than once."""
    found: list[str] = []
    for topic in INTERNAL:
        seen: set[str] = set()
        for record in await site.records(topic.name):
            event = header(record, "id")
            found += [f"{topic.name} {event}"] if event in seen else []
            seen.add(event)
    return found


async def test_a_service_that_knows_all_that_kafka_holds_has_nothing_to_recover(site: TestSite) -> None:
    assert [await recover(site.site, service) for service in SERVICES] == [
        Recovered(service, 0, 0, 0) for service in SERVICES
    ]
