"""The way of one product through evaluation and promotion, however its topics interleave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.handlers import pipeline as evaluation
from services.promotion.handlers import pipeline as promotion
from shared.contracts import promotions, scores
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES, SHEETS
from tests.support.interleavings import Choose, Log, Replica, admitted, run
from tests.support.little_rulebook import little_editions, little_rulebooks
from tests.support.product_events import (
    AN,
    BINH,
    CHAIR,
    FIRST,
    POINTS_85,
    POINTS_94,
    POINTS_95,
    PRODUCT,
    SECOND,
    SECRETARY,
    THIRD,
    assessed,
    closed,
    decision,
    filed,
    registered,
    requested,
    seated,
    sheet,
)

LOST, HELD_AGAIN, CENTRAL, LATE = 101, 102, 103, 104

ADMITTED: tuple[Event, ...] = (
    registered(),
    filed(FIRST, date(2026, 6, 1)),
    assessed(FIRST, date(2026, 6, 10), "returned"),
    filed(SECOND, date(2026, 6, 15)),
    seated(SECOND, LOST),
    assessed(SECOND, date(2026, 7, 1)),
    seated(SECOND, HELD_AGAIN),
    decision(SECOND, 1, "recognise", 4, date(2026, 8, 20)),
    decision(SECOND, 2, "approve_for_central", 5, date(2026, 8, 21)),
    requested(SECOND, date(2026, 9, 10)),
    requested(SECOND, date(2026, 9, 11)),
    seated(SECOND, CENTRAL, "central"),
    decision(SECOND, 3, "recognise", 5, date(2026, 12, 1), unit="bnnmt"),
    decision(SECOND, 4, "recognise", 3, date(2026, 12, 2)),
    decision(SECOND, 5, "recognise", 4, date(2026, 12, 3)),
    decision(SECOND, 6, "end_without_certificate", None, date(2026, 12, 4)),
    filed(THIRD, date(2027, 1, 4), "upgrade"),
    decision(SECOND, 7, "recognise", 4, date(2027, 1, 5)),
    assessed(THIRD, date(2027, 1, 8), "returned"),
    decision(THIRD, 8, "recognise", 5, date(2027, 1, 9), unit="bnnmt"),
)

SHEETS_SENT: tuple[Event, ...] = (
    sheet(SECOND, LOST, AN, POINTS_94),
    sheet(SECOND, HELD_AGAIN, CHAIR, POINTS_95),
    closed(SECOND, LOST, date(2026, 8, 1), present=(AN, SECRETARY)),
    sheet(SECOND, LOST, BINH, POINTS_94),
    sheet(SECOND, HELD_AGAIN, AN, POINTS_95),
    sheet(SECOND, HELD_AGAIN, BINH, POINTS_95),
    closed(SECOND, HELD_AGAIN, date(2026, 8, 15)),
    sheet(SECOND, CENTRAL, CHAIR, POINTS_85),
    sheet(SECOND, CENTRAL, AN, POINTS_85),
    closed(SECOND, CENTRAL, date(2026, 11, 20), present=(CHAIR, AN)),
    sheet(SECOND, CENTRAL, BINH, POINTS_85),
)

SCORES_TOLD = """
    CommuneAssessmentConcluded first commune/1 returned on 2026-06-10
    CommuneAssessmentConcluded second commune/1 evaluation_requested on 2026-07-01
    SessionVoided second province/1 session 101 quorum_missed: 1 of 2
    ProductScored second province/1 session 102: 95/1, 5 stars
    ProductScored second central/1 session 103: 85/1, 4 stars
    CommuneAssessmentConcluded third commune/1 returned on 2027-01-08
