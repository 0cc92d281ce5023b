"""Stories of one product in which something said before counts no more, and what must be told of each.

Each is what registration would have admitted, by topic; what is told was written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from shared.contracts.event import Event
from tests.support.product_events import (
    AN,
    BINH,
    CHAIR,
    FIRST,
    POINTS_60,
    POINTS_85,
    POINTS_95,
    SECOND,
    assessed,
    closed,
    decision,
    decision_annulled,
    filed,
    recused,
    registered,
    requested,
    seated,
    session_annulled,
    set_aside,
    sheet,
    superseded,
    withdrawn,
)

ONE, TWO, THREE, FOUR = 101, 102, 103, 104


@dataclass(frozen=True)
class Story:
    """What registration admitted of one product, and every line that evaluation and promotion must tell."""

    dossiers: tuple[Event, ...]
    sheets: tuple[Event, ...]
    scores: str
    promotions: str


def council(session: int, points: dict[str, int], on: date, corrections: int = 0) -> tuple[Event, ...]:
    """Three sheets alike and a closing, after so many corrections."""
    sheets = (sheet(FIRST, session, member, points) for member in (CHAIR, AN, BINH))
    return (*sheets, closed(FIRST, session, on, corrections=corrections))


BEGUN: tuple[Event, ...] = (
    registered(),
    filed(FIRST, date(2026, 6, 1)),
    assessed(FIRST, date(2026, 6, 10)),
    seated(FIRST, ONE),
)
COMMUNE = "CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-10"
OPENED = """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    StageOpened first province/1 on 2026-06-10 due 2026-12-29
"""

SHEET_SUPERSEDED = Story(
    (*BEGUN, decision(FIRST, 1, "recognise", 4, date(2026, 8, 20))),
    (
        sheet(FIRST, ONE, CHAIR, POINTS_60),
        sheet(FIRST, ONE, AN, POINTS_85),
        superseded(FIRST, ONE, CHAIR, POINTS_85),
        sheet(FIRST, ONE, BINH, POINTS_85),
        closed(FIRST, ONE, date(2026, 8, 1)),
    ),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 85/1, 4 stars
    """,
    f"""{OPENED}
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    """,
)

