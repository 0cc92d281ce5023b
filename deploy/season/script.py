"""The season as dated happenings: each yields the drafts of its events, in the order its sender sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from deploy.season import facts, sitting
from deploy.season.cases import Decided
from deploy.season.catalogue import MINISTRY, WEIGHTS, Commune, communes_by_province
from deploy.season.expectations import ADMITTED, DUPLICATE, Answer
from deploy.season.facts import Data
from deploy.season.plan import (
    CENTRAL_COUNCIL_FORMED_ON,
    COUNCILS_FORMED_ON,
    FIRST_DAY,
    LAST_DAY,
    SPRING_ASSESSED_ON,
    SPRING_FILED_ON,
    Filing,
    Plan,
)
from deploy.season.profiles import PROFILES

PROVINCE_FOLLOWS_ON: Final = date(2027, 4, 7)
UNKNOWN_DECISION_ON: Final = date(2027, 4, 5)
_POISON_ON: Final = date(2026, 7, 1)
_INVALID_ON: Final = date(2026, 7, 2)
_STRANGER_ON: Final = date(2026, 7, 3)
_REGISTERED_BEFORE: Final = timedelta(days=3)
_WITHDRAWN_AFTER: Final = timedelta(days=5)
_ASKED_AFTER: Final = timedelta(days=1)
_RECEIVED_AFTER: Final = timedelta(days=5)
_CENTRAL_REQUEST_ON: Final = date(2027, 1, 11)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has an id. `same_id` takes the id of the unit's event before it; `raw` is not an event."""

    unit: str
    kind: str
    subject: str
    data: Data
    answer: Answer = ADMITTED
    same_id: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Drafts that one unit sends together on a day; `rank` orders a day."""

    day: date
    rank: int
    drafts: Callable[[], Iterable[Draft]]


def happenings(plan: Plan) -> list[Happening]:
    """Everything of the season in the order of its days, each day opened by the ministry."""
    facts_of_season = [*_openings(), *_filings(plan), *_accidents(plan), *sittings(plan)]
    days = (FIRST_DAY + timedelta(days=passed) for passed in range((LAST_DAY - FIRST_DAY).days + 1))
    opened = [Happening(day, 0, partial(_day, day)) for day in days]
    return sorted([*opened, *facts_of_season], key=lambda happening: (happening.day, happening.rank))


def sittings(plan: Plan) -> Iterator[Happening]:
    """Schedules, sheets, closings and decisions of every session."""
    for number, session in enumerate(plan.sessions, start=1):
        for day, rank, steps in sitting.steps(session, number):
            yield Happening(day, rank, partial(_as_drafts, session.unit, steps))


def _as_drafts(unit: str, steps: Callable[[], Iterator[sitting.Step]]) -> Iterator[Draft]:
    for step in steps():
        yield Draft(unit, step.kind, step.subject, step.data, step.answer)


def _day(day: date) -> Iterator[Draft]:
    yield Draft(MINISTRY, "DayStarted", day.isoformat(), facts.day_started(day))


def _openings() -> Iterator[Happening]:
    communes = communes_by_province()
    for unit in WEIGHTS:
        yield Happening(FIRST_DAY, 1, partial(_offices, unit, communes[unit]))
        yield Happening(COUNCILS_FORMED_ON, 1, partial(_council, unit, COUNCILS_FORMED_ON))
    yield Happening(CENTRAL_COUNCIL_FORMED_ON, 1, partial(_council, MINISTRY, CENTRAL_COUNCIL_FORMED_ON))


def _offices(unit: str, communes: tuple[Commune, ...]) -> Iterator[Draft]:
    yield Draft(unit, "ProvincialOfficeRegistered", unit, facts.provincial_office(unit))
    for commune in communes:
        yield Draft(commune.province, "OfficeRegistered", commune.code, facts.office(commune))


def _council(unit: str, day: date) -> Iterator[Draft]:
    yield Draft(unit, "CouncilFormed", facts.council_reference(unit), facts.council(unit, day))


def _filings(plan: Plan) -> Iterator[Happening]:
    for filing in plan.filings:
        yield Happening(filing.filed_on - _REGISTERED_BEFORE, 2, partial(_registration, filing))
        if filing.case.trick == "late_papers":
            yield Happening(filing.assessed_on, 3, partial(_late_papers, filing))
            continue
        yield Happening(filing.filed_on, 3, partial(_dossier, filing, filing.dossier, filing.filed_on))
        returned = filing.case.end.kind == "returned" or filing.case.trick == "filed_again"
        yield Happening(filing.assessed_on, 4, partial(_assessment, filing, returned=returned))
        if filing.case.trick == "withdrawn":
            withdrawn_on = filing.assessed_on + _WITHDRAWN_AFTER
            yield Happening(withdrawn_on, 4, partial(_withdrawal, filing, withdrawn_on))
        if filing.case.trick == "supplemented":
            yield from _supplements(filing, "commune", filing.filed_on)
            yield from _supplements(filing, "province", filing.assessed_on)
        if filing.case.trick == "filed_again":
            yield Happening(SPRING_FILED_ON, 3, partial(_dossier, filing, filing.scored_dossier, SPRING_FILED_ON))
            yield Happening(SPRING_ASSESSED_ON, 4, partial(_assessed_again, filing))
        if filing.case.goes_up:
            requested_on = _CENTRAL_REQUEST_ON + timedelta(days=list(WEIGHTS).index(filing.unit) % 5)
            yield Happening(requested_on, 8, partial(_central_request, filing, requested_on))
        if (after := province_follows(filing)) is not None:
            yield Happening(PROVINCE_FOLLOWS_ON, 7, partial(_follow_up, filing, after))


def province_follows(filing: Filing) -> Decided | None:
    """The province's own decision on a central result, where the case has one."""
    after = filing.case.after_central
    return after if after is not None and after.stars != 5 else None


