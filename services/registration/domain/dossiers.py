"""Admission of dossiers: filed under the act of their day, assessed by the commune, and closed at their end."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.registration.domain.announcements import AssessmentReceived, DossierOpened, Late
from services.registration.domain.case import Admission, Admitted, Case, Draft, in_order, withdrawn
from services.registration.domain.certificates import renewal_window
from services.registration.domain.facts import CommuneAssessed, DossierFiled
from services.registration.domain.levels import request_to
from services.registration.domain.naming import Found, find, primary
from services.registration.domain.numbering import NUMBER_FIELD, Numbered, numbered
from services.registration.domain.options import options_refused
from services.registration.domain.register import (
    Alias,
    Dossier,
    Key,
    Product,
    Register,
    by_id,
    by_number,
    named,
)
from services.registration.domain.supplements import overtaken
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words
from shared.rulebooks.model import CriteriaSet, NoRegime, Rulebook


def dossier_filed(case: Case, fact: DossierFiled) -> Admission:
    """The product has an open dossier, pinned to the act in force on its filing day (articles 6.1, 7.1, 11 and 12)."""
    key = named("dossier", case.unit, fact.reference)
    if case.register.get(key) is not None:
        return refused(Code.REFERENCE_TAKEN, "reference")
    product = find(case, Product, fact.product, "product")
    if not isinstance(product, Found):
        return product
    book = case.untimely(fact.filed_on) or _rulebook(case, fact, product.entry)
    if isinstance(book, Held | Refused):
        return book
    late = _openable(case, fact, product.entry, book)
    if isinstance(late, Held | Refused):
        return late
    return _opened(case, fact, product, key, book, late)


def _openable(case: Case, fact: DossierFiled, product: Product, book: Rulebook) -> Late | Held | Refused | None:
    """A hold while another dossier is open; else whether a renewal may be filed on its day, and is late."""
    if product.open is not None:
        return case.hold(dossier_over(product.id))
    return renewal_window(case, fact, product, book.regime)


def _rulebook(case: Case, fact: DossierFiled, product: Product) -> Rulebook | Refused:
    """The rulebook of the filing day, which knows the product's criteria set and takes the self-assessment."""
    book = case.rules.rulebooks.regime_for(fact.filed_on, fact.kind)
    if isinstance(book, NoRegime):
        field = "kind" if book.code == "kind-unknown" else "filed_on"
        return refused(Code.NO_REGIME, field, Words(book.vietnamese, book.english))
    if not book.sets:
        return _no_criteria(fact, book) or book
    number = _set_number(fact, product)
    criteria_set = book.sets.get(number)
    if criteria_set is None:
        act = book.regime.act
        return refused(Code.CRITERIA_SET_UNKNOWN, "product", Words(f"(bộ {number}, {act})", f"(set {number}, {act})"))
    return _self_assessed(fact, criteria_set) or book


def _set_number(fact: DossierFiled, product: Product) -> int:
    """The number of the criteria set in the act of the dossier."""
    return product.criteria_set if fact.criteria_set is None else fact.criteria_set


def _no_criteria(fact: DossierFiled, book: Rulebook) -> Refused | None:
    """A refusal for a self-assessment that no criteria set of the act can be held against."""
    if fact.self_assessment is None:
        return None
    words = book.regime.criteria
    return refused(Code.CRITERIA_NOT_HELD, "self_assessment", Words(words.vietnamese, words.english))


def _self_assessed(fact: DossierFiled, criteria_set: CriteriaSet) -> Refused | None:
    if fact.self_assessment is None:
        return None
    return options_refused(criteria_set, fact.self_assessment, "self_assessment")


def _opened(
    case: Case, fact: DossierFiled, product: Found[Product], key: Key, book: Rulebook, late: Late | None
) -> Admitted:
    identity = case.identity("dossier", fact.reference)
    dossier = Dossier(
        id=identity,
        unit=case.unit,
        reference=fact.reference,
        product=product.key[1],
        kind=fact.kind,
        filed_on=fact.filed_on,
        regime=book.regime.id,
        criteria_set=_set_number(fact, product.entry),
    )
    draft = Draft(case.register)
    provides = draft.add("dossier", key, identity, dossier)
    draft.put(product.key, replace(product.entry, open=identity, latest=identity))
    draft.publish(product.key, _announced(dossier, product.entry, book, late))
    given = {"dossier_id": str(identity), "regime": book.regime.id}
    return draft.admitted(given if late is None else {**given, "late": late.article}, provides)


def _announced(dossier: Dossier, product: Product, book: Rulebook, late: Late | None) -> DossierOpened:
    return DossierOpened(
        dossier_id=dossier.id,
        product_id=product.id,
        unit=dossier.unit,
        reference=dossier.reference,
        kind=dossier.kind,
        filed_on=dossier.filed_on,
        regime=book.regime.id,
        rulebook=book.version,
        criteria_set=dossier.criteria_set,
        producer_id=product.producer_id,
        product_name=product.name,
        commune_code=product.commune_code,
        late_for=late,
    )


