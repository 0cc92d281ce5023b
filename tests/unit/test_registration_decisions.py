from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.registration.domain.announcements import CentralRequestReceived, DecisionReceived
from services.registration.domain.case import Admitted
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import CentralEvaluationRequested, DecisionApproved, Naming, Result
from tests.support.registration import (
    ASSESSED,
    DOSSIER,
    HA_NOI,
    MINISTRY,
    PRODUCER,
    PRODUCT,
    SON_LA,
    Desk,
    announced,
    code,
    desk,
    desk_with,
    ref,
    waits_for,
)

DECISION = DecisionApproved(
    kind="recognise",
    number="123/QĐ-UBND",
    decided_on=date(2026, 6, 10),
    signatory="Nguyễn Văn Mẫu",
    document_sha256="0" * 64,
    results=(Result(ref("HS-1"), 4),),
)
APPROVED = replace(DECISION, kind="approve_for_central", results=(Result(ref("HS-1"), 5),))
REQUEST = CentralEvaluationRequested(ref("HS-1"), date(2026, 6, 10), "45/TTr-UBND")


def assessed() -> Desk:
    return desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED)


def test_a_decision_over_two_dossiers_tells_each_its_own_stars() -> None:
    other = replace(DOSSIER, reference="HS-2", product=ref("SP-2"))
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, replace(PRODUCT, reference="SP-2"), other)

    outcome = at.admitted(HA_NOI, replace(DECISION, results=(Result(ref("HS-1"), 4), Result(ref("HS-2"), 3))))

    first, second = announced(outcome)
    assert isinstance(first, DecisionReceived)
    assert isinstance(second, DecisionReceived)
    assert (first.stars, second.stars) == (4, 3)
    assert first.decision_id == second.decision_id == UUID(outcome.given["decision_id"])
    assert (first.unit, first.level, first.number) == ("01", "province", "123/QĐ-UBND")


def test_a_decision_of_the_ministry_is_a_central_one() -> None:
    outcome = assessed().admitted(MINISTRY, replace(DECISION, results=(Result(ref("HS-1", "01"), 5),)))

    (decided,) = announced(outcome)
    assert isinstance(decided, DecisionReceived)
    assert (decided.unit, decided.level) == ("bnnmt", "central")


def test_a_decision_waits_for_its_dossier() -> None:
    assert waits_for(desk().say(HA_NOI, DECISION)) == "dossier:01/HS-1"


def test_a_decision_on_another_provinces_product_waits_for_an_operator() -> None:
    at = desk_with(PRODUCER, PRODUCT)
    dossier = UUID(at.admitted(HA_NOI, DOSSIER).given["dossier_id"])

    by_reference = at.say(SON_LA, replace(DECISION, results=(Result(ref("HS-1", "01"), 4),)))
    by_id = at.say(SON_LA, replace(DECISION, results=(Result(Naming(id=dossier), 4),)))

    assert (waits_for(by_reference), waits_for(by_id)) == ("operator", "operator")


def test_a_decision_dated_tomorrow_waits_for_tomorrow() -> None:
    outcome = assessed().say(HA_NOI, replace(DECISION, decided_on=date(2026, 6, 11)))

    assert waits_for(outcome) == "day:2026-06-11"


def test_nothing_is_decided_before_the_dossier_was_filed() -> None:
    outcome = assessed().say(HA_NOI, replace(DECISION, decided_on=date(2026, 5, 31)))

    assert code(outcome) == ("dates-out-of-order", "decided_on")


def test_a_decision_names_a_dossier_once() -> None:
    outcome = assessed().say(HA_NOI, replace(DECISION, results=(Result(ref("HS-1"), 4), Result(ref("HS-1"), 3))))

    assert code(outcome) == ("event-invalid", "results.1.dossier")


def test_a_returned_dossier_is_not_decided_on() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, replace(ASSESSED, outcome="returned"))

    assert code(at.say(HA_NOI, DECISION)) == ("dossier-not-open", "results.0.dossier")


def test_a_later_right_decision_is_admitted_after_a_wrong_one() -> None:
    at = assessed()
    at.admitted(HA_NOI, DECISION)

    assert isinstance(at.say(HA_NOI, replace(DECISION, number="124/QĐ-UBND")), Admitted)


def test_a_decision_after_the_end_goes_on_to_promotion_which_alarms_it() -> None:
    at = desk_with(PRODUCER, PRODUCT)
    dossier = UUID(at.admitted(HA_NOI, DOSSIER).given["dossier_id"])
    at.register.take(close_dossier(at.register, dossier).entries)

    assert isinstance(at.say(HA_NOI, DECISION), Admitted)


def test_a_decided_dossier_is_not_assessed_again() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED, DECISION)

    assert code(at.say(HA_NOI, ASSESSED)) == ("dossier-not-open", "dossier")


def test_a_report_that_was_held_is_not_lost_to_a_decision_that_came_before_its_release() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, DECISION)

    assert at.admitted(HA_NOI, ASSESSED).given["number"] == "01-00004-1-2026"


def test_a_dossier_that_is_over_is_not_assessed() -> None:
    at = desk_with(PRODUCER, PRODUCT)
    dossier = UUID(at.admitted(HA_NOI, DOSSIER).given["dossier_id"])
    at.register.take(close_dossier(at.register, dossier).entries)

    assert code(at.say(HA_NOI, ASSESSED)) == ("dossier-not-open", "dossier")


def test_a_request_to_the_centre_waits_for_the_provinces_decision() -> None:
    at = assessed()

    held = at.say(HA_NOI, REQUEST)

    assert waits_for(held) == "decision:01/HS-1"
    assert "decision:01/HS-1" in at.admitted(HA_NOI, APPROVED).provides


def test_a_request_to_the_centre_reaches_the_dossier() -> None:
    at = assessed()
    at.admitted(HA_NOI, APPROVED)

    outcome = at.admitted(HA_NOI, REQUEST)

    (request,) = announced(outcome)
    assert isinstance(request, CentralRequestReceived)
    assert (request.unit, request.requested_on, request.document_number) == ("01", date(2026, 6, 10), "45/TTr-UBND")


def test_a_request_waits_for_its_dossier() -> None:
    assert waits_for(desk().say(HA_NOI, REQUEST)) == "dossier:01/HS-1"


def test_a_returned_dossier_is_not_sent_up() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, replace(ASSESSED, outcome="returned"))

    assert code(at.say(HA_NOI, REQUEST)) == ("dossier-not-open", "dossier")


def test_a_request_is_not_made_before_the_dossier_was_filed_or_for_a_day_to_come() -> None:
    at = assessed()

    assert code(at.say(HA_NOI, replace(REQUEST, requested_on=date(2026, 5, 31)))) == (
        "dates-out-of-order",
        "requested_on",
    )
    assert waits_for(at.say(HA_NOI, replace(REQUEST, requested_on=date(2026, 6, 11)))) == "day:2026-06-11"


def test_the_ministry_asks_itself_for_nothing() -> None:
    assert code(assessed().say(MINISTRY, REQUEST)) == ("kind-not-allowed", None)


def test_a_province_sends_up_only_its_own() -> None:
    assert code(assessed().say(SON_LA, replace(REQUEST, dossier=ref("HS-1", "01")))) == (
        "authority-lacking",
        "dossier.unit",
    )
