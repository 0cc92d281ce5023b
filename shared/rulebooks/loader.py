"""Loads every rulebook at start and proves it sound: a bad file stops the service with file, line and cause."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from shared.rulebooks import criteria, regimes
from shared.rulebooks.model import CriteriaSet, Regime, Rulebook, Rulebooks
from shared.rulebooks.reading import RulebookError, read

RULEBOOKS = Path(__file__).parent
"""The folder that holds one folder of data for each act."""

PUBLISHED = "published.sha256"
"""The list of a rulebook's files with their SHA-256, in the format of `sha256sum`."""


def load(folder: Path = RULEBOOKS) -> Rulebooks:
    """Every rulebook below `folder`, checked, the oldest act first; raises `RulebookError`."""
    books = [_rulebook(folder, found.parent.name) for found in sorted(folder.glob("*/regime.yaml"))]
    if not books:
        raise RulebookError(".", 1, "không có quyết định nào (*/regime.yaml).", "there is no act (*/regime.yaml).")
    return Rulebooks(tuple(sorted(books, key=lambda book: book.regime.valid_from)))


def _rulebook(folder: Path, name: str) -> Rulebook:
    entry = read(folder, f"{name}/regime.yaml")
    regime = regimes.regime(entry)
    if regime.id != name:
        raise entry.fault(f"“id” phải là tên thư mục {name}.", f"'id' must be the folder's name {name}.", "id")
    sets = _sets(folder, name, regime)
    return Rulebook(regime, MappingProxyType(sets), f"{regime.id}@{_published(folder, name)[:12]}")


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


def _published(folder: Path, name: str) -> str:
    """The hash over a rulebook's files, after each was found to be as published."""
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
    return hashlib.sha256("".join(f"{hashes[file]}  {file}\n" for file in files).encode()).hexdigest()


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
