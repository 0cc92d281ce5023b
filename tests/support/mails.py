"""The mails of a fleet as they came, and what a person's mail program shows of them."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path

from tests.support.fleet import Fleet
from tests.support.rest import database


def by_message_id(directory: Path) -> dict[str, list[Path]]:
    """Every mail that came, by its Message-ID."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(directory.glob("*.eml")):
        found[str(message_from_bytes(path.read_bytes(), policy=modern)["Message-ID"]).strip()].append(path)
    return found


async def in_doubt(running: Fleet) -> Counter[str]:
    """The Message-IDs whose sending was cut short, each with the number of attempts made."""
    async with database(running.site) as connection:
        rows = await connection.fetch("SELECT message_id, attempts FROM notification.delivery WHERE uncertain")
    return Counter({row["message_id"]: row["attempts"] for row in rows})


async def without_doubles_in_doubt(running: Fleet, read: Path) -> Path:
    """The mails as a person's mail program shows them: of those in doubt, one of each Message-ID.

    Whether a mail arrived cannot be known when the sender dies between the server's 250 and its own note of it; then
    it goes out again under its Message-ID. Any other double stays, for the check to find.
    """
    doubtful = await in_doubt(running)
    for message_id, paths in by_message_id(running.layout.mail).items():
        assert len({path.read_bytes().partition(b"\r\n\r\n")[2] for path in paths}) == 1
        for path in paths[:1] if len(paths) <= doubtful[message_id] else paths:
            shutil.copy(path, read / path.name)
    return read


def doubles(directory: Path) -> int:
    """How many mails came beyond the first of each Message-ID."""
    return sum(len(paths) - 1 for paths in by_message_id(directory).values())
