from __future__ import annotations

import unicodedata

from shared.contracts.units import UNITS
from shared.kernel.clock import monotonic
from shared.rulebooks.units import load_units


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


def test_the_units_load_within_thirty_milliseconds() -> None:
    taken = []
    for _ in range(3):
        started = monotonic()
        load_units()
        taken.append(monotonic() - started)

    assert min(taken) < 0.030
