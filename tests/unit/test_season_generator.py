"""The sample season is whole, deterministic, and says what the act says."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import deploy.season
from deploy.season.cases import SPECIAL
from deploy.season.expectations import Expected, read_expected, write_expected
from deploy.season.generator import EXPECTED_FILE, LINES_FILE, Season, generate, write_season
from deploy.season.lines import BadLineError, as_record, as_text, parse, read_lines
from deploy.season.profiles import AGREED_BELOW_MAJORITY, CRITERIA, PROFILES
from services.evaluation.domain.scoring import score
from shared.contracts.intake import INTAKE
from shared.rulebooks.loader import load
from shared.rulebooks.model import CriteriaSet, Rulebook
from shared.rulebooks.options import check_options, points_of

TYPES = {event.type_name(): event for event in INTAKE}
CALENDAR_END = date(2027, 4, 15)


@pytest.fixture(scope="module")
def season() -> Season:
    return generate()


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    found = load().by_id("qd26-2026")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def coffee(rulebook: Rulebook) -> CriteriaSet:
    return rulebook.sets[13]


def events(season: Season, kind: str) -> list[dict[str, Any]]:
    return [dict(line.event) for line in season.lines if line.event and f".{kind}.v" in line.event["type"]]


def test_the_criteria_are_those_of_set_13_in_printed_order(coffee: CriteriaSet) -> None:
    printed = tuple(criterion.code for criterion in coffee.criteria)

    assert printed == CRITERIA


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_is_worth_what_was_typed_for_it(name: str, rulebook: Rulebook, coffee: CriteriaSet) -> None:
    profile = PROFILES[name]

    result = score(coffee, rulebook.regime.bands, [profile.options()], None)

    assert check_options(coffee, profile.options()) == ()
    assert (result.total, result.stars) == (Fraction(profile.total), profile.stars)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_each_members_swap_moves_the_total_by_what_was_typed(name: str, coffee: CriteriaSet) -> None:
    profile = PROFILES[name]

    for swap in profile.swaps:
        moved = {**profile.options(), swap.criterion: swap.position}

        assert points_of(coffee, moved) - profile.total == swap.difference


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_whole_council_finds_the_stars_of_its_profile(name: str, rulebook: Rulebook, coffee: CriteriaSet) -> None:
    profile = PROFILES[name]
    sheets = [profile.sheet(member) for member in range(1, 8)]

    result = score(coffee, rulebook.regime.bands, sheets, None)

    assert (result.total, result.stars) == (profile.mean(range(1, 8)), profile.stars)


def test_means_that_do_not_come_out_even_are_exact() -> None:
    assert PROFILES["four_75"].mean(range(1, 8)) == Fraction(529, 7)
    assert PROFILES["four_75"].mean((1, 2, 3, 4, 5, 6)) == Fraction(151, 2)
    assert PROFILES["central_86"].mean(range(1, 8)) == Fraction(605, 7)
    assert PROFILES["five_95"].mean(range(1, 8)) == 95


def test_92_points_with_one_mark_of_four_stars_missed_are_three_stars(rulebook: Rulebook, coffee: CriteriaSet) -> None:
    result = score(coffee, rulebook.regime.bands, [PROFILES["mark_92"].options()], None)

    assert (result.total, result.stars, result.missed[4]) == (Fraction(92), 3, ("2.1",))


def test_what_was_agreed_below_the_majority_costs_a_star(rulebook: Rulebook, coffee: CriteriaSet) -> None:
    sheets = [PROFILES["four_75"].sheet(member) for member in range(1, 8)]

    result = score(coffee, rulebook.regime.bands, sheets, AGREED_BELOW_MAJORITY)

    assert (result.total, result.stars) == (Fraction(529, 7), 3)


def test_the_same_numbers_write_the_same_bytes(tmp_path: Path) -> None:
    for directory in ("one", "two"):
        write_season(generate(), tmp_path / directory)

    for name in (LINES_FILE, EXPECTED_FILE):
        first, second = ((tmp_path / each / name).read_bytes() for each in ("one", "two"))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_the_season_is_written_without_any_service() -> None:
    package = Path(deploy.season.__file__).parent

    assert not [path for path in package.rglob("*.py") if "from services" in path.read_text(encoding="utf-8")]


def test_another_seed_writes_another_season() -> None:
    assert generate(seed=1).lines != generate(seed=2).lines


def test_too_few_dossiers_for_every_case_are_told_so() -> None:
    with pytest.raises(ValueError, match="30"):
        generate(29)


@pytest.mark.parametrize("dossiers", [30, 60, 400])
def test_every_special_case_is_there_whatever_the_size(dossiers: int) -> None:
    found = Counter(product.case for product in generate(dossiers).expected.products)

    assert all(found[case.name] >= 1 for case in SPECIAL)
    assert found.total() == dossiers


def test_most_products_of_a_season_reach_three_or_four_stars(season: Season) -> None:
    counts = season.expected.counts()

    assert counts.filed == 61
    assert counts.ranked_3 + counts.ranked_4 > counts.filed * 2 // 3
    assert counts.ranked_5 >= 1
    assert counts.not_ranked >= 4
    assert counts.returned >= 2
    assert (counts.open_tasks, counts.held_decisions) == (1, 2)


def test_every_event_but_the_invalid_one_fits_its_contract(season: Season) -> None:
    for line in season.lines:
        if line.event is None:
            continue
        if [answer.code for answer in _answers(season.expected, line.unit, line.event["id"])] == ["event-invalid"]:
            continue
        TYPES[line.event["type"]].model_validate_json(json.dumps(line.event["data"]))
        assert line.event["source"] == f"/units/{line.unit}"


def test_the_file_is_chronological_and_ends_on_the_last_day(season: Season) -> None:
    days = [date.fromisoformat(line.event["time"][:10]) for line in season.lines if line.event]

    assert days == sorted(days)
    assert days[-1] == CALENDAR_END


def test_the_ministry_opens_each_day_before_its_facts(season: Season) -> None:
    opened: set[str] = set()
    for line in season.lines:
        if line.event is None:
            continue
        if line.event["type"].endswith("DayStarted.v1"):
            opened.add(line.event["data"]["date"])
        assert line.event["time"][:10] in opened


def test_communes_ask_before_the_cut_off_of_the_round_but_for_the_one_that_is_a_day_late(season: Season) -> None:
    assessed = [event["data"]["assessed_on"] for event in events(season, "CommuneAssessed")]

    assert [day for day in assessed if "2026-10-30" <= day < "2027-03-30"] == ["2026-10-30"]
    assert max(events(season, "CentralEvaluationRequested"), key=_requested)["data"]["requested_on"] < "2027-01-30"


def test_ids_are_unique_in_a_unit_but_for_the_two_that_are_sent_twice(season: Season) -> None:
    seen = Counter(line.event["id"] for line in season.lines if line.event)
    twice = {event_id for event_id, count in seen.items() if count > 1}
    codes = {answer.code for event_id in twice for answer in _answers_of_any(season.expected, event_id)}

    assert len(twice) == 2
    assert codes == {"admitted", "duplicate", "event-id-reused"}


def test_the_refusals_and_the_poison_are_there(season: Season) -> None:
    codes = Counter(
        answer.code
        for unit in season.expected.units.values()
        for answers in unit.other.values()
        for answer in answers
        if answer.status == "refused"
    )

    assert codes == dict.fromkeys(
        (
            "commune-of-another-province",
            "event-id-reused",
            "event-invalid",
            "member-does-not-score",
            "not-a-member",
            "options-invalid",
            "sheet-given",
        ),
        1,
    )
    assert sum(unit.unreadable for unit in season.expected.units.values()) == 1


def test_communes_belong_to_the_province_that_speaks_for_them(season: Season) -> None:
    provinces = {code: unit for unit, codes in _offices(season).items() for code in codes}

    for line in season.lines:
        if line.event is None or not line.event["type"].endswith("ProducerRegistered.v1"):
            continue
        stranger = line.event["data"]["reference"] == "CT-NHAM-TINH"
        assert (provinces[line.event["data"]["commune_code"]] == line.unit) is not stranger


def test_a_certificate_lasts_36_months(season: Season) -> None:
    five = next(product for product in season.expected.products if product.case == "five_stars")
    again = next(product for product in season.expected.products if product.case == "filed_again")

    assert (five.stars, five.level, five.certificate_expires) == (5, "central", date(2030, 4, 2))
    assert (again.stars, again.certificate_expires) == (3, date(2030, 4, 13))


def test_a_line_reads_back_as_it_was_written(season: Season) -> None:
    for number, line in enumerate(season.lines, start=1):
        assert parse(as_text(line).encode(), number) == line


def test_an_event_goes_out_in_binary_mode(season: Season) -> None:
    line = next(line for line in season.lines if line.event and ".DossierFiled." in line.event["type"])

    value, headers = as_record(line)

    assert line.event is not None
    assert json.loads(value) == line.event["data"]
    assert dict(headers)["ce_id"] == line.event["id"].encode()
    assert dict(headers)["content-type"] == b"application/json"
    assert "ce_data" not in dict(headers)


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"[]",
        b'{"unit": "6", "event": {}}',
        b'{"unit": "66"}',
        b'{"unit": "66", "event": {"id": "1", "source": "s", "type": "t", "specversion": "1.0"}}',
        b'{"unit": "66", "event": {"id": "", "source": "s", "type": "t", "specversion": "1.0", "data": {}}}',
        b'{"unit": "66", "event": {"id": "1", "source": "s", "type": "t", "specversion": "0.3", "data": {}}}',
        b'{"unit": "66", "raw": {"value_base64": "%%%"}}',
        b'{"unit": "66", "event": {"id": "\\ud800", "source": "s", "type": "t", "specversion": "1.0", "data": {}}}',
    ],
)
def test_a_line_that_cannot_be_sent_is_told_with_its_number(text: bytes) -> None:
    with pytest.raises(BadLineError, match=r"Dòng 7: .* / Line 7: "):
        parse(text, 7)


def test_blank_lines_of_a_file_are_passed_over(tmp_path: Path, season: Season) -> None:
    written = [as_text(line) for line in islice(season.lines, 2)]
    path = tmp_path / "two.jsonl"
    path.write_text("\n\n".join(written) + "\n\n", encoding="utf-8")

    assert [as_text(line) for line in read_lines(path)] == written


def test_expectations_read_back_as_they_were_written(tmp_path: Path, season: Season) -> None:
    path = tmp_path / EXPECTED_FILE

    write_expected(season.expected, path)

    assert read_expected(path) == season.expected


def _answers(expected: Expected, unit: str, event_id: str) -> tuple[Any, ...]:
    return expected.units[unit].answers(event_id)


def _answers_of_any(expected: Expected, event_id: str) -> tuple[Any, ...]:
    return next(unit.other[event_id] for unit in expected.units.values() if event_id in unit.other)


def _requested(event: dict[str, Any]) -> str:
    return str(event["data"]["requested_on"])


def _offices(season: Season) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in season.lines:
        if line.event and line.event["type"].endswith(".OfficeRegistered.v1"):
            found[line.unit].add(line.event["data"]["commune_code"])
    return found