"""

PROMOTIONS_TOLD = """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    DossierReturned first on 2026-06-10
    StageOpened second commune/1 on 2026-06-15 due 2026-07-06
    StageOpened second province/1 on 2026-07-01 due 2026-12-29
    ProductEligible second for central: 95/1, 5 stars
    DecisionHeld second 1/QĐ of 66 stars_differ: 4, not 5
    DossierForwarded second province to central on 2026-09-10 by 2/QĐ
    StageOpened second central/1 on 2026-09-10 due 2027-03-29, too late for round 1
    TaskOpened second decide_on_central_result for 66 on 2026-11-20: 85/1, 4 stars
    DecisionHeld second 77/TTr-UBND of 66 request_not_open: None, not 4
    DecisionHeld second 3/QĐ of bnnmt authority_lacking: 5, not 4
    DecisionHeld second 4/QĐ of 66 stars_differ: 3, not 4
    ProductRecognised second province 4 stars by 5/QĐ on 2026-12-03 until 2029-12-03
    TaskClosed second decide_on_central_result on 2026-12-03
    DecisionHeld second 6/QĐ of 66 dossier_over: None, not 4
    StageOpened third commune/1 on 2027-01-04 due None
    TaskOpened third due_day_unknown for 66 on 2027-01-04: 2027 is missing
    DossierReturned third on 2027-01-08
    TaskClosed third due_day_unknown on 2027-01-08
    DecisionHeld second 7/QĐ of 66 dossier_over: 4, not None
    DecisionHeld third 8/QĐ of bnnmt dossier_over: 5, not None
"""

NAMES = {FIRST: "first", SECOND: "second", THIRD: "third"}
STAGE = "{0.stage.level}/{0.stage.attempt}"
RESULT = "{0.total.numerator}/{0.total.denominator}, {0.stars} stars"
WORDS: dict[type[Event], str] = {
    scores.CommuneAssessmentConcluded: STAGE + " {0.outcome} on {0.assessed_on}",
    scores.SessionVoided: STAGE + " session {0.session_id.int} {0.cause}: {0.present} of {0.needed}",
    scores.ProductScored: STAGE + " session {0.session_id.int}: " + RESULT,
    promotions.StageOpened: STAGE + " on {0.opened_on} due {0.due_on}",
    promotions.DossierReturned: "on {0.returned_on}",
    promotions.ProductEligible: "for {0.level}: " + RESULT,
    promotions.DossierForwarded: "{0.from_level} to {0.to_level} on {0.requested_on} by {0.decision_number}",
    promotions.TaskOpened: "{0.task} for {0.unit} on {0.opened_on}: " + RESULT,
    promotions.TaskClosed: "{0.task} on {0.closed_on}",
    promotions.ProductRecognised: (
        "{0.level} {0.stars} stars by {0.decision_number} on {0.decided_on} until {0.expires_on}"
    ),
    promotions.DecisionHeld: (
        "{0.decision_number} of {0.unit} {0.contradiction}: {0.decided_stars}, not {0.computed_stars}"
    ),
}
STREAMS = (
    ("evaluation", DOSSIERS.name),
    ("evaluation", SHEETS.name),
    ("evaluation", PROMOTIONS.name),
    ("promotion", DOSSIERS.name),
    ("promotion", SCORES.name),
)


def story() -> dict[str, Log]:
    return {
        DOSSIERS.name: admitted(DOSSIERS, str(PRODUCT), ADMITTED),
        SHEETS.name: admitted(SHEETS, str(PRODUCT), SHEETS_SENT),
    }


def play(choose: Choose, times: int = 1, logs: dict[str, Log] | None = None) -> list[Replica[Any]]:
    rulebooks = little_rulebooks()
    return run((evaluation(rulebooks), promotion(rulebooks, little_editions())), logs or story(), choose, times)


def in_order_of(priority: Sequence[tuple[str, str]]) -> Choose:
    return lambda ready: min(ready, key=priority.index)


def by_chance(seed: int) -> Choose:
    chance = Random(seed)
    weights = {stream: chance.random() ** 3 + 0.001 for stream in STREAMS}
    return lambda ready: chance.choices(ready, [weights[stream] for stream in ready])[0]


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def told(log: Log) -> list[str]:
    events: list[Any] = [event for _, event in log]
    return [f"{type(event).__name__} {NAMES[event.dossier_id]} {words_of(event).format(event)}" for event in events]


def words_of(event: Event) -> str:
    if isinstance(event, promotions.TaskOpened) and event.missing_year is not None:
        return "{0.task} for {0.unit} on {0.opened_on}: {0.missing_year} is missing"
    return WORDS[type(event)] + too_late(event)


def too_late(event: Event) -> str:
    """What a line says more of a stage whose request missed a round."""
    late = isinstance(event, promotions.StageOpened) and event.missed is not None
    return ", too late for round {0.missed.number}" if late else ""


def assert_story(replicas: list[Replica[Any]]) -> None:
    evaluated, promoted = replicas
    assert told(evaluated.announced) == lines(SCORES_TOLD)
    assert told(promoted.announced) == lines(PROMOTIONS_TOLD)
    assert evaluated.waiting == promoted.waiting == []


@pytest.mark.parametrize("times", [1, 2])
def test_whichever_stream_runs_ahead_the_same_is_announced(times: int) -> None:
    first, *others = [play(in_order_of(priority), times) for priority in permutations(STREAMS)]

    assert_story(first)
    for other in others:
        assert [replica.announced for replica in other] == [replica.announced for replica in first]
        assert [replica.state for replica in other] == [replica.state for replica in first]


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), times=st.integers(1, 2))
def test_streams_interleaved_at_random_announce_the_same(seed: int, times: int) -> None:
    replicas = play(by_chance(seed), times)

    assert_story(replicas)


CROSSED: tuple[Event, ...] = (
    registered(),
    filed(FIRST, date(2026, 6, 1)),
    seated(FIRST, CENTRAL, "central"),
    seated(FIRST, LOST),
    seated(FIRST, HELD_AGAIN),
    assessed(FIRST, date(2026, 6, 10)),
    decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 21)),
    requested(FIRST, date(2026, 7, 29)),
    seated(FIRST, LATE),
    decision(FIRST, 2, "recognise", 5, date(2026, 9, 20), unit="bnnmt"),
)
CROSSED_SHEETS: tuple[Event, ...] = (
    sheet(FIRST, HELD_AGAIN, AN, POINTS_95),
    sheet(FIRST, LOST, AN, POINTS_85),
    sheet(FIRST, CENTRAL, CHAIR, POINTS_95),
    closed(FIRST, HELD_AGAIN, date(2026, 8, 1)),
    sheet(FIRST, LOST, CHAIR, POINTS_85),
    closed(FIRST, LOST, date(2026, 8, 2)),
    closed(FIRST, CENTRAL, date(2026, 9, 1)),
    sheet(FIRST, LATE, CHAIR, POINTS_85),
    closed(FIRST, LATE, date(2026, 9, 2)),
)
CROSSED_SCORES = """
    CommuneAssessmentConcluded first commune/1 evaluation_requested on 2026-06-10
    ProductScored first province/1 session 102: 95/1, 5 stars
    ProductScored first central/1 session 103: 95/1, 5 stars
