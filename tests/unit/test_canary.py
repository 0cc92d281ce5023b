"""The search for a leaked sheet finds one in every shape in which it could leak, and nothing where there is none."""

from __future__ import annotations

import pytest

from deploy.season.profiles import PROFILES
from tests.support.canary import Canary

CANARY = Canary(PROFILES["three_58"].options(), 58)


@pytest.mark.parametrize(
    "leak",
    [
        '{"options": {"1.1": 2, "1.2": 1, "1.3": 3, "1.4": 2, "1.5": 2}}',
        '{"event": "refused", "detail": "{\\"1.1\\":2,\\"1.2\\":1,\\"1.3\\":3,\\"1.4\\":2,\\"1.5\\":2}"}',
        "options={1.1: 2, 1.2: 1, 1.3: 3, 1.4: 2, 1.5: 2}",
        '<td>1.1</td>options 1.1="2" 1.2="1" 1.3="3" 1.4="2" 1.5="2"',
    ],
)
def test_options_are_found_by_their_criteria(leak: str) -> None:
    assert CANARY.seen_in(leak.encode()) == {"options"}


@pytest.mark.parametrize("between", ["", ",", ", ", "\n"])
def test_options_are_found_as_a_row_of_positions(between: str) -> None:
    row = between.join(str(position) for position in CANARY.options.values())

    assert "options" in CANARY.seen_in(f"positions {row} end".encode())


@pytest.mark.parametrize(
    "leak",
    [
        '{"totals": {"TV-01": 58}}',
        '{"numerator": 58, "denominator": 1}',
        '{"total": "58"}',
        '{"a": [{"b": 58.0}]}',
        'ocop_points{member="TV-01"} 58.0 points',
        "hội đồng tỉnh: 58,00 điểm, 3 sao",
        "members: 58/1",
        "total=58",
    ],
)
def test_points_are_found_as_number_as_text_and_in_words(leak: str) -> None:
    assert CANARY.seen_in(leak.encode()) == {"points"}


@pytest.mark.parametrize(
    "harmless",
    [
        '{"time": "2026-07-10T03:58:58.058Z", "offset": 57, "id": "58ab-5800", "elapsed": 0.58}',
        "process_cpu_seconds_total 0.58\nocop_events_total 158",
        '{"options": {"1.1": 3, "1.2": 2, "1.3": 4, "1.4": 3, "1.5": 3}}',
    ],
)
def test_what_is_no_leak_is_not_taken_for_one(harmless: str) -> None:
    assert CANARY.seen_in(harmless.encode()) == set()
