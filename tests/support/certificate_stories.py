"""Certificates of one product from their issue to their end, as registration admits them, days among the facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from shared.contracts import dossiers
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS
from shared.kernel.ids import derived_id
from tests.support.correction_stories import BEGUN, ONE, council
from tests.support.interleavings import admitted
from tests.support.product_events import (
    AN,
    BINH,
    CHAIR,
    FIRST,
    POINTS_20,
    POINTS_60,
    POINTS_85,
    PRODUCT,
    SECOND,
    THIRD,
    UNIT,
    assessed,
    closed,
    decision,
    decision_annulled,
    filed,
    seated,
    sheet,
    withdrawn,
)

AGAIN = 205
ISSUED, EXPIRES, LAST = date(2026, 8, 20), date(2029, 8, 20), date(2030, 2, 16)
CLOSES = date(2029, 4, 22)
CERTIFIED: tuple[Event, ...] = (*BEGUN, decision(FIRST, 1, "recognise", 4, ISSUED))
"""The first dossier ends with four stars, valid through 2029-08-20."""
DECIDED = admitted(DOSSIERS, str(PRODUCT), CERTIFIED)[-1][0]
CERTIFICATE = derived_id(DECIDED.recorded_ms, DECIDED.id, "certificate")
SHEETS: tuple[Event, ...] = council(ONE, POINTS_85, date(2026, 8, 1))


def day(opened: date) -> dossiers.DayOpened:
    return dossiers.DayOpened(date=opened)


def renewal(on: date, dossier_id: UUID = SECOND) -> dossiers.DossierFiled:
    """As registration flags it: late after the last day in time."""
    late = dossiers.Late(certificate_id=CERTIFICATE, expires_on=EXPIRES, article="12.3") if on > CLOSES else None
    return filed(dossier_id, on, "renewal").model_copy(update={"late_for": late})


def judged(on: date, points: Mapping[str, int]) -> tuple[Event, ...]:
    """A council's sheets over the second dossier, and its closing."""
    given = (sheet(SECOND, AGAIN, member, dict(points)) for member in (CHAIR, AN, BINH))
    return (*given, closed(SECOND, AGAIN, on))


def inspected(on: date, ground: str | None = "law_breached") -> Event:
    return dossiers.InspectionConcluded.model_validate(
        {
            "product_id": PRODUCT,
            "unit": UNIT,
            "inspected_on": on,
            "concluded_on": on,
            "document_number": "1/KL",
            "ground": ground,
        }
    )


def stopped(on: date) -> Event:
    return dossiers.ProductionStopConfirmed(product_id=PRODUCT, unit=UNIT, confirmed_on=on, document_number="2/XN")


def taken(number: int, on: date, level: str = "province", unit: str = UNIT) -> Event:
    return dossiers.CertificateWithdrawn.model_validate(
        {
            "product_id": PRODUCT,
            "decision_id": UUID(int=500 + number),
            "unit": unit,
            "level": level,
            "ground": "law_breached",
            "number": f"{number}/QĐ-TH",
            "withdrawn_on": on,
            "signatory": "Chủ tịch",
            "document_sha256": "0" * 64,
        }
    )


REMINDED = tuple(day(date(2029, *each)) for each in ((2, 21), (3, 23), (4, 12), (4, 22)))
ENDING = (day(EXPIRES), day(date(2029, 8, 21)))
OVER = (day(LAST), day(date(2030, 2, 17)))
WAY = (assessed(SECOND, date(2029, 5, 2)), seated(SECOND, AGAIN))

