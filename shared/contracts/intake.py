"""What a province's or the ministry's system tells us, on `ocop.intake.<unit>.v1`, in the order it happens."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from shared.contracts.event import (
    CommuneCode,
    Email,
    Event,
    LongText,
    Naming,
    Options,
    Part,
    Reference,
    Sha256,
    Text,
    WithdrawalGround,
)

ITEMS_MAX = 500

_STRICT = ConfigDict(frozen=True, strict=True, extra="forbid")


class IntakeEvent(Event):
    """An event from outside: an unknown field is refused, so that a slip in a name is seen at once."""

    model_config = _STRICT
    family = "intake"


class IntakePart(Part):
    """A value inside an intake event."""

    model_config = _STRICT


class Contact(IntakePart):
    """How a producer is reached. Personal data: it leaves registration on `ocop.contacts.v1` alone."""

    email: Email | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 .-]{8,20}$")] | None = None
    representative: Text | None = None


class OfficeRegistered(IntakeEvent):
    """A commune's People's Committee has an address for notices (article 7.3.g)."""

    commune_code: CommuneCode
    name: Text
    email: Email


class ProvincialOfficeRegistered(IntakeEvent):
    """The province's own office for OCOP has an address for notices (articles 7.3.a and 7.3.g)."""

    name: Text
    email: Email


class ProducerRegistered(IntakeEvent):
    """A producer is known to its commune (article 2.3)."""

    reference: Reference
    name: Text
    kind: Literal[
        "enterprise", "cooperative", "cooperative_group", "household", "farm", "association", "tourism_centre"
    ]
    commune_code: CommuneCode
    contact: Contact


class ProductRegistered(IntakeEvent):
    """A producer makes a product of one criteria set (article 2.2)."""

    reference: Reference
    producer: Naming
    name: Text
    criteria_set: Annotated[int, Field(ge=1, le=26)]


class Document(IntakePart):
    """A paper of a dossier, kept by the sender; only its hash comes to us."""

    name: Text
    sha256: Sha256


class RenewedCertificate(IntakePart):
    """A certificate that was issued before its product came to us; `expires_on` is its last valid day."""

    number: Text
    expires_on: date


class DossierFiled(IntakeEvent):
    """The producer filed a dossier at the commune (articles 6.1 and 7.1).

    `criteria_set` is the set's number in the act of the filing day, where it is not the product's: acts number anew.
    `renews` is needed for a renewal whose product has no certificate here; a certificate issued here goes before it.
    """

    reference: Reference
    product: Naming
    kind: Literal["first", "upgrade", "renewal"]
    filed_on: date
    criteria_set: Annotated[int, Field(ge=1, le=26)] | None = None
    self_assessment: Options | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=200)] = ()
    renews: RenewedCertificate | None = None


class Finding(IntakePart):
    """What the commune found on one head of its report."""

    met: bool
    remark: LongText = ""


class Findings(IntakePart):
    """The four heads of the commune's report (article 7.2.a, form 03)."""

    local_material: Finding
    local_labour: Finding
    product_idea: Finding
    local_identity: Finding


class CommuneAssessed(IntakeEvent):
    """The commune checked the dossier and asks the province to evaluate it, or returns it (article 7.2).

    `product_number` is the official number by the commune's own register; without it the next one is given.
    """

    dossier: Naming
    received_on: date
    assessed_on: date
    findings: Findings
    outcome: Literal["evaluation_requested", "returned"]
    document_number: Text
    reason: LongText | None = None
    product_number: Reference | None = None


class CouncilMember(IntakePart):
    """A seat on a council."""

    member_id: Reference
    name: Text
    agency: Text
    role: Literal["chair", "secretary", "member", "expert"]


class ByLaw(IntakePart):
    """The council's own parameters; the act leaves them to its by-law (article 7.3.b).

    Members' totals of one dossier lie at most `deviation_points_max` points apart ("none": no limit); beyond it the
    council scores again, `rescore_rounds_max` times at most. Where the by-law is silent the act's defaults hold.
    """

    quorum_members: Annotated[int, Field(ge=1, le=50)] | None = None
    quorum_share: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?/[1-9][0-9]?$")] | None = None
    chair_required: bool = True
    deviation_points_max: Annotated[int, Field(ge=0, le=100)] | Literal["none"] | None = None
    rescore_rounds_max: Annotated[int, Field(ge=0, le=10)] | None = None


