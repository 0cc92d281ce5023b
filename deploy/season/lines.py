"""The lines of a JSONL file of events, as `./ocop send` takes them and the season is written: text, value, record."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shared.contracts.envelope import CONTENT_TYPE, Header
from shared.contracts.topics import RECORD_BYTES_MAX
from shared.kernel.words import Words

_UNIT: Final = re.compile(r"[0-9]{2}|bnnmt")
_REQUIRED: Final = ("specversion", "id", "source", "type")
_NOT_ATTRIBUTES: Final = frozenset({"data", "datacontenttype"})


@dataclass(frozen=True, slots=True)
class RawRecord:
    """Bytes that are not an event, as a faulty system might send them."""

    value: bytes
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class SeasonLine:
    """One record that `unit` sends: a structured CloudEvent, or raw bytes; exactly one of the two is set."""

    unit: str
    event: Mapping[str, Any] | None = None
    raw: RawRecord | None = field(default=None)

    @property
    def event_id(self) -> str | None:
        """The event's id; None where the bytes are not an event."""
        return None if self.event is None else str(self.event["id"])


class BadLineError(Exception):
    """A line cannot be sent; `words` say which and what to do."""

    def __init__(self, number: int, words: Words) -> None:
        super().__init__(f"Dòng {number}: {words.vi} / Line {number}: {words.en}")
        self.number = number
        self.words = words


def as_text(line: SeasonLine) -> str:
    """The line as one JSON object without a line break; the same line gives the same text."""
    if line.raw is None:
        return _json({"unit": line.unit, "event": line.event})
    headers = [[name, _base64(value)] for name, value in line.raw.headers]
    raw = {"value_base64": _base64(line.raw.value), "headers": headers}
    return _json({"unit": line.unit, "raw": raw})


def as_record(line: SeasonLine) -> tuple[bytes, list[Header]]:
    """The line as Kafka value and headers: CloudEvents binary mode, attributes as `ce_…` headers."""
    if line.raw is not None:
        return line.raw.value, list(line.raw.headers)
    event = line.event or {}
    attributes = [(f"ce_{name}", str(value).encode()) for name, value in event.items() if name not in _NOT_ATTRIBUTES]
    return _json(event["data"]).encode(), [*attributes, ("content-type", CONTENT_TYPE.encode())]


def numbered_lines(path: Path) -> Iterator[tuple[int, SeasonLine]]:
    """The lines of a file with their numbers, blank ones left out; raises `BadLineError` at one that cannot be sent."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                yield number, parse(raw, number)


def read_lines(path: Path) -> Iterator[SeasonLine]:
    """The lines of `numbered_lines` without their numbers."""
    return (line for _, line in numbered_lines(path))


def write_lines(lines: Iterable[SeasonLine], path: Path) -> int:
    """`path` holds the lines; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(as_text(line) + "\n")
            count += 1
    return count


def parse(text: bytes, number: int) -> SeasonLine:
    """One line of a file; raises `BadLineError` with `number` where it is no line of the format."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BadLineError(number, Words("không phải JSON.", "not JSON.")) from None
    fault = _fault(document)
    if fault is not None:
        raise BadLineError(number, fault)
    if "event" in document:
        line = SeasonLine(document["unit"], event=document["event"])
        _check_size(line, number)
        return line
    try:
        return SeasonLine(document["unit"], raw=_raw(document["raw"]))
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        words = Words("`raw` cần value_base64 và headers.", "`raw` needs value_base64 and headers.")
        raise BadLineError(number, words) from None


def _fault(document: object) -> Words | None:
    if not isinstance(document, dict):
        return Words("cần một đối tượng JSON.", "a JSON object is needed.")
    unit = document.get("unit")
    if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
        return Words("`unit` phải là mã tỉnh hai chữ số hoặc bnnmt.", "`unit` must be a province code or bnnmt.")
    if ("event" in document) == ("raw" in document):
        return Words("cần đúng một trong `event` và `raw`.", "exactly one of `event` and `raw` is needed.")
    return _event_fault(document["event"]) if "event" in document else None


def _event_fault(event: object) -> Words | None:
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        words = "phải là CloudEvent dạng structured có `data`.", "must be a structured CloudEvent with `data`."
        return Words(f"`event` {words[0]}", f"`event` {words[1]}")
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            return Words(f"`event` thiếu thuộc tính {name}.", f"`event` lacks the attribute {name}.")
    if event["specversion"] != "1.0":
        return Words("specversion phải là 1.0.", "specversion must be 1.0.")
    return None


def _check_size(line: SeasonLine, number: int) -> None:
    try:
        value, _ = as_record(line)
    except UnicodeEncodeError:
        words = Words("có ký tự không mã hóa được bằng UTF-8.", "has a character that UTF-8 cannot encode.")
        raise BadLineError(number, words) from None
    if len(value) > RECORD_BYTES_MAX:
        words = Words(f"dài hơn {RECORD_BYTES_MAX} byte.", f"longer than {RECORD_BYTES_MAX} bytes.")
        raise BadLineError(number, words)


def _raw(value: dict[str, Any]) -> RawRecord:
    headers = tuple((str(name), _bytes(each)) for name, each in value.get("headers", []))
    return RawRecord(base64.b64decode(value["value_base64"], validate=True), headers)


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
