"""The working days of Viet Nam's offices, year by year as they were announced, and how they are counted."""

from __future__ import annotations

from shared.rulebooks.calendar.days import Editions, NamedDay, NotVerified, WorkingCalendar, YearNotPublished
from shared.rulebooks.calendar.loading import load_calendar, load_editions

__all__ = [
    "Editions",
    "NamedDay",
    "NotVerified",
    "WorkingCalendar",
    "YearNotPublished",
    "load_calendar",
    "load_editions",
]
