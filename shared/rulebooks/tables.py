"""A criteria set as tables of numbers, made once when it is loaded: what scoring a sheet looks up again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.rulebooks.model import Criterion, Part

STAR_CLASSES = (3, 4, 5)
"""The classes that ask for marks; below them there is no recognition (26/2026, 4.1.a)."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The leaf criteria of a set, each by its place in printed order, from 0.

    `points[place][position]` are the points of the option at a position from 1; position 0, no option, has 0 points.
    `parts` holds where each part begins and ends; `dependent` (place, place of the condition, above); `marks` for each
    class of stars (place, points of the best option marked for that class or a lower one), where there is such a mark.
    `options` is how many options each has.
    """

    codes: tuple[str, ...]
    points: tuple[tuple[int, ...], ...]
    parts: tuple[slice, ...]
    dependent: tuple[tuple[int, int, int], ...]
    marks: Mapping[int, tuple[tuple[int, int], ...]]
    options: tuple[int, ...]


def tables(parts: Sequence[Part], criteria: Sequence[Criterion]) -> Tables:
    """The tables of a set whose `criteria` stand in printed order, so that those of one part stand together."""
    codes = tuple(criterion.code for criterion in criteria)
    in_part = [criterion.part for criterion in criteria]
    return Tables(
        codes=codes,
        points=tuple((0, *(option.points for option in criterion.options)) for criterion in criteria),
        parts=tuple(_reach(in_part, part.code) for part in parts),
        dependent=tuple(
            (place, codes.index(criterion.applies_if.criterion), criterion.applies_if.above)
            for place, criterion in enumerate(criteria)
            if criterion.applies_if is not None
        ),
        marks={stars: tuple(_marked(criteria, stars)) for stars in STAR_CLASSES},
        options=tuple(len(criterion.options) for criterion in criteria),
    )


def _reach(in_part: Sequence[str], part: str) -> slice:
    first = in_part.index(part) if part in in_part else 0
    return slice(first, first + in_part.count(part))


def _marked(criteria: Sequence[Criterion], stars: int) -> list[tuple[int, int]]:
    found = []
    for place, criterion in enumerate(criteria):
        marked = [option.points for option in criterion.options if option.mark is not None and option.mark <= stars]
        if marked:
            found.append((place, max(marked)))
    return found
