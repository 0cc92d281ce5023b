"""`ocop.sheets.v1`: options and points stand here and nowhere else on the bus; evaluation alone reads it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.contracts.event import Event, LongText, Options, Part, Reference, Text


class SheetEvent(Event):
    """A fact of a session that is nobody's but the council's until the session has closed."""

    family = "sheets"


class SheetSubmitted(SheetEvent):
    """One member scored the dossier."""

    dossier_id: UUID
    session_id: UUID
    member_id: Reference
    signed_on: date
    options: Options


class StruckOut(Part):
    """Why the council disqualified the dossier."""

    ground: Text
    reason: LongText


class SessionClosed(SheetEvent):
    """The session over this dossier ended."""

    dossier_id: UUID
    session_id: UUID
    closed_on: date
    present: tuple[Reference, ...]
    agreed: Options | None
    struck_out: StruckOut | None


SHEETS: tuple[type[SheetEvent], ...] = (SheetSubmitted, SessionClosed)
