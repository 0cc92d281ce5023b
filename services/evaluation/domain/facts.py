"""The facts that evaluation takes in, and the findings it announces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Literal
from uuid import UUID

from services.evaluation.domain.dossier import ByLaw, Closing, Seat, Stage
from services.evaluation.domain.scoring import Score
from shared.kernel.values import value

Cause = Literal["quorum_missed", "chair_absent", "sheets_missing"]
"""Why a session is void: too few scoring members, no chair where the by-law asks for one, nothing to score."""


@value(frozen=True, slots=True)
class Filed:
    """A dossier was filed under a regime."""

    dossier_id: UUID
    regime: str
    rulebook: str
    criteria_set: int


@value(frozen=True, slots=True)
class Opened:
    """A stage was opened for a dossier."""

    dossier_id: UUID
    level: str
    attempt: int


@value(frozen=True, slots=True)
class Assessed:
    """The commune's report came in; `findings_met` of its four heads were found met."""

    dossier_id: UUID
    outcome: Literal["evaluation_requested", "returned"]
    assessed_on: date
    reason: str | None
    findings_met: int
    supplements: int = 0


@value(frozen=True, slots=True)
class Seated:
    """A council will sit over a dossier."""

    dossier_id: UUID
    session_id: UUID
    level: str
    members: tuple[Seat, ...]
    by_law: ByLaw


@value(frozen=True, slots=True)
class Submitted:
    """A member handed in a sheet, or one that supersedes the member's first."""

    dossier_id: UUID
    session_id: UUID
    member_id: str
    options: Mapping[str, int]
    supersedes: bool = False


@value(frozen=True, slots=True)
class Recused:
    """A member takes no part over a dossier."""

    dossier_id: UUID
    session_id: UUID
    member_id: str


@value(frozen=True, slots=True)
class Closed:
    """The session over a dossier ended, after so many corrections."""

    dossier_id: UUID
    session_id: UUID
    closing: Closing
    corrections: int = 0


@value(frozen=True, slots=True)
class Source:
    """The paper that a result was taken over from."""

    document_number: str
    document_sha256: str


@value(frozen=True, slots=True)
class Imported:
    """What a council found under an act whose criteria are not to be had."""

    dossier_id: UUID
    session_id: UUID
    level: str
    closed_on: date
    total: Fraction
    stars: int
    source: Source
    supplements: int = 0


@value(frozen=True, slots=True)
class Taken:
    """The stage has the result that was imported; `band` is the class by its total."""

    stage: Stage
    imported: Imported
    band: int
    articles: tuple[str, ...]


@value(frozen=True, slots=True)
class AssessmentConcluded:
    """The commune's stage is over (article 7.2)."""

    dossier_id: UUID
    stage: Stage
    outcome: Literal["evaluation_requested", "returned"]
    assessed_on: date
    reason: str | None
    findings_met: int
    articles: tuple[str, ...]
    supplements: int = 0


@value(frozen=True, slots=True)
class Scored:
    """A council sat validly; `score` is None where it struck the dossier out on the ground `struck_out`."""

    dossier_id: UUID
    stage: Stage
    session_id: UUID
    closed_on: date
    sheets: int
    score: Score | None
    struck_out: str | None
    articles: tuple[str, ...]
    apart: bool = False
    chair_document: str | None = None
    supplements: int = 0


@value(frozen=True, slots=True)
class Voided:
    """A council did not sit validly: `present` scoring members where `needed` were asked for, or another cause."""

    dossier_id: UUID
    stage: Stage
    session_id: UUID
    closed_on: date
    cause: Cause
    present: int
    needed: int
    articles: tuple[str, ...]


@value(frozen=True, slots=True)
class Correction:
    """Something said before counts no more. `closings` of the dossier's sessions came before it.

    `session_id` is set where a session was annulled, `decision_id` where a decision was; neither where the producer
    took the dossier back.
    """

    dossier_id: UUID
    correction_id: UUID
    closings: int
    session_id: UUID | None = None
    decision_id: UUID | None = None


@value(frozen=True, slots=True)
class Answered:
    """Promotion answered a correction: these stages are over without a result; `reopened` when the dossier is again.

    One that is `deferred` is answered again when a decision is annulled.
    """

    dossier_id: UUID
    correction_id: UUID
    ended: tuple[Stage, ...] = ()
    reopened: bool = False
    deferred: bool = False


@value(frozen=True, slots=True)
class Noted:
    """The correction was taken in; the score of `score_annulled` counts no more; findings may pause for its answer."""

    dossier_id: UUID
    correction_id: UUID
    score_annulled: Stage | None
    pauses: bool


Finding = AssessmentConcluded | Scored | Voided | Noted | Taken
