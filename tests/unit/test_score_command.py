from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
import typer
from typer.testing import CliRunner, Result

from deploy.score import card_of, score
from deploy.score_input import INPUT_BYTES_MAX, SHEETS_MAX, Request
from deploy.score_words import lead
from services.evaluation.domain.way import NoWay
from shared.rulebooks.loader import load

BEST = {
    "1.1": 3, "1.2": 3, "1.3": 4, "1.4": 3, "1.5": 4, "1.6": 3, "1.7": 2, "2.1": 4, "2.2": 4, "2.3": 3, "2.4": 2,
    "3.1": 3, "3.2": 2, "3.3": 3, "3.4": 2, "3.5": 3, "4.1": 4, "4.2": 4, "4.3": 5, "5.1": 5, "5.2": 3, "5.3": 4,
    "6.1.1": 3, "6.1.2": 3, "6.1.3": 3, "6.1.4": 3, "6.1.5": 3, "6.2.1": 3, "6.2.2": 3,
    "7": 4, "8": 3, "9": 3, "10": 2, "11": 3,
}  # fmt: skip
AT_92 = {**BEST, "1.6": 1, "2.3": 2, "4.3": 3, "10": 1, "11": 1}


def run(file: Path, content: object, *options: str) -> Result:
    """What the command says to a file of this content."""
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    command = typer.Typer()
    command.command()(score)
    return CliRunner().invoke(command, [str(file), *options])


def test_a_result_is_one_object_for_a_program(tmp_path: Path) -> None:
    asked = {"set": 13, "sheets": [AT_92, AT_92, {**AT_92, "11": 2}], "agreed": None}

    result = run(tmp_path / "sheets.json", asked, "--json")

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["total"] == {"fraction": "277/3", "decimal": "92.33"}
    assert told["parts"]["C"] == {"fraction": "97/3", "decimal": "32.33"}
    assert (told["band"], told["stars"], told["limited_by"], told["held_down"]) == (5, 3, "marks", ["2.3"])
    assert told["missed"] == {"3": [], "4": ["2.3"], "5": ["2.3"]}
    assert told["members"] == [92, 92, 93]
    assert told["act"] == "26/2026/QĐ-TTg"
    assert told["rulebook"].startswith("qd26-2026@")
    assert told["articles"] == ["3.3.a", "Phụ lục II, bộ 13", "4.1.a, 7.3.e"]
    assert "2.3" in told["why"][1]["vi"]


def test_a_program_gets_the_whole_card(tmp_path: Path) -> None:
    asked = {"set": 13, "sheets": [AT_92, AT_92, {**AT_92, "11": 2}]}

    told = json.loads(run(tmp_path / "sheets.json", asked, "--json").stdout)

    assert told["sections"]["11"] == {"fraction": "4/3", "decimal": "1.33"}
    assert told["short"] == {"fraction": "0", "decimal": "0.00"}
    assert {"stars": 4, "criterion": "2.3", "judged": 2, "least": 3, "met": False} in told["marks"]
    assert {"stars": 3, "criterion": "2.3", "judged": 2, "least": 1, "met": True} in told["marks"]
    change = {"criterion": "2.3", "judged": 2, "to": 3, "points": {"fraction": "1", "decimal": "1.00"}}
    assert told["ways"] == [
        {"stars": stars, "total": {"fraction": "280/3", "decimal": "93.33"}, "changes": [change]} for stars in (4, 5)
    ]
    assert told["endings"][0] == {"code": "", "kind": "knockout", "vi": "Hồ sơ giả mạo"}


def test_a_result_is_words_for_a_person(tmp_path: Path) -> None:
    result = run(tmp_path / "sheets.json", {"set": 13, "sheets": [AT_92]})

    assert result.exit_code == 0
    assert "3 sao ★★★" in result.stdout
    assert "92.00 (= 92)" in result.stdout
    assert "2.3 Nhãn hàng hóa: phương án / option 2 → 3" in result.stdout
    assert "[4.1.a, 7.3.e]" in result.stdout


def test_a_person_reads_each_sheet_each_section_and_the_shortest_way(tmp_path: Path) -> None:
    result = run(tmp_path / "sheets.json", {"set": 13, "sheets": [AT_92, {**AT_92, "11": 2}]})

    assert "Từng phiếu / each sheet: 92, 93" in result.stdout
    assert "11 Cơ hội xuất khẩu" in result.stdout
    assert "1.50 (= 3/2)" in result.stdout
    assert "Dấu 4 sao / marks: thiếu / missed 1 trên / of 14" in result.stdout
    assert "4 sao: 1 tiêu chí, thêm 1 điểm, tổng 93.50 (= 187/2)." in result.stdout
    assert "1.1 Nguyên liệu nhập khẩu hoàn toàn hoặc không rõ nơi xuất xứ" in result.stdout


