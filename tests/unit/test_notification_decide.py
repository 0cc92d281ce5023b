"""Who hears of what, and when."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from services.notification.domain.facts import Annulled
from services.notification.domain.notices import State
from services.notification.handlers import decide
from services.notification.store import STATE
from shared.contracts import dossiers, promotions
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.contracts.notices import ContactSet, NoticeWritten
from shared.contracts.scores import Stage
from shared.kernel.outcomes import Applied, Held

DOSSIER = UUID("01900000-0000-8000-8000-000000000001")
PRODUCT = UUID("01900000-0000-8000-8000-000000000002")
PRODUCER = UUID("01900000-0000-8000-8000-000000000003")
EVENT = UUID("01900000-0000-8000-8000-000000000004")
BASIS = Basis(act="26/2026/QĐ-TTg", rulebook="qd26-2026", articles=("7.2",))


def filed() -> dossiers.DossierFiled:
    return dossiers.DossierFiled(
        dossier_id=DOSSIER,
        product_id=PRODUCT,
        unit="68",
        reference="HS-1",
        kind="first",
        filed_on=date(2026, 6, 1),
        regime="qd26-2026",
        rulebook="qd26-2026",
        criteria_set=13,
        producer_id=PRODUCER,
        product_name="Cà phê rang xay",
        commune_code="24958",
    )


def returned() -> promotions.DossierReturned:
    return promotions.DossierReturned(
        dossier_id=DOSSIER, returned_on=date(2026, 6, 12), reason="Thiếu phiếu kiểm nghiệm", basis=BASIS
    )


def recognised() -> promotions.ProductRecognised:
    return promotions.ProductRecognised(
        dossier_id=DOSSIER,
        level="province",
        stars=4,
        decision_id=UUID(int=6),
        decision_number="1250/QĐ-UBND",
        decided_on=date(2026, 6, 28),
        certificate_id=UUID(int=7),
        expires_on=date(2029, 6, 28),
        basis=BASIS,
    )


def forwarded() -> promotions.DossierForwarded:
    return promotions.DossierForwarded(
        dossier_id=DOSSIER,
        from_level="province",
        to_level="central",
        requested_on=date(2026, 7, 2),
        decision_number="1251/QĐ-UBND",
        basis=BASIS,
    )


def ended() -> promotions.DossierEnded:
    return promotions.DossierEnded(
        dossier_id=DOSSIER,
        level="province",
        stars=2,
        decision_number="310/TB-UBND",
        decided_on=date(2026, 6, 28),
        basis=BASIS,
    )


def opened(missed: promotions.Round | None) -> promotions.StageOpened:
    return promotions.StageOpened(
        dossier_id=DOSSIER,
        stage=Stage(level="province", attempt=1),
        opened_on=date(2026, 10, 30),
        due_on=date(2027, 6, 29),
        basis=BASIS,
        round=promotions.Round(number=1, requests_until=date(2027, 4, 29), ends_on=date(2027, 6, 29), article="5.1"),
        missed=missed,
    )


LATE = opened(promotions.Round(number=2, requests_until=date(2026, 10, 29), ends_on=date(2026, 12, 29), article="5.1"))


def envelope(sequence: int = 1, event_id: UUID = EVENT) -> Envelope:
    return Envelope(str(event_id), "/promotion", "", str(PRODUCT), sequence, 1_780_000_000_000)


def applied(state: State, event: Event, sequence: int = 1) -> Applied[State, Event]:
    outcome = decide(state, event, envelope(sequence))
    assert isinstance(outcome, Applied)
    return outcome


def known() -> State:
    return applied(State(), filed()).state


def test_a_returned_dossier_is_told_to_its_producer_and_its_commune() -> None:
    outcome = applied(known(), returned())

    told = [fact for fact in outcome.facts if isinstance(fact, NoticeWritten)]
    assert [(fact.recipient_id, fact.kind, fact.about, fact.fact_on) for fact in told] == [
        (str(PRODUCER), "returned", EVENT, date(2026, 6, 12)),
        ("commune-24958", "returned", EVENT, date(2026, 6, 12)),
    ]


def test_a_request_too_late_for_a_round_is_told_to_producer_commune_and_province_once() -> None:
    first = applied(known(), LATE)

    again = applied(first.state, LATE)

    told = [fact for fact in first.facts if isinstance(fact, NoticeWritten)]
    assert [(fact.recipient_id, fact.kind, fact.fact_on) for fact in told] == [
        (str(PRODUCER), "round_missed", date(2026, 10, 30)),
        ("commune-24958", "round_missed", date(2026, 10, 30)),
        ("province-68", "round_missed", date(2026, 10, 30)),
    ]
    assert [notice.particulars.basis.articles for notice in first.state.notices] == [("5.1",)] * 3
    assert (again.facts, again.state) == ((), first.state)


def test_of_a_stage_whose_request_was_in_time_nobody_is_told() -> None:
    assert applied(known(), opened(None)) == Applied(known())


def test_each_decided_result_is_told_twice_and_each_notice_has_an_id_of_its_own() -> None:
    kinds = []
    ids = set()

    for event in (recognised(), forwarded(), ended()):
        facts = applied(known(), event).facts
        kinds.append([fact.kind for fact in facts if isinstance(fact, NoticeWritten)])
        ids |= {fact.notice_id for fact in facts if isinstance(fact, NoticeWritten)}

    assert kinds == [["recognised"] * 2, ["forwarded"] * 2, ["ended"] * 2]
    assert len(ids) == 6


def test_undecided_and_contradicted_results_are_told_to_nobody() -> None:
    eligible = promotions.ProductEligible(
        dossier_id=DOSSIER, level="central", total=Exact(numerator=95, denominator=1), stars=5, basis=BASIS
    )
    held = promotions.DecisionHeld(
        dossier_id=DOSSIER,
        decision_id=UUID(int=8),
        decision_number="9/QĐ-UBND",
        unit="68",
        contradiction="stars_differ",
        decided_stars=4,
        computed_stars=3,
        basis=BASIS,
    )

    outcomes = [applied(known(), event) for event in (eligible, held)]

    assert [outcome.facts for outcome in outcomes] == [(), ()]


@pytest.mark.parametrize(
    ("cause", "told"),
    [("expired", True), ("not_renewed", True), ("extension_over", True), ("superseded", False), (None, False)],
)
def test_a_certificate_s_end_is_told_unless_another_took_its_place(cause: str | None, told: bool) -> None:
    over = promotions.CertificateEnded.model_validate(
        {"dossier_id": DOSSIER, "certificate_id": UUID(int=7), "ended_on": date(2029, 6, 28), "basis": BASIS}
        | {"cause": cause}
    )

    facts = applied(known(), over).facts

    assert [(fact.kind, fact.fact_on) for fact in facts if isinstance(fact, NoticeWritten)] == (
        [("certificate_ended", date(2029, 6, 28))] * 2 if told else []
    )


def test_an_extension_is_told_with_the_last_day_of_the_certificate_s_own_months() -> None:
    longer = promotions.CertificateExtended(
        dossier_id=DOSSIER,
        certificate_id=UUID(int=7),
        renewal_id=UUID(int=8),
        cause="filed_late",
        expires_on=date(2029, 6, 28),
        until=date(2029, 12, 25),
        basis=BASIS,
    )

    facts = applied(known(), longer).facts

    assert [(fact.kind, fact.fact_on) for fact in facts if isinstance(fact, NoticeWritten)] == (
        [("certificate_extended", date(2029, 6, 28))] * 2
    )


@pytest.mark.parametrize("restored", [None, UUID(int=9)])
def test_an_annulment_says_whether_the_earlier_certificate_is_valid_again(restored: UUID | None) -> None:
    annulled = promotions.DecisionAnnulled(
        dossier_id=DOSSIER,
        correction_id=UUID(int=10),
        decision_id=UUID(int=6),
        decision_number="1250/QĐ-UBND",
        annulled_on=date(2026, 9, 5),
        document_number="1301/QĐ-UBND",
        reason="Sai quy định",
        certificate_id=UUID(int=7),
        stage=Stage(level="province", attempt=1),
        ended=(),
        basis=BASIS,
        restored_id=restored,
    )

    state = applied(applied(known(), recognised()).state, annulled).state

    told = [notice.particulars for notice in state.notices if isinstance(notice.particulars, Annulled)]
    assert [one.restored for one in told] == [restored is not None] * 2


def test_a_fact_about_a_dossier_not_yet_filed_waits_for_its_filing() -> None:
    outcome = decide(State(), returned(), envelope())

    assert outcome == Held(f"dossier:{DOSSIER}")


def test_the_same_fact_again_makes_the_same_notices_and_writes_none_twice() -> None:
    first = applied(known(), returned())

    again = applied(known(), returned())
    once_more = applied(first.state, returned())

    assert again.facts == first.facts
    assert once_more.facts == ()


def test_the_latest_contact_wins_in_whatever_order_versions_come() -> None:
    old = ContactSet(recipient_id=str(PRODUCER), kind="producer", name="HTX cũ", email="cu@example.vn", phone=None)
    new = ContactSet(recipient_id=str(PRODUCER), kind="producer", name="HTX mới", email=None, phone=None)

    state = applied(applied(State(), new, sequence=2).state, old, sequence=1).state

    assert state.contact is not None
    assert (state.contact.name, state.contact.email, state.contact.version) == ("HTX mới", None, 2)


def test_the_state_survives_its_json() -> None:
    adapter: TypeAdapter[State] = STATE
    state = known()
    for event in (returned(), recognised(), forwarded(), ended()):
        state = applied(state, event).state

    assert adapter.validate_json(adapter.dump_json(state)) == state
