"""The figures that a season is scaled from, against the reference folder beside the checkout, where it is present."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from deploy.season.hanoi.districts import REGISTRATION_FILE

FIGURES = Path(__file__).parents[3] / "shared" / "domain" / "figures"
TOTALS = {
    "TOTAL registered": "REGISTERED",
    "TOTAL target": "TARGET",
    "already ranked end 2019": "RANKED_2019",
    "other districts (25 of 30)": "Các huyện khác / others",
}

pytestmark = pytest.mark.skipif(not FIGURES.is_dir(), reason="the reference folder is not beside the checkout")


def test_what_the_districts_of_ha_noi_registered_is_as_in_the_reference() -> None:
    with (FIGURES / "hanoi_2020_registration.csv").open(encoding="utf-8", newline="") as file:
        stated = {
            TOTALS.get(row["district"], row["district"]): int(row["registered_products_2020"].split(" ")[0])
            for row in csv.DictReader(file)
        }
    with REGISTRATION_FILE.open(encoding="utf-8", newline="") as file:
        found = {row["district"]: int(row["products"]) for row in csv.DictReader(file)}

    assert found == stated


def test_the_round_of_2020_was_held_by_the_act_of_2019_as_in_the_reference() -> None:
    with (FIGURES / "rounds.csv").open(encoding="utf-8", newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]

    assert [row[2] for row in rows if row[:2] == ["Hà Nội", "2020"]] == ["1048"]
