"""When a renewal may be filed (articles 7.6.a and 12.3), and what a withdrawn certificate leaves of it."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

import pytest

from services.registration.domain.announcements import (
    DossierOpened,
    InspectionHeard,
    Late,
    ProductionStopped,
    WithdrawalReceived,
)
from services.registration.domain.case import Admission
from services.registration.domain.certificates import Word, certificate_answered, heard
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import (
    CertificateWithdrawn,
    DecisionAnnulled,
    DecisionApproved,
    DossierFiled,
    DossierWithdrawn,
    InspectionConcluded,
    ProductionStopConfirmed,
    Renewed,
    Result,
)
from services.registration.domain.register import Dossier
from shared.kernel.outcomes import Refused
from tests.support.registration import (
    ASSESSED,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    MINISTRY,
    PRODUCER,
    PRODUCT,
    SON_LA,
    Desk,
    announced,
    code,
    desk_with,
    ref,
    waits_for,
)

RECOGNISED_ON, EXPIRES_ON = date(2026, 6, 10), date(2029, 6, 10)
RECOGNISED = DecisionApproved("recognise", "8/QĐ", RECOGNISED_ON, "Chủ tịch", "0" * 64, (Result(ref("HS-1"), 4),))
RENEWAL = DossierFiled("HS-2", ref("SP-1"), "renewal", EXPIRES_ON, None)
CERTIFICATE = UUID(int=77)


def first_decided() -> tuple[Desk, Word]:
    """The first dossier is decided on, and what promotion will say of it."""
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED, COUNCIL)
    dossier = at.register.get(("dossier", f"{HA_NOI}/HS-1"))
    assert isinstance(dossier, Dossier)
    decision = UUID(at.admitted(HA_NOI, RECOGNISED).given["decision_id"])
    return at, Word("issued", dossier.id, decision, CERTIFICATE, EXPIRES_ON)


def told(at: Desk, word: Word, *, over: bool = True) -> frozenset[str]:
    """Promotion's word has come, with the end of the dossier where it is `over`."""
    outcome = heard(at.register, word)
    at.register.take(outcome.entries)
    if over:
        at.register.take(close_dossier(at.register, word.dossier_id, word.decision_id).entries)
    return outcome.provides


def certified(today: date = EXPIRES_ON) -> tuple[Desk, Word]:
    """The product has its certificate, and the calendar stands at `today`."""
    at, word = first_decided()
    told(at, word)
    at.open(today)
    return at, word


def file(at: Desk, filed_on: date, **changes: object) -> Admission:
    at.open(filed_on)
    return at.say(HA_NOI, replace(RENEWAL, filed_on=filed_on, **changes))  # type: ignore[arg-type]  # checked by replace


def late_for(outcome: Admission) -> Late | None:
    opened = announced(outcome)[0]
    assert isinstance(opened, DossierOpened)
    return opened.late_for


@pytest.mark.parametrize(
    ("filed_on", "flagged"),
    [
        (date(2028, 12, 12), False),  # 180 days before 2029-06-10
        (date(2028, 12, 13), False),
        (date(2029, 2, 9), False),
        (date(2029, 2, 10), False),  # 120 days before it
        (date(2029, 2, 11), True),  # 119 days
        (date(2029, 6, 10), True),  # the last valid day
        (date(2029, 6, 11), True),
        (date(2029, 12, 7), True),  # 180 days after it
    ],
)
def test_a_renewal_is_admitted_from_its_first_day_and_flagged_after_the_last_in_time(
    filed_on: date, flagged: bool
) -> None:
    at, _ = certified(RECOGNISED_ON)

    outcome = file(at, filed_on)

    assert late_for(outcome) == (Late(CERTIFICATE, EXPIRES_ON, "12.3") if flagged else None)


def test_a_renewal_filed_a_day_too_early_is_refused_with_the_first_possible_day() -> None:
    at, _ = certified(RECOGNISED_ON)

    outcome = file(at, date(2028, 12, 11))

    assert code(outcome) == ("renewal-too-early", "filed_on")
    assert isinstance(outcome, Refused)
    assert outcome.words.vi.endswith("(sớm nhất ngày 12/12/2028)")
    assert outcome.words.en.endswith("(the first day is 2028-12-12)")
    assert unicodedata.is_normalized("NFC", outcome.words.vi)


def test_a_renewal_filed_after_the_grace_is_refused_with_its_last_day() -> None:
    at, _ = certified(RECOGNISED_ON)

    outcome = file(at, date(2029, 12, 8))

    assert code(outcome) == ("renewal-too-late", "filed_on")
    assert isinstance(outcome, Refused)
    assert outcome.words.en.endswith("(the last day was 2029-12-07)")


def test_a_renewal_that_comes_before_promotions_word_waits_for_it_and_is_then_judged() -> None:
    at, word = first_decided()

    outcome = file(at, EXPIRES_ON)

    assert waits_for(outcome).startswith("dossier-over:")
    told(at, word)
    assert late_for(file(at, EXPIRES_ON + timedelta(days=1))) == Late(CERTIFICATE, EXPIRES_ON, "12.3")


