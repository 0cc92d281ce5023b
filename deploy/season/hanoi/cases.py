"""What happens to a product of Hà Nội's season and how it ends, typed by hand from the two acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from deploy.season.cases import End

Level = Literal["district", "province", "central"]
Kind = Literal["recognise", "approve_for_province", "approve_for_central", "end_without_certificate"]
ACT_2018: Final = "490/QĐ-TTg"
ACT_2019: Final = "1048/QĐ-TTg"
LAST_DAY_OF_2018_ACT: Final = date(2019, 8, 20)
FIRST_DAY_OF_2019_ACT: Final = date(2019, 8, 21)


@dataclass(frozen=True, slots=True)
class Rung:
    """What a council finds, by the name of a profile, and what its authority decides on that; None: nothing."""

    level: Level
    found: str
    stars: int
    decision: Kind | None


@dataclass(frozen=True, slots=True)
class Case:
    """The way of one product by the act of its filing day; `notices` are the mails its producer and its commune get.

    `handed_back` are the stars that the province gives a result which the centre hands back to it.
    """

    name: str
    act: str
    way: tuple[Rung, ...]
    end: End
    notices: tuple[str, ...]
    filed_on: date | None = None
    handed_back: int | None = None
    withdrawn: bool = False

    @property
    def sent_up(self) -> int:
        """How often it goes to the council above."""
        return max(len(self.way) - 1, 0)

    def rung(self, level: Level) -> Rung | None:
        """What happens at a level; None where the product does not come so far."""
        return next((rung for rung in self.way if rung.level == level), None)


def _district(found: str, stars: int, decision: Kind = "approve_for_province") -> Rung:
    return Rung("district", found, stars, decision)


def _province(found: str, stars: int, decision: Kind = "recognise") -> Rung:
    return Rung("province", found, stars, decision)


def _centre(found: str, stars: int, decision: Kind | None = None) -> Rung:
    return Rung("central", found, stars, decision)


_END: Final[Kind] = "end_without_certificate"
_UP: Final[Kind] = "approve_for_central"
_E = ("ended",)
_P = ("forwarded", "recognised")
_C = ("forwarded", "forwarded", "recognised")
_AT_THREE, _AT_FOUR = End("recognised", 3, "province"), End("recognised", 4, "province")
_AT_FIVE = End("recognised", 5, "central")
_THREE = (_district("three_58", 3), _province("three_58", 3))
_FOUR_SENT_UP = (_district("four_82", 4), _province("four_76", 4, _UP))
_FIVE_SENT_UP = (_district("five_94", 5), _province("five_94", 5, _UP))
_TWO = (_district("two_39", 2, _END),)
_FIVE = (*_FIVE_SENT_UP, _centre("five_91", 5, "recognise"))

LADDER_2018: tuple[Case, ...] = (
    Case("two_stars", ACT_2018, _TWO, End("ended", 2), _E),
    Case("one_star", ACT_2018, (_district("one_22", 1, _END),), End("ended", 1), _E),
    Case(
        "province_ends",
        ACT_2018,
        (_district("three_58", 3), _province("two_39", 2, _END)),
        End("ended", 2),
        ("forwarded", "ended"),
    ),
    Case("three_stars", ACT_2018, _THREE, _AT_THREE, _P),
    Case("four_then_three", ACT_2018, (_district("four_76", 4), _province("three_58", 3)), _AT_THREE, _P),
    Case("five_stars", ACT_2018, _FIVE, _AT_FIVE, _C),
    Case(
        "four_of_the_province_five_of_the_nation",
        ACT_2018,
        (*_FOUR_SENT_UP, _centre("five_91", 5, "recognise")),
        _AT_FIVE,
        _C,
    ),
    Case(
        "last_day_of_the_2018_act",
        ACT_2018,
        (_district("four_76", 4), _province("four_76", 4, _UP), _centre("four_76", 4)),
        _AT_FOUR,
        _C,
        filed_on=LAST_DAY_OF_2018_ACT,
        handed_back=4,
    ),
    Case("three_handed_back", ACT_2018, (*_FOUR_SENT_UP, _centre("three_58", 3)), _AT_THREE, _C, handed_back=3),
    Case("handed_back_open", ACT_2018, (*_FOUR_SENT_UP, _centre("four_76", 4)), End("task_open"), _C[:2]),
    Case(
        "district_recognises",
        ACT_2018,
        (_district("three_58", 3, "recognise"),),
        End("decision_held", contradiction="authority_lacking"),
        (),
    ),
    Case("withdrawn", ACT_2018, (), End("withdrawn"), ("withdrawn",), withdrawn=True),
    Case(
        "first_day_of_the_2019_act",
        ACT_2019,
        (_district("four_76", 4), _province("four_76", 4)),
        _AT_FOUR,
        _P,
        filed_on=FIRST_DAY_OF_2019_ACT,
    ),
)
"""One product each, filed in August 2019: every way up the ladder of 2018, and the day after that act's last."""

LADDER_2019: tuple[Case, ...] = (
    Case("2020_five_stars", ACT_2019, _FIVE, _AT_FIVE, _C),
    Case("2020_handed_back", ACT_2019, (*_FIVE_SENT_UP, _centre("four_82", 4)), _AT_FOUR, _C, handed_back=4),
    Case(
        "2020_four_stars_stay",
        ACT_2019,
        _FOUR_SENT_UP,
        End("decision_held", contradiction="not_eligible"),
        ("forwarded",),
    ),
)
"""One product each, filed in 2020: by the act of 2019 the province sends up from 90 points, no longer from 70."""

MORE_OF_2019: tuple[tuple[int, Case], ...] = (
    (6, Case("three_stars", ACT_2018, _THREE, _AT_THREE, _P)),
    (3, Case("three_handed_back", ACT_2018, (*_FOUR_SENT_UP, _centre("three_58", 3)), _AT_THREE, _C, handed_back=3)),
    (1, Case("two_stars", ACT_2018, _TWO, End("ended", 2), _E)),
)
MORE_OF_2020: tuple[tuple[int, Case], ...] = (
    (4, Case("2020_three_stars", ACT_2019, _THREE, _AT_THREE, _P)),
    (5, Case("2020_four_stars", ACT_2019, (_district("four_82", 4), _province("four_76", 4)), _AT_FOUR, _P)),
    (1, Case("2020_two_stars", ACT_2019, _TWO, End("ended", 2), _E)),
)
"""The rest of each year, drawn by weight."""
