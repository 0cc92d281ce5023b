"""A season in which something is annulled, superseded or withdrawn ends as its author wrote it down, mails included."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.servers import Endpoints
from deploy.season.cases import CORRECTED
from deploy.season.generator import generate
from tests.support.fleet import fleet

pytestmark = pytest.mark.servers

DOSSIER_COUNT = 31
SEED = 2026


async def test_a_season_with_corrections_ends_as_written_down(servers: Endpoints, tmp_path: Path) -> None:
    season = generate(DOSSIER_COUNT, SEED, corrections=True)
    assert {case.name for case in CORRECTED} <= {product.case for product in season.expected.products}

    async with fleet(servers, season, tmp_path) as running:
        await running.play(season.lines)
        report = await running.check(season)

    assert [str(difference) for difference in report.differences] == []
