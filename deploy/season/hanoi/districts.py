"""Districts of Hà Nội until 2025-06-30, the commune of today that bears each one's name, and what they registered."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from deploy.season.catalogue import Commune
from deploy.season.registration import Registered, Registration, scaled

UNIT: Final = "01"
"""Hà Nội, which speaks for its districts (decision 13)."""
YEAR: Final = 2020
DISTRICTS_FILE: Final = Path(__file__).parents[1] / "data" / "hanoi_districts.csv"
REGISTRATION_FILE: Final = Path(__file__).parents[1] / "data" / "hanoi_2020_registration.csv"
_OTHERS: Final = "Các huyện khác / others"
_REGISTERED, _TARGET, _RANKED_2019 = "REGISTERED", "TARGET", "RANKED_2019"
_TOTALS: Final = frozenset({_REGISTERED, _TARGET, _RANKED_2019})


@dataclass(frozen=True, slots=True)
class District:
    """A district; its producers are of one commune of today, since a sender names communes of today."""

    code: str
    name: str
    commune: Commune

    @property
    def short_name(self) -> str:
        """The name without what kind of district it is."""
        return self.name.removeprefix("Huyện ").removeprefix("Quận ").removeprefix("Thị xã ")


def districts() -> tuple[District, ...]:
    """The 27 of 30 districts whose name a commune of today bears."""
    with DISTRICTS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            District(
                row["district_code"], row["district_name"], Commune(row["commune_code"], row["commune_name"], UNIT)
            )
            for row in csv.DictReader(file)
        )


def registration(played: int) -> Registration:
    """What was registered in 2020, and how many products of 2020 the season plays for it."""
    figures = _figures()
    registered = {name: count for name, count in figures.items() if name not in _TOTALS}
    share = scaled(registered, played)
    rows = (Registered(name, count, share[name]) for name, count in registered.items())
    return Registration(YEAR, tuple(rows), figures[_TARGET])


def shares(played: int) -> tuple[tuple[District, int], ...]:
    """How many of the season's products of 2020 each district has.

    The source names five districts; the others, which it sums up, take turns.
    """
    share = {row.name: row.played for row in registration(played).districts}
    named = [district for district in districts() if district.short_name in share]
    others = [district for district in districts() if district.short_name not in share]
    turns, left = divmod(share[_OTHERS], len(others))
    return (
        *((district, share[district.short_name]) for district in named),
        *((district, turns + (place < left)) for place, district in enumerate(others)),
    )


def registering(district: District) -> str:
    """The name under which the figures count what the district registered."""
    return district.short_name if district.short_name in _figures() else _OTHERS


def of_2019(dossiers: int) -> int:
    """How many of so many products are of 2019: as many as were ranked at its end beside those registered in 2020."""
    figures = _figures()
    ranked, registered = figures[_RANKED_2019], figures[_REGISTERED]
    return dossiers * ranked // (ranked + registered)


@cache
def _figures() -> Mapping[str, int]:
    with REGISTRATION_FILE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["district"]: int(row["products"]) for row in csv.DictReader(file)})
