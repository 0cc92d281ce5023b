from __future__ import annotations

import shutil
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from shared.contracts.units import UNITS
from shared.rulebooks.reading import RulebookError
from shared.rulebooks.units import Commune, Province, load_units
from shared.rulebooks.units.former import (
    DISTRICTS,
    FOLDER,
    LISTED_FROM,
    LISTED_ON,
    PROVINCES,
    Ask,
    District,
    FormerProvince,
    NotListed,
    UnitsByDay,
    load_units_by_day,
)

LAST, FIRST = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture(scope="module")
def by_day() -> UnitsByDay:
    return load_units_by_day(load_units())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the lists of former units that a test may spoil."""
    for file in (PROVINCES, DISTRICTS):
        shutil.copy(FOLDER / file, tmp_path / file)
    return tmp_path


def name(found: object) -> str:
    assert isinstance(found, Province | FormerProvince | District | Commune)
    return found.name


def test_there_are_34_provinces_3321_communes_and_the_ministry() -> None:
    units = load_units()

    assert (len(units.provinces), len(units.communes), len(units.codes)) == (34, 3321, 35)
    assert units.codes[0] == "01"
    assert units.codes[-1] == "bnnmt"
    assert units.names["bnnmt"] == "Bộ Nông nghiệp và Môi trường"


def test_a_commune_knows_its_name_and_its_province() -> None:
    commune = load_units().communes["00004"]

    assert (commune.name, commune.province) == ("Phường Ba Đình", "01")


def test_a_code_that_no_commune_has_has_no_province() -> None:
    assert load_units().province_of("99999") is None


def test_names_are_composed_characters() -> None:
    units = load_units()
    names = [*units.names.values(), *(commune.name for commune in units.communes.values())]

    assert all(unicodedata.is_normalized("NFC", name) for name in names)


def test_the_published_language_names_the_same_units() -> None:
    assert dict(load_units().names) == dict(UNITS)


@pytest.mark.parametrize(
    ("code", "before", "since", "lives_on_as"),
    [
        ("15", "Tỉnh Yên Bái", "Tỉnh Lào Cai", "15"),
        ("24", "Tỉnh Bắc Giang", "Tỉnh Bắc Ninh", "24"),
        ("44", "Tỉnh Quảng Bình", "Tỉnh Quảng Trị", "44"),
        ("52", "Tỉnh Bình Định", "Tỉnh Gia Lai", "52"),
        ("80", "Tỉnh Long An", "Tỉnh Tây Ninh", "80"),
        ("82", "Tỉnh Tiền Giang", "Tỉnh Đồng Tháp", "82"),
        ("91", "Tỉnh Kiên Giang", "Tỉnh An Giang", "91"),
        ("64", "Tỉnh Gia Lai", None, "52"),
        ("87", "Tỉnh Đồng Tháp", None, "82"),
        ("01", "Thành phố Hà Nội", "Thành phố Hà Nội", "01"),
    ],
)
def test_a_code_names_what_it_named_on_the_day(
    by_day: UnitsByDay, code: str, before: str, since: str | None, lives_on_as: str
) -> None:
    now = by_day.province_now(code, LAST)

    assert name(by_day.province_on(code, LAST)) == before
    assert by_day.province_on(code, FIRST) == (None if since is None else by_day.now.provinces[code])
    assert since is None or name(by_day.province_on(code, FIRST)) == since
    assert isinstance(now, Province)
    assert now.code == lives_on_as


def test_a_province_has_the_name_of_its_time(by_day: UnitsByDay) -> None:
    assert name(by_day.province_on("46", date(2024, 12, 31))) == "Tỉnh Thừa Thiên Huế"
    assert name(by_day.province_on("46", date(2025, 1, 1))) == "Thành phố Huế"


def test_before_the_63_provinces_nothing_is_claimed(by_day: UnitsByDay) -> None:
    day = date(2008, 7, 31)

    assert by_day.province_on("01", day) == by_day.province_now("01", day) == NotListed("01", day)
    assert by_day.commune_now("00004", "01", day) == NotListed("01", day)
    assert isinstance(by_day.province_on("01", LISTED_FROM), FormerProvince)


def test_a_day_has_63_or_34_provinces_and_696_or_no_districts(by_day: UnitsByDay) -> None:
    codes = [f"{number:02}" for number in range(100)]

    for day, count in ((date(2018, 5, 7), 63), (LAST, 63), (FIRST, 34), (date(2026, 5, 22), 34)):
        assert sum(by_day.province_on(code, day) is not None for code in codes) == count
    districts = [f"{number:03}" for number in range(1000)]
    assert sum(isinstance(by_day.district_on(code, LAST), District) for code in districts) == 696
    assert not any(by_day.district_on(code, FIRST) for code in districts)


def test_a_district_is_of_its_province_and_ended_with_june_2025(by_day: UnitsByDay) -> None:
    district = by_day.district_on("006", date(2020, 7, 1))

    assert isinstance(district, District)
    assert (district.name, district.province) == ("Quận Đống Đa", "01")
    assert (district.valid_from, district.valid_to) == (None, LISTED_ON)


def test_a_district_that_began_later_or_is_not_in_the_list_is_not_guessed(by_day: UnitsByDay) -> None:
    assert by_day.district_on("769", date(2020, 12, 31)) == NotListed("769", date(2020, 12, 31))
    assert name(by_day.district_on("769", date(2021, 1, 1))) == "Thành phố Thủ Đức"
    assert by_day.district_on("762", date(2019, 1, 1)) == NotListed("762", date(2019, 1, 1))
    assert by_day.district_on("762", LAST) is None
    assert by_day.district_now("762", date(2019, 1, 1)) == NotListed("762", date(2019, 1, 1))


def test_an_island_district_lives_on_in_one_special_zone(by_day: UnitsByDay) -> None:
    assert name(by_day.district_now("755", LAST)) == "Đặc khu Côn Đảo"
    assert name(by_day.district_now("602", LAST)) == "Đặc khu Phú Quý"


def test_a_district_that_was_split_asks(by_day: UnitsByDay) -> None:
    two, many = by_day.district_now("911", LAST), by_day.district_now("006", LAST)

    assert isinstance(two, Ask)
    assert [commune.name for commune in two.candidates] == ["Đặc khu Phú Quốc", "Đặc khu Thổ Châu"]
    assert isinstance(many, Ask)
    assert many.named == "Quận Đống Đa (006)"
    assert many.candidates == by_day.now.communes_of("01")


def test_a_commune_of_before_asks_and_one_of_today_is_itself(by_day: UnitsByDay) -> None:
    asked = by_day.commune_now("00004", "01", LAST)

    assert isinstance(asked, Ask)
    assert asked.candidates[0].code == "00004"
    assert len(asked.candidates) == 126
    assert by_day.commune_on("00004", LAST) == NotListed("00004", LAST)
    assert by_day.commune_now("00004", "01", FIRST) == by_day.commune_on("00004", FIRST) == by_day.now.communes["00004"]
    assert by_day.commune_now("00004", "15", FIRST) is None
    assert by_day.commune_now("00004", "03", LAST) is None


def test_a_question_and_a_gap_are_told_in_both_languages(by_day: UnitsByDay) -> None:
    asked, gap = by_day.district_now("911", LAST), NotListed("762", date(2019, 1, 1))

    assert isinstance(asked, Ask)
    assert "Thành phố Phú Quốc (911)" in asked.words.vi
    assert "2 communes" in asked.words.en
    assert "01/01/2019" in gap.words.vi
    assert "2019-01-01" in gap.words.en


def test_names_of_former_units_are_composed_characters(by_day: UnitsByDay) -> None:
    names = [one.name for rows in by_day.provinces.values() for one in rows]
    names += [district.name for district in by_day.districts.values()]

    assert all(unicodedata.is_normalized("NFC", one) for one in names)


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "cause"),
    [
        (PROVINCES, "2008-08-01,2025-06-30,01", "2008-08-32,2025-06-30,01", 2, "real days"),
        (PROVINCES, "2008-08-01,2025-06-30,01", "2008-08-01,2025-06-30", 2, "every column"),
        (PROVINCES, "2025-06-30,19\n", "2025-06-30,18\n", 5, "no unit 18"),
        (PROVINCES, "46,Thành phố Huế,2025-01-01", "46,Thành phố Huế,2024-12-31", 33, "one unit for a code and a day"),
        (PROVINCES, "2025-01-01,2025-06-30,46", "2025-01-01,2025-06-30,48", 33, "one unit for a code and a day"),
        (DISTRICTS, "002,Quận Hoàn Kiếm,01", "001,Quận Hoàn Kiếm,01", 3, "one unit for a code and a day"),
        (DISTRICTS, "002,Quận Hoàn Kiếm,01", "002,Quận Hoàn Kiếm,03", 3, "no unit 03"),
        (DISTRICTS, "2025-06-30,06994", "2025-06-30,00004", 155, "no unit 00004"),
        (DISTRICTS, "Hoàn Kiếm,01,,2025-06-30", "Hoàn Kiếm,01,,2025-07-30", 3, "one unit for a code and a day"),
    ],
)
def test_a_wrong_row_is_named_with_file_line_and_cause(
    folder: Path, file: str, old: str, new: str, line: int, cause: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(RulebookError) as fault:
        load_units_by_day(load_units(), folder)

    assert (fault.value.file, fault.value.line) == (f"units/{file}", line)
    assert cause in fault.value.english


def test_a_missing_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="cannot be read"):
        load_units_by_day(load_units(), tmp_path)
