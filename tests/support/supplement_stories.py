"""Stories of one product whose producer is asked to complete a dossier, and what must be told of each, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from shared.contracts import dossiers, sheets
from shared.contracts.event import Event
from tests.support.correction_stories import ONE, TWO, Story, council
from tests.support.product_events import (
    FIRST,
    POINTS_85,
    SECOND,
    assessed,
    decision,
    decision_annulled,
    filed,
    registered,
    requested,
    seated,
    session_annulled,
    withdrawn,
)

MISSING = "Phiếu kiểm nghiệm còn hiệu lực"


def asked(number: int, on: date, level: str = "commune", dossier_id: UUID = FIRST) -> dossiers.SupplementAsked:
    return dossiers.SupplementAsked(
        dossier_id=dossier_id,
        supplement_id=UUID(int=600 + number),
        number=number,
        level=level,
        asked_on=on,
        document_number=f"{number}/BS",
        missing=(MISSING,),
    )


def ended(
    number: int,
    on: date,
    level: str = "commune",
    dossier_id: UUID = FIRST,
    cause: Literal["received", "overtaken"] = "received",
) -> dossiers.SupplementEnded:
    return dossiers.SupplementEnded(
        dossier_id=dossier_id,
        supplement_id=UUID(int=599 + number),
        number=number,
        level=level,
        ended_on=on,
        cause=cause,
        documents=("1" * 64,) if cause == "received" else (),
    )


def report(
    on: date,
    supplements: int,
    dossier_id: UUID = FIRST,
    outcome: Literal["evaluation_requested", "returned"] = "evaluation_requested",
) -> dossiers.CommuneAssessed:
    return assessed(dossier_id, on, outcome).model_copy(update={"supplements": supplements})


def sitting(session: int, on: date, supplements: int, corrections: int = 0) -> tuple[Event, ...]:
    """Three sheets alike and a closing, after so many facts about supplements."""
    *given, closed = council(session, POINTS_85, on, corrections)
    assert isinstance(closed, sheets.SessionClosed)
    return (*given, closed.model_copy(update={"supplements": supplements}))


BOTH_LEVELS = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1)),
        asked(1, date(2026, 6, 10)),
        ended(2, date(2026, 6, 18)),
        report(date(2026, 6, 24), 2),
        asked(3, date(2026, 7, 1), "province"),
        ended(4, date(2026, 7, 10), "province"),
        seated(FIRST, ONE),
        decision(FIRST, 1, "recognise", 4, date(2026, 8, 20)),
    ),
    sitting(ONE, date(2026, 8, 1), 4),
    """
    CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-24
    ProductScored first province/1 session 101: 85/1, 4 stars
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    SupplementAsked first commune/1 for 66 on 2026-06-10, stopped True
    SupplementEnded first commune/1 received on 2026-06-18 due 2026-06-30
    StageOpened first province/1 on 2026-06-24 due 2026-12-29
    SupplementAsked first province/1 for 66 on 2026-07-01, stopped False
    SupplementEnded first province/1 received on 2026-07-10 due 2026-12-29
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    """,
)
"""Six working days are waited at the commune; the province's round ends when it ends."""

RENEWAL_TWICE = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1), "renewal"),
        report(date(2026, 6, 10), 0),
        seated(FIRST, ONE),
        asked(1, date(2026, 6, 20), "province"),
        ended(2, date(2026, 7, 10), "province", cause="overtaken"),
        session_annulled(FIRST, ONE, date(2026, 7, 20), 1),
        asked(3, date(2026, 7, 25), "province"),
        ended(4, date(2026, 8, 5), "province"),
        seated(FIRST, TWO),
        decision(FIRST, 1, "recognise", 4, date(2026, 8, 25)),
    ),
    (*sitting(ONE, date(2026, 7, 10), 2), *sitting(TWO, date(2026, 8, 20), 4, 1)),
    """
    CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-10
    ProductScored first province/1 session 101: 85/1, 4 stars
    CorrectionNoted first of 7101: province/1
    ProductScored first province/2 session 102: 85/1, 4 stars
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    StageOpened first province/1 on 2026-06-10 due 2026-07-25
    SupplementAsked first province/1 for 66 on 2026-06-20, stopped True
    SupplementEnded first province/1 overtaken on 2026-07-10 due 2026-08-14
    SessionAnnulled first province/1 on 2026-07-20, forwarded by None, ended: none
    StageOpened first province/2 on 2026-07-20 due 2026-09-03
    SupplementAsked first province/2 for 66 on 2026-07-25, stopped True
    SupplementEnded first province/2 received on 2026-08-05 due 2026-09-14
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-25 until 2029-08-25
    """,
)
"""The 45 days of a renewal move by 20, then, in the stage opened again, by 11; the second asking waits for that."""