STORIES: Mapping[str, tuple[tuple[Event, ...], tuple[Event, ...]]] = {
    "reminded, and ended with its months": ((*CERTIFIED, *REMINDED, *ENDING), SHEETS),
    "renewed in time": (
        (
            *CERTIFIED,
            *REMINDED[:2],
            renewal(CLOSES),
            *WAY,
            decision(SECOND, 2, "recognise", 3, date(2029, 6, 1)),
            *OVER,
        ),
        (*SHEETS, *judged(date(2029, 5, 20), POINTS_60)),
    ),
    "undecided at its end, then recognised again": (
        (*CERTIFIED, renewal(CLOSES), *WAY, *ENDING, decision(SECOND, 2, "recognise", 3, date(2029, 10, 1)), *OVER),
        (*SHEETS, *judged(date(2029, 9, 20), POINTS_60)),
    ),
    "undecided at its end, then not recognised": (
        (
            *(*CERTIFIED, renewal(CLOSES), *WAY, *ENDING),
            *(decision(SECOND, 2, "end_without_certificate", 1, date(2029, 10, 1)), *OVER),
        ),
        (*SHEETS, *judged(date(2029, 9, 20), POINTS_20)),
    ),
    "filed late, and recognised again": (
        (
            *(*CERTIFIED, *REMINDED, renewal(date(2029, 4, 23)), *WAY, *ENDING),
            decision(SECOND, 2, "recognise", 3, date(2029, 10, 1)),
        ),
        (*SHEETS, *judged(date(2029, 9, 20), POINTS_60)),
    ),
    "not recognised at first, which is annulled": (
        (
            *(*CERTIFIED, renewal(CLOSES), *WAY, *ENDING),
            decision(SECOND, 2, "end_without_certificate", 1, date(2029, 10, 1)),
            decision_annulled(SECOND, 2, date(2029, 10, 5), 1),
        ),
        (*SHEETS, *judged(date(2029, 9, 20), POINTS_20)),
    ),
    "undecided when the grace is over": ((*CERTIFIED, renewal(CLOSES), *WAY, *ENDING, *OVER), SHEETS),
    "taken back after the end, and filed again": (
        (
            *(*CERTIFIED, renewal(CLOSES), *ENDING, withdrawn(SECOND, date(2029, 9, 1), 0)),
            *(renewal(date(2029, 9, 9), THIRD), *OVER),
        ),
        SHEETS,
    ),
    "upgraded, and the upgrade annulled": (
        (
            *(*CERTIFIED, filed(SECOND, date(2027, 1, 4), "upgrade"), assessed(SECOND, date(2027, 1, 10))),
            *(seated(SECOND, AGAIN), decision(SECOND, 2, "recognise", 4, date(2027, 3, 8)), *REMINDED[:1]),
            *(decision_annulled(SECOND, 2, date(2029, 3, 1), 1), *REMINDED[1:]),
        ),
        (*SHEETS, *judged(date(2027, 3, 1), POINTS_85)),
    ),
    "withdrawn in its days": (
        (*CERTIFIED, inspected(date(2027, 6, 1)), stopped(date(2027, 6, 2)), taken(1, date(2027, 6, 10)), *ENDING),
        SHEETS,
    ),
    "withdrawn late, by the right authority at last": (
        (
            *(*CERTIFIED, stopped(date(2027, 6, 1)), day(date(2027, 6, 16)), day(date(2027, 6, 17))),
            *(
                taken(1, date(2027, 6, 18), "central", "bnnmt"),
                taken(2, date(2027, 6, 20)),
                taken(3, date(2027, 6, 21)),
            ),
        ),
        SHEETS,
    ),
    "to be withdrawn, and ended before": ((*CERTIFIED, inspected(date(2029, 8, 10)), *ENDING), SHEETS),
    "to be withdrawn, and annulled before": (
        (*CERTIFIED, inspected(date(2027, 6, 1)), decision_annulled(FIRST, 1, date(2027, 6, 2), 1)),
        SHEETS,
    ),
    "withdrawn where there is nothing to withdraw": (
        (*BEGUN, inspected(date(2026, 7, 1), None), stopped(date(2026, 7, 1)), taken(1, date(2026, 7, 2))),
        (),
    ),
}
"""By what becomes of the certificate: what stands on `dossiers`, and on `sheets`."""
