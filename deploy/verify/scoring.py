"""What a session's sheets come to, computed anew from the rulebook's data: points, exact mean, marks, stars, quorum.

Rests on 26/2026/QĐ-TTg, articles 3.3 (mean and classes), 7.3.b and 7.4.b (who sits), and the marks of Annex II.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from shared.contracts.dossiers import CouncilSeated
from shared.rulebooks.model import Band, ByLaw, CriteriaSet, Criterion

MARKED: Final = (3, 4, 5)
Sheet = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The mean of all sheets and of each part, the class by points, the marks missed for each class, the stars."""

    total: Fraction
    parts: tuple[tuple[str, Fraction], ...]
    band: Band
    missed: Mapping[int, tuple[str, ...]]
    stars: int


def verdict(criteria: CriteriaSet, bands: Sequence[Band], sheets: Sequence[Sheet], agreed: Sheet | None) -> Verdict:
    """The result of at least one sheet: the best class whose points and whose marks are both reached (3.3)."""
    codes = [part.code for part in criteria.parts]
    parts = tuple((code, _mean([_points(criteria, sheet, code) for sheet in sheets])) for code in codes)
    total = sum((mean for _, mean in parts), Fraction(0))
    band = next(band for band in bands if within(band, total))
    judged = _judged(criteria, sheets, agreed or {})
    missed = {star: tuple(c.code for c in criteria.criteria if not _reached(c, judged, star)) for star in MARKED}
    marked = [star for star in MARKED if star <= band.stars and not missed[star]]
    return Verdict(total, parts, band, missed, max(marked) if marked else min(band.stars, 2))


def sheet_total(criteria: CriteriaSet, sheet: Sheet) -> int:
    """The points of one whole sheet."""
    return sum(_points(criteria, sheet, part.code) for part in criteria.parts)


def needed_members(seated: CouncilSeated, defaults: ByLaw) -> int:
    """How many members that score must be present: the by-law's number or share, the larger; else the act's own."""
    scoring = sum(member.role in defaults.scoring_roles.value for member in seated.members)
    number, share = seated.by_law.quorum_members, seated.by_law.quorum_share
    fraction = None if share is None else Fraction(share)
    if number is None and fraction is None:
        number, fraction = defaults.quorum_number.value, defaults.quorum_share.value
    by_share = 0 if fraction is None else -(-fraction.numerator * scoring // fraction.denominator)
    return max(number or 0, by_share)


def within(band: Band, total: Fraction) -> bool:
    """True where the total makes this class."""
    return band.lower <= total < band.upper or (band.upper_included and total == band.upper)


def _mean(points: Sequence[int]) -> Fraction:
    return Fraction(sum(points), len(points))


def _points(criteria: CriteriaSet, sheet: Sheet, part: str) -> int:
    """The points of one part of a sheet; a criterion that does not apply counts nothing."""
    return sum(_worth(c, sheet) or 0 for c in criteria.criteria if c.part == part)


def _worth(criterion: Criterion, sheet: Sheet) -> int | None:
    """The points of the option chosen; None where the criterion was left out or does not apply."""
    place, condition = sheet.get(criterion.code), criterion.applies_if
    if place is None or (condition is not None and sheet.get(condition.criterion, 0) <= condition.above):
        return None
    return criterion.options[place - 1].points


def _judged(criteria: CriteriaSet, sheets: Sequence[Sheet], agreed: Sheet) -> dict[str, int]:
    """The option each mark is judged on: the agreed one, else what most sheets chose, of equals the least worth."""
    judged = dict(agreed)
    for criterion in criteria.criteria:
        votes = Counter(sheet[criterion.code] for sheet in sheets if _worth(criterion, sheet) is not None)
        if criterion.code not in agreed and votes:
            judged[criterion.code] = min(votes, key=lambda at: (-votes[at], criterion.options[at - 1].points, at))
    return judged


def _reached(criterion: Criterion, judged: Sheet, star: int) -> bool:
    """True where no option is marked for this class or below, or the judged one is worth as much as the best marked."""
    marked = [option.points for option in criterion.options if option.mark is not None and option.mark <= star]
    worth = _worth(criterion, judged)
    return not marked or (worth is not None and worth >= max(marked))
