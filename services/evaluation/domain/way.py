"""The shortest way to more stars: on which criteria a product must do better, and by which options.

Of all ways, the one with the fewest changed criteria; of these the one with the fewest points; of these the one printed
first. It rests on the articles of the score (26/2026, 3.3; the footnotes of Annex II).

Exact, in whole numbers: what n members gave is summed, not averaged, so the total needs n times the points it is short
of. For a class of stars only the moves that meet its marks are let in. One pass over the groups then notes which gains
can be had with how many changes, for each count as the bits of one number. That takes moves · criteria steps at most
(about 2,500 on a printed set) on numbers of n · 100 bits, for each class.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Literal

from services.evaluation.domain.moves import Group, Move, groups_of
from services.evaluation.domain.scoring import Score
from shared.kernel.values import value
from shared.rulebooks.model import Band, CriteriaSet
from shared.rulebooks.options import Options


@value(frozen=True, slots=True)
class Change:
    """Every member chooses the option `to` of a criterion, which is now judged on the option `judged` (0: on none).

    `points` is what the mean of this criterion rises by.
    """

    criterion: str
    judged: int
    to: int
    points: Fraction


@value(frozen=True, slots=True)
class Way:
    """With these changes, in printed order, the product has `stars` at least; the mean total is then `total`.

    A criterion that comes to apply by them counts what each sheet gave for it, and its least option where it was left
    out: it must be answered then, however.
    """

    stars: int
    changes: tuple[Change, ...]
    total: Fraction


@value(frozen=True, slots=True)
class NoWay:
    """No better options lead to `stars`, or none can be named, for a reason that lies in `criteria`.

    "marks": no option open to the product meets the marks of these criteria; "points": the best options of all do not
    make up the total; "combinations": these criteria depend on each other in too many ways to try.
    """

    stars: int
    reason: Literal["marks", "points", "combinations"]
    criteria: tuple[str, ...] = ()


def ways(
    criteria_set: CriteriaSet,
    bands: Sequence[Band],
    sheets: Sequence[Sequence[int]],
    agreed: Options | None,
    result: Score,
) -> tuple[Way | NoWay, ...]:
    """The shortest way to each class above the stars of `result`, the next one first; empty for the highest class.

    `result` is what `score_given` makes of the same arguments.
    """
    above = sorted((band for band in bands if band.stars > result.stars), key=lambda band: band.stars)
    groups = groups_of(criteria_set, sheets, agreed, result) if above else ()
    return tuple(_way(criteria_set, band, groups, result) for band in above)


def _way(criteria_set: CriteriaSet, band: Band, groups: Sequence[Group], result: Score) -> Way | NoWay:
    untried = [group for group in groups if not group.moves]
    if untried:
        return NoWay(band.stars, "combinations", _codes(criteria_set, untried))
    allowed = [[move for move in group.moves if band.stars not in move.missed] for group in groups]
    barred = [group for group, moves in zip(groups, allowed, strict=True) if not moves]
    if barred:
        return NoWay(band.stars, "marks", _codes(criteria_set, barred))
    members = len(result.members)
    found = _cheapest(allowed, ceil(band.lower * members) - sum(result.members))
    if found is None:
        return NoWay(band.stars, "points")
    gain = Fraction(sum(move.gain for move in found), members)
    return Way(band.stars, _changes(criteria_set, groups, found, result), result.total + gain)


def _cheapest(moves: Sequence[Sequence[Move]], needed: int) -> list[Move] | None:
    """One move of each group that together gain `needed`: fewest changes, then least gain, then first in order."""
    floors = [min(move.gain for move in each) for each in moves]
    reach = _reach(moves, floors)
    needed = max(needed - sum(floors), 0)
    changes = next((count for count, gains in enumerate(reach[0]) if gains >> needed), None)
    if changes is None:
        return None
    enough = reach[0][changes] >> needed
    gain = needed + (enough & -enough).bit_length() - 1
    found = []
    for each, floor, after in zip(moves, floors, reach[1:], strict=True):
        move = next(move for move in each if _leads_on(after, changes - move.changes, gain - move.gain + floor))
        changes, gain = changes - move.changes, gain - move.gain + floor
        found.append(move)
    return found


def _reach(moves: Sequence[Sequence[Move]], floors: Sequence[int]) -> list[list[int]]:
    """For each group: the gains above the floors that it and those after it can make, as bits, by count of changes."""
    reach = [[1]]
    for each, floor in zip(reversed(moves), reversed(floors), strict=True):
        after = reach[-1]
        here = [0] * (len(after) + max(move.changes for move in each))
        for changes, lift in {(move.changes, move.gain - floor) for move in each}:
            for count, gains in enumerate(after, changes):
                here[count] |= gains << lift
        reach.append(here)
    return reach[::-1]


def _leads_on(reach: Sequence[int], changes: int, gain: int) -> bool:
    return 0 <= changes < len(reach) and gain >= 0 and bool(reach[changes] >> gain & 1)


def _changes(
    criteria_set: CriteriaSet, groups: Sequence[Group], found: Sequence[Move], result: Score
) -> tuple[Change, ...]:
    changed = sorted(
        (place, to, gain)
        for group, move in zip(groups, found, strict=True)
        for place, to, gain in zip(group.places, move.positions, move.gains, strict=True)
        if to
    )
    codes, members = criteria_set.tables.codes, len(result.members)
    return tuple(
        Change(codes[place], result.judged.get(codes[place], 0), to, Fraction(gain, members))
        for place, to, gain in changed
    )


def _codes(criteria_set: CriteriaSet, groups: Sequence[Group]) -> tuple[str, ...]:
    return tuple(
        criteria_set.tables.codes[place] for place in sorted(place for group in groups for place in group.places)
    )
