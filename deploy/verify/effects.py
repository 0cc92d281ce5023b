"""What registration published of each admitted event: as many facts as it speaks of, in the sender's own values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import ValidationError

from deploy.verify.findings import Kind, Unexplained
from deploy.verify.history import Told
from deploy.verify.intake import Intake
from deploy.verify.numbers import on_paper, renumbered
from deploy.verify.topics import Record, body
from shared.contracts import dossiers, intake, sheets
from shared.contracts.event import Event, newest
from shared.contracts.topics import CONTACTS, DOSSIERS, SHEETS

_TYPES: Final = {event.type_name(): event for event in intake.INTAKE}
_SAME: Final = (
    "reference",
    "kind",
    "filed_on",
    "received_on",
    "assessed_on",
    "outcome",
    "document_number",
    "round",
    "meets_on",
    "member_id",
    "signed_on",
    "options",
    "closed_on",
    "number",
    "decided_on",
    "signatory",
    "document_sha256",
    "requested_on",
    "annulled_on",
    "withdrawn_on",
    "declared_on",
    "mode",
    "chaired_by",
    "inspected_on",
    "concluded_on",
    "confirmed_on",
    "ground",
    "reason",
    "level",
    "criteria_set",
    "stars",
    "asked_on",
    "missing",
    "ended_on",
    "documents",
)
"""What a published fact repeats of the event it was admitted from, where that says it."""
_DEFAULTED: Final = ("level", "criteria_set")
"""What a sender may leave out, and a fact says all the same."""
_ONE: Final = frozenset(
    {
        "ProductRegistered",
        "DossierFiled",
        "CommuneAssessed",
        "ScoreSheetSubmitted",
        "ScoreSheetSuperseded",
        "CentralEvaluationRequested",
        "ProvincialEvaluationRequested",
        "ResultImported",
        "DossierWithdrawn",
        "InspectionConcluded",
        "ProductionStopConfirmed",
        "CertificateWithdrawn",
        "SupplementAsked",
        "SupplementReceived",
    }
)
"""What brings one fact each time it is admitted."""
_CALENDAR: Final = "calendar/"
SheetFact = TypeVar("SheetFact", sheets.MemberRecused, sheets.OpinionsSetAside)


def check_effects(state: Intake) -> Iterator[Unexplained]:
    """An admitted event whose facts are too few, too many or other than it said; a fact that nothing admitted bears."""
    facts = _facts(state)
    known: set[str] = set()
    for place, row in sorted(state.rows.items()):
        cause = f"{row['unit']}/{row['event_id']}"
        known.add(cause)
        found = facts.get(cause, [])
        if row["status"] != "admitted":
            if found:
                words = f"{row['status']}, and yet {type(found[0].event).__name__} was published"
                yield Unexplained(Kind.EFFECT_DIFFERS, f"registration.journal {row['unit']} {row['event_id']}", words)
            continue
        record = None if ("registration", place) in state.flow.settled.instead else state.records.get(place)
        said = None if record is None else said_in(record)
        if record is not None and said is not None and not {one.subject for one in found} & state.flow.history.broken:
            for unexplained in _agreement(state, said, record, found):
                state.flow.history.broken |= {one.subject for one in found}
                yield unexplained
    known |= {f"{unit}/{name}" for unit, name in _arrived(state)}
    for cause, found in sorted(facts.items()):
        if cause not in known and not cause.startswith(_CALENDAR):
            words = f"{type(found[0].event).__name__} of {found[0].subject} names {cause or 'no cause'}"
            yield Unexplained(Kind.EFFECT_DIFFERS, found[0].record.where, words)


def _facts(state: Intake) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for topic in (DOSSIERS, SHEETS, CONTACTS):
        for told in state.flow.history.on(topic):
            found[told.cause].append(told)
    return found


def _arrived(state: Intake) -> Iterator[tuple[str, str]]:
    for record in state.records.values():
        yield record.topic.split(".")[2], record.named.get("id", "")


def said_in(record: Record) -> Event | None:
    """The event as its sender meant it; None where it cannot be read any more."""
    model = _TYPES.get(record.named.get("type", ""))
    try:
        return None if model is None else newest(model.model_validate_json(body(record)))
    except (ValidationError, ValueError, KeyError):
        return None


def _agreement(state: Intake, said: Event, record: Record, found: Sequence[Told]) -> Iterator[Unexplained]:
    found = [one for one in found if not _overtaken(one.event)]
    due = _due(state, said, found)
    if due is not None and len(found) != due:
        words = f"{type(said).__name__} brings {due} facts, {len(found)} were published"
        yield Unexplained(Kind.EFFECT_DIFFERS, record.where, words)
        return
    if due is None:
        return
    if isinstance(said, intake.NumbersCarriedOver):
        held = on_paper(state.flow.schemas).get((said.commune_code, str(said.year)), 0)
        if held != said.last:
            words = f"{said.last} numbers were carried over, registration holds {held}"
            yield Unexplained(Kind.EFFECT_DIFFERS, record.where, words)
    if isinstance(said, intake.DecisionApproved) and _stars(said.results) != _stars([one.event for one in found]):
        yield Unexplained(Kind.EFFECT_DIFFERS, record.where, "the stars published are not those decided")
    if isinstance(said, intake.ResultImported) and _total(found[0].event) != Fraction(said.total):
        yield Unexplained(Kind.EFFECT_DIFFERS, record.where, "the total published is not the one sent")
    meant = _meant(said)
    for told in found:
        fact: dict[str, Any] = {} if told.event is None else told.event.model_dump(mode="json")
        fields = [name for name in _SAME if name in fact and name in meant and fact[name] != meant[name]]
        if fields or renumbered(said, told.event):
            words = f"{', '.join(fields or ['number'])} differ from {record.where}"
            yield Unexplained(Kind.EFFECT_DIFFERS, told.record.where, words)


def _meant(said: Event) -> dict[str, Any]:
    """What the event says, under the names that a fact says it by."""
    meant = {name: value for name, value in said.model_dump(mode="json").items() if name not in _DEFAULTED or value}
    if isinstance(said, intake.DecisionAnnulled):
        meant["number"] = said.decision_number
    if isinstance(said, intake.SupplementReceived):
        meant["ended_on"] = meant["received_on"]
        meant["documents"] = [document.sha256 for document in said.documents]
    return meant


def _overtaken(event: Event | None) -> bool:
    """True of a supplement that the event ended by the way: `supplements.py` judges those."""
    return isinstance(event, dossiers.SupplementEnded) and event.cause == "overtaken"


def _total(fact: Event | None) -> Fraction | None:
    if not isinstance(fact, dossiers.ResultImported):
        return None
    return Fraction(fact.total.numerator, fact.total.denominator)


def _stars(given: Sequence[object]) -> list[int]:
    return sorted(getattr(one, "stars", None) or 0 for one in given)


def _due(state: Intake, said: Event, found: Sequence[Told]) -> int | None:
    """How many facts the event brings; None for contacts and days, which depends on what was known."""
    match said:
        case intake.CouncilFormed() | intake.NumbersCarriedOver():
            return 0
        case intake.DossiersScheduled():
            return len(said.dossiers) + sum(isinstance(one.event, sheets.OpinionsSetAside) for one in found)
        case intake.DecisionApproved():
            return len(said.results)
        case intake.SessionClosed():
            return _closed(state, [one.event for one in found])
        case intake.SessionAnnulled() | intake.DecisionAnnulled():
            return len(said.dossiers) or _annulled(state, [one.event for one in found])
        case _:
            return 1 if type(said).__name__ in _ONE else _recused(state, said, found)


def _closed(state: Intake, found: Sequence[Event | None]) -> int:
    """One fact for each dossier of the session, but for those over which it was annulled before."""
    closed = [event for event in found if isinstance(event, sheets.SessionClosed)]
    if not closed:
        return 1
    session, done = closed[0].session_id, {event.dossier_id for event in closed}
    gone = _taken_back(state, lambda one: _session(one) == session) | _moved(state, session)
    return len(state.seats[session] - (gone - done))


def _recused(state: Intake, said: Event, found: Sequence[Told]) -> int | None:
    """One fact for each dossier that the session sits over and the member was not recused from; None for no recusal."""
    if not isinstance(said, intake.MemberRecused):
        return None
    told = [one.event for one in found if isinstance(one.event, sheets.MemberRecused)]
    if said.dossiers or not told:
        return len(said.dossiers) or 1
    session, done = told[0].session_id, {event.dossier_id for event in told}
    before = {one.dossier_id for one in _on_sheets(state, sheets.MemberRecused) if _same_seat(one, told[0])}
    gone = before | _moved(state, session) | _taken_back(state, lambda one: _session(one) in (session, None))
    return len(state.seats[session] - (gone - done))


def _same_seat(one: sheets.MemberRecused, other: sheets.MemberRecused) -> bool:
    return (one.session_id, one.member_id) == (other.session_id, other.member_id)


def _moved(state: Intake, session: UUID) -> set[UUID]:
    """The dossiers that went from this written session to a meeting."""
    return {one.dossier_id for one in _on_sheets(state, sheets.OpinionsSetAside) if one.session_id == session}


def _on_sheets(state: Intake, kind: type[SheetFact]) -> Iterator[SheetFact]:
    return (one.event for one in state.flow.history.on(SHEETS) if isinstance(one.event, kind))


def _annulled(state: Intake, found: Sequence[Event | None]) -> int:
    """One fact for each dossier over which the session or decision stands still, and that was not withdrawn."""
    said = [event for event in found if isinstance(event, dossiers.SessionAnnulled | dossiers.DecisionAnnulled)]
    if not said:
        return 1
    done = {event.dossier_id for event in said}
    match said[0]:
        case dossiers.SessionAnnulled(session_id=session):
            meant = state.seats[session] - _moved(state, session)
            before = _taken_back(state, lambda one: _session(one) in (session, None))
        case dossiers.DecisionAnnulled(number=number, unit=unit):
            decided = (told.event for told in state.flow.history.on(DOSSIERS))
            meant = {
                e.dossier_id
                for e in decided
                if isinstance(e, dossiers.DecisionApproved) and (e.unit, e.number) == (unit, number)
            }
            before = _taken_back(state, lambda one: _decision(one) in ((unit, number), None))
    return len(meant - (before - done))


def _taken_back(state: Intake, about: Callable[[dossiers.Correction], bool]) -> set[UUID]:
    """The dossiers of all corrections of this kind."""
    told = (one.event for one in state.flow.history.on(DOSSIERS))
    return {e.dossier_id for e in told if isinstance(e, dossiers.Correction) and about(e)}


def _session(said: dossiers.Correction) -> UUID | str | None:
    """The session that is annulled; None for a withdrawal."""
    if isinstance(said, dossiers.SessionAnnulled):
        return said.session_id
    return None if isinstance(said, dossiers.DossierWithdrawn) else "decision"


def _decision(said: dossiers.Correction) -> tuple[str, str] | str | None:
    """Whose decision of which number is annulled; None for a withdrawal."""
    if isinstance(said, dossiers.DecisionAnnulled):
        return said.unit, said.number
    return None if isinstance(said, dossiers.DossierWithdrawn) else "session"
