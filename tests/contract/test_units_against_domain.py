"""The units against the reference folder beside the checkout, where it is present."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from shared.rulebooks.units import Province, Units, load_units
from shared.rulebooks.units.former import Ask, FormerProvince, UnitsByDay, load_units_by_day

LAST, FIRST = date(2025, 6, 30), date(2025, 7, 1)
ADMIN = Path(__file__).parents[3] / "shared" / "domain" / "admin"

pytestmark = pytest.mark.skipif(not ADMIN.is_dir(), reason="the reference folder is not beside the checkout")


def rows(name: str) -> list[dict[str, str]]:
    with (ADMIN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def units() -> Units:
    return load_units()


@pytest.fixture(scope="module")
def by_day(units: Units) -> UnitsByDay:
    return load_units_by_day(units)


def test_the_provinces_are_those_of_the_reference(units: Units) -> None:
    stated = {row["code"]: row["full_name"] for row in rows("provinces_34.csv")}

    assert {code: province.name for code, province in units.provinces.items()} == stated


def test_the_communes_are_those_of_the_reference(units: Units) -> None:
    stated = {row["commune_code"]: (row["full_name"], row["province_code"]) for row in rows("communes_3321.csv")}

    assert {code: (commune.name, commune.province) for code, commune in units.communes.items()} == stated


def test_each_province_has_as_many_communes_as_the_reference_says(units: Units) -> None:
    stated = {row["code"]: int(row["communes_total"]) for row in rows("provinces_34.csv")}

    assert {code: len(units.communes_of(code)) for code in units.provinces} == stated


def test_the_former_provinces_and_what_became_of_them_are_those_of_the_reference(by_day: UnitsByDay) -> None:
    stated = {row["old_code"]: (row["old_full_name"], row["new_code"]) for row in rows("provinces_63_old.csv")}
    found = {code: by_day.province_on(code, LAST) for code in by_day.provinces}

    assert {code: (one.name, one.became) for code, one in found.items() if isinstance(one, FormerProvince)} == stated
    assert len(stated) == 63


def test_each_province_of_today_is_formed_from_those_the_reference_names(by_day: UnitsByDay) -> None:
    stated = {row["code"]: set(row["formed_from_old_codes"].split()) for row in rows("provinces_34.csv")}
    found: dict[str, set[str]] = {code: set() for code in stated}
    for code in by_day.provinces:
        now = by_day.province_now(code, LAST)
        assert isinstance(now, Province)
        found[now.code].add(code)

    assert found == stated


def test_the_codes_that_the_reference_calls_reused_are_the_only_ones_that_name_another_province(
    by_day: UnitsByDay,
) -> None:
    stated = {row["old_code"] for row in rows("provinces_63_old.csv") if row["code_reused_for_other_name"]}
    found = set()
    for code in by_day.provinces:
        before, since = by_day.province_on(code, LAST), by_day.province_on(code, FIRST)
        if isinstance(before, FormerProvince) and isinstance(since, Province) and not alike(before.name, since.name):
            found.add(code)

    assert found == stated == {"15", "24", "44", "52", "80", "82", "91"}


def alike(before: str, since: str) -> bool:
    """Equal but for `Tỉnh`/`Thành phố` and the place of the tone mark in `oà`."""
    kinds = ("Tỉnh ", "Thành phố ")
    plain = [
        one.removeprefix(kinds[0]).removeprefix(kinds[1]).replace("òa", "oà").replace("óa", "oá")
        for one in (before, since)
    ]
    return plain[0] == plain[1]


def test_the_districts_are_those_of_the_reference(by_day: UnitsByDay) -> None:
    stated = {
        row["district_code"]: (row["full_name"], row["province_code_old"]) for row in rows("districts_old_2025-06.csv")
    }

    assert {code: (district.name, district.province) for code, district in by_day.districts.items()} == stated
    assert len(stated) == 696


def test_each_district_leads_to_communes_of_the_province_the_reference_says(by_day: UnitsByDay) -> None:
    stated = {row["district_code"]: row["new_province_code"] for row in rows("districts_old_2025-06.csv")}

    for code, province in stated.items():
        found = by_day.district_now(code, LAST)
        candidates = found.candidates if isinstance(found, Ask) else (found,)
        assert {getattr(commune, "province", None) for commune in candidates} == {province}


def test_a_district_that_went_whole_into_a_commune_is_a_special_zone_of_the_reference(by_day: UnitsByDay) -> None:
    zones = {row["commune_code"] for row in rows("communes_3321.csv") if row["type"] == "đặc khu"}

    assert {commune for district in by_day.districts.values() for commune in district.became} == zones
    assert len(zones) == 13
