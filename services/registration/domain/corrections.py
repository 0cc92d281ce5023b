"""Admission of corrections: a session or a decision annulled by its authority, a dossier taken back by its producer.

The act says that an evaluation is done again and a recognition withdrawn where they break its rules (article 10.1.b);
who may say so, until when, and that a dossier can be withdrawn is not in the act. The defaults: each authority annuls
what is its own; a producer takes a dossier back as long as no decision that ends it stands; nothing is corrected once a
later dossier of the product was filed, because withdrawing a certificate (article 8) is the procedure then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.registration.domain.announcements import DecisionTakenBack, DossierTakenBack, SessionTakenBack
from services.registration.domain.case import (
    Admission,
    Case,
    Draft,
    closing_of,
    decision_numbered,
    in_order,
    withdrawn,
)
from services.registration.domain.certificates import without
from services.registration.domain.dossiers import dossier_over
from services.registration.domain.facts import DecisionAnnulled, DossierWithdrawn, Naming, SessionAnnulled
from services.registration.domain.naming import Found, find
from services.registration.domain.register import Decision, Dossier, Key, Product, Session, named
from services.registration.domain.sessions import sheets_of
from services.registration.domain.supplements import overtaken
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused

Dossiers = Mapping[str, Dossier]
"""By name, in the order in which they are announced."""


def session_annulled(case: Case, fact: SessionAnnulled) -> Admission:
    """The sitting counts for nothing over these dossiers, each of which may be scheduled again (article 10.1.b)."""
    session = find(case, Session, fact.session, "session")
    if not isinstance(session, Found):
        return session
    sat_on = session.entry.closed_on or session.entry.meets_on
    wrong = in_order(("closed_on", sat_on), ("annulled_on", fact.annulled_on)) or case.untimely(fact.annulled_on)
    if wrong is not None:
        return wrong
    dossiers = _meant(case, fact.dossiers, session.entry.left(), Code.SESSION_ANNULLED)
    if not isinstance(dossiers, Mapping):
        return dossiers
    draft = Draft(case.register)
    annulled = (*session.entry.annulled, *dossiers)
    draft.put(session.key, replace(session.entry, annulled=annulled))
    for name, before in dossiers.items():
        dossier = overtaken(draft, before, fact.annulled_on)
        sits_in = None if dossier.session == session.key[1] else dossier.session
        state = "open" if dossier.state == "decided" and not dossier.finals else dossier.state
        sat = tuple(one for one in dossier.sat if one[1] != session.key[1])
        draft.put(("dossier", name), _corrected(dossier, session=sits_in, state=state, sat=sat))
        taken_back = SessionTakenBack(
            dossier_id=dossier.id,
            correction_id=_correction_id(case, name),
            closings=dossier.closings,
            reason=fact.reason,
            session_id=session.entry.id,
            annulled_on=fact.annulled_on,
            document_number=fact.document_number,
        )
        draft.publish(("product", dossier.product), taken_back)
    provides = frozenset({closing_of(session.key[1]), sheets_of(session.key[1])})
    return draft.admitted({"session_id": str(session.entry.id)}, provides)


def decision_annulled(case: Case, fact: DecisionAnnulled) -> Admission:
    """The decision counts for nothing on these dossiers, which may be decided on again (article 10.1.b)."""
    key = named("decision", case.unit, fact.decision_number)
    decision = case.register.get(key)
    if not isinstance(decision, Decision):
        return case.hold(decision_numbered(case.unit, fact.decision_number))
    wrong = in_order(("decided_on", decision.decided_on), ("annulled_on", fact.annulled_on))
    if (early := wrong or case.untimely(fact.annulled_on)) is not None:
        return early
    left = tuple(name for name, identity in decision.dossiers.items() if not _is_annulled(case, name, identity))
    dossiers = _meant(case, fact.dossiers, left, Code.DECISION_ANNULLED)
    if not isinstance(dossiers, Mapping):
        return dossiers
    draft = Draft(case.register)
    for name, before in dossiers.items():
        dossier = overtaken(draft, before, fact.annulled_on)
        _decide_again(draft, name, dossier, decision.dossiers[name])
        taken_back = DecisionTakenBack(
            dossier_id=dossier.id,
            correction_id=_correction_id(case, name),
            closings=dossier.closings,
            reason=fact.reason,
            decision_id=decision.dossiers[name],
            unit=case.unit,
            number=fact.decision_number,
            annulled_on=fact.annulled_on,
            document_number=fact.document_number,
        )
        draft.publish(("product", dossier.product), taken_back)
    return draft.admitted()


def dossier_withdrawn(case: Case, fact: DossierWithdrawn) -> Admission:
    """The dossier is over, and its product may have another; refused where a decision that ends it stands."""
    found = find(case, Dossier, fact.dossier, "dossier")
    if not isinstance(found, Found):
        return found
    dossier = found.entry
    wrong = (
        _not_withdrawable(dossier)
        or in_order(("filed_on", dossier.filed_on), ("withdrawn_on", fact.withdrawn_on))
        or case.untimely(fact.withdrawn_on)
    )
    if wrong is not None:
        return wrong
    draft = Draft(case.register)
    key = ("product", dossier.product)
    dossier = overtaken(draft, dossier, fact.withdrawn_on)
    product = draft.product(key)
    draft.put(found.key, _corrected(dossier, state="withdrawn", session=None))
    draft.put(key, replace(product, open=None))
    identity = _correction_id(case, found.key[1])
    draft.publish(key, DossierTakenBack(dossier.id, identity, dossier.closings, fact.reason, fact.withdrawn_on))
    provides = {dossier_over(product.id)} | ({sheets_of(dossier.session)} if dossier.session is not None else set())
    return draft.admitted(provides=frozenset(provides))


def _not_withdrawable(dossier: Dossier) -> Refused | None:
    if dossier.finals:
        return refused(Code.DECISION_STANDS, "dossier")
    if dossier.state in ("returned", "over"):
        return refused(Code.DOSSIER_NOT_OPEN, "dossier")
    return withdrawn(dossier, "dossier")


def _meant(case: Case, namings: tuple[Naming, ...], left: tuple[str, ...], done: Code) -> Dossiers | Held | Refused:
    """The dossiers that a correction is about: those named, or all that are left and were not withdrawn."""
    if not namings:
        entries = {name: case.register.get(("dossier", name)) for name in left}
        meant = {name: one for name, one in entries.items() if isinstance(one, Dossier) and one.state != "withdrawn"}
        late = any(_superseded(case, dossier) for dossier in meant.values())
        return refused(Code.CORRECTION_TOO_LATE, "dossiers") if late else meant or refused(done)
    meant = {}
    for place, naming in enumerate(namings):
        field = f"dossiers.{place}"
        found = find(case, Dossier, naming, field)
        if not isinstance(found, Found):
            return found
        if found.key[1] not in left:
            of_the_product = any(_of_product(case, name, found.entry.product) for name in left)
            return refused(Code.CORRECTION_TOO_LATE if of_the_product else done, field)
        if (gone := withdrawn(found.entry, field)) is not None:
            return gone
        if _superseded(case, found.entry):
            return refused(Code.CORRECTION_TOO_LATE, field)
        meant[found.key[1]] = found.entry
    return meant


def _of_product(case: Case, name: str, product: str) -> bool:
    dossier = case.register.get(("dossier", name))
    return isinstance(dossier, Dossier) and dossier.product == product


def _superseded(case: Case, dossier: Dossier) -> bool:
    """True when a later dossier of the product was filed."""
    product = case.register.get(("product", dossier.product))
    return isinstance(product, Product) and product.latest not in (None, dossier.id)


def _is_annulled(case: Case, name: str, decision_id: UUID) -> bool:
    dossier = case.register.get(("dossier", name))
    return isinstance(dossier, Dossier) and decision_id in dossier.annulled


def _decide_again(draft: Draft, name: str, dossier: Dossier, decision_id: UUID) -> None:
    """The dossier is open again, unless another decision that ends it stands."""
    finals = tuple(other for other in dossier.finals if other != decision_id)
    stays = bool(finals) or dossier.state not in ("decided", "over")
    state = dossier.state if stays else "open"
    key: Key = ("product", dossier.product)
    product = without(draft.product(key), decision_id)
    draft.put(key, replace(product, open=dossier.id) if state == "open" and product.open is None else product)
    annulled = (*dossier.annulled, decision_id)
    draft.put(("dossier", name), _corrected(dossier, state=state, finals=finals, annulled=annulled))


def _corrected(dossier: Dossier, **changes: Any) -> Dossier:
    """The dossier with one more correction announced about it."""
    return replace(dossier, corrections=dossier.corrections + 1, **changes)


def _correction_id(case: Case, name: str) -> UUID:
    return case.identity("correction", f"{case.event_id}/{name}")
