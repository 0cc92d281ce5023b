"""The calendar: each day is opened once, in order, and announced to every partition."""

from __future__ import annotations

from datetime import date, timedelta

from services.registration.domain.announcements import DayOpened, Published
from services.registration.domain.case import (
    DAYS_OPENED_MAX,
    FIRST_DAY,
    Admission,
    Admitted,
    Case,
    Draft,
    awaited_day,
    calendar,
)
from services.registration.domain.facts import DayStarted
from services.registration.domain.register import CALENDAR, Calendar, Register
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Refused
from shared.kernel.words import Words


def day_started(case: Case, fact: DayStarted) -> Admission:
    """The scripted calendar stands at this day."""
    return open_days(case.register, fact.day, case.rules.partitions)


def open_days(register: Register, day: date, partitions: int) -> Admitted | Refused:
    """Every day after the one that is open, up to `day`, is opened in order and announced to each partition.

    Days never go back. The first day ever opened is `day` alone. More than `DAYS_OPENED_MAX` days are refused.
    """
    now = calendar(register)
    first = day if now.opened is None else now.opened + timedelta(days=1)
    count = (day - first).days + 1
    if count < 1:
        return refused(Code.DATES_OUT_OF_ORDER, "date", _opened(now.opened))
    if count > DAYS_OPENED_MAX:
        return refused(Code.DATES_OUT_OF_ORDER, "date", _too_far(count))
    days = tuple(first + timedelta(days=passed) for passed in range(count))
    draft = Draft(register)
    draft.put(CALENDAR, Calendar(day, now.days + count))
    for sequence, opened in enumerate(days, start=now.days + 1):
        for partition in range(partitions):
            draft.announce(Published("dossiers", f"day/{partition}", sequence, DayOpened(opened)))
    provides = frozenset(map(awaited_day, days)) | ({FIRST_DAY} if now.opened is None else set())
    return draft.admitted({"day": day.isoformat()}, provides)


def _opened(opened: date | None) -> Words | None:
    if opened is None:
        return None
    return Words(f"(ngày đang mở: {opened:%d/%m/%Y})", f"(the open day is {opened.isoformat()})")


def _too_far(count: int) -> Words:
    return Words(
        f"(mở {count} ngày một lần; nhiều nhất {DAYS_OPENED_MAX})",
        f"({count} days at once; {DAYS_OPENED_MAX} at most)",
    )