def commune_assessed(case: Case, fact: CommuneAssessed) -> Admission:
    """The commune's report is in (article 7.2); where it asks for evaluation, the product has its official number.

    A decision may have come first, where the report was held: it waits behind registration for its result.
    """
    found = find(case, Dossier, fact.dossier, "dossier")
    if not isinstance(found, Found):
        return found
    dossier = found.entry
    if (gone := withdrawn(dossier, "dossier")) is not None:
        return gone
    if dossier.state in ("returned", "over") or dossier.number is not None:
        return refused(Code.DOSSIER_NOT_OPEN, "dossier")
    if case.rules.rulebook(dossier.regime).regime.ladder.first.work != "assesses":
        return refused(Code.LEVEL_NOT_ALLOWED, "dossier")
    if (wrong := _assessed_in_order(case, fact, dossier)) is not None:
        return wrong
    return _returned(case, fact, found) if fact.outcome == "returned" else _requested(case, fact, found)


def _returned(case: Case, fact: CommuneAssessed, found: Found[Dossier]) -> Admitted | Refused:
    if fact.product_number is not None:
        detail = Words("Hồ sơ trả lại không được cấp mã số; hãy bỏ trường này.", "A returned dossier is given none.")
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, detail)
    draft = Draft(case.register)
    dossier = overtaken(draft, found.entry, fact.assessed_on)
    draft.put(found.key, replace(dossier, state="returned"))
    draft.publish(("product", dossier.product), _received(fact, dossier, None))
    return draft.admitted()


def _requested(case: Case, fact: CommuneAssessed, found: Found[Dossier]) -> Admission:
    """The dossier goes on under its product's official number, which from now on names both."""
    draft = Draft(case.register)
    key = ("product", found.entry.product)
    product = draft.product(key)
    given = numbered(case, fact, found.entry, product)
    if not isinstance(given, Numbered):
        return given
    for counter, entry in given.entries:
        draft.put(counter, entry)
    draft.put(key, replace(product, number=given.number))
    dossier = overtaken(draft, found.entry, fact.assessed_on)
    draft.put(found.key, replace(dossier, number=given.number))
    draft.put(by_number(given.number), Alias(found.key))
    draft.publish(key, _received(fact, dossier, given.number))
    above = case.rules.rulebook(dossier.regime).regime.ladder.rungs[1:2]
    asked = {request_to(found.key[1], rung.level) for rung in above}
    return draft.admitted({"number": given.number}, given.provides | asked)


def _assessed_in_order(case: Case, fact: CommuneAssessed, dossier: Dossier) -> Held | Refused | None:
    """Filed, received and assessed in this order, and not in the future."""
    dates = (("filed_on", dossier.filed_on), ("received_on", fact.received_on), ("assessed_on", fact.assessed_on))
    return in_order(*dates) or case.untimely(fact.assessed_on)


def _received(fact: CommuneAssessed, dossier: Dossier, number: str | None) -> AssessmentReceived:
    return AssessmentReceived(
        dossier_id=dossier.id,
        received_on=fact.received_on,
        assessed_on=fact.assessed_on,
        local_material=fact.local_material,
        local_labour=fact.local_labour,
        product_idea=fact.product_idea,
        local_identity=fact.local_identity,
        outcome=fact.outcome,
        document_number=fact.document_number,
        reason=fact.reason,
        number=number,
        supplements=dossier.supplements,
    )


def close_dossier(register: Register, dossier_id: UUID, decision_id: UUID | None = None) -> Admitted:
    """The dossier is over, as promotion said, and its product may have another; said twice, nothing changes.

    An end by a decision that was annulled since is no end.

    Raises LookupError for a dossier that was never admitted: promotion then speaks of another register.
    """
    key = primary(register, "dossier", by_id("dossier", dossier_id))
    dossier = None if key is None else register.get(key)
    if key is None or not isinstance(dossier, Dossier):
        raise LookupError(f"dossier {dossier_id} is not in the register")
    draft = Draft(register)
    if decision_id in dossier.annulled:
        return draft.admitted()
    product = draft.product(("product", dossier.product))
    if dossier.state not in ("over", "withdrawn"):
        draft.put(key, replace(dossier, state="over"))
    if product.open == dossier_id:
        draft.put(("product", dossier.product), replace(product, open=None))
    return draft.admitted(provides=frozenset({dossier_over(product.id)}))


def dossier_over(product_id: UUID) -> str:
    """What a second dossier of a product waits for."""
    return f"dossier-over:{product_id}"
