"""What is annulled, taken back or waited for has the same effect, however the product's topics interleave."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts import promotions, scores
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES, SHEETS
from tests.support.correction_stories import STORIES, Story
from tests.support.interleavings import Log, admitted
from tests.support.product_events import PRODUCT
from tests.support.supplement_stories import BEHIND_AN_ANNULLED_DECISION, SUPPLEMENTS
from tests.unit.test_promotion_interleavings import NAMES, STREAMS, WORDS, by_chance, in_order_of, play, too_late

ENDED = "ended: {ended}"
CORRECTED: dict[type[Event], str] = {
    **WORDS,
    scores.CorrectionNoted: "of {0.correction_id.int}: {stage}",
    promotions.TaskOpened: "{0.task} for {0.unit} on {0.opened_on}",
    promotions.DecisionAnnulled: "{0.decision_number} on {0.annulled_on} back at {stage}, " + ENDED,
    promotions.SessionAnnulled: "{stage} on {0.annulled_on}, forwarded by {0.forwarding_number}, " + ENDED,
    promotions.CorrectionDismissed: "of {0.correction_id.int}",
    promotions.CorrectionDeferred: "of {0.correction_id.int} until {0.decision_number} is annulled",
    promotions.DossierWithdrawn: "on {0.withdrawn_on}",
    promotions.SupplementAsked: "{stage} for {0.unit} on {0.asked_on}, stopped {0.clock_stopped}",
    promotions.SupplementEnded: "{stage} {0.cause} on {0.ended_on} due {0.due_on}",
}
EVERY = {**STORIES, **SUPPLEMENTS}
each_story = pytest.mark.parametrize("story", EVERY.values(), ids=list(EVERY))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def told(log: Log) -> list[str]:
    return [f"{type(event).__name__} {said(event)}" for _, event in log]


def said(event: Event) -> str:
    stage = getattr(event, "stage", None) or getattr(event, "score_annulled", None)
    words = (CORRECTED[type(event)] + too_late(event)).format(
        event,
        stage=None if stage is None else f"{stage.level}/{stage.attempt}",
        ended=", ".join(f"{one.level}/{one.attempt}" for one in getattr(event, "ended", ())) or "none",
    )
    return f"{NAMES[event.dossier_id]} {words}"  # type: ignore[attr-defined]  # every event told here is about a dossier


def logs(story: Story) -> dict[str, Log]:
    return {
        DOSSIERS.name: admitted(DOSSIERS, str(PRODUCT), story.dossiers),
        SHEETS.name: admitted(SHEETS, str(PRODUCT), story.sheets),
    }


@each_story
def test_whichever_stream_runs_ahead_a_correction_has_the_same_effect(story: Story) -> None:
    first, *others = [play(in_order_of(priority), logs=logs(story)) for priority in permutations(STREAMS)]

    evaluated, promoted = first
    assert told(evaluated.announced) == lines(story.scores)
    assert told(promoted.announced) == lines(story.promotions)
    assert evaluated.waiting == promoted.waiting == []
    for other in others:
        assert [replica.announced for replica in other] == [replica.announced for replica in first]
        assert [replica.state for replica in other] == [replica.state for replica in first]
        assert [replica.waiting for replica in other] == [[], []]


@each_story
@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), times=st.integers(1, 2))
def test_streams_interleaved_at_random_correct_the_same(story: Story, seed: int, times: int) -> None:
    evaluated, promoted = play(by_chance(seed), times, logs(story))

    assert told(evaluated.announced) == lines(story.scores)
    assert told(promoted.announced) == lines(story.promotions)
    assert evaluated.waiting == promoted.waiting == []


@each_story
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_replay_that_meets_everything_at_once_corrects_the_same(story: Story, seed: int) -> None:
    live = play(in_order_of(STREAMS), logs=logs(story))
    told_before = {SCORES.name: live[0].announced, PROMOTIONS.name: live[1].announced}

    again = play(by_chance(seed), logs={**logs(story), **told_before})

    assert [replica.announced for replica in again] == [replica.announced for replica in live]
    assert [replica.state for replica in again] == [replica.state for replica in live]


def test_an_asking_waits_for_no_result_while_an_annulment_behind_it_is_unanswered() -> None:
    for priority in permutations(STREAMS):
        evaluated, promoted = play(in_order_of(priority), logs=logs(BEHIND_AN_ANNULLED_DECISION))

        assert told(evaluated.announced) == lines(BEHIND_AN_ANNULLED_DECISION.scores)
        assert told(promoted.announced) == lines(BEHIND_AN_ANNULLED_DECISION.promotions)
        assert evaluated.waiting == promoted.waiting == []
