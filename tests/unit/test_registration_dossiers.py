from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.registration.domain.announcements import AssessmentReceived, DossierOpened
from services.registration.domain.case import Admitted
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import Naming
from services.registration.domain.references import missing_to_close
from services.registration.domain.register import Register, by_id
from shared.kernel.outcomes import Held, Refused
from tests.support.registration import (
    ASSESSED,
    DOSSIER,
    HA_NOI,
    PRODUCER,
    PRODUCT,
    SON_LA,
    Desk,
    announced,
    code,
    desk,
    desk_with,
    ref,
    sheet_options,
    waits_for,
)

SECOND = replace(DOSSIER, reference="HS-2")


def test_a_dossier_is_pinned_to_the_act_in_force_on_its_filing_day() -> None:
    at = desk_with(PRODUCER, PRODUCT)

    outcome = at.admitted(HA_NOI, DOSSIER)

    (opened,) = announced(outcome)
    assert isinstance(opened, DossierOpened)
    assert (opened.regime, opened.rulebook.partition("@")[0], opened.criteria_set) == ("qd26-2026", "qd26-2026", 13)
    assert (opened.kind, opened.filed_on, opened.commune_code) == ("first", date(2026, 6, 1), "00004")
    assert outcome.given["regime"] == "qd26-2026"


def test_a_dossier_follows_the_registration_of_its_product_in_the_products_sequence() -> None:
    outcome = desk_with(PRODUCER, PRODUCT).admitted(HA_NOI, DOSSIER)

    assert [(published.topic, published.sequence) for published in outcome.published] == [("dossiers", 2)]


def test_a_dossier_waits_thirty_days_for_its_product() -> None:
    outcome = desk().say(HA_NOI, DOSSIER)

    assert outcome == Held("product:01/SP-1", date(2026, 7, 10))


def test_a_product_may_be_named_by_id() -> None:
    at = desk_with(PRODUCER)
    product = UUID(at.admitted(HA_NOI, PRODUCT).given["product_id"])

    assert isinstance(at.say(HA_NOI, replace(DOSSIER, product=Naming(id=product))), Admitted)


def test_a_dossier_for_another_provinces_product_is_refused() -> None:
    outcome = desk_with(PRODUCER, PRODUCT).say(SON_LA, replace(DOSSIER, product=ref("SP-1", "01")))

    assert code(outcome) == ("authority-lacking", "product.unit")


def test_a_dossier_filed_before_the_first_act_has_no_regime() -> None:
    outcome = desk_with(PRODUCER, PRODUCT).say(HA_NOI, replace(DOSSIER, filed_on=date(2018, 5, 6)))

    assert code(outcome) == ("no-regime", "filed_on")


def test_the_first_day_of_the_act_counts() -> None:
    outcome = desk_with(PRODUCER, PRODUCT).say(HA_NOI, replace(DOSSIER, filed_on=date(2026, 5, 22)))

    assert isinstance(outcome, Admitted)


def test_a_dossier_of_a_criteria_set_that_the_act_does_not_have_here_is_refused() -> None:
    at = desk_with(PRODUCER, replace(PRODUCT, criteria_set=99))

    assert code(at.say(HA_NOI, DOSSIER)) == ("criteria-set-unknown", "product")


def test_a_dossier_dated_tomorrow_waits_for_tomorrow() -> None:
    outcome = desk_with(PRODUCER, PRODUCT).say(HA_NOI, replace(DOSSIER, filed_on=date(2026, 6, 11)))

    assert waits_for(outcome) == "day:2026-06-11"


def test_before_the_first_day_every_dated_fact_waits_for_it_without_end() -> None:
    at = desk(today=None)
    at.admitted(HA_NOI, PRODUCER)
    at.admitted(HA_NOI, PRODUCT)

    assert at.say(HA_NOI, DOSSIER) == Held("day:first", None)


def test_a_fact_dated_further_back_than_the_parameter_waits_for_a_person() -> None:
    at = desk(date(2026, 7, 31), fact_days_back_max=60)
    at.admitted(HA_NOI, PRODUCER)
    at.admitted(HA_NOI, PRODUCT)

    assert waits_for(at.say(HA_NOI, replace(DOSSIER, filed_on=date(2026, 5, 31)))) == "operator"
    assert isinstance(at.say(HA_NOI, replace(DOSSIER, filed_on=date(2026, 6, 1))), Admitted)


def test_a_faulty_self_assessment_is_refused_with_every_fault_in_words() -> None:
    faulty = {key: value for key, value in sheet_options().items() if key not in ("1.2", "1.3")} | {"1.1": 19}
    at = desk_with(PRODUCER, PRODUCT)

    outcome = at.say(HA_NOI, replace(DOSSIER, self_assessment=faulty))

    assert code(outcome) == ("options-invalid", "self_assessment.1.1")
    assert isinstance(outcome, Refused)
    assert all(text in outcome.words.en for text in ("Criterion 1.1 only has", "1.2 is missing", "1.3 is missing"))
    assert all(text in outcome.words.vi for text in ("Tiêu chí 1.1 chỉ có", "Thiếu tiêu chí 1.2", "Thiếu tiêu chí 1.3"))


def test_a_scorable_self_assessment_is_taken() -> None:
    outcome = desk_with(PRODUCER, PRODUCT).say(HA_NOI, replace(DOSSIER, self_assessment=sheet_options()))

    assert isinstance(outcome, Admitted)


def test_a_reference_the_unit_has_used_for_a_dossier_is_refused() -> None:
    assert code(desk_with(PRODUCER, PRODUCT, DOSSIER).say(HA_NOI, DOSSIER)) == ("reference-taken", "reference")


