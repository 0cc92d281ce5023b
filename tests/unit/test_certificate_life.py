"""The life of a certificate, each day of it typed by hand from the articles: 4.3, 7.6.a, 8 and 12.3 of 26/2026."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

import pytest

from services.promotion.domain.clocks import add_months
from services.promotion.domain.standing import Pin, Standing
from services.promotion.handlers import decide
from shared.contracts import dossiers, promotions, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.kernel.outcomes import Applied
from tests.support.little_rulebook import ACT, VERSION, little_editions, little_rulebooks
from tests.support.product_events import FIRST, PRODUCT, SECOND, UNIT, decision, decision_annulled, filed
from tests.unit.test_promotion_decide import due_on

ISSUED, EXPIRES = date(2026, 8, 20), date(2029, 8, 20)
OPENS, CLOSES, LAST = date(2029, 2, 21), date(2029, 4, 22), date(2030, 2, 16)
"""180 and 120 days before the end, and 180 days after it."""
BASIS = Basis(act=ACT, rulebook=VERSION, articles=())
DAY = timedelta(days=1)
OF_CERTIFICATES = (promotions.CertificateExtended, promotions.CertificateEnded)


def after(*events: Event, standing: Standing | None = None) -> tuple[Standing, tuple[Event, ...]]:
    """The standing after these events, and what the last one announced; each event has an id of its own."""
    now, told = standing or Standing(), tuple[Event, ...]()
    for event in events:
        named = str(getattr(event, "decision_id", event.type_name()))
        envelope = Envelope(named, "/services/registration", "", "", 1, 1_780_000_000_000)
        outcome = decide(little_rulebooks(), little_editions(), now, event, envelope)
        assert isinstance(outcome, Applied), (event, outcome)
        now, told = outcome.state, outcome.facts
    return now, told


def assessed(dossier_id: UUID, on: date, outcome: Literal["evaluation_requested", "returned"]) -> Event:
    return scores.CommuneAssessmentConcluded(
        dossier_id=dossier_id,
        stage=scores.Stage(level="commune", attempt=1),
        outcome=outcome,
        assessed_on=on,
        reason=None,
        findings_met=4,
        basis=BASIS,
    )


def scored(dossier_id: UUID, on: date, points: int, stars: int) -> Event:
    return scores.ProductScored(
        dossier_id=dossier_id,
        stage=scores.Stage(level="province", attempt=1),
        session_id=UUID(int=7),
        closed_on=on,
        total=Exact(numerator=points, denominator=1),
        parts=(),
        band=stars,
        stars=stars,
        missed=(),
        sheets=3,
        struck_out=None,
        basis=BASIS,
    )


def way(dossier_id: UUID, on: date, points: int, stars: int) -> tuple[Event, ...]:
    """A dossier from its commune to a result at the province."""
    return assessed(dossier_id, on, "evaluation_requested"), scored(dossier_id, on, points, stars)


def renewal(on: date, dossier_id: UUID = SECOND) -> dossiers.DossierFiled:
    """As registration flags it: late after its last day in time."""
    late = dossiers.Late(certificate_id=UUID(int=1), expires_on=EXPIRES, article="12.3") if on > CLOSES else None
    return filed(dossier_id, on, "renewal").model_copy(update={"late_for": late})


def certified(issued: date = ISSUED) -> Standing:
    """The product was recognised with four stars."""
    events = (filed(FIRST, issued), *way(FIRST, issued, 84, 4), decision(FIRST, 1, "recognise", 4, issued))
    return after(*events)[0]


def days(first: date, last: date) -> list[Event]:
    return [dossiers.DayOpened(date=first + count * DAY) for count in range((last - first).days + 1)]


def lines(standing: Standing, *events: Event) -> tuple[Standing, list[str]]:
    """What is told of the certificate, one line each."""
    told: list[str] = []
    for event in events:
        standing, said = after(event, standing=standing)
        told += [line for one in said if (line := _line(one)) is not None]
    return standing, told


def _line(event: Event) -> str | None:  # noqa: PLR0911 - one line for each kind
    match event:
        case promotions.ProductRecognised():
            return f"recognised {event.decided_on} valid through {event.expires_on}"
        case promotions.RenewalReminderDue():
            return f"reminder {event.days_before} due {event.due_on}: file {event.opens_on} to {event.closes_on}"
        case promotions.CertificateExtended():
            return f"extended {event.cause} to {event.until} by {' '.join(event.basis.articles) or 'no article'}"
        case promotions.CertificateEnded():
            return f"ended {event.ended_on} {event.cause} by {' '.join(event.basis.articles) or 'no article'}"
        case promotions.CertificateWithdrawn():
            return f"withdrawn {event.withdrawn_on} {event.ground} by {' '.join(event.basis.articles)}"
        case promotions.TaskOpened(task="withdraw_certificate" | "withdrawal_overdue"):
            return f"task {event.task} for {event.unit} on {event.opened_on} until {event.due_on}"
        case promotions.TaskClosed(task="withdraw_certificate" | "withdrawal_overdue"):
            return f"done {event.task} on {event.closed_on}"
        case promotions.DecisionHeld():
            return f"held {event.contradiction} of {event.unit}"
        case promotions.DecisionAnnulled():
            return f"annulled, restored {event.restored_id is not None}"
        case _:
            return None


REMINDERS = [
    "reminder 180 due 2029-02-21: file 2029-02-21 to 2029-04-22",
    "reminder 150 due 2029-03-23: file 2029-02-21 to 2029-04-22",
    "reminder 130 due 2029-04-12: file 2029-02-21 to 2029-04-22",
    "reminder 120 due 2029-04-22: file 2029-02-21 to 2029-04-22",
]


@pytest.mark.parametrize(
    ("issued", "last_valid_day"),
    [
        (date(2026, 8, 20), date(2029, 8, 20)),
        (date(2026, 8, 31), date(2029, 8, 31)),
        (date(2028, 2, 29), date(2031, 2, 28)),  # 2031 has no 29 February
        (date(2026, 2, 28), date(2029, 2, 28)),  # not the 29th of any year
        (date(2026, 12, 31), date(2029, 12, 31)),
        (date(2025, 2, 28), date(2028, 2, 28)),  # although 2028 has a 29 February
    ],
)
def test_thirty_six_months_end_on_the_same_day_or_the_last_of_a_shorter_month(
    issued: date, last_valid_day: date
) -> None:
    assert add_months(issued, 36) == last_valid_day


@pytest.mark.parametrize("issued", [date(2026, 8, 31), date(2028, 2, 29)])
def test_a_certificate_is_valid_on_its_last_day_and_ended_on_the_next(issued: date) -> None:
    standing, last = certified(issued), add_months(issued, 36)

    standing, told = lines(standing, dossiers.DayOpened(date=last))
    assert [line for line in told if not line.startswith("reminder")] == []

    _, told = lines(standing, dossiers.DayOpened(date=last + DAY))
    assert told == [f"ended {last} expired by 4.3"]


def test_each_reminder_is_told_once_on_its_day() -> None:
    standing, told = certified(), {}

    for event in days(OPENS - DAY, CLOSES + DAY):
        standing, said = lines(standing, event)
        assert isinstance(event, dossiers.DayOpened)
        told.update(dict.fromkeys([event.date] * bool(said), "".join(said)))

    assert told == dict(zip((OPENS, date(2029, 3, 23), date(2029, 4, 12), CLOSES), REMINDERS, strict=True))


def test_missed_days_bring_every_reminder_once_and_none_after_the_end() -> None:
    _, told = lines(certified(), dossiers.DayOpened(date=CLOSES), dossiers.DayOpened(date=CLOSES + DAY))
    _, at_once = lines(certified(), dossiers.DayOpened(date=EXPIRES + DAY))

    assert told == REMINDERS
    assert at_once == ["ended 2029-08-20 expired by 4.3"]


def test_nobody_is_reminded_once_a_renewal_was_filed() -> None:
    standing, told = lines(certified(), *days(OPENS, OPENS), renewal(OPENS + DAY), *days(OPENS + DAY, CLOSES + DAY))

    assert told == REMINDERS[:1]
    assert due_on(standing) is not None


def test_the_first_day_something_is_due_is_the_one_on_which_it_is_told() -> None:
    standing, asked = certified(), []

    for _ in range(5):
        asked.append(due_on(standing))
        standing, _told = after(dossiers.DayOpened(date=asked[-1] or ISSUED), standing=standing)

    assert asked == [OPENS, date(2029, 3, 23), date(2029, 4, 12), CLOSES, EXPIRES + DAY]
    assert due_on(standing) is None


@pytest.mark.parametrize(
    ("filed_on", "extended"),
    [
        (CLOSES, "extended undecided to 2030-02-16 by no article"),
        (CLOSES + DAY, "extended filed_late to 2030-02-16 by 12.3"),
    ],
)
def test_an_undecided_renewal_keeps_the_certificate_valid_through_the_last_day_of_grace(
    filed_on: date, extended: str
) -> None:
    standing, told = lines(certified(), renewal(filed_on), *days(EXPIRES - DAY, EXPIRES))
    assert told == []

    standing, told = lines(standing, *days(EXPIRES + DAY, LAST))
    assert told == [extended]
    assert standing.in_force is not None

    standing, told = lines(standing, *days(LAST + DAY, LAST + 2 * DAY))
    assert told == [f"ended 2030-02-16 extension_over by {extended.rpartition(' by ')[2]}"]
    assert standing.in_force is None


def test_recognised_again_the_product_has_one_certificate_of_thirty_six_months_from_its_issue() -> None:
    again = date(2029, 10, 1)

    standing, told = lines(
        certified(),
        renewal(CLOSES + DAY),
        *days(EXPIRES + DAY, EXPIRES + DAY),
        *way(SECOND, again, 60, 3),
        decision(SECOND, 2, "recognise", 3, again),
    )

    assert told == [
        "extended filed_late to 2030-02-16 by 12.3",
        "recognised 2029-10-01 valid through 2032-10-01",
        "ended 2029-09-30 superseded by no article",
    ]
    assert [one.stars for one in standing.certificates if one.in_force] == [3]


def test_an_upgrade_ends_the_certificate_before_it_and_both_stay_as_history() -> None:
    standing, told = lines(
        certified(),
        filed(SECOND, date(2027, 1, 4), "upgrade"),
        *way(SECOND, date(2027, 3, 1), 85, 4),
        decision(SECOND, 2, "recognise", 4, date(2027, 3, 8)),
    )

    assert told == ["recognised 2027-03-08 valid through 2030-03-08", "ended 2027-03-07 superseded by no article"]
    assert [(one.issued_on, one.in_force) for one in standing.certificates] == [
        (ISSUED, False),
        (date(2027, 3, 8), True),
    ]


@pytest.mark.parametrize(
    ("result_on", "ended"),
    [
        (EXPIRES - DAY, "ended 2029-08-20 expired by 4.3"),
        (EXPIRES + 30 * DAY, "ended 2029-09-19 not_renewed by 12.3"),
        (LAST, "ended 2030-02-16 not_renewed by 12.3"),
    ],
)
@pytest.mark.parametrize("how", ["returned", "without certificate"])
def test_a_renewal_without_a_certificate_ends_the_extension_and_never_the_months(
    result_on: date, ended: str, how: str
) -> None:
    result: Sequence[Event] = (assessed(SECOND, result_on, "returned"),)
    if how == "without certificate":
        result = (*way(SECOND, result_on, 45, 2), decision(SECOND, 2, "end_without_certificate", 2, result_on))
    until = result_on if result_on > EXPIRES else EXPIRES - 2 * DAY

    _, told = lines(
        certified(), renewal(CLOSES + DAY), *days(EXPIRES - 2 * DAY, until), *result, *days(until + DAY, LAST + 9 * DAY)
    )

    assert [line for line in told if line.startswith("ended")] == [ended]


def test_whether_the_result_comes_before_or_after_a_day_the_certificate_ends_alike() -> None:
    result = (*way(SECOND, EXPIRES - DAY, 45, 2), decision(SECOND, 2, "end_without_certificate", 2, EXPIRES - DAY))
    begun = (renewal(CLOSES), *days(EXPIRES - DAY, EXPIRES))

    _, in_time = lines(certified(), *begun, *result, *days(EXPIRES + DAY, EXPIRES + 9 * DAY))
    _, behind = lines(certified(), *begun, *days(EXPIRES + DAY, EXPIRES + 9 * DAY), *result)

    assert in_time == ["ended 2029-08-20 expired by 4.3"]
    assert behind[-1] == "ended 2029-08-20 not_renewed by no article"


@pytest.mark.parametrize(
    ("filed_on", "told"),
    [
        (EXPIRES + DAY, ["extended filed_late to 2030-02-16 by 12.3"]),
        (LAST, ["extended filed_late to 2030-02-16 by 12.3"]),
        (LAST + DAY, []),
    ],
)
def test_a_renewal_filed_after_the_end_makes_the_certificate_valid_again_within_the_grace(
    filed_on: date, told: list[str]
) -> None:
    ended, _ = lines(certified(), *days(EXPIRES + DAY, filed_on))
    assert ended.in_force is None

    standing, said = lines(ended, renewal(filed_on))

    assert said == told
    assert (standing.in_force is not None) is bool(told)


def test_a_recognition_annulled_restores_the_certificate_that_it_had_ended() -> None:
    note = scores.CorrectionNoted(dossier_id=SECOND, correction_id=UUID(int=8002), score_annulled=None, pauses=True)
    standing, told = lines(
        certified(),
        filed(SECOND, date(2027, 1, 4), "upgrade"),
        *way(SECOND, date(2027, 3, 1), 85, 4),
        decision(SECOND, 2, "recognise", 4, date(2027, 3, 8)),
        note,
        decision_annulled(SECOND, 2, date(2027, 4, 1), 1),
    )

    assert told[-1] == "annulled, restored True"
    assert [(one.issued_on, one.in_force) for one in standing.certificates] == [
        (ISSUED, True),
        (date(2027, 3, 8), False),
    ]


FOUND_ON = date(2027, 6, 1)
FOUND = dossiers.InspectionConcluded(
    product_id=PRODUCT,
    unit=UNIT,
    inspected_on=FOUND_ON,
    concluded_on=FOUND_ON,
    document_number="1/KL",
    ground="criteria_not_met",
)
STOPPED = dossiers.ProductionStopConfirmed(product_id=PRODUCT, unit=UNIT, confirmed_on=FOUND_ON, document_number="2/XN")
OPENED = "task withdraw_certificate for 66 on 2027-06-01 until 2027-06-16"


def withdrawal(ground: str = "criteria_not_met", level: str = "province", unit: str = UNIT) -> Event:
    return dossiers.CertificateWithdrawn.model_validate(
        {
            "product_id": PRODUCT,
            "decision_id": UUID(int=50),
            "unit": unit,
            "level": level,
            "ground": ground,
            "number": "9/QĐ",
            "withdrawn_on": date(2027, 6, 10),
            "signatory": "Chủ tịch",
            "document_sha256": "0" * 64,
        }
    )


@pytest.mark.parametrize("found", [FOUND, STOPPED])
def test_a_violation_gives_the_authority_fifteen_days_and_is_told_once(found: Event) -> None:
    standing, told = lines(certified(), found, found, *days(date(2027, 6, 15), date(2027, 6, 16)))
    assert told == [OPENED]

    standing, told = lines(standing, *days(date(2027, 6, 17), date(2027, 6, 19)))
    assert told == ["task withdrawal_overdue for 66 on 2027-06-17 until None"]


@pytest.mark.parametrize(
    ("ground", "articles"),
    [
        ("untrue_information", "8.1.a 8.2.a"),
        ("criteria_not_met", "8.1.b 8.2.a"),
        ("law_breached", "8.1.c 8.2.a"),
        ("mark_misused", "8.1.d 8.2.a"),
        ("production_stopped", "8.1.đ 8.2.a"),
        ("other", "8.1.e 8.2.a"),
    ],
)
def test_a_certificate_is_withdrawn_on_each_of_the_six_grounds_and_the_task_is_done(ground: str, articles: str) -> None:
    standing, told = lines(certified(), FOUND, withdrawal(ground), *days(EXPIRES, EXPIRES + DAY))

    assert told == [
        OPENED,
        f"withdrawn 2027-06-10 {ground} by {articles}",
        "done withdraw_certificate on 2027-06-10",
    ]
    assert standing.in_force is None


def test_another_authority_withdraws_nothing() -> None:
    standing, told = lines(certified(), withdrawal(level="central", unit="bnnmt"), withdrawal(unit="01"))

    assert told == ["held authority_lacking of bnnmt", "held authority_lacking of 01"]
    assert standing.in_force is not None


def test_what_is_withdrawn_or_was_never_issued_is_not_withdrawn_again() -> None:
    _, twice = lines(certified(), withdrawal(), withdrawal())
    _, never = lines(after(filed(FIRST, ISSUED))[0], withdrawal(), FOUND)

    assert twice[1:] == ["held no_certificate of 66"]
    assert never == ["held no_certificate of 66"]


def test_an_inspection_that_found_nothing_starts_no_clock() -> None:
    _, told = lines(certified(), FOUND.model_copy(update={"ground": None}), *days(FOUND_ON, FOUND_ON + 30 * DAY))

    assert told == []


def test_a_renewal_of_a_withdrawn_certificate_makes_it_valid_no_more() -> None:
    standing, told = lines(certified(), withdrawal(), renewal(EXPIRES), *days(EXPIRES, EXPIRES + DAY))

    assert told == ["withdrawn 2027-06-10 criteria_not_met by 8.1.b 8.2.a"]
    assert standing.in_force is None


def test_what_an_older_certificate_owes_to_its_renewal_rests_on_the_act_of_the_renewal() -> None:
    older = Pin("qd148-2023", "148/QĐ-TTg", "qd148-2023@000000000000")
    standing, _ = after(renewal(CLOSES + DAY), standing=certified())
    standing = replace(standing, certificates=tuple(replace(one, pin=older) for one in standing.certificates))

    standing, extended = after(dossiers.DayOpened(date=EXPIRES + DAY), standing=standing)
    _, ended = after(dossiers.DayOpened(date=LAST + DAY), standing=standing)

    acts = [(type(one).__name__, one.basis) for one in (*extended, *ended) if isinstance(one, OF_CERTIFICATES)]
    assert acts == [
        ("CertificateExtended", Basis(act=ACT, rulebook=VERSION, articles=("12.3",))),
        ("CertificateEnded", Basis(act=ACT, rulebook=VERSION, articles=("12.3",))),
    ]


def test_an_older_certificate_ends_by_the_act_of_its_own_dossier() -> None:
    older = Pin("qd148-2023", "148/QĐ-TTg", "qd148-2023@000000000000")
    standing = replace(certified(), certificates=tuple(replace(one, pin=older) for one in certified().certificates))

    _, (ended,) = after(dossiers.DayOpened(date=EXPIRES + DAY), standing=standing)

    assert isinstance(ended, promotions.CertificateEnded)
    assert (ended.basis.act, ended.cause) == ("148/QĐ-TTg", "expired")