def _supplements(filing: Filing, level: str, since: date) -> Iterator[Happening]:
    """The office of a level asks for papers some days after the dossier came, and receives them."""
    asked_on, received_on = since + _ASKED_AFTER, since + _RECEIVED_AFTER
    yield Happening(asked_on, 4, partial(_supplement, filing, level, facts.supplement_asked(filing, level, asked_on)))
    received = facts.supplement_received(filing, level, received_on)
    yield Happening(received_on, 4, partial(_supplement, filing, level, received))


def _supplement(filing: Filing, level: str, data: Data) -> Iterator[Draft]:
    kind = "SupplementAsked" if "asked_on" in data else "SupplementReceived"
    yield Draft(filing.unit, kind, f"{filing.dossier}-{level}", data)


def _registration(filing: Filing) -> Iterator[Draft]:
    producer, product = filing.producer, filing.product
    if filing.opens_producer:
        yield Draft(filing.unit, "ProducerRegistered", producer.reference, facts.producer(producer))
    yield Draft(filing.unit, "ProductRegistered", product, facts.product(filing))
    if filing.case.trick == "product_id_reused":
        other = facts.product(filing, name=f"{filing.product_name} - tên khác")
        reused = Answer("refused", "event-id-reused")
        yield Draft(filing.unit, "ProductRegistered", product, other, reused, same_id=True)


def _dossier(filing: Filing, reference: str, filed_on: date) -> Iterator[Draft]:
    own = PROFILES[filing.case.profile].options() if filing.case.profile else None
    data = facts.dossier(filing, reference, filed_on, own)
    yield Draft(filing.unit, "DossierFiled", reference, data)
    if filing.case.trick == "dossier_sent_twice":
        yield Draft(filing.unit, "DossierFiled", reference, data, DUPLICATE, same_id=True)


def _assessment(filing: Filing, *, returned: bool, answer: Answer = ADMITTED) -> Iterator[Draft]:
    data = facts.assessment(filing.dossier, filing.filed_on, filing.assessed_on, returned=returned)
    yield Draft(filing.unit, "CommuneAssessed", filing.dossier, data, answer)


def _assessed_again(filing: Filing) -> Iterator[Draft]:
    data = facts.assessment(filing.scored_dossier, SPRING_FILED_ON, SPRING_ASSESSED_ON, returned=False)
    yield Draft(filing.unit, "CommuneAssessed", filing.scored_dossier, data)


def _withdrawal(filing: Filing, day: date) -> Iterator[Draft]:
    yield Draft(filing.unit, "DossierWithdrawn", filing.dossier, facts.withdrawal(filing, day))


def _late_papers(filing: Filing) -> Iterator[Draft]:
    """The commune's report arrives before the dossier it is about."""
    yield from _assessment(filing, returned=False, answer=Answer("admitted", "admitted", held_before=True))
    yield from _dossier(filing, filing.dossier, filing.filed_on)


def _central_request(filing: Filing, day: date) -> Iterator[Draft]:
    data = facts.central_request(filing, day)
    yield Draft(filing.unit, "CentralEvaluationRequested", filing.scored_dossier, data)


def _accidents(plan: Plan) -> Iterator[Happening]:
    """What goes wrong beside the dossiers: bad bytes, an unknown field, a stranger's commune, an unknown dossier."""
    first = plan.filings[0]
    yield Happening(_POISON_ON, 2, _poison)
    yield Happening(_INVALID_ON, 2, _invalid)
    yield Happening(_STRANGER_ON, 2, _stranger)
    yield Happening(UNKNOWN_DECISION_ON, 7, partial(_unknown, first.unit))


def _follow_up(filing: Filing, decided: Decided) -> Iterator[Draft]:
    """The province decides on a central result below 90 (article 7.4.g)."""
    results: list[Data] = [{"dossier": {"reference": filing.scored_dossier}, "stars": decided.stars}]
    identity = 100_000 + filing.number
    data = facts.decision(filing.unit, decided.kind, identity, PROVINCE_FOLLOWS_ON, results)
    yield Draft(filing.unit, "DecisionApproved", str(identity), data)


def _poison() -> Iterator[Draft]:
    unreadable = Answer("dead_lettered", "unreadable")
    yield Draft("52", "", "", {}, unreadable, raw=b'{"reference": "\xff\xfe\x00')


def _invalid() -> Iterator[Draft]:
    data: Data = {"commune_code": "19441", "name": "UBND Xã Hướng Phùng", "email": "ubnd-19441@mau.example"}
    invalid = Answer("refused", "event-invalid")
    yield Draft("44", "OfficeRegistered", "19441", {**data, "fax": "0000"}, invalid)


def _stranger() -> Iterator[Draft]:
    """Điện Biên registers a producer of a commune of Sơn La."""
    data: Data = {
        "reference": "CT-NHAM-TINH",
        "name": "HTX Cà phê mẫu nhầm tỉnh (dữ liệu mẫu)",
        "kind": "cooperative",
        "commune_code": "04123",
        "contact": {"email": "nham-tinh@mau.example"},
    }
    yield Draft("11", "ProducerRegistered", "CT-NHAM-TINH", data, Answer("refused", "commune-of-another-province"))


def _unknown(unit: str) -> Iterator[Draft]:
    results: list[Data] = [{"dossier": {"reference": "HS-KHONG-CO"}, "stars": 4}]
    data = facts.decision(unit, "recognise", 9001, UNKNOWN_DECISION_ON, results)
    yield Draft(unit, "DecisionApproved", "9001", data, Answer("held", "waits-for-dossier"))
