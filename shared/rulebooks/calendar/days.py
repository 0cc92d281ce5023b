"""Which days are worked, counted exactly; a year that was not published is a value and never a guess."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.kernel.words import Words

SATURDAY = 5
"""`date.weekday()` from which a week's rest begins."""

Kind = Literal["holiday", "compensation", "swapped_off", "swapped_on"]


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day that is off, or worked at a weekend, for another reason than its place in the week, and by which act.

    `announced_on` is since when that is known.
    """

    day: date
    kind: Kind
    name: str
    act: str
    announced_on: date


@dataclass(frozen=True, slots=True)
class NotVerified:
    """A day of which something was said that no act at hand confirms; it counts as its place in the week says."""

    day: date
    about: str


@dataclass(frozen=True, slots=True)
class YearNotPublished:
    """The answer needs the days of a year whose calendar is not here: not announced yet, or before the first file."""

    year: int

    @property
    def words(self) -> Words:
        """What a person is told."""
        return Words(
            f"Chưa có lịch chính thức về ngày nghỉ lễ, Tết và ngày làm bù của năm {self.year} nên chưa tính được "
            "thời hạn theo ngày làm việc; người vận hành bổ sung lịch khi có thông báo, đơn vị không cần làm gì.",
            f"The official calendar of holidays and swapped days of {self.year} is not here, so time limits in working "
            "days cannot be counted; an operator adds it when it is announced, a unit need do nothing.",
        )


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working days from `first` to `last`, whole years without a gap, as dates of UTC+7.

    `working` rises; `named` says why a day differs from its place in the week. Counting costs a binary search.
    """

    first: date
    last: date
    working: tuple[date, ...]
    named: Mapping[date, NamedDay]
    not_verified: tuple[NotVerified, ...]
    version: str

    def is_working_day(self, day: date) -> bool | YearNotPublished:
        """True when offices work on the day."""
        if not self.first <= day <= self.last:
            return YearNotPublished(day.year)
        return self._before(day) < self._through(day)

    def add_working_days(self, start: date, count: int) -> date | YearNotPublished:
        """The last day of a time limit of `count` working days that begins to run the day after `start`.

        A `count` below 0 goes back: the day that lies so many working days before `start`. 0 is `start` itself.
        """
        if count == 0:
            return start
        return self._later(start, count) if count > 0 else self._earlier(start, -count)

    def working_days_between(self, start: date, end: date) -> int | YearNotPublished:
        """How many working days lie after `start` up to and including `end`; below 0 where `end` is the earlier.

        Undoes `add_working_days`: from `start` to the day it gives there are `count` working days.
        """
        if end < start:
            outside = self._not_published(end, _minus(start))
            return outside or self._before(end) - self._before(start)
        outside = None if end == start else self._not_published(_plus(start), end)
        return outside or self._through(end) - self._through(start)

    def doubtful(self, first: date, last: date) -> tuple[NotVerified, ...]:
        """What is not verified about the days from `first` to `last`: to be told beside a day counted over them."""
        return tuple(doubt for doubt in self.not_verified if first <= doubt.day <= last)

    def _later(self, start: date, count: int) -> date | YearNotPublished:
        if (outside := self._not_published(_plus(start), _plus(start))) is not None:
            return outside
        index = self._through(start) + count - 1
        return self.working[index] if index < len(self.working) else YearNotPublished(self.last.year + 1)

    def _earlier(self, start: date, count: int) -> date | YearNotPublished:
        if (outside := self._not_published(_minus(start), _minus(start))) is not None:
            return outside
        index = self._before(start) - count
        return self.working[index] if index >= 0 else YearNotPublished(self.first.year - 1)

    def _before(self, day: date) -> int:
        return bisect_left(self.working, day)

    def _through(self, day: date) -> int:
        return bisect_right(self.working, day)

    def _not_published(self, first: date, last: date) -> YearNotPublished | None:
        """The first year outside of what is published that the days from `first` to `last` touch."""
        if first < self.first:
            return YearNotPublished(first.year)
        return YearNotPublished(max(first.year, self.last.year + 1)) if last > self.last else None


@dataclass(frozen=True, slots=True)
class Editions:
    """The calendar as it was known from day to day: what an announcement of today says was not known yesterday.

    A time limit counted with the edition of the day on which it is counted comes out the same in a replay, whatever was
    announced since. The first edition has no year.
    """

    editions: tuple[tuple[date, WorkingCalendar], ...]

    @property
    def latest(self) -> WorkingCalendar:
        """All that is known."""
        return self.editions[-1][1]

    def known_on(self, day: date) -> WorkingCalendar:
        """The calendar as it was known at the end of the day."""
        return next(calendar for since, calendar in reversed(self.editions) if since <= day)


def _plus(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _minus(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
