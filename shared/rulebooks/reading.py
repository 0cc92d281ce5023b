"""Reads rulebook files so that whatever is wrong is told with its file, its line and its cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path

import yaml

NOT_IN_THE_ACT = "not in the act"
"""What stands for an article where the act is silent."""

NOT_AT_HAND = "not at hand"
"""What stands for an article where the text of the act is not at hand."""

_TAG = "tag:yaml.org,2002:"
_SHARE = re.compile(r"\d{1,6}/[1-9]\d{0,5}")


class RulebookError(Exception):
    """A rulebook cannot be used: `file` (below the rulebooks' folder) is wrong at `line` (from 1), with the cause."""

    def __init__(self, file: str, line: int, vietnamese: str, english: str) -> None:
        """An error whose text names file, line and cause in Vietnamese and English."""
        super().__init__(f"{file}, dòng {line}: {vietnamese} / {file}, line {line}: {english}")
        self.file = file
        self.line = line
        self.vietnamese = vietnamese
        self.english = english


class Entry:
    """One mapping of a rulebook file; a reading gives a value of the asked type or raises `RulebookError`."""

    __slots__ = ("_fields", "file", "line")

    def __init__(self, file: str, node: yaml.Node) -> None:
        """The mapping that stands at `node`; raises when it is none, or names a key twice."""
        self.file = file
        self.line = _line(node)
        self._fields: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            raise RulebookError(file, self.line, "cần các cặp khóa: giá trị.", "key: value pairs are needed.")
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise RulebookError(file, _line(key), "khóa phải là chữ.", "a key must be plain text.")
            if key.value in self._fields:
                raise RulebookError(
                    file, _line(key), f"khóa “{key.value}” bị lặp lại.", f"key {key.value!r} is given twice."
                )
            self._fields[key.value] = value

    def fault(self, vietnamese: str, english: str, key: str | None = None) -> RulebookError:
        """The error at the line of `key`, or of this mapping."""
        node = None if key is None else self._fields.get(key)
        return RulebookError(self.file, self.line if node is None else _line(node), vietnamese, english)

    def only(self, *keys: str) -> None:
        """Raises when the mapping has a key other than these."""
        for key in self._fields:
            if key not in keys:
                raise self.fault(f"không biết khóa “{key}”.", f"key {key!r} is not known.", key)

    def names(self) -> tuple[str, ...]:
        """The keys in the order written."""
        return tuple(self._fields)

    def has(self, key: str) -> bool:
        """True when the key stands there with a value other than null."""
        return key in self._fields and self._fields[key].tag != f"{_TAG}null"

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._scalar(key, "str", "int", "float", "timestamp")
        if not value.strip():
            raise self.fault(f"“{key}” đang để trống.", f"{key!r} is empty.", key)
        return value

    def text_or(self, key: str, otherwise: str) -> str:
        """A text, or `otherwise` where the key is absent."""
        return self.text(key) if self.has(key) else otherwise

    def choice(self, key: str, choices: Iterable[str]) -> str:
        """A text from a closed list."""
        value, allowed = self.text(key), tuple(choices)
        if value not in allowed:
            listed = ", ".join(allowed)
            raise self.fault(f"“{key}” phải là một trong: {listed}.", f"{key!r} must be one of {listed}.", key)
        return value

    def whole(self, key: str, lowest: int = 0) -> int:
        """A whole number of at least `lowest`."""
        value = self._scalar(key, "int")
        if not value.isdecimal() or int(value) < lowest:
            raise self.fault(
                f"“{key}” phải là số nguyên từ {lowest} trở lên.",
                f"{key!r} must be a whole number of at least {lowest}.",
                key,
            )
        return int(value)

    def share(self, key: str) -> Fraction:
        """A fraction written as "3/4", above 0 and at most 1."""
        value = self.text(key)
        if not _SHARE.fullmatch(value) or not 0 < Fraction(value) <= 1:
            raise self.fault(f"“{key}” phải là phân số như 3/4.", f"{key!r} must be a fraction such as 3/4.", key)
        return Fraction(value)

    def flag(self, key: str) -> bool:
        """True or false."""
        return self._scalar(key, "bool").lower() == "true"

    def day(self, key: str) -> date:
        """A day written as YYYY-MM-DD."""
        try:
            return date.fromisoformat(self._scalar(key, "timestamp"))
        except ValueError:
            raise self.fault(f"“{key}” không phải ngày có thật.", f"{key!r} is not a real day.", key) from None

    def entry(self, key: str) -> Entry:
        """The mapping below a key."""
        return Entry(self.file, self._node(key))

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The list of mappings below a key; empty where the key is absent."""
        return tuple(Entry(self.file, node) for node in self._list(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts below a key."""
        return tuple(self._plain(key, node) for node in self._list(key))

    def wholes(self, key: str) -> tuple[int, ...]:
        """The list of whole numbers below a key."""
        texts = self.texts(key)
        if not all(text.isdecimal() for text in texts):
            raise self.fault(f"“{key}” phải gồm các số nguyên.", f"{key!r} must be whole numbers.", key)
        return tuple(int(text) for text in texts)

    def counts(self, key: str) -> Mapping[str, int]:
        """The mapping of names to whole numbers below a key."""
        inner = self.entry(key)
        return {name: inner.whole(name) for name in inner.names()}

    def plain(self, without: frozenset[str] = frozenset()) -> Mapping[str, object]:
        """Everything that stands here, each plain value with its type, but for the keys named, at any depth."""
        return {key: _plain_value(self.file, node, without) for key, node in self._fields.items() if key not in without}

    def _node(self, key: str) -> yaml.Node:
        if key not in self._fields:
            raise self.fault(f"thiếu “{key}”.", f"{key!r} is missing.")
        return self._fields[key]

    def _scalar(self, key: str, *tags: str) -> str:
        node = self._node(key)
        if not isinstance(node, yaml.ScalarNode) or node.tag.removeprefix(_TAG) not in tags:
            raise self.fault(
                f"“{key}” sai kiểu; cần {tags[0]}.", f"{key!r} is of the wrong type; {tags[0]} is needed.", key
            )
        return str(node.value)

    def _list(self, key: str) -> list[yaml.Node]:
        if not self.has(key):
            return []
        node = self._node(key)
        if not isinstance(node, yaml.SequenceNode):
            raise self.fault(f"“{key}” phải là danh sách.", f"{key!r} must be a list.", key)
        return list(node.value)

    def _plain(self, key: str, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.fault(f"“{key}” chỉ gồm giá trị đơn.", f"{key!r} holds plain values only.", key)
        return str(node.value)


def read(folder: Path, file: str) -> Entry:
    """The mapping a YAML file of the rulebooks' folder holds; raises `RulebookError` where it cannot be read."""
    try:
        content = (folder / file).read_bytes().decode("utf-8")
        node = yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError) as fault:
        raise RulebookError(file, 1, f"không đọc được tệp: {fault}.", f"the file cannot be read: {fault}.") from None
    except yaml.MarkedYAMLError as fault:
        line = 1 if fault.problem_mark is None else fault.problem_mark.line + 1
        raise RulebookError(
            file, line, f"không đúng cú pháp YAML: {fault.problem}.", f"this is not YAML: {fault.problem}."
        ) from None
    except yaml.YAMLError as fault:
        raise RulebookError(file, 1, f"không đúng cú pháp YAML: {fault}.", f"this is not YAML: {fault}.") from None
    if node is None:
        raise RulebookError(file, 1, "tệp trống.", "the file is empty.")
    return Entry(file, node)


def article(entry: Entry) -> str | None:
    """The article an entry rests on; None where the act is silent or not at hand, for which a reason must stand."""
    stated = entry.text("article")
    if stated not in (NOT_IN_THE_ACT, NOT_AT_HAND):
        return stated
    if not entry.has("reason"):
        raise entry.fault(
            "giá trị không dẫn được điều khoản thì phải có “reason”.",
            "a value that is not in the act, or whose text is not at hand, needs a 'reason'.",
            "article",
        )
    return None


def _plain_value(file: str, node: yaml.Node, without: frozenset[str]) -> object:
    if isinstance(node, yaml.MappingNode):
        return Entry(file, node).plain(without)
    if isinstance(node, yaml.SequenceNode):
        return [_plain_value(file, each, without) for each in node.value]
    return node.tag, node.value


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
