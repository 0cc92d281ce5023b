"""Whether a schema may take the place of the one that was published: within a version a contract only grows.

What was valid stays valid, because history is replayed and senders are slow. Where units read, what becomes valid must
also have been valid before but for new fields, because nobody tells us when they change their readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

Schema = Mapping[str, Any]

LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
WHOLE: Final = ("pattern", "format", "propertyNames", "uniqueItems", "prefixItems", "default")
TAKEN_APART: Final = ("type", "enum", "const", "anyOf", "properties", "required", "items", "additionalProperties")
WORDS: Final = ("title", "description", "examples", "$id", "$schema", "$defs")
KNOWN: Final = frozenset((*LOWER, *UPPER, *WHOLE, *TAKEN_APART, *WORDS))


@dataclass(frozen=True, slots=True)
class Fault:
    """What a change takes away, and where: a path of field names, `*` for each item, "" for the whole."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path or 'event'}: {self.what}"


def faults(before: Schema, after: Schema, *, read_outside: bool) -> list[Fault]:
    """What readers or writers of `before` could not live with in `after`; empty where it only grew."""
    found = list(_Comparison(before, after).narrowed(before, after, ""))
    if read_outside:
        back = _Comparison(after, before).narrowed(after, before, "")
        found += [Fault(fault.path, _WIDENED.get(fault.what, "widened")) for fault in back if fault.what != "removed"]
    return found


def changes_refused(
    published: Mapping[str, Schema], current: Mapping[str, Schema], outside: frozenset[str]
) -> list[str]:
    """Every fault of every published event, each as one line that names the event; `outside` are those units read."""
    lines = []
    for name, before in published.items():
        if name not in current:
            lines.append(f"{name}: removed")
        else:
            lines += [f"{name}: {fault}" for fault in faults(before, current[name], read_outside=name in outside)]
    return lines


_WIDENED: Final = MappingProxyType({"made required": "made optional"})
_WIDER: Final = MappingProxyType({"integer": "number"})


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two documents, each with the definitions that its references name."""

    old: Schema
    new: Schema

    def narrowed(self, before: Schema, after: Schema, path: str) -> Iterator[Fault]:
        """What `before` takes and `after` does not."""
        before, after = _resolved(before, self.old), _resolved(after, self.new)
        if "anyOf" in before or "anyOf" in after:
            yield from self._alternatives(before, after, path)
            return
        if "type" in after and after["type"] not in (before.get("type"), _WIDER.get(before.get("type", ""))):
            yield Fault(path, "type changed")
            return
        for keyword in sorted({*before, *after} - KNOWN):
            if before.get(keyword) != after.get(keyword):
                yield Fault(path, f"{keyword} is not compared")
        yield from _values(before, after, path)
        yield from _limits(before, after, path)
        yield from self._fields(before, after, path)
        yield from self._inside(before, after, path)

    def _alternatives(self, before: Schema, after: Schema, path: str) -> Iterator[Fault]:
        """Each way of being valid must be left as one; where there is one of the same type, its faults are named."""
        if before.get("default") != after.get("default"):
            yield Fault(path, "default changed")
        ways = after.get("anyOf", [after])
        for way in before.get("anyOf", [before]):
            attempts = [list(self.narrowed(way, other, path)) for other in ways]
            if all(attempts):
                yield from min(attempts, key=lambda found: (any(f.what == "type changed" for f in found), len(found)))

    def _fields(self, before: Schema, after: Schema, path: str) -> Iterator[Fault]:
        old, new = before.get("properties", {}), after.get("properties", {})
        for name in old:
            if name not in new:
                yield Fault(_below(path, name), "removed")
            else:
                yield from self.narrowed(old[name], new[name], _below(path, name))
        for name in after.get("required", ()):
            if name not in before.get("required", ()):
                yield Fault(_below(path, name), "made required")

    def _inside(self, before: Schema, after: Schema, path: str) -> Iterator[Fault]:
        for keyword in ("items", "additionalProperties"):
            old, new = before.get(keyword, True), after.get(keyword, True)
            if new is True or old is False:
                continue
            if new is False or old is True:
                yield Fault(_below(path, "*"), "narrowed")
            else:
                yield from self.narrowed(old, new, _below(path, "*"))


def _values(before: Schema, after: Schema, path: str) -> Iterator[Fault]:
    old, new = _listed(before), _listed(after)
    if new is not None and (old is None or not all(value in new for value in old)):
        yield Fault(path, "value removed" if old is not None else "narrowed to a list")


def _limits(before: Schema, after: Schema, path: str) -> Iterator[Fault]:
    for keyword in (*LOWER, *UPPER):
        old, new = before.get(keyword), after.get(keyword)
        if new is not None and (old is None or (new > old if keyword in LOWER else new < old)):
            yield Fault(path, f"{keyword} tightened")
    for keyword in WHOLE:
        old, new = before.get(keyword), after.get(keyword)
        if old != new and (new is not None or keyword == "default"):
            yield Fault(path, f"{keyword} changed")


def _listed(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        schema = {**document["$defs"][schema["$ref"].removeprefix("#/$defs/")], **beside}
    return schema


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
