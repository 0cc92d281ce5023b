from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from services.registration import messages
from services.registration.domain import facts
from services.registration.domain.announcements import DayOpened, Published
from services.registration.domain.answers import Answer, answer
from services.registration.domain.case import Admitted
from services.registration.domain.facts import Agreed, Disqualified, SessionClosed
from services.registration.domain.words import Code, refused
from services.registration.store import _adapter, _document
from shared.contracts import dossiers, intake, notices, sheets
from shared.contracts.event import Event
from shared.contracts.topics import CONTACTS, DOSSIERS, SHEETS
from shared.kernel.words import Words
from tests.support.registration import (
    ASSESSED,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    MINISTRY,
    PRODUCER,
    PRODUCT,
    SCHEDULED,
    Desk,
    desk,
    ref,
    sheet,
    sheet_options,
)
from tests.unit.test_registration_decisions import DECISION, REQUEST

CLOSED = SessionClosed(
    ref("PH-1"),
    date(2026, 6, 9),
    ("chu-tich",),
    (Agreed(ref("HS-1"), {"1.1": 2}),),
    (Disqualified(ref("HS-1"), "Hồ sơ không trung thực", "Giấy tờ giả"),),
)


def read(kind: type[intake.IntakeEvent], /, **data: object) -> facts.Fact:
    return messages.fact_of(kind.model_validate_json(json.dumps(data)))


def whole_story() -> tuple[Desk, list[Published]]:
    at = desk()
    published: list[Published] = []
    for fact in (
        PRODUCER,
        PRODUCT,
        DOSSIER,
        ASSESSED,
        COUNCIL,
        SCHEDULED,
        sheet("chu-tich"),
        CLOSED,
        DECISION,
        REQUEST,
    ):
        published += at.admitted(HA_NOI, fact).published
    return at, published


def test_every_announcement_is_an_event_of_its_topic() -> None:
    _, published = whole_story()

    events = [(messages.topic_of(each), type(messages.event_of(each))) for each in published]
    assert events == [
        (CONTACTS, notices.ContactSet),
        (DOSSIERS, dossiers.ProductRegistered),
        (DOSSIERS, dossiers.DossierFiled),
        (DOSSIERS, dossiers.CommuneAssessed),
        (DOSSIERS, dossiers.CouncilSeated),
        (SHEETS, sheets.SheetSubmitted),
        (SHEETS, sheets.SessionClosed),
        (DOSSIERS, dossiers.DecisionApproved),
        (DOSSIERS, dossiers.CentralEvaluationRequested),
    ]
    assert all(event in topic.events for topic, event in events)


def test_an_announcement_keeps_its_values() -> None:
    _, published = whole_story()

    seated, given, closed = (messages.event_of(published[place]) for place in (4, 5, 6))

    assert isinstance(seated, dossiers.CouncilSeated)
    assert seated.members[0] == dossiers.SeatedMember(member_id="chu-tich", role="chair")
    assert seated.by_law == dossiers.SeatedByLaw(
        quorum_members=3, quorum_share=None, chair_required=True, deviation_points_max=10, rescore_rounds_max=1
    )
    assert isinstance(given, sheets.SheetSubmitted)
    assert given.options == sheet_options()
    assert isinstance(closed, sheets.SessionClosed)
    assert (closed.present, closed.agreed) == (("chu-tich",), {"1.1": 2})
    assert closed.struck_out == sheets.StruckOut(ground="Hồ sơ không trung thực", reason="Giấy tờ giả")


def test_a_product_goes_where_every_client_puts_its_key() -> None:
    subject = "01890a5d-ac96-774b-bcce-b302099a8057"
    published = Published("dossiers", subject, 1, DayOpened(date(2026, 6, 10)))

    assert messages.part_of(replace(published, subject="day/7")) == 7
    assert messages.part_of(whole_story()[1][1]) in range(12)


def test_a_day_is_read_and_announced() -> None:
    fact = read(intake.DayStarted, date="2026-06-11")

    outcome = desk().admitted(MINISTRY, fact)

    assert messages.event_of(outcome.published[0]) == dossiers.DayOpened(date=date(2026, 6, 11))


def test_an_office_is_read() -> None:
    fact = read(intake.OfficeRegistered, commune_code="00004", name="UBND", email="a@mau.example")

    assert fact == facts.OfficeRegistered("00004", "UBND", "a@mau.example")


def test_a_producers_address_is_read_and_its_representative_left_behind() -> None:
    contact = {"email": "htx@mau.example", "representative": "Nguyễn Văn Mẫu"}
    said = {"reference": "CT-1", "name": "HTX Cà phê mẫu", "kind": "cooperative", "commune_code": "00004"}

    assert read(intake.ProducerRegistered, **said, contact=contact) == PRODUCER


def test_a_product_a_dossier_and_a_request_are_read() -> None:
    product = {"reference": "SP-1", "producer": {"reference": "CT-1"}, "name": "Cà phê bột mẫu", "criteria_set": 13}
    dossier = {"reference": "HS-1", "product": {"reference": "SP-1"}, "kind": "first", "filed_on": "2026-06-01"}
    request = {"dossier": {"reference": "HS-1"}, "requested_on": "2026-06-10", "document_number": "45/TTr-UBND"}

    assert read(intake.ProductRegistered, **product) == PRODUCT
    assert read(intake.DossierFiled, **dossier) == DOSSIER
    assert read(intake.CentralEvaluationRequested, **request) == REQUEST


