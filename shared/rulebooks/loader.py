"""Loads every rulebook at start and proves it sound: a bad file stops the service with file, line and cause."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from shared.rulebooks import criteria, regimes
from shared.rulebooks.model import CriteriaSet, Regime, Rulebook, Rulebooks
from shared.rulebooks.reading import Entry, RulebookError, read
from shared.rulebooks.transitions import NONE, OWN

RULEBOOKS = Path(__file__).parent
"""The folder that holds one folder of data for each act."""

PUBLISHED = "published.sha256"
"""The list of a rulebook's files with their SHA-256, in the format of `sha256sum`."""


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
    books = [_rulebook(act, acts) for act in acts.values()]
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
    return _Act(entry, regime, MappingProxyType(sets), _published(folder, name))


def _rulebook(act: _Act, acts: Mapping[str, _Act]) -> Rulebook:
    """The rulebook of an act, whose sets stand in its own folder, in that of another act, or nowhere."""
    regime, hashes = act.regime, dict(act.hashes)
    if regime.criteria.origin in (OWN, NONE):
        return Rulebook(regime, act.sets, _version(regime, hashes))
    lender = acts.get(regime.criteria.origin)
    if lender is None or not lender.sets or lender.regime.parts != regime.parts:
        raise act.entry.fault(
            f"thư mục {regime.criteria.origin} không có bộ tiêu chí với các phần như ở đây.",
            f"the folder {regime.criteria.origin} has no criteria sets with the parts stated here.",
            "criteria",
        )
    lent = {f"../{lender.regime.id}/{file}": lender.hashes[file] for file in lender.hashes if file != "regime.yaml"}
    return Rulebook(regime, lender.sets, _version(regime, hashes | lent))


def _version(regime: Regime, hashes: Mapping[str, str]) -> str:
    listed = "".join(f"{digest}  {file}\n" for file, digest in hashes.items())
    return f"{regime.id}@{hashlib.sha256(listed.encode()).hexdigest()[:12]}"


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


def _published(folder: Path, name: str) -> Mapping[str, str]:
    """The hash of each of a rulebook's files by name in order, after each was found to be as published."""
    root = folder / name
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.yaml"))
    hashes = {file: hashlib.sha256((root / file).read_bytes()).hexdigest() for file in files}
    listed = _listed(folder, f"{name}/{PUBLISHED}")
    for file, (line, stated) in listed.items():
        if hashes.get(file) != stated:
            raise RulebookError(
                f"{name}/{PUBLISHED}",
                line,
                f"tệp {file} đã bị đổi hoặc mất sau khi công bố; hãy trả lại bản cũ.",
                f"the file {file} was changed or removed after publication; restore it.",
            )
    for file in files:
        if file not in listed:
            raise RulebookError(
                f"{name}/{PUBLISHED}", 1, f"tệp {file} chưa có trong danh sách.", f"the file {file} is not listed."
            )
    return hashes


def _listed(folder: Path, file: str) -> Mapping[str, tuple[int, str]]:
    """The files of a hash list: name → line and hash."""
    try:
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise RulebookError(file, 1, "không đọc được danh sách mã băm.", "the hash list cannot be read.") from None
    listed = {}
    for line, text in enumerate(lines, start=1):
        digest, _, name = text.partition("  ")
        if not name:
            raise RulebookError(file, line, "cần “mã băm  tên tệp”.", "'hash  file name' is needed.")
        listed[name] = (line, digest)
    return listed
