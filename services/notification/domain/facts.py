"""What notification takes in: dossiers, contacts, and the facts that concern a producer and a commune."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Basis:
    """The act and the articles that a fact rests on."""

    act: str
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """An open or past dossier of the product: whose it is and where it was filed."""

    dossier_id: UUID
    unit: str
    product_name: str
    producer_id: UUID
    commune_code: str


@dataclass(frozen=True, slots=True)
class Contact:
    """How a recipient is reached; of two the one with the higher `version` holds."""

    recipient_id: str
    version: int
    kind: Literal["producer", "commune", "province"]
    name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Returned:
    """The commune gave the dossier back (article 7.2)."""

    fact_on: date
    reason: str | None
    basis: Basis
    kind: Literal["returned"] = "returned"


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The authority of `level` approved the result and sent the dossier up to the level `to` (articles 6.3, 7.3.e)."""

    fact_on: date
    decision_number: str
    basis: Basis
    kind: Literal["forwarded"] = "forwarded"
    level: str = "province"
    to: str = "central"


@dataclass(frozen=True, slots=True)
class Recognised:
    """The authority of `level` recognised the product and issued a certificate (articles 4.1 and 4.3)."""

    fact_on: date
    level: str
    stars: int
    decision_number: str
    expires_on: date
    basis: Basis
    kind: Literal["recognised"] = "recognised"


@dataclass(frozen=True, slots=True)
class Ended:
    """The dossier is over without a certificate (article 4.1.a); `stars` is None where it was struck out."""

    fact_on: date
    level: str
    stars: int | None
    decision_number: str
    basis: Basis
    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True)
class Annulled:
    """What an earlier notice told (`told`, resting on `decision_number`) counts no more (article 10.1.b).

    `to` is the level to which the dossier had been forwarded, if that was told. `restored`: the certificate that had
    ended with the decision has not.
    """

    fact_on: date
    told: Literal["forwarded", "recognised", "ended"]
    decision_number: str
    document_number: str
    reason: str
    basis: Basis
    kind: Literal["annulled"] = "annulled"
    to: str = "central"
    restored: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The producer took the dossier back (not in the act)."""

    fact_on: date
    reason: str
    basis: Basis
    kind: Literal["withdrawn"] = "withdrawn"


@dataclass(frozen=True, slots=True)
class RenewalReminder:
    """The certificate ends on `expires_on`; a renewal is in time from `opens_on` through `closes_on` (7.6.a)."""

    fact_on: date
    opens_on: date
    closes_on: date
    expires_on: date
    basis: Basis
    kind: Literal["renewal_reminder"] = "renewal_reminder"


@dataclass(frozen=True, slots=True)
class CertificateWithdrawn:
    """The authority of `level` withdrew the certificate on a ground of article 8.1."""

    fact_on: date
    level: str
    ground: str
    decision_number: str
    basis: Basis
    kind: Literal["certificate_withdrawn"] = "certificate_withdrawn"


@dataclass(frozen=True, slots=True)
class CertificateExtended:
    """The certificate stays valid past `fact_on`, its own last day, until its renewal has a result (article 12.3).

    `until` is the last day on which it may.
    """

    fact_on: date
    until: date
    basis: Basis
    kind: Literal["certificate_extended"] = "certificate_extended"


@dataclass(frozen=True, slots=True)
class CertificateEnded:
    """The certificate's last valid day was `fact_on`, and no other took its place (articles 4.3 and 12.3)."""

    fact_on: date
    basis: Basis
    kind: Literal["certificate_ended"] = "certificate_ended"


@dataclass(frozen=True, slots=True)
class SupplementAsked:
    """The office of `level` waits for the producer to complete the dossier with what is `missing` (article 7.3.a)."""

    fact_on: date
    level: str
    document_number: str
    missing: tuple[str, ...]
    basis: Basis
    kind: Literal["supplement_asked"] = "supplement_asked"


@dataclass(frozen=True, slots=True)
class RoundMissed:
    """The request to the council of `level` came after `requests_until`, the last day in time for its round `missed`.

    The dossier is in round `number`, which ends on `ends_on` (article 5).
    """

    fact_on: date
    level: str
    missed: int
    requests_until: date
    number: int
    ends_on: date
    basis: Basis
    kind: Literal["round_missed"] = "round_missed"


Particulars = (
    Returned
    | Forwarded
    | Recognised
    | Ended
    | Annulled
    | Withdrawn
    | RenewalReminder
    | CertificateWithdrawn
    | CertificateExtended
    | CertificateEnded
    | SupplementAsked
    | RoundMissed
)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A correction: of what was told on `decision_number`, nothing counts any more, not even a certificate's end."""

    about: UUID
    recorded_ms: int
    dossier_id: UUID
    fact_on: date
    decision_number: str
    document_number: str
    reason: str
    basis: Basis
    restored: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """A fact that concerns people: the event that told it, when it became known, and what it says."""

    about: UUID
    recorded_ms: int
    dossier_id: UUID
    particulars: Particulars
