"""What the accounting computes by itself: every golden case, and the days of the act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import orjson
import pytest

from deploy.verify.days import months_later, stage_last_day
from deploy.verify.scoring import needed_members, verdict
from services.promotion.domain.clocks import Law, stage_due
from shared.contracts.dossiers import CouncilSeated
from shared.rulebooks.calendar import YearNotPublished
from shared.rulebooks.loader import load
from shared.rulebooks.model import Regime
from tests.golden.test_golden_cases import golden_cases, typed_sheets
from tests.support.little_rulebook import little_editions


def regime() -> Regime:
    """The act of 2026."""
    book = load().by_id("qd26-2026")
    assert book is not None
    return book.regime


def council(**by_law: Any) -> CouncilSeated:
    """Seven who score and a secretary, under a by-law."""
    roles = ["chair", *["member"] * 5, "expert", "secretary"]
    seated = {
        "dossier_id": "01a2084d-46a0-82f1-9ac3-bf5ba4dc56fb",
        "session_id": "01a2084d-56fa-80f7-a9b0-9c7d089e3ab5",
        "level": "province",
        "round": "2026-2",
        "meets_on": "2026-11-13",
        "council_id": "01a2084d-5508-86f9-a0ee-4cf7f93344e6",
        "members": [{"member_id": f"TV{place}", "role": role} for place, role in enumerate(roles)],
        "by_law": {"quorum_members": None, "quorum_share": None, "chair_required": True, **by_law},
    }
    return CouncilSeated.model_validate_json(orjson.dumps(seated))


@pytest.mark.parametrize(("act", "number", "named", "case"), golden_cases())
def test_a_golden_case_comes_to_what_was_typed(
    act: str, number: int, named: Mapping[str, Mapping[str, int]], case: Mapping[str, Any]
) -> None:
    book, expected = load().by_id(act), case["expect"]
    assert book is not None

    found = verdict(book.sets[number], book.regime.bands, typed_sheets(named, case), case.get("agreed"))

    assert found.total == Fraction(expected["total"])
    assert dict(found.parts) == {code: Fraction(mean) for code, mean in expected["parts"].items()}
    assert (found.band.stars, found.stars) == (expected["band"], expected["stars"])
    missed = expected.get("missed", {})
    assert found.missed == {stars: tuple(missed.get(stars, ())) for stars in (3, 4, 5)}


@pytest.mark.parametrize(
    ("by_law", "needed"),
    [
        ({}, 0),
        ({"quorum_members": 5}, 5),
        ({"quorum_share": "3/4"}, 6),
        ({"quorum_members": 2, "quorum_share": "2/3"}, 5),
        ({"quorum_members": 7, "quorum_share": "1/2"}, 7),
    ],
)
def test_a_quorum_is_the_larger_of_number_and_share_of_those_who_score(by_law: Mapping[str, Any], needed: int) -> None:
    assert needed_members(council(**by_law), regime().by_law) == needed


@pytest.mark.parametrize(
    ("level", "kind", "begun_on", "last_day"),
    [
        ("commune", "first", date(2026, 6, 11), date(2026, 7, 2)),  # fifteen working days from a Thursday
        ("commune", "first", date(2026, 6, 13), date(2026, 7, 3)),  # from a Saturday
        ("commune", "first", date(2026, 1, 30), date(2026, 2, 27)),  # over the five days of Tết
        ("commune", "first", date(2026, 8, 21), date(2026, 9, 15)),  # a Saturday worked, three weekdays off
        ("commune", "first", date(2025, 12, 18), date(2026, 1, 9)),  # the swap of 2 January was announced a week later
        ("commune", "first", date(2026, 12, 10), date(2026, 12, 31)),  # the last that needs no other year
        ("commune", "first", date(2026, 12, 11), YearNotPublished(2027)),
        ("province", "first", date(2026, 10, 29), date(2026, 12, 29)),  # the last day in time for the second round
        ("province", "first", date(2026, 10, 30), date(2027, 6, 29)),  # a day too late: the next year's first round
        ("province", "renewal", date(2026, 10, 30), date(2026, 12, 14)),  # forty-five days
        ("central", "first", date(2026, 12, 1), date(2027, 3, 29)),
    ],
)
def test_a_stage_ends_on_the_last_day_that_the_act_allows(
    level: str, kind: str, begun_on: date, last_day: date | YearNotPublished
) -> None:
    rung = next(rung for rung in regime().ladder.rungs if rung.level == level)

    assert stage_last_day(regime(), rung, kind, begun_on, little_editions().known_on(begun_on))[0] == last_day


def test_day_by_day_and_by_the_calendar_s_own_count_every_day_since_2018_comes_to_the_same() -> None:
    law = Law(regime(), little_editions())
    rung = law.regime.ladder.first

    for number in range(date(2018, 1, 1).toordinal(), date(2027, 2, 1).toordinal()):
        day = date.fromordinal(number)
        walked, _ = stage_last_day(law.regime, rung, "first", day, law.editions.known_on(day))
        due = stage_due(law, rung, "first", day)
        missing = None if due.uncounted is None else YearNotPublished(due.uncounted.year)
        assert walked == (due.day or missing), day


@pytest.mark.parametrize(
    ("issued_on", "expires_on"),
    [
        (date(2026, 12, 3), date(2029, 12, 3)),
        (date(2028, 2, 29), date(2031, 2, 28)),
        (date(2026, 12, 31), date(2029, 12, 31)),
    ],
)
def test_a_certificate_runs_thirty_six_months_to_the_day(issued_on: date, expires_on: date) -> None:
    assert months_later(issued_on, 36) == expires_on
