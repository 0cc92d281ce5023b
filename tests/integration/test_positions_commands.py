"""What the runbooks' commands bring on again: a topic made anew, partitions added, a watermark beyond the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from typer.testing import CliRunner

from deploy import acts
from deploy.local.layout import LocalFault
from deploy.positions.command import app
from deploy.positions.standing import standings
from deploy.positions.topics import accept_topic, recreate, resend
from shared.contracts.topics import DOSSIERS, SCORES, SHEETS
from shared.kernel.partitions import partition_of
from shared.messaging import fencing
from shared.messaging.faults import StopsServiceError
from shared.messaging.runtime import relay
from tests.integration.test_fencing import add_partitions, played, replace_topic, stopped
from tests.support import core, toy
from tests.support.core import SERVICE, Sent, caught_up, expect, produce, query, running, season, told
from tests.support.site import TestSite
from tests.support.toy import subject

pytestmark = pytest.mark.servers

SUBJECTS = [subject(number) for number in range(20)]


async def sends(site: TestSite) -> None:
    """The relay has compared, and nothing keeps it from sending."""
    await relay(core.settings(site), SERVICE).check()


async def test_an_output_topic_made_anew_is_filled_again_from_the_outbox(site: TestSite) -> None:
    await played(site)
    before = await contents(site, SCORES.name)
    await replace_topic(site, SCORES)
    with pytest.raises(StopsServiceError):
        await sends(site)

    resent = await resend(site.site, SERVICE, SCORES.name)
    await sends(site)
    async with running(site):
        await produce(site, [Sent(about, 4, toy.sheet()) for about in SUBJECTS])
        await caught_up(site)

    assert resent.events == len(before) == 3 * len(SUBJECTS)
    assert before.items() <= (await contents(site, SCORES.name)).items()
    expect(await told(site, 4 * len(SUBJECTS)), SUBJECTS, 4)


async def contents(site: TestSite, topic: str) -> dict[tuple[Any, ...], bytes]:
    """What the topic holds, by partition, subject and number."""
    return {_key(record): record.value for record in await site.records(topic)}


def _key(record: ConsumerRecord) -> tuple[Any, ...]:
    return record.partition, core.header(record, "subject"), core.header(record, "sequence")


async def test_an_input_topic_made_anew_is_taken_from_its_beginning_and_what_was_applied_is_dropped(
    site: TestSite,
) -> None:
    await played(site)
    await replace_topic(site, SHEETS)
    async with running(site) as runs:
        assert (await stopped(runs)).startswith("TopicReplacedError")

    await accept_topic(site.site, SERVICE, SHEETS.name)
    async with running(site):
        sheets = [sent for sent in season(SUBJECTS, 4) if sent.event.family == "sheets"]
        await produce(site, sheets)
        await caught_up(site)

    expect(await told(site, 4 * len(SUBJECTS)), SUBJECTS, 4)
    assert await query(site, "SELECT 1 FROM held") == []


async def test_what_the_new_topic_does_not_hold_shows_as_a_gap(site: TestSite) -> None:
    await played(site)
    await replace_topic(site, SHEETS)

    await accept_topic(site.site, SERVICE, SHEETS.name)
    async with running(site):
        await produce(site, [Sent(about, 5, toy.sheet()) for about in SUBJECTS])
        await caught_up(site)
        rows = await query(site, "SELECT subject, sequence, reason FROM held")

    assert {tuple(row) for row in rows} == {(about, 5, "gap") for about in SUBJECTS}
    expect(await told(site, 3 * len(SUBJECTS)), SUBJECTS, 3)


async def test_added_partitions_are_undone_by_making_the_topic_anew(site: TestSite) -> None:
    await played(site)
    await add_partitions(site, SHEETS, 14)
    await add_partitions(site, SCORES, 14)
    async with running(site, relaying=False) as runs:
        assert (await stopped(runs)).startswith(f"PartitionsChangedError: {SERVICE}: {SHEETS.name} has 14 partitions")
    with pytest.raises(fencing.PartitionsChangedError, match=SCORES.name):
        await sends(site)
    with pytest.raises(LocalFault, match="recreate"):
        await accept_topic(site.site, SERVICE, SHEETS.name)

    for topic in (SHEETS, SCORES):
        await asyncio.to_thread(recreate, site.site, topic.name)
    await resend(site.site, SERVICE, SCORES.name)
    await accept_topic(site.site, SERVICE, SHEETS.name)
    async with running(site):
        await produce(site, [sent for sent in season(SUBJECTS, 4) if sent.event.family == "sheets"])
        await caught_up(site)

    expect(await told(site, 4 * len(SUBJECTS)), SUBJECTS, 4)


async def test_a_watermark_beyond_the_end_is_taken_back_to_the_beginning(site: TestSite) -> None:
    await played(site)
    part = partition_of(SUBJECTS[0], SHEETS.partitions)
    await query(site, "UPDATE watermark SET next_offset = 1000 WHERE topic = $1 AND part = $2", SHEETS.name, part)
    async with running(site) as runs:
        assert (await stopped(runs)).startswith(f"HistoryLostError: {site.site.topic_prefix}{SHEETS.name}/{part}")

    await accept_topic(site.site, SERVICE, SHEETS.name)
    async with running(site):
        await produce(site, [Sent(about, 4, toy.sheet()) for about in SUBJECTS])
        await caught_up(site)

    expect(await told(site, 4 * len(SUBJECTS)), SUBJECTS, 4)


async def test_standings_name_what_is_not_as_it_was(site: TestSite) -> None:
    await played(site)
    before = await standings(site.site)
    await replace_topic(site, SHEETS)

    after = {(one.service, one.topic): one for one in await standings(site.site)}

    assert {(one.service, one.topic) for one in before} == {(SERVICE, DOSSIERS.name), (SERVICE, SHEETS.name)}
    assert all(one.is_sound and one.next_offset == one.end for one in before)
    assert after[SERVICE, DOSSIERS.name].is_sound
    sheets = after[SERVICE, SHEETS.name]
    assert (sheets.is_sound, sheets.end) == (False, 0)
    assert sheets.known_id != sheets.actual_id


async def test_nobody_accepts_or_resends_a_topic_that_is_not_theirs(site: TestSite) -> None:
    with pytest.raises(LocalFault, match="does not read"):
        await accept_topic(site.site, "promotion", SHEETS.name)
    with pytest.raises(LocalFault, match="does not write"):
        await resend(site.site, "promotion", SHEETS.name)
    with pytest.raises(LocalFault, match="no topic"):
        await resend(site.site, "promotion", "ocop.nothing.v1")


async def test_the_commands_say_in_both_languages_what_they_did(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    await played(site)
    await replace_topic(site, SHEETS)
    monkeypatch.setattr(acts, "site", lambda: site.site)

    async def ran(*words: str) -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, words)
        return result.exit_code, result.output

    unsound = await ran("list")
    recreated = await ran("recreate", SHEETS.name, "--yes")
    accepted = await ran("accept-topic", SERVICE, SHEETS.name)
    resent = await ran("resend", SERVICE, SCORES.name)
    sound = await ran("list")
    recovered = await ran("recover", "all")

    assert (unsound[0], "!" in unsound[1]) == (1, True)
    assert recreated == (0, f"{SHEETS.name}: 12 phân vùng, trống. / 12 partitions, empty.\n")
    assert accepted[1].endswith("It reads from the beginning: 0 records.\n")
    assert "60 events sent again, since 20" in resent[1]
    assert (sound[0], "!" in sound[1]) == (0, False)
    assert (recovered[0], recovered[1].count("Kafka held 0 events unknown")) == (0, 5)
