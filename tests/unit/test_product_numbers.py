"""The official number of a product, as offices write it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.numbers import (
    Allotted,
    Early,
    ProductNumber,
    Series,
    WrongNumber,
    allot,
    bring,
    owner,
    parse,
    series_of,
)
from shared.rulebooks.units import Province, load_units
from shared.rulebooks.units.former import LISTED_ON, load_units_by_day

UNITS = load_units_by_day(load_units())
BA_DINH = Series("01", "00004", 2026)

numbers = st.builds(
    ProductNumber,
    province=st.from_regex(r"[0-9]{2}", fullmatch=True).filter(str.isascii),
    commune=st.from_regex(r"[0-9]{5}", fullmatch=True).filter(str.isascii),
    serial=st.integers(1, 9999),
    year=st.integers(2018, 2099),
    district=st.none() | st.from_regex(r"[0-9]{3}", fullmatch=True).filter(str.isascii),
)


def number(serial: int) -> ProductNumber:
    return ProductNumber("01", "00004", serial, 2026)


def owner_code(text: str) -> str:
    parsed = parse(text)
    assert isinstance(parsed, ProductNumber)
    found = owner(parsed, UNITS)
    assert isinstance(found, Province)
    return found.code


def told(outcome: object) -> str:
    assert isinstance(outcome, WrongNumber)
    assert unicodedata.is_normalized("NFC", outcome.words.vi)
    return outcome.words.en


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01-00004-1-2026", ProductNumber("01", "00004", 1, 2026)),
        ("01-00004-01-2026", ProductNumber("01", "00004", 1, 2026)),
        (" 01 – 00004 – 12 – 2026 ", ProductNumber("01", "00004", 12, 2026)),
        ("(01)-(00004)-(3)-2026", ProductNumber("01", "00004", 3, 2026)),
        ("15‑04399‑0007‑2024", ProductNumber("15", "04399", 7, 2024)),
        ("01-006-00235-4-2021", ProductNumber("01", "00235", 4, 2021, "006")),
        ("01 - 006 - 00235 - 4 - 2021", ProductNumber("01", "00235", 4, 2021, "006")),
    ],
)
def test_a_number_is_read_as_offices_write_it(text: str, expected: ProductNumber) -> None:
    assert parse(text) == expected


@given(numbers)
def test_a_number_written_and_read_is_itself(one: ProductNumber) -> None:
    assert parse(str(one)) == one


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_told_why_not(text: str) -> None:
    parsed = parse(text)

    assert isinstance(parsed, WrongNumber) or parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "four parts"),
        ("01-00004-2026", "four parts"),
        ("01-006-00004-1-1-2026", "four parts"),
        ("1-00004-1-2026", "province code has 2 digits"),
        ("01-4-1-2026", "commune code has 5 digits"),
        ("01-06-00235-4-2021", "district code has 3 digits"),
        ("01--00235-4-2021", "district code has 3 digits"),
        ("01-00004-0-2026", "STT is 1 to 9999"),
        ("01-00004-10000-2026", "STT is 1 to 9999"),
        ("01-00004-1-26", "4 digits, 20yy"),
        ("01-00004-1-2017", "2018 or later"),
        ("01-00004-1-1999", "4 digits, 20yy"),
        ("٠١-00004-1-2026", "province code has 2 digits"),
        ("0" * 65, "too long"),
    ],
)
def test_what_is_no_number_is_told_with_the_form_it_needs(text: str, cause: str) -> None:
    outcome = parse(text)

    assert cause in told(outcome)
    assert "01-00004-1-2026" in told(outcome)


@pytest.mark.parametrize(
    ("text", "province"),
    [
        ("01-00004-1-2026", "01"),
        ("15-04399-1-2024", "15"),  # Yên Bái then, part of Lào Cai now
        ("10-080-02635-2-2022", "15"),  # Lào Cai then
        ("64-622-23557-1-2023", "52"),  # Gia Lai then
        ("02-00688-1-2019", "08"),  # Hà Giang then
        ("91-911-31078-1-2025", "91"),  # Kiên Giang, in the first half of 2025
    ],
)
def test_an_old_number_belongs_to_the_province_its_own_became(text: str, province: str) -> None:
    assert owner_code(text) == province


def test_a_code_still_in_use_leads_to_the_same_province_before_and_after_july_2025() -> None:
    for code in UNITS.now.provinces:
        assert UNITS.province_now(code, LISTED_ON) == UNITS.now.provinces[code]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("03-00004-1-2024", "no province had the code 03 in 2024"),
        ("64-00004-1-2026", "no province had the code 64 in 2026"),
        ("15-00004-1-2026", "province 15 has no commune 00004"),
        ("01-99999-1-2026", "province 01 has no commune 99999"),
        ("01-006-00004-1-2026", "there are no districts since 2025-07-01"),
        ("15-006-00004-1-2024", "Quận Đống Đa (006) is of province 01"),
    ],
)
def test_a_number_that_belongs_to_nobody_is_told(text: str, cause: str) -> None:
    parsed = parse(text)
    assert isinstance(parsed, ProductNumber)

    assert cause in told(owner(parsed, UNITS))


def test_a_district_that_the_list_does_not_know_is_let_through() -> None:
    assert owner_code("79-762-26794-1-2020") == "79"


def test_numbers_are_given_in_turn() -> None:
    first = allot(BA_DINH, None, None)
    assert isinstance(first, Allotted)
    second = allot(first.series, None, None)

    assert (str(first.number), first.series.last) == ("01-00004-1-2026", 1)
    assert isinstance(second, Allotted)
    assert str(second.number) == "01-00004-2-2026"


def test_the_number_of_the_sender_is_taken_when_it_is_its_turn() -> None:
    assert allot(Series("01", "00004", 2026, 4), None, number(5)) == Allotted(number(5), Series("01", "00004", 2026, 5))


def test_a_number_ahead_of_its_turn_waits_for_the_one_before() -> None:
    assert allot(Series("01", "00004", 2026, 4), None, number(7)) == Early(number(7), number(5))


def test_a_number_that_a_product_brings_is_given_to_no_other() -> None:
    brought = bring_all(2, 1, 4)

    assert brought == Allotted(number(4), Series("01", "00004", 2026, 0, (1, 2, 4)))
    assert allot(brought.series, None, None) == Allotted(number(3), Series("01", "00004", 2026, 3, (4,)))
    assert "already given" in told(allot(brought.series, None, number(4)))
    assert "already given" in told(bring(brought.series, number(2)))
    assert "already given" in told(bring(Series("01", "00004", 2026, 4), number(4)))


def bring_all(*serials: int) -> Allotted:
    outcome = Allotted(number(1), BA_DINH)
    for serial in serials:
        brought = bring(outcome.series, number(serial))
        assert isinstance(brought, Allotted)
        outcome = brought
    return outcome


def test_a_product_keeps_its_number_through_upgrade_and_renewal() -> None:
    old = ProductNumber("01", "00235", 4, 2021, "006")

    assert allot(BA_DINH, old, None) == Allotted(old, BA_DINH)
    assert allot(BA_DINH, old, old) == Allotted(old, BA_DINH)
    assert "bears 01-006-00235-4-2021 and keeps it" in told(allot(BA_DINH, old, number(1)))


@pytest.mark.parametrize(
    ("sent", "cause"),
    [
        (number(4), "already given; the next one is 01-00004-5-2026"),
        (ProductNumber("01", "00008", 5, 2026), "of commune 00004, province 01"),
        (ProductNumber("15", "00004", 5, 2026), "of commune 00004, province 01"),
        (ProductNumber("01", "00004", 5, 2026, "001"), "of commune 00004, province 01"),
        (ProductNumber("01", "00004", 5, 2025), "year of evaluation is 2026"),
    ],
)
def test_a_sender_s_number_that_cannot_be_is_told(sent: ProductNumber, cause: str) -> None:
    assert cause in told(allot(Series("01", "00004", 2026, 4), None, sent))


@given(st.lists(st.none() | st.integers(1, 12), max_size=40))
def test_whatever_is_sent_no_number_is_left_out_and_none_is_given_twice(wishes: list[int | None]) -> None:
    series, given_numbers = BA_DINH, []
    for wish in wishes:
        outcome = allot(series, None, None if wish is None else number(wish))
        if isinstance(outcome, Allotted):
            given_numbers.append(outcome.number)
            series = outcome.series

    assert [one.serial for one in given_numbers] == list(range(1, len(given_numbers) + 1))
    assert series_of(given_numbers, "01", "00004", 2026) == series


def test_a_register_with_a_gap_a_double_or_a_stranger_is_a_fault() -> None:
    for wrong in ([number(2)], [number(1), number(1)], [ProductNumber("01", "00008", 1, 2026)]):
        with pytest.raises(ValueError, match="was given where"):
            series_of(wrong, "01", "00004", 2026)
    assert series_of([number(2), number(1)], "01", "00004", 2026).last == 2
