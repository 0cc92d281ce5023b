"""Where a crash hurts most, by name. In the product these do nothing; the test build makes a process die there."""

from __future__ import annotations

from enum import StrEnum


class CrashPoint(StrEnum):
    """A moment between two effects of which only one may have happened."""

    AFTER_FETCH = "after-fetch"
    IN_TRANSACTION = "in-transaction"
    AFTER_COMMIT = "after-commit"
    AFTER_SEND = "after-send"
    AFTER_MAIL_TAKEN = "after-mail-taken"


def passed(point: CrashPoint) -> None:
    """The process is at this point. The test build replaces this function; call it through its module."""
