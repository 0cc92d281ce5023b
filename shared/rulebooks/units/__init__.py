"""The administrative units since 2025-07-01: 34 provinces, 3,321 communes, and the ministry.

Sources: Quyết định 19/2025/QĐ-TTg (the list of units and their codes) and the resolutions on the arrangement of
provinces and communes in force from 2025-07-01. Two files beside this module hold a code, a full name and, for a
commune, its province; nothing else. Names are those of the list at hand, where Đồng Nai stands as the city it became.
What a code named before that day is told by `shared.rulebooks.units.former`, and by nothing here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from types import MappingProxyType

MINISTRY = "bnnmt"
MINISTRY_NAME = "Bộ Nông nghiệp và Môi trường"
SOURCE = "Quyết định 19/2025/QĐ-TTg"
SINCE = date(2025, 7, 1)
"""The first day on which these units, and no others, are valid."""


@dataclass(frozen=True, slots=True)
class Province:
    """A province or a city under central rule: two digits and its full name."""

    code: str
    name: str
    valid_from: date = SINCE
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune, ward or special zone: five digits, its full name, and the code of its province."""

    code: str
    name: str
    province: str
    valid_from: date = SINCE
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Units:
    """Provinces and communes by code; `names` also holds the ministry, under the code it sends as."""

    provinces: Mapping[str, Province]
    communes: Mapping[str, Commune]
    names: Mapping[str, str]

    @property
    def codes(self) -> tuple[str, ...]:
        """The 35 units that send events: the provinces in order of code, then the ministry."""
        return (*sorted(self.provinces), MINISTRY)

    def province_of(self, commune: str) -> str | None:
        """The code of the commune's province, or None for a code that no commune has."""
        found = self.communes.get(commune)
        return None if found is None else found.province

    def communes_of(self, province: str) -> tuple[Commune, ...]:
        """The communes of one province in order of code; empty for an unknown province."""
        return tuple(commune for commune in self.communes.values() if commune.province == province)


def load_units() -> Units:
    """Every unit, read from the files beside this module; raises ValueError for a commune of an unknown province."""
    provinces = {code: Province(code, name) for code, name in _rows("provinces.csv")}
    communes = {code: Commune(code, name, province) for code, name, province in _rows("communes.csv")}
    if strangers := sorted({commune.province for commune in communes.values()} - provinces.keys()):
        raise ValueError(f"communes.csv names provinces that provinces.csv does not have: {', '.join(strangers)}")
    names = {code: province.name for code, province in provinces.items()} | {MINISTRY: MINISTRY_NAME}
    return Units(MappingProxyType(provinces), MappingProxyType(communes), MappingProxyType(names))


def _rows(name: str) -> Iterator[list[str]]:
    text = (files(__name__) / name).read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines())
    next(rows)
    return rows
