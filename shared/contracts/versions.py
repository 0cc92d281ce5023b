"""Versions that are written no more, each with the way to its successor; a record of any of them is read for good.

A class stands here under the name it always had. It never changes again, and neither does its upcast's meaning.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts import notices
from shared.contracts.event import Reference, Retired, Text


class NoticeFailed(Retired):
    """The receiving server refused the notice for good, or every attempt was used up: a person must act."""

    family = "notices"
    notice_id: UUID
    recipient_id: Reference
    channel: Literal["mail"]
    attempts: Annotated[int, Field(ge=1)]
    cause: Text

    def upcast(self) -> notices.NoticeFailed:
        """Version 2 takes the cause's first word apart from what follows it; any other cause was a server's refusal."""
        code, detail = _told_apart(self.cause)
        return notices.NoticeFailed(
            notice_id=self.notice_id,
            recipient_id=self.recipient_id,
            channel=self.channel,
            attempts=self.attempts,
            code=code,
            detail=detail,
        )


def _told_apart(cause: str) -> tuple[notices.FailureCode, str | None]:
    if cause == "no-address":
        return "no-address", None
    if cause == "attempts-used":
        return "attempts-used", None
    head, _, detail = cause.partition(": ")
    return ("attempts-used", detail) if head == "attempts-used" else ("refused", cause)


NOTICES: tuple[type[Retired], ...] = (NoticeFailed,)