RUN_OUT_BEFORE = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1)),
        asked(1, date(2026, 6, 25)),
        ended(2, date(2026, 6, 30)),
        report(date(2026, 7, 1), 2, outcome="returned"),
    ),
    (),
    """
    CommuneAssessmentConcluded first commune/1 returned on 2026-07-01
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    SupplementAsked first commune/1 for 66 on 2026-06-25, stopped False
    SupplementEnded first commune/1 received on 2026-06-30 due 2026-06-22
    DossierReturned first on 2026-07-01
    """,
)

WITHDRAWN_AND_RETURNED = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1)),
        asked(1, date(2026, 6, 5)),
        ended(2, date(2026, 6, 12), cause="overtaken"),
        withdrawn(FIRST, date(2026, 6, 12), 0),
        filed(SECOND, date(2026, 6, 15)),
        asked(1, date(2026, 6, 16), dossier_id=SECOND),
        ended(2, date(2026, 6, 20), dossier_id=SECOND, cause="overtaken"),
        report(date(2026, 6, 20), 2, SECOND, "returned"),
    ),
    (),
    """
    CorrectionNoted first of 9001: None
    CommuneAssessmentConcluded second commune/1 returned on 2026-06-20
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    SupplementAsked first commune/1 for 66 on 2026-06-05, stopped True
    SupplementEnded first commune/1 overtaken on 2026-06-12 due 2026-06-29
    DossierWithdrawn first on 2026-06-12
    StageOpened second commune/1 on 2026-06-15 due 2026-07-06
    SupplementAsked second commune/1 for 66 on 2026-06-16, stopped True
    SupplementEnded second commune/1 overtaken on 2026-06-20 due 2026-07-09
    DossierReturned second on 2026-06-20
    """,
)

BEYOND_THE_YEAR = Story(
    (
        registered(),
        filed(FIRST, date(2026, 12, 8)),
        asked(1, date(2026, 12, 20)),
        ended(2, date(2026, 12, 27)),
        report(date(2026, 12, 30), 2, outcome="returned"),
    ),
    (),
    """
    CommuneAssessmentConcluded first commune/1 returned on 2026-12-30
    """,
    """
    StageOpened first commune/1 on 2026-12-08 due 2026-12-29
    SupplementAsked first commune/1 for 66 on 2026-12-20, stopped True
    SupplementEnded first commune/1 received on 2026-12-27 due None
    TaskOpened first due_day_unknown for 66 on 2026-12-27
    DossierReturned first on 2026-12-30
    TaskClosed first due_day_unknown on 2026-12-30
    """,
)
"""Five working days more lead into a year whose working days are not known."""

ANNULLED_WHILE_WAITED_FOR = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1)),
        report(date(2026, 6, 10), 0),
        seated(FIRST, ONE),
        asked(1, date(2026, 6, 20), "province"),
        ended(2, date(2026, 6, 25), "province", cause="overtaken"),
        session_annulled(FIRST, ONE, date(2026, 6, 25), 0),
        seated(FIRST, TWO),
        decision(FIRST, 1, "recognise", 4, date(2026, 8, 20)),
    ),
    sitting(TWO, date(2026, 8, 1), 2, 1),
    """
    CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-10
    CorrectionNoted first of 7101: None
    ProductScored first province/1 session 102: 85/1, 4 stars
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    StageOpened first province/1 on 2026-06-10 due 2026-12-29
    SupplementAsked first province/1 for 66 on 2026-06-20, stopped False
    SupplementEnded first province/1 overtaken on 2026-06-25 due 2026-12-29
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    """,
)
"""The correction may be noted before the province's stage has opened."""

