"""What a product could do better on a criteria set: its moves, each with what it gains and the marks it leaves missed.

A move is told as if every member of the council chose the better option: one that leaves neither the criterion's mean
nor the points it is judged on lower than they are, in the either/or case it was judged in. Criteria that depend on each
other are moved together, in every combination.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from operator import sub

from services.evaluation.domain.scoring import Score, judged_options, missed_marks
from shared.kernel.values import value
from shared.rulebooks.model import CriteriaSet, Criterion, Option
from shared.rulebooks.options import Options, counted, positions_given, worth

COMBINATIONS_MAX = 4096
"""The combinations tried for one group of criteria that depend on each other; those of the printed sets have 24."""

Positions = tuple[int, ...]


@value(frozen=True, slots=True)
class Move:
    """One combination of better options in a group; position 0 leaves a criterion as it is.

    `gains` are the points of all members per criterion above what they are now, `gain` is their sum; `missed` are the
    classes of stars for which a mark in the group is then missed.
    """

    positions: Positions
    changes: int
    gains: Positions
    gain: int
    missed: frozenset[int]


@value(frozen=True, slots=True)
class Group:
    """The moves of criteria that depend on each other, or of a lone one, by their places in printed order from 0.

    The moves stand in the order in which they are preferred: a change before none, what is printed first before what
    comes later; the last changes nothing. There are none where more than `COMBINATIONS_MAX` would have to be tried.
    """

    places: Positions
    moves: tuple[Move, ...]


@value(frozen=True, slots=True)
class _Outcome:
    """What coupled criteria come to: the points of all members and those each is judged on, per criterion."""

    points: Positions
    judged: Positions
    missed: frozenset[int]


def groups_of(
    criteria_set: CriteriaSet, sheets: Sequence[Sequence[int]], agreed: Options | None, result: Score
) -> tuple[Group, ...]:
    """The groups of the set where the first criterion of each is printed; `result` is the score of the same sheets."""
    return tuple(
        _lone(criteria_set, places[0], sheets, result)
        if len(places) == 1
        else _coupled(criteria_set, places, sheets, agreed, result)
        for places in _grouped(criteria_set)
    )


def open_options(criterion: Criterion, judged: int) -> tuple[Option, ...]:
    """The options a product can go for that was judged on the position `judged` (0: none): not those of another case.

    Not in the act, which prints either/or cases for different kinds of providers: nobody becomes another for stars.
    """
    case = criterion.option(judged).case if judged else None
    return tuple(option for option in criterion.options if case is None or option.case in (None, case))


def _grouped(criteria_set: CriteriaSet) -> list[Positions]:
    group_of = list(range(len(criteria_set.criteria)))
    for place, condition, _ in criteria_set.tables.dependent:
        first, other = sorted((group_of[place], group_of[condition]))
        group_of = [first if each == other else each for each in group_of]
    members: dict[int, list[int]] = {}
    for place, first in enumerate(group_of):
        members.setdefault(first, []).append(place)
    return [tuple(places) for places in members.values()]


def _lone(criteria_set: CriteriaSet, place: int, sheets: Sequence[Sequence[int]], result: Score) -> Group:
    """The moves of a criterion that neither depends on another nor has dependents."""
    criterion, points = criteria_set.criteria[place], criteria_set.tables.points[place]
    judged = result.judged.get(criterion.code, 0)
    now = sum(points[sheet[place]] for sheet in sheets)
    marks = [
        (stars, least) for stars, marked in criteria_set.tables.marks.items() for at, least in marked if at == place
    ]
    moves = []
    for option in open_options(criterion, judged):
        gain = len(sheets) * option.points - now
        if gain >= 0 and option.points >= points[judged]:
            missed = frozenset(stars for stars, least in marks if option.points < least)
            moves.append(Move((option.position,), 1, (gain,), gain, missed))
    missed = frozenset(stars for stars, codes in result.missed.items() if criterion.code in codes)
    return Group((place,), (*moves, Move((0,), 0, (0,), 0, missed)))


def _coupled(
    criteria_set: CriteriaSet,
    places: Positions,
    sheets: Sequence[Sequence[int]],
    agreed: Options | None,
    result: Score,
) -> Group:
    """The moves of criteria that depend on each other, tried on a set of their own."""
    criteria = tuple(criteria_set.criteria[place] for place in places)
    choices = [
        (*(option.position for option in open_options(criterion, result.judged.get(criterion.code, 0))), 0)
        for criterion in criteria
    ]
    if prod(map(len, choices)) > COMBINATIONS_MAX:
        return Group(places, ())
    small_set = replace(criteria_set, parts=(), criteria=criteria)
    given = [[sheet[place] for place in places] for sheet in sheets]
    outcomes = {chosen: _outcome(small_set, chosen, given, agreed) for chosen in product(*choices)}
    now = outcomes[(0,) * len(places)].points
    moves = []
    for chosen, outcome in outcomes.items():
        if not any(_lowers(outcomes, chosen, place) for place in range(len(places))):
            gains = tuple(map(sub, outcome.points, now))
            moves.append(Move(chosen, len(chosen) - chosen.count(0), gains, sum(gains), outcome.missed))
    return Group(places, tuple(moves))


def _outcome(
    small_set: CriteriaSet, chosen: Positions, given: Sequence[Sequence[int]], agreed: Options | None
) -> _Outcome:
    """What the criteria come to when every member chooses these positions, keeping the own ones where it is 0.

    A criterion that was left out and comes to apply must be answered then: its least option counts.
    """
    sheets = [counted(small_set, _answered(small_set, chosen, sheet)) for sheet in given]
    changed = {code: position for code, position in zip(small_set.tables.codes, chosen, strict=True) if position}
    judged = judged_options(small_set, sheets, None if agreed is None else {**agreed, **changed})
    return _Outcome(
        tuple(map(sum, zip(*(worth(small_set, sheet) for sheet in sheets), strict=True))),
        tuple(worth(small_set, counted(small_set, positions_given(small_set, judged)))),
        frozenset(stars for stars, codes in missed_marks(small_set, judged).items() if codes),
    )


def _answered(small_set: CriteriaSet, chosen: Positions, sheet: Sequence[int]) -> list[int]:
    positions = [new or old for new, old in zip(chosen, sheet, strict=True)]
    for place, condition, above in small_set.tables.dependent:
        if not positions[place] and sheet[condition] <= above:
            positions[place] = 1
    return positions


def _lowers(outcomes: Mapping[Positions, _Outcome], chosen: Positions, place: int) -> bool:
    """True when changing this criterion besides the others would lower it."""
    after, before = outcomes[chosen], outcomes[(*chosen[:place], 0, *chosen[place + 1 :])]
    return after.points[place] < before.points[place] or after.judged[place] < before.judged[place]
