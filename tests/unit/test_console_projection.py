"""Where the console says a product stands, and what it keeps to itself until there is a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations
from uuid import UUID

import pytest

from services.console.domain.standing import Alarm, Stage, Status, standing
from services.console.domain.story import STORY_FACTS_MAX, Fact, State, told
from services.console.handlers import decide
from services.console.store import STATE
from services.console.telling import points, tell
from shared.contracts import notices, promotions
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.kernel.outcomes import Applied
from tests.support import console_sample
from tests.support.console_sample import PROVINCE, Told, basis, day, sample, scored

RECORDED_MS = 1_790_000_000_000


def gone(way: str) -> Told:
    return sample(1, "Cà phê rang xay", "68", way, RECORDED_MS)


@pytest.mark.parametrize(
    ("way", "status", "stage", "stars"),
    [
        ("filed", Status.AT_COMMUNE, Stage.COMMUNE, None),
        ("returned", Status.RETURNED, Stage.OVER, None),
        ("voided", Status.AT_PROVINCE, Stage.PROVINCE, None),
        ("seated", Status.SESSION_SET, Stage.PROVINCE, None),
        ("scored", Status.SCORED, Stage.PROVINCE, None),
        ("held", Status.SCORED, Stage.PROVINCE, None),
        ("three", Status.RECOGNISED_3, Stage.RECOGNISED_3, 3),
        ("four", Status.RECOGNISED_4, Stage.RECOGNISED_4, 4),
        ("ended", Status.ENDED, Stage.OVER, None),
        ("forwarded", Status.FORWARDED, Stage.CENTRAL, None),
        ("task", Status.SCORED, Stage.CENTRAL, None),
        ("five", Status.RECOGNISED_5, Stage.RECOGNISED_5, 5),
    ],
)
def test_a_product_stands_where_its_events_have_brought_it(
    way: str, status: Status, stage: Stage, stars: int | None
) -> None:
    stands = standing(gone(way).state)

    assert (stands.status, stands.stage, stands.stars) == (status, stage, stars)


def test_a_contradicting_decision_and_an_open_task_raise_alarms() -> None:
    held, task = standing(gone("held").state), standing(gone("task").state)

    assert (held.alarms, held.open_tasks) == ((Alarm.DECISION_HELD,), 0)
    assert (task.alarms, task.open_tasks) == ((Alarm.TASK_OPEN,), 1)


def test_a_right_decision_clears_the_alarm_of_a_contradicting_one() -> None:
    product = gone("held")

    product.tell(console_sample._recognised(product, "province", 3, day(30)))

    assert standing(product.state).alarms == ()


def test_points_and_eligibility_stay_hidden_until_the_authority_has_decided() -> None:
    undecided = gone("scored")
    undecided.tell(
        promotions.ProductEligible.model_validate(
            {
                "dossier_id": undecided.id("dossier"),
                "level": "central",
                "total": {"numerator": 93, "denominator": 1},
                "stars": 5,
                "basis": basis("7.3.e"),
            }
        )
    )

    shown = " ".join(line.title + line.detail for line in tell(undecided.state))

    assert "điểm hiện sau khi có quyết định" in shown
    assert "93" not in shown
    assert "5 sao" not in shown
    assert "trung ương" not in shown
    assert standing(undecided.state).status is Status.SCORED


def test_points_are_shown_once_the_authority_has_decided() -> None:
    details = [line.detail for line in tell(gone("four").state) if line.title == "Đã có kết quả hội đồng"]

    assert details == ["hội đồng cấp tỉnh: 84,33 điểm, 4 sao"]


def test_a_result_says_that_members_stayed_apart_and_who_chaired_and_still_shows_no_points() -> None:
    product = gone("seated")
    found = scored(product, PROVINCE, "session-1", 4, 84, day(30))

    product.tell(found.model_copy(update={"apart": True, "chair_document": "88/GUQ-HĐOCOP"}))

    (line,) = [line for line in tell(product.state) if line.title == "Đã có kết quả hội đồng"]
    assert line.tone == "warn"
    assert line.detail == (
        "hội đồng cấp tỉnh; điểm hiện sau khi có quyết định; "
        "điểm các thành viên còn lệch quá giới hạn sau khi chấm lại; chủ trì thay theo văn bản số 88/GUQ-HĐOCOP"
    )


def test_a_stage_says_its_round_and_which_one_its_request_came_too_late_for() -> None:
    late = Fact(
        family="promotions",
        sequence=3,
        recorded_ms=RECORDED_MS,
        kind="StageOpened",
        on=date(2026, 10, 30),
        level="province",
        expires_on=date(2027, 6, 29),
        round=1,
        missed=2,
    )

    (line,) = tell(State(story=(late,)))
    (in_time,) = tell(State(story=(replace(late, missed=None),)))

    assert line.detail == "cấp tỉnh; đợt 1, đến hết ngày 29/06/2027; đề nghị đến sau hạn của đợt 2"
    assert (in_time.detail, line.tone, in_time.tone) == ("cấp tỉnh; đợt 1, đến hết ngày 29/06/2027", "warn", "plain")


@pytest.mark.parametrize(
    ("way", "ends_on"),
    [("filed", None), ("seated", date(2026, 12, 29)), ("scored", date(2026, 12, 29)), ("four", None), ("task", None)],
)
def test_a_dossier_is_in_the_round_of_its_stage_until_it_is_over(way: str, ends_on: date | None) -> None:
    assert standing(gone(way).state).round_ends_on == ends_on


@pytest.mark.parametrize(
    ("recipient_id", "whom"),
    [
        ("province-68", "cơ quan tham mưu quản lý OCOP cấp tỉnh"),
        ("commune-24958", "Ủy ban nhân dân cấp xã"),
        (str(UUID(int=7)), "chủ thể OCOP"),
    ],
)
def test_a_notice_of_a_late_request_says_whom_it_is_for(recipient_id: str, whom: str) -> None:
    product = gone("seated")
    product.tell(
        notices.NoticeWritten(
            notice_id=UUID(int=8),
            dossier_id=product.id("dossier"),
            recipient_id=recipient_id,
            kind="round_missed",
            about=UUID(int=9),
            fact_on=date(2026, 10, 30),
        )
    )

    (line,) = [line for line in tell(product.state) if line.title == "Lập thông báo"]

    assert line.detail == f"đề nghị đến sau hạn, chuyển đợt, cho {whom}"


def test_a_council_that_writes_its_opinions_is_told_so() -> None:
    product = gone("seated")
    (fact,) = [fact for fact in product.state.story if fact.kind == "CouncilSeated"]

    (line,) = tell(State(story=(replace(fact, word="written"),)))

    assert (fact.word, line.detail) == ("meeting", "cấp tỉnh, lấy ý kiến bằng văn bản")


def test_a_contradicting_decision_reveals_no_computed_result() -> None:
    shown = " ".join(line.title + line.detail for line in tell(gone("held").state))

    assert "64" not in shown
    assert "3 sao" not in shown
    assert "số sao khác kết quả đã tính" in shown


def test_a_second_evaluation_is_hidden_although_the_first_was_sent_up() -> None:
    product = gone("task")
    again = PROVINCE.model_copy(update={"attempt": 2})
    opened = promotions.StageOpened(
        dossier_id=product.id("dossier"), stage=again, opened_on=day(95), due_on=None, basis=basis("7.4.g")
    )
    product.tell(opened)

    product.tell(scored(product, again, "session-3", 4, 77, day(99)))

    shown = " ".join(line.detail for line in tell(product.state))
    assert "93,33" in shown
    assert "77" not in shown


def test_a_fact_that_the_console_has_no_words_for_is_told_by_its_name_with_its_time() -> None:
    class FactFromTomorrow(promotions.PromotionEvent):
        pass

    product = gone("four")
    product.tell(FactFromTomorrow())

    latest = tell(product.state)[0]

    assert (latest.title, latest.family, latest.tone) == ("FactFromTomorrow", "Thăng hạng", "plain")
    assert latest.recorded_ms == product.recorded_ms


def test_notices_are_counted_and_dated() -> None:
    state = gone("five").state

    assert (state.notices_written, state.notices_sent, state.notices_failed) == (4, 4, 0)


def test_the_state_is_the_same_however_the_topics_interleave() -> None:
    events = _recorded("five")
    families = sorted({event.family for event, _ in events})

    states = {
        _json(_folded(sorted(events, key=lambda e: order.index(e[0].family)))) for order in permutations(families)
    }

    assert len(families) == 4
    assert states == {_json(_folded(events))}


def _recorded(way: str) -> list[tuple[Event, Envelope]]:
    product = Told(1, "Cà phê rang xay", "68", RECORDED_MS)
    recorded: list[tuple[Event, Envelope]] = []
    counts: dict[str, int] = {}
    for place, event in enumerate(console_sample._events(product, way)):
        counts[event.family] = counts.get(event.family, 0) + 1
        recorded.append((event, Envelope(str(place), "", "", "p", counts[event.family], RECORDED_MS + place // 3)))
    return recorded


def _folded(events: list[tuple[Event, Envelope]]) -> State:
    state = State()
    for event, envelope in events:
        outcome = decide(state, event, envelope)
        assert isinstance(outcome, Applied)
        state = outcome.state
    return state


def _json(state: State) -> bytes:
    return STATE.dump_json(state)


def test_the_state_survives_its_json() -> None:
    state = gone("five").state

    assert STATE.validate_json(STATE.dump_json(state)) == state


def test_a_story_keeps_its_latest_facts_when_it_grows_too_long() -> None:
    state = State()
    for number in range(1, STORY_FACTS_MAX + 11):
        state = told(state, Fact("promotions", number, RECORDED_MS + number, "StageOpened", None))

    assert len(state.story) == STORY_FACTS_MAX
    assert state.story[0].sequence == 11


def test_points_are_written_as_vietnamese_documents_write_them() -> None:
    from fractions import Fraction

    assert [points(Fraction(277, 3)), points(Fraction(90)), points(Fraction(17999, 200))] == ["92,33", "90,00", "89,99"]
