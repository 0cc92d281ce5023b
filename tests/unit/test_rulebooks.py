from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from shared.rulebooks.loader import RULEBOOKS, load
from shared.rulebooks.model import Rulebook
from shared.rulebooks.publication import EARLIER, PUBLISHED, hashes_below, listing
from shared.rulebooks.reading import RulebookError

ACT = "qd26-2026"
REGIME = f"{ACT}/regime.yaml"
LEAVES = f"{ACT}/criteria/leaves.yaml"
SET_13 = f"{ACT}/criteria/13.yaml"

REGIME_FAULTS = [
    ("parts: {A: 40,", "parts: {A: 41,", "parts sum to 101"),
    ("{stars: 4, lower: 70, upper: 90,", "{stars: 4, lower: 70, upper: 89,", "gap, overlaps"),
    ("{stars: 4, lower: 70, upper: 90,", "{stars: 4, lower: 70, upper: 91,", "gap, overlaps"),
    ("{stars: 2, lower: 30,", "{stars: 3, lower: 30,", "out of order"),
    ("upper: 70, upper_included: false", "upper: 70, upper_included: true", "gap, overlaps"),
    ("{to: province, on: request", "{to: district, on: request", "'to' must be one of province, central"),
    ("    to: province\n", "    to: district\n", "'to' must be one of commune, province"),
    ("{level: central, number: 1,", "{level: district, number: 1,", "'level' must be one of"),
    ("level: province\n    name", "level: commune\n    name", "already stands above", "level: commune\n    name: tỉnh"),
    ("recognises: [5]", "recognises: [4, 5]", "another level already recognises"),
    ("recognises: [5]", "recognises: [five]", "whole numbers"),
    ("cut_off: 04-30", "cut_off: 04-31", "must be a real MM-DD"),
    ("name: renewal_closes", "name: renewal_opens", "already stands above", "name: renewal_opens, count: 120"),
    ("valid_to: null", "valid_to: 2026-05-22", "must be after 'valid_from'"),
    ("valid_from: 2026-05-22", "valid_from: 2026-02-30", "not a real day"),
    ("signed_on: 2026-05-22", "signed_on: today", "wrong type"),
    ("kinds: [first, upgrade, renewal]", "kinds: []", "at least one dossier kind"),
    ("value: [renewal]", "value: [appeal]", "no dossier kind 'appeal'"),
    ("value: arithmetic_mean", "value: median", "must be one of arithmetic_mean"),
    ("value: [chair, member, expert]", "value: [chair, guest]", "a role must be one of"),
    ("value: true", "value: maybe", "wrong type"),
    ("{value: 36,", "{value: 0,", "at least 1"),
    ("value: [180, 150, 130, 120]", "value: [180, 150, 150, 120]", "'value' must fall"),
    ("{level: central, stars: [5], article: 8.2.b}", "{level: central, stars: [4]}", "'article' is missing"),
    ("stars: [3, 4], article: 8.2.a", "stars: [3, 5], article: 8.2.a", "'province' does not recognise 5 stars"),
    ("name: renewal_closes", "name: renewal_ends", "the clock 'renewal_closes' is missing", "    value: [180"),
    ("act: 26/2026/QĐ-TTg", "act: ''", "'act' is empty"),
    ("certificate_months:", "certificate_month:", "'certificate_month' is not known"),
    ("id: qd26-2026", "id: qd26", "must be the folder's name"),
    ("by_law:", "kinds: [first]\nby_law:", "given twice", "kinds: [first]\nby_law"),
    ("bands:\n", "bands:\n\t", "this is not YAML", "\t"),
    ("value: filing_date", "value: hearsay", "must be one of filing_date"),
    ("band_gaps: {value: none", "band_gaps: {value: upper_class", "must be one of none, lower_class"),
    ("{kinds: [renewal], filed", "{kinds: [first], filed", "already stands above"),
    ("{kinds: [renewal], filed", "{kinds: [appeal], filed", "no dossier kind 'appeal'"),
    ("finish_by: 2026-07-21", "finish_by: 2026-05-21", "nor 'finish_by' before"),
    (
        "first, upgrade], filed_before: 2026-05-22",
        "first, upgrade], filed_before: 2026-05-23",
        "must not be after",
        "{kinds: [first, upgrade]",
    ),
    ("value: run_to_their_end", "value: lapse", "must be one of run_to_their_end"),
    ("criteria: {from: own", "criteria: {from: none", "words of refusal"),
    ("criteria: {from: own", "criteria: {from: qd0", "holds 26 criteria sets, unlike 'from: qd0'"),
    ("evaluation_rounds:\n  value: 1", "evaluation_rounds:\n  value: 0", "at least 1", "  value: 0"),
    ("value: not_recused", "value: everybody", "must be one of not_recused"),
    ("value: [renewal]\n    article: 7.6.d", "value: [appeal]\n    article: 7.6.d", "no dossier kind 'appeal'"),
]
LEAF_FAULTS = [
    ("{points: 2, mark: 4, label: Hợp đồng", "{points: 0, mark: 4, label: Hợp đồng", "points must rise"),
    ("{points: 3, mark: 5, label: 'Hợp đồng", "{points: 3, mark: 4, label: 'Hợp đồng", "star marks must rise"),
    ("{points: 3, mark: 5, label: 'Hợp đồng", "{points: 3, mark: 6, label: 'Hợp đồng", "must be 3, 4 or 5"),
    ("{points: 2, label: Có chế biến}", "{points: 2.5, label: Có chế biến}", "wrong type"),
    ("{points: 2, label: Có chế biến}", "{points: -2, label: Có chế biến}", "at least 0"),
    ("{points: 2, label: Có chế biến}", "{point: 2, label: Có chế biến}", "'point' is not known"),
    ("{kind: info, label: Tính cả", "{kind: rumour, label: Tính cả", "'kind' must be one of"),
    ("    - {points: 1, label: Ngắn gọn}\n", "", "two options at least", "label: Hướng dẫn sử dụng"),
    (
        "{points: 3, case: a, label: 'Cộng đồng: đủ điều kiện, có",
        "{points: 3, label: 'Cộng đồng: đủ điều kiện, có",
        "one of several cases",
        "    - {points: 1, case: a, label: 'Cộng đồng: các",
    ),
    ("{points: 1, case: b, label: 'Điểm", "{points: 1, case: a, label: 'Điểm", "points must rise"),
]
SET_FAULTS = [
    ("'1.1', leaf: nguyen-lieu-che-bien, maximum: 3", "'1.1', leaf: nguyen-lieu-che-bien, maximum: 4", "best option"),
    ("maximum: 18", "maximum: 19", "stands below sums to 18"),
    ("    maximum: 35", "    maximum: 36", "stands below sums to 35"),
    ("maximum: 10\n            criteria", "maximum: 11\n            criteria", "stands below sums to 10"),
    ("leaf: bao-bi,", "leaf: bao-gi,", "leaves.yaml has no 'bao-gi'"),
    ("{code: '1.2',", "{code: '1.1',", "given twice", "{code: '1.1', leaf: vung"),
    ("{code: '1.2',", "{code: '2.2',", "must start with 1."),
    ("{criterion: '5.1', above: 1}", "{criterion: '5.3', above: 1}", "no criterion 5.3"),
    ("{criterion: '5.1', above: 1}", "{criterion: '5.1', above: 5}", "above 5"),
    ("  - code: B\n", "  - code: D\n", "'code' must be one of A, B, C"),
    ("set: 13", "set: 12", "must stand in 12.yaml"),
]
FAULTS = [(file, *fault) for file, faults in
          ((REGIME, REGIME_FAULTS), (LEAVES, LEAF_FAULTS), (SET_13, SET_FAULTS)) for fault in faults]  # fmt: skip


