"""Admission of recusals: a member with a conflict of interest takes no part over a dossier (not in the act)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.registration.domain.announcements import MemberLeft
from services.registration.domain.case import Admission, Case, Draft, withdrawn
from services.registration.domain.facts import MemberRecused
from services.registration.domain.naming import Found, find
from services.registration.domain.register import Ballot, Dossier, Session, ballot_key
from services.registration.domain.sessions import ballot_of, sheet_of, sheets_of
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words

_ANNUL_FIRST = Words(
    "Phiên đã kết thúc có người phải rút thì cơ quan có thẩm quyền phải hủy phiên và họp lại.",
    "Where a member had to be recused, its authority must annul the session and hold it again.",
)


def member_recused(case: Case, fact: MemberRecused) -> Admission:
    """Over these dossiers the member hands in no sheet any more, and one given counts no more.

    After the closing nothing is changed behind the council: the session has to be annulled (not in the act).
    """
    session = find(case, Session, fact.session, "session")
    if not isinstance(session, Found):
        return session
    if session.entry.closed_on is not None:
        return refused(Code.SESSION_CLOSED, "session", _ANNUL_FIRST)
    if fact.member_id not in [member.member_id for member in session.entry.members]:
        return refused(Code.NOT_A_MEMBER, "member_id")
    dossiers = case.untimely(fact.declared_on) or _meant(case, fact, session.entry)
    if not isinstance(dossiers, Mapping):
        return dossiers
    draft, member = Draft(case.register), fact.member_id
    since = max(session.entry.recused_on or fact.declared_on, fact.declared_on)
    draft.put(session.key, replace(session.entry, recused_on=since))
    for dossier in dossiers.values():
        ballot = ballot_of(case, session.entry, dossier)
        draft.put(ballot_key(session.entry.id, dossier.id), _without(ballot, member))
        left = MemberLeft(dossier.id, session.entry.id, member, fact.declared_on)
        draft.publish_sheet(("product", dossier.product), left)
    return draft.admitted(provides=frozenset({sheets_of(session.key[1]), sheet_of(member)}))


def _meant(case: Case, fact: MemberRecused, session: Session) -> Mapping[str, Dossier] | Held | Refused:
    """The dossiers that are named, or all of the session, over which the member is not recused yet."""
    if not fact.dossiers:
        entries = {name: case.register.get(("dossier", name)) for name in session.left()}
        open_ones = {
            name: one for name, one in entries.items() if isinstance(one, Dossier) and one.state != "withdrawn"
        }
        meant = {name: one for name, one in open_ones.items() if not _is_recused(case, fact, session, one)}
        return meant or refused(Code.MEMBER_RECUSED, "member_id")
    meant = {}
    for place, naming in enumerate(fact.dossiers):
        field = f"dossiers.{place}"
        found = find(case, Dossier, naming, field)
        if not isinstance(found, Found):
            return found
        if found.key[1] not in session.left():
            return refused(Code.DOSSIER_NOT_IN_SESSION, field)
        if (gone := withdrawn(found.entry, field)) is not None:
            return gone
        if found.key[1] in meant or _is_recused(case, fact, session, found.entry):
            return refused(Code.MEMBER_RECUSED, field)
        meant[found.key[1]] = found.entry
    return meant


def _is_recused(case: Case, fact: MemberRecused, session: Session, dossier: Dossier) -> bool:
    return fact.member_id in ballot_of(case, session, dossier).recused


def _without(ballot: Ballot, member_id: str) -> Ballot:
    """The ballot without the member; what is left may lie closer together, so nobody owes to score again."""
    return replace(
        ballot,
        given=tuple(member for member in ballot.given if member != member_id),
        totals={member: total for member, total in ballot.totals.items() if member != member_id},
        recused=(*ballot.recused, member_id),
        owes_rescore=False,
    )
