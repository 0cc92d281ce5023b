"""What `./ocop why` finds in a product's state: every score that counts, from the sheets that counted."""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

import pytest

from deploy.score import card_of
from deploy.why import Why, scores_of
from services.evaluation.domain.dossier import State
from services.evaluation.store import STATE
from shared.contracts.event import Event
from tests.support.little_rulebook import little_rulebooks
from tests.support.product_events import AN, BINH, CHAIR, FIRST, POINTS_60, POINTS_85, SECOND, closed, seated, sheet
from tests.unit.test_evaluation_decide import CLOSED_ON, after, before_council

SHEETS = (
    seated(FIRST, 7),
    sheet(FIRST, 7, CHAIR, POINTS_85),
    sheet(FIRST, 7, AN, POINTS_60),
    sheet(FIRST, 7, BINH, POINTS_85),
)


def shown(*events: Event, dossier: UUID = FIRST) -> list[Why]:
    state, _ = after(*before_council(), *events)
    return list(scores_of(STATE.dump_json(state).decode(), dossier, little_rulebooks()))


def test_a_score_is_computed_again_from_the_sheets_of_those_present() -> None:
    (score,) = shown(*SHEETS, closed(FIRST, 7, CLOSED_ON, present=(CHAIR, AN)))

    assert score.request is not None
    assert score.request.sheets == (POINTS_85, POINTS_60)
    assert (card_of(score.request).score.total, score.session.attempt) == (Fraction("72.5"), 1)


@pytest.mark.parametrize("events", [(), SHEETS, (*SHEETS, closed(FIRST, 7, CLOSED_ON, present=(CHAIR,)))])
def test_nothing_is_shown_of_a_session_that_has_not_closed_or_did_not_count(events: tuple[Event, ...]) -> None:
    assert shown(*events) == []


def test_nothing_is_shown_of_another_dossier() -> None:
    assert shown(*SHEETS, closed(FIRST, 7, CLOSED_ON), dossier=SECOND) == []
    assert list(scores_of(STATE.dump_json(State()).decode(), FIRST, little_rulebooks())) == []


def test_a_dossier_that_was_struck_out_shows_its_ground_and_no_points() -> None:
    (score,) = shown(*SHEETS, closed(FIRST, 7, CLOSED_ON, struck_out="Hồ sơ giả mạo"))

    assert (score.request, score.struck_out) == (None, "Hồ sơ giả mạo")
