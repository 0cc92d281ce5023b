"""One council's sitting: the schedule, the sheets with their slips, the closing, and the decisions that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from deploy.season import facts
from deploy.season.cases import RECUSED, Decided, DecisionKind
from deploy.season.expectations import ADMITTED, Answer
from deploy.season.facts import Data
from deploy.season.plan import CALLED_AGAIN_AFTER, Filing, Session
from deploy.season.profiles import AGREED_BELOW_MAJORITY, PROFILES, Profile

RIGHT_DECISION_AFTER: Final = timedelta(days=3)
ANNULLED_AFTER: Final = timedelta(days=1)
_KINDS: Final[tuple[DecisionKind, ...]] = ("recognise", "approve_for_central", "end_without_certificate")
_HELD_FIRST: Final = Answer("admitted", "admitted", held_before=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a sitting, sent by the unit of the session."""

    kind: str
    subject: str
    data: Data
    answer: Answer = ADMITTED


Steps = Callable[[], Iterator[Step]]


def steps(session: Session, number: int) -> Iterator[tuple[date, int, Steps]]:
    """The sitting by day and rank; decisions of a province are numbered from the session's number."""
    late = session.scheduled_on == session.meets_on
    if not late:
        yield session.scheduled_on, 5, partial(_schedule, session)
    yield session.closed_on, 6, partial(_sitting, session, late=late)
    if session.attendance.annulled:
        yield session.closed_on + CALLED_AGAIN_AFTER, 4, partial(_annulled, session)
    if not session.attendance.called_again:
        yield session.decided_on, 7, partial(_decisions, session, number)
        if any(_is_annulled(session, filing) for filing in session.filings):
            yield session.decided_on + ANNULLED_AFTER, 7, partial(_annulments, session, number)
        if any(_right_decision(session, filing) for filing in session.filings):
            yield session.decided_on + RIGHT_DECISION_AFTER, 7, partial(_right_decisions, session, number)


def found_profile(session: Session, filing: Filing) -> Profile:
    """What the council of this session finds."""
    name = filing.case.central if session.central else filing.case.profile
    if name is None:
        raise ValueError(f"no council of {session.unit} scores {filing.dossier}")
    return PROFILES[name]


def _schedule(session: Session) -> Iterator[Step]:
    yield Step("DossiersScheduled", session.reference, facts.schedule(session))


def _sitting(session: Session, *, late: bool) -> Iterator[Step]:
    sheets = _sheets(session)
    if late:
        first = next(sheets)
        yield Step(first.kind, first.subject, first.data, _HELD_FIRST)
        yield from _schedule(session)
    yield from sheets
    if session.attendance.differ:
        yield _sent_back(session, "meeting-needed")
        return
    apart = [filing for filing in session.filings if filing.case.trick == "apart" and not session.central]
    if apart:
        yield _sent_back(session, "members-apart")
    for filing in apart:
        yield _superseding(session, filing, found_profile(session, filing))
    yield Step("SessionClosed", session.reference, _closing(session))


def _sent_back(session: Session, code: str) -> Step:
    """A closing of members whose totals lie too far apart."""
    return Step("SessionClosed", session.reference, _closing(session), Answer("refused", code))


def _sheets(session: Session) -> Iterator[Step]:
    for filing in session.filings:
        profile = found_profile(session, filing)
        yield from _slips(session, filing, profile)
        for member in session.attendance.scored:
            name = facts.member_id(session.unit, member)
            options = (PROFILES["five_95"] if _too_kind(session, filing, member) else profile).sheet(member)
            if member == RECUSED and filing.case.trick == "recused" and not session.central:
                yield Step("MemberRecused", session.reference, facts.recusal(session, filing, name))
                yield _sheet(session, filing, name, options, Answer("refused", "member-recused"))
                continue
            yield _sheet(session, filing, name, options)
        if filing.case.trick == "sheet_given_twice" and not session.central:
            chair = facts.member_id(session.unit, 1)
            yield _sheet(session, filing, chair, profile.sheet(1), Answer("refused", "sheet-given"))
        if filing.case.trick == "sheet_superseded" and not session.central:
            yield _superseding(session, filing, profile)


