"""The working days of the law's clocks, typed by hand from the announcements of each year."""

from __future__ import annotations

import hashlib
import shutil
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rulebooks.calendar import WorkingCalendar, YearNotPublished, load_calendar, load_editions
from shared.rulebooks.calendar.loading import CALENDAR
from shared.rulebooks.publication import PUBLISHED
from shared.rulebooks.reading import RulebookError

LOADED, EDITIONS = load_calendar(), load_editions()
FIRST, LAST = date(2018, 1, 1), date(2026, 12, 31)

OFF_ON_WEEKDAYS = {
    2018: "01-01 02-14 02-15 02-16 02-19 02-20 04-25 04-30 05-01 09-03 12-31",
    2019: "01-01 02-04 02-05 02-06 02-07 02-08 04-15 04-29 04-30 05-01 09-02",
    2020: "01-01 01-23 01-24 01-27 01-28 01-29 04-02 04-30 05-01 09-02",
    2021: "01-01 02-10 02-11 02-12 02-15 02-16 04-21 04-30 05-03 09-02 09-03",
    2022: "01-03 01-31 02-01 02-02 02-03 02-04 04-11 05-02 05-03 09-01 09-02",
    2023: "01-02 01-20 01-23 01-24 01-25 01-26 05-01 05-02 05-03 09-01 09-04",
    2024: "01-01 02-08 02-09 02-12 02-13 02-14 04-18 04-29 04-30 05-01 09-02 09-03",
    2025: "01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02",
    2026: "01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24",
}
WORKED_AT_WEEKENDS = {2019: "01-05 05-04", 2024: "05-04", 2025: "04-26", 2026: "01-10 08-22"}

MADE_UP_2027 = """
year: 2027
announced_by: [made up]
announced_on: 2026-12-20
holidays:
  - {occasion: new_year, days: [2027-01-01]}
  - {occasion: tet, days: [2027-02-04, 2027-02-05, 2027-02-06, 2027-02-07, 2027-02-08], act: made up}
  - {occasion: hung_kings, days: [2027-04-16]}
  - {occasion: victory, days: [2027-04-30]}
  - {occasion: labour, days: [2027-05-01]}
  - {occasion: national_day, days: [2027-09-02, 2027-09-03], act: made up}
  - {occasion: culture_day, days: [2027-11-24]}
compensation:
  - {day: 2027-02-09, for: 2027-02-06}
  - {day: 2027-02-10, for: 2027-02-07}
  - {day: 2027-05-03, for: 2027-05-01}
"""

published_days = st.dates(FIRST, LAST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the calendar's files that a test may spoil."""
    copy = tmp_path / "calendar"
    shutil.copytree(CALENDAR, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    """Replaces a text of a file and publishes the folder as it then is."""
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    publish(folder)


def publish(folder: Path) -> None:
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in folder.glob("*.yaml")]
    (folder / PUBLISHED).write_text("".join(sorted(lines)), encoding="utf-8")


def days(year: int, listed: str) -> set[date]:
    return {date.fromisoformat(f"{year}-{day}") for day in listed.split()}


@pytest.mark.parametrize("year", range(2018, 2027))
def test_a_year_has_the_days_off_and_the_worked_weekends_that_were_announced(year: int) -> None:
    off, worked = days(year, OFF_ON_WEEKDAYS[year]), days(year, WORKED_AT_WEEKENDS.get(year, ""))
    every = [
        date(year, 1, 1) + timedelta(days=number) for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    ]

    assert {day for day in every if day.weekday() < 5 and not LOADED.is_working_day(day)} == off
    assert {day for day in every if day.weekday() >= 5 and LOADED.is_working_day(day)} == worked


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2018, 2, 13), 1, date(2018, 2, 21)),  # from the last day before Tết Mậu Tuất to the first after it
        (date(2019, 2, 1), 1, date(2019, 2, 11)),
        (date(2020, 1, 22), 1, date(2020, 1, 30)),
        (date(2021, 2, 9), 1, date(2021, 2, 17)),
        (date(2022, 1, 28), 1, date(2022, 2, 7)),
        (date(2023, 1, 19), 1, date(2023, 1, 27)),
        (date(2024, 2, 7), 1, date(2024, 2, 15)),
        (date(2025, 1, 24), 1, date(2025, 2, 3)),
        (date(2026, 2, 13), 1, date(2026, 2, 23)),
        (date(2018, 2, 1), 15, date(2018, 3, 1)),  # a commune's 15 working days over each Tết
        (date(2019, 2, 1), 15, date(2019, 3, 1)),
        (date(2020, 1, 20), 15, date(2020, 2, 17)),
        (date(2021, 2, 1), 15, date(2021, 3, 1)),
        (date(2022, 1, 20), 15, date(2022, 2, 17)),
        (date(2023, 1, 10), 15, date(2023, 2, 7)),
        (date(2024, 2, 1), 15, date(2024, 2, 29)),
        (date(2025, 1, 20), 15, date(2025, 2, 17)),
        (date(2026, 2, 2), 15, date(2026, 3, 2)),
        (date(2018, 12, 28), 4, date(2019, 1, 5)),  # a worked Saturday counts, in another year too
        (date(2024, 4, 26), 2, date(2024, 5, 3)),
        (date(2024, 4, 26), 3, date(2024, 5, 4)),
        (date(2025, 4, 25), 1, date(2025, 4, 26)),
        (date(2026, 8, 21), 1, date(2026, 8, 22)),
        (date(2026, 8, 28), 1, date(2026, 9, 3)),
        (date(2026, 11, 20), 2, date(2026, 11, 25)),  # 24 November, the first time
        (date(2026, 6, 6), 15, date(2026, 6, 26)),  # a Saturday: the first working day is Monday the 8th
        (date(2026, 3, 2), -15, date(2026, 2, 2)),
        (date(2026, 2, 20), -1, date(2026, 2, 13)),
        (date(2026, 2, 17), 0, date(2026, 2, 17)),
        (date(2017, 12, 31), 1, date(2018, 1, 2)),  # the day it begins on is not counted and may lie outside
        (date(2027, 1, 1), -1, date(2026, 12, 31)),
    ],
)
def test_a_time_limit_ends_on(start: date, count: int, end: date) -> None:
    assert LOADED.add_working_days(start, count) == end
    assert LOADED.working_days_between(start, end) == count