class CouncilFormed(IntakeEvent):
    """An authority set up a council and its by-law (articles 7.3.b and 7.4.b); a province speaks for its districts."""

    reference: Reference
    level: Literal["province", "central", "district"]
    decision_number: Text
    decided_on: date
    members: Annotated[tuple[CouncilMember, ...], Field(min_length=1, max_length=50)]
    by_law: ByLaw


class DossiersScheduled(IntakeEvent):
    """A council will sit over these dossiers on a day; renewals may be scored by written opinion (articles 7.6.d, e).

    By written opinion whoever handed in a sheet counts as present. A meeting of the same council takes a dossier out of
    a written session that has not closed.
    """

    session: Reference
    council: Naming
    round: Reference
    meets_on: date
    dossiers: Annotated[tuple[Naming, ...], Field(min_length=1, max_length=ITEMS_MAX)]
    mode: Literal["meeting", "written"] = "meeting"


class ScoreSheetSubmitted(IntakeEvent):
    """One member's choice of options, by position from 1, for one dossier."""

    session: Naming
    dossier: Naming
    member_id: Reference
    signed_on: date
    options: Options


class AgreedOptions(IntakePart):
    """The options the council agreed for a dossier; star marks are judged on them."""

    dossier: Naming
    options: Options


class Disqualification(IntakePart):
    """The council struck a dossier out, on a ground of the criteria set."""

    dossier: Naming
    ground: Text
    reason: LongText


class Delegation(IntakePart):
    """Who chaired in the chair's place, and the document that delegates it (articles 7.3.b and 7.4.b)."""

    member_id: Reference
    document_number: Text


class SessionClosed(IntakeEvent):
    """A council's session ended: who was present, what was agreed, which dossiers were struck out.

    `present` is empty for a written opinion. Refused while members' totals lie too far apart and a round of scoring
    again is left; the session is then closed again by a new event.
    """

    session: Naming
    closed_on: date
    present: Annotated[tuple[Reference, ...], Field(max_length=50)]
    agreed: Annotated[tuple[AgreedOptions, ...], Field(max_length=ITEMS_MAX)] = ()
    disqualified: Annotated[tuple[Disqualification, ...], Field(max_length=ITEMS_MAX)] = ()
    chaired_by: Delegation | None = None


class DecidedResult(IntakePart):
    """The stars an authority's decision gives one dossier; null where it was struck out."""

    dossier: Naming
    stars: Annotated[int, Field(ge=1, le=5)] | None


class DecisionApproved(IntakeEvent):
    """The authority decided: recognises (certificate), approves for the council above, or ends without certificate.

    Articles 4.1, 7.3.e and 7.4.e. Where no decision of recognition is due (below three stars, article 4.1.a) the
    number is that of the announcement of the result. `level` is the authority's; without it a province decides as
    province, the ministry as centre. A province sends its districts' decisions, by acts that know districts.
    """

    kind: Literal["recognise", "approve_for_central", "end_without_certificate", "approve_for_province"]
    number: Text
    decided_on: date
    signatory: Text
    document_sha256: Sha256
    results: Annotated[tuple[DecidedResult, ...], Field(min_length=1, max_length=ITEMS_MAX)]
    level: Literal["province", "central", "district"] | None = None


class CentralEvaluationRequested(IntakeEvent):
    """The province sent the dossier up and asks the ministry to evaluate it (articles 6.3 and 7.3.e)."""

    dossier: Naming
    requested_on: date
    document_number: Text


class ProvincialEvaluationRequested(IntakeEvent):
    """A district sent the dossier up and asks its province to evaluate it, by an act that knows districts."""

    dossier: Naming
    requested_on: date
    document_number: Text


class ResultImported(IntakeEvent):
    """A council's result under an act whose criteria are not to be had: total, stars, and the paper they stand in.

    `session` is the sender's own reference for that sitting, which can be annulled by it; `total` is as printed.
    """

    session: Reference
    dossier: Naming
    level: Literal["province", "central", "district"]
    closed_on: date
    total: Annotated[str, StringConstraints(pattern=r"^(100(\.0{1,6})?|[0-9]{1,2}(\.[0-9]{1,6})?)$")]
    stars: Annotated[int, Field(ge=1, le=5)]
    document_number: Text
    document_sha256: Sha256


class ScoreSheetSuperseded(IntakeEvent):
    """A member's earlier sheet for a dossier is replaced by this one, before the session closed.

    After the closing the sheet stands; the session must be annulled and held again (not in the act).
    """

    session: Naming
    dossier: Naming
    member_id: Reference
    signed_on: date
    options: Options
    reason: LongText