"""
CROSSED_PROMOTIONS = """
    StageOpened first commune/1 on 2026-06-01 due 2026-06-22
    StageOpened first province/1 on 2026-06-10 due 2026-12-29
    ProductEligible first for central: 95/1, 5 stars
    DossierForwarded first province to central on 2026-07-29 by 1/QĐ
    StageOpened first central/1 on 2026-07-29 due 2026-09-29
    ProductRecognised first central 5 stars by 2/QĐ on 2026-09-20 until 2029-09-20
"""


def test_councils_seated_early_and_twice_block_nothing_and_the_first_valid_close_scores() -> None:
    logs = {
        DOSSIERS.name: admitted(DOSSIERS, str(PRODUCT), CROSSED),
        SHEETS.name: admitted(SHEETS, str(PRODUCT), CROSSED_SHEETS),
    }

    ways = [*map(in_order_of, permutations(STREAMS)), *map(by_chance, range(200))]
    runs = [play(way, logs=logs) for way in ways]

    for evaluated, promoted in runs:
        assert told(evaluated.announced) == lines(CROSSED_SCORES)
        assert told(promoted.announced) == lines(CROSSED_PROMOTIONS)
        assert evaluated.waiting == promoted.waiting == []
        assert (evaluated.state, promoted.state) == (runs[0][0].state, runs[0][1].state)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_replay_that_meets_all_that_was_ever_announced_announces_the_same_ids(seed: int) -> None:
    live = play(in_order_of(STREAMS))
    logs = {**story(), SCORES.name: live[0].announced, PROMOTIONS.name: live[1].announced}

    again = play(by_chance(seed), logs=logs)

    assert [replica.announced for replica in again] == [replica.announced for replica in live]
    assert [replica.state for replica in again] == [replica.state for replica in live]
