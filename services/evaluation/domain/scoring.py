"""Scoring of one dossier by its council: the exact mean, the star marks, the stars, and what held them down.

Rests on 26/2026/QĐ-TTg, article 3.3 (mean total and bands) and the footnotes of Annex II (star marks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from shared.rulebooks.model import Band, CriteriaSet, Criterion
from shared.rulebooks.options import Options, chosen, points_by_part, points_of

STAR_CLASSES = (3, 4, 5)
"""The classes that ask for marks; below them there is no recognition (4.1.a)."""


@dataclass(frozen=True, slots=True)
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
    """The score of sheets that `check_options` found without fault; raises `ValueError` where there is none.

    The stars are the highest class whose band and marks both hold (3.3, Annex II); with a mark of 3 stars missed they
    are the band's, 2 at most. The total is never rounded.
    """
    if not sheets:
        raise ValueError("there is no sheet to score")
    members = tuple(points_of(criteria_set, sheet) for sheet in sheets)
    total = Fraction(sum(members), len(members))
    band = _band(bands, total)
    judged = judged_options(criteria_set, sheets, agreed)
    missed = {stars: missed_marks(criteria_set, judged, stars) for stars in STAR_CLASSES}
    stars = _stars(band.stars, missed)
    limited_by = _limited_by(band.stars, stars)
    return Score(
        total=total,
        parts=_part_means(criteria_set, sheets),
        members=members,
        band=band.stars,
        missed=MappingProxyType(missed),
        judged=MappingProxyType(judged),
        stars=stars,
        limited_by=limited_by,
        held_down=missed[max(stars + 1, STAR_CLASSES[0])] if limited_by == "marks" else (),
        articles=(band.article, criteria_set.article) if limited_by == "marks" else (band.article,),
    )


def judged_options(criteria_set: CriteriaSet, sheets: Sequence[Options], agreed: Options | None) -> dict[str, int]:
    """The option each mark is judged on: the one the council agreed, else the majority's; of equals the lower.

    Not in the act, which leaves it to the council. A criterion that has an option on no sheet where it applies is left
    out.
    """
    judged: dict[str, int] = {}
    for criterion in criteria_set.criteria:
        votes = Counter(option.position for sheet in sheets if (option := chosen(criterion, sheet)) is not None)
        if agreed is not None and criterion.code in agreed:
            judged[criterion.code] = agreed[criterion.code]
        elif votes:
            judged[criterion.code] = _majority(criterion, votes)
    return judged


def missed_marks(criteria_set: CriteriaSet, judged: Options, stars: int) -> tuple[str, ...]:
    """The criteria, in printed order, whose option is worth less than the best one marked for `stars` or fewer."""
    return tuple(criterion.code for criterion in criteria_set.criteria if _misses(criterion, judged, stars))


def _misses(criterion: Criterion, judged: Options, stars: int) -> bool:
    marked = [option.points for option in criterion.options if option.mark is not None and option.mark <= stars]
    if not marked:
        return False
    option = chosen(criterion, judged)
    return option is None or option.points < max(marked)


def _majority(criterion: Criterion, votes: Counter[int]) -> int:
    most = max(votes.values())
    return min(
        (position for position, count in votes.items() if count == most),
        key=lambda position: (criterion.option(position).points, position),
    )


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


def _part_means(criteria_set: CriteriaSet, sheets: Sequence[Options]) -> tuple[tuple[str, Fraction], ...]:
    points = [points_by_part(criteria_set, sheet) for sheet in sheets]
    return tuple(
        (part.code, Fraction(sum(each[part.code] for each in points), len(points))) for part in criteria_set.parts
    )
