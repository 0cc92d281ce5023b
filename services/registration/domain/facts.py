"""What a province or the ministry says, as the rules of admission see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal
from uuid import UUID

DossierKind = Literal["first", "upgrade", "renewal"]
AssessmentOutcome = Literal["evaluation_requested", "returned"]
DecisionKind = Literal["recognise", "approve_for_central", "end_without_certificate", "approve_for_province"]
Mode = Literal["meeting", "written"]


@dataclass(frozen=True, slots=True)
class Naming:
    """One thing, named by our `id`, by an official `number`, or by the `reference` of `unit` (None: the sender's)."""

    id: UUID | None = None
    number: str | None = None
    reference: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class OfficeRegistered:
    """A commune's People's Committee has an address for notices (article 7.3.g)."""

    commune_code: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ProvincialOfficeRegistered:
    """The sender's own office for OCOP has an address for notices (articles 7.3.a and 7.3.g)."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ProducerRegistered:
    """A producer is known to its commune (article 2.3)."""

    reference: str
    name: str
    commune_code: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class ProductRegistered:
    """A producer makes a product of one criteria set (article 2.2)."""

    reference: str
    producer: Naming
    name: str
    criteria_set: int


@dataclass(frozen=True, slots=True)
class Renewed:
    """A certificate that was issued before its product came to us; `expires_on` is its last valid day."""

    expires_on: date


@dataclass(frozen=True, slots=True)
class DossierFiled:
    """The producer filed a dossier at the commune (articles 6.1 and 7.1); `criteria_set` None: its product's."""

    reference: str
    product: Naming
    kind: DossierKind
    filed_on: date
    self_assessment: Mapping[str, int] | None
    criteria_set: int | None = None
    renews: Renewed | None = None


@dataclass(frozen=True, slots=True)
class CommuneAssessed:
    """The commune asks the province to evaluate the dossier, or returns it (article 7.2).

    `product_number` is the official number by the commune's own register, as it writes it.
    """

    dossier: Naming
    received_on: date
    assessed_on: date
    local_material: bool
    local_labour: bool
    product_idea: bool
    local_identity: bool
    outcome: AssessmentOutcome
    document_number: str
    reason: str | None
    product_number: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A seat on a council."""

    member_id: str
    role: Literal["chair", "secretary", "member", "expert"]


@dataclass(frozen=True, slots=True)
class ByLaw:
    """The council's own parameters (article 7.3.b); the act's defaults hold where it is silent of the last two."""

    quorum_members: int | None
    quorum_share: str | None
    chair_required: bool
    deviation_points_max: int | Literal["none"] | None = None
    rescore_rounds_max: int | None = None


@dataclass(frozen=True, slots=True)
class CouncilFormed:
    """An authority set up a council and its by-law (articles 7.3.b and 7.4.b)."""

    reference: str
    level: str
    decided_on: date
    members: tuple[Member, ...]
    by_law: ByLaw


@dataclass(frozen=True, slots=True)
class DossiersScheduled:
    """A council will sit over these dossiers on a day; `session` is the sender's reference for that sitting."""

    session: str
    council: Naming
    round: str
    meets_on: date
    dossiers: tuple[Naming, ...]
    mode: Mode = "meeting"


@dataclass(frozen=True, slots=True)
class ScoreSheetSubmitted:
    """One member's choice of options, by position from 1, for one dossier."""

    session: Naming
    dossier: Naming
    member_id: str
    signed_on: date
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Agreed:
    """The options the council agreed for one dossier."""

    dossier: Naming
    options: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Disqualified:
    """The council struck a dossier out."""

    dossier: Naming
    ground: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """Who chaired in the chair's place, and by which document."""

    member_id: str
    document_number: str


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A council's session ended."""

    session: Naming
    closed_on: date
    present: tuple[str, ...]
    agreed: tuple[Agreed, ...]
    disqualified: tuple[Disqualified, ...]
    chaired_by: Delegation | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The stars a decision gives one dossier; None where it was struck out."""

    dossier: Naming
    stars: int | None


@dataclass(frozen=True, slots=True)
class DecisionApproved:
    """The authority decided on one or many dossiers (articles 4.1, 7.3.e and 7.4.e); `level` None: the sender's own."""

    kind: DecisionKind
    number: str
    decided_on: date
    signatory: str
    document_sha256: str
    results: tuple[Result, ...]
    level: str | None = None


@dataclass(frozen=True, slots=True)
class CentralEvaluationRequested:
    """The province asks the ministry to evaluate the dossier (articles 6.3 and 7.3.e)."""

    dossier: Naming
    requested_on: date
    document_number: str


@dataclass(frozen=True, slots=True)
class ProvincialEvaluationRequested(CentralEvaluationRequested):
    """A district asks its province to evaluate the dossier."""


@dataclass(frozen=True, slots=True)
class ResultImported:
    """What a council found under an act whose criteria are not to be had; `session` is the sender's name for it."""

    session: str
    dossier: Naming
    level: str
    closed_on: date
    total: Fraction
    stars: int
    document_number: str
    document_sha256: str


@dataclass(frozen=True, slots=True)
class ScoreSheetSuperseded(ScoreSheetSubmitted):
    """One member's sheet in the place of an earlier one."""

    reason: str


@dataclass(frozen=True, slots=True)
class MemberRecused:
    """A member takes no part over these dossiers of a session; none named means all."""

    session: Naming
    member_id: str
    declared_on: date
    dossiers: tuple[Naming, ...]


@dataclass(frozen=True, slots=True)
class SessionAnnulled:
    """The authority annulled a sitting (article 10.1.b); no `dossiers` means all."""

    session: Naming
    annulled_on: date
    document_number: str
    reason: str
    dossiers: tuple[Naming, ...]


@dataclass(frozen=True, slots=True)
class DecisionAnnulled:
    """The authority annulled its own decision (article 10.1.b); no `dossiers` means all."""

    decision_number: str
    annulled_on: date
    document_number: str
    reason: str
    dossiers: tuple[Naming, ...]


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    """The producer took its dossier back."""

    dossier: Naming
    withdrawn_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class NumbersCarriedOver:
    """The commune's own register had given the numbers 1 to `last` of a year."""

    commune_code: str
    year: int
    last: int


@dataclass(frozen=True, slots=True)
class InspectionConcluded:
    """An authority concluded an inspection of a product, with a `ground` on a violation (articles 8.1 and 9)."""

    product: Naming
    inspected_on: date
    concluded_on: date
    document_number: str
    ground: str | None


@dataclass(frozen=True, slots=True)
class ProductionStopConfirmed:
    """The commune confirmed that the product is made no more (articles 8.1.đ and 8.4)."""

    product: Naming
    confirmed_on: date
    document_number: str


@dataclass(frozen=True, slots=True)
class CertificateWithdrawn:
    """An authority decided to withdraw the product's certificate (articles 8.2 and 8.3)."""

    product: Naming
    ground: str
    number: str
    withdrawn_on: date
    signatory: str
    document_sha256: str


@dataclass(frozen=True, slots=True)
class SupplementAsked:
    """The office of a level asked for what is missing in a dossier (article 7.3.a)."""

    supplement: str
    dossier: Naming
    level: str
    asked_on: date
    document_number: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupplementReceived:
    """What was asked for came in; `documents` are the hashes of its papers."""

    supplement: str
    dossier: Naming
    received_on: date
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayStarted:
    """The next day of a scripted calendar began."""

    day: date


Fact = (
    OfficeRegistered
    | ProvincialOfficeRegistered
    | ProducerRegistered
    | ProductRegistered
    | DossierFiled
    | CommuneAssessed
    | CouncilFormed
    | DossiersScheduled
    | ScoreSheetSubmitted
    | SessionClosed
    | DecisionApproved
    | CentralEvaluationRequested
    | DayStarted
    | ScoreSheetSuperseded
    | MemberRecused
    | SessionAnnulled
    | DecisionAnnulled
    | DossierWithdrawn
    | ProvincialEvaluationRequested
    | ResultImported
    | NumbersCarriedOver
    | InspectionConcluded
    | ProductionStopConfirmed
    | CertificateWithdrawn
    | SupplementAsked
    | SupplementReceived
)
