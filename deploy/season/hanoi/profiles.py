"""Score profiles of three sets of 781/2020, typed by hand with their totals; nothing here is computed by the project.

The three sets share the criteria of parts A and B and the points of their options; part C is each one's own. A profile
of some name is worth the same in every set. The sets have no star marks: the stars are those of the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from deploy.season.profiles import Profile, Swap

CLOTH, HERBS, CRAFTS = 12, 16, 19
SETS: Final = (CLOTH, HERBS, CRAFTS)
_PARTS_A_B = (
    *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6"),
    *("2.1", "2.2", "2.3"),
    *("3.1", "3.2", "3.3", "3.4", "3.5"),
    *("4.1", "4.2", "4.3"),
    *("5.1", "5.2", "5.3"),
)
CRITERIA: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        CLOTH: (*_PARTS_A_B, "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "6.7", "6.8", "7"),
        HERBS: (*_PARTS_A_B, "6", "7", "8", "9", "10", "11", "12", "13"),
        CRAFTS: (*_PARTS_A_B, "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "7", "8"),
    }
)
_AB_56 = "3 2 3 3 5 2  4 4 3  3 2 2 2 3  3 4 5  6 4 2"
_AB_49 = "3 2 3 3 4 2  4 4 3  3 2 2 2 2  3 3 4  5 4 2"
_AB_38 = "2 2 2 2 4 2  3 3 3  2 2 2 2 2  2 2 4  4 3 2"
_AB_26 = "2 2 2 1 3 1  3 2 2  2 1 2 1 2  2 2 3  2 2 1"
_AB_15 = "2 1 2 2 2 1  2 2 1  1 1 2 1 1  1 1 2  1 - -"
"""Options of parts A and B by position, named by what they are worth; the last one has no story (5.1)."""
_C: Mapping[int, Mapping[int, str]] = MappingProxyType(
    {
        CLOTH: {
            38: "4 4 4 4 4 4 4 3 2",
            35: "3 3 4 4 4 4 3 3 3",
            33: "3 3 4 4 4 4 3 3 2",
            27: "3 3 3 3 3 4 3 3 2",
            20: "2 3 3 3 3 3 3 2 1",
            13: "2 2 2 2 3 3 2 2 1",
            7: "2 2 2 1 2 2 2 1 1",
        },
        HERBS: {
            38: "3 3 4 4 3 4 6 2",
            35: "3 3 3 4 2 4 4 3",
            33: "3 3 4 4 3 3 6 2",
            27: "3 3 3 3 3 3 6 2",
            20: "3 3 3 2 2 3 4 1",
            13: "3 2 2 2 1 3 2 1",
            7: "2 2 2 1 1 1 1 1",
        },
        CRAFTS: {
            38: "4 3 4 4 3 4 3 2",
            35: "3 2 4 4 3 3 3 3",
            33: "4 3 3 4 3 4 3 2",
            27: "3 3 3 3 2 4 3 2",
            20: "3 2 3 3 2 3 2 1",
            13: "2 2 2 2 2 3 2 1",
            7: "2 1 2 1 1 2 2 1",
        },
    }
)
"""Options of part C, by set and by what they are worth."""
_TYPED: tuple[tuple[str, str, int, int, int, tuple[Swap, ...]], ...] = (
    ("five_94", _AB_56, 38, 94, 5, (Swap(2, "1.2", 3, 1), Swap(5, "1.3", 4, 1), Swap(6, "1.5", 4, -1))),
    ("five_91", _AB_56, 35, 91, 5, (Swap(3, "1.2", 3, 1),)),
    ("four_82", _AB_49, 33, 82, 4, (Swap(1, "1.3", 4, 1), Swap(4, "5.2", 3, -1), Swap(7, "3.5", 3, 1))),
    ("four_76", _AB_49, 27, 76, 4, (Swap(2, "1.5", 5, 1), Swap(6, "1.1", 2, -1))),
    ("three_58", _AB_38, 20, 58, 3, (Swap(1, "1.1", 3, 1), Swap(3, "1.5", 3, -1), Swap(5, "2.1", 4, 1))),
    ("two_39", _AB_26, 13, 39, 2, (Swap(4, "1.5", 4, 1),)),
    ("one_22", _AB_15, 7, 22, 1, ()),
)
"""Name, parts A and B, points of part C, total, stars, and members' departures."""


def profiles() -> dict[tuple[int, str], Profile]:
    """Each profile by set and name."""
    return {
        (number, name): Profile(name, f"{front}  {_C[number][part_c]}", total, stars, swaps, CRITERIA[number])
        for number in SETS
        for name, front, part_c, total, stars, swaps in _TYPED
    }
