"""Score profiles of set 13 (coffee, cocoa), typed by hand with their totals; nothing here is computed by the project.

A profile is the option, by position from 1, that most of a council chooses for each criterion; a swap is one member's
departure from it. No two members depart on the same criterion, so the majority is always the profile's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

CRITERIA = (
    *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
    *("2.1", "2.2", "2.3", "2.4"),
    *("3.1", "3.2", "3.3", "3.4", "3.5"),
    *("4.1", "4.2", "4.3"),
    *("5.1", "5.2", "5.3"),
    *("6.1.1", "6.1.2", "6.1.3", "6.1.4", "6.1.5", "6.2.1", "6.2.2"),
    *("7", "8", "9", "10", "11"),
)
NOT_GIVEN = "-"
"""Stands for a criterion that does not apply: a product without a story has no structure of its story (5.2)."""


@dataclass(frozen=True, slots=True)
class Swap:
    """Member `member` chose `position` on `criterion`, worth `difference` points more than the profile's option."""

    member: int
    criterion: str
    position: int
    difference: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A council's choice for one product: its points and stars by the act (article 3.3, marks of Annex II)."""

    name: str
    positions: str
    total: int
    stars: int
    swaps: tuple[Swap, ...] = ()
    criteria: tuple[str, ...] = CRITERIA

    def options(self) -> dict[str, int]:
        """The options by criterion."""
        chosen = zip(self.criteria, self.positions.split(), strict=True)
        return {criterion: int(position) for criterion, position in chosen if position != NOT_GIVEN}

    def sheet(self, member: int) -> dict[str, int]:
        """The options of one member."""
        own = {swap.criterion: swap.position for swap in self.swaps if swap.member == member}
        return {**self.options(), **own}

    def mean(self, members: Collection[int]) -> Fraction:
        """The exact mean total of the sheets of these members."""
        moved = sum(swap.difference for swap in self.swaps if swap.member in members)
        return Fraction(self.total * len(members) + moved, len(members))


_ALL = (
    Profile(
        "five_95",
        "3 2 4 2 4 3 2  4 4 3 2  3 1 3 2 3  4 4 4  5 3 4  3 3 3 3 3 3 3  4 3 3 2 2",
        95,
        5,
        (Swap(2, "1.2", 3, 1), Swap(5, "1.4", 3, 1), Swap(3, "6.1.5", 2, -1), Swap(6, "6.2.1", 2, -1)),
    ),
    Profile(
        "five_93",
        "3 2 4 2 4 3 2  4 4 3 2  3 1 3 2 3  4 4 4  5 3 4  3 3 3 2 2 3 3  4 3 3 2 2",
        93,
        5,
        (Swap(3, "1.2", 3, 1),),
    ),
    Profile("mark_92", "3 2 4 2 4 3 1  3 4 3 2  3 1 3 2 3  4 4 4  5 3 4  3 3 3 3 3 3 3  4 3 3 1 2", 92, 3),
    Profile(
        "central_86",
        "3 2 4 2 4 3 2  4 4 3 2  3 1 3 2 3  4 4 4  5 3 4  3 3 3 2 2 3 2  3 2 2 2 2",
        86,
        4,
        (Swap(1, "8", 3, 1), Swap(4, "6.1.4", 3, 1), Swap(6, "3.2", 2, 1)),
    ),
    Profile(
        "four_81",
        "2 3 3 3 3 2 2  4 3 3 2  3 2 2 2 2  3 3 4  5 3 3  3 3 3 3 3 3 3  3 3 2 2 1",
        81,
        4,
        (Swap(1, "2.4", 1, -1), Swap(4, "4.3", 5, 1), Swap(6, "1.3", 4, 1)),
    ),
    Profile(
        "four_75",
        "2 2 3 2 3 2 2  4 3 3 2  3 2 2 2 2  3 3 4  5 2 3  3 3 2 3 2 3 3  3 2 2 2 1",
        75,
        4,
        (Swap(2, "4.2", 4, 1), Swap(3, "1.4", 3, 1), Swap(5, "6.1.3", 3, 1), Swap(7, "11", 2, 1)),
    ),
    Profile(
        "mark_73",
        "2 2 3 2 3 2 2  4 3 3 2  3 2 2 2 2  3 3 4  5 2 3  3 3 2 3 2 3 3  2 2 2 2 1",
        73,
        3,
        (Swap(2, "4.2", 4, 1), Swap(6, "1.2", 1, -1)),
    ),
    Profile(
        "three_66",
        "2 2 3 2 2 2 2  3 3 2 2  3 1 3 2 1  2 3 5  5 2 3  3 3 3 3 3 2 2  2 2 1 2 1",
        66,
        3,
        (Swap(2, "6.2.1", 3, 1), Swap(5, "5.2", 3, 1), Swap(6, "1.3", 4, 1), Swap(7, "10", 1, -1)),
    ),
    Profile(
        "three_58",
        "2 1 3 2 2 2 1  3 3 2 2  3 1 3 2 1  2 3 3  4 2 3  3 2 3 2 3 2 2  2 2 1 2 1",
        58,
        3,
        (Swap(1, "1.7", 2, 1), Swap(3, "10", 1, -1), Swap(4, "4.3", 4, 1), Swap(6, "3.2", 2, 1)),
    ),
    Profile(
        "mark_57",
        "2 1 3 2 2 2 1  3 2 2 2  3 1 3 2 1  2 3 3  4 2 3  3 2 3 2 3 2 2  2 2 1 2 1",
        57,
        2,
        (Swap(4, "1.7", 2, 1),),
    ),
    Profile(
        "two_42",
        "2 1 2 1 1 1 1  2 2 2 1  2 2 2 1 1  2 2 3  3 2 2  3 2 2 2 2 2 2  3 1 1 2 1",
        42,
        2,
        (Swap(2, "1.2", 2, 1), Swap(3, "11", 2, 1), Swap(5, "2.4", 2, 1)),
    ),
    Profile(
        "one_24",
        "1 1 1 1 1 1 1  1 2 1 1  1 2 1 1 1  1 1 2  1 - 1  2 2 2 2 2 2 2  1 1 1 1 1",
        24,
        1,
        (Swap(1, "1.2", 2, 1), Swap(6, "2.4", 2, 1)),
    ),
)

PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in _ALL})
AGREED_BELOW_MAJORITY: Mapping[str, int] = MappingProxyType({**PROFILES["four_75"].options(), "7": 2})
"""What a council agreed against its own majority: criterion 7 below the mark of 4 stars, so `four_75` gets 3."""
