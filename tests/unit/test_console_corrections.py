"""Where the console says a product stands after something said before counts no more."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from services.console import labels
from services.console.domain.standing import Alarm, Status, standing
from services.console.domain.story import State
from services.console.handlers import decide
from services.console.telling import tell
from shared.contracts import dossiers, promotions
from shared.contracts.topics import DOSSIERS, SHEETS
from shared.kernel.outcomes import Applied
from tests.support.correction_stories import BEGUN, ONE, STORIES, TWO, Story, council
from tests.support.interleavings import Log, admitted
from tests.support.product_events import FIRST, POINTS_95, PRODUCT, decision, seated, session_annulled
from tests.support.supplement_stories import BOTH_LEVELS, SUPPLEMENTS
from tests.unit.test_promotion_interleavings import STREAMS, in_order_of, play

STANDS = {
    "sheet superseded": (Status.RECOGNISED_4, 4),
    "member recused": (Status.RECOGNISED_4, 4),
    "written opinions set aside for a meeting": (Status.RECOGNISED_3, 3),
    "session annulled before scoring": (Status.RECOGNISED_3, 3),
    "session annulled after scoring": (Status.RECOGNISED_4, 4),
    "session annulled under a certificate": (Status.RECOGNISED_3, 3),
    "next session called before the annulment": (Status.RECOGNISED_4, 4),
    "next session called under a certificate": (Status.RECOGNISED_3, 3),
    "recognition annulled": (Status.RETURNED, 4),
    "approval annulled under a recognition": (Status.RECOGNISED_5, 5),
    "approval annulled after forwarding": (Status.SCORED, None),
    "dossier withdrawn before scoring": (Status.RETURNED, None),
    "dossier withdrawn after scoring": (Status.RETURNED, None),
}


def topics(story: Story, *, without_last: int = 0) -> list[Log]:
    kept = story.dossiers[: len(story.dossiers) - without_last]
    dossiers, sheets = admitted(DOSSIERS, str(PRODUCT), kept), admitted(SHEETS, str(PRODUCT), story.sheets)
    evaluated, promoted = play(in_order_of(STREAMS), logs={DOSSIERS.name: dossiers, SHEETS.name: sheets})
    return [dossiers, evaluated.announced, promoted.announced]


def read(logs: list[Log]) -> State:
    state = State()
    for log in logs:
        for envelope, event in log:
            outcome = decide(state, event, envelope)
            assert isinstance(outcome, Applied)
            state = outcome.state
    return state


@pytest.mark.parametrize("name", STORIES)
def test_a_corrected_product_stands_where_the_correction_has_left_it(name: str) -> None:
    states = [read(list(order)) for order in permutations(topics(STORIES[name]))]

    assert {(standing(state).status, standing(state).stars) for state in states} == {STANDS[name]}


def test_while_a_decision_is_annulled_the_product_has_no_stars_and_waits_for_another() -> None:
    state = read(topics(STORIES["recognition annulled"], without_last=4))

    assert state.certificate is not None
    assert state.certificate.annulled
    assert (standing(state).status, standing(state).stars) == (Status.SCORED, None)


def test_a_session_annulled_under_a_certificate_asks_for_the_annulment_of_the_decision() -> None:
    stands = standing(read(topics(STORIES["session annulled under a certificate"], without_last=3)))

    assert (stands.status, stands.stars, stands.alarms) == (Status.RECOGNISED_4, 4, (Alarm.ANNULMENT_DUE,))


def test_an_approval_that_fell_with_its_session_shows_nothing_of_the_next_result() -> None:
    story = Story(
        (
            *BEGUN,
            decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)),
            session_annulled(FIRST, ONE, date(2026, 9, 1), 1),
            seated(FIRST, TWO),
        ),
        (*council(ONE, POINTS_95, date(2026, 8, 1)), *council(TWO, POINTS_95, date(2026, 9, 10), 1)),
        "",
        "",
    )

    assert standing(read(topics(story))).status is Status.SCORED


@pytest.mark.parametrize("name", SUPPLEMENTS)
def test_a_dossier_is_shown_to_wait_while_it_does(name: str) -> None:
    logs = topics(SUPPLEMENTS[name])
    known = [envelope.recorded_ms for envelope, _ in logs[0]]
    shown = [
        Alarm.SUPPLEMENT_OPEN
        in standing(read([[one for one in log if one[0].recorded_ms <= ms] for log in logs])).alarms
        for ms in known
    ]

    told = {event.supplement_id for _, event in logs[2] if isinstance(event, promotions.SupplementAsked)}
    assert shown == [
        isinstance(event, dossiers.SupplementAsked) and event.supplement_id in told for _, event in logs[0]
    ]


def test_what_is_missing_and_the_day_moved_to_are_told() -> None:
    story = tell(read(topics(BOTH_LEVELS, without_last=4)))
    lines = {line.title: line.detail for line in story if line.family == "Thăng hạng"}

    assert lines["Kết thúc chờ bổ sung"] == "cấp xã: đã nhận giấy tờ bổ sung, thời hạn đến 30/06/2026"
    assert lines["Yêu cầu bổ sung hồ sơ"] == "cấp xã, văn bản số 1/BS: Phiếu kiểm nghiệm còn hiệu lực"


def test_a_withdrawn_dossier_is_shown_as_such() -> None:
    stands = standing(read(topics(STORIES["dossier withdrawn after scoring"], without_last=2)))

    assert (stands.status, stands.alarms) == (Status.WITHDRAWN, ())


@pytest.mark.parametrize("name", STORIES)
def test_every_line_of_a_corrected_story_is_in_words(name: str) -> None:
    shown = tell(read(topics(STORIES[name])))

    assert not [line for line in shown if line.title.isascii()]


def test_every_status_alarm_and_cause_has_its_words() -> None:
    assert (set(labels.STATUSES), set(labels.ALARMS)) == (set(Status), set(Alarm))
    assert set(labels.VOIDED) == {"quorum_missed", "chair_absent", "sheets_missing"}