def test_the_highest_class_shows_no_way(tmp_path: Path) -> None:
    result = run(tmp_path / "sheets.json", {"set": 13, "sheets": [BEST]})

    assert "5 sao ★★★★★" in result.stdout
    assert "Đường ngắn nhất" not in result.stdout


BEST_OF_2019 = {
    "1.1": 3, "1.2": 4, "1.3": 4, "1.4": 3, "1.5": 5, "1.6": 2, "2.1": 4, "2.2": 4, "2.3": 3, "3.1": 3, "3.2": 2,
    "3.3": 2, "3.4": 2, "3.5": 3, "4.1": 4, "4.2": 4, "4.3": 5, "5.1": 6, "5.2": 4, "5.3": 2,
    "6.1.1": 3, "6.1.2": 3, "6.1.3": 3, "6.1.3b": 3, "6.1.4": 4, "6.2.1": 3, "6.2.2": 4, "6.3": 3,
    "7": 4, "8.1": 4, "8.2": 3, "9": 6, "10": 3,
}  # fmt: skip


def test_the_act_asked_for_is_the_one_that_scores(tmp_path: Path) -> None:
    at_90 = {**BEST_OF_2019, "1.1": 2, "9": 1, "10": 1}
    asked = {"act": "qd1048-2019", "set": 6, "sheets": [at_90, {**at_90, "1.1": 1}]}

    told = json.loads(run(tmp_path / "sheets.json", asked, "--json").stdout)

    assert told["rulebook"].startswith("qd1048-2019@")
    assert told["total"] == {"fraction": "179/2", "decimal": "89.50"}
    assert (told["band"], told["stars"], told["parts"]["A"]["fraction"]) == (4, 4, "67/2")
    assert told["articles"] == ["Quyết định 1048/QĐ-TTg"]


def test_an_act_scored_on_borrowed_sets_is_told_to_a_person(tmp_path: Path) -> None:
    result = run(tmp_path / "sheets.json", {"act": "qd490-2018", "set": 6, "sheets": [BEST_OF_2019]})

    assert result.exit_code == 0
    assert "5 sao ★★★★★" in result.stdout
    assert "490/QĐ-TTg" in result.stdout
    assert "Dấu 5 sao / marks: không có / none" in result.stdout


def test_without_an_act_the_newest_scores(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path / "sheets.json", {"act": None, "set": 13, "sheets": [BEST]}, "--json").stdout)

    assert told["act"] == "26/2026/QĐ-TTg"


@pytest.mark.parametrize(
    ("reason", "vietnamese", "english"),
    [
        ("marks", "5 sao: không có phương án nào đủ dấu sao ở tiêu chí 7, 8.", "no option meets the mark"),
        ("points", "5 sao: phương án tốt nhất ở mọi tiêu chí vẫn không đủ điểm.", "is not enough"),
        ("combinations", "5 sao: tiêu chí 7, 8 phụ thuộc nhau quá nhiều", "in too many ways to try"),
    ],
)
def test_where_there_is_no_way_the_reason_is_told(
    reason: Literal["marks", "points", "combinations"], vietnamese: str, english: str
) -> None:
    book = load().by_id("qd26-2026")
    assert book is not None
    card = card_of(Request(book, book.sets[13], (BEST,), None))

    said = lead(NoWay(5, reason, ("7", "8")), card)

    assert vietnamese in said.vietnamese
    assert english in said.english


def test_what_keeps_a_total_below_the_next_band_is_told_exactly(tmp_path: Path) -> None:
    at_90 = {**BEST, "1.2": 1, "1.6": 1, "1.7": 1, "4.3": 3, "10": 1, "11": 1}
    sheets = [*[at_90] * 199, {**at_90, "2.4": 1}]

    result = run(tmp_path / "sheets.json", {"set": 13, "sheets": sheets})

    assert "4 sao ★★★★" in result.stdout
    assert "tổng điểm / total 89.99 (= 17999/200)" in result.stdout
    assert "90.00" not in result.stdout
    assert "Còn thiếu 1/200 điểm để vào hạng 5 sao" in result.stdout


def test_below_three_stars_and_what_does_not_apply_are_told(tmp_path: Path) -> None:
    result = run(tmp_path / "sheets.json", {"set": 13, "sheets": [dict.fromkeys(BEST, 1)]})

    assert "Hạng 1 sao: không có quyết định công nhận" in result.stdout
    assert "Tiêu chí 5.2 không áp dụng" in result.stdout


