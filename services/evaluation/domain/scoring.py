"""Scoring of one dossier by its council: the exact mean, the star marks, the stars, and what held them down.

Rests on 26/2026/QĐ-TTg, article 3.3 (mean total and bands) and the footnotes of Annex II (star marks).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from shared.kernel.values import value
from shared.rulebooks.model import Band, CriteriaSet
from shared.rulebooks.options import Options, counted, positions_given, worth
from shared.rulebooks.tables import STAR_CLASSES


@value(frozen=True, slots=True)
class Score:
    """The result of one council for one dossier.

    `total` is the exact mean of `members`, the totals of the sheets in the given order; `parts` the mean per part.
    `missed` holds for each of 3, 4 and 5 stars the criteria whose mark was missed, in printed order; `judged` the
    option (position from 1) each mark was judged on. `limited_by` says what kept the product from more stars: its
    total, its marks (then `held_down` names the criteria), or nothing.
    """

    total: Fraction
    parts: tuple[tuple[str, Fraction], ...]
    members: tuple[int, ...]
    band: int
    missed: Mapping[int, tuple[str, ...]]
    judged: Mapping[str, int]
    stars: int
    limited_by: Literal["nothing", "total", "marks"]
    held_down: tuple[str, ...]
    articles: tuple[str, ...]


def score(criteria_set: CriteriaSet, bands: Sequence[Band], sheets: Sequence[Options], agreed: Options | None) -> Score:
    """As `score_given`, for sheets that name each criterion."""
    return score_given(criteria_set, bands, [positions_given(criteria_set, sheet) for sheet in sheets], agreed)


def score_given(
    criteria_set: CriteriaSet, bands: Sequence[Band], sheets: Sequence[Sequence[int]], agreed: Options | None
) -> Score:
    """The score of sheets that `check_options` found without fault, as `positions_given` reads them.

    Raises `ValueError` where there is none.

    The stars are the highest class whose band and marks both hold (3.3, Annex II); with a mark of 3 stars missed they
    are the band's, 2 at most. The total is never rounded.
    """
    if not sheets:
        raise ValueError("there is no sheet to score")
    positions = [counted(criteria_set, sheet) for sheet in sheets]
    points = [worth(criteria_set, chosen) for chosen in positions]
    members = tuple(map(sum, points))
    total = Fraction(sum(members), len(members))
    band = _band(bands, total)
    judged = judged_options(criteria_set, positions, agreed)
    missed = missed_marks(criteria_set, judged)
    stars = _stars(band.stars, missed)
    limited_by = _limited_by(band.stars, stars)
    return Score(
        total=total,
        parts=_part_means(criteria_set, points),
        members=members,
        band=band.stars,
        missed=MappingProxyType(missed),
        judged=MappingProxyType(judged),
        stars=stars,
        limited_by=limited_by,
        held_down=missed[max(stars + 1, STAR_CLASSES[0])] if limited_by == "marks" else (),
        articles=(band.article, criteria_set.article) if limited_by == "marks" else (band.article,),
    )


def judged_options(
    criteria_set: CriteriaSet, sheets: Sequence[Sequence[int]], agreed: Options | None
) -> dict[str, int]:
    """The option each mark is judged on: the one the council agreed, else the majority's; of equals the lower.

    Not in the act, which leaves it to the council. `sheets` are positions as `counted` gives them. A criterion that
    has an option on no sheet where it applies is left out.
    """
    judged = {
        code: positions[0] if positions.count(positions[0]) == len(positions) else _majority(points, positions)
        for code, points, positions in zip(
            criteria_set.tables.codes, criteria_set.tables.points, zip(*sheets, strict=True), strict=True
        )
    }
    if agreed:
        judged |= {code: agreed[code] for code in judged.keys() & agreed.keys()}
    return {code: position for code, position in judged.items() if position > 0} if 0 in judged.values() else judged


def missed_marks(criteria_set: CriteriaSet, judged: Options) -> dict[int, tuple[str, ...]]:
    """For each class, in printed order, the criteria whose option is worth less than the best one marked up to it."""
    positions = counted(criteria_set, positions_given(criteria_set, judged))
    points = worth(criteria_set, positions)
    tables = criteria_set.tables
    return {
        stars: tuple(
            tables.codes[place] for place, least in tables.marks[stars] if points[place] < least or not positions[place]
        )
        for stars in STAR_CLASSES
    }


def _majority(points: Sequence[int], positions: Sequence[int]) -> int:
    """The option most sheets chose; of those chosen as often the one worth least, then the first."""
    return min((-positions.count(position), points[position], position) for position in set(positions) - {0})[2]


def _band(bands: Sequence[Band], total: Fraction) -> Band:
    for band in bands:
        if band.holds(total):
            return band
    raise ValueError(f"no band holds the total {total}")


def _stars(band: int, missed: Mapping[int, tuple[str, ...]]) -> int:
    reached = [stars for stars in STAR_CLASSES if band >= stars and not missed[stars]]
    return max(reached, default=min(band, STAR_CLASSES[0] - 1))


def _limited_by(band: int, stars: int) -> Literal["nothing", "total", "marks"]:
    if stars < band:
        return "marks"
    return "nothing" if stars == STAR_CLASSES[-1] else "total"


def _part_means(criteria_set: CriteriaSet, points: Sequence[Sequence[int]]) -> tuple[tuple[str, Fraction], ...]:
    return tuple(
        (part.code, Fraction(sum([sum(worths[reach]) for worths in points]), len(points)))
        for part, reach in zip(criteria_set.parts, criteria_set.tables.parts, strict=True)
    )
