"""Promotion's tables, written by its own role in the real PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from services.promotion.domain.standing import Standing
from services.promotion.handlers import decide
from services.promotion.store import project
from shared.contracts import dossiers, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.kernel.outcomes import Applied
from shared.messaging.pipeline import Change
from tests.support.little_rulebook import ACT, VERSION, little_editions, little_rulebooks
from tests.support.product_events import FIRST, PRODUCT, UNIT, decision, filed, requested
from tests.support.site import TestSite

pytestmark = [pytest.mark.servers]

BASIS = Basis(act=ACT, rulebook=VERSION, articles=())


def concluded() -> scores.CommuneAssessmentConcluded:
    return scores.CommuneAssessmentConcluded(
        dossier_id=FIRST,
        stage=scores.Stage(level="commune", attempt=1),
        outcome="evaluation_requested",
        assessed_on=date(2026, 6, 29),
        reason=None,
        findings_met=4,
        basis=BASIS,
    )


def scored(level: str, points: int, stars: int) -> scores.ProductScored:
    return scores.ProductScored(
        dossier_id=FIRST,
        stage=scores.Stage(level=level, attempt=1),
        session_id=UUID(int=7),
        closed_on=date(2026, 8, 15),
        total=Exact(numerator=points, denominator=1),
        parts=(),
        band=stars,
        stars=stars,
        missed=(),
        sheets=3,
        struck_out=None,
        basis=BASIS,
    )


STORY: tuple[Event, ...] = (
    filed(FIRST, date(2026, 6, 1)),
    dossiers.DayOpened(date=date(2026, 6, 23)),
    concluded(),
    scored("province", 95, 5),
    decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)),
    requested(FIRST, date(2026, 8, 25)),
    scored("central", 85, 4),
    decision(FIRST, 2, "recognise", 4, date(2026, 12, 3)),
    dossiers.DayOpened(date=date(2029, 12, 4)),
)


def batches(size: int) -> list[Change[Standing]]:
    """The story of one product as the core would hand it over, `size` events to a batch."""
    changes: list[Change[Standing]] = []
    standing, number = Standing(), 0
    for start in range(0, len(STORY), size):
        before, announced = standing, []
        for event in STORY[start : start + size]:
            outcome = decide(
                little_rulebooks(), little_editions(), standing, event, Envelope("1", "", "", str(PRODUCT), 1, 0)
            )
            assert isinstance(outcome, Applied)
            standing = outcome.state
            for fact in outcome.facts:
                number += 1
                announced.append((Envelope(str(UUID(int=number)), "", "", str(PRODUCT), number, 0), fact))
        changes.append(Change(str(PRODUCT), 3, before, standing, tuple(announced)))
    return changes


async def rows(site: TestSite, query: str) -> Sequence[tuple[object, ...]]:
    async with site.pool("promotion") as pool:
        return [tuple(row) for row in await pool.fetch(query)]


@pytest.mark.parametrize("size", [1, 3, len(STORY)])
async def test_certificates_and_tasks_say_the_same_however_the_story_is_cut_into_batches(
    site: TestSite, size: int
) -> None:
    async with site.pool("promotion") as pool:
        for change in batches(size):
            async with pool.acquire() as conn, conn.transaction():
                await project(conn, [change])

    assert await rows(site, "SELECT subject, unit, level, stars, issued_on, expires_on, ended_on FROM certificate") == [
        (str(PRODUCT), UNIT, "province", 4, date(2026, 12, 3), date(2029, 12, 3), date(2029, 12, 3))
    ]
    assert await rows(site, "SELECT task, unit, opened_on, total, stars, closed_on FROM task ORDER BY opened_on") == [
        ("stage_overdue", UNIT, date(2026, 6, 23), None, None, date(2026, 6, 29)),
        ("decide_on_central_result", UNIT, date(2026, 8, 15), "85/1", 4, date(2026, 12, 3)),
    ]
