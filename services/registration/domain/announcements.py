"""What registration announces: facts about one product, one recipient, or one day; field names are the contract's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal
from uuid import UUID

from services.registration.domain.facts import AssessmentOutcome, DecisionKind, Delegation, DossierKind, Member, Mode

TopicName = Literal["dossiers", "sheets", "contacts"]


@dataclass(frozen=True, slots=True)
class ContactSet:
    """The latest address of a recipient: a producer's id, `commune-<code>` or `province-<code>`. Personal data."""

    recipient_id: str
    kind: Literal["producer", "commune", "province"]
    name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class ProductKnown:
    """The product has an identity."""

    product_id: UUID
    unit: str
    reference: str
    producer_id: UUID
    name: str
    criteria_set: int
    commune_code: str


@dataclass(frozen=True, slots=True)
class Late:
    """A renewal came after its last day in time; `article` says what becomes of it (12.3)."""

    certificate_id: UUID | None
    expires_on: date
    article: str


@dataclass(frozen=True, slots=True)
class DossierOpened:
    """A dossier is open under the regime of its filing day (articles 11 and 12)."""

    dossier_id: UUID
    product_id: UUID
    unit: str
    reference: str
    kind: DossierKind
    filed_on: date
    regime: str
    rulebook: str
    criteria_set: int
    producer_id: UUID
    product_name: str
    commune_code: str
    late_for: Late | None = None


@dataclass(frozen=True, slots=True)
class AssessmentReceived:
    """The commune's report came in; `number` is the official number where evaluation was requested."""

    dossier_id: UUID
    received_on: date
    assessed_on: date
    local_material: bool
    local_labour: bool
    product_idea: bool
    local_identity: bool
    outcome: AssessmentOutcome
    document_number: str
    reason: str | None
    number: str | None
    supplements: int = 0


@dataclass(frozen=True, slots=True)
class SeatedByLaw:
    """The council's own parameters, the act's defaults where its by-law is silent of the last two."""

    quorum_members: int | None
    quorum_share: str | None
    chair_required: bool
    deviation_points_max: int | None
    rescore_rounds_max: int


@dataclass(frozen=True, slots=True)
class CouncilSeated:
    """A council will sit over this dossier: a snapshot of its members and by-law."""

    dossier_id: UUID
    session_id: UUID
    level: str
    round: str
    meets_on: date
    council_id: UUID
    members: tuple[Member, ...]
    by_law: SeatedByLaw
    mode: Mode


@dataclass(frozen=True, slots=True)
class SheetGiven:
    """One member scored the dossier."""

    dossier_id: UUID
    session_id: UUID
    member_id: str
    signed_on: date
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StruckOut:
    """Why the council disqualified the dossier."""

    ground: str
    reason: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The session over this dossier ended."""

    dossier_id: UUID
    session_id: UUID
    closed_on: date
    present: tuple[str, ...]
    agreed: Mapping[str, int] | None
    struck_out: StruckOut | None
    corrections: int = 0
    apart: bool = False
    chaired_by: Delegation | None = None
    supplements: int = 0


@dataclass(frozen=True, slots=True)
class DecisionReceived:
    """The authority of `unit` decided on this dossier."""

    dossier_id: UUID
    decision_id: UUID
    unit: str
    level: str
    kind: DecisionKind
    stars: int | None
    number: str
    decided_on: date
    signatory: str
    document_sha256: str


@dataclass(frozen=True, slots=True)
class CentralRequestReceived:
    """The province sent the dossier up."""

    dossier_id: UUID
    unit: str
    requested_on: date
    document_number: str


@dataclass(frozen=True, slots=True)
class ProvincialRequestReceived(CentralRequestReceived):
    """A district of the province sent the dossier up."""


@dataclass(frozen=True, slots=True)
class ResultTaken:
    """A council's result was taken over from a paper."""

    dossier_id: UUID
    session_id: UUID
    level: str
    closed_on: date
    total: Fraction
    stars: int
    document_number: str
    document_sha256: str
    supplements: int = 0


@dataclass(frozen=True, slots=True)
class SheetReplaced(SheetGiven):
    """One member's earlier sheet is replaced."""

    reason: str


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """A member takes no part over this dossier."""

    dossier_id: UUID
    session_id: UUID
    member_id: str
    declared_on: date


@dataclass(frozen=True, slots=True)
class OpinionsSetAside:
    """This dossier goes from written opinion to a meeting."""

    dossier_id: UUID
    session_id: UUID
    meeting_id: UUID


@dataclass(frozen=True, slots=True)
class SessionTakenBack:
    """A sitting over this dossier was annulled."""

    dossier_id: UUID
    correction_id: UUID
    closings: int
    reason: str
    session_id: UUID
    annulled_on: date
    document_number: str


@dataclass(frozen=True, slots=True)
class DecisionTakenBack:
    """A decision on this dossier was annulled."""

    dossier_id: UUID
    correction_id: UUID
    closings: int
    reason: str
    decision_id: UUID
    unit: str
    number: str
    annulled_on: date
    document_number: str


@dataclass(frozen=True, slots=True)
class DossierTakenBack:
    """The producer took the dossier back."""

    dossier_id: UUID
    correction_id: UUID
    closings: int
    reason: str
    withdrawn_on: date


@dataclass(frozen=True, slots=True)
class InspectionHeard:
    """An inspection of the product was concluded, with a `ground` on a violation."""

    product_id: UUID
    unit: str
    inspected_on: date
    concluded_on: date
    document_number: str
    ground: str | None


@dataclass(frozen=True, slots=True)
class ProductionStopped:
    """The commune confirmed that the product is made no more."""

    product_id: UUID
    unit: str
    confirmed_on: date
    document_number: str


@dataclass(frozen=True, slots=True)
class WithdrawalReceived:
    """The authority of `unit` decided to withdraw the product's certificate."""

    product_id: UUID
    decision_id: UUID
    unit: str
    level: str
    ground: str
    number: str
    withdrawn_on: date
    signatory: str
    document_sha256: str


@dataclass(frozen=True, slots=True)
class SupplementWanted:
    """The office of the level asked for what is missing; the `number`th fact about the dossier's supplements."""

    dossier_id: UUID
    supplement_id: UUID
    number: int
    level: str
    asked_on: date
    document_number: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupplementOver:
    """What was missing came, or something came without it."""

    dossier_id: UUID
    supplement_id: UUID
    number: int
    level: str
    ended_on: date
    cause: Literal["received", "overtaken"]
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DayOpened:
    """A day began."""

    date: date


Announcement = (
    ContactSet
    | ProductKnown
    | DossierOpened
    | AssessmentReceived
    | CouncilSeated
    | SheetGiven
    | SessionEnded
    | DecisionReceived
    | CentralRequestReceived
    | DayOpened
    | SheetReplaced
    | MemberLeft
    | OpinionsSetAside
    | SessionTakenBack
    | DecisionTakenBack
    | DossierTakenBack
    | ProvincialRequestReceived
    | ResultTaken
    | InspectionHeard
    | ProductionStopped
    | WithdrawalReceived
    | SupplementWanted
    | SupplementOver
)


@dataclass(frozen=True, slots=True)
class Published:
    """One announcement with its place: `sequence` is the version of `subject` on `topic`, from 1 without gaps."""

    topic: TopicName
    subject: str
    sequence: int
    fact: Announcement
