"""The shortest way to more stars: typed by hand on set 13, and held against every combination on small sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.moves import COMBINATIONS_MAX, open_options
from services.evaluation.domain.scoring import Score, score
from services.evaluation.domain.way import Change, NoWay, Way, ways
from shared.rulebooks.loader import load
from shared.rulebooks.model import Band, CriteriaSet, Criterion, Dependency, Option
from shared.rulebooks.options import applies, check_options, positions_given

RULEBOOK = load().by_id("qd26-2026")
assert RULEBOOK is not None
SETS = RULEBOOK.sets
SET = SETS[13]
BANDS = RULEBOOK.regime.bands
BEST = {criterion.code: len(criterion.options) for criterion in SET.criteria}
LEAST_FOR_4 = {
    "1.1": 2, "1.2": 1, "1.3": 1, "1.4": 1, "1.5": 3, "1.6": 1, "1.7": 1, "2.1": 4, "2.2": 3, "2.3": 3, "2.4": 1,
    "3.1": 1, "3.2": 1, "3.3": 1, "3.4": 2, "3.5": 2, "4.1": 3, "4.2": 1, "4.3": 1, "5.1": 5, "5.2": 1, "5.3": 2,
    "6.1.1": 1, "6.1.2": 1, "6.1.3": 1, "6.1.4": 1, "6.1.5": 1, "6.2.1": 1, "6.2.2": 1,
    "7": 3, "8": 1, "9": 2, "10": 1, "11": 1,
}  # fmt: skip
"""The least option of each criterion that has the marks of 4 stars: 39 points."""

Sheet = dict[str, int]
Chosen = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A set with bands, sheets and what the council agreed."""

    criteria_set: CriteriaSet
    bands: tuple[Band, ...]
    sheets: list[Sheet]
    agreed: Sheet | None = None

    def score(self) -> Score:
        return score(self.criteria_set, self.bands, self.sheets, self.agreed)

    def ways(self) -> tuple[Way | NoWay, ...]:
        positions = [positions_given(self.criteria_set, sheet) for sheet in self.sheets]
        return ways(self.criteria_set, self.bands, positions, self.agreed, self.score())

    def after(self, changes: Mapping[str, int]) -> Case:
        agreed = None if self.agreed is None else {**self.agreed, **changes}
        sheets = [self.answered(sheet, {**sheet, **changes}) for sheet in self.sheets]
        return Case(self.criteria_set, self.bands, sheets, agreed)

    def answered(self, before: Sheet, after: Sheet) -> Sheet:
        """The changed sheet with the least option of whatever came to apply and was left out."""
        left_out = [one for one in self.criteria_set.criteria if one.code not in after and not applies(one, before)]
        return {**after, **{one.code: 1 for one in left_out}}


def on_set_13(*sheets: Sheet, agreed: Sheet | None = None) -> Case:
    return Case(SET, BANDS, list(sheets), agreed)


def options_to(way: Way | NoWay) -> dict[str, int]:
    assert isinstance(way, Way), way
    return {change.criterion: change.to for change in way.changes}


def test_a_missed_mark_is_the_whole_way_where_the_points_suffice() -> None:
    found = on_set_13({**BEST, "2.3": 2, "1.6": 1, "4.3": 3, "10": 1, "11": 1}).ways()

    change = Change("2.3", judged=2, to=3, points=Fraction(1))
    assert found == (Way(4, (change,), Fraction(93)), Way(5, (change,), Fraction(93)))


