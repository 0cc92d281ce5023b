"""Loads every rulebook at start and proves it sound: a bad file stops the service with file, line and cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from shared.rulebooks import criteria, regimes
from shared.rulebooks.earlier import Edition, earlier_editions
from shared.rulebooks.model import CriteriaSet, Regime, Rulebook, Rulebooks
from shared.rulebooks.publication import PUBLISHED, as_published, edition, listing
from shared.rulebooks.reading import Entry, RulebookError, read
from shared.rulebooks.transitions import NONE, OWN

RULEBOOKS = Path(__file__).parent
"""The folder that holds one folder of data for each act."""


@dataclass(frozen=True, slots=True)
class _Act:
    """What one folder holds: its regime, the file it was read from, its own sets, the hash of each of its files."""

    entry: Entry
    regime: Regime
    sets: Mapping[int, CriteriaSet]
    hashes: Mapping[str, str]


def load(folder: Path = RULEBOOKS) -> Rulebooks:
    """Every rulebook below `folder`, checked, the oldest act first; raises `RulebookError`."""
    acts = {found.parent.name: _act(folder, found.parent.name) for found in sorted(folder.glob("*/regime.yaml"))}
    if not acts:
        raise RulebookError(".", 1, "không có quyết định nào (*/regime.yaml).", "there is no act (*/regime.yaml).")
    for act in acts.values():
        _check_lapses(act, acts)
    books = [_rulebook(folder, act, acts) for act in acts.values()]
    return Rulebooks(tuple(sorted(books, key=lambda book: book.regime.valid_from)))


def _act(folder: Path, name: str) -> _Act:
    entry = read(folder, f"{name}/regime.yaml")
    regime = regimes.regime(entry)
    if regime.id != name:
        raise entry.fault(f"“id” phải là tên thư mục {name}.", f"'id' must be the folder's name {name}.", "id")
    sets = _sets(folder, name, regime)
    if bool(sets) is not (regime.criteria.origin == OWN):
        raise entry.fault(
            f"có {len(sets)} bộ tiêu chí trong thư mục, khác với “from: {regime.criteria.origin}”.",
            f"the folder holds {len(sets)} criteria sets, unlike 'from: {regime.criteria.origin}'.",
            "criteria",
        )
    return _Act(entry, regime, MappingProxyType(sets), as_published(folder, f"{name}/{PUBLISHED}"))


def _rulebook(folder: Path, act: _Act, acts: Mapping[str, _Act]) -> Rulebook:
    """The rulebook of an act with its earlier editions; its sets are its own, those of another act, or none."""
    lender = act if act.regime.criteria.origin in (OWN, NONE) else _lender(act, acts)
    lent = {f"../{lender.regime.id}/{file}": lender.hashes[file] for file in lender.hashes if file != "regime.yaml"}
    hashes = {**act.hashes, **({} if lender is act else lent)}
    book = Rulebook(act.regime, lender.sets, f"{act.regime.id}@{edition(listing(hashes))}")
    earlier = earlier_editions(folder, act.regime.id, hashes)
    return replace(book, earlier=tuple(_earlier(book, each) for each in earlier))


def _lender(act: _Act, acts: Mapping[str, _Act]) -> _Act:
    """The act whose criteria sets this one runs on."""
    lender = acts.get(act.regime.criteria.origin)
    if lender is None or not lender.sets or lender.regime.parts != act.regime.parts:
        raise act.entry.fault(
            f"thư mục {act.regime.criteria.origin} không có bộ tiêu chí với các phần như ở đây.",
            f"the folder {act.regime.criteria.origin} has no criteria sets with the parts stated here.",
            "criteria",
        )
    return lender


def _earlier(book: Rulebook, earlier: Edition) -> Rulebook:
    """The rulebook as an earlier edition of it: the sets there were, under that version."""
    files = {PurePosixPath(file).name for file in earlier.files}
    sets = {number: stated for number, stated in book.sets.items() if f"{number:02}.yaml" in files}
    return replace(book, sets=MappingProxyType(sets), version=f"{book.regime.id}@{earlier.name}")


def _check_lapses(act: _Act, acts: Mapping[str, _Act]) -> None:
    """What an act says of the end of an earlier one is the last day that one states, where it is known here."""
    for lapse in act.regime.transitions.lapses:
        earlier = acts.get(lapse.regime)
        if earlier is not None and earlier.regime.valid_to != lapse.on:
            raise act.entry.fault(
                f"{lapse.regime} ghi hết hiệu lực ngày khác với {lapse.on}.",
                f"{lapse.regime} states another end than {lapse.on}.",
                "transitions",
            )


def _sets(folder: Path, name: str, regime: Regime) -> dict[int, CriteriaSet]:
    files = sorted(path.name for path in (folder / name / "criteria").glob("*.yaml") if path.name != "leaves.yaml")
    if not files:
        return {}
    leaves = criteria.leaves(read(folder, f"{name}/criteria/leaves.yaml"))
    sets = {}
    for file in files:
        entry = read(folder, f"{name}/criteria/{file}")
        stated = criteria.criteria_set(entry, leaves, regime.parts)
        if file != f"{stated.number:02}.yaml":
            raise entry.fault(
                f"bộ {stated.number} phải ở tệp {stated.number:02}.yaml.",
                f"set {stated.number} must stand in {stated.number:02}.yaml.",
                "set",
            )
        sets[stated.number] = stated
    return sets
