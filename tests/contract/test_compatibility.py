"""Within a version a contract only grows; each way of taking something away is refused and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import publish
from shared.contracts.compatibility import changes_refused, faults

Schema = dict[str, Any]
Change = Callable[[Schema], object]

PUBLISHED: Schema = {
    "type": "object",
    "properties": {
        "reference": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[a-z]+$"},
        "status": {"type": "string", "enum": ["admitted", "held"]},
        "attempts": {"type": "integer", "minimum": 1, "maximum": 12},
        "detail": {"anyOf": [{"type": "string", "maxLength": 500}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/Part"}},
        "given": {"type": "object", "additionalProperties": {"type": "string"}},
        "closed_on": {"type": "string", "format": "date"},
        "kind": {"type": "string", "const": "mail"},
    },
    "required": ["reference", "status", "attempts", "parts", "closed_on"],
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {"total": {"type": "integer"}, "note": {"type": "string"}},
            "required": ["total"],
        }
    },
}

NARROWER: dict[str, tuple[Change, str]] = {
    "a field removed": (lambda s: s["properties"].pop("given"), "given: removed"),
    "a field renamed": (
        lambda s: s["properties"].update(note=s["properties"].pop("detail")),
        "detail: removed",
    ),
    "a field made required": (lambda s: s["required"].append("detail"), "detail: made required"),
    "a new field that is required": (
        lambda s: (s["properties"].update(unit={"type": "string"}), s["required"].append("unit")),
        "unit: made required",
    ),
    "a value taken from a list": (lambda s: s["properties"]["status"]["enum"].remove("held"), "status: value removed"),
    "a constant changed": (lambda s: s["properties"]["kind"].update(const="sms"), "kind: value removed"),
    "text narrowed to a list": (
        lambda s: s["properties"]["reference"].update(enum=["a"]),
        "reference: narrowed to a list",
    ),
    "another type": (lambda s: s["properties"]["attempts"].update(type="string"), "attempts: type changed"),
    "a lower limit raised": (lambda s: s["properties"]["attempts"].update(minimum=2), "attempts: minimum tightened"),
    "an upper limit lowered": (
        lambda s: s["properties"]["reference"].update(maxLength=40),
        "reference: maxLength tightened",
    ),
    "a limit where there was none": (
        lambda s: s["properties"]["parts"].update(minItems=1),
        "parts: minItems tightened",
    ),
    "another pattern": (lambda s: s["properties"]["reference"].update(pattern="^x$"), "reference: pattern changed"),
    "another format": (
        lambda s: s["properties"]["closed_on"].update(format="date-time"),
        "closed_on: format changed",
    ),
    "null taken no more": (
        lambda s: s["properties"].update(detail={"type": "string", "maxLength": 500, "default": None}),
        "detail: type changed",
    ),
    "a limit tightened beside null": (
        lambda s: s["properties"]["detail"]["anyOf"][0].update(maxLength=100),
        "detail: maxLength tightened",
    ),
    "another default": (lambda s: s["properties"]["detail"].update(default="none"), "detail: default changed"),
    "a field of a part removed": (
        lambda s: s["$defs"]["Part"]["properties"].pop("note"),
        "parts.*.note: removed",
    ),
    "a field of a part made required": (
        lambda s: s["$defs"]["Part"]["required"].append("note"),
        "parts.*.note: made required",
    ),
    "other values of a map": (
        lambda s: s["properties"]["given"].update(additionalProperties={"type": "integer"}),
        "given.*: type changed",
    ),
    "unknown fields refused": (lambda s: s.update(additionalProperties=False), "*: narrowed"),
    "a keyword that nobody compares": (
        lambda s: s["properties"]["attempts"].update(multipleOf=2),
        "attempts: multipleOf is not compared",
    ),
}

WIDER: dict[str, tuple[Change, str]] = {
    "a new value in a list": (lambda s: s["properties"]["status"]["enum"].append("refused"), "status: widened"),
    "a field made optional": (lambda s: s["required"].remove("status"), "status: made optional"),
    "null taken as well": (
        lambda s: s["properties"].update(attempts={"anyOf": [s["properties"]["attempts"], {"type": "null"}]}),
        "attempts: widened",
    ),
    "an upper limit raised": (lambda s: s["properties"]["reference"].update(maxLength=90), "reference: widened"),
    "any number for a whole one": (lambda s: s["properties"]["attempts"].update(type="number"), "attempts: widened"),
}

ADDED: dict[str, Change] = {
    "nothing": lambda s: s,
    "an optional field": lambda s: s["properties"].update(unit={"type": "string", "default": ""}),
    "an optional field of a part": lambda s: s["$defs"]["Part"]["properties"].update(unit={"type": "string"}),
    "a definition under another name": lambda s: (
        s["$defs"].update(Share=s["$defs"].pop("Part")),
        s["properties"]["parts"].update(items={"$ref": "#/$defs/Share"}),
    ),
}


def changed(change: Change) -> Schema:
    """The published schema, but for one change."""
    schema = deepcopy(PUBLISHED)
    change(schema)
    return schema


@pytest.mark.parametrize("name", NARROWER)
def test_what_takes_away_is_refused_and_named(name: str) -> None:
    change, expected = NARROWER[name]

    found = faults(PUBLISHED, changed(change), read_outside=False)

    assert [str(fault) for fault in found] == [expected]


@pytest.mark.parametrize("name", WIDER)
def test_what_widens_is_refused_where_units_read_and_taken_where_only_we_do(name: str) -> None:
    change, expected = WIDER[name]

    assert faults(PUBLISHED, changed(change), read_outside=False) == []
    assert [str(fault) for fault in faults(PUBLISHED, changed(change), read_outside=True)] == [expected]


@pytest.mark.parametrize("name", ADDED)
def test_what_only_adds_is_taken_everywhere(name: str) -> None:
    assert faults(PUBLISHED, changed(ADDED[name]), read_outside=True) == []


def test_an_event_that_was_published_stays() -> None:
    lines = changes_refused({"x.Told.v1": PUBLISHED, "x.Gone.v1": PUBLISHED}, {"x.Told.v1": PUBLISHED}, frozenset())

    assert lines == ["x.Gone.v1: removed"]


def test_no_event_of_today_takes_away_what_was_published() -> None:
    assert publish.refused() == []


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A baseline that may be spoilt, with folders for what would be written."""
    baseline = tmp_path / publish.BASELINE
    baseline.write_text((publish.HERE / publish.BASELINE).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(publish, "HERE", tmp_path)
    return baseline


@pytest.mark.parametrize("call", [[], ["--check"]])
def test_publishing_refuses_and_writes_nothing(
    call: list[str], published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    once = json.loads(published.read_text(encoding="utf-8"))
    once["scores.ProductScored.v1"]["properties"]["colour"] = {"type": "string"}
    once["receipts.ReceiptGiven.v1"]["properties"]["status"]["enum"].remove("duplicate")
    published.write_text(json.dumps(once), encoding="utf-8")

    code = publish.main(call)

    told = capsys.readouterr().err
    assert code == 1
    assert "scores.ProductScored.v1: colour: removed" in told
    assert "receipts.ReceiptGiven.v1: status: widened" in told
    assert list(published.parent.iterdir()) == [published]


def test_publishing_takes_an_addition_into_the_baseline(published: Path) -> None:
    once = json.loads(published.read_text(encoding="utf-8"))
    added = once["receipts.ReceiptGiven.v1"]["properties"].pop("until")
    published.write_text(json.dumps(once), encoding="utf-8")

    code = publish.main([])

    now = json.loads(published.read_text(encoding="utf-8"))
    assert code == 0
    assert now["receipts.ReceiptGiven.v1"]["properties"]["until"] == added
