"""The author's expectations of each product, by construction from the plan and the cases typed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from deploy.season.cases import RECUSED, DecisionKind
from deploy.season.catalogue import producer_mail
from deploy.season.expectations import ExpectedProduct, ExpectedScore
from deploy.season.plan import Filing, Plan, Session
from deploy.season.script import PROVINCE_FOLLOWS_ON, province_follows
from deploy.season.sitting import RIGHT_DECISION_AFTER, found_profile

CERTIFICATE_YEARS = 3
"""36 months (article 4.3)."""


def expected_products(plan: Plan, registered_by: Mapping[tuple[str, str], str]) -> tuple[ExpectedProduct, ...]:
    """How every product of the plan must end; `registered_by` is the event of each by unit and reference."""
    sat: dict[int, list[Session]] = {}
    for session in plan.sessions:
        for filing in session.filings:
            sat.setdefault(filing.number, []).append(session)
    return tuple(
        _product(filing, sat.get(filing.number, []), registered_by[filing.unit, filing.product])
        for filing in plan.filings
    )


def _product(filing: Filing, sessions: list[Session], registered_by: str) -> ExpectedProduct:
    case, end = filing.case, filing.case.end
    return ExpectedProduct(
        unit=filing.unit,
        reference=filing.product,
        registered_by=registered_by,
        case=case.name,
        dossiers=2 if case.trick == "filed_again" else 1,
        end=end.kind,
        stars=end.stars,
        level=end.level,
        contradiction=end.contradiction,
        certificate_expires=_expires(filing, sessions),
        scores=tuple(_scores(filing, sessions)),
        voided_sessions=sum(session.attendance.void for session in sessions),
        forwarded=case.goes_up,
        producer_mail=producer_mail(filing.producer.number),
        commune_mail=filing.producer.commune.mail,
        notices=case.notices,
    )


def _scores(filing: Filing, sessions: Iterable[Session]) -> Iterator[ExpectedScore]:
    for session in sessions:
        if session.attendance.without_result:
            continue
        level = "central" if session.central else "province"
        if filing.case.trick == "struck_out":
            yield ExpectedScore(level, None, None)
            continue
        profile = found_profile(session, filing)
        counted = set(session.attendance.present) & set(session.attendance.scored)
        if filing.case.trick == "recused" and not session.central:
            counted.remove(RECUSED)
        stars = filing.case.found_stars if filing.case.found_stars and not session.central else profile.stars
        yield ExpectedScore(level, profile.mean(counted), stars)


def _expires(filing: Filing, sessions: list[Session]) -> date | None:
    if filing.case.end.kind != "recognised":
        return None
    decided_on = sessions[-1].decided_on
    recognise: DecisionKind = "recognise"
    if province_follows(filing) is not None:
        decided_on = PROVINCE_FOLLOWS_ON
    elif filing.case.right_decision is not None and filing.case.right_decision.kind == recognise:
        decided_on = decided_on + RIGHT_DECISION_AFTER
    return decided_on.replace(year=decided_on.year + CERTIFICATE_YEARS)