def book() -> Rulebook:
    """The rulebook of 26/2026."""
    return next(book for book in load().all if book.regime.id == ACT)


def copy(folder: Path) -> Path:
    """A copy of the act's present edition that a test may break."""
    shutil.copytree(RULEBOOKS / ACT, folder / ACT, ignore=shutil.ignore_patterns(EARLIER))
    return folder


def publish(act: Path) -> None:
    """The files of an act as they now stand are its published ones."""
    (act / PUBLISHED).write_text(listing(hashes_below(act)), encoding="utf-8")


def line_of(text: str, snippet: str) -> int:
    return text[: text.index(snippet)].count("\n") + 1


@pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: f"{fault[0].rpartition('/')[2]} {fault[3]} {fault[2][:20]!r}"
)
def test_a_wrong_file_is_told_with_its_file_line_and_cause(fault: tuple[str, ...], tmp_path: Path) -> None:
    file, right, wrong, cause, *at = fault
    folder = copy(tmp_path)
    text = (folder / file).read_text(encoding="utf-8")
    assert right in text
    broken = text.replace(right, wrong, 1)
    (folder / file).write_text(broken, encoding="utf-8")

    with pytest.raises(RulebookError) as told:
        load(folder)

    assert (told.value.file, told.value.line) == (file, line_of(broken, at[0] if at else wrong.lstrip()))
    assert cause in str(told.value)
    assert f"dòng {told.value.line}" in str(told.value)


