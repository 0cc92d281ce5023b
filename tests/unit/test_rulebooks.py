from __future__ import annotations

import hashlib
import shutil
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from shared.rulebooks.loader import PUBLISHED, RULEBOOKS, load
from shared.rulebooks.model import Criterion, MonthDay, NoRegime, Rulebook, Rulebooks
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
    ("act: 26/2026/QĐ-TTg", "act: ''", "'act' is empty"),
    ("certificate_months:", "certificate_month:", "'certificate_month' is not known"),
    ("id: qd26-2026", "id: qd26", "must be the folder's name"),
    ("by_law:", "kinds: [first]\nby_law:", "given twice", "kinds: [first]\nby_law"),
    ("bands:\n", "bands:\n\t", "this is not YAML", "\t"),
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
    """A copy of the rulebooks' data that a test may break."""
    shutil.copytree(RULEBOOKS / ACT, folder / ACT)
    return folder


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


def test_a_rulebook_may_have_no_criteria_sets(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    shutil.rmtree(folder / ACT / "criteria")
    digest = hashlib.sha256((folder / REGIME).read_bytes()).hexdigest()
    (folder / ACT / PUBLISHED).write_text(f"{digest}  regime.yaml\n", encoding="utf-8")

    assert load(folder).all[0].sets == {}


def test_the_version_names_the_act_and_follows_every_byte(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    with (folder / LEAVES).open("a", encoding="utf-8") as opened:
        opened.write("# another edition\n")
    listed = folder / ACT / PUBLISHED
    old, new = (
        hashlib.sha256((root / LEAVES).read_bytes()).hexdigest() for root in (RULEBOOKS, folder)
    )  # fmt: skip
    listed.write_text(listed.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    before, after = book().version, load(folder).all[0].version

    assert before.startswith("qd26-2026@")
    assert len(before) == len("qd26-2026@") + 12
    assert before != after


def test_the_act_in_force_is_read_as_printed() -> None:
    regime = book().regime

    assert (regime.act, regime.signed_on, regime.valid_from) == ("26/2026/QĐ-TTg", date(2026, 5, 22), date(2026, 5, 22))
    assert regime.valid_to is None
    assert regime.levels == ("commune", "province", "central")
    assert regime.parts == {"A": 40, "B": 25, "C": 35}
    assert regime.certificate_months.value == 36
    assert (regime.clocks["commune_assessment"].count, regime.clocks["commune_assessment"].unit) == (15, "working_days")
    assert [(each.level, each.cut_off, each.finish) for each in regime.rounds] == [
        ("province", MonthDay(4, 30), MonthDay(6, 30)),
        ("province", MonthDay(10, 30), MonthDay(12, 30)),
        ("central", MonthDay(7, 30), MonthDay(9, 30)),
        ("central", MonthDay(1, 30), MonthDay(3, 30)),
    ]
    assert regime.by_law.scoring_roles.value == ("chair", "member", "expert")
    assert regime.by_law.scoring_roles.article is None


@pytest.mark.parametrize(
    ("total", "stars"),
    [("100", 5), ("90", 5), ("17999/200", 4), ("70", 4), ("139/2", 3), ("50", 3), ("99/2", 2), ("30", 2), ("0", 1)],
)
def test_every_total_lies_in_exactly_one_band(total: str, stars: int) -> None:
    assert [band.stars for band in book().regime.bands if band.holds(Fraction(total))] == [stars]


@pytest.mark.parametrize(("stars", "level"), [(5, "central"), (4, "province"), (3, "province"), (2, None), (1, None)])
def test_the_authority_follows_the_stars(stars: int, level: str | None) -> None:
    assert book().regime.ladder.authority(stars) == level


@pytest.mark.parametrize(
    ("total", "stars", "duty"), [(90, 5, "required"), (92, 4, "on_word"), (92, 3, None), (89, 4, None)]
)
def test_who_moves_up_from_the_province(total: int, stars: int, duty: str | None) -> None:
    rung = book().regime.ladder.rung("province")
    assert rung is not None

    rule = rung.forward(Fraction(total), stars)

    assert (None if rule is None else rule.duty) == duty
    assert rule is None or rule.to == "central"


@pytest.mark.parametrize(("total", "stars", "back"), [(89, 4, True), (95, 4, True), (90, 5, False)])
def test_the_centre_hands_back_what_it_does_not_recognise(total: int, stars: int, *, back: bool) -> None:
    rung = book().regime.ladder.rung("central")
    assert rung is not None
    assert rung.hand_back is not None

    assert rung.hand_back.holds(Fraction(total), stars) is back
    assert rung.hand_back.to == "province"


def test_the_ladder_knows_what_comes_after_each_level() -> None:
    ladder = book().regime.ladder

    assert ladder.first.level == "commune"
    assert [rung and rung.level for rung in map(ladder.after, ("commune", "province", "central", "district"))] == [
        "province",
        "central",
        None,
        None,
    ]
    assert ladder.rung("district") is None


def test_set_13_has_its_34_criteria_in_printed_order() -> None:
    criteria_set = book().sets[13]

    assert [criterion.code for criterion in criteria_set.criteria] == [
        "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4", "3.5",
        "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "6.1.1", "6.1.2", "6.1.3", "6.1.4", "6.1.5", "6.2.1", "6.2.2",
        "7", "8", "9", "10", "11",
    ]  # fmt: skip
    assert criteria_set.criterion("6.2.2") is criteria_set.criteria[28]
    assert criteria_set.criterion("6.2") is None


def test_the_leaves_of_the_tree_are_the_criteria_of_the_set() -> None:
    criteria_set = book().sets[13]

    below: list[Criterion] = []
    for part in criteria_set.parts:
        for section in part.sections:
            below += section.leaves()

    assert tuple(below) == criteria_set.criteria


def test_a_dossier_is_pinned_by_its_filing_date() -> None:
    pinned = load().regime_for(date(2026, 5, 22), "first")

    assert isinstance(pinned, Rulebook)
    assert pinned.regime.id == ACT


def test_of_two_acts_in_force_the_newer_pins(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    later = folder / "qd-next"
    shutil.copytree(folder / ACT, later)
    text = (later / "regime.yaml").read_text(encoding="utf-8")
    changed = text.replace("id: qd26-2026", "id: qd-next").replace("valid_from: 2026-05-22", "valid_from: 2027-01-01")
    (later / "regime.yaml").write_text(changed, encoding="utf-8")
    old, new = (hashlib.sha256(each.encode()).hexdigest() for each in (text, changed))
    listed = later / PUBLISHED
    listed.write_text(listed.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    books = load(folder)

    answers = [books.regime_for(day, "first") for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert [isinstance(each, Rulebook) and each.regime.id for each in answers] == [ACT, "qd-next"]


@pytest.mark.parametrize(
    ("day", "kind", "code", "words"),
    [
        (date(2026, 5, 21), "first", "no-act-in-force", "21/05/2026"),
        (date(2026, 5, 22), "appeal", "kind-unknown", "first, upgrade, renewal"),
    ],
)
def test_no_act_for_a_dossier_is_a_clear_answer(day: date, kind: str, code: str, words: str) -> None:
    answer = Rulebooks((book(),)).regime_for(day, kind)

    assert isinstance(answer, NoRegime)
    assert (answer.code, answer.filed_on, answer.kind) == (code, day, kind)
    assert words in answer.vietnamese
    assert answer.english


def test_an_unknown_act_has_no_rulebook() -> None:
    assert load().by_id("qd-0") is None
