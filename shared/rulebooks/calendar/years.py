"""One year's file of the calendar, checked by itself against what the law gives in that year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from shared.rulebooks.calendar.days import SATURDAY, NamedDay, NotVerified
from shared.rulebooks.reading import Entry

SWAP_DAYS_MAX = 31
"""How far apart a day off and the weekend day worked for it may lie; more is a mistyped month or year."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A reason for days off with pay: how many, `on` which fixed day (MM-DD), by which article, in which years."""

    id: str
    name: str
    from_year: int
    to_year: int | None
    days: int
    on: str | None
    article: str
    compensated_by: str | None

    def holds_in(self, year: int) -> bool:
        """True when the law gave this occasion in the year."""
        return self.from_year <= year and (self.to_year is None or year <= self.to_year)


@dataclass(frozen=True, slots=True)
class Year:
    """One year's file, checked by itself."""

    year: int
    announced_on: date
    named: Mapping[date, NamedDay]
    not_verified: tuple[NotVerified, ...]


def read_occasions(entry: Entry) -> tuple[Occasion, ...]:
    """The occasions that the law names."""
    entry.only("occasions")
    return tuple(_occasion(item) for item in entry.entries("occasions"))


def _occasion(entry: Entry) -> Occasion:
    entry.only("id", "name", "from_year", "to_year", "days", "on", "article", "compensated_by")
    return Occasion(
        id=entry.text("id"),
        name=entry.text("name"),
        from_year=entry.whole("from_year", 1),
        to_year=entry.whole("to_year", 1) if entry.has("to_year") else None,
        days=entry.whole("days", 1),
        on=entry.text("on") if entry.has("on") else None,
        article=entry.text("article"),
        compensated_by=entry.text("compensated_by") if entry.has("compensated_by") else None,
    )


def read_year(entry: Entry, occasions: Iterable[Occasion]) -> Year:
    """The days of one year, each named once and each occasion of the year given; raises `RulebookError`."""
    entry.only("year", "announced_by", "announced_on", "holidays", "compensation", "swaps", "not_verified")
    year = entry.whole("year", 1)
    if entry.file != f"{year}.yaml":
        raise entry.fault(f"năm {year} phải ở tệp {year}.yaml.", f"year {year} must stand in {year}.yaml.", "year")
    if not entry.texts("announced_by"):
        raise entry.fault("thiếu văn bản công bố.", "'announced_by' names no announcement.", "announced_by")
    announced_on = entry.day("announced_on")
    given = {occasion.id: occasion for occasion in occasions if occasion.holds_in(year)}
    named: dict[date, NamedDay] = {}
    compensated: dict[date, str] = {}
    for item in entry.entries("holidays"):
        occasion = _known(item, given)
        for day in _holiday(item, occasion, year):
            act = item.text_or("act", occasion.article)
            _put(named, item, NamedDay(day, "holiday", occasion.name, act, _announced(item, announced_on)))
            if day.weekday() >= SATURDAY and occasion.compensated_by is not None:
                compensated[day] = occasion.compensated_by
    if given:
        missing = ", ".join(sorted(given))
        raise entry.fault(f"thiếu dịp nghỉ: {missing}.", f"occasions are missing: {missing}.", "holidays")
    _compensation(entry, named, compensated)
    for item in entry.entries("swaps"):
        _swap(item, named, year, announced_on)
    return Year(year, announced_on, named, tuple(_doubt(item, year) for item in entry.entries("not_verified")))


def _known(entry: Entry, given: dict[str, Occasion]) -> Occasion:
    """The occasion an entry names, taken out of those the year still has to give."""
    entry.only("occasion", "days", "act", "announced_on")
    occasion = given.pop(entry.text("occasion"), None)
    if occasion is None:
        raise entry.fault(
            "dịp nghỉ này không có trong năm, hoặc đã nêu ở trên.",
            "the year has no such occasion, or it already stands above.",
            "occasion",
        )
    return occasion


