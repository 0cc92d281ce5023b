"""How long notification keeps what the words of a notice were made of."""

from __future__ import annotations

from services.notification.settings import Settings
from services.notification.store import QUERIES
from shared.messaging.pruning import DAY_SECONDS, Prune, core


def prunes(settings: Settings) -> tuple[Prune, ...]:
    """What every service prunes, and the facts of notices whose delivery has long ended; ids, marks and times stay."""
    return (*core(settings), Prune("notices", QUERIES["prune_notices"], settings.delivered_keep_days * DAY_SECONDS))
