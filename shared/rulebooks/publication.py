"""Hash lists of published files: what stands in one never changes, and its hash names the edition."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from shared.rulebooks.reading import RulebookError

PUBLISHED = "published.sha256"
"""The list of a folder's files with their SHA-256, in the format of `sha256sum`."""

EARLIER = "earlier"
"""The folder beside it that holds earlier editions, which the list leaves out."""

EDITION_DIGITS = 12


def edition(lines: str) -> str:
    """The name of the edition a hash list publishes: the first hex digits of the hash over its lines."""
    return hashlib.sha256(lines.encode()).hexdigest()[:EDITION_DIGITS]


def listing(hashes: Mapping[str, str]) -> str:
    """The lines of a hash list."""
    return "".join(f"{digest}  {file}\n" for file, digest in hashes.items())


def hashes_below(root: Path) -> Mapping[str, str]:
    """The hash of each YAML file below a folder by name in order, without the editions before."""
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.yaml"))
    return {name: _digest(root / name) for name in names if not name.startswith(f"{EARLIER}/")}


def as_published(folder: Path, listed: str = PUBLISHED) -> Mapping[str, str]:
    """The hash of each YAML file beside the hash list `listed` of `folder`, after each was found as it says."""
    hashes = hashes_below((folder / listed).parent)
    stated = hash_list(folder, listed)
    for file, (line, digest) in stated.items():
        if hashes.get(file) != digest:
            raise RulebookError(
                listed,
                line,
                f"tệp {file} đã bị đổi hoặc mất sau khi công bố; hãy trả lại bản cũ.",
                f"the file {file} was changed or removed after publication; restore it.",
            )
    for file in hashes:
        if file not in stated:
            raise RulebookError(listed, 1, f"tệp {file} chưa có trong danh sách.", f"the file {file} is not listed.")
    return hashes


def hash_list(folder: Path, listed: str) -> Mapping[str, tuple[int, str]]:
    """The files of a hash list: name → line and hash; raises `RulebookError`."""
    found = {}
    for line, text in enumerate(list_text(folder, listed).splitlines(), start=1):
        digest, _, name = text.partition("  ")
        if not name:
            raise RulebookError(listed, line, "cần “mã băm  tên tệp”.", "'hash  file name' is needed.")
        found[name] = (line, digest)
    return found


def list_text(folder: Path, listed: str) -> str:
    """The text of a hash list; raises `RulebookError` where it cannot be read."""
    try:
        return (folder / listed).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise RulebookError(listed, 1, "không đọc được danh sách mã băm.", "the hash list cannot be read.") from None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
