"""`ocop.dossiers.v1`: what registration admitted, one product's events in sequence; no personal data, no options."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.event import (
    CommuneCode,
    Event,
    Exact,
    LongText,
    Part,
    Reference,
    Sha256,
    Text,
    UnitCode,
    WithdrawalGround,
)


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


class Late(Part):
    """The renewal came after the last day of 7.6.a: `article` is what becomes of it then.

    `expires_on` is the last day of the certificate to renew; its id is null where it was issued before we knew of it.
    """

    certificate_id: UUID | None
    expires_on: date
    article: Text


class DossierFiled(DossierEvent):
    """A dossier is open; the regime it was filed under stays with it to its end (articles 11 and 12).

    `late_for` flags a renewal that was filed late; null for any other dossier.
    """

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
    late_for: Late | None = None


class CommuneAssessed(DossierEvent):
    """The commune's report came in; `number` is the product's official number `T-X-STT-year`.

    The facts about `supplements` up to this number stand on `dossiers` before it.
    """

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
    supplements: Annotated[int, Field(ge=0)] = 0


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
    kind: Literal["recognise", "approve_for_central", "end_without_certificate", "approve_for_province"]
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


class ProvincialEvaluationRequested(DossierEvent):
    """A district of the province `unit` sent the dossier up to it, by an act that knows districts."""

    dossier_id: UUID
    unit: UnitCode
    requested_on: date
    document_number: Text


class ResultImported(DossierEvent):
    """What a council found under an act whose criteria are not to be had; `session_id` names that sitting.

    The facts about `supplements` up to this number stand on `dossiers` before it.
    """

    dossier_id: UUID
    session_id: UUID
    level: Reference
    closed_on: date
    total: Exact
    stars: Annotated[int, Field(ge=1, le=5)]
    document_number: Text
    document_sha256: Sha256
    supplements: Annotated[int, Field(ge=0)] = 0


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


class InspectionConcluded(DossierEvent):
    """An authority concluded an inspection; with a `ground`, on a violation (articles 8.1 and 9)."""

    product_id: UUID
    unit: UnitCode
    inspected_on: date
    concluded_on: date
    document_number: Text
    ground: WithdrawalGround | None


class ProductionStopConfirmed(DossierEvent):
    """The commune confirmed that the product is made no more (articles 8.1.đ and 8.4)."""

    product_id: UUID
    unit: UnitCode
    confirmed_on: date
    document_number: Text


class CertificateWithdrawn(DossierEvent):
    """The authority of `unit` decided to withdraw the product's certificate (articles 8.2 and 8.3)."""

    product_id: UUID
    decision_id: UUID
    unit: UnitCode
    level: Reference
    ground: WithdrawalGround
    number: Text
    withdrawn_on: date
    signatory: Text
    document_sha256: Sha256


class Supplement(DossierEvent):
    """What is said of a supplement: the `number`th such fact about the dossier, for the stage of `level`.

    Findings count the facts before them, so that readers of other topics agree on what came first.
    """

    dossier_id: UUID
    supplement_id: UUID
    number: Annotated[int, Field(ge=1)]
    level: Reference


class SupplementAsked(Supplement):
    """The office of the level asked the producer for what is missing (article 7.3.a)."""

    asked_on: date
    document_number: Text
    missing: tuple[Text, ...]


class SupplementEnded(Supplement):
    """Nothing is waited for any more.

    `received`: the papers came, by their hashes. `overtaken`: the level found, or a correction came, without them.
    """

    ended_on: date
    cause: Literal["received", "overtaken"]
    documents: tuple[Sha256, ...] = ()


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
    ProvincialEvaluationRequested,
    ResultImported,
    InspectionConcluded,
    ProductionStopConfirmed,
    CertificateWithdrawn,
    SupplementAsked,
    SupplementEnded,
)
