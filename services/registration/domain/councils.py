"""Admission of councils and of the sessions they are called to."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from uuid import UUID

from services.registration.domain.announcements import CouncilSeated, OpinionsSetAside, SeatedByLaw
from services.registration.domain.case import Admission, Admitted, Case, Draft, closing_of, in_order, withdrawn
from services.registration.domain.deliberation import seated_by_law
from services.registration.domain.facts import CouncilFormed, DossiersScheduled
from services.registration.domain.levels import no_council, no_criteria, not_its_level
from services.registration.domain.naming import Found, find
from services.registration.domain.register import Ballot, Council, Dossier, Key, Session, ballot_key, named
from services.registration.domain.sessions import sheets_of
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words


def council_formed(case: Case, fact: CouncilFormed) -> Admission:
    """The council can be called to sessions; its members and by-law are as formed (articles 7.3.b and 7.4.b)."""
    key = named("council", case.unit, fact.reference)
    if case.register.get(key) is not None:
        return refused(Code.REFERENCE_TAKEN, "reference")
    wrong = _malformed(case, fact) or case.not_yet(fact.decided_on)
    if wrong is not None:
        return wrong
    identity = case.identity("council", fact.reference)
    council = Council(
        id=identity,
        unit=case.unit,
        reference=fact.reference,
        level=fact.level,
        decided_on=fact.decided_on,
        members=fact.members,
        by_law=fact.by_law,
    )
    draft = Draft(case.register)
    provides = draft.add("council", key, identity, council)
    return draft.admitted({"council_id": str(identity)}, provides)


def _malformed(case: Case, fact: CouncilFormed) -> Refused | None:
    """A refusal for the wrong level, a member seated twice, or a quorum above the whole council."""
    if (foreign := not_its_level(case, fact.level)) is not None:
        return foreign
    seated: set[str] = set()
    for place, member in enumerate(fact.members):
        if member.member_id in seated:
            detail = Words("Thành viên được nêu hai lần.", "The member is named twice.")
            return refused(Code.EVENT_INVALID, f"members.{place}.member_id", detail)
        seated.add(member.member_id)
    share = fact.by_law.quorum_share
    if share is not None and Fraction(share) > 1:
        detail = Words("Tỷ lệ không quá 1.", "The share is 1 at most.")
        return refused(Code.EVENT_INVALID, "by_law.quorum_share", detail)
    return None


def dossiers_scheduled(case: Case, fact: DossiersScheduled) -> Admission:
    """Each dossier knows the session that will sit over it, with the council as it is now (articles 7.3.d, 7.4.d)."""
    key = named("session", case.unit, fact.session)
    if case.register.get(key) is not None:
        return refused(Code.REFERENCE_TAKEN, "session")
    council = find(case, Council, fact.council, "council")
    if not isinstance(council, Found):
        return council
    wrong = in_order(("decided_on", council.entry.decided_on), ("meets_on", fact.meets_on))
    if wrong is not None:
        return wrong
    found = _schedulable(case, fact, council.entry)
    if not isinstance(found, tuple):
        return found
    return _seated(case, fact, council.entry, key, found)


def _schedulable(case: Case, fact: DossiersScheduled, council: Council) -> tuple[Found[Dossier], ...] | Held | Refused:
    """The dossiers of the list, all of which this council may be called over."""
    dossiers: dict[Key, Found[Dossier]] = {}
    for place, naming in enumerate(fact.dossiers):
        field = f"dossiers.{place}"
        found = find(case, Dossier, naming, field)
        if not isinstance(found, Found):
            return found
        wrong = _not_schedulable(case, fact, council, found.entry, field)
        if wrong is not None:
            return wrong
        if found.key in dossiers:
            return refused(Code.ALREADY_SCHEDULED, field)
        dossiers[found.key] = found
    return tuple(dossiers.values())


def _not_schedulable(
    case: Case, fact: DossiersScheduled, council: Council, dossier: Dossier, field: str
) -> Held | Refused | None:
    if (gone := withdrawn(dossier, field)) is not None:
        return gone
    if dossier.state in ("returned", "over"):
        return refused(Code.DOSSIER_NOT_OPEN, field)
    if (wrong := no_council(case, dossier, council.level, field) or no_criteria(case, dossier, field)) is not None:
        return wrong
    written = case.rules.rulebook(dossier.regime).regime.deliberation.written_kinds.value
    if fact.mode == "written" and dossier.kind not in written:
        return refused(Code.MODE_NOT_ALLOWED, field)
    if dossier.session is not None and (sits := _sits_still(case, fact, dossier.session)) is not None:
        return sits
    return in_order(("filed_on", dossier.filed_on), ("meets_on", fact.meets_on))


def _sits_still(case: Case, fact: DossiersScheduled, name: str) -> Held | None:
    """A hold until the open session of this name closes, unless it gives way.

    One that asks for written opinions gives way, from its day on, to a meeting that the same authority calls: where
    opinions differ or the matter has to be discussed, which is the council's to see (articles 7.6.d and 7.6.e).
    """
    session = case.register.get(("session", name))
    if fact.mode == "meeting" and isinstance(session, Session) and _asks_in_writing(case, session):
        return case.not_yet(session.meets_on)
    return case.hold(closing_of(name))


def _asks_in_writing(case: Case, session: Session) -> bool:
    return session.mode == "written" and session.unit == case.unit


def _seated(
    case: Case, fact: DossiersScheduled, council: Council, key: Key, dossiers: tuple[Found[Dossier], ...]
) -> Admitted:
    identity = case.identity("session", fact.session)
    session = Session(
        id=identity,
        unit=case.unit,
        reference=fact.session,
        level=council.level,
        meets_on=fact.meets_on,
        members=council.members,
        dossiers=tuple(found.key[1] for found in dossiers),
        mode=fact.mode,
    )
    draft = Draft(case.register)
    provides = draft.add("session", key, identity, session) | _set_aside(case, draft, identity, dossiers)
    for found in dossiers:
        by_law = seated_by_law(council.by_law, case.rules.rulebook(found.entry.regime).regime.deliberation)
        draft.put(found.key, replace(found.entry, session=key[1]))
        ballot = Ballot(points_apart_max=by_law.deviation_points_max, rounds_left=by_law.rescore_rounds_max)
        draft.put(ballot_key(identity, found.entry.id), ballot)
        draft.publish(("product", found.entry.product), _seat(fact, council, identity, found.entry, by_law))
    return draft.admitted({"session_id": str(identity)}, provides)


def _set_aside(case: Case, draft: Draft, meeting: UUID, dossiers: tuple[Found[Dossier], ...]) -> frozenset[str]:
    """The dossiers leave the written sessions they are in; returns what no longer needs to be waited for."""
    left: dict[str, Session] = {}
    for found in dossiers:
        name = found.entry.session
        written = None if name is None else left.get(name) or case.register.get(("session", name))
        if name is not None and isinstance(written, Session):
            left[name] = replace(written, moved=(*written.moved, found.key[1]))
            set_aside = OpinionsSetAside(found.entry.id, written.id, meeting)
            draft.publish_sheet(("product", found.entry.product), set_aside)
    for name, session in left.items():
        draft.put(("session", name), session)
    return frozenset(waits for name in left for waits in (sheets_of(name), closing_of(name)))


def _seat(
    fact: DossiersScheduled, council: Council, session_id: UUID, dossier: Dossier, by_law: SeatedByLaw
) -> CouncilSeated:
    return CouncilSeated(
        dossier_id=dossier.id,
        session_id=session_id,
        level=council.level,
        round=fact.round,
        meets_on=fact.meets_on,
        council_id=council.id,
        members=council.members,
        by_law=by_law,
        mode=fact.mode,
    )
