"""Reads and checks the criteria files: `leaves.yaml`, each different criterion once, and the sets that refer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.rulebooks.model import CriteriaSet, Criterion, Dependency, Group, Note, Option, Part, Section
from shared.rulebooks.reading import Entry

NOTE_KINDS = ("knockout", "requirement", "stop", "alternative", "info")
"""The kinds of remark a criterion or a set can carry."""

_MARKS = range(3, 6)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf criterion before any set refers to it."""

    label: str
    options: tuple[Option, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Reading:
    """The set being read: the leaves it may refer to and the criteria met so far, by code."""

    leaves: Mapping[str, Leaf]
    criteria: dict[str, Criterion] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)


def leaves(entry: Entry) -> Mapping[str, Leaf]:
    """Every leaf of the file by its id; raises `RulebookError` at the line that is wrong."""
    return {name: _leaf(entry.entry(name)) for name in entry.names()}


def criteria_set(entry: Entry, leaves: Mapping[str, Leaf], parts: Mapping[str, int]) -> CriteriaSet:
    """The set a file states, its sums held against the parts of the regime; raises `RulebookError`."""
    entry.only("set", "name", "article", "samples", "disqualifiers", "parts")
    reading = _Reading(leaves)
    stated = tuple(_part(each, parts, reading) for each in entry.entries("parts"))
    if tuple(part.code for part in stated) != tuple(parts):
        listed = ", ".join(parts)
        raise entry.fault(f"các phần phải là {listed}.", f"the parts must be {listed}.", "parts")
    return CriteriaSet(
        number=entry.whole("set", 1),
        name=entry.text("name"),
        article=entry.text("article"),
        samples=entry.whole("samples") if entry.has("samples") else None,
        disqualifiers=_notes(entry, "disqualifiers"),
        parts=stated,
        criteria=tuple(reading.criteria.values()),
        by_code=MappingProxyType(reading.criteria),
    )


def _leaf(entry: Entry) -> Leaf:
    entry.only("label", "notes", "options")
    options = tuple(_option(each, place) for place, each in enumerate(entry.entries("options"), start=1))
    if len(options) < 2:
        raise entry.fault("tiêu chí cần ít nhất hai phương án.", "a criterion needs two options at least.")
    _check_cases(entry, options)
    return Leaf(entry.text("label"), options, _notes(entry, "notes"))


def _option(entry: Entry, position: int) -> Option:
    entry.only("points", "mark", "label", "implied", "case", "as_printed")
    mark = entry.whole("mark") if entry.has("mark") else None
    if mark is not None and mark not in _MARKS:
        raise entry.fault("“mark” phải là 3, 4 hoặc 5.", "'mark' must be 3, 4 or 5.", "mark")
    return Option(
        position=position,
        points=entry.whole("points"),
        mark=mark,
        label=entry.text("label"),
        implied=entry.has("implied") and entry.flag("implied"),
        case=entry.text("case") if entry.has("case") else None,
        as_printed=entry.text_or("as_printed", ""),
    )


def _check_cases(entry: Entry, options: Sequence[Option]) -> None:
    """Either no option has a case or each has one of several, which stand together; within each the order holds."""
    cases = list(dict.fromkeys(option.case for option in options))
    together = [option.case for case in cases for option in options if option.case == case]
    if cases != [None] and (None in cases or len(cases) == 1 or together != [option.case for option in options]):
        raise entry.fault(
            "hoặc mọi phương án đều thuộc một trong các trường hợp “case”, hoặc không phương án nào.",
            "either every option stands in one of several cases, or none does.",
            "options",
        )
    for case in cases:
        _check_order(entry, [option for option in options if option.case == case])


def _check_order(entry: Entry, options: Sequence[Option]) -> None:
    """Points rise in printed order (equal ones only where the print is said to be odd), and so do the marks."""
    stated = entry.entries("options")
    mark = 0
    for place, option in enumerate(options):
        before = options[place - 1] if place else None
        if before is not None and (
            option.points < before.points
            or (option.points == before.points and not (option.as_printed or before.as_printed))
        ):
            raise stated[option.position - 1].fault(
                "điểm phải tăng dần theo thứ tự in.", "points must rise in printed order.", "points"
            )
        if option.mark is not None and option.mark <= mark:
            raise stated[option.position - 1].fault(
                "dấu sao phải tăng dần theo điểm.", "star marks must rise with the points.", "mark"
            )
        mark = option.mark or mark


def _notes(entry: Entry, key: str) -> tuple[Note, ...]:
    notes = []
    for each in entry.entries(key):
        each.only("kind", "label")
        notes.append(Note(each.choice("kind", NOTE_KINDS), each.text("label")))
    return tuple(notes)


