"""SQL stands in files: each query has a name, one line of description, and is one statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_NAME = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


def load(path: Path) -> Mapping[str, str]:
    """The queries of the file at `path` by name; raises ValueError for a name given twice or a query left out."""
    pieces = _NAME.split(path.read_text(encoding="utf-8"))
    queries: dict[str, str] = {}
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        statement = "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()
        if name in queries or not statement:
            raise ValueError(f"{path.name}: query {name} is given twice or empty")
        queries[name] = statement
    return MappingProxyType(queries)
