"""A topic that is not what it was stops whoever reads or sends, and is named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

import asyncpg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewPartitions
from structlog.testing import capture_logs

from deploy.provision import create_topics
from shared.contracts.topics import SCORES, SHEETS, Topic
from shared.kernel.partitions import partition_of
from shared.messaging import fence_watch, fencing
from shared.messaging.faults import StopsServiceError
from shared.messaging.runtime import relay
from shared.messaging.topic_ids import describe
from tests.support import core, toy
from tests.support.core import SERVICE, Running, Sent, caught_up, expect, produce, query, running, season, told
from tests.support.groups import admin, commit
from tests.support.site import TestSite
from tests.support.toy import subject
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers

SUBJECTS = [subject(number) for number in range(20)]
PART = partition_of(SUBJECTS[0], SHEETS.partitions)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fencing, "FENCE_EVERY_SECONDS", 0.2)
    return iter(())


async def delete(site: TestSite, topic: Topic) -> None:
    """The topic is gone."""
    name = site.site.topic_prefix + topic.name
    client = admin(site)
    (deleted,) = client.delete_topics([name], operation_timeout=10.0).values()
    await asyncio.to_thread(deleted.result)

    async def gone() -> bool:
        return name not in (await asyncio.to_thread(admin(site).list_topics, timeout=10.0)).topics

    await eventually(gone, what=f"{name} gone")


async def replace_topic(site: TestSite, topic: Topic) -> None:
    """The topic was deleted and made anew."""
    await delete(site, topic)
    await asyncio.to_thread(create_topics, site.site)


async def add_partitions(site: TestSite, topic: Topic, count: int) -> None:
    """The topic has so many partitions, and whoever asks the broker is told so: it hears of them a little later."""
    client, name = admin(site), site.site.topic_prefix + topic.name
    (made,) = client.create_partitions([NewPartitions(name, count)]).values()
    await asyncio.to_thread(made.result)

    async def there() -> bool:
        return (await asyncio.to_thread(describe, [site.site.kafka_bootstrap], [name]))[name].partitions == count

    await eventually(there, what=f"{name} with {count} partitions")


async def stopped(runs: Running) -> str:
    """The consumer has failed; returns why."""

    async def failed() -> Exception | None:
        return runs.consumer.failed

    error = await eventually(failed, what="the consumer stopped")
    return f"{type(error).__name__}: {error}"


async def played(site: TestSite) -> None:
    await core.prepare(site)
    async with running(site):
        await produce(site, season(SUBJECTS, 3))
        await caught_up(site)


async def test_a_topic_deleted_and_made_anew_stops_a_consumer_that_starts(site: TestSite) -> None:
    await played(site)
    before = await query(site, "SELECT topic, part, next_offset FROM watermark ORDER BY 1, 2")
    await replace_topic(site, SHEETS)
    await produce(site, [Sent(about, 4, toy.sheet()) for about in SUBJECTS])

    with capture_logs() as logs:
        async with running(site) as runs:
            why = await stopped(runs)

    seen = await query(site, "SELECT topic_id FROM topic_seen WHERE usage = 'reads' AND topic = $1", SHEETS.name)
    assert why.startswith(f"TopicReplacedError: {SERVICE}: {SHEETS.name} was {seen[0]['topic_id']} and is ")
    assert why.endswith("see deploy/runbooks/topic-replaced.md")
    assert any(line["event"] == "stopped" and line["error"] == "TopicReplacedError" for line in logs)
    assert await query(site, "SELECT topic, part, next_offset FROM watermark ORDER BY 1, 2") == before


async def watching(runs: Running, stop: asyncio.Event) -> None:
    assert runs.consumer.fence is not None
    await fence_watch.watch(runs.consumer, runs.consumer.fence, stop)


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (replace_topic, "TopicReplacedError"),
        (lambda site, topic: add_partitions(site, topic, 14), "PartitionsChangedError"),
        (delete, "TopicMissingError"),
    ],
)
async def test_a_topic_changed_under_a_running_consumer_stops_it_and_is_named(
    site: TestSite,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[TestSite, Topic], Awaitable[None]],
    name: str,
) -> None:
    monkeypatch.setattr(fencing, "TOPIC_MISSING_SECONDS_MAX", 1.0)
    await core.prepare(site)
    stop = asyncio.Event()

    async with running(site) as runs:
        await produce(site, season(SUBJECTS, 3))
        await caught_up(site)
        task = asyncio.create_task(watching(runs, stop))
        await harm(site, SHEETS)
        why = await stopped(runs)
        stop.set()
        await task

    assert why.startswith(f"{name}: {SERVICE}: {SHEETS.name} ")


async def test_a_consumer_that_is_alone_and_given_nothing_is_told_of(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fencing, "ASSIGNMENT_EMPTY_SECONDS_MAX", 0.5)
    await core.prepare(site)
    stop = asyncio.Event()

    async with running(site) as runs:
        await produce(site, season(SUBJECTS, 1))
        await caught_up(site)
        kafka = runs.consumer.kafka()
        monkeypatch.setattr(kafka, "assignment", frozenset)
        task = asyncio.create_task(watching(runs, stop))
        why = await stopped(runs)
        stop.set()
        await task

    assert why.startswith(f"AssignmentEmptyError: {SERVICE}: {site.site.topic_prefix}{SERVICE} has had nothing")


@pytest.mark.parametrize(("kafka_answers", "ends"), [(True, True), (False, False)])
async def test_a_consumer_whose_client_hangs_ends_its_process_only_where_kafka_answers_others(
    site: TestSite, monkeypatch: pytest.MonkeyPatch, kafka_answers: bool, ends: bool
) -> None:
    async def silence(*_: object) -> dict[TopicPartition, int]:
        asked.append(len(asked))
        await asyncio.Event().wait()
        raise AssertionError

    asked: list[int] = []
    monkeypatch.setattr(fencing, "ANSWER_SECONDS_MAX", 2.0 if kafka_answers else 0.1)
    monkeypatch.setattr(fencing, "FENCE_EVERY_SECONDS", 0.05)
    await core.prepare(site)
    stop = asyncio.Event()

    async with running(site) as runs:
        await produce(site, season(SUBJECTS, 1))
        await caught_up(site)
        monkeypatch.setattr(runs.consumer.kafka(), "end_offsets", silence)
        if not kafka_answers:
            monkeypatch.setattr(fencing, "ends_of", silence)
        task = asyncio.create_task(watching(runs, stop))
        if ends:
            assert (await stopped(runs)).startswith(f"UnansweredError: {SERVICE}: no answer within 2.0 s")
        else:
            await eventually(lambda: _so_many(asked, 8), what="looks in vain")
            assert runs.consumer.failed is None
        stop.set()
        await task


async def _so_many(asked: Sequence[int], count: int) -> bool:
    return len(asked) >= count


async def test_a_topic_cut_off_below_the_watermark_under_a_running_consumer_stops_it(site: TestSite) -> None:
    await core.prepare(site)
    stop = asyncio.Event()

    async with running(site) as runs:
        await produce(site, season(SUBJECTS, 1))
        await caught_up(site)
        await query(site, "UPDATE watermark SET next_offset = 1000 WHERE topic = $1 AND part = $2", SHEETS.name, PART)
        task = asyncio.create_task(watching(runs, stop))
        why = await stopped(runs)
        stop.set()
        await task

    assert why.startswith(f"HistoryLostError: {site.site.topic_prefix}{SHEETS.name}/{PART}: next is 1000")


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (replace_topic, "TopicReplacedError"),
        (lambda site, topic: add_partitions(site, topic, 14), "PartitionsChangedError"),
    ],
)
@pytest.mark.parametrize("while_it_runs", [True, False])
async def test_a_relay_sends_nothing_into_a_topic_that_is_not_the_one_it_knows(
    site: TestSite, harm: Callable[[TestSite, Topic], Awaitable[None]], name: str, while_it_runs: bool
) -> None:
    await played(site)
    outbox, stop = relay(core.settings(site), SERVICE), asyncio.Event()
    if not while_it_runs:
        await harm(site, SCORES)
    task = asyncio.create_task(outbox.run(stop))
    if while_it_runs:
        await eventually(lambda: _leads(site), what="the relay leads")
        await harm(site, SCORES)

    with pytest.raises(StopsServiceError) as caught:
        await asyncio.wait_for(task, 20.0)

    assert type(caught.value).__name__ == name
    assert SCORES.name in str(caught.value)


async def _leads(site: TestSite) -> bool:
    return bool(await query(site, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"))


async def test_a_database_that_does_not_know_what_kafka_holds_stops_before_it_sends(site: TestSite) -> None:
    await played(site)
    newest = (await query(site, "SELECT lane, position FROM outbox ORDER BY position DESC LIMIT 1"))[0]
    await query(site, "DELETE FROM outbox WHERE lane = $1 AND position = $2", *newest)
    await query(site, "UPDATE lane SET head = head - 1 WHERE lane = $1", newest["lane"])
    await query(site, "UPDATE relay SET sent = sent - 1 WHERE lane = $1", newest["lane"])

    with pytest.raises(fencing.DatabaseOlderThanKafkaError) as caught:
        await relay(core.settings(site), SERVICE).check()

    assert f"number {newest['position']} of {newest['lane']}, which the outbox does not know" in str(caught.value)
    assert SCORES.name in str(caught.value)
    assert str(caught.value).endswith("see deploy/runbooks/database-older-than-kafka.md")


async def test_a_relay_that_died_before_its_cursor_was_saved_is_no_older_database(site: TestSite) -> None:
    await played(site)
    await query(site, "UPDATE relay SET sent = 0")
    await query(site, "DELETE FROM outbox WHERE position = 1")  # as if pruned

    await relay(core.settings(site), SERVICE).check()

    assert await query(site, "SELECT 1 FROM relayed WHERE topic = $1 AND next_offset > 0", SCORES.name)


async def test_a_running_relay_notes_how_far_it_was_acknowledged_so_that_a_start_compares_little(
    site: TestSite,
) -> None:
    await core.prepare(site)

    async def noted() -> list[asyncpg.Record]:
        return await query(site, "SELECT part FROM relayed WHERE topic = $1 AND next_offset > 0", SCORES.name)

    async with running(site):
        before = await noted()
        for number in (1, 2):
            await produce(site, [Sent(SUBJECTS[0], number, toy.sheet()), Sent(SUBJECTS[0], 1, toy.opened())])
            await caught_up(site)
        await eventually(noted, what="acknowledged offsets kept")

    assert before == []
    await relay(core.settings(site), SERVICE).check()


@pytest.mark.parametrize("to_the_end", [True, False])
async def test_the_watermark_wins_over_offsets_that_were_reset(site: TestSite, to_the_end: bool) -> None:
    await played(site)
    await produce(site, [Sent(about, 4, toy.sheet()) for about in SUBJECTS])
    await commit(site, SERVICE, core.TOPICS.values(), 10_000 if to_the_end else 0)

    async with running(site):
        await caught_up(site)

    expect(await told(site, 4 * len(SUBJECTS)), SUBJECTS, 4)
