"""Reads the calendar's files and proves them sound: a bad file stops the service with file, line and cause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from shared.rulebooks.calendar.days import SATURDAY, Editions, NamedDay, WorkingCalendar
from shared.rulebooks.calendar.years import Year, read_occasions, read_year
from shared.rulebooks.publication import as_published, edition, listing
from shared.rulebooks.reading import RulebookError, read

CALENDAR = Path(__file__).parent
"""The folder of the calendar's files: `occasions.yaml`, one `YYYY.yaml` a year, and the hash list."""

OCCASIONS = "occasions.yaml"


def load_calendar(folder: Path = CALENDAR) -> WorkingCalendar:
    """The working days of every year that has a file, checked against the law; raises `RulebookError`."""
    version, years = _read(folder)
    return _calendar(years, version)


def load_editions(folder: Path = CALENDAR) -> Editions:
    """The calendar as it was known after each announcement; raises `RulebookError`."""
    version, years = _read(folder)
    announced = {year.announced_on for year in years}
    announced |= {why.announced_on for year in years for why in year.named.values()}
    days = (date.min, *sorted(announced))
    return Editions(tuple((day, _calendar(years, version, day)) for day in days))


def _read(folder: Path) -> tuple[str, list[Year]]:
    """The version and every year, each announced after the one before, no day spoken of twice."""
    version = f"calendar@{edition(listing(as_published(folder)))}"
    occasions = read_occasions(read(folder, OCCASIONS))
    files = sorted(path.name for path in folder.glob("[0-9][0-9][0-9][0-9].yaml"))
    if not files:
        raise RulebookError(".", 1, "không có năm nào (YYYY.yaml).", "there is no year (YYYY.yaml).")
    years = [read_year(read(folder, file), occasions) for file in files]
    for before, after in pairwise(years):
        if after.year != before.year + 1:
            missing = f"{before.year + 1}.yaml"
            raise RulebookError(missing, 1, "thiếu tệp của năm này.", "the file of this year is missing.")
        if after.announced_on <= before.announced_on:
            raise _told(after, f"phải công bố sau năm {before.year}.", f"it must be announced after {before.year}.")
        if twice := sorted(before.named.keys() & after.named.keys()):
            raise _told(after, f"ngày {twice[0]} đã nêu ở năm khác.", f"{twice[0]} stands in another year too.")
    return version, years


def _told(year: Year, vietnamese: str, english: str) -> RulebookError:
    return RulebookError(f"{year.year}.yaml", 1, vietnamese, english)


def _calendar(years: Iterable[Year], version: str, known_on: date = date.max) -> WorkingCalendar:
    """The calendar as known on a day; a year not announced by then, and those after it, are not in it."""
    known = [year for year in years if year.announced_on <= known_on]
    first, last = _span(known)
    named = {day: why for year in known for day, why in year.named.items() if why.announced_on <= known_on}
    working = tuple(day for day in _days(first, last) if _worked(day, named.get(day)))
    doubts = tuple(doubt for year in known for doubt in year.not_verified)
    return WorkingCalendar(first, last, working, MappingProxyType(named), doubts, version)


def _span(known: list[Year]) -> tuple[date, date]:
    """The first and the last day of the years, in order; of none, an empty span."""
    return (date(known[0].year, 1, 1), date(known[-1].year, 12, 31)) if known else (date(2, 1, 1), date(1, 12, 31))


def _worked(day: date, named: NamedDay | None) -> bool:
    return day.weekday() < SATURDAY if named is None else named.kind == "swapped_on"


def _days(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1))