def _too_kind(session: Session, filing: Filing, member: int) -> bool:
    """True for the first sheet of a chair who scores far above the others."""
    apart = filing.case.trick in ("sheet_superseded", "apart") or session.attendance.differ
    return member == 1 and apart


def _superseding(session: Session, filing: Filing, profile: Profile) -> Step:
    """The chair's right sheet in the place of the mistaken one."""
    chair = facts.member_id(session.unit, 1)
    data = facts.superseding(session, filing, chair, profile.sheet(1))
    return Step("ScoreSheetSuperseded", filing.scored_dossier, data)


def _slips(session: Session, filing: Filing, profile: Profile) -> Iterator[Step]:
    """Sheets that must be refused, sent before the right ones."""
    match filing.case.trick:
        case "stranger_scores":
            stranger, refused = f"{session.unit}-TV9", Answer("refused", "not-a-member")
            yield _sheet(session, filing, stranger, profile.options(), refused)
        case "secretary_scores":
            refused = Answer("refused", "member-does-not-score")
            yield _sheet(session, filing, facts.secretary_id(session.unit), profile.options(), refused)
        case "option_out_of_range":
            refused = Answer("refused", "options-invalid")
            chair, options = facts.member_id(session.unit, 1), {**profile.options(), "4.1": 5}
            yield _sheet(session, filing, chair, options, refused)


def _sheet(
    session: Session, filing: Filing, member: str, options: Mapping[str, int], answer: Answer = ADMITTED
) -> Step:
    data = facts.sheet(session, filing, member, options)
    return Step("ScoreSheetSubmitted", filing.scored_dossier, data, answer)


def _closing(session: Session) -> Data:
    agreed = [(f, AGREED_BELOW_MAJORITY) for f in session.filings if f.case.trick == "agreed_below_majority"]
    agreed += [(f, PROFILES["mark_92"].options()) for f in session.filings if f.case.profile == "mark_92"]
    struck_out = [filing for filing in session.filings if filing.case.trick == "struck_out"]
    return facts.closing(session, agreed, struck_out)


def _annulled(session: Session) -> Iterator[Step]:
    day = session.closed_on + CALLED_AGAIN_AFTER
    yield Step("SessionAnnulled", session.reference, facts.session_annulled(session, day))


def _is_annulled(session: Session, filing: Filing) -> bool:
    return filing.case.trick == "decision_annulled" and not session.central


def _annulments(session: Session, number: int) -> Iterator[Step]:
    """The first decision, taken back from each product that needs it."""
    first = {step.data["kind"]: step for step in _decisions(session, number)}
    for filing in session.filings:
        if _is_annulled(session, filing) and filing.case.decision is not None:
            step = first[filing.case.decision.kind]
            data = facts.decision_annulled(step.data, session.decided_on + ANNULLED_AFTER, filing)
            yield Step("DecisionAnnulled", step.subject, data)


def _decisions(session: Session, number: int) -> Iterator[Step]:
    yield from _decided(session, number, 0, lambda filing: _first_decision(session, filing))


def _right_decisions(session: Session, number: int) -> Iterator[Step]:
    yield from _decided(session, number, 5, lambda filing: _right_decision(session, filing), RIGHT_DECISION_AFTER)


def _first_decision(session: Session, filing: Filing) -> Decided | None:
    if not session.central:
        return filing.case.decision
    after = filing.case.after_central
    return after if after is not None and after.stars == 5 else None


def _right_decision(session: Session, filing: Filing) -> Decided | None:
    return None if session.central else filing.case.right_decision


def _decided(
    session: Session,
    number: int,
    place: int,
    of: Callable[[Filing], Decided | None],
    after: timedelta = timedelta(),
) -> Iterator[Step]:
    """One decision for each kind that some product of the session gets."""
    day = session.decided_on + after
    for count, kind in enumerate(_KINDS):
        results: list[Data] = [
            {"dossier": facts.naming(session, filing), "stars": decided.stars}
            for filing in session.filings
            if (decided := of(filing)) is not None and decided.kind == kind
        ]
        if results:
            identity = 10 * number + place + count
            data = facts.decision(session.unit, kind, identity, day, results)
            yield Step("DecisionApproved", str(identity), data)
