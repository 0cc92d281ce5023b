"""`ocop.notices.v1`: which notices went out; `ocop.contacts.v1`: where they go."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Email, Event, Reference, Text

FailureCode = Literal["no-address", "attempts-used", "refused"]


class NoticeEvent(Event):
    """The life of one notice."""

    family = "notices"


class NoticeWritten(NoticeEvent):
    """A fact concerns a recipient; one notice, one recipient, one fact."""

    notice_id: UUID
    dossier_id: UUID
    recipient_id: Reference
    kind: Literal[
        "returned",
        "recognised",
        "forwarded",
        "ended",
        "central_result",
        "annulled",
        "withdrawn",
        "renewal_reminder",
        "certificate_withdrawn",
        "certificate_extended",
        "certificate_ended",
        "supplement_asked",
        "round_missed",
    ]
    about: UUID
    fact_on: date


class NoticeSent(NoticeEvent):
    """The receiving server took the notice."""

    notice_id: UUID
    recipient_id: Reference
    channel: Literal["mail"]
    message_id: Text
    attempts: Annotated[int, Field(ge=1)]
    sent_at: datetime


class NoticeFailed(NoticeEvent):
    """A notice cannot be delivered: a person must act.

    `no-address`: the recipient has no mail; `attempts-used`: every attempt failed, `detail` says how the last one did;
    `refused`: the receiving server refused for good, `detail` is its reply code.
    """

    version = 2
    notice_id: UUID
    recipient_id: Reference
    channel: Literal["mail"]
    attempts: Annotated[int, Field(ge=1)]
    code: FailureCode
    detail: Text | None = None

    @property
    def cause(self) -> str:
        """Code and detail as one line, as version 1 told them and records keep them."""
        if self.code == "refused" and self.detail is not None:
            return self.detail
        return self.code if self.detail is None else f"{self.code}: {self.detail}"


class ContactSet(Event):
    """The latest address of a recipient: a producer's id, `commune-<code>` or `province-<code>`. Personal data."""

    family = "contacts"
    recipient_id: Reference
    kind: Literal["producer", "commune", "province"]
    name: Text
    email: Email | None
    phone: Reference | None


NOTICES: tuple[type[NoticeEvent], ...] = (NoticeWritten, NoticeSent, NoticeFailed)
CONTACTS: tuple[type[Event], ...] = (ContactSet,)
