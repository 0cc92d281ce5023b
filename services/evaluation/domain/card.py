"""The why-card of a score: what each part and section came to, each mark met or missed, and the shortest way up.

It rests on the articles of the score: 26/2026/QĐ-TTg, article 3.3, and the footnotes of Annex II.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from services.evaluation.domain.moves import open_options
from services.evaluation.domain.scoring import Score
from services.evaluation.domain.way import NoWay, Way, ways
from shared.kernel.values import value
from shared.rulebooks.model import Band, CriteriaSet, Criterion, Group, Note
from shared.rulebooks.options import Options, counted, worth
from shared.rulebooks.tables import STAR_CLASSES

ENDING_KINDS = ("knockout", "stop")
"""The kinds of note by which a product is struck out or its evaluation stops, whatever its points."""


@value(frozen=True, slots=True)
class SectionMean:
    """The mean points of one section, of at most `maximum`."""

    part: str
    code: str
    label: str
    maximum: int
    mean: Fraction


@value(frozen=True, slots=True)
class Mark:
    """The mark of one criterion for a class of stars, `met` or missed.

    `judged` is the option it was judged on, `least` the least option that meets it; 0 where there is none, in the
    either/or case the product was judged in.
    """

    stars: int
    criterion: str
    judged: int
    least: int
    met: bool


@value(frozen=True, slots=True)
class Ending:
    """A ground on which a product is struck out or its evaluation stops; `code` is the criterion's, "" the whole set's.

    No sheet says whether it holds: the council finds so.
    """

    code: str
    note: Note


@value(frozen=True, slots=True)
class Card:
    """Why a product has its stars; totals, parts, members' totals, limit and articles stand in `score`.

    `short` is what the total lacks for the next band, 0 in the highest; `marks` are those of 3, then 4, then 5 stars,
    each in printed order; `ways` lead to each class above, the next one first.
    """

    score: Score
    sections: tuple[SectionMean, ...]
    short: Fraction
    marks: tuple[Mark, ...]
    endings: tuple[Ending, ...]
    ways: tuple[Way | NoWay, ...]


def why_card(
    criteria_set: CriteriaSet,
    bands: Sequence[Band],
    sheets: Sequence[Sequence[int]],
    agreed: Options | None,
    result: Score,
) -> Card:
    """The card of `result`, which is what `score_given` makes of the same arguments."""
    return Card(
        score=result,
        sections=tuple(_sections(criteria_set, sheets)),
        short=min((band.lower - result.total for band in bands if band.stars > result.band), default=Fraction(0)),
        marks=tuple(_marks(criteria_set, result)),
        endings=tuple(_endings(criteria_set)),
        ways=ways(criteria_set, bands, sheets, agreed, result),
    )


def decimals(points: Fraction) -> str:
    """Points with two decimals, cut off: what is shown reaches no band that the exact value does not reach.

    89.995 is 4 stars and shows as 89.99; rounding would show 90.00, which is read as 5. The act rounds nothing (3.3).
    """
    hundredths = int(points * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _sections(criteria_set: CriteriaSet, sheets: Sequence[Sequence[int]]) -> Iterator[SectionMean]:
    points = [worth(criteria_set, counted(criteria_set, sheet)) for sheet in sheets]
    sums = dict(zip(criteria_set.tables.codes, map(sum, zip(*points, strict=True)), strict=True))
    for part in criteria_set.parts:
        for section in part.sections:
            total = sum(sums[criterion.code] for criterion in section.leaves())
            yield SectionMean(part.code, section.code, section.label, section.maximum, Fraction(total, len(sheets)))


def _marks(criteria_set: CriteriaSet, result: Score) -> Iterator[Mark]:
    for stars in STAR_CLASSES:
        for place, least in criteria_set.tables.marks[stars]:
            criterion = criteria_set.criteria[place]
            judged = result.judged.get(criterion.code, 0)
            meeting = (option for option in open_options(criterion, judged) if option.points >= least)
            first = min(meeting, key=lambda option: (option.points, option.position), default=None)
            yield Mark(
                stars=stars,
                criterion=criterion.code,
                judged=judged,
                least=0 if first is None else first.position,
                met=criterion.code not in result.missed[stars],
            )


def _endings(criteria_set: CriteriaSet) -> Iterator[Ending]:
    yield from (Ending("", note) for note in criteria_set.disqualifiers)
    for part in criteria_set.parts:
        for section in part.sections:
            yield from _endings_below(section)


def _endings_below(node: Group | Criterion) -> Iterator[Ending]:
    yield from (Ending(node.code, note) for note in node.notes if note.kind in ENDING_KINDS)
    if isinstance(node, Group):
        for child in node.children:
            yield from _endings_below(child)
