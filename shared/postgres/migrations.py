"""Brings a schema forward with plain SQL files; yoyo keeps the record of what was applied."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from yoyo import get_backend, read_migrations


def migrate(dsn: str, schema: str, folders: Sequence[Path]) -> int:
    """Every migration of `folders`, in order, has been applied to `schema`; returns how many were new.

    Two deploy steps at once are kept apart by yoyo's lock. A failing file leaves the schema as it was before that file.
    """
    parts = urlsplit(dsn)
    uri = urlunsplit(("postgresql+psycopg", parts.netloc, parts.path, f"schema={schema}", ""))
    backend = get_backend(uri)
    try:
        with backend.lock():
            pending = backend.to_apply(read_migrations(*(str(folder) for folder in folders)))
            backend.apply_migrations(pending)
            return len(pending)
    finally:
        backend.connection.close()
