"""Every golden case of every act: what was typed by hand from the law is what the scoring says."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.evaluation.domain.card import decimals
from services.evaluation.domain.scoring import score
from services.registration.domain.deliberation import is_apart
from services.registration.domain.register import Ballot
from shared.rulebooks.loader import load
from shared.rulebooks.model import Rulebooks
from shared.rulebooks.options import check_options


@cache
def rulebooks() -> Rulebooks:
    """Every rulebook, loaded once for all cases."""
    return load()


def golden_cases() -> list[Any]:
    """Each case with the act and the number of its set, named as it is written."""
    cases = []
    for file in sorted(Path(__file__).parent.glob("*/*.yaml")):
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        for case in document["cases"]:
            name = f"{file.parent.name}/{file.stem}: {case['name']}"
            cases.append(pytest.param(file.parent.name, int(file.stem), document["sheets"], case, id=name))
    return cases


def typed_sheets(named: Mapping[str, Mapping[str, int]], case: Mapping[str, Any]) -> list[dict[str, int]]:
    """The sheets of a case, written out."""
    sheets = []
    for each in case["sheets"]:
        changed = {**named[each["like"]], **each.get("but", {})}
        sheet = {code: position for code, position in changed.items() if position is not None}
        sheets += [sheet] * each.get("times", 1)
    return sheets


@pytest.mark.parametrize(("act", "number", "named", "case"), golden_cases())
def test_a_golden_case_is_scored_as_typed(
    act: str, number: int, named: Mapping[str, Mapping[str, int]], case: Mapping[str, Any]
) -> None:
    rulebook = rulebooks().by_id(act)
    assert rulebook is not None
    criteria_set = rulebook.sets[number]
    sheets, expected = typed_sheets(named, case), case["expect"]

    result = score(criteria_set, rulebook.regime.bands, sheets, case.get("agreed"))

    assert [check_options(criteria_set, sheet) for sheet in sheets] == [()] * len(sheets)
    assert result.total == Fraction(expected["total"])
    assert dict(result.parts) == {code: Fraction(mean) for code, mean in expected["parts"].items()}
    assert (result.band, result.stars) == (expected["band"], expected["stars"])
    missed = expected.get("missed", {})
    assert result.missed == {stars: tuple(missed.get(stars, ())) for stars in (3, 4, 5)}
    assert (result.limited_by, result.held_down) == (expected["limited_by"], tuple(expected.get("held_down", ())))
    assert decimals(result.total) == expected.get("decimal", decimals(result.total))
    if "apart" in expected:
        limit = rulebook.regime.deliberation.deviation_points_max.value
        ballot = Ballot(totals={f"member-{total}": total for total in result.members}, points_apart_max=limit)
        assert list(result.members) == expected["members"]
        assert is_apart(ballot, ballot.totals) is expected["apart"]
