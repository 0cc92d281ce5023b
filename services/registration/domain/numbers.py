"""The official number of a product, `T-X-STT-year`: read, written, checked, and given without gap or double.

T is the province's code, X the commune's (Quyết định 19/2025/QĐ-TTg), STT the running number that the commune keeps in
the year of evaluation (26/2026, form 01). A number with the district between, `T-H-X-STT-year`, is of the time before
2025-07-01. A product keeps its number through upgrade and renewal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import count

from shared.kernel.words import Words
from shared.rulebooks.units import SINCE, Province
from shared.rulebooks.units.former import LISTED_ON, UnitsByDay

YEAR_FIRST = 2018
"""The year of the programme's first act, 490/QĐ-TTg."""

SERIAL_MAX = 9999
"""A commune ranks a handful of products a year; more digits are a slip."""

TEXT_CHARACTERS_MAX = 64

EXAMPLE = "01-00004-1-2026"

_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_LEFT_OUT = re.compile(r"[\s()]+")


@dataclass(frozen=True, slots=True)
class ProductNumber:
    """An official number; `district` is there in numbers of the old form alone. As text it is what an office writes."""

    province: str
    commune: str
    serial: int
    year: int
    district: str | None = None

    def __str__(self) -> str:
        """`T-X-STT-year`, or `T-H-X-STT-year` where a district belongs to it."""
        units = (self.province, self.commune) if self.district is None else (self.province, self.district, self.commune)
        return "-".join((*units, str(self.serial), str(self.year)))


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """The number cannot be taken; `words` say why, and what to do next."""

    words: Words


@dataclass(frozen=True, slots=True)
class Early:
    """The commune's register is ahead of what came in: `number` can be taken once `awaits` was given."""

    number: ProductNumber
    awaits: ProductNumber


@dataclass(frozen=True, slots=True)
class Series:
    """What was given in one commune and one evaluation year: 1 to `last`, each once.

    `brought` are the running numbers above `last` that products bore already when they came to us; 1 to `carried` were
    given on paper, and a product that bears one may come with it.
    """

    province: str
    commune: str
    year: int
    last: int = 0
    brought: tuple[int, ...] = ()
    carried: int = 0

    @property
    def next(self) -> ProductNumber:
        """The number whose turn it is: the first that no product bears."""
        serial = next(serial for serial in count(self.last + 1) if serial not in self.brought)
        return ProductNumber(self.province, self.commune, serial, self.year)

    def given(self) -> Series:
        """The series once its next number is given."""
        last = self.next.serial
        return replace(self, last=last, brought=tuple(serial for serial in self.brought if serial > last))


@dataclass(frozen=True, slots=True)
class Allotted:
    """The product bears `number`; `series` is what was given once it does."""

    number: ProductNumber
    series: Series


def parse(text: str) -> ProductNumber | WrongNumber:
    """The number that a text is; spaces, brackets and any kind of dash are read, a missing 0 is not made up."""
    if len(text) > TEXT_CHARACTERS_MAX:
        return _unread(text[:TEXT_CHARACTERS_MAX] + "…", "quá dài", "it is too long")
    parts = _LEFT_OUT.sub("", _DASHES.sub("-", text)).split("-")
    if len(parts) not in (4, 5):
        return _unread(
            text, "phải có bốn phần (dạng cũ có mã huyện: năm phần)", "it needs four parts, five with a district"
        )
    province, *district, commune, serial, year = parts
    for part, shape, vietnamese, english in (
        (province, "[0-9]{2}", "mã tỉnh phải gồm 2 chữ số", "the province code has 2 digits"),
        *((part, "[0-9]{3}", "mã huyện phải gồm 3 chữ số", "the district code has 3 digits") for part in district),
        (commune, "[0-9]{5}", "mã xã phải gồm 5 chữ số", "the commune code has 5 digits"),
        (serial, "0{0,3}[1-9][0-9]{0,3}", f"số thứ tự phải từ 1 đến {SERIAL_MAX}", f"STT is 1 to {SERIAL_MAX}"),
        (year, "20[0-9]{2}", "năm phải gồm 4 chữ số, dạng 20yy", "the year has 4 digits, 20yy"),
    ):
        if re.fullmatch(shape, part) is None:
            return _unread(text, vietnamese, english)
    if int(year) < YEAR_FIRST:
        return _unread(text, f"năm phải từ {YEAR_FIRST}", f"the year is {YEAR_FIRST} or later")
    return ProductNumber(province, commune, int(serial), int(year), district[0] if district else None)


def owner(number: ProductNumber, units: UnitsByDay) -> Province | WrongNumber:
    """The province of today whose products bear the number, its codes read as of the year of the number.

    In 2025 a code may be of before or after July; either way it leads to the same province of today.
    """
    district_time = number.year <= LISTED_ON.year
    province = units.province_now(number.province, LISTED_ON if district_time else date(number.year, 1, 1))
    if not isinstance(province, Province):
        return _wrong(
            number,
            f"năm {number.year} không có tỉnh nào mang mã {number.province}",
            f"no province had the code {number.province} in {number.year}",
        )
    return (_foreign_district if district_time else _foreign_commune)(number, units) or province


