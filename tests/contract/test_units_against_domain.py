"""The units against the reference folder beside the checkout, where it is present."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from shared.rulebooks.units import Units, load_units

ADMIN = Path(__file__).parents[3] / "shared" / "domain" / "admin"

pytestmark = pytest.mark.skipif(not ADMIN.is_dir(), reason="the reference folder is not beside the checkout")


def rows(name: str) -> list[dict[str, str]]:
    with (ADMIN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def units() -> Units:
    return load_units()


def test_the_provinces_are_those_of_the_reference(units: Units) -> None:
    stated = {row["code"]: row["full_name"] for row in rows("provinces_34.csv")}

    assert {code: province.name for code, province in units.provinces.items()} == stated


def test_the_communes_are_those_of_the_reference(units: Units) -> None:
    stated = {row["commune_code"]: (row["full_name"], row["province_code"]) for row in rows("communes_3321.csv")}

    assert {code: (commune.name, commune.province) for code, commune in units.communes.items()} == stated


def test_each_province_has_as_many_communes_as_the_reference_says(units: Units) -> None:
    stated = {row["code"]: int(row["communes_total"]) for row in rows("provinces_34.csv")}

    assert {code: len(units.communes_of(code)) for code in units.provinces} == stated