def test_a_year_that_was_not_published_is_told_and_not_guessed() -> None:
    assert LOADED.add_working_days(date(2026, 12, 30), 1) == date(2026, 12, 31)
    assert LOADED.add_working_days(date(2026, 12, 30), 2) == YearNotPublished(2027)
    assert LOADED.add_working_days(date(2026, 12, 31), 1) == YearNotPublished(2027)
    assert LOADED.add_working_days(date(2028, 3, 1), 1) == YearNotPublished(2028)
    assert LOADED.add_working_days(date(2018, 1, 2), -1) == YearNotPublished(2017)
    assert LOADED.add_working_days(date(2017, 12, 30), 1) == YearNotPublished(2017)
    assert LOADED.is_working_day(date(2027, 1, 4)) == YearNotPublished(2027)
    assert LOADED.working_days_between(date(2026, 12, 1), date(2027, 1, 1)) == YearNotPublished(2027)
    assert LOADED.working_days_between(date(2027, 1, 5), date(2027, 1, 1)) == YearNotPublished(2027)
    assert LOADED.working_days_between(date(2018, 1, 2), date(2017, 12, 31)) == YearNotPublished(2017)


def test_what_a_person_is_told_names_the_year_in_both_languages() -> None:
    words = YearNotPublished(2027).words

    assert "2027" in words.vi
    assert "2027" in words.en
    assert unicodedata.is_normalized("NFC", words.vi)


def test_a_day_says_why_it_is_off_and_by_which_act() -> None:
    named = LOADED.named

    assert (named[date(2026, 4, 27)].kind, named[date(2026, 4, 27)].name) == (
        "compensation",
        "Nghỉ bù Giỗ Tổ Hùng Vương",
    )
    assert named[date(2026, 8, 31)].act == "Thông báo 9441/TB-BNV ngày 16/10/2025"
    assert named[date(2026, 8, 22)].kind == "swapped_on"
    assert named[date(2026, 11, 24)].act == "Nghị quyết 28/2026/QH16, điều 2"


def test_what_is_not_verified_is_told_with_the_days_it_touches() -> None:
    (doubt,) = LOADED.doubtful(date(2026, 11, 16), date(2026, 12, 7))

    assert doubt.day == date(2026, 11, 23)
    assert LOADED.is_working_day(doubt.day) is True
    assert LOADED.doubtful(date(2026, 11, 24), date(2026, 12, 31)) == ()