def test_the_four_findings_are_read_without_their_remarks() -> None:
    met, missed = {"met": True, "remark": "Đạt"}, {"met": False}
    findings = {"local_material": met, "local_labour": met, "product_idea": met, "local_identity": missed}

    fact = read(
        intake.CommuneAssessed,
        dossier={"reference": "HS-1"},
        received_on="2026-06-02",
        assessed_on="2026-06-05",
        findings=findings,
        outcome="evaluation_requested",
        document_number="12/TTr-UBND",
    )

    assert fact == ASSESSED


def test_a_councils_members_are_read_without_their_names() -> None:
    roles = {"chu-tich": "chair", "uy-vien": "member", "chuyen-gia": "expert", "thu-ky": "secretary"}
    members = [
        {"member_id": member, "name": "Nguyễn Văn Mẫu", "agency": "Sở mẫu", "role": role}
        for member, role in roles.items()
    ]

    fact = read(
        intake.CouncilFormed,
        reference="HD-1",
        level="province",
        decision_number="1/QĐ",
        decided_on="2026-05-25",
        members=members,
        by_law={"quorum_members": 3},
    )

    assert fact == COUNCIL


def test_a_schedule_a_sheet_and_a_close_are_read() -> None:
    hs_1, ph_1 = {"reference": "HS-1"}, {"reference": "PH-1"}
    day = "2026-06-09"
    scheduled = {"session": "PH-1", "council": {"reference": "HD-1"}, "round": "2026-2", "meets_on": day}
    given = {"session": ph_1, "dossier": hs_1, "member_id": "chu-tich", "signed_on": day}
    struck_out = {"dossier": hs_1, "ground": "Hồ sơ không trung thực", "reason": "Giấy tờ giả"}
    closed = {"session": ph_1, "closed_on": day, "present": ["chu-tich"], "disqualified": [struck_out]}

    assert read(intake.DossiersScheduled, **scheduled, dossiers=[hs_1]) == SCHEDULED
    assert read(intake.ScoreSheetSubmitted, **given, options=sheet_options()) == sheet("chu-tich")
    assert read(intake.SessionClosed, **closed, agreed=[{"dossier": hs_1, "options": {"1.1": 2}}]) == CLOSED


def test_a_decision_is_read() -> None:
    fact = read(
        intake.DecisionApproved,
        kind="recognise",
        number="123/QĐ-UBND",
        decided_on="2026-06-10",
        signatory="Nguyễn Văn Mẫu",
        document_sha256="0" * 64,
        results=[{"dossier": {"reference": "HS-1"}, "stars": 4}],
    )

    assert fact == DECISION


def test_a_naming_keeps_its_id_and_its_unit() -> None:
    by_id = {"id": "01890a5d-ac96-774b-bcce-b302099a8057"}
    request = {"requested_on": "2026-06-10", "document_number": "45/TTr-UBND"}

    by_identity = read(intake.CentralEvaluationRequested, dossier=by_id, **request)
    by_unit = read(intake.CentralEvaluationRequested, dossier={"reference": "HS-1", "unit": "01"}, **request)

    assert by_identity == replace(REQUEST, dossier=facts.Naming(id=UUID(by_id["id"])))
    assert by_unit == replace(REQUEST, dossier=ref("HS-1", "01"))


def test_every_kind_of_intake_event_has_a_reading() -> None:
    for kind in intake.INTAKE:
        assert kind.__name__ in messages.fact_of.__code__.co_names


def test_what_is_no_intake_event_is_a_fault() -> None:
    with pytest.raises(TypeError, match="DayOpened"):
        messages.fact_of(dossiers.DayOpened(date=date(2026, 6, 10)))


def test_a_receipt_carries_what_was_given() -> None:
    said = answer(Admitted(given=MappingProxyType({"product_id": "0190"})))

    receipt = messages.receipt_of(said, HA_NOI, "ocop.intake.01.v1", 0, 7, "su-kien-1", "vn.ocop.intake.X.v1")

    assert (receipt.status, receipt.code, receipt.offset) == ("admitted", "admitted", 7)
    assert receipt.given == {"product_id": "0190"}


def test_a_receipt_carries_every_fault_of_a_sheet_in_words() -> None:
    long = Words("Tiêu chí thiếu. " * 200, "Criterion missing. " * 200)

    receipt = messages.receipt_of(
        answer(refused(Code.OPTIONS_INVALID, "options.1.1", long)), HA_NOI, "t", 0, 0, "a", "b"
    )

    assert receipt.field == "options.1.1"
    assert len(receipt.words.en) > 3000


def test_every_entry_is_the_same_after_it_was_stored() -> None:
    at, _ = whole_story()

    entries = [(key, entry) for key, entry, _ in at.register.changes()]

    assert {kind for (kind, _), _ in entries} == {
        *("producer", "producer-id", "product", "product-id", "dossier", "dossier-id", "number", "counter"),
        *("council", "council-id", "session", "session-id", "ballot", "calendar", "decision"),
    }
    for key, entry in entries:
        assert _adapter(key).validate_json(_document(key, entry)) == entry


def test_an_answer_is_the_same_after_it_was_stored() -> None:
    adapter = TypeAdapter(Answer)
    said = answer(Admitted(given=MappingProxyType({"number": "01-00004-1-2026"})))

    assert adapter.validate_json(adapter.dump_json(said)) == said


def test_no_address_leaves_but_on_contacts() -> None:
    _, published = whole_story()
    events: list[Event] = [messages.event_of(each) for each in published if each.topic != "contacts"]

    assert not any("mau.example" in event.model_dump_json() for event in events)