def test_a_second_dossier_waits_until_the_first_is_over_and_then_is_open() -> None:
    at = desk_with(PRODUCER)
    product = at.admitted(HA_NOI, PRODUCT).given["product_id"]
    first = UUID(at.admitted(HA_NOI, DOSSIER).given["dossier_id"])

    assert waits_for(at.say(HA_NOI, SECOND)) == f"dossier-over:{product}"

    closed = close_dossier(at.register, first)
    at.register.take(closed.entries)
    assert closed.provides == {f"dossier-over:{product}"}
    assert isinstance(at.say(HA_NOI, SECOND), Admitted)


def test_a_dossier_closed_twice_stays_as_it_was_and_its_successor_stays_open() -> None:
    at = desk_with(PRODUCER, PRODUCT)
    first = UUID(at.admitted(HA_NOI, DOSSIER).given["dossier_id"])
    at.register.take(close_dossier(at.register, first).entries)
    at.admitted(HA_NOI, SECOND)

    again = close_dossier(at.register, first)

    assert again.entries == ()


def test_closing_a_dossier_asks_for_it_and_its_product() -> None:
    at = desk_with(PRODUCER, PRODUCT)
    identity = UUID(at.admitted(HA_NOI, DOSSIER).given["dossier_id"])
    stored = {key: entry for key, entry, _ in at.register.changes()}
    fresh, asked = Register(), []

    while missing := missing_to_close(fresh, [identity]):
        asked.append(missing)
        for key in missing:
            fresh.load(key, stored[key], 1)

    assert asked == [{by_id("dossier", identity)}, {("dossier", "01/HS-1")}, {("product", "01/SP-1")}]


def test_promotion_cannot_close_a_dossier_that_was_never_admitted() -> None:
    at = desk()
    stranger = UUID(int=1)
    at.register.load(by_id("dossier", stranger), None)

    with pytest.raises(LookupError, match="not in the register"):
        close_dossier(at.register, stranger)


def test_the_commune_that_asks_for_evaluation_gives_the_product_its_official_number() -> None:
    outcome = desk_with(PRODUCER, PRODUCT, DOSSIER).admitted(HA_NOI, ASSESSED)

    (received,) = announced(outcome)
    assert isinstance(received, AssessmentReceived)
    assert received.number == outcome.given["number"] == "01-00004-1-2026"
    assert (received.local_material, received.local_identity) == (True, False)


def test_official_numbers_run_through_a_commune_and_a_year() -> None:
    other = replace(PRODUCT, reference="SP-2")
    second = replace(DOSSIER, reference="HS-2", product=ref("SP-2"))
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED, other, second)

    outcome = at.admitted(HA_NOI, replace(ASSESSED, dossier=ref("HS-2")))

    assert outcome.given["number"] == "01-00004-2-2026"


def test_a_dossier_may_be_named_by_the_official_number() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED)

    outcome = at.say(HA_NOI, replace(ASSESSED, dossier=Naming(number="01-00004-1-2026")))

    assert code(outcome) == ("dossier-not-open", "dossier")


def test_a_product_may_be_named_by_the_official_number() -> None:
    at = desk_with(PRODUCER)
    product = at.admitted(HA_NOI, PRODUCT).given["product_id"]
    at.admitted(HA_NOI, DOSSIER)
    at.admitted(HA_NOI, ASSESSED)

    outcome = at.say(HA_NOI, replace(SECOND, product=Naming(number="01-00004-1-2026")))

    assert waits_for(outcome) == f"dossier-over:{product}"


def test_what_names_a_number_not_given_yet_waits_for_it() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER)

    waiting = waits_for(at.say(HA_NOI, replace(ASSESSED, dossier=Naming(number="01-00004-1-2026"))))

    assert waiting == "dossier:number:01-00004-1-2026"
    assert waiting in at.admitted(HA_NOI, ASSESSED).provides


def test_an_assessment_waits_for_its_dossier() -> None:
    at = desk_with(PRODUCER, PRODUCT)

    assert waits_for(at.say(HA_NOI, ASSESSED)) == "dossier:01/HS-1"
    assert "dossier:01/HS-1" in at.admitted(HA_NOI, DOSSIER).provides


def test_a_returned_dossier_gets_no_number_and_cannot_be_assessed_again() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER)

    outcome = at.admitted(HA_NOI, replace(ASSESSED, outcome="returned", reason="Thiếu giấy tờ"))

    (received,) = announced(outcome)
    assert isinstance(received, AssessmentReceived)
    assert (received.number, received.reason, dict(outcome.given)) == (None, "Thiếu giấy tờ", {})
    assert code(at.say(HA_NOI, ASSESSED)) == ("dossier-not-open", "dossier")


@pytest.mark.parametrize(
    ("received_on", "assessed_on", "field"),
    [
        (date(2026, 5, 31), date(2026, 6, 5), "received_on"),
        (date(2026, 6, 5), date(2026, 6, 4), "assessed_on"),
    ],
)
def test_a_dossier_is_filed_then_received_then_assessed(received_on: date, assessed_on: date, field: str) -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER)

    outcome = at.say(HA_NOI, replace(ASSESSED, received_on=received_on, assessed_on=assessed_on))

    assert code(outcome) == ("dates-out-of-order", field)


def test_everything_may_happen_on_one_day() -> None:
    day = date(2026, 6, 1)

    outcome = desk_with(PRODUCER, PRODUCT, DOSSIER).say(HA_NOI, replace(ASSESSED, received_on=day, assessed_on=day))

    assert isinstance(outcome, Admitted)


def test_another_provinces_dossier_is_not_assessed() -> None:
    at: Desk = desk_with(PRODUCER, PRODUCT, DOSSIER)

    assert code(at.say(SON_LA, replace(ASSESSED, dossier=ref("HS-1", "01")))) == ("authority-lacking", "dossier.unit")
