"""`ocop.sheets.v1`: options and points stand here and nowhere else on the bus; evaluation alone reads it."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.event import AdmittedOptions, Event, LongText, Part, Reference, Text


class SheetEvent(Event):
    """A fact of a session that is nobody's but the council's until the session has closed."""

    family = "sheets"


class SheetSubmitted(SheetEvent):
    """One member scored the dossier."""

    dossier_id: UUID
    session_id: UUID
    member_id: Reference
    signed_on: date
    options: AdmittedOptions


class SheetSuperseded(SheetEvent):
    """One member's earlier sheet for the dossier is replaced by this one."""

    dossier_id: UUID
    session_id: UUID
    member_id: Reference
    signed_on: date
    options: AdmittedOptions
    reason: LongText


class StruckOut(Part):
    """Why the council disqualified the dossier."""

    ground: Text
    reason: LongText


class MemberRecused(SheetEvent):
    """The member takes no part over this dossier: neither seat nor sheet counts. The ground stays with registration."""

    dossier_id: UUID
    session_id: UUID
    member_id: Reference
    declared_on: date


class OpinionsSetAside(SheetEvent):
    """The written opinions over this dossier count for nothing: it goes to the meeting `meeting_id` (article 7.6.d)."""

    dossier_id: UUID
    session_id: UUID
    meeting_id: UUID


class Delegation(Part):
    """Who chaired in the chair's place, and by which document."""

    member_id: Reference
    document_number: Text


class SessionClosed(SheetEvent):
    """The session over this dossier ended; so many `corrections` stand on `dossiers` before it.

    So do the facts about its supplements up to the number `supplements`, the last one of the session's level.

    `apart` when the members' totals lie further apart than the by-law allows and no round of scoring again was left.
    """

    dossier_id: UUID
    session_id: UUID
    closed_on: date
    present: tuple[Reference, ...]
    agreed: AdmittedOptions | None
    struck_out: StruckOut | None
    corrections: Annotated[int, Field(ge=0)] = 0
    apart: bool = False
    chaired_by: Delegation | None = None
    supplements: Annotated[int, Field(ge=0)] = 0


SHEETS: tuple[type[SheetEvent], ...] = (
    SheetSubmitted,
    SessionClosed,
    SheetSuperseded,
    MemberRecused,
    OpinionsSetAside,
)
