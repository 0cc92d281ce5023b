"""What evaluation knows of one product: its current dossier, the stages opened for it and the sessions over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Final, Literal
from uuid import UUID

from shared.kernel.outcomes import Held
from shared.kernel.values import value

_ZERO: Final = ord("0")
_CHARACTERS: Final = bytes((byte + _ZERO) % 256 for byte in range(256))
_POSITIONS: Final = bytes((byte - _ZERO) % 256 for byte in range(256))


@value(frozen=True, slots=True)
class Stage:
    """One evaluation of the dossier at one level; it is concluded once and stays so.

    `taken_back` when a correction annulled its score, or what it rested on: another attempt follows, or none.
    """

    level: str
    attempt: int
    concluded: bool = False
    taken_back: bool = False


@value(frozen=True, slots=True)
class Seat:
    """A member's seat as the session knows it."""

    member_id: str
    role: str


@value(frozen=True, slots=True)
class ByLaw:
    """The council's own quorum, as a number of scoring members, as a share of them, or both; None where silent."""

    quorum_members: int | None
    quorum_share: Fraction | None
    chair_required: bool


@value(frozen=True, slots=True)
class Sheet:
    """One member's options, written by `sheet_of`: a character for each criterion of the set in printed order.

    As text, for seven rows of numbers were the larger part of a product's state, and its slowest to write and read.
    """

    member_id: str
    positions: str

    def given(self) -> bytes:
        """The position given for each criterion, a byte each; 0 where it was left out."""
        return self.positions.encode("ascii").translate(_POSITIONS)


def sheet_of(member_id: str, positions: Iterable[int]) -> Sheet:
    """The member's sheet with these positions, each below 64."""
    return Sheet(member_id, bytes(positions).translate(_CHARACTERS).decode("ascii"))


@value(frozen=True, slots=True)
class Closing:
    """How the session ended; `struck_out` is the ground on which the council disqualified the dossier.

    `apart` when totals lay too far apart even after scoring again; `chaired_by` chaired in the chair's place by the
    document `chair_document`. So many `supplements` about the dossier came before.
    """

    closed_on: date
    present: tuple[str, ...]
    agreed: Mapping[str, int] | None
    struck_out: str | None
    apart: bool = False
    chaired_by: str | None = None
    chair_document: str | None = None
    supplements: int = 0


@value(frozen=True, slots=True)
class Session:
    """A council's sitting over the dossier; `members` without those recused from it.

    `unused` means that its stage was scored by another session or is no more, or that a meeting took its place.
    Sheets stay with an open session and, so that the score can be computed again, with the one that scored, whose
    `attempt` says at which stage.
    """

    session_id: UUID
    level: str
    members: tuple[Seat, ...]
    by_law: ByLaw
    status: Literal["open", "scored", "voided", "unused", "annulled"] = "open"
    sheets: tuple[Sheet, ...] = ()
    closing: Closing | None = None
    attempt: int | None = None

    def seats(self, member_id: str) -> bool:
        """True when the member has a seat."""
        return member_id in [seat.member_id for seat in self.members]

    def has_sheet_of(self, member_id: str) -> bool:
        """True when the member has handed in a sheet."""
        return member_id in [sheet.member_id for sheet in self.sheets]

    def with_sheets(self, sheets: tuple[Sheet, ...]) -> Session:
        """The session with these sheets; written out, for it happens with every sheet."""
        return Session(
            self.session_id, self.level, self.members, self.by_law, self.status, sheets, self.closing, self.attempt
        )


@value(frozen=True, slots=True)
class Dossier:
    """The dossier under evaluation, pinned to its regime and rulebook version.

    `closings` counts the closings of its sessions taken in, `corrections` the corrections. `unanswered` are those that
    promotion has not answered yet: until then no session over the dossier is seated or closes. `deferred` are those
    that wait for the annulment of a decision.
    """

    dossier_id: UUID
    regime: str
    rulebook: str
    criteria_set: int
    stages: tuple[Stage, ...] = ()
    sessions: tuple[Session, ...] = ()
    over: bool = False
    closings: int = 0
    corrections: int = 0
    unanswered: tuple[UUID, ...] = ()
    deferred: tuple[UUID, ...] = ()

    def stage(self, level: str) -> Stage | None:
        """The latest stage at a level, or None where none has opened."""
        return next((stage for stage in reversed(self.stages) if stage.level == level), None)

    def session(self, session_id: UUID) -> Session | None:
        """The session with this id, or None where it is not known here."""
        return next((session for session in self.sessions if session.session_id == session_id), None)

    def with_stage(self, stage: Stage) -> Dossier:
        """The dossier with this stage in its old place, or added: stages stand in the order in which they opened."""
        known = [(old.level, old.attempt) for old in self.stages]
        place = known.index((stage.level, stage.attempt)) if (stage.level, stage.attempt) in known else len(known)
        return replace(self, stages=(*self.stages[:place], stage, *self.stages[place + 1 :]))

    def with_session(self, session: Session) -> Dossier:
        """The dossier with this session in its old place, or added."""
        known = [old.session_id for old in self.sessions]
        place = known.index(session.session_id) if session.session_id in known else len(known)
        return self._with_sessions((*self.sessions[:place], session, *self.sessions[place + 1 :]))

    def _with_sessions(self, sessions: tuple[Session, ...]) -> Dossier:
        """Written out, for it happens with every sheet."""
        return Dossier(
            self.dossier_id,
            self.regime,
            self.rulebook,
            self.criteria_set,
            self.stages,
            sessions,
            self.over,
            self.closings,
            self.corrections,
            self.unanswered,
            self.deferred,
        )


@value(frozen=True, slots=True)
class State:
    """A product at evaluation: its current dossier, over or not, and the ids of those before it."""

    dossier: Dossier | None = None
    past: tuple[UUID, ...] = ()

    def with_dossier(self, dossier: Dossier) -> State:
        """The state with its current dossier changed."""
        return State(dossier, self.past)


def locate(state: State, dossier_id: UUID) -> Dossier | Held | None:
    """The product's current dossier, over or not; None for one before it; Held while it has not been filed here yet."""
    if dossier_id in state.past:
        return None
    if state.dossier is None or state.dossier.dossier_id != dossier_id:
        return Held(f"dossier:{dossier_id}")
    return state.dossier
