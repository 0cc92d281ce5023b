"""A score sheet made to be recognised: whether bytes, of whatever shape, hold its options or its points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

PAIRS_MIN = 5
"""So many criteria with the canary's own option are no accident where no other sheet was ever given."""


@dataclass(frozen=True)
class Canary:
    """A sheet's options by criterion in printed order, and its total, which no other number of the story equals."""

    options: Mapping[str, int]
    total: int

    def seen_in(self, raw: bytes) -> set[str]:
        """What of the sheet the bytes hold: "options", by criterion or as a row of positions, and "points"."""
        return ({"options"} if self._options_in(raw) else set()) | ({"points"} if self._points_in(raw) else set())

    def _options_in(self, raw: bytes) -> bool:
        pairs = (
            rb'(?<![\d.])%s\\?"?\s*[:=]\s*\\?"?%d(?!\d)' % (re.escape(code).encode(), position)
            for code, position in self.options.items()
        )
        row = rb"(?<!\d)" + rb"\D{0,3}".join(b"%d" % position for position in self.options.values())
        return sum(re.search(pair, raw) is not None for pair in pairs) >= PAIRS_MIN or bool(re.search(row, raw))

    def _points_in(self, raw: bytes) -> bool:
        total = b"%d" % self.total
        words = "điểm|points|total|mean".encode()
        shown = rb"(?<!\d)%s(?:[.,]0+)?\s*(?:/1\b|%s)|(?:%s)\W{0,5}%s(?!\d)|(?<![\d:-])%s[.,]00(?!\d)"
        if re.search(shown % (total, words, words, total, total), raw):
            return True
        return any(self._is_total(value) for value in _values(raw))

    def _is_total(self, value: object) -> bool:
        return (type(value) in (int, float) and value == self.total) or value == str(self.total)


def _values(raw: bytes) -> Iterator[object]:
    """Every value of a JSON document; none of what is no JSON."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return
    yield from _below(document)


def _below(node: Any) -> Iterator[object]:
    match node:
        case dict():
            for value in node.values():
                yield from _below(value)
        case list():
            for value in node:
                yield from _below(value)
        case _:
            yield node
