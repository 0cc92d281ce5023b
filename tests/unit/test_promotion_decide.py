"""What follows from a result, and what a decision may do with it."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

import pytest

from services.promotion.domain.standing import ALARMS_MAX, Standing
from services.promotion.domain.transitions import OVER, TRANSITIONS, Phase, Step
from services.promotion.handlers import decide, pipeline
from shared.contracts import dossiers, promotions, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.contracts.receipts import Told
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.rulebooks.calendar import Editions
from tests.support.little_rulebook import ACT, VERSION, little_editions, little_rulebooks, with_2027
from tests.support.product_events import FIRST, SECOND, UNIT, decision, filed, registered, requested, seated

BASIS = Basis(act=ACT, rulebook=VERSION, articles=())
SCORED_ON = date(2026, 8, 15)
DECIDED_ON = date(2026, 8, 20)
ENVELOPE = Envelope("an event", "/services/registration", "", "", 1, 1_780_000_000_000)
Kind = Literal["recognise", "approve_for_central", "end_without_certificate"]


def on(*articles: str) -> Basis:
    return Basis(act=ACT, rulebook=VERSION, articles=articles)


def outcome_of(
    standing: Standing, event: Event, editions: Editions | None = None
) -> Applied[Standing, Event] | Held | DeadLettered:
    return decide(little_rulebooks(), editions or little_editions(), standing, event, ENVELOPE)


def after(*events: Event, standing: Standing | None = None) -> tuple[Standing, tuple[Event, ...]]:
    now = standing or Standing()
    told: tuple[Event, ...] = ()
    for event in events:
        outcome = outcome_of(now, event)
        assert isinstance(outcome, Applied), (event, outcome)
        now, told = outcome.state, outcome.facts
    return now, told


def concluded(
    outcome: Literal["evaluation_requested", "returned"] = "evaluation_requested", dossier_id: UUID = FIRST
) -> scores.CommuneAssessmentConcluded:
    return scores.CommuneAssessmentConcluded(
        dossier_id=dossier_id,
        stage=scores.Stage(level="commune", attempt=1),
        outcome=outcome,
        assessed_on=date(2026, 6, 10),
        reason="Thiếu phiếu kiểm nghiệm" if outcome == "returned" else None,
        findings_met=4,
        basis=BASIS,
    )


def scored(level: str, points: int | None, stars: int | None) -> scores.ProductScored:
    return scores.ProductScored(
        dossier_id=FIRST,
        stage=scores.Stage(level=level, attempt=1),
        session_id=UUID(int=7),
        closed_on=SCORED_ON,
        total=None if points is None else Exact(numerator=points, denominator=1),
        parts=(),
        band=stars,
        stars=stars,
        missed=(),
        sheets=3,
        struck_out="Hồ sơ giả mạo" if stars is None else None,
        basis=BASIS,
    )


def voided() -> scores.SessionVoided:
    return scores.SessionVoided(
        dossier_id=FIRST,
        stage=scores.Stage(level="province", attempt=1),
        session_id=UUID(int=6),
        closed_on=SCORED_ON,
        cause="quorum_missed",
        present=1,
        needed=2,
        basis=BASIS,
    )


def at_province(points: int | None, stars: int | None) -> Standing:
    standing, _ = after(filed(FIRST, date(2026, 6, 1)), concluded(), scored("province", points, stars))
    return standing


def at_centre(points: int | None, stars: int | None) -> Standing:
    standing, _ = after(
        decision(FIRST, 1, "approve_for_central", 5, DECIDED_ON),
        requested(FIRST, date(2026, 8, 25)),
        scored("central", points, stars),
        standing=at_province(95, 5),
    )
    return standing


def test_it_reads_dossiers_and_scores_and_writes_promotions() -> None:
    made = pipeline(little_rulebooks(), little_editions())

    assert made.inputs == (DOSSIERS, SCORES)
    assert made.output == PROMOTIONS
    assert all("promotion" in topic.readers for topic in made.inputs)


def test_every_phase_has_its_row_and_only_the_last_ones_have_no_way_on() -> None:
    assert set(TRANSITIONS) == set(Phase)
    assert {Phase.RETURNED, Phase.RECOGNISED, Phase.ENDED, Phase.WITHDRAWN} == OVER
    assert {step for steps in TRANSITIONS.values() for step in steps} == set(Step)


def test_a_filed_dossier_opens_the_commune_s_stage() -> None:
    _, told = after(filed(FIRST, date(2026, 6, 1)))

    assert told == (
        promotions.StageOpened(
            dossier_id=FIRST,
            stage=scores.Stage(level="commune", attempt=1),
            opened_on=date(2026, 6, 1),
            due_on=date(2026, 6, 22),
            basis=on("7.2"),
        ),
    )


def test_a_second_dossier_waits_until_the_first_is_over() -> None:
    standing, _ = after(filed(FIRST, date(2026, 6, 1)))
    assert outcome_of(standing, filed(SECOND, date(2026, 6, 2))) == Held("dossier-over")

    standing, told = after(concluded("returned"), standing=standing)
    assert told == (
        promotions.DossierReturned(
            dossier_id=FIRST, returned_on=date(2026, 6, 10), reason="Thiếu phiếu kiểm nghiệm", basis=on("7.2")
        ),
    )
    assert isinstance(outcome_of(standing, filed(SECOND, date(2026, 6, 15))), Applied)


def test_a_void_session_leaves_the_stage_open_and_is_counted() -> None:
    standing, told = after(filed(FIRST, date(2026, 6, 1)), concluded(), voided())

    assert told == ()
    assert standing.dossier is not None
    assert (standing.dossier.phase, standing.dossier.stage.voided) == (Phase.OPEN, 1)


@pytest.mark.parametrize(
    ("points", "stars", "eligible"), [(95, 5, True), (90, 4, True), (92, 3, False), (89, 4, False), (None, None, False)]
)
def test_from_ninety_points_and_four_stars_a_product_is_eligible(
    points: int | None, stars: int | None, eligible: bool
) -> None:
    _, told = after(scored("province", points, stars), standing=after(filed(FIRST, date(2026, 6, 1)), concluded())[0])

    assert [type(event) for event in told] == ([promotions.ProductEligible] if eligible else [])


@pytest.mark.parametrize("stars", [3, 4])
def test_the_province_recognises_three_and_four_stars_for_thirty_six_months(stars: int) -> None:
    standing, told = after(decision(FIRST, 1, "recognise", stars, DECIDED_ON), standing=at_province(stars * 20, stars))

    certificate_id = derived_id(1_780_000_000_000, "an event", "certificate")
    assert told == (
        promotions.ProductRecognised(
            dossier_id=FIRST,
            level="province",
            stars=stars,
            decision_id=UUID(int=1),
            decision_number="1/QĐ",
            decided_on=DECIDED_ON,
            certificate_id=certificate_id,
            expires_on=date(2029, 8, 20),
            basis=on("4.1.a, 7.3.e", "4.3"),
        ),
    )
    assert [certificate.certificate_id for certificate in standing.certificates] == [certificate_id]


def test_the_province_may_keep_four_stars_at_ninety_points_even_after_its_approval() -> None:
    approved, told = after(decision(FIRST, 1, "approve_for_central", 4, DECIDED_ON), standing=at_province(94, 4))
    assert told == ()

    _, told = after(decision(FIRST, 2, "recognise", 4, DECIDED_ON), standing=approved)

    assert [type(event) for event in told] == [promotions.ProductRecognised]


@pytest.mark.parametrize(("points", "stars"), [(45, 2), (20, 1), (None, None)])
def test_below_three_stars_or_struck_out_the_dossier_ends(points: int | None, stars: int | None) -> None:
    standing, told = after(
        decision(FIRST, 1, "end_without_certificate", stars, DECIDED_ON), standing=at_province(points, stars)
    )

    assert told == (
        promotions.DossierEnded(
            dossier_id=FIRST,
            level="province",
            stars=stars,
            decision_number="1/QĐ",
            decided_on=DECIDED_ON,
            decision_id=UUID(int=1),
            basis=on("4.1.a, 7.3.e"),
        ),
    )
    assert standing.certificates == ()


def test_a_request_after_the_approval_forwards_the_dossier() -> None:
    _, told = after(
        decision(FIRST, 1, "approve_for_central", 5, DECIDED_ON),
        requested(FIRST, date(2026, 7, 29)),
        standing=at_province(95, 5),
    )

    assert told == (
        promotions.DossierForwarded(
            dossier_id=FIRST,
            from_level="province",
            to_level="central",
            requested_on=date(2026, 7, 29),
            decision_number="1/QĐ",
            basis=on("7.3.e"),
        ),
        promotions.StageOpened(
            dossier_id=FIRST,
            stage=scores.Stage(level="central", attempt=1),
            opened_on=date(2026, 7, 29),
            due_on=date(2026, 9, 29),
            basis=on("4.1.b, 7.4.e", "5.2"),
            round=promotions.Round(
                number=1, requests_until=date(2026, 7, 29), ends_on=date(2026, 9, 29), article="5.2"
            ),
        ),
    )


def test_the_minister_recognises_five_stars() -> None:
    _, told = after(decision(FIRST, 2, "recognise", 5, date(2026, 9, 20), unit="bnnmt"), standing=at_centre(95, 5))

    recognised = told[0]
    assert isinstance(recognised, promotions.ProductRecognised)
    assert (recognised.level, recognised.stars, recognised.expires_on) == ("central", 5, date(2029, 9, 20))
    assert recognised.basis == on("4.1.b, 7.4.e", "4.3")


@pytest.mark.parametrize(("points", "stars"), [(85, 4), (92, 4), (45, 2), (None, None)])
def test_a_central_result_below_ninety_or_five_stars_is_a_task_for_the_province(
    points: int | None, stars: int | None
) -> None:
    forwarded, _ = after(
        decision(FIRST, 1, "approve_for_central", 5, DECIDED_ON),
        requested(FIRST, date(2026, 8, 25)),
        standing=at_province(95, 5),
    )

    _, told = after(scored("central", points, stars), standing=forwarded)

    assert told == (
        promotions.TaskOpened(
            dossier_id=FIRST,
            task="decide_on_central_result",
            unit=UNIT,
            opened_on=SCORED_ON,
            total=None if points is None else Exact(numerator=points, denominator=1),
            stars=stars,
            basis=on("7.4.g"),
        ),
    )


def test_the_province_recognises_the_central_council_s_stars_and_the_task_is_done() -> None:
    _, told = after(decision(FIRST, 2, "recognise", 4, date(2026, 9, 20)), standing=at_centre(85, 4))

    assert [type(event) for event in told] == [promotions.ProductRecognised, promotions.TaskClosed]
    recognised = told[0]
    assert isinstance(recognised, promotions.ProductRecognised)
    assert recognised.basis == on("4.1.a, 7.3.e", "7.4.g", "4.3")


def test_the_province_ends_a_dossier_the_centre_ranked_below_three_stars() -> None:
    _, told = after(decision(FIRST, 2, "end_without_certificate", 2, date(2026, 9, 20)), standing=at_centre(45, 2))

    assert [type(event) for event in told] == [promotions.DossierEnded, promotions.TaskClosed]


CONTRADICTIONS: list[tuple[Standing, str, Kind, int | None, str]] = [
    (at_province(84, 4), UNIT, "recognise", 3, "stars_differ"),
    (at_province(84, 4), UNIT, "recognise", None, "stars_differ"),
    (at_province(84, 4), UNIT, "approve_for_central", 4, "not_eligible"),
    (at_province(84, 4), UNIT, "approve_for_central", 5, "stars_differ"),
    (at_province(84, 4), UNIT, "end_without_certificate", 4, "kind_not_open"),
    (at_province(84, 4), UNIT, "end_without_certificate", 2, "stars_differ"),
    (at_province(84, 4), "bnnmt", "recognise", 4, "authority_lacking"),
    (at_province(84, 4), "01", "recognise", 4, "authority_lacking"),
    (at_province(95, 5), UNIT, "recognise", 5, "authority_lacking"),
    (at_province(95, 5), UNIT, "recognise", 4, "stars_differ"),
    (at_province(95, 5), "bnnmt", "recognise", 5, "authority_lacking"),
    (at_province(45, 2), UNIT, "recognise", 2, "authority_lacking"),
    (at_province(None, None), UNIT, "recognise", 3, "stars_differ"),
    (at_centre(95, 5), UNIT, "recognise", 5, "authority_lacking"),
    (at_centre(95, 5), "bnnmt", "recognise", 4, "stars_differ"),
    (at_centre(85, 4), "bnnmt", "recognise", 4, "authority_lacking"),
    (at_centre(85, 4), UNIT, "approve_for_central", 4, "kind_not_open"),
    (at_centre(85, 4), UNIT, "recognise", 5, "stars_differ"),
]


@pytest.mark.parametrize(("standing", "unit", "kind", "stars", "contradiction"), CONTRADICTIONS)
def test_a_decision_that_contradicts_the_result_is_held_and_alarmed(
    standing: Standing, unit: str, kind: Kind, stars: int | None, contradiction: str
) -> None:
    alarmed, told = after(decision(FIRST, 9, kind, stars, DECIDED_ON, unit=unit), standing=standing)

    held = told[0]
    assert isinstance(held, promotions.DecisionHeld)
    assert (held.contradiction, held.decided_stars, held.unit) == (contradiction, stars, unit)
    assert alarmed.dossier is not None
    assert standing.dossier is not None
    assert alarmed.certificates == ()
    assert alarmed.dossier.phase is standing.dossier.phase
    assert [alarm.contradiction for alarm in alarmed.dossier.alarms] == [contradiction]


def test_a_right_decision_after_a_wrong_one_applies_and_clears_the_alarm() -> None:
    standing, told = after(
        decision(FIRST, 1, "recognise", 3, DECIDED_ON),
        decision(FIRST, 2, "recognise", 4, DECIDED_ON),
        standing=at_province(84, 4),
    )

    assert [type(event) for event in told] == [promotions.ProductRecognised]
    assert standing.dossier is not None
    assert standing.dossier.alarms == ()


def test_alarms_are_limited() -> None:
    wrong = [decision(FIRST, number, "recognise", 3, DECIDED_ON) for number in range(1, ALARMS_MAX + 6)]

    standing, _ = after(*wrong, standing=at_province(84, 4))

    assert standing.dossier is not None
    assert [alarm.decision_id.int for alarm in standing.dossier.alarms] == list(range(6, ALARMS_MAX + 6))


@pytest.mark.parametrize("points", [84, 95])
def test_a_request_without_an_approval_is_held(points: int) -> None:
    _, told = after(requested(FIRST, DECIDED_ON), standing=at_province(points, points // 20 + (points == 95)))

    held = told[0]
    assert isinstance(held, promotions.DecisionHeld)
    assert (held.contradiction, held.decision_number) == ("request_not_open", "77/TTr-UBND")
    assert held.decision_id == derived_id(1_780_000_000_000, "an event", "request")


def test_decisions_and_requests_wait_for_the_open_stage_s_result() -> None:
    commune, _ = after(filed(FIRST, date(2026, 6, 1)))
    province, _ = after(concluded(), standing=commune)
    central, _ = after(
        decision(FIRST, 1, "approve_for_central", 5, DECIDED_ON),
        requested(FIRST, DECIDED_ON),
        standing=at_province(95, 5),
    )

    for standing, level in ((commune, "commune"), (province, "province"), (central, "central")):
        assert outcome_of(standing, decision(FIRST, 2, "recognise", 4, DECIDED_ON)) == Held(f"score:{level}")
        assert outcome_of(standing, requested(FIRST, DECIDED_ON)) == Held(f"score:{level}")


def test_a_decision_on_a_dossier_that_is_over_is_held_whether_or_not_another_came_after_it() -> None:
    over, _ = after(filed(FIRST, date(2026, 6, 1)), concluded("returned"))
    later, _ = after(filed(SECOND, date(2026, 6, 15)), concluded("returned", SECOND), standing=over)

    for standing in (over, later):
        _, told = after(decision(FIRST, 1, "recognise", 4, DECIDED_ON), standing=standing)
        assert isinstance(told[0], promotions.DecisionHeld)
        assert (told[0].contradiction, told[0].dossier_id) == ("dossier_over", FIRST)


def test_findings_wait_for_their_dossier_and_their_stage() -> None:
    standing, _ = after(filed(FIRST, date(2026, 6, 1)))

    assert outcome_of(Standing(), concluded()) == Held(f"dossier:{FIRST}")
    assert outcome_of(standing, concluded(dossier_id=SECOND)) == Held(f"dossier:{SECOND}")
    assert outcome_of(standing, scored("province", 84, 4)) == Held("stage:province")
    assert outcome_of(standing, voided()) == Held("stage:province")


def test_a_dossier_under_a_rulebook_not_known_here_is_a_dead_letter() -> None:
    outcome = outcome_of(Standing(), filed(FIRST, date(2026, 6, 1), rulebook="another"))

    assert isinstance(outcome, DeadLettered)
    assert outcome.reason == Reason.BODY_INVALID


def test_what_does_not_concern_promotion_changes_nothing() -> None:
    standing = at_province(84, 4)

    for event in (registered(), seated(FIRST, 7)):
        assert outcome_of(standing, event) == Applied(standing)


def days_told(standing: Standing, *days: date, editions: Editions | None = None) -> tuple[Standing, list[Event]]:
    told: list[Event] = []
    for day in days:
        outcome = outcome_of(standing, dossiers.DayOpened(date=day), editions)
        assert isinstance(outcome, Applied)
        standing, told = outcome.state, [*told, *outcome.facts]
    return standing, told


def due_on(standing: Standing) -> date | None:
    ask = pipeline(little_rulebooks(), little_editions()).due_on
    assert ask is not None
    return ask(standing)


def test_an_overdue_stage_is_told_once_and_done_when_its_result_comes() -> None:
    standing, _ = after(filed(FIRST, date(2026, 6, 1)))
    assert due_on(standing) == date(2026, 6, 23)

    standing, told = days_told(standing, date(2026, 6, 22))
    assert told == []

    standing, told = days_told(standing, date(2026, 6, 24), date(2026, 6, 25))
    assert told == [
        promotions.TaskOpened(
            dossier_id=FIRST,
            task="stage_overdue",
            unit=UNIT,
            opened_on=date(2026, 6, 23),
            total=None,
            stars=None,
            basis=on("7.2"),
        )
    ]
    assert due_on(standing) is None

    standing, told_then = after(concluded(), standing=standing)
    assert told_then[1:] == (
        promotions.TaskClosed(dossier_id=FIRST, task="stage_overdue", closed_on=date(2026, 6, 10)),
    )
    assert due_on(standing) == date(2026, 12, 30)


def test_an_overdue_central_stage_is_the_ministry_s() -> None:
    standing, _ = after(
        decision(FIRST, 1, "approve_for_central", 5, DECIDED_ON),
        requested(FIRST, date(2026, 7, 29)),
        standing=at_province(95, 5),
    )

    _, told = days_told(standing, date(2026, 9, 30))

    assert isinstance(told[0], promotions.TaskOpened)
    assert (told[0].unit, told[0].basis) == ("bnnmt", on("5.2"))


def test_a_certificate_ends_once_after_thirty_six_months() -> None:
    standing, _ = after(decision(FIRST, 1, "recognise", 4, DECIDED_ON), standing=at_province(84, 4))
    assert due_on(standing) == date(2029, 2, 21)

    standing, told = days_told(standing, date(2029, 8, 20))
    assert {type(one) for one in told} == {promotions.RenewalReminderDue}
    assert due_on(standing) == date(2029, 8, 21)

    standing, told = days_told(standing, date(2029, 8, 21), date(2029, 8, 22))

    assert told == [
        promotions.CertificateEnded(
            dossier_id=FIRST,
            certificate_id=derived_id(1_780_000_000_000, "an event", "certificate"),
            ended_on=date(2029, 8, 20),
            basis=on("4.3"),
            cause="expired",
        )
    ]
    assert due_on(standing) is None


UNKNOWN = promotions.TaskOpened(
    dossier_id=FIRST,
    task="due_day_unknown",
    unit=UNIT,
    opened_on=date(2026, 12, 11),
    total=None,
    stars=None,
    basis=on("7.2"),
    missing_year=2027,
    words=Told(
        vi="Chưa có lịch chính thức về ngày nghỉ lễ, Tết và ngày làm bù của năm 2027 nên chưa tính được thời hạn theo "
        "ngày làm việc; người vận hành bổ sung lịch khi có thông báo, đơn vị không cần làm gì.",
        en="The official calendar of holidays and swapped days of 2027 is not here, so time limits in working days "
        "cannot be counted; an operator adds it when it is announced, a unit need do nothing.",
    ),
)


def test_a_due_day_in_a_year_not_announced_is_told_and_not_guessed() -> None:
    standing, told = after(filed(FIRST, date(2026, 12, 11)))

    assert told == (
        promotions.StageOpened(
            dossier_id=FIRST,
            stage=scores.Stage(level="commune", attempt=1),
            opened_on=date(2026, 12, 11),
            due_on=None,
            basis=on("7.2"),
        ),
        UNKNOWN,
    )
    assert days_told(standing, date(2026, 12, 12), date(2027, 2, 1)) == (standing, [])
    assert due_on(standing) == date(2026, 12, 12)


def test_a_stage_over_before_its_due_day_is_known_closes_the_task_and_waits_for_no_year() -> None:
    standing, _ = after(filed(FIRST, date(2026, 12, 11)))

    standing, told = after(concluded("returned"), standing=standing)

    assert told[1:] == (promotions.TaskClosed(dossier_id=FIRST, task="due_day_unknown", closed_on=date(2026, 6, 10)),)
    assert due_on(standing) is None
    assert days_told(standing, date(2026, 12, 21), editions=with_2027(date(2026, 12, 20))) == (standing, [])


DATED = promotions.TaskClosed(dossier_id=FIRST, task="due_day_unknown", closed_on=date(2026, 12, 20))


@pytest.mark.parametrize("day", [date(2026, 12, 20), date(2026, 12, 28)])
def test_the_due_day_is_set_once_the_year_is_announced_by_the_announcement_s_day_and_not_the_file_s(day: date) -> None:
    announced = with_2027(date(2026, 12, 20))
    standing, _ = after(filed(FIRST, date(2026, 12, 11)))

    standing, told = days_told(standing, date(2026, 12, 19), day, editions=announced)

    assert told == [DATED]
    assert standing.dossier is not None
    assert standing.dossier.stage.due_on == date(2027, 1, 4)
    assert due_on(standing) == date(2027, 1, 5)


def test_a_day_after_the_due_day_that_it_makes_known_tells_both() -> None:
    standing, _ = after(filed(FIRST, date(2026, 12, 11)))

    standing, told = days_told(standing, date(2027, 1, 11), editions=with_2027(date(2026, 12, 20)))

    assert told == [
        DATED,
        promotions.TaskOpened(
            dossier_id=FIRST,
            task="stage_overdue",
            unit=UNIT,
            opened_on=date(2027, 1, 5),
            total=None,
            stars=None,
            basis=on("7.2"),
        ),
    ]
    assert due_on(standing) is None


def test_a_stage_opened_once_the_year_is_announced_has_its_due_day_at_once() -> None:
    outcome = outcome_of(Standing(), filed(FIRST, date(2026, 12, 20)), with_2027(date(2026, 12, 20)))

    assert isinstance(outcome, Applied)
    assert [getattr(event, "due_on", None) for event in outcome.facts] == [date(2027, 1, 11)]