def allot(series: Series, kept: ProductNumber | None, sent: ProductNumber | None) -> Allotted | Early | WrongNumber:
    """The number of a product whose provincial stage opens: the one it bears, else the sender's, else the next.

    `kept` is the number the product was given before, by us or, found its own by `owner`, before it came to us;
    `sent` the one its commune wrote on the dossier. Every number of a series is given once and none is left out:
    one ahead of its turn waits for those before it.
    """
    if kept is not None:
        return Allotted(kept, series) if sent in (None, kept) else _borne(kept, sent)
    if sent is None or sent == series.next:
        return Allotted(series.next, series.given())
    if (wrong := _elsewhere(series, sent) or _given_before(series, sent)) is not None:
        return wrong
    return Allotted(sent, series) if sent.serial <= series.carried else Early(sent, series.next)


def bring(series: Series, borne: ProductNumber) -> Allotted | WrongNumber:
    """A product evaluated before it came to us keeps the number it bears, and no other product is given it.

    `series` is that of the number's own commune and year, however far it has come.
    """
    if (wrong := _given_before(series, borne)) is not None:
        return wrong
    if borne.serial <= series.carried:
        return Allotted(borne, series)
    return Allotted(borne, replace(series, brought=tuple(sorted((*series.brought, borne.serial)))))


def carry_over(series: Series, last: int) -> Series | WrongNumber:
    """The series once the numbers 1 to `last` are known as given on paper; nothing may have been given here before."""
    if series.last > 0:
        first = replace(series, last=0).next
        return _wrong(
            first,
            f"ở đây đã cấp đến số {series.last}; hãy gửi tiếp các hồ sơ theo sổ này, không khai lại",
            f"numbers up to {series.last} were given here; go on with them, they cannot be carried over any more",
        )
    above = tuple(serial for serial in series.brought if serial > last)
    return replace(series, last=last, brought=above, carried=last)


def series_of(given: Iterable[ProductNumber], province: str, commune: str, year: int) -> Series:
    """The series that these numbers are; raises ValueError where one is missing, doubled, or of another series."""
    numbers = sorted(given, key=lambda number: number.serial)
    series = Series(province, commune, year)
    for number in numbers:
        if number != series.next:
            raise ValueError(f"{number} was given where {series.next} was due")
        series = replace(series, last=number.serial)
    return series


def _elsewhere(series: Series, sent: ProductNumber) -> WrongNumber | None:
    """What is wrong with a number that belongs to no product of this commune and year."""
    if sent.district is not None or (sent.province, sent.commune) != (series.province, series.commune):
        return _wrong(
            sent,
            f"sản phẩm thuộc xã {series.commune}, tỉnh {series.province}",
            f"the product is of commune {series.commune}, province {series.province}",
        )
    if sent.year != series.year:
        return _wrong(sent, f"năm đánh giá là {series.year}", f"the year of evaluation is {series.year}")
    return None


def _given_before(series: Series, sent: ProductNumber) -> WrongNumber | None:
    """What is wrong with a number of this series that a product bears."""
    if sent.serial <= series.carried or (sent.serial > series.last and sent.serial not in series.brought):
        return None
    return _wrong(
        sent,
        f"số này đã cấp; số tiếp theo là {series.next}",
        f"it was already given; the next one is {series.next}",
    )


def _foreign_district(number: ProductNumber, units: UnitsByDay) -> WrongNumber | None:
    """What is wrong with the district of an old number, as far as the list of districts knows it."""
    district = None if number.district is None else units.districts.get(number.district)
    if district is None or district.province == number.province:
        return None
    return _wrong(
        number,
        f"{district.name} ({district.code}) thuộc tỉnh {district.province}",
        f"{district.name} ({district.code}) is of province {district.province}",
    )


def _foreign_commune(number: ProductNumber, units: UnitsByDay) -> WrongNumber | None:
    if number.district is not None:
        return _wrong(
            number,
            f"từ {SINCE:%d/%m/%Y} không còn cấp huyện; hãy bỏ mã huyện",
            f"there are no districts since {SINCE.isoformat()}; leave the district code out",
        )
    if units.now.province_of(number.commune) == number.province:
        return None
    return _wrong(
        number,
        f"tỉnh {number.province} không có xã mang mã {number.commune}",
        f"province {number.province} has no commune {number.commune}",
    )


def _borne(kept: ProductNumber, sent: ProductNumber) -> WrongNumber:
    return _wrong(
        sent,
        f"sản phẩm đã mang mã số {kept} và giữ mã số ấy khi nâng hạng, đánh giá lại",
        f"the product bears {kept} and keeps it through upgrade and renewal",
    )


def _unread(text: str, vietnamese: str, english: str) -> WrongNumber:
    return WrongNumber(
        Words(
            f"Mã số sản phẩm “{text}” sai: {vietnamese}. Cần dạng T-X-STT-năm, ví dụ {EXAMPLE}.",
            f"The product number “{text}” is wrong: {english}. The form is T-X-STT-year, as in {EXAMPLE}.",
        )
    )


def _wrong(number: ProductNumber, vietnamese: str, english: str) -> WrongNumber:
    return WrongNumber(
        Words(
            f"Không nhận mã số sản phẩm {number}: {vietnamese}.",
            f"The product number {number} is not taken: {english}.",
        )
    )