def _part(entry: Entry, parts: Mapping[str, int], reading: _Reading) -> Part:
    entry.only("code", "label", "maximum", "as_printed", "sections")
    code = entry.choice("code", parts)
    sections = tuple(_section(each, code, reading) for each in entry.entries("sections"))
    maximum = _summed(entry, [section.maximum for section in sections])
    if maximum != parts[code]:
        raise entry.fault(
            f"phần {code} của quyết định có {parts[code]} điểm.", f"part {code} of the act has {parts[code]} points.",
            "maximum",
        )  # fmt: skip
    return Part(code, entry.text("label"), maximum, sections, entry.text_or("as_printed", ""))


def _section(entry: Entry, part: str, reading: _Reading) -> Section:
    code = entry.text("code")
    if entry.has("leaf"):
        criterion = _criterion(entry, part, code, reading)
        return Section(code, criterion.label, criterion.maximum, (criterion,))
    entry.only("code", "label", "maximum", "notes", "criteria")
    _new_code(entry, "", reading)
    children = tuple(_node(each, code, part, code, reading) for each in entry.entries("criteria"))
    maximum = _summed(entry, [child.maximum for child in children])
    return Section(code, entry.text("label"), maximum, children, _notes(entry, "notes"))


def _node(entry: Entry, above: str, part: str, section: str, reading: _Reading) -> Group | Criterion:
    if entry.has("leaf"):
        if not entry.text("code").startswith(f"{above}."):
            raise _misplaced(entry, above)
        return _criterion(entry, part, section, reading)
    entry.only("code", "label", "maximum", "notes", "criteria")
    code = _new_code(entry, above, reading)
    children = tuple(_node(each, code, part, section, reading) for each in entry.entries("criteria"))
    maximum = _summed(entry, [child.maximum for child in children])
    return Group(code, entry.text("label"), maximum, children, _notes(entry, "notes"))


def _criterion(entry: Entry, part: str, section: str, reading: _Reading) -> Criterion:
    entry.only("code", "leaf", "maximum", "applies_if", "as_printed")
    leaf = reading.leaves.get(entry.text("leaf"))
    if leaf is None:
        name = entry.text("leaf")
        raise entry.fault(f"leaves.yaml không có “{name}”.", f"leaves.yaml has no {name!r}.", "leaf")
    code = _new_code(entry, "", reading)
    criterion = Criterion(
        code=code,
        label=leaf.label,
        leaf=entry.text("leaf"),
        part=part,
        section=section,
        options=leaf.options,
        notes=leaf.notes,
        applies_if=_dependency(entry.entry("applies_if"), reading) if entry.has("applies_if") else None,
        as_printed=entry.text_or("as_printed", ""),
    )
    if entry.whole("maximum") != criterion.maximum:
        raise entry.fault(
            f"tiêu chí {code}: điểm tối đa phải bằng phương án cao nhất, {criterion.maximum} điểm.",
            f"criterion {code}: the maximum must be that of its best option, {criterion.maximum} points.",
            "maximum",
        )
    reading.criteria[code] = criterion
    return criterion


def _dependency(entry: Entry, reading: _Reading) -> Dependency:
    entry.only("criterion", "above")
    code, above = entry.text("criterion"), entry.whole("above", 1)
    other = reading.criteria.get(code)
    if other is None or above >= len(other.options):
        raise entry.fault(
            f"phía trên không có tiêu chí {code} với phương án cao hơn {above}.",
            f"no criterion {code} with an option above {above} stands before this one.",
        )
    return Dependency(code, above)


def _new_code(entry: Entry, above: str, reading: _Reading) -> str:
    code = entry.text("code")
    if code in reading.codes:
        raise entry.fault(f"mã {code} bị lặp lại.", f"the code {code} is given twice.", "code")
    if above and not code.startswith(f"{above}."):
        raise _misplaced(entry, above)
    reading.codes.add(code)
    return code


def _misplaced(entry: Entry, above: str) -> Exception:
    return entry.fault(f"mã phải bắt đầu bằng {above}.", f"the code must start with {above}.", "code")


def _summed(entry: Entry, maxima: Sequence[int]) -> int:
    """The stated maximum, which is the sum of what stands below."""
    stated = entry.whole("maximum", 1)
    if sum(maxima) != stated:
        raise entry.fault(
            f"ghi {stated} điểm nhưng các mục con cộng lại là {sum(maxima)}.",
            f"it states {stated} points but what stands below sums to {sum(maxima)}.",
            "maximum",
        )
    return stated
