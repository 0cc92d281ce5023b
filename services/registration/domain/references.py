"""Which entries an event needs: found in rounds, because a session names dossiers and a dossier its product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never
from uuid import UUID

from services.registration.domain.facts import (
    CentralEvaluationRequested,
    CertificateWithdrawn,
    CommuneAssessed,
    CouncilFormed,
    DayStarted,
    DecisionAnnulled,
    DecisionApproved,
    DossierFiled,
    DossiersScheduled,
    DossierWithdrawn,
    Fact,
    InspectionConcluded,
    MemberRecused,
    Naming,
    NumbersCarriedOver,
    OfficeRegistered,
    ProducerRegistered,
    ProductionStopConfirmed,
    ProductRegistered,
    ProvincialOfficeRegistered,
    ResultImported,
    ScoreSheetSubmitted,
    SessionAnnulled,
    SessionClosed,
    SupplementAsked,
    SupplementReceived,
)
from services.registration.domain.naming import key_of
from services.registration.domain.numbering import counter_key, number_keys
from services.registration.domain.register import (
    CALENDAR,
    Alias,
    Decision,
    Dossier,
    Entry,
    Key,
    Product,
    Register,
    Session,
    ballot_key,
    by_id,
    named,
)

ROUNDS_MAX = 7
"""Number, dossier, product, its open dossier by id, that dossier, and its ballot: a chain of names is never longer."""


def missing_keys(register: Register, said: Iterable[tuple[str, Fact]]) -> frozenset[Key]:
    """The keys that these events (unit, fact) need and the register does not know yet; empty when they can be judged.

    Asked again after each load, and again before each event is judged: what an earlier event of the batch has made can
    lead to a key that no earlier round could see.
    """
    return frozenset(key for unit, fact in said for key in _needed(register, unit, fact) if not register.knows(key))


def missing_to_close(register: Register, dossier_ids: Iterable[UUID]) -> frozenset[Key]:
    """The keys that `close_dossier` of these dossiers needs and the register does not know yet."""
    keys = (key for identity in dossier_ids for key in _reached(register, by_id("dossier", identity)))
    return frozenset(key for key in keys if not register.knows(key))


def opens_days(said: Iterable[tuple[str, Fact]]) -> bool:
    """True when one of the events moves the calendar, which the others only read."""
    return any(isinstance(fact, DayStarted) for _, fact in said)


def _needed(register: Register, unit: str, fact: Fact) -> Iterator[Key]:
    yield CALENDAR
    for key in _own(unit, fact):
        yield from _reached(register, key)
    match fact:
        case CommuneAssessed():
            yield from number_keys(fact, _product(register, key_of("dossier", unit, fact.dossier)))
        case ScoreSheetSubmitted():
            session = _behind(register, key_of("session", unit, fact.session))
            yield from _ballots(register, session, (key_of("dossier", unit, fact.dossier),))
        case DossiersScheduled():
            for key in _dossiers(unit, fact.dossiers):
                dossier = _behind(register, key)
                if isinstance(dossier, Dossier) and dossier.session is not None:
                    yield ("session", dossier.session)
        case SessionClosed() | SessionAnnulled() | MemberRecused():
            yield from _session(register, key_of("session", unit, fact.session))
        case DecisionAnnulled():
            yield from _decision(register, named("decision", unit, fact.decision_number))
        case _:
            return


def _own(unit: str, fact: Fact) -> Iterator[Key]:  # noqa: C901, PLR0912 - one case for each kind of fact
    """The keys an event names by itself."""
    match fact:
        case OfficeRegistered():
            yield ("office", fact.commune_code)
        case ProvincialOfficeRegistered():
            yield ("office", unit)
        case ProducerRegistered():
            yield named("producer", unit, fact.reference)
        case ProductRegistered():
            yield named("product", unit, fact.reference)
            yield key_of("producer", unit, fact.producer)
        case DossierFiled():
            yield named("dossier", unit, fact.reference)
            yield key_of("product", unit, fact.product)
        case InspectionConcluded() | ProductionStopConfirmed() | CertificateWithdrawn():
            yield key_of("product", unit, fact.product)
        case CouncilFormed():
            yield named("council", unit, fact.reference)
        case DossiersScheduled():
            yield named("session", unit, fact.session)
            yield key_of("council", unit, fact.council)
            yield from _dossiers(unit, fact.dossiers)
        case ScoreSheetSubmitted():
            yield key_of("session", unit, fact.session)
            yield key_of("dossier", unit, fact.dossier)
        case SessionClosed():
            yield key_of("session", unit, fact.session)
            yield from _dossiers(unit, (said.dossier for said in fact.agreed))
            yield from _dossiers(unit, (said.dossier for said in fact.disqualified))
        case SessionAnnulled() | MemberRecused():
            yield key_of("session", unit, fact.session)
            yield from _dossiers(unit, fact.dossiers)
        case DecisionAnnulled():
            yield named("decision", unit, fact.decision_number)
            yield from _dossiers(unit, fact.dossiers)
        case DecisionApproved():
            yield named("decision", unit, fact.number)
            yield from _dossiers(unit, (result.dossier for result in fact.results))
        case ResultImported():
            yield named("session", unit, fact.session)
            yield key_of("dossier", unit, fact.dossier)
        case CommuneAssessed() | CentralEvaluationRequested() | DossierWithdrawn():
            yield key_of("dossier", unit, fact.dossier)
        case SupplementAsked() | SupplementReceived():
            yield key_of("dossier", unit, fact.dossier)
        case NumbersCarriedOver():
            yield counter_key(fact.commune_code, fact.year)
        case DayStarted():
            return
        case _:
            assert_never(fact)


def _dossiers(unit: str, namings: Iterable[Naming]) -> Iterator[Key]:
    return (key_of("dossier", unit, naming) for naming in namings)


def _reached(register: Register, key: Key) -> Iterator[Key]:
    """`key` and, as far as the register is loaded, what its entry leads to: the thing named, a dossier's product."""
    yield key
    if not register.knows(key):
        return
    match register.get(key):
        case Alias(to):
            yield from _reached(register, to)
            if key[0] == "number":
                yield from _open(register, to)
        case Dossier() as dossier:
            yield ("product", dossier.product)
        case _:
            return


