"""Admission of a council's result where the act's criteria are not to be had, and no sheet can be taken."""

from __future__ import annotations

from dataclasses import replace

from services.registration.domain.announcements import ResultTaken
from services.registration.domain.case import Admission, Case, Draft, in_order, withdrawn
from services.registration.domain.facts import ResultImported
from services.registration.domain.levels import no_council, not_its_level, not_sent_up
from services.registration.domain.naming import Found, find
from services.registration.domain.register import Dossier, Session, named
from services.registration.domain.supplements import counted, overtaken
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words


def result_imported(case: Case, fact: ResultImported) -> Admission:
    """The dossier has this result of the level; its sitting is known by the sender's name, and can be annulled by it.

    It waits for the request that sent the dossier up to that level.
    """
    key = named("session", case.unit, fact.session)
    if case.register.get(key) is not None:
        return refused(Code.REFERENCE_TAKEN, "session")
    found = find(case, Dossier, fact.dossier, "dossier")
    if not isinstance(found, Found):
        return found
    name, dossier = found.key[1], found.entry
    wrong = (
        _not_importable(case, fact, dossier)
        or case.untimely(fact.closed_on)
        or not_sent_up(case, name, dossier, fact.level)
    )
    if wrong is not None:
        return wrong
    identity = case.identity("session", fact.session)
    sitting = Session(
        id=identity,
        unit=case.unit,
        reference=fact.session,
        level=fact.level,
        meets_on=fact.closed_on,
        members=(),
        dossiers=(name,),
        closed_on=fact.closed_on,
    )
    draft = Draft(case.register)
    provides = draft.add("session", key, identity, sitting)
    dossier = overtaken(draft, dossier, fact.closed_on, fact.level)
    draft.put(found.key, replace(dossier, sat=(*dossier.sat, (fact.level, key[1]))))
    taken = ResultTaken(
        dossier_id=dossier.id,
        session_id=identity,
        level=fact.level,
        closed_on=fact.closed_on,
        total=fact.total,
        stars=fact.stars,
        document_number=fact.document_number,
        document_sha256=fact.document_sha256,
        supplements=counted(dossier, fact.level),
    )
    draft.publish(("product", dossier.product), taken)
    return draft.admitted({"session_id": str(identity)}, provides)


def _not_importable(case: Case, fact: ResultImported, dossier: Dossier) -> Held | Refused | None:
    book = case.rules.rulebook(dossier.regime)
    if book.sets:
        act = book.regime.act
        return refused(Code.RESULT_NOT_IMPORTABLE, "dossier", Words(f"(Quyết định {act})", f"(Act {act})"))
    if dossier.state in ("returned", "over"):
        return refused(Code.DOSSIER_NOT_OPEN, "dossier")
    return (
        withdrawn(dossier, "dossier")
        or not_its_level(case, fact.level)
        or no_council(case, dossier, fact.level, "level")
        or in_order(("filed_on", dossier.filed_on), ("closed_on", fact.closed_on))
        or _other_band(case, fact, dossier)
    )


def _other_band(case: Case, fact: ResultImported, dossier: Dossier) -> Refused | None:
    """A refusal unless the stars are those of the total's band; marks missed cannot be checked without the criteria."""
    bands = case.rules.rulebook(dossier.regime).regime.bands
    band = next(band for band in bands if band.holds(fact.total))
    if band.stars == fact.stars:
        return None
    detail = Words(
        f"(tổng điểm này ứng với {band.stars} sao, không phải {fact.stars})",
        f"(this total makes {band.stars} stars, not {fact.stars})",
    )
    return refused(Code.EVENT_INVALID, "stars", detail)