class MemberRecused(IntakeEvent):
    """A member takes no part over these dossiers of a session that has not closed, or all of them (not in the act).

    From then on the member's sheets for them are refused, and those given count no more.
    """

    session: Naming
    member_id: Reference
    ground: LongText
    declared_on: date
    dossiers: Annotated[tuple[Naming, ...], Field(max_length=ITEMS_MAX)] = ()


class SessionAnnulled(IntakeEvent):
    """The authority that set up the council annulled a sitting (article 10.1.b), over all its dossiers or some.

    What the sitting found counts for nothing; each dossier may be scheduled again.
    """

    session: Naming
    annulled_on: date
    document_number: Text
    reason: LongText
    dossiers: Annotated[tuple[Naming, ...], Field(max_length=ITEMS_MAX)] = ()


class DecisionAnnulled(IntakeEvent):
    """The authority annulled its own decision (article 10.1.b), for all its dossiers or for those named.

    `decision_number` is the number of the decision that falls, `document_number` that of the paper that says so.
    """

    decision_number: Text
    annulled_on: date
    document_number: Text
    reason: LongText
    dossiers: Annotated[tuple[Naming, ...], Field(max_length=ITEMS_MAX)] = ()


class DossierWithdrawn(IntakeEvent):
    """The producer took its dossier back before an authority had decided on it (not in the act)."""

    dossier: Naming
    withdrawn_on: date
    reason: LongText


class NumbersCarriedOver(IntakeEvent):
    """A commune's own register had given the official numbers 1 to `last` of a year before its dossiers came to us.

    Said before the first number of that year is given here (26/2026, form 01: the commune keeps the running number).
    """

    commune_code: CommuneCode
    year: Annotated[int, Field(ge=2018, le=2100)]
    last: Annotated[int, Field(ge=1, le=9999)]


class InspectionConcluded(IntakeEvent):
    """An authority concluded an inspection of a product (articles 8.1 and 9).

    With a `ground` it is the conclusion on a violation, from which the days to withdraw the certificate run (8.4).
    """

    product: Naming
    agency: Text
    inspected_on: date
    concluded_on: date
    document_number: Text
    ground: WithdrawalGround | None = None
    summary: LongText = ""


class ProductionStopConfirmed(IntakeEvent):
    """The commune confirmed that the producer makes the product no more (articles 8.1.đ and 8.4)."""

    product: Naming
    confirmed_on: date
    document_number: Text


class CertificateWithdrawn(IntakeEvent):
    """The authority that the product's stars require withdrew its certificate (articles 8.2 and 8.3)."""

    product: Naming
    ground: WithdrawalGround
    number: Text
    withdrawn_on: date
    signatory: Text
    document_sha256: Sha256


class SupplementAsked(IntakeEvent):
    """The office of a level finds the dossier incomplete, and asks its producer for what is missing (article 7.3.a).

    `supplement` is the sender's own reference, one for each asking about a dossier; a dossier has one open at a time.
    """

    supplement: Reference
    dossier: Naming
    level: Literal["commune", "district", "province", "central"]
    asked_on: date
    document_number: Text
    missing: Annotated[tuple[Text, ...], Field(min_length=1, max_length=50)]


class SupplementReceived(IntakeEvent):
    """What was asked for under `supplement` came in; the papers stay with the sender."""

    supplement: Reference
    dossier: Naming
    received_on: date
    documents: Annotated[tuple[Document, ...], Field(min_length=1, max_length=200)]


class DayStarted(IntakeEvent):
    """The next day of a scripted calendar began; only a pipeline that plays a season listens to it."""

    date: date


INTAKE: tuple[type[IntakeEvent], ...] = (
    OfficeRegistered,
    ProducerRegistered,
    ProductRegistered,
    DossierFiled,
    CommuneAssessed,
    CouncilFormed,
    DossiersScheduled,
    ScoreSheetSubmitted,
    SessionClosed,
    DecisionApproved,
    CentralEvaluationRequested,
    DayStarted,
    ScoreSheetSuperseded,
    SessionAnnulled,
    DecisionAnnulled,
    DossierWithdrawn,
    ProvincialEvaluationRequested,
    ResultImported,
    NumbersCarriedOver,
    InspectionConcluded,
    ProductionStopConfirmed,
    CertificateWithdrawn,
    MemberRecused,
    SupplementAsked,
    SupplementReceived,
    ProvincialOfficeRegistered,
)
