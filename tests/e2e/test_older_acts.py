"""Dossiers of every older act, sent to real services, end as typed, are accounted for, and rise again from the log."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploy.local.servers import Endpoints
from deploy.replay.replay import replay_site
from deploy.season.generator import Season
from deploy.verify import account
from tests.golden.test_older_ladders import LADDERS
from tests.support.fleet import fleet
from tests.support.older_ladders import filed
from tests.support.older_lines import lines
from tests.support.registration import HA_NOI, MINISTRY
from tests.support.rest import at_rest, database

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

UNFINISHED = filed(date(2026, 5, 20), "renewal", criteria_set=13)
STORIES = [*(ladder.said for ladder in LADDERS.values()), UNFINISHED]


async def test_dossiers_of_the_older_acts_end_as_typed(servers: Endpoints, tmp_path: Path) -> None:
    season = cast(Season, SimpleNamespace(expected=SimpleNamespace(units=(HA_NOI, MINISTRY))))
    typed = Counter(word for ladder in LADDERS.values() for word in ladder.told.split() if word.startswith("Product"))

    async with fleet(servers, season, tmp_path) as running:
        await running.play(list(lines(STORIES, date(2026, 7, 20), date(2026, 7, 22))))
        await at_rest(running.site)
        replayed = await asyncio.to_thread(lambda: list(replay_site(running.site.site)))
        tasks = await _open_tasks(running)
        running.stop()
        found = await account(running.site.site, running.layout.mail)

    counts = found.counts
    assert found.unexplained == ()
    assert (counts["refused"], counts["held"], counts["dead_lettered"]) == (0, 0, 0)
    assert counts["dossiers"] == len(STORIES)
    assert counts["recognised"] == typed["ProductRecognised"]
    assert tasks == [("old_rules_ended", HA_NOI, date(2026, 6, 22))]
    assert [report for report in replayed if any(table.differing for table in report.tables)] == []


async def _open_tasks(running: Any) -> list[tuple[str, str, date]]:
    async with database(running.site) as connection:
        rows = await connection.fetch("SELECT task, unit, opened_on FROM promotion.task WHERE closed_on IS NULL")
    return [(row["task"], row["unit"], row["opened_on"]) for row in rows]