def test_fewest_criteria_then_fewest_points_then_printed_order() -> None:
    to_3, to_4, to_5 = on_set_13(LEAST_FOR_4).ways()

    assert options_to(to_3) == {"1.3": 4, "4.2": 4, "4.3": 5}  # 3 + 4 + 4 of the 11 points short
    assert options_to(to_4) == {
        "1.2": 3, "1.3": 4, "1.4": 3, "1.6": 3, "3.1": 3, "3.3": 3, "4.2": 4, "4.3": 5, "5.3": 4, "6.2.2": 3, "8": 3,
    }  # fmt: skip
    assert options_to(to_5) == {
        "1.1": 3, "1.2": 3, "1.3": 4, "1.4": 3, "1.5": 4, "1.6": 3, "3.1": 3, "3.3": 3, "4.1": 4, "4.2": 4, "4.3": 5,
        "5.2": 3, "5.3": 4, "6.1.1": 3, "6.1.2": 3, "6.1.3": 3, "6.1.4": 3, "6.1.5": 3, "6.2.1": 3, "6.2.2": 3,
        "7": 4, "8": 3,
    }  # fmt: skip
    assert [way.total for way in (to_3, to_4, to_5) if isinstance(way, Way)] == [50, 70, 90]


def test_the_mean_of_a_council_counts_exactly() -> None:
    at_90 = {**BEST, "1.2": 1, "1.6": 1, "1.7": 1, "4.3": 3, "10": 1, "11": 1}

    found = on_set_13(*[at_90] * 199, {**at_90, "2.4": 1}).ways()

    assert found == (Way(5, (Change("2.4", judged=2, to=2, points=Fraction(1, 200)),), Fraction(90)),)


def test_a_mark_is_judged_on_what_the_council_agreed() -> None:
    found = on_set_13(BEST, agreed={"7": 3}).ways()

    assert found == (Way(5, (Change("7", judged=3, to=4, points=Fraction(0)),), Fraction(100)),)


def test_a_criterion_that_comes_to_apply_counts_what_was_given_for_it() -> None:
    without_story = {code: position for code, position in BEST.items() if code != "5.2"} | {"5.1": 1}
    change = Change("5.1", judged=1, to=5, points=Fraction(5))

    left_out, given_already = on_set_13(without_story), on_set_13({**without_story, "5.2": 3})

    assert left_out.ways() == (Way(4, (change,), Fraction(98)), Way(5, (change,), Fraction(98)))
    assert given_already.ways() == (Way(4, (change,), Fraction(100)), Way(5, (change,), Fraction(100)))


def test_the_highest_class_has_no_way_further() -> None:
    assert on_set_13(BEST).ways() == ()


def little_set(*criteria: Criterion) -> CriteriaSet:
    return CriteriaSet(0, "", "", 0, (), (), criteria, {criterion.code: criterion for criterion in criteria})


def leaf(code: str, *options: Option, applies_if: Dependency | None = None) -> Criterion:
    return Criterion(code, "", "", "A", code, options, applies_if=applies_if)


def bands_to(top: int) -> tuple[Band, ...]:
    """Bands of the act's proportions up to `top` points."""
    lowers = [Fraction(share * top, 100) for share in (0, 30, 50, 70, 90)]
    uppers = [*lowers[1:], Fraction(top)]
    return tuple(
        Band(stars, lower, upper, stars == 5, "")
        for stars, (lower, upper) in enumerate(zip(lowers, uppers, strict=True), 1)
    )


def test_nobody_becomes_another_kind_of_provider_for_stars() -> None:
    criterion = leaf(
        "1", Option(1, 1, None, "", case="a"), Option(2, 9, None, "", case="a"), Option(3, 10, 5, "", case="b")
    )

    found = Case(little_set(criterion), bands_to(10), [{"1": 1}]).ways()

    assert [options_to(way) for way in found[:-1]] == [{"1": 2}] * 3
    assert found[-1] == NoWay(5, "marks", ("1",))
    assert [option.position for option in open_options(criterion, 0)] == [1, 2, 3]


def test_points_that_are_nowhere_to_be_had_are_told() -> None:
    criterion = leaf("1", Option(1, 0, None, ""), Option(2, 7, None, ""))

    found = Case(little_set(criterion), bands_to(10), [{"1": 1}]).ways()

    assert found[-1] == NoWay(5, "points")
    assert isinstance(found[-2], Way)


