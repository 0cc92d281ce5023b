from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.scoring import judged_options, score
from shared.rulebooks.loader import load
from shared.rulebooks.model import Band, Criterion, Option
from shared.rulebooks.options import FaultCode, OptionFault, check_options, counted, points_of, positions_given

RULEBOOK = load().all[-1]
SET = RULEBOOK.sets[13]
BANDS = RULEBOOK.regime.bands

sheets_of_set_13 = st.fixed_dictionaries(
    {criterion.code: st.integers(1, len(criterion.options)) for criterion in SET.criteria}
)
good_sheets_of_set_13 = st.fixed_dictionaries(
    {
        criterion.code: st.sampled_from([len(criterion.options)] * 12 + list(range(1, len(criterion.options))))
        for criterion in SET.criteria
    }
)
councils = st.one_of(
    st.lists(sheets_of_set_13, min_size=1, max_size=9), st.lists(good_sheets_of_set_13, min_size=1, max_size=9)
)


def lowest() -> dict[str, int]:
    return {criterion.code: 1 for criterion in SET.criteria}


def test_no_sheet_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="no sheet"):
        score(SET, BANDS, [], None)


def test_bands_that_do_not_hold_the_total_are_a_fault() -> None:
    gap = [Band(5, Fraction(90), Fraction(100), upper_included=True, article="3.3.a")]

    with pytest.raises(ValueError, match="no band"):
        score(SET, gap, [lowest()], None)


def test_each_member_keeps_the_own_total_in_the_order_given() -> None:
    result = score(SET, BANDS, [lowest(), {**lowest(), "11": 3}], None)

    assert result.members == (14, 16)


def test_the_article_of_the_band_is_named_and_the_annex_where_a_mark_held_the_stars_down() -> None:
    best = {criterion.code: len(criterion.options) for criterion in SET.criteria}

    assert score(SET, BANDS, [best], None).articles == ("3.3.a",)
    assert score(SET, BANDS, [{**best, "1.1": 1}], None).articles == ("3.3.a", "Phụ lục II, bộ 13")


def test_agreed_options_need_not_name_every_criterion() -> None:
    found = judged_options(SET, [positions_given(SET, lowest())], {"7": 4})

    assert (found["7"], found["8"]) == (4, 1)


def judged(sheets: list[dict[str, int]]) -> dict[str, int]:
    return judged_options(SET, [counted(SET, positions_given(SET, sheet)) for sheet in sheets], None)


def test_a_criterion_that_applies_on_no_sheet_is_not_judged() -> None:
    left_out = {code: position for code, position in lowest().items() if code != "5.2"}

    assert "5.2" not in judged([left_out, {**lowest(), "5.2": 3}])
    assert judged([left_out, {**lowest(), "5.1": 2, "5.2": 3}])["5.2"] == 3


def test_every_fault_of_a_sheet_is_named_at_once() -> None:
    sheet: dict[str, object] = {**lowest(), "1.1": 4, "1.2": True, "12": 1}
    del sheet["9"]

    assert check_options(SET, sheet) == (
        OptionFault(FaultCode.OUT_OF_RANGE, "1.1", 3),
        OptionFault(FaultCode.NOT_A_POSITION, "1.2", 3),
        OptionFault(FaultCode.MISSING_CRITERION, "9", 3),
        OptionFault(FaultCode.UNKNOWN_CRITERION, "12"),
    )


@pytest.mark.parametrize("position", [0, -1, 4, 10**30])
def test_a_position_outside_the_printed_options_is_a_fault(position: int) -> None:
    assert check_options(SET, {**lowest(), "1.1": position}) == (OptionFault(FaultCode.OUT_OF_RANGE, "1.1", 3),)


@pytest.mark.parametrize("position", [True, 1.0, "1", None, [1]])
def test_a_position_that_is_no_whole_number_is_a_fault(position: object) -> None:
    sheet = {**lowest(), "1.1": position}

    assert check_options(SET, sheet) == (OptionFault(FaultCode.NOT_A_POSITION, "1.1", 3),)


def test_options_that_may_be_incomplete_are_checked_for_all_else() -> None:
    assert check_options(SET, {"7": 4}, complete=False) == ()
    assert check_options(SET, {"7": 5}, complete=False) == (OptionFault(FaultCode.OUT_OF_RANGE, "7", 4),)


@pytest.mark.parametrize("code", list(FaultCode))
def test_every_fault_says_in_both_languages_where_it_is(code: FaultCode) -> None:
    fault = OptionFault(code, "1.1", 3)

    assert "1.1" in fault.vietnamese
    assert "1.1" in fault.english


def test_the_structure_of_a_story_must_be_judged_where_there_is_a_story() -> None:
    sheet = {code: position for code, position in lowest().items() if code != "5.2"}

    assert check_options(SET, sheet) == ()
    assert check_options(SET, {**sheet, "5.1": 2}) == (OptionFault(FaultCode.MISSING_CRITERION, "5.2", 3),)


def test_there_is_no_option_below_the_first() -> None:
    criterion = Criterion("1", "", "", "A", "1", (Option(1, 0, None, ""), Option(2, 1, None, "")))

    with pytest.raises(IndexError):
        criterion.option(0)


@given(councils)
def test_the_total_is_the_exact_mean_of_the_members(sheets: list[dict[str, int]]) -> None:
    result = score(SET, BANDS, sheets, None)

    assert result.total == sum(Fraction(points_of(SET, sheet), len(sheets)) for sheet in sheets)
    assert sum(mean for _, mean in result.parts) == result.total


@given(councils, st.sampled_from(SET.criteria), st.data())
def test_a_better_option_never_lowers_the_stars(
    sheets: list[dict[str, int]], criterion: Criterion, data: st.DataObject
) -> None:
    sheet = data.draw(st.sampled_from(sheets))
    better = data.draw(st.integers(sheet[criterion.code], len(criterion.options)))
    raised = [{**each, criterion.code: better} if each is sheet else each for each in sheets]

    before, after = score(SET, BANDS, sheets, None), score(SET, BANDS, raised, None)

    assert after.total >= before.total
    assert after.stars >= before.stars


@given(councils, st.randoms(use_true_random=False))
def test_the_order_of_the_sheets_changes_nothing(sheets: list[dict[str, int]], shuffler: random.Random) -> None:
    shuffled = list(sheets)
    shuffler.shuffle(shuffled)

    one, other = score(SET, BANDS, sheets, None), score(SET, BANDS, shuffled, None)

    assert (one.total, one.parts, one.stars, one.missed, one.judged) == (
        (other.total, other.parts, other.stars, other.missed, other.judged)
    )


@given(councils)
def test_no_stars_above_the_band_or_without_their_marks(sheets: list[dict[str, int]]) -> None:
    result = score(SET, BANDS, sheets, None)

    assert result.stars <= result.band
    assert result.stars < 3 or result.missed[result.stars] == ()
    assert set(result.missed[3]) <= set(result.missed[4]) <= set(result.missed[5])
