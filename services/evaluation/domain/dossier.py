"""What evaluation knows of one product: its current dossier, the stages opened for it and the sessions over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Literal
from uuid import UUID

from shared.kernel.outcomes import Held


@dataclass(frozen=True, slots=True)
class Stage:
    """One evaluation of the dossier at one level; it is concluded once and stays so."""

    level: str
    attempt: int
    concluded: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's seat as the session knows it."""

    member_id: str
    role: str


@dataclass(frozen=True, slots=True)
class ByLaw:
    """The council's own quorum, as a number of scoring members, as a share of them, or both; None where silent."""

    quorum_members: int | None
    quorum_share: Fraction | None
    chair_required: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One member's options: criterion code → position from 1."""

    member_id: str
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Closing:
    """How the session ended; `struck_out` is the ground on which the council disqualified the dossier."""

    closed_on: date
    present: tuple[str, ...]
    agreed: Mapping[str, int] | None
    struck_out: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A council's sitting over the dossier.

    `unused` means that its stage was scored by another session. Sheets stay with an open session and, so that the
    score can be computed again, with the one that scored.
    """

    session_id: UUID
    level: str
    members: tuple[Seat, ...]
    by_law: ByLaw
    status: Literal["open", "scored", "voided", "unused"] = "open"
    sheets: tuple[Sheet, ...] = ()
    closing: Closing | None = None

    def seats(self, member_id: str) -> bool:
        """True when the member has a seat."""
        return any(seat.member_id == member_id for seat in self.members)

    def has_sheet_of(self, member_id: str) -> bool:
        """True when the member has handed in a sheet."""
        return any(sheet.member_id == member_id for sheet in self.sheets)


@dataclass(frozen=True, slots=True)
class Dossier:
    """The dossier under evaluation, pinned to its regime and rulebook version."""

    dossier_id: UUID
    regime: str
    rulebook: str
    criteria_set: int
    stages: tuple[Stage, ...] = ()
    sessions: tuple[Session, ...] = ()
    over: bool = False

    def stage(self, level: str) -> Stage | None:
        """The latest stage at a level, or None where none has opened."""
        return next((stage for stage in reversed(self.stages) if stage.level == level), None)

    def session(self, session_id: UUID) -> Session | None:
        """The session with this id, or None where it is not known here."""
        return next((session for session in self.sessions if session.session_id == session_id), None)

    def with_stage(self, stage: Stage) -> Dossier:
        """The dossier with this stage in the place of the one of its level and attempt, or added."""
        others = tuple(old for old in self.stages if (old.level, old.attempt) != (stage.level, stage.attempt))
        return replace(self, stages=(*others, stage))

    def with_session(self, session: Session) -> Dossier:
        """The dossier with this session in its old place, or added."""
        if self.session(session.session_id) is None:
            return replace(self, sessions=(*self.sessions, session))
        return replace(
            self, sessions=tuple(session if old.session_id == session.session_id else old for old in self.sessions)
        )


@dataclass(frozen=True, slots=True)
class State:
    """A product at evaluation: its current dossier, over or not, and the ids of those before it."""

    dossier: Dossier | None = None
    past: tuple[UUID, ...] = ()

    def with_dossier(self, dossier: Dossier) -> State:
        """The state with its current dossier changed."""
        return replace(self, dossier=dossier)


def locate(state: State, dossier_id: UUID) -> Dossier | Held | None:
    """The dossier while it is under evaluation; None once it is over; Held while it has not been filed here yet."""
    if dossier_id in state.past:
        return None
    if state.dossier is None or state.dossier.dossier_id != dossier_id:
        return Held(f"dossier:{dossier_id}")
    return None if state.dossier.over else state.dossier