def test_more_combinations_than_the_limit_are_not_tried() -> None:
    steps = tuple(Option(position, position, None, "") for position in range(1, 5))
    coupled = [leaf(str(code), *steps, applies_if=Dependency("1", 1)) for code in range(2, 7)]
    case = Case(little_set(leaf("1", *steps), *coupled), bands_to(24), [dict.fromkeys("123456", 1)])

    assert COMBINATIONS_MAX < 5**6
    assert set(case.ways()) == {NoWay(stars, "combinations", tuple("123456")) for stars in (2, 3, 4, 5)}


LONE = (leaf("1", Option(1, 0, None, ""), Option(2, 5, 3, ""), Option(3, 10, None, "")),)
COUPLED = (*LONE, leaf("2", Option(1, 0, None, ""), Option(2, 0, None, ""), applies_if=Dependency("1", 1)))


@pytest.mark.parametrize("criteria", [LONE, COUPLED], ids=["lone", "coupled"])
def test_a_better_option_lowers_neither_the_mean_nor_what_is_judged(criteria: tuple[Criterion, ...]) -> None:
    of, bands = little_set(*criteria), bands_to(10)

    mean_is_higher = Case(of, bands, [{"1": 3, "2": 1}], agreed={"1": 1})
    judged_is_higher = Case(of, bands, [{"1": 1, "2": 1}], agreed={"1": 3})
    one_member_is_higher = Case(of, bands, [{"1": 1, "2": 1}, {"1": 1, "2": 1}, {"1": 3, "2": 1}])

    assert {tuple(options_to(way).items()) for way in mean_is_higher.ways()} == {(("1", 3),)}
    assert {tuple(options_to(way).items()) for way in judged_is_higher.ways()} == {(("1", 3),)}
    assert options_to(one_member_is_higher.ways()[0]) == {"1": 2}


@pytest.mark.parametrize("number", sorted(SETS))
def test_every_printed_set_has_a_way_from_the_bottom_to_each_class(number: int) -> None:
    lowest = {criterion.code: 1 for criterion in SETS[number].criteria}
    case = Case(SETS[number], BANDS, [lowest])

    found = case.ways()

    assert [way.stars for way in found] == list(range(case.score().stars + 1, 6))
    for way in found:
        assert case.after(options_to(way)).score().stars >= way.stars


councils_of_set_13 = st.lists(
    st.fixed_dictionaries(
        {code: st.sampled_from([best] * 3 + list(range(1, best + 1))) for code, best in BEST.items()}
    ),
    min_size=1,
    max_size=9,
)


@given(councils_of_set_13)
def test_a_way_leads_where_it_says_and_no_change_of_it_can_be_spared(sheets: list[Sheet]) -> None:
    case = on_set_13(*sheets)

    for way in case.ways():
        changes = options_to(way)
        assert isinstance(way, Way)
        after = case.after(changes)
        assert (after.score().total, after.score().stars >= way.stars) == (way.total, True)
        assert all(not check_options(SET, sheet) for sheet in after.sheets)
        assert [code for code in BEST if code in changes] == list(changes)
        for spared in changes:
            fewer = {code: position for code, position in changes.items() if code != spared}
            assert case.after(fewer).score().stars < way.stars


