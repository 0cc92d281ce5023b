"""`ocop.scores.v1`: what evaluation found, among it the "product scored" events."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.event import Basis, Event, Exact, Part, Reference, Sha256, Text


class ScoreEvent(Event):
    """A finding of evaluation on one stage of a dossier."""

    family = "scores"


class Stage(Part):
    """One evaluation of a dossier at one level; `attempt` counts from 1."""

    level: Reference
    attempt: Annotated[int, Field(ge=1)]


class CommuneAssessmentConcluded(ScoreEvent):
    """The commune's stage is over (article 7.2), behind the facts about supplements up to the number `supplements`."""

    dossier_id: UUID
    stage: Stage
    outcome: Literal["evaluation_requested", "returned"]
    assessed_on: date
    reason: str | None
    findings_met: Annotated[int, Field(ge=0, le=4)]
    basis: Basis
    supplements: Annotated[int, Field(ge=0)] = 0


class MissedMarks(Part):
    """The criteria whose judged option stands below the star mark of a class."""

    star: Annotated[int, Field(ge=3, le=5)]
    criteria: tuple[str, ...]


class PartTotal(Part):
    """The mean total of one part (A, B, C) of the criteria set."""

    part: Text
    total: Exact


class Source(Part):
    """The paper that a result was taken over from."""

    document_number: Text
    document_sha256: Sha256


class ProductScored(ScoreEvent):
    """A council sat validly: mean total, star marks, stars, and what they rest on (article 3.3).

    `stars` and `total` are null where the council struck the dossier out. `band` is the class by points alone.
    Where `imported` names a source, the result was taken over from it: no sheets were counted and no marks checked,
    because the act's criteria are not to be had.
    `apart` when the members' totals lay further apart than the by-law allows even after scoring again; `chair_document`
    is what delegated the chair, where another member chaired. It stands behind the facts about
    supplements up to the number `supplements`.
    """

    dossier_id: UUID
    stage: Stage
    session_id: UUID
    closed_on: date
    total: Exact | None
    parts: tuple[PartTotal, ...]
    band: int | None
    stars: Annotated[int, Field(ge=1, le=5)] | None
    missed: tuple[MissedMarks, ...]
    sheets: int
    struck_out: Text | None
    basis: Basis
    imported: Source | None = None
    apart: bool = False
    chair_document: Text | None = None
    supplements: Annotated[int, Field(ge=0)] = 0


class SessionVoided(ScoreEvent):
    """The council did not sit validly; the stage stays open and is called again."""

    dossier_id: UUID
    stage: Stage
    session_id: UUID
    closed_on: date
    cause: Literal["quorum_missed", "chair_absent", "sheets_missing"]
    present: int
    needed: int
    basis: Basis


class CorrectionNoted(ScoreEvent):
    """Evaluation took a correction in: what it found before stands before this event on the topic, the rest behind it.

    `score_annulled` names the stage whose `ProductScored` counts no more, null where none does; where it `pauses`, no
    finding on the dossier follows before promotion has answered the correction, and none at all after a withdrawal.
    """

    dossier_id: UUID
    correction_id: UUID
    score_annulled: Stage | None
    pauses: bool


SCORES: tuple[type[ScoreEvent], ...] = (
    CommuneAssessmentConcluded,
    ProductScored,
    SessionVoided,
    CorrectionNoted,
)
