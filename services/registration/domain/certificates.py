"""What registration keeps of a product's certificate: when it may be renewed, and who says what of withdrawing it.

Promotion alone says whether a certificate was issued or withdrawn; until it has answered, a renewal waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from services.registration.domain.announcements import (
    Announcement,
    InspectionHeard,
    Late,
    ProductionStopped,
    WithdrawalReceived,
)
from services.registration.domain.case import OPERATOR, Admission, Admitted, Case, Draft, in_order
from services.registration.domain.facts import (
    CertificateWithdrawn,
    DossierFiled,
    InspectionConcluded,
    Naming,
    ProductionStopConfirmed,
)
from services.registration.domain.levels import own_level
from services.registration.domain.naming import Found, find, primary
from services.registration.domain.register import Certificate, Dossier, Product, Register, by_id
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words
from shared.rulebooks.model import Regime


@dataclass(frozen=True, slots=True)
class Word:
    """What promotion said of a certificate, or of a decision to withdraw one: issued, withdrawn, or contradicted."""

    kind: Literal["issued", "withdrawn", "contradicted"]
    dossier_id: UUID
    decision_id: UUID
    certificate_id: UUID | None = None
    expires_on: date | None = None


def renewal_window(case: Case, fact: DossierFiled, product: Product, regime: Regime) -> Late | Held | Refused | None:
    """None where the dossier may be filed on its day; Late where it may, and is flagged (articles 7.6.a and 12.3)."""
    if fact.kind != "renewal":
        return None
    if product.withdrawing:
        return case.hold(certificate_answered(product.id))
    certificate = product.certificates[-1] if product.certificates else None
    if certificate is None and fact.renews is not None:
        return _in_window(fact.filed_on, Late(None, fact.renews.expires_on, ""), regime)
    if certificate is None or certificate.withdrawn:
        return refused(Code.NO_CERTIFICATE, "product")
    return _in_window(fact.filed_on, Late(certificate.id, certificate.expires_on, ""), regime)


def _in_window(filed_on: date, renewed: Late, regime: Regime) -> Late | Refused | None:
    """By the days left to the certificate's last one; an act without these clocks knows no window."""
    opens, closes, grace = (regime.clocks.get(f"renewal_{name}") for name in ("opens", "closes", "grace"))
    if opens is None or closes is None or grace is None:
        return None
    left = (renewed.expires_on - filed_on).days
    if left > opens.count:
        first = renewed.expires_on - timedelta(days=opens.count)
        return refused(Code.RENEWAL_TOO_EARLY, "filed_on", _day("sớm nhất", "the first day is", first))
    if left >= closes.count:
        return None
    if left >= -grace.count:
        return replace(renewed, article=grace.article or grace.name)
    last = renewed.expires_on + timedelta(days=grace.count)
    return refused(Code.RENEWAL_TOO_LATE, "filed_on", _day("muộn nhất", "the last day was", last))


def inspection_concluded(case: Case, fact: InspectionConcluded) -> Admission:
    """The product hears of the inspection; what it means for a certificate is promotion's to find."""
    found = _certified(case, fact.product)
    if not isinstance(found, Found):
        return found
    wrong = in_order(("inspected_on", fact.inspected_on), ("concluded_on", fact.concluded_on))
    if (early := wrong or case.untimely(fact.concluded_on)) is not None:
        return early
    return _told(
        case,
        found,
        InspectionHeard(
            product_id=found.entry.id,
            unit=case.unit,
            inspected_on=fact.inspected_on,
            concluded_on=fact.concluded_on,
            document_number=fact.document_number,
            ground=fact.ground,
        ),
    )


def production_stop_confirmed(case: Case, fact: ProductionStopConfirmed) -> Admission:
    """The product hears of the commune's word (articles 8.1.đ and 8.4)."""
    found = _certified(case, fact.product)
    if not isinstance(found, Found):
        return found
    if (early := case.untimely(fact.confirmed_on)) is not None:
        return early
    return _told(case, found, ProductionStopped(found.entry.id, case.unit, fact.confirmed_on, fact.document_number))


def certificate_withdrawn(case: Case, fact: CertificateWithdrawn) -> Admission:
    """The product hears of the decision, and waits for promotion's answer; another province's waits for a person."""
    found = _certified(case, fact.product)
    if isinstance(found, Refused) and found.code == Code.AUTHORITY_LACKING:
        return case.hold(OPERATOR)
    if not isinstance(found, Found):
        return found
    if (early := case.untimely(fact.withdrawn_on)) is not None:
        return early
    identity = case.identity("withdrawal", case.event_id)
    draft = Draft(case.register)
    draft.put(found.key, replace(found.entry, withdrawing=(*found.entry.withdrawing, identity)))
    received = WithdrawalReceived(
        product_id=found.entry.id,
        decision_id=identity,
        unit=case.unit,
        level=own_level(case),
        ground=fact.ground,
        number=fact.number,
        withdrawn_on=fact.withdrawn_on,
        signatory=fact.signatory,
        document_sha256=fact.document_sha256,
    )
    draft.publish(found.key, received)
    return draft.admitted({"decision_id": str(identity)})


def _certified(case: Case, naming: Naming) -> Found[Product] | Held | Refused:
    """The product, if a dossier of it was ever filed; before that it has no certificate from us."""
    found = find(case, Product, naming, "product")
    if isinstance(found, Found) and found.entry.latest is None:
        return refused(Code.NO_CERTIFICATE, "product")
    return found


def _told(case: Case, product: Found[Product], fact: Announcement) -> Admitted:
    draft = Draft(case.register)
    draft.publish(product.key, fact)
    return draft.admitted()


def heard(register: Register, word: Word) -> Admitted:
    """The product's certificates are as promotion said; a renewal waits no longer once every decision is answered.

    A certificate by a decision annulled since is none. Raises LookupError for a dossier that was never admitted.
    """
    key = primary(register, "dossier", by_id("dossier", word.dossier_id))
    dossier = None if key is None else register.get(key)
    if not isinstance(dossier, Dossier):
        raise LookupError(f"dossier {word.dossier_id} is not in the register")  # noqa: TRY004 - no type was wrong
    draft = Draft(register)
    product = draft.product(("product", dossier.product))
    withdrawing = tuple(one for one in product.withdrawing if one != word.decision_id)
    certificates = product.certificates
    if word.kind == "withdrawn":
        certificates = tuple(
            replace(one, withdrawn=one.withdrawn or one.id == word.certificate_id) for one in certificates
        )
    elif word.certificate_id is not None and word.expires_on is not None and word.decision_id not in dossier.annulled:
        certificates = (*certificates, Certificate(word.certificate_id, word.decision_id, word.expires_on))
    draft.put(("product", dossier.product), replace(product, certificates=certificates, withdrawing=withdrawing))
    answered = product.withdrawing and not withdrawing
    return draft.admitted(provides=frozenset({certificate_answered(product.id)} if answered else ()))


def without(product: Product, decision_id: UUID) -> Product:
    """The product without the certificate that an annulled decision brought, if promotion has told of it."""
    return replace(product, certificates=tuple(one for one in product.certificates if one.decision_id != decision_id))


def certificate_answered(product_id: UUID) -> str:
    """What a renewal waits for while promotion has not answered a decision to withdraw the certificate."""
    return f"certificate:{product_id}"


def _day(vietnamese: str, english: str, day: date) -> Words:
    return Words(f"({vietnamese} ngày {day:%d/%m/%Y})", f"({english} {day.isoformat()})")
