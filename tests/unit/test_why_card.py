from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.card import Card, Mark, decimals, why_card
from services.evaluation.domain.scoring import score
from services.evaluation.domain.way import Way
from shared.rulebooks.loader import load
from shared.rulebooks.model import CriteriaSet, Criterion, Group, Note, Option, Part, Section
from shared.rulebooks.options import Options, positions_given

RULEBOOK = load().by_id("qd26-2026")
assert RULEBOOK is not None
BANDS = RULEBOOK.regime.bands
SET = RULEBOOK.sets[13]
BEST = {criterion.code: len(criterion.options) for criterion in SET.criteria}
AT_90 = {**BEST, "1.2": 1, "1.6": 1, "1.7": 1, "4.3": 3, "10": 1, "11": 1}


def card_of(sheets: list[dict[str, int]], agreed: Options | None = None, of: CriteriaSet = SET) -> Card:
    positions = [positions_given(of, sheet) for sheet in sheets]
    return why_card(of, BANDS, positions, agreed, score(of, BANDS, sheets, agreed))


def test_a_card_shows_each_section_as_the_mean_of_the_council() -> None:
    card = card_of([BEST, {**BEST, "5.1": 1}, {**BEST, "6.1.2": 2, "11": 1}])

    assert {section.code: section.mean for section in card.sections} == {
        "1": 18, "2": 10, "3": 12,
        "4": 13, "5": Fraction(29, 3),
        "6": Fraction(44, 3), "7": 5, "8": 5, "9": 5, "10": 2, "11": Fraction(7, 3),
    }  # fmt: skip
    assert [section.maximum for section in card.sections] == [18, 10, 12, 13, 12, 15, 5, 5, 5, 2, 3]
    assert card.score.members == (100, 93, 97)


def test_a_card_names_each_mark_with_the_option_judged_and_the_least_that_meets_it() -> None:
    card = card_of([{**BEST, "4.1": 2, "1.5": 3}])

    marks = {(mark.stars, mark.criterion): mark for mark in card.marks}

    assert marks[3, "4.1"] == Mark(3, "4.1", judged=2, least=2, met=True)
    assert marks[4, "4.1"] == Mark(4, "4.1", judged=2, least=3, met=False)
    assert marks[5, "4.1"] == Mark(5, "4.1", judged=2, least=4, met=False)
    assert marks[4, "1.5"] == Mark(4, "1.5", judged=3, least=3, met=True)
    assert marks[5, "1.5"] == Mark(5, "1.5", judged=3, least=4, met=False)
    assert [mark.criterion for mark in card.marks if mark.stars == 3] == [
        "1.1", "2.2", "2.3", "3.5", "4.1", "5.3", "8", "9",
    ]  # fmt: skip


def test_what_is_short_of_90_by_half_a_hundredth_is_4_stars_and_shows_so() -> None:
    card = card_of([*[AT_90] * 199, {**AT_90, "2.4": 1}])

    assert (card.score.total, card.score.stars) == (Fraction("89.995"), 4)
    assert decimals(card.score.total) == "89.99"
    assert card.short == Fraction("0.005")
    assert [way.total for way in card.ways if isinstance(way, Way)] == [90]


def test_what_is_short_is_counted_from_the_band_of_the_total() -> None:
    assert card_of([BEST]).short == 0
    assert card_of([{**BEST, "1.1": 1}]).short == 0
    assert card_of([{**AT_90, "2.1": 1}]).short == 3


def test_a_card_names_the_grounds_that_end_an_evaluation_whatever_the_points() -> None:
    assert [ending.code for ending in card_of([BEST]).endings] == ["", "", "", "1.1", "2.1", "6.1.1"]
    assert {ending.note.kind for ending in card_of([BEST]).endings} == {"knockout"}


def test_grounds_are_found_on_groups_and_told_apart_from_other_notes() -> None:
    notes = (Note("stop", "dừng"), Note("info", "để biết"), Note("requirement", "cần"))
    leaf = Criterion("1.1.1", "", "", "A", "1", (Option(1, 0, None, ""), Option(2, 9, 3, "")), notes)
    group = Group("1.1", "", 9, (leaf,), (Note("knockout", "loại"),))
    part = Part("A", "", 9, (Section("1", "", 9, (group,), (Note("stop", "dừng mục"),)),))
    little = CriteriaSet(1, "", "", 0, (), (part,), (leaf,), {leaf.code: leaf})

    card = card_of([{"1.1.1": 1}], of=little)

    assert [(ending.code, ending.note.label) for ending in card.endings] == [
        ("1", "dừng mục"), ("1.1", "loại"), ("1.1.1", "dừng"),
    ]  # fmt: skip


def test_the_least_option_of_a_mark_is_of_the_case_that_was_judged() -> None:
    options = (
        Option(1, 1, None, "", case="a"), Option(2, 3, 4, "", case="a"),
        Option(3, 1, None, "", case="b"), Option(4, 3, 4, "", case="b"), Option(5, 4, 5, "", case="b"),
    )  # fmt: skip
    leaf = Criterion("1", "", "", "A", "1", options)
    little = CriteriaSet(1, "", "", 0, (), (), (leaf,), {leaf.code: leaf})

    in_case_a, in_case_b = card_of([{"1": 1}], of=little), card_of([{"1": 3}], of=little)

    assert in_case_a.marks == (Mark(4, "1", 1, 2, met=False), Mark(5, "1", 1, 0, met=False))
    assert in_case_b.marks == (Mark(4, "1", 3, 4, met=False), Mark(5, "1", 3, 5, met=False))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("277/3", "92.33"),
        ("278/3", "92.66"),
        ("17999/200", "89.99"),
        ("100", "100.00"),
        ("0", "0.00"),
        ("1/200", "0.00"),
    ],
)
def test_two_decimals_are_cut_off_and_never_rounded(value: str, shown: str) -> None:
    assert decimals(Fraction(value)) == shown


@given(st.fractions(0, 100))
def test_what_is_shown_lies_in_the_band_of_the_exact_total(total: Fraction) -> None:
    shown = Fraction(decimals(total))

    assert [band.stars for band in BANDS if band.holds(shown)] == [band.stars for band in BANDS if band.holds(total)]
    assert 0 <= total - shown < Fraction(1, 100)


sheets_of_set_13 = st.fixed_dictionaries({code: st.integers(1, best) for code, best in BEST.items()})


@given(st.lists(sheets_of_set_13, min_size=1, max_size=5))
def test_the_sections_of_a_part_sum_to_the_part_and_marks_agree_with_the_score(sheets: list[dict[str, int]]) -> None:
    card = card_of(sheets)

    for code, mean in card.score.parts:
        assert sum(section.mean for section in card.sections if section.part == code) == mean
    for stars, missed in card.score.missed.items():
        assert missed == tuple(mark.criterion for mark in card.marks if mark.stars == stars and not mark.met)
    for mark in card.marks:
        assert mark.met == (
            SET.by_code[mark.criterion].option(mark.judged).points
            >= SET.by_code[mark.criterion].option(mark.least).points
        )