@pytest.mark.parametrize(
    ("content", "vietnamese", "english"),
    [
        (b"{", "không phải JSON", "not JSON"),
        (b"\xff\xfe", "không phải UTF-8", "not UTF-8"),
        (b"[" * 200_000, "lồng quá sâu", "nested too deeply"),
        (b'{"set": ' + b"9" * 5000 + b"}", "số quá dài", "number too long"),
        (b'{"set": 13, "set": 14}', "bị lặp lại", "given twice"),
        ([], "phải là một đối tượng", "must be one object"),
        ({"sett": 13}, "Không biết khóa", "Unknown key"),
        ({"act": "qd0", "set": 13, "sheets": [BEST]}, "“act” phải là một trong: qd490", "'act' must be one of qd490"),
        ({"act": ["qd26-2026"], "set": 13, "sheets": [BEST]}, "theo quyết định mới nhất", "under the newest act"),
        ({"act": 26, "set": 13, "sheets": [BEST]}, "theo quyết định mới nhất", "under the newest act"),
        ({"act": "qd148-2023", "set": 13, "sheets": [BEST]}, "hãy gửi kết quả của hội đồng", "send the council's"),
        ({"act": "qd148-1489-2025", "set": 99, "sheets": []}, "hãy gửi kết quả của hội đồng", "send the council's"),
        ({"act": "qd1048-2019", "set": 13, "sheets": [BEST]}, "hiện có: 6, 8, 12", "known: 6, 8, 12"),
        ({"sheets": [BEST]}, "hiện có: ", "known: "),
        ({"set": 99, "sheets": [BEST]}, "hiện có: ", "known: "),
        ({"set": True, "sheets": [BEST]}, "hiện có: ", "known: "),
        ({"set": 13.0, "sheets": [BEST]}, "hiện có: ", "known: "),
        ({"set": [13], "sheets": [BEST]}, "hiện có: ", "known: "),
        ({"set": 13}, "ít nhất một phiếu", "at least one sheet"),
        ({"set": 13, "sheets": []}, "ít nhất một phiếu", "at least one sheet"),
        ({"set": 13, "sheets": BEST}, "ít nhất một phiếu", "at least one sheet"),
        ({"set": 13, "sheets": [{}] * (SHEETS_MAX + 1)}, "tối đa 1000 phiếu", "At most 1000 sheets"),
        ({"set": 13, "sheets": [BEST, 7]}, "Phiếu 2 phải là đối tượng", "Sheet 2 must be an object"),
        ({"set": 13, "sheets": [{}]}, "Phiếu 1: Thiếu tiêu chí 1.1", "Sheet 1: Criterion 1.1 is missing"),
        ({"set": 13, "sheets": [{}]}, "và 13 lỗi nữa", "and 13 more"),
        ({"set": 13, "sheets": [{**BEST, "7": 5}]}, "chỉ có các phương án từ 1 đến 4", "only has options from 1 to 4"),
        ({"set": 13, "sheets": [{**BEST, "7": 0}]}, "chỉ có các phương án từ 1 đến 4", "only has options from 1 to 4"),
        ({"set": 13, "sheets": [{**BEST, "7": True}]}, "phải là số nguyên", "must be a whole number"),
        ({"set": 13, "sheets": [{**BEST, "7": "4"}]}, "phải là số nguyên", "must be a whole number"),
        ({"set": 13, "sheets": [{**BEST, "12": 1}]}, "không có tiêu chí '12'", "no criterion '12'"),
        ({"set": 13, "sheets": [BEST], "agreed": []}, "“agreed” phải là đối tượng", "'agreed' must be an object"),
        ({"set": 13, "sheets": [BEST], "agreed": {"7": 9}}, "“agreed”: Tiêu chí 7", "'agreed': Criterion 7"),
    ],
)  # fmt: skip
def test_bad_input_says_what_to_do_in_both_languages(
    content: object, vietnamese: str, english: str, tmp_path: Path
) -> None:
    result = run(tmp_path / "sheets.json", content, "--json")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert vietnamese in result.stderr
    assert english in result.stderr


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    result = run(tmp_path / "sheets.json", b" " * (INPUT_BYTES_MAX + 1))

    assert result.exit_code == 2
    assert "larger than 4 MiB" in result.stderr


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    command = typer.Typer()
    command.command()(score)

    result = CliRunner().invoke(command, [str(tmp_path / "nowhere.json")])

    assert result.exit_code == 2
    assert "hãy kiểm tra đường dẫn" in result.stderr


def test_scoring_needs_no_server_nor_its_client() -> None:
    program = "import sys, deploy.score; print(*(set(sys.modules) & {'faststream', 'aiokafka', 'asyncpg', 'pydantic'}))"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert loaded.stdout.strip() == ""


@pytest.mark.parametrize(("but", "lower", "said"), [({"1.2": 1}, 90, 0), ({"1.2": 1, "1.4": 2}, 89, 1)])
def test_sheets_more_than_ten_points_apart_are_told_to_be_scored_again(
    but: dict[str, int], lower: int, said: int, tmp_path: Path
) -> None:
    asked = {"set": 13, "sheets": [BEST, {**AT_92, **but}]}

    told = json.loads(run(tmp_path / "sheets.json", asked, "--json").stdout)

    assert told["members"] == [100, lower]
    assert sum("lie 11 points apart, more than 10" in why["en"] for why in told["why"]) == said