def test_a_renewal_without_any_certificate_is_refused() -> None:
    at = desk_with(PRODUCER, PRODUCT)

    outcome = at.say(HA_NOI, replace(RENEWAL, filed_on=date(2026, 6, 9)))

    assert code(outcome) == ("no-certificate", "product")


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [
        (date(2026, 12, 6), None),  # 180 days after 2026-06-09
        (date(2026, 10, 6), Late(None, date(2026, 10, 6), "12.3")),  # 119 days
    ],
)
def test_a_certificate_of_before_the_product_came_to_us_is_brought_with_its_last_day(
    expires_on: date, expected: Late | None
) -> None:
    at = desk_with(PRODUCER, PRODUCT)
    filed = replace(RENEWAL, filed_on=date(2026, 6, 9), renews=Renewed(expires_on))

    assert late_for(at.say(HA_NOI, filed)) == expected


def test_a_certificate_of_ours_goes_before_one_that_is_brought() -> None:
    at, _ = certified(RECOGNISED_ON)

    outcome = file(at, date(2028, 12, 11), renews=Renewed(date(2029, 3, 1)))

    assert code(outcome)[0] == "renewal-too-early"


WITHDRAWN = CertificateWithdrawn(ref("SP-1"), "law_breached", "9/QĐ", EXPIRES_ON, "Chủ tịch", "0" * 64)


@pytest.mark.parametrize("kind", ["withdrawn", "contradicted"])
def test_a_renewal_waits_while_a_withdrawal_has_no_answer_whatever_that_is(
    kind: Literal["withdrawn", "contradicted"],
) -> None:
    at, word = certified()
    outcome = at.admitted(HA_NOI, WITHDRAWN)
    (received,) = announced(outcome)
    assert isinstance(received, WithdrawalReceived)
    assert (received.level, received.unit, received.ground) == ("province", HA_NOI, "law_breached")

    assert waits_for(file(at, EXPIRES_ON)) == certificate_answered(received.product_id)
    provides = told(at, Word(kind, word.dossier_id, received.decision_id, CERTIFICATE), over=False)

    assert provides == {certificate_answered(received.product_id)}
    renewed = file(at, EXPIRES_ON + timedelta(days=1))
    if kind == "withdrawn":
        assert code(renewed) == ("no-certificate", "product")
    else:
        assert late_for(renewed) is not None


def test_the_certificate_of_an_annulled_decision_is_none_whenever_promotion_tells_of_it() -> None:
    annulled = DecisionAnnulled("8/QĐ", RECOGNISED_ON, "9/QĐ", "Sai quy định", ())
    taken_back = DossierWithdrawn(ref("HS-1"), RECOGNISED_ON, "Chủ thể đề nghị")
    before, word = first_decided()
    told(before, word)
    later, same = first_decided()
    for at in (before, later):
        at.admitted(HA_NOI, annulled)
    told(later, same)

    for at in (before, later):
        at.admitted(HA_NOI, taken_back)
        assert code(file(at, EXPIRES_ON)) == ("no-certificate", "product")


def test_an_inspection_and_the_communes_word_go_on_to_the_product() -> None:
    at, _ = certified()
    inspected = InspectionConcluded(ref("SP-1"), EXPIRES_ON, EXPIRES_ON, "1/KL", "criteria_not_met")
    stopped = ProductionStopConfirmed(ref("SP-1"), EXPIRES_ON, "2/XN")

    assert isinstance(announced(at.say(HA_NOI, inspected))[0], InspectionHeard)
    assert isinstance(announced(at.say(MINISTRY, replace(inspected, product=ref("SP-1", HA_NOI))))[0], InspectionHeard)
    assert isinstance(announced(at.say(HA_NOI, stopped))[0], ProductionStopped)


def test_who_may_not_speak_of_a_product_is_told_so() -> None:
    at, _ = certified()
    stopped = ProductionStopConfirmed(ref("SP-1", HA_NOI), EXPIRES_ON, "2/XN")

    assert code(at.say(MINISTRY, stopped))[0] == "kind-not-allowed"
    assert code(at.say(SON_LA, stopped)) == ("authority-lacking", "product.unit")
    assert waits_for(at.say(SON_LA, replace(WITHDRAWN, product=ref("SP-1", HA_NOI)))) == "operator"


def test_what_is_said_of_a_product_without_a_dossier_is_refused() -> None:
    at = desk_with(PRODUCER, PRODUCT)

    assert code(at.say(HA_NOI, replace(WITHDRAWN, withdrawn_on=RECOGNISED_ON))) == ("no-certificate", "product")


def test_an_inspection_is_not_concluded_before_it_was_made() -> None:
    at, _ = certified()
    wrong = InspectionConcluded(ref("SP-1"), EXPIRES_ON, EXPIRES_ON - timedelta(days=1), "1/KL", None)

    assert code(at.say(HA_NOI, wrong)) == ("dates-out-of-order", "concluded_on")
