"""Hà Nội's season as dated happenings: each yields the drafts of its events, in the order its sender sends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Final

from deploy.season import facts as common
from deploy.season.catalogue import MINISTRY
from deploy.season.expectations import Answer
from deploy.season.facts import MEMBERS, Data
from deploy.season.hanoi import facts
from deploy.season.hanoi.cases import Kind, Level
from deploy.season.hanoi.districts import UNIT
from deploy.season.hanoi.plan import Filing, Plan, Sitting
from deploy.season.hanoi.profiles import profiles
from deploy.season.profiles import Profile
from deploy.season.script import Draft, Happening

FIRST_DAY: Final = date(2019, 8, 1)
LAST_DAY: Final = date(2020, 9, 7)
_REGISTERED_BEFORE: Final = timedelta(days=3)
_RETURNED_AFTER: Final = timedelta(days=5)
_WITHDRAWN_AFTER: Final = timedelta(days=8)
_KINDS: Final[tuple[Kind, ...]] = (
    "recognise",
    "approve_for_province",
    "approve_for_central",
    "end_without_certificate",
)
_NO_COMMUNE: Final = Answer("refused", "level-not-allowed")
"""By these acts no commune assesses, so none can return a dossier."""
Profiles = Mapping[tuple[int, str], Profile]


def happenings(plan: Plan) -> list[Happening]:
    """Everything of the season in the order of its days, each day opened by the ministry."""
    known = profiles()
    days = (FIRST_DAY + timedelta(days=passed) for passed in range((LAST_DAY - FIRST_DAY).days + 1))
    opened = [Happening(day, 0, partial(_day, day)) for day in days]
    found = [*opened, Happening(FIRST_DAY, 1, partial(_offices, plan))]
    for filing in plan.filings:
        found += _of_filing(filing, known)
    for sitting in plan.sittings:
        found += _of_sitting(sitting, known)
    return sorted(found, key=lambda happening: (happening.day, happening.rank))


def _of_filing(filing: Filing, known: Profiles) -> Iterator[Happening]:
    yield Happening(filing.filed_on - _REGISTERED_BEFORE, 2, partial(_registration, filing))
    yield Happening(filing.filed_on, 3, partial(_dossier, filing, known))
    if filing.case.withdrawn:
        yield Happening(filing.filed_on + _RETURNED_AFTER, 4, partial(_returned, filing))
        yield Happening(filing.filed_on + _WITHDRAWN_AFTER, 4, partial(_withdrawal, filing))
    if filing.case.rung("province") is not None:
        day = filing.year.to_province
        yield Happening(day, 8, partial(_request, filing, "ProvincialEvaluationRequested", day))
    if filing.case.rung("central") is not None:
        day = filing.year.to_centre
        yield Happening(day, 8, partial(_request, filing, "CentralEvaluationRequested", day))
    if filing.case.handed_back is not None:
        yield Happening(filing.year.handed_back, 7, partial(_handing_back, filing, filing.case.handed_back))


def _of_sitting(sitting: Sitting, known: Profiles) -> Iterator[Happening]:
    if sitting.part == 1:
        yield Happening(sitting.year.councils_formed, 1, partial(_council, sitting))
    yield Happening(sitting.scheduled_on, 5, partial(_schedule, sitting))
    yield Happening(sitting.meets_on, 6, partial(_meeting, sitting, known))
    yield Happening(sitting.decided_on, 7, partial(_decisions, sitting))


def _day(day: date) -> Iterator[Draft]:
    yield Draft(MINISTRY, "DayStarted", day.isoformat(), common.day_started(day))


def _offices(plan: Plan) -> Iterator[Draft]:
    for commune in sorted({filing.district.commune for filing in plan.filings}, key=lambda each: each.code):
        yield Draft(UNIT, "OfficeRegistered", commune.code, common.office(commune))


def _registration(filing: Filing) -> Iterator[Draft]:
    producer = filing.producer
    if filing.opens_producer:
        yield Draft(UNIT, "ProducerRegistered", producer.reference, common.producer(producer))
    yield Draft(UNIT, "ProductRegistered", filing.product, facts.product(filing))


def _dossier(filing: Filing, known: Profiles) -> Iterator[Draft]:
    rung = filing.case.rung("district")
    own = None if rung is None else known[filing.criteria_set, rung.found].options()
    yield Draft(UNIT, "DossierFiled", filing.dossier, facts.dossier(filing, own))


def _returned(filing: Filing) -> Iterator[Draft]:
    """A commune says that it returns the dossier, as communes do since 2025."""
    day = filing.filed_on + _RETURNED_AFTER
    data = common.assessment(filing.dossier, filing.filed_on, day, returned=True)
    yield Draft(UNIT, "CommuneAssessed", filing.dossier, data, _NO_COMMUNE)


def _withdrawal(filing: Filing) -> Iterator[Draft]:
    data = facts.withdrawal(filing, filing.filed_on + _WITHDRAWN_AFTER)
    yield Draft(UNIT, "DossierWithdrawn", filing.dossier, data)


def _request(filing: Filing, kind: str, day: date) -> Iterator[Draft]:
    yield Draft(UNIT, kind, filing.dossier, facts.request(filing, day))


def _handing_back(filing: Filing, stars: int) -> Iterator[Draft]:
    yield Draft(UNIT, "DecisionApproved", filing.dossier, facts.handing_back(filing, stars))


def _council(sitting: Sitting) -> Iterator[Draft]:
    yield Draft(sitting.unit, "CouncilFormed", facts.council_reference(sitting), facts.council(sitting))


def _schedule(sitting: Sitting) -> Iterator[Draft]:
    yield Draft(sitting.unit, "DossiersScheduled", sitting.reference, facts.schedule(sitting))


def _meeting(sitting: Sitting, known: Profiles) -> Iterator[Draft]:
    for filing in sitting.filings:
        profile = known[filing.criteria_set, found_at(filing, sitting.level)]
        for member in range(1, MEMBERS + 1):
            data = facts.sheet(sitting, filing, member, profile.sheet(member))
            yield Draft(sitting.unit, "ScoreSheetSubmitted", filing.dossier, data)
    yield Draft(sitting.unit, "SessionClosed", sitting.reference, facts.closing(sitting))


def found_at(filing: Filing, level: Level) -> str:
    """The name of the profile that the council of a level finds."""
    rung = filing.case.rung(level)
    if rung is None:
        raise ValueError(f"no council of the {level} scores {filing.dossier}")
    return rung.found


def _decisions(sitting: Sitting) -> Iterator[Draft]:
    """One decision for each kind that some product of the sitting gets."""
    for kind in _KINDS:
        results: list[Data] = [
            {"dossier": facts.naming(sitting, filing), "stars": rung.stars}
            for filing in sitting.filings
            if (rung := filing.case.rung(sitting.level)) is not None and rung.decision == kind
        ]
        if results:
            data = facts.decision(sitting, kind, sitting.decided_on, results)
            yield Draft(sitting.unit, "DecisionApproved", f"{sitting.reference}-{kind}", data)
