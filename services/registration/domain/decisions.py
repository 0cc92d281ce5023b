"""Admission of an authority's decisions and of a province's request to the centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.registration.domain.announcements import (
    CentralRequestReceived,
    DecisionReceived,
    ProvincialRequestReceived,
)
from services.registration.domain.case import (
    OPERATOR,
    Admission,
    Case,
    Draft,
    decision_numbered,
    decision_on,
    in_order,
    withdrawn,
)
from services.registration.domain.facts import (
    CentralEvaluationRequested,
    DecisionApproved,
    Naming,
    ProvincialEvaluationRequested,
    Result,
)
from services.registration.domain.levels import (
    CENTRAL,
    PROVINCE,
    no_council,
    not_its_level,
    not_sent_up,
    own_level,
    request_to,
)
from services.registration.domain.naming import Found, find
from services.registration.domain.register import Decision, Dossier, Key, named
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words


def decision_approved(case: Case, fact: DecisionApproved) -> Admission:
    """Each dossier of the decision hears of it; whether it agrees with the result is promotion's to find.

    A decision on what belongs to another province is kept for a person (articles 4.1, 7.3.e and 7.4.e).
    """
    if (wrong := not_its_level(case, _level(case, fact)) or case.untimely(fact.decided_on)) is not None:
        return wrong
    found = _decided(case, fact)
    if not isinstance(found, tuple):
        return found
    identity = case.identity("decision", case.event_id)
    draft = Draft(case.register)
    final = () if fact.kind in ("approve_for_central", "approve_for_province") else (identity,)
    for result, dossier in zip(fact.results, found, strict=True):
        state = "decided" if dossier.entry.state == "open" else dossier.entry.state
        decided_at = tuple(dict.fromkeys((*dossier.entry.decided_at, _level(case, fact))))
        finals = (*dossier.entry.finals, *final)
        draft.put(dossier.key, replace(dossier.entry, state=state, finals=finals, decided_at=decided_at))
        announced = _announced(case, fact, identity, dossier.entry, result)
        draft.publish(("product", dossier.entry.product), announced)
    key, known = _numbered(case, fact, [dossier.key[1] for dossier in found], identity)
    draft.put(key, known)
    provides = frozenset(decision_on(dossier.key[1]) for dossier in found) | {decision_numbered(case.unit, fact.number)}
    return draft.admitted({"decision_id": str(identity)}, provides)


def _level(case: Case, fact: DecisionApproved) -> str:
    """The level whose authority decided."""
    return own_level(case) if fact.level is None else fact.level


def _numbered(case: Case, fact: DecisionApproved, names: Sequence[str], identity: UUID) -> tuple[Key, Decision]:
    """The unit's decisions of this number, by dossier, with the new one."""
    key = named("decision", case.unit, fact.number)
    before = case.register.get(key)
    known = before.dossiers if isinstance(before, Decision) else {}
    dossiers = {**known, **dict.fromkeys(names, identity)}
    return key, Decision(case.unit, fact.number, fact.decided_on, dossiers)


def _decided(case: Case, fact: DecisionApproved) -> tuple[Found[Dossier], ...] | Held | Refused:
    """The dossiers of the decision in its order, each once, none of them returned."""
    dossiers: dict[Key, Found[Dossier]] = {}
    for place, result in enumerate(fact.results):
        field = f"results.{place}.dossier"
        found = _named(case, result.dossier, field)
        if not isinstance(found, Found):
            return found
        if found.key in dossiers:
            detail = Words("Hồ sơ được nêu hai lần.", "The dossier is named twice.")
            return refused(Code.EVENT_INVALID, field, detail)
        wrong = (
            _not_open(found.entry, field)
            or in_order(("filed_on", found.entry.filed_on), ("decided_on", fact.decided_on))
            or _not_there(case, fact, found)
        )
        if wrong is not None:
            return wrong
        dossiers[found.key] = found
    return tuple(dossiers.values())


def _not_there(case: Case, fact: DecisionApproved, found: Found[Dossier]) -> Held | Refused | None:
    """What a province's or district's decision waits for, or a refusal where the dossier's act has no such authority.

    The ministry decides long after the request; where that is missing, promotion tells the contradiction.
    """
    level, dossier = _level(case, fact), found.entry
    if case.ministry:
        return None
    return no_council(case, dossier, level, "level") or not_sent_up(case, found.key[1], dossier, level)


def _named(case: Case, naming: Naming, field: str) -> Found[Dossier] | Held | Refused:
    found = find(case, Dossier, naming, field)
    if isinstance(found, Refused) and found.code == Code.AUTHORITY_LACKING:
        return case.hold(OPERATOR)
    return found


def _not_open(dossier: Dossier, field: str) -> Refused | None:
    """A refusal for one returned or withdrawn; what promotion closed goes on: a late decision is alarmed there."""
    if dossier.state == "returned":
        return refused(Code.DOSSIER_NOT_OPEN, field)
    return withdrawn(dossier, field)


def _announced(
    case: Case, fact: DecisionApproved, identity: UUID, dossier: Dossier, result: Result
) -> DecisionReceived:
    return DecisionReceived(
        dossier_id=dossier.id,
        decision_id=identity,
        unit=case.unit,
        level=_level(case, fact),
        kind=fact.kind,
        stars=result.stars,
        number=fact.number,
        decided_on=fact.decided_on,
        signatory=fact.signatory,
        document_sha256=fact.document_sha256,
    )


def evaluation_requested(case: Case, fact: CentralEvaluationRequested) -> Admission:
    """The dossier hears that it is sent up: by its province (articles 6.3, 7.3.e), or by a district to its province.

    The request waits for the decision it rests on, which may itself be held for another dossier that it names: behind
    registration a request that comes first would be taken for a contradiction.
    """
    found = find(case, Dossier, fact.dossier, "dossier")
    if not isinstance(found, Found):
        return found
    name, dossier = found.key[1], found.entry
    to = PROVINCE if isinstance(fact, ProvincialEvaluationRequested) else CENTRAL
    wrong = (
        _not_open(dossier, "dossier")
        or _not_by_result(case, dossier, to)
        or in_order(("filed_on", dossier.filed_on), ("requested_on", fact.requested_on))
        or case.untimely(fact.requested_on)
    )
    if wrong is not None:
        return wrong
    if dossier.state == "open":
        return case.hold(decision_on(name))
    draft = Draft(case.register)
    announced = ProvincialRequestReceived if to == PROVINCE else CentralRequestReceived
    state = "open" if to == PROVINCE and dossier.state == "decided" else dossier.state
    draft.put(found.key, replace(dossier, state=state, sent_to=tuple(dict.fromkeys((*dossier.sent_to, to)))))
    draft.publish(
        ("product", dossier.product), announced(dossier.id, case.unit, fact.requested_on, fact.document_number)
    )
    return draft.admitted(provides=frozenset({request_to(name, to)}))


def _not_by_result(case: Case, dossier: Dossier, to: str) -> Refused | None:
    """A refusal where no council's result takes a dossier up to this level by its act."""
    rungs = case.rules.rulebook(dossier.regime).regime.ladder.rungs
    forwards = (forward for rung in rungs for forward in rung.forwards if forward.on == "score")
    return None if any(forward.to == to for forward in forwards) else refused(Code.LEVEL_NOT_ALLOWED, "dossier")
