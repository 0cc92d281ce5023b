"""Admission of offices, producers and products: who they are and where they belong."""

from __future__ import annotations

from dataclasses import replace

from services.registration.domain.announcements import ContactSet, ProductKnown, Published
from services.registration.domain.case import Admission, Case, Draft
from services.registration.domain.facts import (
    OfficeRegistered,
    ProducerRegistered,
    ProductRegistered,
    ProvincialOfficeRegistered,
)
from services.registration.domain.naming import Found, find
from services.registration.domain.register import Office, Producer, Product, named
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Refused
from shared.kernel.words import Words
from shared.rulebooks.units.former import NotListed


def office_registered(case: Case, fact: OfficeRegistered) -> Admission:
    """The commune's address is the one given last; it goes to whoever sends notices (article 7.3.g)."""
    if (wrong := commune_refused(case, fact.commune_code)) is not None:
        return wrong
    recipient = f"commune-{fact.commune_code}"
    contact = ContactSet(recipient, "commune", fact.name, fact.email, None)
    return _office(case, fact.commune_code, Office(fact.commune_code), contact)


def provincial_office_registered(case: Case, fact: ProvincialOfficeRegistered) -> Admission:
    """The same of the sender's own office, which hears of what concerns the province (articles 7.3.a and 7.3.g)."""
    contact = ContactSet(f"province-{case.unit}", "province", fact.name, fact.email, None)
    return _office(case, case.unit, Office(None), contact)


def _office(case: Case, code: str, new: Office, contact: ContactSet) -> Admission:
    key = ("office", code)
    stored = case.register.get(key)
    office = stored if isinstance(stored, Office) else new
    office = replace(office, contacts=office.contacts + 1)
    draft = Draft(case.register)
    draft.put(key, office)
    draft.announce(Published("contacts", contact.recipient_id, office.contacts, contact))
    return draft.admitted({"recipient_id": contact.recipient_id})


def producer_registered(case: Case, fact: ProducerRegistered) -> Admission:
    """The producer has an id, and its address goes to whoever sends notices (article 2.3)."""
    if (wrong := commune_refused(case, fact.commune_code)) is not None:
        return wrong
    key = named("producer", case.unit, fact.reference)
    if case.register.get(key) is not None:
        return refused(Code.REFERENCE_TAKEN, "reference")
    identity = case.identity("producer", fact.reference)
    draft = Draft(case.register)
    provides = draft.add(
        "producer", key, identity, Producer(identity, case.unit, fact.reference, fact.commune_code, contacts=1)
    )
    contact = ContactSet(str(identity), "producer", fact.name, fact.email, fact.phone)
    draft.announce(Published("contacts", str(identity), 1, contact))
    return draft.admitted({"producer_id": str(identity)}, provides)


def product_registered(case: Case, fact: ProductRegistered) -> Admission:
    """The product has an id and belongs to its producer's commune (article 2.2)."""
    key = named("product", case.unit, fact.reference)
    if case.register.get(key) is not None:
        return refused(Code.REFERENCE_TAKEN, "reference")
    producer = find(case, Producer, fact.producer, "producer")
    if not isinstance(producer, Found):
        return producer
    identity = case.identity("product", fact.reference)
    product = Product(
        id=identity,
        unit=case.unit,
        reference=fact.reference,
        producer_id=producer.entry.id,
        name=fact.name,
        criteria_set=fact.criteria_set,
        commune_code=producer.entry.commune_code,
    )
    draft = Draft(case.register)
    provides = draft.add("product", key, identity, product)
    draft.publish(key, _known(product))
    return draft.admitted({"product_id": str(identity)}, provides)


def _known(product: Product) -> ProductKnown:
    return ProductKnown(
        product_id=product.id,
        unit=product.unit,
        reference=product.reference,
        producer_id=product.producer_id,
        name=product.name,
        criteria_set=product.criteria_set,
        commune_code=product.commune_code,
    )


def commune_refused(case: Case, code: str) -> Refused | None:
    """A refusal unless the commune is the sender's."""
    province = case.rules.units.province_of(code)
    if province is None:
        return refused(Code.EVENT_INVALID, "commune_code", _unknown(case, code))
    return None if province == case.unit else refused(Code.COMMUNE_OF_ANOTHER_PROVINCE, "commune_code")


def _unknown(case: Case, code: str) -> Words:
    """What a sender is told of a code that is no commune's today; before July 2025 it may have been one's."""
    day, by_day = case.opened(), case.rules.units_by_day
    named = None if day is None or by_day is None else by_day.commune_on(code, day)
    if isinstance(named, NotListed):
        return named.words
    return Words(f"Không có xã nào mang mã {code}.", f"No commune has the code {code}.")
