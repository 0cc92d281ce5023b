"""The act in force with a criteria set small enough to add up in one's head, and working days that stay as they are."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

from shared.rulebooks.calendar import Editions, WorkingCalendar, load_editions
from shared.rulebooks.loader import load
from shared.rulebooks.model import CriteriaSet, Criterion, Option, Part, Rulebook, Rulebooks

REGIME = "qd26-2026"
VERSION = "little"
ACT = "26/2026/QĐ-TTg"
SET = 13
LAST_YEAR = 2026
NEW_YEAR = date(2027, 1, 1)


@cache
def little_rulebooks() -> Rulebooks:
    """The real regime; of criteria only 1.1 (20, 45, 60, 84 or 94 points) and 1.2 (0, or 1 with the 5-star mark)."""
    regime = next(book.regime for book in load().all if book.regime.id == REGIME)
    points = _criterion("1.1", (20, None), (45, None), (60, None), (84, None), (94, None))
    mark = _criterion("1.2", (0, None), (1, 5))
    little = CriteriaSet(
        number=SET,
        name="Bộ tiêu chí nhỏ",
        article="Phụ lục II",
        samples=5,
        disqualifiers=(),
        parts=(Part("A", "Phần A", 95, ()),),
        criteria=(points, mark),
        by_code=MappingProxyType({"1.1": points, "1.2": mark}),
    )
    return Rulebooks((Rulebook(regime, MappingProxyType({SET: little}), VERSION),))


@cache
def little_editions() -> Editions:
    """The working days as they were announced up to those of 2026, whatever has been announced since."""
    return Editions(tuple(one for one in load_editions().editions if one[1].last.year <= LAST_YEAR))


def with_2027(since: date) -> Editions:
    """The same, and an invented 2027 announced on a day: every weekday is worked but the first of January."""
    known = little_editions().latest
    days = [NEW_YEAR + timedelta(days=count) for count in range(1, 365)]
    working = (*known.working, *(day for day in days if day.weekday() < 5))
    year = WorkingCalendar(known.first, date(2027, 12, 31), working, known.named, known.not_verified, "invented")
    return Editions((*little_editions().editions, (since, year)))


def _criterion(code: str, *options: tuple[int, int | None]) -> Criterion:
    return Criterion(
        code=code,
        label=code,
        leaf=code,
        part="A",
        section="1",
        options=tuple(Option(place, points, mark, code) for place, (points, mark) in enumerate(options, start=1)),
    )
