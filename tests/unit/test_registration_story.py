from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.registration.domain.case import Admitted
from services.registration.domain.facts import (
    CentralEvaluationRequested,
    CouncilFormed,
    DayStarted,
    DecisionApproved,
    DossiersScheduled,
    Fact,
    OfficeRegistered,
    Result,
    SessionClosed,
)
from shared.kernel.outcomes import Refused
from tests.support.registration import (
    ASSESSED,
    BA_DINH,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    MEMBERS,
    MINISTRY,
    PRODUCER,
    PRODUCT,
    SCHEDULED,
    Desk,
    desk,
    ref,
    sheet,
    waits_for,
)

PRESENT = ("chu-tich", "uy-vien", "chuyen-gia")
HASH = "0" * 64
THERE = ref("HS-1", HA_NOI)
APPROVED = DecisionApproved(
    "approve_for_central", "123/QĐ", date(2026, 6, 10), "Nguyễn Văn Mẫu", HASH, (Result(ref("HS-1"), 5),)
)
RECOGNISED = DecisionApproved("recognise", "9/QĐ-BNNMT", date(2026, 6, 10), "Trần Thị Mẫu", HASH, (Result(THERE, 5),))
STORY: tuple[tuple[str, Fact], ...] = (
    (MINISTRY, DayStarted(date(2026, 6, 10))),
    (HA_NOI, OfficeRegistered(BA_DINH, "UBND phường Ba Đình", "badinh@mau.example")),
    (HA_NOI, PRODUCER),
    (HA_NOI, PRODUCT),
    (HA_NOI, DOSSIER),
    (HA_NOI, ASSESSED),
    (HA_NOI, COUNCIL),
    (HA_NOI, SCHEDULED),
    *((HA_NOI, sheet(member)) for member in PRESENT),
    (HA_NOI, SessionClosed(ref("PH-1"), date(2026, 6, 9), PRESENT, (), ())),
    (HA_NOI, APPROVED),
    (HA_NOI, CentralEvaluationRequested(ref("HS-1"), date(2026, 6, 10), "45/TTr-UBND")),
    (MINISTRY, CouncilFormed("HD-1", "central", date(2026, 5, 25), MEMBERS, COUNCIL.by_law)),
    (MINISTRY, DossiersScheduled("PH-1", ref("HD-1"), "2026-1", date(2026, 6, 9), (THERE,))),
    *((MINISTRY, replace(sheet(member), dossier=THERE)) for member in PRESENT),
    (MINISTRY, SessionClosed(ref("PH-1"), date(2026, 6, 9), PRESENT, (), ())),
    (MINISTRY, RECOGNISED),
)


def told(at: Desk, story: tuple[tuple[str, Fact], ...]) -> list[Admitted]:
    return [at.admitted(unit, fact) for unit, fact in story]


def test_a_dossier_goes_from_its_producer_to_the_ministrys_decision() -> None:
    admissions = told(desk(today=None), STORY)

    announced = [
        (published.topic, published.sequence, type(published.fact).__name__)
        for admission in admissions[1:]
        for published in admission.published
    ]
    assert announced == [
        ("contacts", 1, "ContactSet"),
        ("contacts", 1, "ContactSet"),
        ("dossiers", 1, "ProductKnown"),
        ("dossiers", 2, "DossierOpened"),
        ("dossiers", 3, "AssessmentReceived"),
        ("dossiers", 4, "CouncilSeated"),
        ("sheets", 1, "SheetGiven"),
        ("sheets", 2, "SheetGiven"),
        ("sheets", 3, "SheetGiven"),
        ("sheets", 4, "SessionEnded"),
        ("dossiers", 5, "DecisionReceived"),
        ("dossiers", 6, "CentralRequestReceived"),
        ("dossiers", 7, "CouncilSeated"),
        ("sheets", 5, "SheetGiven"),
        ("sheets", 6, "SheetGiven"),
        ("sheets", 7, "SheetGiven"),
        ("sheets", 8, "SessionEnded"),
        ("dossiers", 8, "DecisionReceived"),
    ]


def test_everything_about_the_product_stands_under_one_subject() -> None:
    *admissions, _ = told(desk(today=None), STORY)

    product = admissions[3].given["product_id"]
    subjects = {
        published.subject
        for admission in admissions[3:]
        for published in admission.published
        if published.topic in ("dossiers", "sheets")
    }
    assert subjects == {product}


def test_the_same_story_told_twice_gives_the_same_ids_and_announcements() -> None:
    assert told(desk(today=None), STORY) == told(desk(today=None), STORY)


def test_a_fact_judged_twice_before_it_is_taken_has_one_outcome() -> None:
    at = desk()
    at.admitted(HA_NOI, PRODUCER)
    before = list(at.register.changes())

    missed = at.say(HA_NOI, replace(DOSSIER, product=ref("SP-9")))
    again = at.say(HA_NOI, replace(DOSSIER, product=ref("SP-9")))

    assert missed == again
    assert list(at.register.changes()) == before


def test_a_fact_told_again_under_another_event_id_is_refused_and_changes_nothing() -> None:
    at = desk(today=None)
    told(at, STORY)
    before = list(at.register.changes())

    again = [at.say(unit, fact) for unit, fact in STORY[2:12]]

    assert all(isinstance(outcome, Refused) for outcome in again)
    assert list(at.register.changes()) == before


def test_a_story_told_backwards_is_held_step_by_step_and_each_step_frees_the_next() -> None:
    at = desk()
    backwards: tuple[tuple[Fact, str], ...] = (
        (SCHEDULED, "council:01/HD-1"),
        (ASSESSED, "dossier:01/HS-1"),
        (DOSSIER, "product:01/SP-1"),
        (PRODUCT, "producer:01/CT-1"),
    )

    waiting = [waits_for(at.say(HA_NOI, fact)) for fact, _ in backwards]
    provided = [
        at.admitted(HA_NOI, fact).provides for fact in (COUNCIL, PRODUCER, PRODUCT, DOSSIER, ASSESSED, SCHEDULED)
    ]

    assert waiting == [waited for _, waited in backwards]
    assert set(waiting) <= frozenset().union(*provided)
