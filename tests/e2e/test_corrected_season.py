"""A season in which something is annulled, superseded or withdrawn ends as its author wrote it down, mails included."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.local.servers import Endpoints
from deploy.season.cases import CORRECTED
from deploy.season.generator import generate
from tests.support.command_line import make_known, ocop
from tests.support.fleet import Fleet, fleet

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 33
SEED = 2026


async def why(running: Fleet, dossier: str) -> list[tuple[str, int, str, int]]:
    """Level, attempt, total and stars of each score that counts, as `./ocop why` tells them."""
    status, output = await ocop(running, "why", dossier, "--json")
    assert status == 0, output
    return [(one["level"], one["attempt"], one["total"]["fraction"], one["stars"]) for one in json.loads(output)]


async def test_a_season_with_corrections_ends_as_written_down(servers: Endpoints, tmp_path: Path) -> None:
    season = generate(DOSSIER_COUNT, SEED, corrections=True)
    assert {case.name for case in CORRECTED} <= {product.case for product in season.expected.products}

    async with fleet(servers, season, tmp_path) as running:
        await running.play(season.lines)
        report = await running.check(season)
        make_known(running)
        dossiers = {one.case: one.reference.replace("SP", "HS") for one in season.expected.products}
        annulled = await why(running, f"52/{dossiers['session_annulled']}")
        untold = await ocop(running, "why", f"14/{dossiers['withdrawn']}")
        unknown = await ocop(running, "why", "52/HS-99999")

    assert [str(difference) for difference in report.differences] == []
    assert annulled == [("province", 2, "529/7", 4)]
    assert (untold[0], unknown[0]) == (1, 2)
    assert "Chưa có quyết định" in untold[1]