@pytest.mark.parametrize(
    ("known_on", "start", "count", "end"),
    [
        (
            date(2024, 4, 11),
            date(2024, 4, 26),
            1,
            date(2024, 4, 29),
        ),  # the swap of April 2024 was announced on the 12th
        (date(2024, 4, 12), date(2024, 4, 26), 1, date(2024, 5, 2)),
        (date(2026, 4, 23), date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 4, 24), date(2026, 11, 23), 1, date(2026, 11, 25)),
        (date(2025, 10, 15), date(2025, 12, 30), 1, date(2025, 12, 31)),
        (date(2025, 10, 15), date(2025, 12, 30), 2, YearNotPublished(2026)),
        (date(2025, 10, 16), date(2025, 12, 30), 2, date(2026, 1, 2)),
        (date(2025, 12, 25), date(2025, 12, 30), 2, date(2026, 1, 5)),
        (date(2017, 12, 13), date(2018, 1, 2), 1, YearNotPublished(2018)),
        (date(2017, 12, 13), date(2018, 1, 2), -1, YearNotPublished(2018)),
    ],
)
def test_a_limit_is_counted_by_what_was_known_on_the_day(
    known_on: date, start: date, count: int, end: date | YearNotPublished
) -> None:
    assert EDITIONS.known_on(known_on).add_working_days(start, count) == end


def test_the_latest_edition_is_the_whole_calendar() -> None:
    assert EDITIONS.latest == EDITIONS.known_on(date(2026, 11, 23)) == LOADED


@given(start=published_days, count=st.integers(-3000, 3000))
def test_counting_undoes_adding(start: date, count: int) -> None:
    end = LOADED.add_working_days(start, count)

    if isinstance(end, date):
        assert LOADED.working_days_between(start, end) == count
        assert count == 0 or LOADED.is_working_day(end) is True


@given(start=published_days, end=published_days)
def test_counting_is_what_walking_day_by_day_finds(start: date, end: date) -> None:
    low, high = (start, end) if start <= end else (end - timedelta(days=1), start - timedelta(days=1))
    walked = sum(
        LOADED.is_working_day(low + timedelta(days=number)) is True for number in range(1, (high - low).days + 1)
    )

    assert LOADED.working_days_between(start, end) == (walked if start <= end else -walked)


@given(first=published_days, second=published_days, count=st.integers(1, 500))
def test_a_later_start_and_a_longer_limit_never_end_earlier(first: date, second: date, count: int) -> None:
    early, late = sorted((first, second))

    from_early, from_late = LOADED.add_working_days(early, count), LOADED.add_working_days(late, count)
    longer = LOADED.add_working_days(early, count + 1)

    if isinstance(from_early, date) and isinstance(from_late, date):
        assert from_early <= from_late
    if isinstance(from_early, date) and isinstance(longer, date):
        assert from_early < longer


@given(start=published_days, first=st.integers(1, 200), second=st.integers(1, 200))
def test_two_limits_in_a_row_are_their_sum(start: date, first: int, second: int) -> None:
    middle = LOADED.add_working_days(start, first)

    if isinstance(middle, date):
        assert LOADED.add_working_days(middle, second) == LOADED.add_working_days(start, first + second)


