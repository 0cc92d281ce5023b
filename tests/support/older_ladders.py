"""One product under each older act, said to registration's own rules as a province would send it for its districts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

import yaml

from services.registration.domain.facts import (
    ByLaw,
    CentralEvaluationRequested,
    CommuneAssessed,
    CouncilFormed,
    DecisionAnnulled,
    DecisionApproved,
    DecisionKind,
    DossierFiled,
    DossierKind,
    DossiersScheduled,
    Fact,
    Member,
    ProducerRegistered,
    ProductRegistered,
    ProvincialEvaluationRequested,
    Renewed,
    Result,
    ResultImported,
    ScoreSheetSubmitted,
    SessionAnnulled,
    SessionClosed,
)
from services.registration.messages import event_of
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, SHEETS
from tests.support.interleavings import Log, admitted
from tests.support.registration import BA_DINH, HA_NOI, MINISTRY, Desk, desk, ref

COFFEE = 6
"""The set of coffee in the numbering of 781/2020."""
TODAY = date(2027, 1, 4)
HASH = "0" * 64
Said = tuple[str, Fact]
GOLDEN = Path(__file__).parents[1] / "golden" / "qd1048-2019" / "06.yaml"


@cache
def options(points: int) -> dict[str, int]:
    """A sheet of so many points, typed by hand with the golden cases of the set."""
    sheets = _sheets()
    one_less = {"3.2": 4}
    return {
        90: sheets["ninety"],
        89: {**sheets["ninety"], **one_less},
        70: sheets["seventy"],
        50: sheets["fifty"],
        49: {**sheets["fifty"], **one_less},
    }[points]


@cache
def _sheets() -> dict[str, dict[str, int]]:
    return dict(yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))["sheets"])


def filed(on: date, kind: DossierKind = "first", criteria_set: int = COFFEE) -> tuple[Said, ...]:
    """The product is known, and its dossier filed; a renewal is in time."""
    renews = Renewed(on + timedelta(days=150)) if kind == "renewal" else None
    return (
        (HA_NOI, ProducerRegistered("CT-1", "HTX Cà phê mẫu", BA_DINH, "htx@mau.example", None)),
        (HA_NOI, ProductRegistered("SP-1", ref("CT-1"), "Cà phê bột mẫu", criteria_set)),
        (HA_NOI, DossierFiled("HS-1", ref("SP-1"), kind, on, None, renews=renews)),
    )


def assessed(on: date) -> Said:
    """The commune asks for evaluation."""
    report = CommuneAssessed(
        dossier=ref("HS-1"),
        received_on=on,
        assessed_on=on,
        local_material=True,
        local_labour=True,
        product_idea=True,
        local_identity=True,
        outcome="evaluation_requested",
        document_number="12/BC-UBND",
        reason=None,
    )
    return HA_NOI, report


def sits(level: str, on: date, points: int) -> tuple[Said, ...]:
    """A council of one level with one member finds so many points."""
    unit = MINISTRY if level == "central" else HA_NOI
    dossier = ref("HS-1", HA_NOI)
    council, session = f"HD-{level}", f"PH-{level}-{on:%m%d}"
    by_law = ByLaw(None, None, chair_required=True)
    facts: tuple[Fact, ...] = (
        CouncilFormed(council, level, on - timedelta(days=9), (Member("ct", "chair"),), by_law),
        DossiersScheduled(session, ref(council), "1", on, (dossier,)),
        ScoreSheetSubmitted(ref(session), dossier, "ct", on, options(points)),
        SessionClosed(ref(session), on, ("ct",), (), ()),
    )
    return tuple((unit, fact) for fact in facts)


def imported(level: str, on: date, total: str, stars: int) -> Said:
    """A council's result is sent as its paper says."""
    unit = MINISTRY if level == "central" else HA_NOI
    dossier, session = ref("HS-1", HA_NOI), f"PH-{level}-{on:%m%d}"
    return unit, ResultImported(session, dossier, level, on, Fraction(total), stars, f"{level}/BB-HĐ", HASH)


def decided(level: str, on: date, kind: DecisionKind, stars: int | None) -> Said:
    """The authority of a level decides."""
    unit = MINISTRY if level == "central" else HA_NOI
    result = Result(ref("HS-1", HA_NOI), stars)
    return unit, DecisionApproved(kind, f"{on:%m%d}/QĐ", on, "Người ký mẫu", HASH, (result,), level)


def to_province(on: date) -> Said:
    """A district sends the dossier up."""
    return HA_NOI, ProvincialEvaluationRequested(ref("HS-1"), on, f"{on:%m%d}/TTr")


def to_centre(on: date) -> Said:
    """The province sends the dossier up."""
    return HA_NOI, CentralEvaluationRequested(ref("HS-1"), on, f"{on:%m%d}/TTr")


def session_annulled(level: str, sat_on: date, on: date) -> Said:
    """The authority annuls what a council of that level found on a day."""
    session = ref(f"PH-{level}-{sat_on:%m%d}")
    return HA_NOI, SessionAnnulled(session, on, f"{on:%m%d}/QĐ-HUY", "Họp không đúng quy chế", ())


def decision_annulled(number: str, on: date) -> Said:
    """The authority annuls its own decision."""
    return HA_NOI, DecisionAnnulled(number, on, f"{on:%m%d}/QĐ-HUY", "Không đúng quy định", (ref("HS-1"),))


def published(*said: Said, at: Desk | None = None) -> dict[str, list[Event]]:
    """What registration published of the product, by topic; each fact was admitted."""
    office = at or desk(TODAY)
    told: dict[str, list[Event]] = {DOSSIERS.name: [], SHEETS.name: []}
    names = {"dossiers": DOSSIERS.name, "sheets": SHEETS.name}
    for unit, fact in said:
        for each in office.admitted(unit, fact).published:
            if each.topic in names:
                told[names[each.topic]].append(event_of(each))
    return told


def logs(subject: str, said: Sequence[Said]) -> dict[str, Log]:
    """The product's topics as registration has filled them."""
    told = published(*said)
    return {topic.name: admitted(topic, subject, told[topic.name]) for topic in (DOSSIERS, SHEETS)}