REQUEST_CONTRADICTED = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1)),
        report(date(2026, 6, 10), 0),
        seated(FIRST, ONE),
        requested(FIRST, date(2026, 8, 10)),
        asked(1, date(2026, 8, 12), "central"),
        ended(2, date(2026, 8, 14), "central"),
        decision(FIRST, 1, "recognise", 4, date(2026, 8, 20)),
    ),
    sitting(ONE, date(2026, 8, 1), 0),
    """
    CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-10
    ProductScored first province/1 session 101: 85/1, 4 stars
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    StageOpened first province/1 on 2026-06-10 due 2026-12-29
    DecisionHeld first 77/TTr-UBND of 66 request_not_open: None, not 4
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    """,
)
"""The centre asks on a request that contradicts the result: its stage never opens, and nobody waits for it."""

BEFORE_ANY_RESULT = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1)),
        report(date(2026, 6, 10), 0),
        seated(FIRST, ONE),
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 7, 1)),
        requested(FIRST, date(2026, 7, 2)),
        asked(1, date(2026, 7, 3), "central"),
        ended(2, date(2026, 7, 6), "central", cause="overtaken"),
        session_annulled(FIRST, ONE, date(2026, 7, 6), 0),
        seated(FIRST, TWO),
        decision(FIRST, 2, "recognise", 4, date(2026, 8, 20)),
    ),
    sitting(TWO, date(2026, 8, 1), 0, 1),
    """
    CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-10
    CorrectionNoted first of 7101: None
    ProductScored first province/1 session 102: 85/1, 4 stars
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    StageOpened first province/1 on 2026-06-10 due 2026-12-29
    DecisionHeld first 1/QĐ of 66 stars_differ: 5, not 4
    DecisionHeld first 77/TTr-UBND of 66 request_not_open: None, not 4
    ProductRecognised first province 4 stars by 2/QĐ on 2026-08-20 until 2029-08-20
    """,
)
"""Approved, sent up and asked by the centre too early: the province's result waits for none of that."""

BEHIND_AN_ANNULLED_DECISION = Story(
    (
        registered(),
        filed(FIRST, date(2026, 6, 1)),
        report(date(2026, 6, 10), 0),
        seated(FIRST, ONE),
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 7, 1)),
        requested(FIRST, date(2026, 7, 2)),
        asked(1, date(2026, 7, 3), "central"),
        ended(2, date(2026, 7, 6), "central", cause="overtaken"),
        decision_annulled(FIRST, 1, date(2026, 7, 6), 0),
        decision(FIRST, 2, "recognise", 4, date(2026, 8, 20)),
    ),
    sitting(ONE, date(2026, 8, 1), 0, 1),
    """
    CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-10
    CorrectionNoted first of 8001: None
    ProductScored first province/1 session 101: 85/1, 4 stars
    """,
    """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    StageOpened first province/1 on 2026-06-10 due 2026-12-29
    DecisionHeld first 1/QĐ of 66 kind_not_open: 5, not None
    DecisionHeld first 77/TTr-UBND of 66 request_not_open: None, not None
    CorrectionDismissed first of 8001
    ProductRecognised first province 4 stars by 2/QĐ on 2026-08-20 until 2029-08-20
    """,
)
"""No result comes before the annulment is answered, and that stands behind the asking: it waits for none."""

SUPPLEMENTS: Mapping[str, Story] = MappingProxyType(
    {
        "supplements at both levels": BOTH_LEVELS,
        "a renewal's supplement overtaken, and another after an annulment": RENEWAL_TWICE,
        "a supplement asked for when the limit had run out": RUN_OUT_BEFORE,
        "a dossier withdrawn while waited for, and one returned": WITHDRAWN_AND_RETURNED,
        "a wait that leads into a year not announced": BEYOND_THE_YEAR,
        "asked for on a request that contradicts": REQUEST_CONTRADICTED,
        "asked for before there was any result": BEFORE_ANY_RESULT,
        "a session annulled, unscored, while waited for": ANNULLED_WHILE_WAITED_FOR,
    }
)