def test_the_version_is_that_of_the_files(folder: Path) -> None:
    before = load_calendar(folder).version
    spoil(folder, "2026.yaml", "day: 2026-11-23, about: 'Có", "day: 2026-11-23, about: 'Đã có")

    assert before == LOADED.version
    assert before.startswith("calendar@")
    assert load_calendar(folder).version != before


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "cause"),
    [
        ("2026.yaml", "announced_on: 2025-10-16", "announced_on: 2024-12-03", 1, "must be announced after 2025"),
        ("2026.yaml", "announced_on: 2025-10-16\n", "", 1, "'announced_on' is missing"),
        ("2026.yaml", "year: 2026", "year: 2025", 1, "must stand in 2025.yaml"),
        ("2026.yaml", "days: [2026-01-01]", "days: [2026-02-30]", 5, "not a real day"),
        ("2026.yaml", "days: [2026-01-01]", "days: [2027-01-01]", 5, "not a day of 2026"),
        ("2026.yaml", "days: [2026-01-01]", "days: [2026-01-03]", 5, "01-01 must be among the days"),
        ("2026.yaml", ", 2026-02-20]", "]", 6, "exactly 5 days"),
        ("2026.yaml", "2026-02-20]", "2026-02-21]", 6, "must follow one another"),
        ("2026.yaml", "occasion: labour", "occasion: victory", 9, "already stands above"),
        ("2026.yaml", "occasion: labour", "occasion: christmas", 9, "no such occasion"),
        (
            "2026.yaml",
            "  - {occasion: culture_day, days: [2026-11-24], announced_on: 2026-04-24}\n",
            "",
            5,
            "occasions are missing: culture_day",
        ),
        ("2026.yaml", "days: [2026-04-26]", "days: [2026-04-30]", 8, "2026-04-30 already stands above"),
        ("2026.yaml", "{day: 2026-04-27,", "{day: 2026-04-28,", 13, "must be 2026-04-27"),
        ("2026.yaml", "for: 2026-04-26", "for: 2026-04-30", 13, "no holiday at a weekend"),
        ("2026.yaml", "compensation:\n  - {day: 2026-04-27, for: 2026-04-26}\n", "", 1, "no compensation is given for"),
        ("2026.yaml", "off: 2026-08-31", "off: 2026-08-30", 16, "must be a weekday of 2026"),
        ("2026.yaml", "off: 2026-08-31", "off: 2026-09-01", 16, "2026-09-01 already stands above"),
        ("2026.yaml", "worked: 2026-08-22", "worked: 2026-08-21", 16, "must be a weekend day"),
        ("2026.yaml", "worked: 2026-08-22", "worked: 2026-06-20", 16, "more than 31 days apart"),
        ("2026.yaml", "2026-08-22, act: Thông báo 9441/TB-BNV ngày 16/10/2025", "2026-08-22", 16, "'act' is missing"),
        ("2026.yaml", "day: 2026-11-23", "day: 2025-11-23", 18, "not a day of 2026"),
        ("2026.yaml", "swaps:", "swap:", 15, "'swap' is not known"),
        ("2026.yaml", "swaps:", "swaps:\t- x", 14, "this is not YAML"),
        ("occasions.yaml", "id: culture_day", "ids: culture_day", 17, "'ids' is not known"),
    ],
)
def test_a_bad_file_is_named_with_line_and_cause(
    folder: Path, file: str, old: str, new: str, line: int, cause: str
) -> None:
    spoil(folder, file, old, new)

    with pytest.raises(RulebookError) as fault:
        load_calendar(folder)
    assert (fault.value.file, fault.value.line) == (file, line)
    assert cause in fault.value.english
    assert unicodedata.is_normalized("NFC", fault.value.vietnamese)


def test_a_day_that_two_years_speak_of_is_told(folder: Path) -> None:
    spoil(folder, "2019.yaml", "off: 2019-04-29, worked: 2019-05-04", "off: 2019-01-02, worked: 2019-01-05")

    with pytest.raises(RulebookError, match="stands in another year too"):
        load_calendar(folder)


def test_a_new_year_is_a_file_and_no_python(folder: Path) -> None:
    (folder / "2027.yaml").write_text(MADE_UP_2027, encoding="utf-8")
    publish(folder)

    calendar = load_calendar(folder)

    assert calendar.add_working_days(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert calendar.is_working_day(date(2028, 1, 3)) == YearNotPublished(2028)
    assert load_editions(folder).known_on(date(2026, 12, 19)) == replace(LOADED, version=calendar.version)


def test_a_missing_year_is_told(folder: Path) -> None:
    (folder / "2022.yaml").unlink()
    publish(folder)

    with pytest.raises(RulebookError) as fault:
        load_calendar(folder)

    assert (fault.value.file, fault.value.line) == ("2022.yaml", 1)


def test_a_changed_file_is_told_by_the_hash_list(folder: Path) -> None:
    text = (folder / "2026.yaml").read_text(encoding="utf-8")
    (folder / "2026.yaml").write_text(text + "\n", encoding="utf-8")

    with pytest.raises(RulebookError) as fault:
        load_calendar(folder)

    assert (fault.value.file, fault.value.line) == (PUBLISHED, 9)
    assert "2026.yaml was changed or removed" in fault.value.english


def test_a_file_that_is_not_listed_is_told(folder: Path) -> None:
    shutil.copy(folder / "2026.yaml", folder / "2027.yaml")

    with pytest.raises(RulebookError, match=r"2027\.yaml is not listed"):
        load_calendar(folder)


def test_a_folder_without_years_or_without_a_hash_list_is_told(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("20*.yaml"):
        file.unlink()
    publish(folder)

    with pytest.raises(RulebookError, match="there is no year"):
        load_calendar(folder)
    with pytest.raises(RulebookError, match="hash list cannot be read"):
        load_calendar(tmp_path)


def test_the_calendar_is_a_value_that_nobody_changes() -> None:
    assert isinstance(LOADED, WorkingCalendar)
    with pytest.raises(TypeError):
        LOADED.named[date(2026, 1, 5)] = LOADED.named[date(2026, 1, 2)]  # type: ignore[index]
