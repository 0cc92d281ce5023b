"""Admission of supplements: what an office asks a producer to complete a dossier with, and what came (article 7.3.a).

How many may be open, and what becomes of one that never comes, is not in the act. The defaults: one at a time; whatever
the level finds, or a correction, overtakes an open one; none is asked for once the level has found or decided.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.registration.domain.announcements import SupplementOver, SupplementWanted
from services.registration.domain.case import Admission, Case, Draft, in_order, withdrawn
from services.registration.domain.facts import SupplementAsked, SupplementReceived
from services.registration.domain.levels import not_its_level, not_sent_up, request_to
from services.registration.domain.naming import Found, find
from services.registration.domain.register import Dossier, Supplement
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused


def supplement_asked(case: Case, fact: SupplementAsked) -> Admission:
    """The dossier waits at its level for what is missing; held until it was sent up to that level."""
    found = find(case, Dossier, fact.dossier, "dossier")
    if not isinstance(found, Found):
        return found
    name, dossier = found.key[1], found.entry
    called = f"{case.unit}/{fact.supplement}"
    wrong = (
        _not_askable(case, fact, dossier, called)
        or in_order(("filed_on", dossier.filed_on), ("asked_on", fact.asked_on))
        or case.untimely(fact.asked_on)
        or _not_at(case, name, dossier, fact.level)
    )
    if wrong is not None:
        return wrong
    identity = case.identity("supplement", f"{name}/{fact.supplement}")
    draft = Draft(case.register)
    number, asked = dossier.supplements + 1, (*dossier.asked, called)
    opened = Supplement(identity, called, fact.level, fact.asked_on)
    draft.put(found.key, replace(_told(dossier, fact.level), supplement=opened, asked=asked))
    wanted = SupplementWanted(
        dossier_id=dossier.id,
        supplement_id=identity,
        number=number,
        level=fact.level,
        asked_on=fact.asked_on,
        document_number=fact.document_number,
        missing=fact.missing,
    )
    draft.publish(("product", dossier.product), wanted)
    return draft.admitted({"supplement_id": str(identity)}, frozenset({supplement_of(name, called)}))


def supplement_received(case: Case, fact: SupplementReceived) -> Admission:
    """The dossier waits no longer; held until the asking comes, refused where something overtook it."""
    found = find(case, Dossier, fact.dossier, "dossier")
    if not isinstance(found, Found):
        return found
    dossier, called = found.entry, f"{case.unit}/{fact.supplement}"
    if called not in dossier.asked:
        return withdrawn(dossier, "dossier") or case.hold(supplement_of(found.key[1], called))
    opened = dossier.supplement
    if opened is None or opened.name != called:
        return refused(Code.SUPPLEMENT_OVER, "supplement")
    wrong = in_order(("asked_on", opened.asked_on), ("received_on", fact.received_on))
    if (early := wrong or case.untimely(fact.received_on)) is not None:
        return early
    draft = Draft(case.register)
    over = SupplementOver(
        dossier_id=dossier.id,
        supplement_id=opened.id,
        number=dossier.supplements + 1,
        level=opened.level,
        ended_on=fact.received_on,
        cause="received",
        documents=fact.documents,
    )
    draft.put(found.key, replace(_told(dossier, opened.level), supplement=None))
    draft.publish(("product", dossier.product), over)
    return draft.admitted({"supplement_id": str(opened.id)})


def overtaken(draft: Draft, dossier: Dossier, day: date, level: str | None = None) -> Dossier:
    """The dossier waits for nothing more: the level found, or (None) a correction came; what was open is told over."""
    opened = dossier.supplement
    if opened is None or level not in (None, opened.level):
        return dossier
    ended_on = max(day, opened.asked_on)
    over = SupplementOver(dossier.id, opened.id, dossier.supplements + 1, opened.level, ended_on, "overtaken")
    draft.publish(("product", dossier.product), over)
    return replace(_told(dossier, opened.level), supplement=None)


def counted(dossier: Dossier, level: str) -> int:
    """The number of the last fact about a supplement of this level: what a finding of the level stands behind."""
    return dossier.supplements_at.get(level, 0)


def _told(dossier: Dossier, level: str) -> Dossier:
    """The dossier with one more fact told of a supplement of the level."""
    number = dossier.supplements + 1
    return replace(dossier, supplements=number, supplements_at={**dossier.supplements_at, level: number})


def _not_askable(case: Case, fact: SupplementAsked, dossier: Dossier, called: str) -> Refused | None:
    if dossier.state in ("returned", "over"):
        return refused(Code.DOSSIER_NOT_OPEN, "dossier")
    if called in dossier.asked:
        return refused(Code.REFERENCE_TAKEN, "supplement")
    if case.rules.rulebook(dossier.regime).regime.ladder.rung(fact.level) is None:
        return refused(Code.LEVEL_NOT_ALLOWED, "level")
    found = _assessed(case, dossier, fact.level) or _gone_by(case, dossier, fact.level)
    return (
        withdrawn(dossier, "dossier")
        or not_its_level(case, fact.level)
        or (refused(Code.SUPPLEMENT_TOO_LATE, "level") if found else None)
        or (refused(Code.SUPPLEMENT_OPEN, "supplement") if dossier.supplement is not None else None)
    )


def _assessed(case: Case, dossier: Dossier, level: str) -> bool:
    """True where the level is the commune's, and it has asked for evaluation."""
    first = case.rules.rulebook(dossier.regime).regime.ladder.first
    return first.work == "assesses" and first.level == level and dossier.number is not None


def _gone_by(case: Case, dossier: Dossier, level: str) -> bool:
    """True where a sitting of the level stands, or the level or one above has decided.

    Promotion has a decision wait for a result: an asking behind one that came too early would keep that result waiting.
    """
    levels = case.rules.rulebook(dossier.regime).regime.levels
    from_here = levels[levels.index(level) :]
    return any(sat_at == level for sat_at, _ in dossier.sat) or any(one in from_here for one in dossier.decided_at)


def _not_at(case: Case, name: str, dossier: Dossier, level: str) -> Held | None:
    """A hold until the dossier was sent up to this level: by the commune's request, or on a result below."""
    first = case.rules.rulebook(dossier.regime).regime.ladder.first
    if first.work == "assesses" and level != first.level and dossier.number is None:
        return case.hold(request_to(name, level))
    return not_sent_up(case, name, dossier, level)


def supplement_of(dossier: str, called: str) -> str:
    """What a receipt waits for: the asking of that name about the dossier of this name."""
    return f"supplement:{dossier}/{called}"
