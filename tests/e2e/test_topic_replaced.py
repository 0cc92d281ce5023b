"""An internal topic deleted and made anew under a running site: named, filled again, and the season goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.servers import Endpoints
from deploy.positions.standing import standings
from deploy.positions.topics import accept_topic, resend
from deploy.season.generator import generate
from shared.contracts.topics import SCORES
from tests.e2e.test_database_restored import named
from tests.integration.test_fencing import replace_topic
from tests.support.fleet import fleet
from tests.support.mails import doubles
from tests.support.rest import at_rest, numbering

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 30
SEED = 2026
AT_THE_FAULT = 0.7
READERS = ("promotion", "console")


async def test_an_internal_topic_made_anew_is_named_and_the_season_goes_on(servers: Endpoints, tmp_path: Path) -> None:
    season = generate(DOSSIER_COUNT, SEED)
    faulty = round(len(season.lines) * AT_THE_FAULT)

    async with fleet(servers, season, tmp_path) as running:
        site = running.site
        await running.play(season.lines[:faulty])
        await at_rest(site)
        held = len(await site.records(SCORES.name))
        await replace_topic(site, SCORES)
        said = await named(running, ("evaluation", *READERS))

        resent = await resend(site.site, "evaluation", SCORES.name)
        waiting = [await accept_topic(site.site, reader, SCORES.name) for reader in READERS]
        await running.play(season.lines[faulty:])
        await at_rest(site)
        report = await running.check(season)
        faults = await numbering(site)
        unsound = [one for one in await standings(site.site) if not one.is_sound]

    assert {words.partition(":")[0] for words in said.values()} == {"TopicReplacedError"}
    assert all(f"{SCORES.name} was " in words for words in said.values())
    assert (resent.events, waiting) == (held, [held] * len(READERS))
    assert [str(difference) for difference in report.differences] == []
    assert report.counts == report.expected
    assert faults == []
    assert unsound == []
    assert doubles(running.layout.mail) == 0
