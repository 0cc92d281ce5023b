"""The author's expectations of each product of Hà Nội's season, from the plan and the cases typed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from deploy.season.catalogue import producer_mail
from deploy.season.expectations import ExpectedProduct, ExpectedScore
from deploy.season.facts import MEMBERS
from deploy.season.hanoi.districts import UNIT, registering
from deploy.season.hanoi.plan import YEAR_2020, Filing, Plan, Sitting
from deploy.season.hanoi.profiles import profiles
from deploy.season.hanoi.script import Profiles

CERTIFICATE_YEARS = 3
"""36 months by 1048/QĐ-TTg, and by the same default under 490/QĐ-TTg, whose text is not at hand."""


def expected_products(plan: Plan, registered_by: Mapping[tuple[str, str], str]) -> tuple[ExpectedProduct, ...]:
    """How every product of the plan must end; `registered_by` is the event of each by unit and reference."""
    known = profiles()
    sat: dict[int, list[Sitting]] = {}
    for sitting in plan.sittings:
        for filing in sitting.filings:
            sat.setdefault(filing.number, []).append(sitting)
    return tuple(
        _product(filing, sat.get(filing.number, []), registered_by[UNIT, filing.product], known)
        for filing in plan.filings
    )


def _product(filing: Filing, sittings: list[Sitting], registered_by: str, known: Profiles) -> ExpectedProduct:
    case = filing.case
    return ExpectedProduct(
        unit=UNIT,
        reference=filing.product,
        registered_by=registered_by,
        case=case.name,
        dossiers=1,
        end=case.end.kind,
        stars=case.end.stars,
        level=case.end.level,
        contradiction=case.end.contradiction,
        certificate_expires=_expires(filing, sittings),
        scores=tuple(_scores(filing, sittings, known)),
        voided_sessions=0,
        forwarded=case.sent_up,
        producer_mail=producer_mail(filing.producer.number),
        commune_mail=filing.district.commune.mail,
        notices=case.notices,
        act=None if case.withdrawn else case.act,
        registered_in=registering(filing.district) if filing.year is YEAR_2020 else None,
    )


def _scores(filing: Filing, sittings: list[Sitting], known: Profiles) -> Iterator[ExpectedScore]:
    for sitting in sittings:
        rung = filing.case.rung(sitting.level)
        if rung is not None:
            mean = known[filing.criteria_set, rung.found].mean(range(1, MEMBERS + 1))
            yield ExpectedScore(sitting.level, mean, rung.stars)


def _expires(filing: Filing, sittings: list[Sitting]) -> date | None:
    if filing.case.end.kind != "recognised":
        return None
    decided_on = sittings[-1].decided_on if filing.case.handed_back is None else filing.year.handed_back
    return decided_on.replace(year=decided_on.year + CERTIFICATE_YEARS)
