"""Who may ask a producer to complete a dossier, when, and what ends the waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from services.registration.domain import announcements
from services.registration.domain.facts import (
    CentralEvaluationRequested,
    DecisionApproved,
    DossierWithdrawn,
    Fact,
    Result,
    SessionAnnulled,
    SessionClosed,
    SupplementAsked,
    SupplementReceived,
)
from services.registration.domain.register import Dossier, named
from tests.support.registration import (
    ASSESSED,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    MINISTRY,
    PRODUCER,
    PRODUCT,
    SCHEDULED,
    SON_LA,
    Desk,
    announced,
    code,
    desk_with,
    ref,
    sheet,
    waits_for,
)

FILED = (PRODUCER, PRODUCT, DOSSIER)
ASKED_ON, TODAY = date(2026, 6, 3), date(2026, 6, 10)
ASKED = SupplementAsked("BS-1", ref("HS-1"), "commune", ASKED_ON, "5/UBND", ("Phiếu kiểm nghiệm",))
RECEIVED = SupplementReceived("BS-1", ref("HS-1"), date(2026, 6, 5), ("1" * 64,))
AT_PROVINCE = replace(ASKED, level="province", asked_on=date(2026, 6, 8))
LATER = replace(ASSESSED, assessed_on=date(2026, 6, 6))
MEMBERS = ("chu-tich", "uy-vien", "chuyen-gia")
CLOSED = SessionClosed(ref("PH-1"), date(2026, 6, 9), MEMBERS, (), ())
ANNULLED = SessionAnnulled(ref("PH-1"), TODAY, "9/QĐ", "Sai quy chế", ())
DECIDED = DecisionApproved("approve_for_central", "8/QĐ", TODAY, "Chủ tịch", "0" * 64, (Result(ref("HS-1"), 5),))


def dossier(at: Desk) -> Dossier:
    entry = at.register.get(named("dossier", HA_NOI, "HS-1"))
    assert isinstance(entry, Dossier)
    return entry


def sat(at: Desk) -> list[announcements.Announcement]:
    """What the sitting over the dossier announced."""
    at.admitted(HA_NOI, COUNCIL)
    at.admitted(HA_NOI, SCHEDULED)
    for member in MEMBERS:
        at.admitted(HA_NOI, sheet(member))
    return announced(at.admitted(HA_NOI, CLOSED))


def test_what_is_asked_for_and_what_comes_are_told_in_order() -> None:
    at = desk_with(*FILED)

    asked = at.admitted(HA_NOI, ASKED)
    received = at.admitted(HA_NOI, RECEIVED)
    assessed = at.admitted(HA_NOI, LATER)

    (wanted,), (over,), (report,) = announced(asked), announced(received), announced(assessed)
    assert isinstance(wanted, announcements.SupplementWanted)
    assert isinstance(over, announcements.SupplementOver)
    assert isinstance(report, announcements.AssessmentReceived)
    assert (wanted.number, wanted.level, wanted.missing) == (1, "commune", ("Phiếu kiểm nghiệm",))
    assert (over.number, over.supplement_id, over.cause, over.documents) == (
        2,
        wanted.supplement_id,
        "received",
        ("1" * 64,),
    )
    assert report.supplements == 2
    assert asked.given == received.given == {"supplement_id": str(wanted.supplement_id)}


def test_a_receipt_waits_for_its_asking_and_is_refused_once_it_is_over() -> None:
    at = desk_with(*FILED)

    early = at.say(HA_NOI, RECEIVED)
    asked = at.admitted(HA_NOI, ASKED)
    at.admitted(HA_NOI, RECEIVED)

    assert waits_for(early) == "supplement:01/HS-1/01/BS-1"
    assert asked.provides == {"supplement:01/HS-1/01/BS-1"}
    assert code(at.say(HA_NOI, replace(RECEIVED, received_on=TODAY))) == ("supplement-over", "supplement")


@pytest.mark.parametrize(
    ("unit", "fact", "refusal"),
    [
        (HA_NOI, replace(ASKED, supplement="BS-2"), ("supplement-open", "supplement")),
        (HA_NOI, ASKED, ("reference-taken", "supplement")),
        (HA_NOI, replace(ASKED, supplement="BS-2", level="district"), ("level-not-allowed", "level")),
        (HA_NOI, replace(ASKED, supplement="BS-2", level="central"), ("level-not-allowed", "level")),
        (MINISTRY, replace(ASKED, supplement="BS-2", dossier=ref("HS-1", HA_NOI)), ("level-not-allowed", "level")),
        (SON_LA, replace(ASKED, dossier=ref("HS-1", HA_NOI)), ("authority-lacking", "dossier.unit")),
        (HA_NOI, replace(RECEIVED, received_on=date(2026, 6, 2)), ("dates-out-of-order", "received_on")),
    ],
    ids=["a second one", "sent again", "no such level", "not its level", "the commune's", "foreign", "before asking"],
)
def test_what_cannot_be_asked_for_is_refused(unit: str, fact: Fact, refusal: tuple[str, str]) -> None:
    at = desk_with(*FILED, ASKED)

    assert code(at.say(unit, fact)) == refusal


def test_an_asking_dated_before_the_filing_is_refused() -> None:
    at = desk_with(*FILED)

    early = at.say(HA_NOI, replace(ASKED, asked_on=date(2026, 5, 31)))

    assert code(early) == ("dates-out-of-order", "asked_on")


def test_a_level_asks_once_the_dossier_was_sent_up_to_it() -> None:
    at = desk_with(*FILED)

    early = at.say(HA_NOI, AT_PROVINCE)
    assessed = at.admitted(HA_NOI, ASSESSED)
    at.admitted(HA_NOI, AT_PROVINCE)

    assert waits_for(early) == "request:01/HS-1/province"
    assert "request:01/HS-1/province" in assessed.provides


def test_the_centre_asks_after_the_province_s_request() -> None:
    at = desk_with(*FILED, ASSESSED)
    sat(at)
    fact = replace(ASKED, level="central", dossier=ref("HS-1", HA_NOI), asked_on=TODAY)

    early = at.say(MINISTRY, fact)
    at.admitted(HA_NOI, DECIDED)
    at.admitted(HA_NOI, CentralEvaluationRequested(ref("HS-1"), TODAY, "77/TTr"))

    assert waits_for(early) == "request:01/HS-1/central"
    assert dossier(at).supplement is None
    at.admitted(MINISTRY, fact)
    assert waits_for(at.say(HA_NOI, replace(RECEIVED, received_on=TODAY))) == "supplement:01/HS-1/01/BS-1"
    at.admitted(MINISTRY, replace(RECEIVED, dossier=ref("HS-1", HA_NOI), received_on=TODAY))


def test_the_commune_s_report_overtakes_what_it_still_waits_for() -> None:
    at = desk_with(*FILED, ASKED)

    over, report = announced(at.admitted(HA_NOI, LATER))

    assert isinstance(over, announcements.SupplementOver)
    assert isinstance(report, announcements.AssessmentReceived)
    assert (over.number, over.cause, over.ended_on, over.documents) == (2, "overtaken", date(2026, 6, 6), ())
    assert report.supplements == 2
    assert code(at.say(HA_NOI, RECEIVED)) == ("supplement-over", "supplement")
    assert code(at.say(HA_NOI, replace(ASKED, supplement="BS-2"))) == ("supplement-too-late", "level")


def test_a_returned_dossier_has_its_supplement_overtaken_and_asks_for_none() -> None:
    at = desk_with(*FILED, ASKED)

    over, _ = announced(at.admitted(HA_NOI, replace(LATER, outcome="returned", reason="Thiếu")))

    assert isinstance(over, announcements.SupplementOver)
    assert code(at.say(HA_NOI, replace(ASKED, supplement="BS-2"))) == ("dossier-not-open", "dossier")


def test_a_sitting_overtakes_it_and_none_is_asked_for_until_that_is_annulled() -> None:
    at = desk_with(*FILED, ASSESSED, AT_PROVINCE)

    over, closed = sat(at)
    late = at.say(HA_NOI, replace(AT_PROVINCE, supplement="BS-2"))
    (annulled,) = announced(at.admitted(HA_NOI, ANNULLED))
    (again,) = announced(at.admitted(HA_NOI, replace(AT_PROVINCE, supplement="BS-2", asked_on=TODAY)))

    assert isinstance(over, announcements.SupplementOver)
    assert isinstance(closed, announcements.SessionEnded)
    assert isinstance(annulled, announcements.SessionTakenBack)
    assert isinstance(again, announcements.SupplementWanted)
    assert (over.cause, over.ended_on, closed.supplements) == ("overtaken", date(2026, 6, 9), 2)
    assert code(late) == ("supplement-too-late", "level")
    assert again.number == 3


@pytest.mark.parametrize("fact", [ANNULLED, DossierWithdrawn(ref("HS-1"), TODAY, "Chủ thể đề nghị")])
def test_a_correction_overtakes_it(fact: Fact) -> None:
    at = desk_with(*FILED, ASSESSED, AT_PROVINCE, COUNCIL, SCHEDULED)

    over, correction = announced(at.admitted(HA_NOI, fact))

    assert isinstance(over, announcements.SupplementOver)
    assert isinstance(correction, announcements.SessionTakenBack | announcements.DossierTakenBack)
    assert (over.cause, over.ended_on) == ("overtaken", TODAY)
    assert dossier(at).supplement is None


@pytest.mark.parametrize(
    ("unit", "facts"),
    [
        (HA_NOI, (replace(DECIDED, kind="recognise", results=(Result(ref("HS-1"), 4),)),)),
        (HA_NOI, (DECIDED, SessionAnnulled(ref("PH-1"), TODAY, "9/QĐ", "Sai quy chế", ()))),
        (MINISTRY, (replace(DECIDED, kind="recognise", results=(Result(ref("HS-1", HA_NOI), 5),)),)),
    ],
    ids=["by the province", "and the session annulled", "by the ministry"],
)
def test_none_is_asked_for_behind_a_decision_that_came_before_any_result(unit: str, facts: Sequence[Fact]) -> None:
    at = desk_with(*FILED, ASSESSED, COUNCIL, SCHEDULED)
    for fact in facts:
        at.admitted(unit, fact)

    assert code(at.say(HA_NOI, AT_PROVINCE)) == ("supplement-too-late", "level")


def test_a_finding_counts_the_facts_of_its_own_level() -> None:
    at = desk_with(*FILED, ASSESSED, DECIDED, CentralEvaluationRequested(ref("HS-1"), TODAY, "77/TTr"))
    at.admitted(MINISTRY, replace(ASKED, level="central", dossier=ref("HS-1", HA_NOI), asked_on=TODAY))

    (closed,) = sat(at)

    assert isinstance(closed, announcements.SessionEnded)
    assert closed.supplements == 0
    assert dossier(at).supplement is not None