def _open(register: Register, dossier_key: Key) -> Iterator[Key]:
    """What a number leads to beside a dossier evaluated under it: the product's open dossier."""
    product = _product(register, dossier_key)
    if product is not None and product.open is not None:
        yield from _reached(register, by_id("dossier", product.open))


def _behind(register: Register, key: Key) -> Entry | None:
    """The entry at the end of `key`, or None where it is absent or not loaded yet."""
    entry = register.get(key) if register.knows(key) else None
    if not isinstance(entry, Alias):
        return entry
    product = _product(register, entry.to) if key[0] == "number" else None
    if product is not None and product.open is not None:
        return _behind(register, by_id("dossier", product.open))
    return _behind(register, entry.to)


def _product(register: Register, dossier_key: Key) -> Product | None:
    """The product of the dossier at the end of the key, as far as both are loaded."""
    dossier = _behind(register, dossier_key)
    product = _behind(register, ("product", dossier.product)) if isinstance(dossier, Dossier) else None
    return product if isinstance(product, Product) else None


def _session(register: Register, key: Key) -> Iterator[Key]:
    """Every dossier of a session with its product and ballot."""
    session = _behind(register, key)
    if isinstance(session, Session):
        keys = [("dossier", name) for name in session.dossiers]
        for dossier_key in keys:
            yield from _reached(register, dossier_key)
        yield from _ballots(register, session, keys)


def _decision(register: Register, key: Key) -> Iterator[Key]:
    """Every dossier of a decision with its product."""
    decision = _behind(register, key)
    if isinstance(decision, Decision):
        for name in decision.dossiers:
            yield from _reached(register, ("dossier", name))


def _ballots(register: Register, session: Entry | None, dossier_keys: Iterable[Key]) -> Iterator[Key]:
    for key in dossier_keys:
        dossier = _behind(register, key)
        if isinstance(session, Session) and isinstance(dossier, Dossier):
            yield ballot_key(session.id, dossier.id)