def test_a_value_outside_the_act_needs_its_reason(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    lines = (folder / REGIME).read_text(encoding="utf-8").splitlines(keepends=True)
    last = max(number for number, text in enumerate(lines) if "reason:" in text)
    (folder / REGIME).write_text("".join(lines[:last]), encoding="utf-8")

    with pytest.raises(RulebookError, match="needs a 'reason'") as told:
        load(folder)

    assert told.value.line == last


def test_bands_that_end_above_zero_are_told(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    text = (folder / REGIME).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines(keepends=True) if "{stars: 1," not in line]
    (folder / REGIME).write_text("".join(lines), encoding="utf-8")

    with pytest.raises(RulebookError, match="must cover 0 to 100"):
        load(folder)


@pytest.mark.parametrize(
    ("file", "content", "cause"),
    [
        (REGIME, b"", "the file is empty"),
        (REGIME, b"- 1", "key: value pairs"),
        (REGIME, b"\xff", "cannot be read"),
        (REGIME, b"a: \x00", "this is not YAML"),
        (REGIME, b"[a]: 1", "a key must be plain text"),
        (SET_13, b"set: 13", "'name' is missing|parts must be A, B, C"),
    ],
)
def test_a_file_that_is_no_rulebook_is_told(file: str, content: bytes, cause: str, tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / file).write_bytes(content)

    with pytest.raises(RulebookError, match=cause):
        load(folder)


def test_a_folder_without_any_act_is_told(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="there is no act"):
        load(tmp_path)


@pytest.mark.parametrize("file", [REGIME, LEAVES, SET_13])
def test_a_published_file_never_changes(file: str, tmp_path: Path) -> None:
    folder = copy(tmp_path)
    with (folder / file).open("a", encoding="utf-8") as opened:
        opened.write("# a harmless remark\n")

    with pytest.raises(RulebookError, match="changed or removed after publication") as told:
        load(folder)

    listed = (folder / ACT / PUBLISHED).read_text(encoding="utf-8")
    assert told.value.file == f"{ACT}/{PUBLISHED}"
    assert told.value.line == line_of(listed, file.removeprefix(f"{ACT}/"))


def test_a_file_outside_the_hash_list_is_told(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / ACT / "notes.yaml").write_text("a: 1\n", encoding="utf-8")

    with pytest.raises(RulebookError, match=r"notes\.yaml is not listed"):
        load(folder)


@pytest.mark.parametrize(
    ("content", "cause"), [(None, "cannot be read"), (b"\xff", "cannot be read"), (b"abc\n", "is needed")]
)
def test_a_hash_list_that_is_none_is_told(content: bytes | None, cause: str, tmp_path: Path) -> None:
    listed = copy(tmp_path) / ACT / PUBLISHED
    listed.unlink() if content is None else listed.write_bytes(content)

    with pytest.raises(RulebookError, match=cause):
        load(tmp_path)


def test_a_rulebook_may_have_no_criteria_sets_and_then_says_so(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    shutil.rmtree(folder / ACT / "criteria")
    text = (folder / REGIME).read_text(encoding="utf-8")
    words = "{from: none, vietnamese: Chưa có, english: There is none, article: '3.2'}"
    (folder / REGIME).write_text(text.replace("{from: own, article: '3.2'}", words), encoding="utf-8")
    publish(folder / ACT)

    (book,) = load(folder).all

    assert book.sets == {}
    assert (book.regime.criteria.vietnamese, book.regime.criteria.english) == ("Chưa có", "There is none")


def test_the_version_names_the_act_and_follows_every_byte(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    with (folder / LEAVES).open("a", encoding="utf-8") as opened:
        opened.write("# another edition\n")
    publish(folder / ACT)

    before, after = book().version, load(folder).all[0].version

    assert before.startswith("qd26-2026@")
    assert len(before) == len("qd26-2026@") + 12
    assert before != after


def test_sets_that_stand_nowhere_are_told(tmp_path: Path) -> None:
    shutil.copytree(RULEBOOKS / "qd490-2018", tmp_path / "qd490-2018")

    with pytest.raises(RulebookError, match="qd1048-2019 has no criteria sets") as told:
        load(tmp_path)

    assert told.value.file == "qd490-2018/regime.yaml"


def test_the_version_follows_borrowed_sets_as_well(tmp_path: Path) -> None:
    for act in ("qd490-2018", "qd1048-2019"):
        shutil.copytree(RULEBOOKS / act, tmp_path / act, ignore=shutil.ignore_patterns(EARLIER))
    before = [book.version for book in load(tmp_path).all]
    with (tmp_path / "qd1048-2019" / "criteria" / "06.yaml").open("a", encoding="utf-8") as opened:
        opened.write("# another edition\n")
    publish(tmp_path / "qd1048-2019")

    after = [book.version for book in load(tmp_path).all]

    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True]


def test_an_act_that_ends_on_another_day_than_a_later_one_says_is_told(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    shutil.copytree(RULEBOOKS / "qd148-1489-2025", folder / "qd148-1489-2025")
    text = (folder / REGIME).read_text(encoding="utf-8")
    (folder / REGIME).write_text(text.replace("on: 2026-07-21", "on: 2026-07-22"), encoding="utf-8")
    publish(folder / ACT)

    with pytest.raises(RulebookError, match="qd148-1489-2025 states another end than 2026-07-22"):
        load(folder)


def test_of_two_acts_in_force_the_newer_pins(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    later = folder / "qd-next"
    shutil.copytree(folder / ACT, later)
    text = (later / "regime.yaml").read_text(encoding="utf-8")
    changed = text.replace("id: qd26-2026", "id: qd-next").replace("valid_from: 2026-05-22", "valid_from: 2027-01-01")
    (later / "regime.yaml").write_text(changed, encoding="utf-8")
    publish(later)

    books = load(folder)

    answers = [books.regime_for(day, "first") for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert [isinstance(each, Rulebook) and each.regime.id for each in answers] == [ACT, "qd-next"]
