"""Admission of score sheets and of the end of a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.registration.domain.announcements import SessionEnded, SheetGiven, SheetReplaced, StruckOut
from services.registration.domain.case import Admission, Admitted, Case, Draft, closing_of, in_order, withdrawn
from services.registration.domain.deliberation import is_apart, sent_back, there
from services.registration.domain.facts import ScoreSheetSubmitted, ScoreSheetSuperseded, SessionClosed
from services.registration.domain.levels import no_criteria
from services.registration.domain.naming import Found, find
from services.registration.domain.options import options_refused
from services.registration.domain.register import Ballot, Dossier, Key, Session, ballot_key
from services.registration.domain.supplements import counted, overtaken
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words
from shared.rulebooks.model import CriteriaSet
from shared.rulebooks.options import points_of


def score_sheet_submitted(case: Case, fact: ScoreSheetSubmitted) -> Admission:
    """The member's sheet for this dossier is in, whole and scorable (articles 3.3, 7.3.d and 7.4.d).

    One that supersedes takes the place of the member's first until the session closes; after that the session has to be
    annulled and held again (not in the act: a result that was found is not changed behind the council).
    """
    dossier = find(case, Dossier, fact.dossier, "dossier")
    if isinstance(dossier, Found) and (unscorable := no_criteria(case, dossier.entry, "dossier")) is not None:
        return unscorable
    session = find(case, Session, fact.session, "session")
    if not isinstance(session, Found):
        return session
    if session.entry.closed_on is not None:
        return refused(Code.SESSION_CLOSED, "session", _ANNUL_FIRST if isinstance(fact, ScoreSheetSuperseded) else None)
    if not isinstance(dossier, Found):
        return dossier
    ballot = ballot_of(case, session.entry, dossier.entry)
    wrong = (
        _not_in(session.entry, dossier)
        or _may_score(case, session.entry, dossier.entry, fact.member_id, ballot)
        or _second_sheet(fact, ballot)
        or in_order(("filed_on", dossier.entry.filed_on), ("signed_on", fact.signed_on))
        or options_refused(_criteria_set(case, dossier.entry), fact.options, "options")
        or case.untimely(fact.signed_on)
        or _no_first_sheet(case, fact, ballot)
    )
    return wrong or _given(case, fact, session, dossier.entry, ballot)


_ANNUL_FIRST = Words(
    "Phiếu chỉ thay được trước khi phiên kết thúc; cơ quan có thẩm quyền phải hủy phiên và họp lại.",
    "A sheet can be replaced only before the session closes; its authority must annul the session and hold it again.",
)


def _not_in(session: Session, dossier: Found[Dossier]) -> Refused | None:
    """A refusal unless the session still sits over the dossier."""
    if dossier.key[1] not in session.dossiers:
        return refused(Code.DOSSIER_NOT_IN_SESSION, "dossier")
    if dossier.key[1] in session.annulled:
        return refused(Code.SESSION_ANNULLED, "session")
    if dossier.key[1] in session.moved:
        return refused(Code.MOVED_TO_MEETING, "session")
    return withdrawn(dossier.entry, "dossier")


def _second_sheet(fact: ScoreSheetSubmitted, ballot: Ballot) -> Refused | None:
    """A refusal for a second sheet of a member that does not say that it supersedes."""
    second = fact.member_id in ballot.given and not isinstance(fact, ScoreSheetSuperseded)
    return refused(Code.SHEET_GIVEN, "member_id") if second else None


def _no_first_sheet(case: Case, fact: ScoreSheetSubmitted, ballot: Ballot) -> Held | None:
    """A hold for a sheet that supersedes none yet; before its day it waits for that.

    So where all of a sitting waits for its day, a closing keeps its place between a sheet and the one that supersedes.
    """
    early = isinstance(fact, ScoreSheetSuperseded) and fact.member_id not in ballot.given
    return case.hold(sheet_of(fact.member_id)) if early else None


def _may_score(case: Case, session: Session, dossier: Dossier, member_id: str, ballot: Ballot) -> Refused | None:
    """A refusal unless the person is a member in a role that scores (articles 7.3.b and 7.4.b), and not recused."""
    role = next((member.role for member in session.members if member.member_id == member_id), None)
    if role is None:
        return refused(Code.NOT_A_MEMBER, "member_id")
    if member_id in ballot.recused:
        return refused(Code.MEMBER_RECUSED, "member_id")
    return None if role in _scoring_roles(case, dossier) else refused(Code.MEMBER_DOES_NOT_SCORE, "member_id")


def _given(
    case: Case, fact: ScoreSheetSubmitted, session: Found[Session], dossier: Dossier, ballot: Ballot
) -> Admitted:
    draft = Draft(case.register)
    identity, member = session.entry.id, fact.member_id
    voted = replace(
        ballot,
        given=tuple(sorted({*ballot.given, member})),
        totals={**ballot.totals, member: points_of(_criteria_set(case, dossier), fact.options)},
        owes_rescore=ballot.owes_rescore and not isinstance(fact, ScoreSheetSuperseded),
    )
    draft.put(ballot_key(identity, dossier.id), voted)
    sheet = SheetGiven(dossier.id, identity, member, fact.signed_on, fact.options)
    if isinstance(fact, ScoreSheetSuperseded):
        sheet = SheetReplaced(dossier.id, identity, member, fact.signed_on, fact.options, fact.reason)
    draft.publish_sheet(("product", dossier.product), sheet)
    return draft.admitted(provides=frozenset({sheets_of(session.key[1]), sheet_of(member)}))


@dataclass(frozen=True, slots=True)
class _Closing:
    """What a closing says of each dossier of its session, by the dossier's key, and who was there over it.

    `apart` are those whose totals lie too far apart with no round of scoring again left.
    """

    agreed: Mapping[Key, Mapping[str, int]]
    struck_out: Mapping[Key, StruckOut]
    present: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    apart: frozenset[Key] = frozenset()


def session_closed(case: Case, fact: SessionClosed) -> Admission:
    """The session is over for every dossier of its list, each of which may be scheduled again.

    The closing waits until every present scoring member has handed in a sheet for each dossier not struck out. While
    their totals lie too far apart it is refused, as often as the by-law has them score again.
    """
    session = find(case, Session, fact.session, "session")
    if not isinstance(session, Found):
        return session
    wrong = _not_closable(case, fact, session.entry)
    if wrong is not None:
        return wrong
    dossiers = _dossiers(case, session.entry)
    closing = _closing(case, fact, dossiers)
    return _judged(case, fact, session, dossiers, closing) if isinstance(closing, _Closing) else closing


def _judged(
    case: Case, fact: SessionClosed, session: Found[Session], dossiers: Mapping[Key, Dossier], closing: _Closing
) -> Admission:
    """The closing as the sheets have it: it waits for them, is sent back for what they say, or stands."""
    ballots = {key: ballot_of(case, session.entry, dossier) for key, dossier in dossiers.items()}
    present = {key: there(session.entry, ballot, tuple(dict.fromkeys(fact.present))) for key, ballot in ballots.items()}
    scored = {
        key: ballots[key]
        for key, dossier in dossiers.items()
        if key not in closing.struck_out and dossier.state != "withdrawn"
    }
    if any(_sheets_missing(case, session.entry, dossiers[key], scored[key], present[key]) for key in scored):
        return case.hold(sheets_of(session.key[1]))
    apart = frozenset(key for key, ballot in scored.items() if is_apart(ballot, present[key]))
    again = sent_back(session.entry, dossiers, scored, sorted(apart))
    return again or _ended(case, fact, session, dossiers, replace(closing, present=present, apart=apart))


def _not_closable(case: Case, fact: SessionClosed, session: Session) -> Held | Refused | None:
    if session.closed_on is not None:
        return refused(Code.SESSION_CLOSED, "session")
    if not session.left():
        return refused(Code.MOVED_TO_MEETING if session.moved else Code.SESSION_ANNULLED, "session")
    members = {member.member_id for member in session.members}
    for place, member_id in enumerate(fact.present):
        if member_id not in members:
            return refused(Code.NOT_A_MEMBER, f"present.{place}")
    recused_on = session.recused_on or session.meets_on
    return (
        _wrong_attendance(fact, session)
        or in_order(("meets_on", session.meets_on), ("closed_on", fact.closed_on))
        or in_order(("declared_on", recused_on), ("closed_on", fact.closed_on))
        or case.untimely(fact.closed_on)
    )


def _wrong_attendance(fact: SessionClosed, session: Session) -> Refused | None:
    """A refusal where a written opinion names who was present, or whoever chaired was no member or not there."""
    if session.mode == "written" and fact.present:
        detail = Words("Lấy ý kiến bằng văn bản: ai nộp phiếu là có mặt.", "Whoever gave a written opinion is present.")
        return refused(Code.EVENT_INVALID, "present", detail)
    if fact.chaired_by is None:
        return None
    if fact.chaired_by.member_id not in [member.member_id for member in session.members]:
        return refused(Code.NOT_A_MEMBER, "chaired_by.member_id")
    if session.mode == "meeting" and fact.chaired_by.member_id not in fact.present:
        detail = Words("Người chủ trì phải có mặt.", "Whoever chaired must be present.")
        return refused(Code.EVENT_INVALID, "chaired_by.member_id", detail)
    return None


def _closing(case: Case, fact: SessionClosed, dossiers: Mapping[Key, Dossier]) -> _Closing | Held | Refused:
    """What was agreed and struck out, all of it about dossiers of this session."""
    agreed: dict[Key, Mapping[str, int]] = {}
    for place, said in enumerate(fact.agreed):
        found = find(case, Dossier, said.dossier, f"agreed.{place}.dossier")
        if not isinstance(found, Found):
            return found
        if found.key not in dossiers:
            return refused(Code.DOSSIER_NOT_IN_SESSION, f"agreed.{place}.dossier")
        criteria_set = _criteria_set(case, found.entry)
        wrong = options_refused(criteria_set, said.options, f"agreed.{place}.options", complete=False)
        if wrong is not None:
            return wrong
        agreed[found.key] = said.options
    struck_out: dict[Key, StruckOut] = {}
    for place, out in enumerate(fact.disqualified):
        found = find(case, Dossier, out.dossier, f"disqualified.{place}.dossier")
        if not isinstance(found, Found):
            return found
        if found.key not in dossiers:
            return refused(Code.DOSSIER_NOT_IN_SESSION, f"disqualified.{place}.dossier")
        struck_out[found.key] = StruckOut(out.ground, out.reason)
    return _Closing(agreed, struck_out)


def _sheets_missing(case: Case, session: Session, dossier: Dossier, ballot: Ballot, present: tuple[str, ...]) -> bool:
    """True where a present member who scores, and is not recused, has not handed in a sheet for the dossier."""
    roles = _scoring_roles(case, dossier)
    score = {member.member_id for member in session.members if member.role in roles} - set(ballot.recused)
    return not score.intersection(present) <= set(ballot.given)


def _ended(
    case: Case, fact: SessionClosed, session: Found[Session], dossiers: Mapping[Key, Dossier], closing: _Closing
) -> Admitted:
    draft = Draft(case.register)
    draft.put(session.key, replace(session.entry, closed_on=fact.closed_on))
    for key, before in dossiers.items():
        dossier = overtaken(draft, before, fact.closed_on, session.entry.level)
        sits_in = None if dossier.session == session.key[1] else dossier.session
        sat = (*dossier.sat, (session.entry.level, session.key[1]))
        draft.put(key, replace(dossier, session=sits_in, closings=dossier.closings + 1, sat=sat))
        ended = SessionEnded(
            dossier_id=dossier.id,
            session_id=session.entry.id,
            closed_on=fact.closed_on,
            present=closing.present[key],
            agreed=closing.agreed.get(key),
            struck_out=closing.struck_out.get(key),
            corrections=dossier.corrections,
            apart=key in closing.apart,
            chaired_by=fact.chaired_by,
            supplements=counted(dossier, session.entry.level),
        )
        draft.publish_sheet(("product", dossier.product), ended)
    return draft.admitted({"session_id": str(session.entry.id)}, frozenset({closing_of(session.key[1])}))


def _dossiers(case: Case, session: Session) -> dict[Key, Dossier]:
    """The dossiers that the session sits over, in the order of its list."""
    entries = {("dossier", name): case.register.get(("dossier", name)) for name in session.left()}
    return {key: entry for key, entry in entries.items() if isinstance(entry, Dossier)}


def ballot_of(case: Case, session: Session, dossier: Dossier) -> Ballot:
    """The sheets of the dossier in the session, as far as they are in."""
    entry = case.register.get(ballot_key(session.id, dossier.id))
    return entry if isinstance(entry, Ballot) else Ballot()


def _criteria_set(case: Case, dossier: Dossier) -> CriteriaSet:
    return case.rules.rulebook(dossier.regime).sets[dossier.criteria_set]


def _scoring_roles(case: Case, dossier: Dossier) -> tuple[str, ...]:
    return case.rules.rulebook(dossier.regime).regime.by_law.scoring_roles.value


def sheets_of(session: str) -> str:
    """What the closing of a session waits for."""
    return f"sheets:{session}"


def sheet_of(member_id: str) -> str:
    """What a sheet that supersedes waits for."""
    return f"sheet:{member_id}"
