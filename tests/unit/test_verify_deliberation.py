"""The accounting recounts who counted in a sitting, how far totals lay apart, and whether the council scored again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import orjson
import pytest

from deploy.verify.deliberation import Deliberations
from deploy.verify.effects import check_effects
from deploy.verify.history import History, Told
from deploy.verify.intake import Intake
from deploy.verify.topics import Record
from shared.contracts import intake
from shared.contracts.dossiers import CouncilSeated
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, SHEETS, Topic
from tests.support.little_rulebook import little_rulebooks
from tests.support.product_events import (
    AN,
    BINH,
    CHAIR,
    FIRST,
    POINTS_85,
    POINTS_94,
    POINTS_95,
    SECOND,
    closed,
    filed,
    recused,
    seated,
    set_aside,
    sheet,
    superseded,
)

ON = date(2026, 8, 15)
COUNCIL = str(UUID(int=900))
APART = [sheet(FIRST, 7, CHAIR, POINTS_95), sheet(FIRST, 7, AN, {"1.1": 4, "1.2": 1})]
"""95 and 84 points."""


def limited(session: int = 7, mode: str = "meeting", limit: int | None = 10, rounds: int = 1) -> CouncilSeated:
    seat = seated(FIRST, session)
    by_law = seat.by_law.model_copy(update={"deviation_points_max": limit, "rescore_rounds_max": rounds})
    return seat.model_copy(update={"by_law": by_law, "mode": mode})


def state_of(
    facts: dict[Topic, Sequence[Event]], said: Sequence[tuple[type[Event], dict[str, Any], Any]] = ()
) -> Intake:
    """A site whose topics hold these facts of one product, caused by `66/e-1`, and which answered these events."""
    history = History()
    for topic, events in facts.items():
        for at, fact in enumerate(events, start=1):
            record = Record(topic.name, 0, at, 0, None, (), b"", {})
            told = Told(record, f"{at}", fact.type_name(), "a", at, at, "66/e-1", fact)
            history.events[topic.name, "a"][at] = told
        history.spoken_of[topic.name] = ["a"]
    records, answers, rows = {}, {}, {}
    for at, (kind, data, answer) in enumerate(said, start=1):
        place, attributes = ("ocop.intake.66.v1", 0, at), {"id": f"e-{at}", "type": kind.type_name()}
        records[place] = Record(*place, 0, None, (), orjson.dumps(data), attributes)
        answers[place] = [SimpleNamespace(unit="66", **{"code": "admitted", "given": {}, **answer})]
        rows[place] = {"unit": "66", "event_id": f"e-{at}", "status": "admitted"}
    seats = {UUID(int=7): {FIRST, SECOND}}
    flow = SimpleNamespace(history=history, settled=SimpleNamespace(instead={}))
    return cast(Intake, SimpleNamespace(flow=flow, records=records, answers=answers, rows=rows, seats=seats))


CALLED = (
    intake.DossiersScheduled,
    {"session": "PH-7", "council": {"reference": "HD"}, "round": "2", "meets_on": "2026-08-01", "dossiers": [
        {"reference": "HS-1"}]},
    {"given": {"session_id": str(UUID(int=7))}},
)  # fmt: skip
SENT_BACK = (
    intake.SessionClosed,
    {"session": {"reference": "PH-7"}, "closed_on": "2026-08-15", "present": [CHAIR, AN]},
    {"code": "members-apart"},
)


def wrong(sheets: Sequence[Event], *said: Any, seat: CouncilSeated | None = None) -> list[str]:
    facts = {DOSSIERS: [filed(FIRST, date(2026, 6, 1)), seat or limited()], SHEETS: sheets}
    return [one.what for one in Deliberations(state_of(facts, said), little_rulebooks()).check()]


def ends(**said: Any) -> Event:
    return closed(FIRST, 7, ON, present=(CHAIR, AN), **said)


def test_totals_within_the_limit_and_totals_told_to_lie_apart_after_scoring_again_are_explained() -> None:
    again = superseded(FIRST, 7, CHAIR, POINTS_95)

    assert wrong([sheet(FIRST, 7, CHAIR, POINTS_95), sheet(FIRST, 7, AN, POINTS_85), ends()], CALLED) == []
    assert wrong([sheet(FIRST, 7, CHAIR, POINTS_94), APART[1], ends()], CALLED) == []
    assert wrong([*APART, again, ends(apart=True)], CALLED, SENT_BACK) == []


def test_the_flag_of_a_closing_is_recounted() -> None:
    assert wrong([*APART, ends()], CALLED) == ["members are told to lie apart: False, due is True"]
    assert wrong([APART[0], ends(apart=True)], CALLED) == ["members are told to lie apart: True, due is False"]


@pytest.mark.parametrize(
    ("again", "sent_back", "words"),
    [
        (False, (SENT_BACK,), "sent back 1 times, scored again 0, due are 1"),
        (True, (), "sent back 0 times, scored again 1, due are 1"),
    ],
)
def test_members_lie_apart_only_after_they_were_sent_back_and_scored_again(
    again: bool,
    sent_back: tuple[Any, ...],
    words: str,
) -> None:
    more = [superseded(FIRST, 7, CHAIR, POINTS_95)] if again else []

    assert wrong([*APART, *more, ends(apart=True)], CALLED, *sent_back) == [f"closed with members apart, {words}"]


def test_a_recused_member_counts_neither_before_nor_after() -> None:
    gone = recused(FIRST, 7, AN)

    assert wrong([*APART, gone, ends()], CALLED) == []
    assert wrong([gone, *APART, ends()], CALLED) == [f"a sheet of {AN}, who is recused"]


def test_opinions_are_set_aside_of_a_written_session_for_a_meeting() -> None:
    facts: dict[Topic, Sequence[Event]] = {
        DOSSIERS: [filed(FIRST, date(2026, 6, 1)), limited(mode="written"), limited(8)],
        SHEETS: [*APART, set_aside(FIRST, 7, 8), set_aside(FIRST, 8, 9)],
    }

    found = [one.what for one in Deliberations(state_of(facts), little_rulebooks()).check()]

    assert found == ["opinions are set aside of a session meeting for one None"]


def test_written_opinions_that_lie_apart_do_not_close() -> None:
    found = wrong([*APART, ends(apart=True)], CALLED, seat=limited(mode="written"))

    assert found == ["written opinions that lie apart were closed without a meeting"]


@pytest.mark.parametrize(
    ("by_law", "seat", "due"),
    [
        ({}, limited(), None),
        ({}, limited(limit=None, rounds=0), None),
        ({}, limited(limit=12), "(12, 1), due are (10, 1)"),
        ({"deviation_points_max": "none"}, limited(), "(10, 1), due are (None, 1)"),
        ({"deviation_points_max": 8, "rescore_rounds_max": 2}, limited(limit=8, rounds=2), None),
    ],
)
def test_a_council_is_seated_under_its_own_limits(by_law: dict[str, Any], seat: CouncilSeated, due: str | None) -> None:
    formed = {
        "reference": "HD", "level": "province", "decision_number": "1", "decided_on": "2026-06-01", "by_law": by_law,
        "members": [{"member_id": CHAIR, "name": "A", "agency": "B", "role": "chair"}],
    }  # fmt: skip

    found = wrong([], (intake.CouncilFormed, formed, {"given": {"council_id": COUNCIL}}), seat=seat)

    assert found == ([] if due is None else [f"points apart and rounds are {due}"])


@pytest.mark.parametrize(
    ("dossiers", "told", "faults"),
    [
        ([], [recused(FIRST, 7, AN), recused(SECOND, 7, AN)], []),
        ([], [recused(FIRST, 7, AN)], ["MemberRecused brings 2 facts, 1 were published"]),
        ([{"reference": "HS-1"}], [recused(FIRST, 7, AN)], []),
        ([{"reference": "HS-1"}], [recused(FIRST, 7, BINH)], ["member_id differ from ocop.intake.66.v1/0/1"]),
    ],
)
def test_a_recusal_reaches_each_dossier_of_its_session(
    dossiers: list[dict[str, str]], told: Sequence[Event], faults: list[str]
) -> None:
    data = {"session": {"reference": "PH-7"}, "member_id": AN, "ground": "Người thân", "declared_on": "2026-08-01"}
    said: tuple[type[Event], dict[str, Any], Any] = (intake.MemberRecused, {**data, "dossiers": dossiers}, {})

    assert [one.what for one in check_effects(state_of({SHEETS: told}, [said]))] == faults
