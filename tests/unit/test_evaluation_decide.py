"""Whether a council sat validly, and what evaluation says of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from services.evaluation.domain.dossier import State
from services.evaluation.handlers import decide, pipeline
from shared.contracts import dossiers, promotions, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES, SHEETS
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.reasons import Reason
from tests.support.little_rulebook import ACT, VERSION, little_rulebooks
from tests.support.product_events import (
    AN,
    BINH,
    CHAIR,
    FIRST,
    POINTS_60,
    POINTS_85,
    POINTS_94,
    POINTS_95,
    SECOND,
    SECRETARY,
    assessed,
    closed,
    filed,
    recused,
    registered,
    seated,
    set_aside,
    sheet,
)

BASIS = Basis(act=ACT, rulebook=VERSION, articles=("7.2",))
CLOSED_ON = date(2026, 8, 15)


def outcome_of(state: State, event: Event) -> Applied[State, Event] | Held | DeadLettered:
    return decide(little_rulebooks(), state, event, Envelope("1", "/services/registration", "", "", 1, 0))


def after(*events: Event, state: State | None = None) -> tuple[State, tuple[Event, ...]]:
    now = state or State()
    told: tuple[Event, ...] = ()
    for event in events:
        outcome = outcome_of(now, event)
        assert isinstance(outcome, Applied), (event, outcome)
        now, told = outcome.state, outcome.facts
    return now, told


def opened(level: str, dossier_id: UUID = FIRST) -> promotions.StageOpened:
    return promotions.StageOpened(
        dossier_id=dossier_id,
        stage=scores.Stage(level=level, attempt=1),
        opened_on=date(2026, 6, 1),
        due_on=None,
        basis=BASIS,
    )


def returned(dossier_id: UUID = FIRST) -> promotions.DossierReturned:
    return promotions.DossierReturned(dossier_id=dossier_id, returned_on=date(2026, 6, 10), reason=None, basis=BASIS)


def before_council() -> tuple[Event, ...]:
    return (
        filed(FIRST, date(2026, 6, 1)),
        opened("commune"),
        assessed(FIRST, date(2026, 6, 10)),
        opened("province"),
    )


def scored(event: Event) -> scores.ProductScored:
    assert isinstance(event, scores.ProductScored)
    return event


def voided(event: Event) -> scores.SessionVoided:
    assert isinstance(event, scores.SessionVoided)
    return event


def test_it_reads_dossiers_sheets_and_promotions_and_writes_scores() -> None:
    made = pipeline(little_rulebooks())

    assert made.inputs == (DOSSIERS, SHEETS, PROMOTIONS)
    assert made.output == SCORES
    assert all("evaluation" in topic.readers for topic in made.inputs)


def test_the_commune_s_report_concludes_its_stage_with_its_findings_counted() -> None:
    _, told = after(filed(FIRST, date(2026, 6, 1)), opened("commune"), assessed(FIRST, date(2026, 6, 10), "returned"))

    assert told == (
        scores.CommuneAssessmentConcluded(
            dossier_id=FIRST,
            stage=scores.Stage(level="commune", attempt=1),
            outcome="returned",
            assessed_on=date(2026, 6, 10),
            reason="Thiếu thuyết minh ý tưởng",
            findings_met=3,
            basis=BASIS,
        ),
    )


def test_the_next_stage_may_open_before_the_report_is_taken_in_as_a_replay_has_it() -> None:
    report, opening = assessed(FIRST, date(2026, 6, 10)), opened("province")
    filed_and_opened = (filed(FIRST, date(2026, 6, 1)), opened("commune"))

    assert after(*filed_and_opened, report, opening)[0] == after(*filed_and_opened, opening, report)[0]


def test_the_commune_s_report_waits_for_its_stage() -> None:
    state, _ = after(filed(FIRST, date(2026, 6, 1)))

    assert outcome_of(state, assessed(FIRST, date(2026, 6, 10))) == Held("stage:commune")


def test_the_mean_of_the_present_scoring_members_is_exact() -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7),
        sheet(FIRST, 7, CHAIR, POINTS_95),
        sheet(FIRST, 7, AN, POINTS_95),
        sheet(FIRST, 7, BINH, POINTS_85),
        closed(FIRST, 7, CLOSED_ON),
    )

    assert told == (
        scores.ProductScored(
            dossier_id=FIRST,
            stage=scores.Stage(level="province", attempt=1),
            session_id=UUID(int=7),
            closed_on=CLOSED_ON,
            total=Exact(numerator=275, denominator=3),
            parts=(scores.PartTotal(part="A", total=Exact(numerator=275, denominator=3)),),
            band=5,
            stars=5,
            missed=(),
            sheets=3,
            struck_out=None,
            basis=Basis(act=ACT, rulebook=VERSION, articles=("3.3.a",)),
        ),
    )


def test_a_missed_mark_costs_the_class_and_is_named() -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7, quorum_members=1, quorum_share=None),
        sheet(FIRST, 7, CHAIR, POINTS_94),
        closed(FIRST, 7, CLOSED_ON, present=(CHAIR,)),
    )

    result = scored(told[0])
    assert (result.band, result.stars) == (5, 4)
    assert result.missed == (scores.MissedMarks(star=5, criteria=("1.2",)),)
    assert result.basis.articles == ("3.3.a", "Phụ lục II")


def test_marks_are_judged_on_the_options_the_council_agreed() -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7, quorum_members=1, quorum_share=None),
        sheet(FIRST, 7, CHAIR, POINTS_95),
        closed(FIRST, 7, CLOSED_ON, present=(CHAIR,), agreed={"1.2": 1}),
    )

    assert scored(told[0]).stars == 4


def test_sheets_of_absent_members_secretaries_and_strangers_do_not_count() -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7),
        sheet(FIRST, 7, CHAIR, POINTS_60),
        sheet(FIRST, 7, AN, POINTS_60),
        sheet(FIRST, 7, BINH, POINTS_95),
        sheet(FIRST, 7, SECRETARY, POINTS_95),
        sheet(FIRST, 7, "người lạ", POINTS_95),
        closed(FIRST, 7, CLOSED_ON, present=(CHAIR, AN, SECRETARY, "người lạ")),
    )

    assert scored(told[0]).sheets == 2
    assert scored(told[0]).total == Exact(numerator=60, denominator=1)


def test_a_member_s_first_sheet_stands() -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7, quorum_members=1, quorum_share=None),
        sheet(FIRST, 7, CHAIR, POINTS_60),
        sheet(FIRST, 7, CHAIR, POINTS_95),
        closed(FIRST, 7, CLOSED_ON, present=(CHAIR,)),
    )

    assert scored(told[0]).total == Exact(numerator=60, denominator=1)


@pytest.mark.parametrize(
    ("number", "share", "present", "cause", "needed"),
    [
        (None, "2/3", (CHAIR, SECRETARY), "quorum_missed", 2),
        (3, None, (CHAIR, AN), "quorum_missed", 3),
        (1, "3/4", (CHAIR, AN), "quorum_missed", 3),
        (None, "1/2", (AN, BINH), "chair_absent", 2),
        (None, None, (), "chair_absent", 0),
    ],
)
def test_a_session_without_quorum_or_chair_is_void(
    number: int | None, share: str | None, present: tuple[str, ...], cause: str, needed: int
) -> None:
    state, told = after(
        *before_council(),
        seated(FIRST, 7, quorum_members=number, quorum_share=share),
        *(sheet(FIRST, 7, member, POINTS_95) for member in (CHAIR, AN, BINH)),
        closed(FIRST, 7, CLOSED_ON, present=present),
    )

    void = voided(told[0])
    scoring_present = len(set(present) - {SECRETARY})
    assert (void.cause, void.present, void.needed) == (cause, scoring_present, needed)
    assert void.basis.articles == ("4.1.a, 7.3.e",)
    assert state.dossier is not None
    assert [(session.status, session.sheets) for session in state.dossier.sessions] == [("voided", ())]


def test_a_by_law_that_asks_for_no_chair_has_none() -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7, quorum_share="1/2", chair_required=False),
        sheet(FIRST, 7, AN, POINTS_60),
        closed(FIRST, 7, CLOSED_ON, present=(AN, BINH)),
    )

    assert scored(told[0]).stars == 3


def test_a_valid_session_without_a_sheet_is_void() -> None:
    _, told = after(*before_council(), seated(FIRST, 7), closed(FIRST, 7, CLOSED_ON))

    assert (voided(told[0]).cause, voided(told[0]).present) == ("sheets_missing", 3)


def test_a_dossier_struck_out_has_neither_total_nor_stars() -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7),
        sheet(FIRST, 7, CHAIR, POINTS_95),
        closed(FIRST, 7, CLOSED_ON, struck_out="Hồ sơ giả mạo"),
    )

    result = scored(told[0])
    assert (result.total, result.stars, result.band, result.parts, result.missed) == (None, None, None, (), ())
    assert (result.struck_out, result.sheets) == ("Hồ sơ giả mạo", 1)
    assert result.basis.articles == ("Phụ lục II",)


def test_only_a_valid_session_can_strike_a_dossier_out() -> None:
    _, told = after(
        *before_council(), seated(FIRST, 7), closed(FIRST, 7, CLOSED_ON, present=(CHAIR,), struck_out="Hồ sơ giả mạo")
    )

    assert voided(told[0]).cause == "quorum_missed"


def test_sheets_and_the_close_wait_for_their_session_and_the_close_for_its_stage() -> None:
    state, _ = after(*before_council())
    waiting = Held("session:00000000-0000-0000-0000-000000000007")

    assert outcome_of(state, sheet(FIRST, 7, CHAIR, POINTS_95)) == waiting
    assert outcome_of(state, closed(FIRST, 7, CLOSED_ON)) == waiting
    state, _ = after(seated(FIRST, 7, "central"), state=state)
    assert outcome_of(state, closed(FIRST, 7, CLOSED_ON)) == Held("stage:central")


def test_a_stage_waits_for_its_dossier_and_a_second_dossier_for_the_end_of_the_first() -> None:
    state, _ = after(filed(FIRST, date(2026, 6, 1)))

    assert outcome_of(State(), opened("commune")) == Held(f"dossier:{FIRST}")
    assert outcome_of(state, filed(SECOND, date(2026, 6, 15))) == Held("dossier-over")


def test_the_end_of_a_dossier_waits_until_its_stages_are_concluded() -> None:
    state, _ = after(filed(FIRST, date(2026, 6, 1)), opened("commune"))
    assert outcome_of(state, returned()) == Held("score:commune")

    state, _ = after(assessed(FIRST, date(2026, 6, 10), "returned"), returned(), state=state)
    state, told = after(
        filed(SECOND, date(2026, 6, 15)), sheet(FIRST, 7, CHAIR, POINTS_95), closed(FIRST, 7, CLOSED_ON), state=state
    )

    assert told == ()
    assert state.past == (FIRST,)


def test_the_sheets_that_scored_are_kept_and_those_of_other_sessions_are_not() -> None:
    state, _ = after(
        *before_council(),
        seated(FIRST, 7),
        seated(FIRST, 8),
        sheet(FIRST, 8, CHAIR, POINTS_60),
        sheet(FIRST, 7, CHAIR, POINTS_60),
        closed(FIRST, 7, CLOSED_ON),
    )

    state, told = after(sheet(FIRST, 8, AN, POINTS_60), closed(FIRST, 8, CLOSED_ON), state=state)

    assert told == ()
    assert state.dossier is not None
    kept = [(session.status, len(session.sheets)) for session in state.dossier.sessions]
    assert kept == [("scored", 1), ("unused", 0)]


@pytest.mark.parametrize("options", [{"1.1": 1}, {"1.1": 9, "1.2": 1}, {"1.1": 1, "1.2": 1, "7.7": 1}])
def test_a_faulty_sheet_is_a_dead_letter_that_shows_nothing_of_it(options: dict[str, int]) -> None:
    state, _ = after(*before_council(), seated(FIRST, 7))

    outcome = outcome_of(state, sheet(FIRST, 7, CHAIR, options))

    assert isinstance(outcome, DeadLettered)
    assert outcome.reason == Reason.BODY_INVALID
    assert not any(character.isdigit() for character in outcome.detail)


def test_faulty_agreed_options_are_a_dead_letter() -> None:
    state, _ = after(*before_council(), seated(FIRST, 7), sheet(FIRST, 7, CHAIR, POINTS_95))

    outcome = outcome_of(state, closed(FIRST, 7, CLOSED_ON, agreed={"1.2": 3}))

    assert outcome == DeadLettered(Reason.BODY_INVALID, "options: out-of-range")


@pytest.mark.parametrize("change", [{"rulebook": "another"}, {"regime": "qd1048-2019"}, {"criteria_set": 12}])
def test_a_dossier_under_rules_not_known_here_is_a_dead_letter(change: dict[str, object]) -> None:
    unknown = filed(FIRST, date(2026, 6, 1)).model_copy(update=change)

    outcome = outcome_of(State(), unknown)

    assert isinstance(outcome, DeadLettered)
    assert outcome.reason == Reason.BODY_INVALID


def test_what_does_not_concern_evaluation_changes_nothing() -> None:
    state, _ = after(*before_council())

    for event in (registered(), dossiers.DayOpened(date=CLOSED_ON)):
        assert outcome_of(state, event) == Applied(state)


@pytest.mark.parametrize(
    ("number", "share", "present", "needed"),
    [(None, "2/3", (CHAIR,), 2), (3, None, (CHAIR, AN), 3), (None, "1/1", (CHAIR,), 2)],
)
def test_number_and_share_of_a_quorum_leave_recused_members_out(
    number: int | None, share: str | None, present: tuple[str, ...], needed: int
) -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7, quorum_members=number, quorum_share=share),
        *(sheet(FIRST, 7, member, POINTS_95) for member in (CHAIR, AN, BINH)),
        recused(FIRST, 7, BINH),
        closed(FIRST, 7, CLOSED_ON, present=(*present, BINH)),
    )

    assert (voided(told[0]).cause, voided(told[0]).present, voided(told[0]).needed) == (
        "quorum_missed",
        len(present),
        needed,
    )


@pytest.mark.parametrize(
    ("chaired_by", "out", "cause"),
    [(AN, None, None), (AN, AN, "chair_absent"), (None, None, "chair_absent"), ("nguoi-la", None, "chair_absent")],
)
def test_whoever_chairs_for_the_chair_is_a_member_who_is_not_recused(
    chaired_by: str | None, out: str | None, cause: str | None
) -> None:
    recusals = () if out is None else (recused(FIRST, 7, out),)

    _, told = after(
        *before_council(),
        seated(FIRST, 7, quorum_share="1/3"),
        sheet(FIRST, 7, AN, POINTS_60),
        sheet(FIRST, 7, BINH, POINTS_60),
        *recusals,
        closed(FIRST, 7, CLOSED_ON, present=(AN, BINH, "nguoi-la"), chaired_by=chaired_by),
    )

    if cause is None:
        assert scored(told[0]).chair_document == "88/GUQ-HĐOCOP"
    else:
        assert voided(told[0]).cause == cause


@pytest.mark.parametrize("apart", [True, False])
def test_a_score_says_whether_members_still_lay_apart(apart: bool) -> None:
    _, told = after(
        *before_council(),
        seated(FIRST, 7),
        *(sheet(FIRST, 7, member, POINTS_95) for member in (CHAIR, AN)),
        closed(FIRST, 7, CLOSED_ON, present=(CHAIR, AN), apart=apart),
    )

    assert scored(told[0]).apart is apart


def test_opinions_set_aside_leave_no_sheet_and_their_closing_finds_nothing() -> None:
    state, told = after(
        *before_council(),
        seated(FIRST, 7),
        *(sheet(FIRST, 7, member, POINTS_95) for member in (CHAIR, AN)),
        set_aside(FIRST, 7, 8),
        closed(FIRST, 7, CLOSED_ON),
    )

    assert told == ()
    assert state.dossier is not None
    assert [(session.status, session.sheets) for session in state.dossier.sessions] == [("unused", ())]
