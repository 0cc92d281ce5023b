"""Reads the input of `./ocop score`: whatever is wrong with it is told with what to do, in Vietnamese and English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.rulebooks.model import CriteriaSet, Rulebook, Rulebooks
from shared.rulebooks.options import check_options

INPUT_BYTES_MAX = 4 * 1024 * 1024
SHEETS_MAX = 1000
KEY_SHOWN_CHARACTERS_MAX = 40
KEYS = ("act", "set", "sheets", "agreed")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing to say to a person, in both languages, with the article it rests on ("" for none)."""

    vietnamese: str
    english: str
    article: str = ""


class InputError(Exception):
    """The input cannot be scored, for the reasons given; each says what to do."""

    def __init__(self, *faults: Sentence) -> None:
        """The error of one or more faults."""
        super().__init__("; ".join(fault.english for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: a set of an act's rulebook and the options of its sheets, found without fault."""

    rulebook: Rulebook
    criteria_set: CriteriaSet
    sheets: tuple[Mapping[str, int], ...]
    agreed: Mapping[str, int] | None


def read_request(content: bytes, rulebooks: Rulebooks) -> Request:
    """The request a file holds, under the newest act unless it names one; raises `InputError`.

    Every fault of its sheets is named at once.
    """
    document = _document(content)
    rulebook = _rulebook(document.get("act"), rulebooks)
    criteria_set = _criteria_set(document.get("set"), rulebook)
    sheets, agreed = document.get("sheets"), document.get("agreed")
    if not isinstance(sheets, list) or not sheets:
        raise _refuse("“sheets” phải là danh sách có ít nhất một phiếu.", "'sheets' must list at least one sheet.")
    if len(sheets) > SHEETS_MAX:
        raise _refuse(f"Chỉ nhận tối đa {SHEETS_MAX} phiếu.", f"At most {SHEETS_MAX} sheets are taken.")
    faults = [fault for number, sheet in enumerate(sheets, 1) for fault in _sheet_faults(criteria_set, sheet, number)]
    if agreed is not None:
        faults += _sheet_faults(criteria_set, agreed, None)
    if faults:
        raise InputError(*faults)
    return Request(rulebook, criteria_set, tuple(sheets), agreed if isinstance(agreed, dict) else None)


def read_file(file: Path) -> bytes:
    """The bytes of the input file; raises `InputError` where it cannot be read or is too large."""
    try:
        with file.open("rb") as opened:
            content = opened.read(INPUT_BYTES_MAX + 1)
    except OSError as fault:
        raise _refuse(
            f"Không đọc được tệp ({fault.strerror}); hãy kiểm tra đường dẫn.",
            f"The file cannot be read ({fault.strerror}); check the path.",
        ) from None
    if len(content) > INPUT_BYTES_MAX:
        raise _refuse("Tệp lớn hơn 4 MiB; hãy chia nhỏ.", "The file is larger than 4 MiB; split it.")
    return content


def _document(content: bytes) -> dict[str, object]:
    try:
        document = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once_each)
    except UnicodeDecodeError:
        raise _refuse("Tệp không phải UTF-8; hãy lưu lại.", "The file is not UTF-8; save it again.") from None
    except json.JSONDecodeError as fault:
        raise _refuse(
            f"Tệp không phải JSON: hãy xem dòng {fault.lineno}, cột {fault.colno}.",
            f"The file is not JSON: look at line {fault.lineno}, column {fault.colno}.",
        ) from None
    except (ValueError, RecursionError):
        raise _refuse(
            "Tệp JSON lồng quá sâu hoặc có số quá dài; hãy sửa lại.",
            "The JSON is nested too deeply or holds a number too long; correct it.",
        ) from None
    if not isinstance(document, dict):
        raise _refuse(
            'Tệp phải là một đối tượng {"act", "set", "sheets", "agreed"}.',
            'The file must be one object {"act", "set", "sheets", "agreed"}.',
        )
    for key in document:
        if key not in KEYS:
            raise _refuse(f"Không biết khóa {_shown(key)}; hãy bỏ đi.", f"Unknown key {_shown(key)}; remove it.")
    return document


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise _refuse(
            f"Khóa {_shown(twice)} bị lặp lại; hãy giữ một.", f"Key {_shown(twice)} is given twice; keep one."
        )
    return found


def _rulebook(act: object, rulebooks: Rulebooks) -> Rulebook:
    """The rulebook of the act named, else the newest; one without criteria is refused in its own words."""
    found = rulebooks.all[-1] if act is None else rulebooks.by_id(act) if isinstance(act, str) else None
    if found is None:
        known = ", ".join(book.regime.id for book in rulebooks.all)
        raise _refuse(
            f"“act” phải là một trong: {known}; bỏ đi để chấm theo quyết định mới nhất.",
            f"'act' must be one of {known}; leave it out to score under the newest act.",
        )
    if not found.sets:
        raise _refuse(found.regime.criteria.vietnamese, found.regime.criteria.english)
    return found


def _criteria_set(number: object, rulebook: Rulebook) -> CriteriaSet:
    found = rulebook.sets.get(number) if type(number) is int else None
    if found is None:
        known = ", ".join(str(each) for each in sorted(rulebook.sets))
        raise _refuse(
            f"“set” phải là số của một bộ tiêu chí; hiện có: {known}.",
            f"'set' must be the number of a criteria set; known: {known}.",
        )
    return found


def _sheet_faults(criteria_set: CriteriaSet, options: object, number: int | None) -> list[Sentence]:
    vietnamese, english = ("“agreed”", "'agreed'") if number is None else (f"Phiếu {number}", f"Sheet {number}")
    if not isinstance(options, dict):
        return [
            Sentence(
                f"{vietnamese} phải là đối tượng tiêu chí: phương án.",
                f"{english} must be an object of criterion: option.",
            )
        ]
    return [
        Sentence(f"{vietnamese}: {fault.vietnamese}", f"{english}: {fault.english}")
        for fault in check_options(criteria_set, options, complete=number is not None)
    ]


def _refuse(vietnamese: str, english: str) -> InputError:
    return InputError(Sentence(vietnamese, english))


def _shown(key: str) -> str:
    return repr(key[:KEY_SHOWN_CHARACTERS_MAX])
