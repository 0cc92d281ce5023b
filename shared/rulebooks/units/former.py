"""The units by day: 34 provinces and their communes since 2025-07-01; 63 provinces and 696 districts before.

A code alone names nothing: 15, 24, 44, 52, 80, 82 and 91 named another province before 2025-07-01, so every question
takes a day. Sources: the lists of units under Quyết định 124/2004/QĐ-TTg as they stood at the end of June 2025, and the
resolutions of 2025 on the arrangement of provinces and communes; Nghị quyết 15/2008/QH12 (the 63 since 2008-08-01),
Nghị quyết 175/2024/QH15 (Huế), Nghị quyết 1111/NQ-UBTVQH14 (Thủ Đức). The lists of communes before 2025-07-01 are not
held: what they would answer is `NotListed` or a question, never a guess.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from shared.kernel.words import Words
from shared.rulebooks.reading import RulebookError
from shared.rulebooks.units import SINCE, Commune, Province, Units

LISTED_ON = date(2025, 6, 30)
"""The last day of the 63 provinces and of every district, and the day of the list of districts at hand."""

LISTED_FROM = date(2008, 8, 1)
"""The first day of which the provinces are held."""

FOLDER = Path(__file__).parent
PROVINCES = "provinces_until_2025_06.csv"
DISTRICTS = "districts_until_2025_06.csv"


@dataclass(frozen=True, slots=True)
class FormerProvince:
    """A province of the time before 2025-07-01, first and last day included; `became` is its province today."""

    code: str
    name: str
    valid_from: date
    valid_to: date
    became: str


@dataclass(frozen=True, slots=True)
class District:
    """A district of a former province: three digits. `valid_from` None: the list does not say since when.

    `became` are the communes it went into as a whole, where that is sure; else nothing.
    """

    code: str
    name: str
    province: str
    valid_from: date | None
    valid_to: date
    became: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotListed:
    """The lists at hand do not say what this code named on this day; it may have named something."""

    code: str
    day: date

    @property
    def words(self) -> Words:
        """What a person is told."""
        return Words(
            f"Danh mục hiện có không cho biết mã {self.code} là đơn vị nào vào ngày {self.day:%d/%m/%Y}; "
            "hãy nêu xã hiện nay.",
            f"The lists at hand do not say which unit the code {self.code} was on {self.day.isoformat()}; "
            "name the commune of today.",
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """What was named lives on in one or several of these communes of today, and only a person can say in which."""

    named: str
    candidates: tuple[Commune, ...]

    @property
    def words(self) -> Words:
        """What a person is told."""
        return Words(
            f"{self.named} nay có thể thuộc một trong {len(self.candidates)} xã; hãy nêu mã xã hiện nay.",
            f"{self.named} may now belong to one of {len(self.candidates)} communes; give the code of today's commune.",
        )


@dataclass(frozen=True, slots=True)
class UnitsByDay:
    """The units of every day the programme has seen, by code and day, and what became of those that are no more."""

    now: Units
    provinces: Mapping[str, tuple[FormerProvince, ...]]
    districts: Mapping[str, District]

    def province_on(self, code: str, day: date) -> Province | FormerProvince | NotListed | None:
        """The province that the code named on the day; None where it named none."""
        if day >= SINCE:
            return self.now.provinces.get(code)
        if day < LISTED_FROM:
            return NotListed(code, day)
        found = (one for one in self.provinces.get(code, ()) if one.valid_from <= day <= one.valid_to)
        return next(found, None)

    def district_on(self, code: str, day: date) -> District | NotListed | None:
        """The district that the code named on the day; None where it named none, as from 2025-07-01 on."""
        if day >= SINCE:
            return None
        district = self.districts.get(code)
        if district is None:
            return None if day == LISTED_ON else NotListed(code, day)
        known = district.valid_from is None or district.valid_from <= day
        return district if known and day >= LISTED_FROM else NotListed(code, day)

    def commune_on(self, code: str, day: date) -> Commune | NotListed | None:
        """The commune that the code named on the day; None where it named none."""
        return self.now.communes.get(code) if day >= SINCE else NotListed(code, day)

    def province_now(self, code: str, day: date) -> Province | NotListed | None:
        """The province of today of what the code named on the day: a former province went whole into one."""
        found = self.province_on(code, day)
        return self.now.provinces[found.became] if isinstance(found, FormerProvince) else found

    def district_now(self, code: str, day: date) -> Commune | Ask | NotListed | None:
        """The commune of today of a former district, where it went whole into one; else the ones it may be."""
        found = self.district_on(code, day)
        if not isinstance(found, District):
            return found
        became = tuple(self.now.communes[commune] for commune in found.became)
        if len(became) == 1:
            return became[0]
        return Ask(f"{found.name} ({code})", became or self._communes(found.province))

    def commune_now(self, code: str, province: str, day: date) -> Commune | Ask | NotListed | None:
        """The commune of today of what the code named in a province, both as they were on the day.

        Communes were merged and split on 2025-07-01 and often kept a code: before that day the answer is a question,
        with the commune of the same code, where there is one, asked first.
        """
        if day >= SINCE:
            commune = self.now.communes.get(code)
            return commune if commune is not None and commune.province == province else None
        found = self.province_on(province, day)
        if not isinstance(found, FormerProvince):
            return NotListed(province, day) if isinstance(found, NotListed) else None
        candidates = sorted(self._communes(province), key=lambda commune: (commune.code != code, commune.code))
        return Ask(f"Xã mang mã {code} ({found.name})", tuple(candidates))

    def _communes(self, former: str) -> tuple[Commune, ...]:
        """The communes of today of the province that a former one went into; all its rows name the same."""
        return self.now.communes_of(self.provinces[former][0].became)


Parsed = TypeVar("Parsed")


def load_units_by_day(now: Units, folder: Path = FOLDER) -> UnitsByDay:
    """The units before 2025-07-01 beside those of `now`; raises `RulebookError` with the line that is wrong."""
    provinces: dict[str, tuple[FormerProvince, ...]] = {}
    for line, province in _rows(folder, PROVINCES, _province):
        earlier = provinces.get(province.code, ())
        if province.became not in now.provinces:
            raise _unknown(PROVINCES, line, province.became)
        if earlier and (province.valid_from <= earlier[-1].valid_to or province.became != earlier[-1].became):
            raise _wrong(PROVINCES, line)
        provinces[province.code] = (*earlier, province)
    districts: dict[str, District] = {}
    for line, district in _rows(folder, DISTRICTS, _district):
        if district.code in districts or district.valid_to != LISTED_ON:
            raise _wrong(DISTRICTS, line)
        if (former := provinces.get(district.province)) is None:
            raise _unknown(DISTRICTS, line, district.province)
        for commune in district.became:
            if now.province_of(commune) != former[0].became:
                raise _unknown(DISTRICTS, line, commune)
        districts[district.code] = district
    return UnitsByDay(now, MappingProxyType(provinces), MappingProxyType(districts))


def _province(code: str, name: str, valid_from: str, valid_to: str, became: str) -> FormerProvince:
    return FormerProvince(code, name, date.fromisoformat(valid_from), date.fromisoformat(valid_to), became)


def _district(code: str, name: str, province: str, valid_from: str, valid_to: str, became: str) -> District:
    since = date.fromisoformat(valid_from) if valid_from else None
    return District(code, name, province, since, date.fromisoformat(valid_to), tuple(became.split()))


def _rows(folder: Path, file: str, parse: Callable[..., Parsed]) -> Iterator[tuple[int, Parsed]]:
    """Every row of a file after its heading, with its line."""
    try:
        rows = list(csv.reader((folder / file).read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError) as fault:
        raise _told(file, 1, f"không đọc được tệp: {fault}.", f"the file cannot be read: {fault}.") from None
    for line, row in enumerate(rows[1:], start=2):
        try:
            yield line, parse(*row)
        except (TypeError, ValueError):
            raise _wrong(file, line) from None


def _wrong(file: str, line: int) -> RulebookError:
    return _told(
        file,
        line,
        "dòng sai: cần đủ cột, ngày có thật và mỗi mã một đơn vị trong một ngày.",
        "the row is wrong: it needs every column, real days, and one unit for a code and a day.",
    )


def _unknown(file: str, line: int, code: str) -> RulebookError:
    return _told(file, line, f"không có đơn vị mang mã {code} ở đó.", f"there is no unit {code} there.")


def _told(file: str, line: int, vietnamese: str, english: str) -> RulebookError:
    return RulebookError(f"units/{file}", line, vietnamese, english)
