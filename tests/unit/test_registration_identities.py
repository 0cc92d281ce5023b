from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.announcements import ContactSet, ProductKnown, Published
from services.registration.domain.case import Admitted
from services.registration.domain.facts import DayStarted, Naming, OfficeRegistered, ProvincialOfficeRegistered
from shared.kernel.ids import derived_id
from tests.support.registration import (
    BA_DINH,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    MINISTRY,
    NGOC_HA,
    PRODUCER,
    PRODUCT,
    RECORDED_MS,
    SON_LA,
    TODAY,
    code,
    desk,
    desk_with,
    ref,
    waits_for,
)


def test_a_producer_gets_an_id_and_its_address_goes_to_the_contacts_alone() -> None:
    outcome = desk().admitted(HA_NOI, PRODUCER)

    identity = outcome.given["producer_id"]
    contact = ContactSet(identity, "producer", "HTX Cà phê mẫu", "htx@mau.example", None)
    assert outcome.published == (Published("contacts", identity, 1, contact),)


def test_a_producer_of_another_provinces_commune_is_refused() -> None:
    assert code(desk().say(SON_LA, PRODUCER)) == ("commune-of-another-province", "commune_code")


def test_a_producer_of_a_commune_that_does_not_exist_is_refused() -> None:
    outcome = desk().say(HA_NOI, replace(PRODUCER, commune_code="99999"))

    assert code(outcome) == ("event-invalid", "commune_code")


def test_a_reference_the_unit_has_used_for_a_producer_is_refused() -> None:
    assert code(desk_with(PRODUCER).say(HA_NOI, PRODUCER)) == ("reference-taken", "reference")


def test_two_units_may_use_the_same_reference() -> None:
    at = desk_with(PRODUCER)

    outcome = at.say(SON_LA, replace(PRODUCER, commune_code="03646"))

    assert isinstance(outcome, Admitted)


def test_the_address_of_an_office_is_the_one_given_last() -> None:
    at = desk_with(OfficeRegistered(BA_DINH, "UBND phường Ba Đình", "cu@mau.example"))

    outcome = at.admitted(HA_NOI, OfficeRegistered(BA_DINH, "UBND phường Ba Đình", "moi@mau.example"))

    contact = ContactSet("commune-00004", "commune", "UBND phường Ba Đình", "moi@mau.example", None)
    assert outcome.published == (Published("contacts", "commune-00004", 2, contact),)


def test_a_province_s_own_office_is_a_recipient_by_the_unit_that_speaks_and_the_address_given_last_holds() -> None:
    at = desk_with(ProvincialOfficeRegistered("Văn phòng OCOP mẫu", "cu@mau.example"))

    outcome = at.admitted(HA_NOI, ProvincialOfficeRegistered("Văn phòng OCOP mẫu", "moi@mau.example"))

    contact = ContactSet("province-01", "province", "Văn phòng OCOP mẫu", "moi@mau.example", None)
    assert outcome.published == (Published("contacts", "province-01", 2, contact),)
    assert outcome.given == {"recipient_id": "province-01"}


def test_the_ministry_is_no_province() -> None:
    outcome = desk().say(MINISTRY, ProvincialOfficeRegistered("Bộ mẫu", "bo@mau.example"))

    assert code(outcome) == ("kind-not-allowed", None)


def test_an_office_of_another_provinces_commune_is_refused() -> None:
    outcome = desk().say(SON_LA, OfficeRegistered(NGOC_HA, "UBND phường Ngọc Hà", "a@mau.example"))

    assert code(outcome) == ("commune-of-another-province", "commune_code")


def test_a_product_belongs_to_its_producers_commune_and_starts_its_own_sequence() -> None:
    at = desk()
    producer = at.admitted(HA_NOI, PRODUCER).given["producer_id"]

    outcome = at.admitted(HA_NOI, PRODUCT)

    identity = outcome.given["product_id"]
    known = ProductKnown(UUID(identity), "01", "SP-1", UUID(producer), "Cà phê bột mẫu", 13, "00004")
    assert outcome.published == (Published("dossiers", identity, 1, known),)


def test_a_product_waits_for_its_producer() -> None:
    at = desk()

    assert waits_for(at.say(HA_NOI, PRODUCT)) == "producer:01/CT-1"
    assert "producer:01/CT-1" in at.admitted(HA_NOI, PRODUCER).provides


def test_a_product_may_name_its_producer_by_id() -> None:
    at = desk()
    producer = UUID(at.admitted(HA_NOI, PRODUCER).given["producer_id"])

    assert isinstance(at.say(HA_NOI, replace(PRODUCT, producer=Naming(id=producer))), Admitted)


def test_a_producer_has_no_official_number() -> None:
    outcome = desk().say(HA_NOI, replace(PRODUCT, producer=Naming(number="01-00004-1-2026")))

    assert code(outcome) == ("event-invalid", "producer.number")


def test_a_product_of_another_provinces_producer_is_refused() -> None:
    outcome = desk_with(PRODUCER).say(SON_LA, replace(PRODUCT, producer=ref("CT-1", "01")))

    assert code(outcome) == ("authority-lacking", "producer.unit")


def test_another_provinces_producer_named_by_id_is_refused() -> None:
    at = desk()
    producer = UUID(at.admitted(HA_NOI, PRODUCER).given["producer_id"])

    outcome = at.say(SON_LA, replace(PRODUCT, producer=Naming(id=producer)))

    assert code(outcome) == ("authority-lacking", "producer")


def test_a_reference_the_unit_has_used_for_a_product_is_refused() -> None:
    assert code(desk_with(PRODUCER, PRODUCT).say(HA_NOI, PRODUCT)) == ("reference-taken", "reference")


@pytest.mark.parametrize("fact", [PRODUCER, PRODUCT, DOSSIER, OfficeRegistered(BA_DINH, "UBND", "a@mau.example")])
def test_the_ministry_registers_nobody_and_files_nothing(fact: object) -> None:
    assert code(desk().say(MINISTRY, fact)) == ("kind-not-allowed", None)  # type: ignore[arg-type]  # facts of four kinds


def test_a_province_starts_no_day() -> None:
    assert code(desk().say(HA_NOI, DayStarted(TODAY))) == ("kind-not-allowed", None)


@given(recorded_ms=st.integers(0, 2**48 - 1), reference=st.text(min_size=1, max_size=80))
def test_the_same_event_gives_the_same_ids_however_often_it_is_judged(recorded_ms: int, reference: str) -> None:
    fact = replace(PRODUCER, reference=reference)

    first, again = (desk().say(HA_NOI, fact, recorded_ms) for _ in range(2))

    assert first == again
    assert isinstance(first, Admitted)
    assert first.given["producer_id"] == str(derived_id(recorded_ms, "producer", "01", reference))


def test_an_id_shows_when_its_event_became_known() -> None:
    identity = desk().admitted(HA_NOI, COUNCIL).given["council_id"]

    assert UUID(identity).int >> 80 == RECORDED_MS
