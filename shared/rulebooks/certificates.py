"""Reads and checks what an act's file says of renewing and of withdrawing a certificate."""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType

from shared.rulebooks.acts import Ladder, Renewal, Withdrawal
from shared.rulebooks.parameters import parameter
from shared.rulebooks.reading import Entry

WINDOW = ("renewal_opens", "renewal_closes")
"""The clocks that a reminder tells of."""


def renewal(entry: Entry, clocks: Collection[str]) -> Renewal:
    """The parameters of a renewal; reminders fall from the farthest day before the end to the nearest.

    Reminders tell of a window, so that an act without its clocks can have none.
    """
    missing = next((name for name in WINDOW if name not in clocks), None)
    if missing is not None:
        raise entry.fault(f"thiếu thời hạn “{missing}”.", f"the clock {missing!r} is missing.", "reminders")
    entry.only("reminders", "undecided_extends", "after_end_extends")
    return Renewal(
        reminders=parameter(entry, "reminders", _falling),
        undecided_extends=parameter(entry, "undecided_extends", Entry.flag),
        after_end_extends=parameter(entry, "after_end_extends", Entry.flag),
    )


def withdrawal(entry: Entry, ladder: Ladder) -> Withdrawal:
    """The grounds, and by whom: each class of stars that is recognised, by the level that recognises it."""
    entry.only("grounds", "authorities")
    grounds = {}
    for each in entry.entries("grounds"):
        each.only("name", "article")
        grounds[each.text("name")] = each.text("article")
    authorities = {}
    for each in entry.entries("authorities"):
        each.only("level", "stars", "article")
        level, article = each.text("level"), each.text("article")
        for stars in each.wholes("stars"):
            if ladder.authority(stars) != level:
                raise each.fault(
                    f"{stars} sao không do cấp “{level}” công nhận.", f"{level!r} does not recognise {stars} stars."
                )
            authorities[stars] = article
    return Withdrawal(MappingProxyType(grounds), MappingProxyType(authorities))


def _falling(entry: Entry, key: str) -> tuple[int, ...]:
    days = entry.wholes(key)
    if list(days) != sorted(set(days), reverse=True):
        raise entry.fault(f"“{key}” phải giảm dần.", f"{key!r} must fall.", key)
    return days