@st.composite
def options(draw: st.DrawFn) -> tuple[Option, ...]:
    """Two to four options, in one case or two, with equal points and marks anywhere."""
    marks = st.sampled_from([None, None, None, 3, 4, 5])
    if draw(st.integers(0, 3)):
        points = sorted(draw(st.lists(st.integers(0, 4), min_size=2, max_size=3)))
        return tuple(Option(place, each, draw(marks), "") for place, each in enumerate(points, 1))
    cases = draw(st.sampled_from(["ab", "aab", "aabb", "abb"]))
    return tuple(
        Option(place, draw(st.integers(0, 4)), draw(marks), "", case=case) for place, case in enumerate(cases, 1)
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small sets with dependencies, one to three members who may leave something out, agreed or not."""
    criteria: list[Criterion] = []
    for place in range(draw(st.integers(1, 4))):
        condition = draw(st.sampled_from([None, *criteria]))
        applies_if = None
        if condition is not None:
            applies_if = Dependency(condition.code, draw(st.integers(1, len(condition.options) - 1)))
        criteria.append(leaf(str(place), *draw(options()), applies_if=applies_if))
    given_at = {each.code: st.sampled_from([*range(1, len(each.options) + 1)] * 4 + [0]) for each in criteria}
    sheets = draw(st.lists(st.fixed_dictionaries(given_at), min_size=1, max_size=3))
    agreed = draw(st.none() | st.fixed_dictionaries({}, optional=given_at))
    top = max(1, sum(criterion.maximum for criterion in criteria) + draw(st.sampled_from([0, 0, 0, 2])))
    return Case(
        little_set(*criteria),
        bands_to(top),
        [without_zeros(sheet) for sheet in sheets],
        None if agreed is None else without_zeros(agreed),
    )


def without_zeros(sheet: Sheet) -> Sheet:
    return {code: position for code, position in sheet.items() if position}


@given(cases())
def test_no_combination_of_options_is_shorter(case: Case) -> None:
    tried = every_combination(case)
    rank = printed_rank(case.criteria_set)

    found = case.ways()

    assert [way.stars for way in found] == list(range(case.score().stars + 1, 6))
    for way in found:
        reaching = [chosen for chosen, result in tried.items() if result.stars >= way.stars]
        if not reaching:
            barred = all(result.missed.get(way.stars) for result in tried.values())
            assert isinstance(way, NoWay)
            assert way.reason == ("marks" if barred else "points")
            continue
        best = min(
            reaching,
            key=lambda chosen: (len(changed(case, chosen)), tried[chosen].total, [chosen[at] or 99 for at in rank]),
        )
        assert isinstance(way, Way)
        assert options_to(way) == changed(case, best)
        assert way.total == tried[best].total


def changed(case: Case, chosen: Chosen) -> Sheet:
    codes = case.criteria_set.by_code
    return {code: position for code, position in zip(codes, chosen, strict=True) if position}


def every_combination(case: Case) -> dict[Chosen, Score]:
    """What every combination of better options comes to, each scored as a whole; 0 leaves a criterion as it is."""
    judged = case.score().judged
    open_to = [
        [0, *(option.position for option in open_options(criterion, judged.get(criterion.code, 0)))]
        for criterion in case.criteria_set.criteria
    ]
    afters = {chosen: case.after(changed(case, chosen)) for chosen in product(*open_to)}
    worths = {chosen: worth_of_each(after) for chosen, after in afters.items()}
    return {
        chosen: after.score()
        for chosen, after in afters.items()
        if not any(lowers(worths, chosen, place) for place in range(len(chosen)) if chosen[place])
    }


def worth_of_each(case: Case) -> list[tuple[int, int]]:
    """For each criterion the points of all members, and those it is judged on."""
    judged = case.score().judged
    return [
        (sum(points(criterion, sheet) for sheet in case.sheets), points(criterion, judged))
        for criterion in case.criteria_set.criteria
    ]


def points(criterion: Criterion, sheet: Mapping[str, int]) -> int:
    if criterion.code not in sheet or not applies(criterion, sheet):
        return 0
    return criterion.option(sheet[criterion.code]).points


def lowers(worths: Mapping[Chosen, Sequence[tuple[int, int]]], chosen: Chosen, place: int) -> bool:
    after, before = worths[chosen], worths[(*chosen[:place], 0, *chosen[place + 1 :])]
    return any(new < old for new, old in zip(after[place], before[place], strict=True))


def printed_rank(criteria_set: CriteriaSet) -> list[int]:
    """The places in printed order, criteria that depend on each other drawn together to the first of them."""
    criteria = criteria_set.criteria
    first = list(range(len(criteria)))
    for _ in criteria:
        for place, criterion in enumerate(criteria):
            if criterion.applies_if is not None:
                condition = [each.code for each in criteria].index(criterion.applies_if.criterion)
                first[place] = first[condition] = min(first[place], first[condition])
    return sorted(range(len(criteria)), key=lambda place: (first[place], place))
