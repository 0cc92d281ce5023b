"""Proves that a rulebook still says what earlier editions said, so that dossiers pinned to one are judged the same.

Each stands in the rulebook's folder as `earlier/<edition>/`: its hash list as it was, whose own hash is the edition's
name, and every listed file that has changed since, as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.rulebooks.publication import EARLIER, PUBLISHED, edition, hash_list, hashes_below, list_text
from shared.rulebooks.reading import Entry, RulebookError, read

GROWING = ("regime.yaml", "leaves.yaml")
"""The files that may gain entries at their top level; no other file may."""

WORDS = frozenset({"label", "as_printed", "reason"})
"""The keys whose text is only told, and decides nothing."""

END = "valid_to"
"""The key that ends an act; asked when a dossier is filed, never of one that is pinned already."""


@dataclass(frozen=True, slots=True)
class Edition:
    """An earlier edition that was proved: its name, and the files it was made of."""

    name: str
    files: frozenset[str]


def earlier_editions(folder: Path, act: str, hashes: Mapping[str, str]) -> tuple[Edition, ...]:
    """The earlier editions of an act, each proved to be said still by the files of these `hashes`.

    A listed file is unchanged, or is kept as it was and stated again with the same values; else `RulebookError`.
    """
    names = sorted(path.name for path in (folder / act / EARLIER).glob("*") if path.is_dir())
    return tuple(_edition(folder, act, name, hashes) for name in names)


def _edition(folder: Path, act: str, name: str, hashes: Mapping[str, str]) -> Edition:
    listed = f"{act}/{EARLIER}/{name}/{PUBLISHED}"
    found = edition(list_text(folder, listed))
    if found != name:
        raise RulebookError(
            listed, 1, f"danh sách này là của bản {found}.", f"this is the list of the edition {found}."
        )
    files = hash_list(folder, listed)
    for file, (line, digest) in files.items():
        if hashes.get(file) != digest:
            was = _kept(folder).get(digest)
            if was is None or file not in hashes:
                raise RulebookError(
                    listed,
                    line,
                    f"tệp {file} đã đổi hoặc mất mà bản cũ không được giữ ở đây.",
                    f"the file {file} was changed or removed, and is not kept here as it was.",
                )
            _check_said_still(read(folder, was), read(folder, f"{act}/{file}"))
    return Edition(name, frozenset(files))


def _kept(folder: Path) -> Mapping[str, str]:
    """Every kept file by its hash; a lent one stands with the act it was lent by."""
    return {
        digest: f"{root.parent.name}/{EARLIER}/{file}"
        for root in sorted(folder.glob(f"*/{EARLIER}"))
        for file, digest in hashes_below(root).items()
    }


def _check_said_still(was: Entry, now: Entry) -> None:
    """Raises where the present file says less than the kept one, something else, or more than it may."""
    before, after = was.plain(WORDS), now.plain(WORDS)
    grows = now.file.rpartition("/")[2] in GROWING
    for key in sorted((before.keys() | after.keys()) - {END}):
        added = key not in before and grows
        if not added and before.get(key) != after.get(key):
            raise now.fault(
                f"“{key}” nói khác {was.file}; hồ sơ theo bản đó sẽ được đánh giá khác đi.",
                f"{key!r} says other than {was.file}; dossiers pinned to that edition would be judged otherwise.",
                key,
            )
