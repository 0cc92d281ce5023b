"""How long registration keeps the bytes of what it has answered."""

from __future__ import annotations

from services.registration.settings import Settings
from services.registration.store import SQL
from shared.messaging.pruning import DAY_SECONDS, Prune, core


def prunes(settings: Settings) -> tuple[Prune, ...]:
    """What every service prunes, and the bytes of old events that were admitted or refused; their rows stay for good.

    What is held or could not be read keeps its bytes, however old: somebody must still decide on it.
    """
    return (*core(settings), Prune("journal", SQL["prune_journal"], settings.journal_bytes_keep_days * DAY_SECONDS))
