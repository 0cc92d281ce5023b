"""The season of Hà Nội is whole, deterministic, of the acts of its filing days, and as large as the figures say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from deploy.season.generator import EXPECTED_FILE, LINES_FILE, Season, write_season
from deploy.season.hanoi.cases import ACT_2018, ACT_2019, LADDER_2018, LADDER_2019
from deploy.season.hanoi.districts import districts, registration, shares
from deploy.season.hanoi.plan import YEAR_2019, YEAR_2020, make_plan
from deploy.season.hanoi.profiles import CRITERIA, SETS, profiles
from deploy.season.hanoi.script import LAST_DAY
from deploy.season.profiles import Profile
from deploy.season.registration import scaled
from deploy.season.seasons import SEASONS, generate_hanoi
from services.evaluation.domain.scoring import score
from shared.contracts.intake import INTAKE
from shared.rulebooks.model import Rulebook
from shared.rulebooks.options import check_options, points_of
from shared.rulebooks.units import load_units
from shared.rulebooks.units.former import LISTED_ON, District, load_units_by_day
from tests.support.registration import rules

TYPES = {event.type_name(): event for event in INTAKE}
BOOKS = ("qd490-2018", "qd1048-2019")
PROFILES = profiles()
each_profile = pytest.mark.parametrize("key", sorted(PROFILES), ids=lambda key: f"{key[0]}-{key[1]}")


@pytest.fixture(scope="module")
def season() -> Season:
    return generate_hanoi()


def book(name: str) -> Rulebook:
    found = rules().rulebooks.by_id(name)
    assert found is not None
    return found


def events(season: Season, kind: str) -> Iterator[dict[str, Any]]:
    """The data of each event of a kind, in play order."""
    return (line.event["data"] for line in season.lines if line.event and f".{kind}.v" in line.event["type"])


@pytest.mark.parametrize("number", SETS)
def test_the_criteria_are_those_of_the_set_in_printed_order(number: int) -> None:
    assert tuple(criterion.code for criterion in book("qd490-2018").sets[number].criteria) == CRITERIA[number]


@each_profile
@pytest.mark.parametrize("name", BOOKS)
def test_a_profile_is_worth_what_was_typed_for_it_by_both_acts(name: str, key: tuple[int, str]) -> None:
    act, profile = book(name), PROFILES[key]
    one = score(act.sets[key[0]], act.regime.bands, [profile.options()], None)
    council = score(act.sets[key[0]], act.regime.bands, [profile.sheet(member) for member in range(1, 8)], None)

    assert check_options(act.sets[key[0]], profile.options()) == ()
    assert (one.total, one.stars) == (Fraction(profile.total), profile.stars)
    assert (council.total, council.stars) == (profile.mean(range(1, 8)), profile.stars)


@each_profile
def test_each_members_swap_moves_the_total_by_what_was_typed(key: tuple[int, str]) -> None:
    criteria_set, profile = book("qd1048-2019").sets[key[0]], PROFILES[key]

    for swap in profile.swaps:
        moved = {**profile.options(), swap.criterion: swap.position}

        assert points_of(criteria_set, moved) - profile.total == swap.difference


def test_a_council_whose_members_differ_finds_an_exact_mean() -> None:
    found: dict[str, Profile] = {name: profile for (number, name), profile in PROFILES.items() if number == 19}

    assert found["five_94"].mean(range(1, 8)) == Fraction(659, 7)
    assert found["two_39"].mean(range(1, 8)) == Fraction(274, 7)


@pytest.mark.parametrize("dossiers", [30, 48, 130])
def test_every_product_is_filed_while_the_act_typed_for_it_was_in_force(dossiers: int) -> None:
    for filing in make_plan(dossiers, 1).filings:
        by_rulebook = rules().rulebooks.regime_for(filing.filed_on, "first")

        assert isinstance(by_rulebook, Rulebook)
        assert by_rulebook.regime.act == filing.case.act, filing.filed_on


def test_the_last_day_of_the_2018_act_and_the_first_of_the_next_are_both_filed_on() -> None:
    days = {filing.filed_on: filing.case.act for filing in make_plan(48, 1).filings if filing.year is YEAR_2019}

    assert (days[date(2019, 8, 20)], days[date(2019, 8, 21)]) == (ACT_2018, ACT_2019)


def test_what_was_filed_in_2020_is_of_the_act_of_2019() -> None:
    of_2020 = [filing for filing in make_plan(48, 1).filings if filing.year is YEAR_2020]

    assert {filing.case.act for filing in of_2020} == {ACT_2019}
    assert {filing.filed_on.year for filing in of_2020} == {2020}
    assert max(filing.filed_on for filing in of_2020) < date(2020, 7, 1)


@pytest.mark.parametrize("dossiers", [30, 48, 200])
def test_every_case_is_there_whatever_the_size(dossiers: int) -> None:
    found = Counter(product.case for product in generate_hanoi(dossiers, 3).expected.products)

    assert all(found[case.name] >= 1 for case in (*LADDER_2018, *LADDER_2019))
    assert found.total() == dossiers


def test_too_few_dossiers_for_every_case_are_told_so() -> None:
    with pytest.raises(ValueError, match="30"):
        generate_hanoi(29)


def test_the_ladder_of_2018_is_climbed_to_each_of_its_ends(season: Season) -> None:
    ends = {product.case: product for product in season.expected.products if product.act == ACT_2018}
    levels = {case: "/".join(score.level for score in product.scores) for case, product in ends.items()}

    assert levels["two_stars"] == levels["one_star"] == levels["district_recognises"] == "district"
    assert levels["three_stars"] == levels["province_ends"] == levels["four_then_three"] == "district/province"
    assert levels["five_stars"] == levels["handed_back_open"] == "district/province/central"
    assert ends["four_of_the_province_five_of_the_nation"].scores[1].stars == 4
    assert (ends["four_of_the_province_five_of_the_nation"].stars, ends["three_handed_back"].stars) == (5, 3)
    assert ends["last_day_of_the_2018_act"].certificate_expires == date(2022, 11, 25)
    assert ends["three_stars"].certificate_expires == date(2022, 10, 18)


def test_the_same_four_stars_go_to_the_nation_by_one_act_and_stay_in_the_province_by_the_next(season: Season) -> None:
    products = {product.case: product for product in season.expected.products}
    before, after = products["last_day_of_the_2018_act"], products["first_day_of_the_2019_act"]

    assert before.scores[:2] == after.scores
    assert (before.forwarded, after.forwarded) == (2, 1)
    assert (before.stars, after.stars) == (4, 4)


def test_the_same_numbers_write_the_same_bytes(tmp_path: Path) -> None:
    for directory in ("one", "two"):
        write_season(generate_hanoi(), tmp_path / directory)

    for name in (LINES_FILE, EXPECTED_FILE):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_writes_another_season() -> None:
    assert generate_hanoi(seed=1).lines != generate_hanoi(seed=2).lines


def test_every_event_fits_its_contract_and_comes_on_an_open_day(season: Season) -> None:
    opened: set[str] = set()
    for line in season.lines:
        assert line.event is not None
        if line.event["type"].endswith("DayStarted.v1"):
            opened.add(line.event["data"]["date"])
        TYPES[line.event["type"]].model_validate_json(json.dumps(line.event["data"]))

        assert line.event["time"][:10] in opened
    assert max(opened) == LAST_DAY.isoformat()


def test_a_council_of_each_level_sits_and_never_before_the_request_that_sends_a_dossier_up(season: Season) -> None:
    levels = Counter(council["level"] for council in events(season, "CouncilFormed"))
    asked: set[str] = set()
    for line in season.lines:
        data, kind = (line.event or {})["data"], (line.event or {})["type"].split(".")[-2]
        if kind == "ProvincialEvaluationRequested":
            asked.add(data["dossier"]["reference"])
        if kind == "DossiersScheduled" and data["round"].startswith("province"):
            assert {dossier["reference"] for dossier in data["dossiers"]} <= asked

    assert (levels["province"], levels["central"]) == (2, 2)
    assert levels["district"] > 20


@pytest.mark.parametrize("dossiers", [30, 48, 200])
def test_each_district_files_its_share_of_what_was_registered_in_2020(dossiers: int) -> None:
    season = generate_hanoi(dossiers)
    homes = {district.commune.code: district.short_name for district in districts()}
    communes = {each["reference"]: homes[each["commune_code"]] for each in events(season, "ProducerRegistered")}
    makers = {
        each["reference"]: communes[each["producer"]["reference"]] for each in events(season, "ProductRegistered")
    }
    filed = Counter(
        makers[each["product"]["reference"]]
        for each in events(season, "DossierFiled")
        if each["filed_on"].startswith("2020")
    )

    assert season.registration is not None
    *named, others = season.registration.districts
    assert {district.name: filed[district.name] for district in named} == {each.name: each.played for each in named}
    assert filed.total() - sum(each.played for each in named) == others.played
    assert filed.total() == season.registration.played


def test_the_registration_stands_against_the_target_as_the_figures_say(season: Season) -> None:
    found = season.registration

    assert found is not None
    assert (found.products, found.target, found.percent) == (779, 875, 89)
    assert (found.played, found.target_played) == (35, 39)
    assert [(each.name, each.products, each.played) for each in found.districts][:5] == [
        ("Đan Phượng", 107, 5),
        ("Hoài Đức", 78, 3),
        ("Thạch Thất", 66, 3),
        ("Gia Lâm", 61, 3),
        ("Thường Tín", 59, 3),
    ]


def test_shares_are_rounded_so_that_nothing_is_lost() -> None:
    assert scaled({"a": 1, "b": 1, "c": 1}, 4) == {"a": 2, "b": 1, "c": 1}
    assert scaled({"a": 107, "b": 78, "c": 594}, 35) == {"a": 5, "b": 3, "c": 27}
    assert sum(count for _, count in shares(17)) == registration(17).played == 17


def test_the_districts_were_those_of_ha_noi_and_communes_of_today_bear_their_names() -> None:
    units = load_units()
    by_day = load_units_by_day(units)

    for district in districts():
        former = by_day.district_on(district.code, LISTED_ON)
        commune = units.communes[district.commune.code]

        assert isinstance(former, District)
        assert (former.name, former.province) == (district.name, "01")
        assert (commune.name, commune.province) == (district.commune.name, "01")
        assert commune.name.endswith(f" {district.short_name}")


def test_both_seasons_have_a_name() -> None:
    assert list(SEASONS) == ["2026", "2020"]
    assert SEASONS["2020"].write(30, 5).lines == generate_hanoi(30, 5).lines