def _holiday(entry: Entry, occasion: Occasion, year: int) -> tuple[date, ...]:
    """The days of an occasion: as many as the law gives, in a row, the fixed one among them."""
    days = tuple(_day_of(entry, text, year) for text in entry.texts("days"))
    if len(days) != occasion.days:
        raise entry.fault(f"cần đúng {occasion.days} ngày.", f"exactly {occasion.days} days are needed.", "days")
    if any(after - before != timedelta(days=1) for before, after in pairwise(days)):
        raise entry.fault("các ngày phải liền nhau.", "the days must follow one another.", "days")
    if occasion.on is not None and f"{year}-{occasion.on}" not in {day.isoformat() for day in days}:
        raise entry.fault(f"phải có ngày {occasion.on}.", f"{occasion.on} must be among the days.", "days")
    return days


def _day_of(entry: Entry, text: str, year: int) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise entry.fault(f"“{text}” không phải ngày có thật.", f"{text!r} is not a real day.", "days") from None
    if day.year != year:
        raise entry.fault(f"{text} không thuộc năm {year}.", f"{text} is not a day of {year}.", "days")
    return day


def _announced(entry: Entry, otherwise: date) -> date:
    """Since when an entry is known: its own day, or that of its year."""
    return entry.day("announced_on") if entry.has("announced_on") else otherwise


def _put(named: dict[date, NamedDay], entry: Entry, why: NamedDay) -> None:
    if why.day in named:
        raise entry.fault(f"ngày {why.day} đã nêu ở trên.", f"{why.day} already stands above.")
    named[why.day] = why


def _compensation(entry: Entry, named: dict[date, NamedDay], compensated: Mapping[date, str]) -> None:
    """Each holiday at a weekend has the next day that is neither rest nor holiday, in order, and no other has one."""
    left = dict(sorted(compensated.items()))
    for item in entry.entries("compensation"):
        item.only("day", "for")
        day, holiday = item.day("day"), item.day("for")
        act = left.pop(holiday, None)
        if act is None:
            raise item.fault(
                f"{holiday} không phải ngày lễ trùng ngày nghỉ cần nghỉ bù.",
                f"{holiday} is no holiday at a weekend that is still to be compensated.",
                "for",
            )
        due = _next_worked(holiday, named)
        if day != due:
            raise item.fault(
                f"nghỉ bù cho {holiday} phải là {due}.", f"the compensation of {holiday} must be {due}.", "day"
            )
        why = named[holiday]
        named[day] = NamedDay(day, "compensation", f"Nghỉ bù {why.name}", act, why.announced_on)
    if left:
        listed = ", ".join(map(str, left))
        raise entry.fault(f"thiếu ngày nghỉ bù cho {listed}.", f"no compensation is given for {listed}.")


def _next_worked(day: date, named: Mapping[date, NamedDay]) -> date:
    after = day + timedelta(days=1)
    return _next_worked(after, named) if after.weekday() >= SATURDAY or after in named else after


def _swap(entry: Entry, named: dict[date, NamedDay], year: int, announced_on: date) -> None:
    """A day of the week is off, and a weekend day near it, perhaps of the next year or the one before, is worked."""
    entry.only("off", "worked", "act", "announced_on")
    off, worked, act, since = entry.day("off"), entry.day("worked"), entry.text("act"), _announced(entry, announced_on)
    if off.year != year or off.weekday() >= SATURDAY:
        raise entry.fault(f"“off” phải là ngày thường của năm {year}.", f"'off' must be a weekday of {year}.", "off")
    if worked.weekday() < SATURDAY:
        raise entry.fault("“worked” phải là ngày cuối tuần.", "'worked' must be a weekend day.", "worked")
    if abs(worked - off) > timedelta(days=SWAP_DAYS_MAX):
        raise entry.fault(
            f"hai ngày hoán đổi cách nhau quá {SWAP_DAYS_MAX} ngày.",
            f"the two days lie more than {SWAP_DAYS_MAX} days apart.",
            "worked",
        )
    _put(named, entry, NamedDay(off, "swapped_off", f"Hoán đổi với {worked:%d/%m/%Y}", act, since))
    _put(named, entry, NamedDay(worked, "swapped_on", f"Làm bù cho {off:%d/%m/%Y}", act, since))


def _doubt(entry: Entry, year: int) -> NotVerified:
    entry.only("day", "about")
    day = entry.day("day")
    if day.year != year:
        raise entry.fault(f"{day} không thuộc năm {year}.", f"{day} is not a day of {year}.", "day")
    return NotVerified(day, entry.text("about"))