MEMBER_RECUSED = Story(
    (*BEGUN, decision(FIRST, 1, "recognise", 4, date(2026, 8, 20))),
    (
        sheet(FIRST, ONE, CHAIR, POINTS_60),
        recused(FIRST, ONE, CHAIR),
        sheet(FIRST, ONE, CHAIR, POINTS_60),
        sheet(FIRST, ONE, AN, POINTS_85),
        sheet(FIRST, ONE, BINH, POINTS_85),
        closed(FIRST, ONE, date(2026, 8, 1), present=(CHAIR, AN, BINH), chaired_by=AN),
        recused(FIRST, ONE, BINH),
    ),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 85/1, 4 stars
    """,
    f"""{OPENED}
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    """,
)
"""Two of the two left are there, and one of them chairs: the chair's sheets count neither before nor after."""

OPINIONS_SET_ASIDE = Story(
    (*BEGUN, seated(FIRST, TWO), decision(FIRST, 1, "recognise", 3, date(2026, 8, 20))),
    (
        sheet(FIRST, ONE, CHAIR, POINTS_95),
        sheet(FIRST, ONE, AN, POINTS_60),
        set_aside(FIRST, ONE, TWO),
        sheet(FIRST, ONE, BINH, POINTS_95),
        *council(TWO, POINTS_60, date(2026, 8, 10)),
    ),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 102: 60/1, 3 stars
    """,
    f"""{OPENED}
    ProductRecognised first province 3 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    """,
)

SESSION_BEFORE_SCORING = Story(
    (
        *BEGUN,
        session_annulled(FIRST, ONE, date(2026, 7, 30), 0),
        seated(FIRST, TWO),
        decision(FIRST, 1, "recognise", 3, date(2026, 8, 20)),
    ),
    (sheet(FIRST, ONE, CHAIR, POINTS_95), *council(TWO, POINTS_60, date(2026, 8, 10), 1)),
    f"""
    {COMMUNE}
    CorrectionNoted first of 7101: None
    ProductScored first province/1 session 102: 60/1, 3 stars
    """,
    f"""{OPENED}
    ProductRecognised first province 3 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    """,
)

SESSION_AFTER_SCORING = Story(
    (
        *BEGUN,
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)),
        requested(FIRST, date(2026, 8, 25)),
        seated(FIRST, THREE, "central"),
        session_annulled(FIRST, ONE, date(2026, 9, 1), 1),
        seated(FIRST, TWO),
        decision(FIRST, 2, "recognise", 4, date(2026, 9, 20)),
    ),
    (
        *council(ONE, POINTS_95, date(2026, 8, 1)),
        sheet(FIRST, THREE, CHAIR, POINTS_95),
        closed(FIRST, THREE, date(2026, 9, 9), present=(CHAIR, AN), corrections=1),
        *council(TWO, POINTS_85, date(2026, 9, 10), 1),
    ),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 95/1, 5 stars
    CorrectionNoted first of 7101: province/1
    ProductScored first province/2 session 102: 85/1, 4 stars
    """,
    f"""{OPENED}
    ProductEligible first for central: 95/1, 5 stars
    DossierForwarded first province to central on 2026-08-25 by 1/QĐ
    StageOpened first central/1 on 2026-08-25 due 2027-03-29, too late for round 1
    SessionAnnulled first province/1 on 2026-09-01, forwarded by 1/QĐ, ended: central/1
    StageOpened first province/2 on 2026-09-01 due 2026-12-29
    ProductRecognised first province 4 stars by 2/QĐ on 2026-09-20 until 2029-09-20
    """,
)

SESSION_UNDER_A_CERTIFICATE = Story(
    (
        *BEGUN,
        decision(FIRST, 1, "recognise", 4, date(2026, 8, 20)),
        session_annulled(FIRST, ONE, date(2026, 9, 1), 1),
        decision_annulled(FIRST, 1, date(2026, 9, 5), 1),
        seated(FIRST, TWO),
        decision(FIRST, 2, "recognise", 3, date(2026, 9, 20)),
    ),
    (*council(ONE, POINTS_85, date(2026, 8, 1)), *council(TWO, POINTS_60, date(2026, 9, 10), 2)),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 85/1, 4 stars
    CorrectionNoted first of 7101: province/1
    CorrectionNoted first of 8001: None
    ProductScored first province/2 session 102: 60/1, 3 stars
    """,
    f"""{OPENED}
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    CorrectionDeferred first of 7101 until 1/QĐ is annulled
    TaskOpened first annul_decision for 66 on 2026-09-01
    DecisionAnnulled first 1/QĐ on 2026-09-05 back at province/1, ended: none
    TaskClosed first annul_decision on 2026-09-05
    SessionAnnulled first province/1 on 2026-09-01, forwarded by None, ended: none
    StageOpened first province/2 on 2026-09-01 due 2026-12-29
    ProductRecognised first province 3 stars by 2/QĐ on 2026-09-20 until 2029-09-20
    """,
)

CALLED_BEFORE_THE_ANNULMENT = replace(
    SESSION_AFTER_SCORING,
    dossiers=(
        *BEGUN,
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)),
        requested(FIRST, date(2026, 8, 25)),
        seated(FIRST, THREE, "central"),
        seated(FIRST, TWO),
        session_annulled(FIRST, ONE, date(2026, 9, 1), 1),
        decision(FIRST, 2, "recognise", 4, date(2026, 9, 20)),
    ),
)
"""A sender's next session and its annulment of the one before come in either order: they are on two partitions."""

CALLED_UNDER_A_CERTIFICATE = replace(
    SESSION_UNDER_A_CERTIFICATE,
    dossiers=(
        *BEGUN,
        decision(FIRST, 1, "recognise", 4, date(2026, 8, 20)),
        seated(FIRST, TWO),
        session_annulled(FIRST, ONE, date(2026, 9, 1), 1),
        decision_annulled(FIRST, 1, date(2026, 9, 5), 1),
        decision(FIRST, 2, "recognise", 3, date(2026, 9, 20)),
    ),
)

RECOGNITION_ANNULLED = Story(
    (
        *BEGUN,
        decision(FIRST, 1, "recognise", 4, date(2026, 8, 20)),
        decision_annulled(FIRST, 1, date(2026, 9, 5), 1),
        seated(FIRST, FOUR),
        decision(FIRST, 2, "recognise", 4, date(2026, 9, 6)),
        filed(SECOND, date(2027, 1, 4), "upgrade"),
        assessed(SECOND, date(2027, 1, 8), "returned"),
    ),
    (*council(ONE, POINTS_85, date(2026, 8, 1)), closed(FIRST, FOUR, date(2026, 10, 1), corrections=1)),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 85/1, 4 stars
    CorrectionNoted first of 8001: None
    CommuneAssessmentConcluded second commune/1 returned on 2027-01-08
    """,
    f"""{OPENED}
    ProductRecognised first province 4 stars by 1/QĐ on 2026-08-20 until 2029-08-20
    DecisionAnnulled first 1/QĐ on 2026-09-05 back at province/1, ended: none
    ProductRecognised first province 4 stars by 2/QĐ on 2026-09-06 until 2029-09-06
    StageOpened second commune/1 on 2027-01-04 due None
    TaskOpened second due_day_unknown for 66 on 2027-01-04
    DossierReturned second on 2027-01-08
    TaskClosed second due_day_unknown on 2027-01-08
    """,
)

APPROVAL_ANNULLED = Story(
    (
        *BEGUN,
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)),
        requested(FIRST, date(2026, 8, 25)),
        seated(FIRST, THREE, "central"),
        decision(FIRST, 2, "recognise", 4, date(2026, 11, 1)),
        decision_annulled(FIRST, 1, date(2026, 11, 10), 2),
        decision_annulled(FIRST, 2, date(2026, 11, 11), 2),
        decision(FIRST, 4, "approve_for_central", 5, date(2026, 11, 20)),
        requested(FIRST, date(2026, 11, 25)),
        seated(FIRST, FOUR, "central"),
        decision(FIRST, 3, "recognise", 5, date(2027, 3, 1), unit="bnnmt"),
    ),
    (
        *council(ONE, POINTS_95, date(2026, 8, 1)),
        *council(THREE, POINTS_85, date(2026, 10, 1)),
        *council(FOUR, POINTS_95, date(2027, 2, 20), 2),
    ),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 95/1, 5 stars
    ProductScored first central/1 session 103: 85/1, 4 stars
    CorrectionNoted first of 8001: None
    CorrectionNoted first of 8002: None
    ProductScored first central/2 session 104: 95/1, 5 stars
    """,
    f"""{OPENED}
    ProductEligible first for central: 95/1, 5 stars
    DossierForwarded first province to central on 2026-08-25 by 1/QĐ
    StageOpened first central/1 on 2026-08-25 due 2027-03-29, too late for round 1
    TaskOpened first decide_on_central_result for 66 on 2026-10-01
    ProductRecognised first province 4 stars by 2/QĐ on 2026-11-01 until 2029-11-01
    TaskClosed first decide_on_central_result on 2026-11-01
    CorrectionDeferred first of 8001 until 2/QĐ is annulled
    TaskOpened first annul_decision for 66 on 2026-11-10
    DecisionAnnulled first 2/QĐ on 2026-11-11 back at central/1, ended: none
    TaskClosed first annul_decision on 2026-11-11
    TaskOpened first decide_on_central_result for 66 on 2026-10-01
    DecisionAnnulled first 1/QĐ on 2026-11-10 back at province/1, ended: central/1
    TaskClosed first decide_on_central_result on 2026-11-10
    DossierForwarded first province to central on 2026-11-25 by 4/QĐ
    StageOpened first central/2 on 2026-11-25 due 2027-03-29
    ProductRecognised first central 5 stars by 3/QĐ on 2027-03-01 until 2030-03-01
    """,
)

FORWARDING_ANNULLED = Story(
    (
        *BEGUN,
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)),
        requested(FIRST, date(2026, 8, 25)),
        seated(FIRST, THREE, "central"),
        decision_annulled(FIRST, 1, date(2026, 9, 10), 2),
        decision(FIRST, 2, "recognise", 5, date(2026, 9, 11)),
        decision_annulled(FIRST, 2, date(2026, 9, 12), 2),
    ),
    (
        *council(ONE, POINTS_95, date(2026, 8, 1)),
        closed(FIRST, THREE, date(2026, 9, 1), present=(AN,)),
    ),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 95/1, 5 stars
    SessionVoided first central/1 session 103 quorum_missed: 1 of 2
    CorrectionNoted first of 8001: None
    CorrectionNoted first of 8002: None
    """,
    f"""{OPENED}
    ProductEligible first for central: 95/1, 5 stars
    DossierForwarded first province to central on 2026-08-25 by 1/QĐ
    StageOpened first central/1 on 2026-08-25 due 2027-03-29, too late for round 1
    DecisionAnnulled first 1/QĐ on 2026-09-10 back at province/1, ended: central/1
    DecisionHeld first 2/QĐ of 66 authority_lacking: 5, not 5
    CorrectionDismissed first of 8002
    """,
)

WITHDRAWN_BEFORE_SCORING = Story(
    (
        *BEGUN,
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 7, 1)),
        withdrawn(FIRST, date(2026, 7, 15), 0),
        filed(SECOND, date(2026, 7, 20)),
        assessed(SECOND, date(2026, 8, 1), "returned"),
    ),
    (sheet(FIRST, ONE, CHAIR, POINTS_95), closed(FIRST, ONE, date(2026, 8, 1), corrections=1)),
    f"""
    {COMMUNE}
    CorrectionNoted first of 9001: None
    CommuneAssessmentConcluded second commune/1 returned on 2026-08-01
    """,
    f"""{OPENED}
    DecisionHeld first 1/QĐ of 66 kind_not_open: 5, not None
    DossierWithdrawn first on 2026-07-15
    StageOpened second commune/1 on 2026-07-20 due 2026-08-10
    DossierReturned second on 2026-08-01
    """,
)

WITHDRAWN_AFTER_SCORING = Story(
    (
        *BEGUN,
        decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)),
        requested(FIRST, date(2026, 8, 25)),
        withdrawn(FIRST, date(2026, 9, 1), 1),
        filed(SECOND, date(2026, 9, 2)),
        assessed(SECOND, date(2026, 9, 10), "returned"),
    ),
    council(ONE, POINTS_95, date(2026, 8, 1)),
    f"""
    {COMMUNE}
    ProductScored first province/1 session 101: 95/1, 5 stars
    CorrectionNoted first of 9001: None
    CommuneAssessmentConcluded second commune/1 returned on 2026-09-10
    """,
    f"""{OPENED}
    ProductEligible first for central: 95/1, 5 stars
    DossierForwarded first province to central on 2026-08-25 by 1/QĐ
    StageOpened first central/1 on 2026-08-25 due 2027-03-29, too late for round 1
    DossierWithdrawn first on 2026-09-01
    StageOpened second commune/1 on 2026-09-02 due 2026-09-23
    DossierReturned second on 2026-09-10
    """,
)

STORIES: Mapping[str, Story] = MappingProxyType(
    {
        "sheet superseded": SHEET_SUPERSEDED,
        "member recused": MEMBER_RECUSED,
        "written opinions set aside for a meeting": OPINIONS_SET_ASIDE,
        "session annulled before scoring": SESSION_BEFORE_SCORING,
        "session annulled after scoring": SESSION_AFTER_SCORING,
        "session annulled under a certificate": SESSION_UNDER_A_CERTIFICATE,
        "next session called before the annulment": CALLED_BEFORE_THE_ANNULMENT,
        "next session called under a certificate": CALLED_UNDER_A_CERTIFICATE,
        "recognition annulled": RECOGNITION_ANNULLED,
        "approval annulled under a recognition": APPROVAL_ANNULLED,
        "approval annulled after forwarding": FORWARDING_ANNULLED,
        "dossier withdrawn before scoring": WITHDRAWN_BEFORE_SCORING,
        "dossier withdrawn after scoring": WITHDRAWN_AFTER_SCORING,
    }
)
