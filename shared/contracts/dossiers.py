"""`ocop.dossiers.v1`: what registration admitted, one product's events in sequence; no personal data, no options."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.event import CommuneCode, Event, LongText, Part, Reference, Sha256, Text, UnitCode


class DossierEvent(Event):
    """An admitted fact."""

    family = "dossiers"


class ProductRegistered(DossierEvent):
    """The product has an identity; its id is the subject of every later event about it."""

    product_id: UUID
    unit: UnitCode
    reference: Reference
    producer_id: UUID
    name: Text
    criteria_set: int
    commune_code: CommuneCode


class DossierFiled(DossierEvent):
    """A dossier is open; the regime it was filed under stays with it to its end (articles 11 and 12)."""

    dossier_id: UUID
    product_id: UUID
    unit: UnitCode
    reference: Reference
    kind: Literal["first", "upgrade", "renewal"]
    filed_on: date
    regime: Reference
    rulebook: Reference
    criteria_set: int
    producer_id: UUID
    product_name: Text
    commune_code: CommuneCode


class CommuneAssessed(DossierEvent):
    """The commune's report came in; `number` is the product's official number `T-X-STT-year`."""

    dossier_id: UUID
    received_on: date
    assessed_on: date
    local_material: bool
    local_labour: bool
    product_idea: bool
    local_identity: bool
    outcome: Literal["evaluation_requested", "returned"]
    document_number: Text
    reason: LongText | None
    number: Reference | None


class SeatedMember(Part):
    """A seat, as the session knows it."""

    member_id: Reference
    role: Literal["chair", "secretary", "member", "expert"]


class SeatedByLaw(Part):
    """The by-law in force on the day of the session.

    `deviation_points_max` and `rescore_rounds_max` are the act's defaults where the by-law is silent; None: no limit.
    """

    quorum_members: int | None
    quorum_share: str | None
    chair_required: bool
    deviation_points_max: int | None = None
    rescore_rounds_max: int = 0


class CouncilSeated(DossierEvent):
    """A council will sit over this dossier: a snapshot of its members and by-law."""

    dossier_id: UUID
    session_id: UUID
    level: Reference
    round: Reference
    meets_on: date
    council_id: UUID
    members: tuple[SeatedMember, ...]
    by_law: SeatedByLaw
    mode: Literal["meeting", "written"] = "meeting"


class DecisionApproved(DossierEvent):
    """The authority of `unit` decided on this dossier (articles 4.1, 7.3.e, 7.4.e)."""

    dossier_id: UUID
    decision_id: UUID
    unit: UnitCode
    level: Reference
    kind: Literal["recognise", "approve_for_central", "end_without_certificate"]
    stars: Annotated[int, Field(ge=1, le=5)] | None
    number: Text
    decided_on: date
    signatory: Text
    document_sha256: Sha256


class CentralEvaluationRequested(DossierEvent):
    """The province sent the dossier up (articles 6.3 and 7.3.e)."""

    dossier_id: UUID
    unit: UnitCode
    requested_on: date
    document_number: Text


class Correction(DossierEvent):
    """What all corrections say: which dossier, under which id, and how many closings of its sessions came before.

    `closings` counts the `SessionClosed` about this dossier that stand on `sheets` before it, so that readers of both
    topics agree on what was found before the correction, however the topics interleave.
    """

    dossier_id: UUID
    correction_id: UUID
    closings: Annotated[int, Field(ge=0)]
    reason: LongText


class SessionAnnulled(Correction):
    """The authority annulled a sitting over this dossier (article 10.1.b)."""

    session_id: UUID
    annulled_on: date
    document_number: Text


class DecisionAnnulled(Correction):
    """The authority of `unit` annulled its decision on this dossier (article 10.1.b); `number` is the decision's."""

    decision_id: UUID
    unit: UnitCode
    number: Text
    annulled_on: date
    document_number: Text


class DossierWithdrawn(Correction):
    """The producer took the dossier back; it is over (not in the act)."""

    withdrawn_on: date


class DayOpened(DossierEvent):
    """A day began; published once to each partition, subject `day/<partition>`."""

    date: date


DOSSIERS: tuple[type[DossierEvent], ...] = (
    ProductRegistered,
    DossierFiled,
    CommuneAssessed,
    CouncilSeated,
    DecisionApproved,
    CentralEvaluationRequested,
    DayOpened,
    SessionAnnulled,
    DecisionAnnulled,
    DossierWithdrawn,
)
