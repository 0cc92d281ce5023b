"""Who speaks for a district, what waits for a request to the level above, and results that papers tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from services.registration.domain.announcements import DecisionReceived, DossierOpened, ResultTaken
from services.registration.domain.case import Admitted
from services.registration.domain.facts import (
    CouncilFormed,
    DecisionApproved,
    DossierFiled,
    DossiersScheduled,
    DossierWithdrawn,
    ProducerRegistered,
    ScoreSheetSubmitted,
)
from shared.kernel.outcomes import Held, Refused
from tests.support.older_ladders import (
    TODAY,
    Said,
    assessed,
    decided,
    filed,
    imported,
    sits,
    to_centre,
    to_province,
)
from tests.support.registration import (
    HA_NOI,
    MEMBERS,
    MINISTRY,
    PRODUCER,
    Desk,
    announced,
    code,
    desk,
    ref,
    rules,
    waits_for,
)

UNDER_1048 = filed(date(2020, 3, 1))
UNDER_148 = filed(date(2024, 3, 1), criteria_set=13)
UNDER_1489 = filed(date(2026, 3, 1), criteria_set=13)
IN_FORCE = filed(date(2026, 6, 1), criteria_set=13)
APPROVED = decided("district", date(2024, 4, 9), "approve_for_province", 5)
SENT_UP = to_province(date(2024, 4, 10))


def after(*said: Said) -> Desk:
    """A desk that has admitted all this."""
    office = desk(TODAY)
    for unit, fact in said:
        office.admitted(unit, fact)
    return office


@pytest.mark.parametrize(
    ("unit", "level", "allowed"),
    [
        (HA_NOI, "district", True),
        (HA_NOI, "province", True),
        (HA_NOI, "central", False),
        (MINISTRY, "central", True),
        (MINISTRY, "district", False),
        (MINISTRY, "province", False),
    ],
)
def test_a_province_forms_the_councils_of_its_districts_and_the_ministry_its_own(
    unit: str, level: str, allowed: bool
) -> None:
    (_, formed), *_ = sits("district", date(2024, 4, 3), 70)
    assert isinstance(formed, CouncilFormed)

    outcome = desk(TODAY).say(unit, replace(formed, level=level, members=MEMBERS))

    assert isinstance(outcome, Admitted) if allowed else code(outcome) == ("level-not-allowed", "level")


def test_a_decision_is_announced_at_the_level_it_names_else_at_the_senders_own() -> None:
    office = after(*UNDER_148, APPROVED, SENT_UP)
    unit, named = decided("district", date(2024, 4, 19), "recognise", 3)
    assert isinstance(named, DecisionApproved)

    told = [*announced(office.say(unit, named)), *announced(office.say(unit, replace(named, level=None, number="2")))]

    assert [fact.level for fact in told if isinstance(fact, DecisionReceived)] == ["district", "province"]


@pytest.mark.parametrize(
    ("dossier", "unit", "level"),
    [(IN_FORCE, HA_NOI, "district"), (UNDER_1489, HA_NOI, "district"), (UNDER_148, MINISTRY, "district")],
    ids=["26/2026 has no districts", "1489 has none either", "the ministry is no district"],
)
def test_a_decision_of_a_level_that_the_act_or_the_sender_does_not_have_is_refused(
    dossier: tuple[Said, ...], unit: str, level: str
) -> None:
    _, decision = decided(level, date(2026, 7, 1), "recognise", 3)

    assert code(after(*dossier).say(unit, decision)) == ("level-not-allowed", "level")


def test_an_approval_for_the_province_ends_nothing_so_the_producer_may_still_take_the_dossier_back() -> None:
    office = after(*UNDER_148, APPROVED)

    outcome = office.say(HA_NOI, DossierWithdrawn(ref("HS-1"), date(2024, 5, 1), "Chủ thể đề nghị"))

    assert isinstance(outcome, Admitted)


@pytest.mark.parametrize(
    "early",
    [
        imported("province", date(2024, 6, 3), "92", 5),
        decided("province", date(2024, 6, 8), "recognise", 4),
    ],
    ids=["a result", "a decision"],
)
def test_what_the_province_says_waits_for_the_district_s_request_and_that_for_its_decision(early: Said) -> None:
    office = after(*UNDER_148)
    waiting = [waits_for(office.say(*early)), waits_for(office.say(*SENT_UP))]

    provided = [office.admitted(*APPROVED).provides, office.admitted(*SENT_UP).provides]

    assert waiting == ["request:01/HS-1/province", "decision:01/HS-1"]
    assert waiting[1] in provided[0]
    assert waiting[0] in provided[1]
    assert isinstance(office.say(*early), Admitted)


def test_a_request_to_the_centre_waits_for_the_province_s_decision_though_a_district_has_decided() -> None:
    office = after(*UNDER_148, APPROVED, SENT_UP)

    early = waits_for(office.say(*to_centre(date(2024, 6, 9))))
    decision = office.admitted(*decided("province", date(2024, 6, 8), "approve_for_central", 5))

    assert early == "decision:01/HS-1"
    assert early in decision.provides
    assert isinstance(office.say(*to_centre(date(2024, 6, 9))), Admitted)


def test_a_result_of_the_centre_waits_for_the_request_to_it() -> None:
    office = after(*UNDER_148)

    assert waits_for(office.say(*imported("central", date(2024, 9, 1), "92", 5))) == "request:01/HS-1/central"


@pytest.mark.parametrize("dossier", [IN_FORCE, UNDER_1489], ids=["26/2026", "1489"])
def test_no_district_sends_a_dossier_up_where_the_commune_does(dossier: tuple[Said, ...]) -> None:
    assert code(after(*dossier).say(*to_province(date(2026, 7, 1)))) == ("level-not-allowed", "dossier")


def test_the_ministry_asks_no_province() -> None:
    assert code(after(*UNDER_148).say(MINISTRY, SENT_UP[1])) == ("kind-not-allowed", None)


@pytest.mark.parametrize("dossier", [filed(date(2019, 3, 1)), UNDER_1048, UNDER_148], ids=["490", "1048", "148"])
def test_no_commune_assesses_where_the_ladder_begins_with_a_council_and_no_number_is_given(
    dossier: tuple[Said, ...],
) -> None:
    office = after(*dossier)

    assert code(office.say(*assessed(date(2024, 3, 9)))) == ("level-not-allowed", "dossier")


def test_under_1489_the_commune_assesses_and_the_product_has_its_number() -> None:
    assert after(*UNDER_1489).admitted(*assessed(date(2026, 3, 9))).given == {"number": "01-00004-1-2026"}


def test_an_imported_result_is_announced_as_its_paper_says() -> None:
    outcome = after(*UNDER_148).admitted(*imported("district", date(2024, 4, 3), "69.50", 3))

    (taken,) = announced(outcome)
    assert isinstance(taken, ResultTaken)
    assert (taken.level, taken.closed_on, taken.total, taken.stars) == (
        "district",
        date(2024, 4, 3),
        Fraction(139, 2),
        3,
    )
    assert (taken.document_number, taken.document_sha256) == ("district/BB-HĐ", "0" * 64)
    assert outcome.given == {"session_id": str(taken.session_id)}


@pytest.mark.parametrize(
    ("total", "stars", "agree"),
    [
        ("100", 5, True),
        ("90", 5, True),
        ("90", 4, False),
        ("89.999999", 4, True),
        ("89.999999", 5, False),
        ("70", 4, True),
        ("70", 3, False),
        ("69.999999", 3, True),
        ("50", 3, True),
        ("49.999999", 2, True),
        ("49.999999", 3, False),
        ("30", 2, True),
        ("29.999999", 1, True),
        ("0", 1, True),
    ],
)
def test_the_stars_of_an_imported_result_are_those_of_its_total(total: str, stars: int, agree: bool) -> None:
    outcome = after(*UNDER_148).say(*imported("district", date(2024, 4, 3), total, stars))

    assert isinstance(outcome, Admitted) if agree else code(outcome) == ("event-invalid", "stars")


@pytest.mark.parametrize(
    ("dossier", "said", "refusal"),
    [
        (IN_FORCE, imported("province", date(2026, 7, 1), "72", 4), ("result-not-importable", "dossier")),
        (UNDER_1048, imported("district", date(2020, 7, 1), "72", 4), ("result-not-importable", "dossier")),
        (UNDER_148, (MINISTRY, imported("district", date(2024, 7, 1), "72", 4)[1]), ("level-not-allowed", "level")),
        (UNDER_148, (HA_NOI, imported("central", date(2024, 7, 1), "72", 4)[1]), ("level-not-allowed", "level")),
        (UNDER_1489, imported("district", date(2026, 7, 1), "72", 4), ("level-not-allowed", "level")),
        (UNDER_148, imported("district", date(2024, 2, 29), "72", 4), ("dates-out-of-order", "closed_on")),
    ],
)
def test_a_result_that_cannot_be_taken_over_is_refused(
    dossier: tuple[Said, ...], said: Said, refusal: tuple[str, str]
) -> None:
    assert code(after(*dossier).say(*said)) == refusal


def test_a_sitting_gives_one_result() -> None:
    office = after(*UNDER_148, imported("district", date(2024, 4, 3), "69.50", 3))

    assert code(office.say(*imported("district", date(2024, 4, 3), "72", 4))) == ("reference-taken", "session")


def test_a_result_of_a_day_to_come_waits_for_it() -> None:
    outcome = after(*UNDER_148).say(*imported("district", date(2027, 2, 1), "69.50", 3))

    assert isinstance(outcome, Held)
    assert outcome.waits_for == "day:2027-02-01"


@pytest.mark.parametrize(("dossier", "act"), [(UNDER_148, "qd148-2023"), (UNDER_1489, "qd148-1489-2025")])
def test_a_sheet_a_session_and_a_self_assessment_are_refused_in_the_act_s_own_words(
    dossier: tuple[Said, ...], act: str
) -> None:
    book = rules().rulebooks.by_id(act)
    assert book is not None
    office = after(*dossier[:2])
    unit, dossier_filed = dossier[2]
    assert isinstance(dossier_filed, DossierFiled)
    refused = [office.say(unit, replace(dossier_filed, self_assessment={"1.1": 1}))]
    office.admitted(unit, dossier_filed)
    formed, (_, called), (_, sheet), _ = sits("province", date(2026, 7, 1), 70)
    office.admitted(*formed)
    assert isinstance(called, DossiersScheduled)
    assert isinstance(sheet, ScoreSheetSubmitted)

    refused += [office.say(HA_NOI, called), office.say(HA_NOI, sheet)]

    assert [code(outcome) for outcome in refused] == [
        ("criteria-not-held", "self_assessment"),
        ("criteria-not-held", "dossiers.0"),
        ("criteria-not-held", "dossier"),
    ]
    for outcome in refused:
        assert isinstance(outcome, Refused)
        assert outcome.words.vi.endswith(book.regime.criteria.vietnamese)
        assert outcome.words.en.endswith(book.regime.criteria.english)


def test_a_dossier_may_name_the_set_of_its_act_where_the_product_s_has_another_number() -> None:
    office = after(*filed(date(2020, 3, 1), criteria_set=13)[:2])
    dossier = DossierFiled("HS-1", ref("SP-1"), "first", date(2020, 3, 1), None)

    unknown = office.say(HA_NOI, dossier)
    (opened,) = announced(office.say(HA_NOI, replace(dossier, criteria_set=6)))

    assert code(unknown) == ("criteria-set-unknown", "product")
    assert isinstance(opened, DossierOpened)
    assert opened.criteria_set == 6


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2025, 6, 30), "name the commune of today"),
        (date(2025, 7, 1), "No commune has the code 99999"),
    ],
)
def test_a_commune_that_is_none_today_is_asked_for_by_its_name_of_today(today: date, words: str) -> None:
    unknown = ProducerRegistered("CT-1", PRODUCER.name, "99999", None, None)

    outcome = desk(today).say(HA_NOI, unknown)

    assert code(outcome) == ("event-invalid", "commune_code")
    assert isinstance(outcome, Refused)
    assert words in outcome.words.en
