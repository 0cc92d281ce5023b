"""Members whose totals lie apart, who are recused, who give written opinions, or one of whom chairs for the chair."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from pydantic import TypeAdapter

from deploy.season.profiles import PROFILES
from services.registration import messages
from services.registration.domain.announcements import (
    CouncilSeated,
    MemberLeft,
    OpinionsSetAside,
    SessionEnded,
    SheetReplaced,
)
from services.registration.domain.case import Admission, Admitted, SentBack
from services.registration.domain.deliberation import is_apart
from services.registration.domain.facts import (
    ByLaw,
    Delegation,
    Disqualified,
    DossiersScheduled,
    MemberRecused,
    Renewed,
    ScoreSheetSubmitted,
    ScoreSheetSuperseded,
    SessionAnnulled,
    SessionClosed,
)
from services.registration.domain.register import Ballot
from shared.contracts import sheets
from shared.kernel.outcomes import Refused
from tests.support.registration import (
    ASSESSED,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    MINISTRY,
    PRODUCER,
    PRODUCT,
    SCHEDULED,
    Desk,
    announced,
    code,
    desk_with,
    ref,
    waits_for,
)

MET_ON = date(2026, 6, 9)
CHAIR, MEMBER, EXPERT = "chu-tich", "uy-vien", "chuyen-gia"
CLOSED = SessionClosed(ref("PH-1"), MET_ON, (CHAIR, MEMBER), (), ())
RENEWAL = replace(DOSSIER, kind="renewal", renews=Renewed(DOSSIER.filed_on + timedelta(days=150)))
WRITTEN = replace(SCHEDULED, mode="written")
MEETING = replace(SCHEDULED, session="PH-2")
WRITTEN_CLOSED = replace(CLOSED, present=())
RECUSED = MemberRecused(ref("PH-1"), MEMBER, MET_ON, ())

AT_92 = PROFILES["mark_92"].options()
AT_81 = PROFILES["four_81"].options()
AT_82 = {**AT_81, "4.3": 5}
"""One point more than 81: option 5 of criterion 4.3 instead of option 4."""


def gives(member: str, options: dict[str, int], dossier: str = "HS-1") -> ScoreSheetSubmitted:
    return ScoreSheetSubmitted(ref("PH-1"), ref(dossier), member, MET_ON, options)


def supersedes(member: str, options: dict[str, int]) -> ScoreSheetSuperseded:
    return ScoreSheetSuperseded(ref("PH-1"), ref("HS-1"), member, MET_ON, options, "Chấm lại sau thảo luận")


def seated(by_law: ByLaw = COUNCIL.by_law, *sheets_: ScoreSheetSubmitted) -> Desk:
    council = replace(COUNCIL, by_law=by_law)
    return desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED, council, SCHEDULED, *sheets_)


def eleven_apart(by_law: ByLaw = COUNCIL.by_law) -> Desk:
    return seated(by_law, gives(CHAIR, AT_92), gives(MEMBER, AT_81))


def written(*sheets_: ScoreSheetSubmitted) -> Desk:
    return desk_with(PRODUCER, PRODUCT, RENEWAL, ASSESSED, COUNCIL, WRITTEN, *sheets_)


def ended(outcome: Admission) -> SessionEnded:
    (fact,) = announced(outcome)
    assert isinstance(fact, SessionEnded)
    return fact


def test_totals_exactly_ten_points_apart_are_within_the_limit() -> None:
    at = seated(COUNCIL.by_law, gives(CHAIR, AT_92), gives(MEMBER, AT_82))

    assert not ended(at.say(HA_NOI, CLOSED)).apart


def test_totals_eleven_points_apart_send_the_closing_back_and_show_no_point() -> None:
    outcome = eleven_apart().say(HA_NOI, CLOSED)

    assert isinstance(outcome, SentBack)
    assert code(outcome) == ("members-apart", "session")
    assert outcome.refusal.words.vi.endswith("Hồ sơ: 01/HS-1.")
    assert outcome.refusal.words.en.endswith("Dossiers: 01/HS-1.")
    assert not any(points in outcome.refusal.words.vi + outcome.refusal.words.en for points in ("92", "81", "11"))


def test_what_was_scored_again_and_lies_within_the_limit_closes() -> None:
    at = eleven_apart()
    at.say(HA_NOI, CLOSED)

    again = at.admitted(HA_NOI, supersedes(CHAIR, AT_82))
    closing = ended(at.say(HA_NOI, CLOSED))

    (version,) = announced(again)
    assert isinstance(version, SheetReplaced)
    assert (version.options, closing.apart) == (AT_82, False)


def test_a_second_closing_without_a_sheet_superseded_is_refused_and_no_round_is_counted() -> None:
    at = eleven_apart()
    at.say(HA_NOI, CLOSED)

    assert code(at.say(HA_NOI, CLOSED)) == ("rescore-missing", "session")
    assert code(at.say(HA_NOI, replace(CLOSED, present=(CHAIR,)))) == ("rescore-missing", "session")
    at.admitted(HA_NOI, supersedes(CHAIR, AT_82))
    assert not ended(at.say(HA_NOI, CLOSED)).apart


def test_when_the_rounds_are_used_up_the_session_closes_and_says_so() -> None:
    at = eleven_apart()
    at.say(HA_NOI, CLOSED)
    at.admitted(HA_NOI, supersedes(CHAIR, AT_92))

    assert ended(at.say(HA_NOI, CLOSED)).apart


def test_a_by_law_gives_as_many_rounds_as_it_says() -> None:
    at = eleven_apart(replace(COUNCIL.by_law, rescore_rounds_max=2))
    answers = []
    for _ in range(2):
        answers.append(code(at.say(HA_NOI, CLOSED)))
        at.admitted(HA_NOI, supersedes(CHAIR, AT_92))

    assert answers == [("members-apart", "session")] * 2
    assert ended(at.say(HA_NOI, CLOSED)).apart


def test_a_by_law_without_rounds_closes_at_once_and_says_so() -> None:
    at = eleven_apart(replace(COUNCIL.by_law, rescore_rounds_max=0))

    assert ended(at.say(HA_NOI, CLOSED)).apart


@pytest.mark.parametrize(("limit", "apart"), [("none", False), (11, False), (10, True)])
def test_a_by_law_has_its_own_limit_or_none(limit: int | str, apart: bool) -> None:
    at = eleven_apart(ByLaw(3, None, True, limit, 0))  # type: ignore[arg-type]  # "none" is the only text

    assert ended(at.say(HA_NOI, CLOSED)).apart is apart


def test_a_council_is_seated_with_the_act_s_limit_where_its_by_law_is_silent() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED, COUNCIL)

    (seat,) = announced(at.say(HA_NOI, SCHEDULED))

    assert isinstance(seat, CouncilSeated)
    assert (seat.by_law.deviation_points_max, seat.by_law.rescore_rounds_max, seat.mode) == (10, 1, "meeting")


def test_only_those_present_lie_apart() -> None:
    at = seated(COUNCIL.by_law, gives(CHAIR, AT_92), gives(MEMBER, AT_82), gives(EXPERT, AT_81))

    assert not ended(at.say(HA_NOI, CLOSED)).apart


def test_a_dossier_struck_out_is_not_scored_again() -> None:
    outcome = eleven_apart().say(HA_NOI, replace(CLOSED, disqualified=(Disqualified(ref("HS-1"), "a", "b"),)))

    assert not ended(outcome).apart


def test_only_the_dossier_that_lies_apart_is_named() -> None:
    other = (replace(PRODUCT, reference="SP-2"), replace(DOSSIER, reference="HS-2", product=ref("SP-2")))
    both = replace(SCHEDULED, dossiers=(ref("HS-1"), ref("HS-2")))
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, *other, COUNCIL, both)
    for fact in (gives(CHAIR, AT_92), gives(MEMBER, AT_81), gives(CHAIR, AT_81, "HS-2"), gives(MEMBER, AT_81, "HS-2")):
        at.admitted(HA_NOI, fact)

    outcome = at.say(HA_NOI, CLOSED)

    assert isinstance(outcome, SentBack)
    assert outcome.refusal.words.en.endswith("Dossiers: 01/HS-1.")
    assert len(outcome.entries) == 1


def test_a_recused_member_s_sheet_counts_no_more_and_none_is_taken() -> None:
    at = eleven_apart()
    at.say(HA_NOI, CLOSED)

    (left,) = announced(at.say(HA_NOI, RECUSED))

    assert isinstance(left, MemberLeft)
    assert code(at.say(HA_NOI, gives(MEMBER, AT_92))) == ("member-recused", "member_id")
    assert code(at.say(HA_NOI, supersedes(MEMBER, AT_92))) == ("member-recused", "member_id")
    assert not ended(at.say(HA_NOI, CLOSED)).apart


def test_the_ground_of_a_recusal_stays_in_the_journal() -> None:
    (published,) = seated().admitted(HA_NOI, RECUSED).published

    event = messages.event_of(published)

    assert isinstance(event, sheets.MemberRecused)
    assert (published.topic, event.member_id, event.declared_on) == ("sheets", MEMBER, MET_ON)
    assert set(event.model_dump()) == {"dossier_id", "session_id", "member_id", "declared_on"}


def test_a_closing_does_not_wait_for_the_sheet_of_a_recused_member() -> None:
    at = seated(COUNCIL.by_law, gives(CHAIR, AT_92))

    assert waits_for(at.say(HA_NOI, CLOSED)) == "sheets:01/PH-1"
    assert "sheets:01/PH-1" in at.admitted(HA_NOI, RECUSED).provides
    assert isinstance(at.say(HA_NOI, CLOSED), Admitted)


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        (replace(RECUSED, member_id="nguoi-la"), ("not-a-member", "member_id")),
        (replace(RECUSED, dossiers=(ref("HS-1"), ref("HS-1"))), ("member-recused", "dossiers.1")),
    ],
)
def test_a_recusal_names_a_member_and_each_dossier_once(fact: MemberRecused, answer: tuple[str, str]) -> None:
    assert code(seated().say(HA_NOI, fact)) == answer


def test_a_recusal_speaks_of_dossiers_of_its_session() -> None:
    at = seated()
    at.admitted(HA_NOI, replace(PRODUCT, reference="SP-2"))
    at.admitted(HA_NOI, replace(DOSSIER, reference="HS-2", product=ref("SP-2")))

    assert code(at.say(HA_NOI, replace(RECUSED, dossiers=(ref("HS-2"),)))) == ("dossier-not-in-session", "dossiers.0")


def test_a_member_is_recused_once() -> None:
    at = seated()
    at.admitted(HA_NOI, RECUSED)

    assert code(at.say(HA_NOI, RECUSED)) == ("member-recused", "member_id")
    assert code(at.say(HA_NOI, replace(RECUSED, dossiers=(ref("HS-1"),)))) == ("member-recused", "dossiers.0")


def test_a_recusal_after_the_closing_asks_for_the_annulment() -> None:
    outcome = seated(COUNCIL.by_law, gives(CHAIR, AT_92), gives(MEMBER, AT_92))
    outcome.admitted(HA_NOI, CLOSED)

    said = outcome.say(HA_NOI, RECUSED)

    assert code(said) == ("session-closed", "session")
    assert isinstance(said, Refused)
    assert "annul the session" in said.words.en


def test_a_session_does_not_close_before_a_member_was_recused() -> None:
    at = seated(COUNCIL.by_law, gives(CHAIR, AT_92))
    at.admitted(HA_NOI, replace(RECUSED, declared_on=date(2026, 6, 10)))

    assert code(at.say(HA_NOI, CLOSED)) == ("dates-out-of-order", "closed_on")


def test_a_recusal_of_tomorrow_waits_for_tomorrow() -> None:
    assert waits_for(seated().say(HA_NOI, replace(RECUSED, declared_on=date(2026, 6, 11)))) == "day:2026-06-11"


def test_whoever_chaired_for_the_chair_is_announced_with_the_document() -> None:
    at = seated(COUNCIL.by_law, gives(MEMBER, AT_92), gives(EXPERT, AT_92))
    by = Delegation(MEMBER, "88/GUQ-HĐOCOP")

    closing = ended(at.say(HA_NOI, replace(CLOSED, present=(MEMBER, EXPERT), chaired_by=by)))

    assert closing.chaired_by == by


@pytest.mark.parametrize(
    ("member", "answer"),
    [
        ("nguoi-la", ("not-a-member", "chaired_by.member_id")),
        (EXPERT, ("event-invalid", "chaired_by.member_id")),
    ],
)
def test_whoever_chaired_is_a_member_and_was_there(member: str, answer: tuple[str, str]) -> None:
    at = seated(COUNCIL.by_law, gives(CHAIR, AT_92), gives(MEMBER, AT_92))

    assert code(at.say(HA_NOI, replace(CLOSED, chaired_by=Delegation(member, "88/GUQ-HĐOCOP")))) == answer


@pytest.mark.parametrize("kind", ["first", "upgrade"])
def test_only_renewals_are_scored_by_written_opinion(kind: str) -> None:
    dossier = replace(DOSSIER, kind=kind)  # type: ignore[arg-type]  # both are kinds
    at = desk_with(PRODUCER, PRODUCT, dossier, ASSESSED, COUNCIL)

    assert code(at.say(HA_NOI, WRITTEN)) == ("mode-not-allowed", "dossiers.0")


def test_by_written_opinion_whoever_handed_in_a_sheet_was_present() -> None:
    at = written(gives(CHAIR, AT_92), gives(EXPERT, AT_92))

    assert ended(at.say(HA_NOI, WRITTEN_CLOSED)).present == tuple(sorted((CHAIR, EXPERT)))


def test_a_written_opinion_names_nobody_as_present() -> None:
    assert code(written(gives(CHAIR, AT_92)).say(HA_NOI, CLOSED)) == ("event-invalid", "present")


def test_written_opinions_too_far_apart_call_for_a_meeting() -> None:
    at = written(gives(CHAIR, AT_92), gives(MEMBER, AT_81))

    first, second = at.say(HA_NOI, WRITTEN_CLOSED), at.say(HA_NOI, WRITTEN_CLOSED)

    assert code(first) == code(second) == ("meeting-needed", "session")


def test_a_meeting_takes_the_dossier_out_of_the_written_session() -> None:
    at = written(gives(CHAIR, AT_92), gives(MEMBER, AT_81))
    at.say(HA_NOI, WRITTEN_CLOSED)

    outcome = at.admitted(HA_NOI, MEETING)

    aside, seat = announced(outcome)
    assert isinstance(aside, OpinionsSetAside)
    assert isinstance(seat, CouncilSeated)
    assert (aside.meeting_id, seat.mode) == (seat.session_id, "meeting")
    assert {"sheets:01/PH-1", "closing:01/PH-1"} <= outcome.provides
    assert code(at.say(HA_NOI, gives(EXPERT, AT_92))) == ("moved-to-meeting", "session")
    assert code(at.say(HA_NOI, WRITTEN_CLOSED)) == ("moved-to-meeting", "session")
    assert isinstance(at.say(HA_NOI, replace(gives(CHAIR, AT_92), session=ref("PH-2"))), Admitted)


def test_what_went_to_a_meeting_is_not_annulled_with_the_written_session() -> None:
    at = written()
    at.admitted(HA_NOI, MEETING)

    outcome = at.say(HA_NOI, SessionAnnulled(ref("PH-1"), MET_ON, "1/QĐ", "Nhầm", ()))

    assert code(outcome) == ("session-annulled", None)


@pytest.mark.parametrize(("first", "again"), [(WRITTEN, replace(WRITTEN, session="PH-2")), (SCHEDULED, MEETING)])
def test_nothing_but_a_meeting_takes_a_dossier_out_and_only_of_a_written_session(
    first: DossiersScheduled, again: DossiersScheduled
) -> None:
    at = desk_with(PRODUCER, PRODUCT, RENEWAL, ASSESSED, COUNCIL, first)

    assert waits_for(at.say(HA_NOI, again)) == "closing:01/PH-1"


def test_the_ministry_s_meeting_does_not_end_a_province_s_written_opinion() -> None:
    at = written()
    at.admitted(MINISTRY, replace(COUNCIL, level="central"))

    outcome = at.say(MINISTRY, replace(MEETING, dossiers=(ref("HS-1", "01"),)))

    assert waits_for(outcome) == "closing:01/PH-1"


def test_a_sheet_that_supersedes_waits_for_its_day_before_its_first() -> None:
    tomorrow = replace(supersedes(CHAIR, AT_92), signed_on=date(2026, 6, 11))

    assert waits_for(seated().say(HA_NOI, tomorrow)) == "day:2026-06-11"
    assert waits_for(seated().say(HA_NOI, supersedes(CHAIR, AT_92))) == f"sheet:{CHAIR}"


def test_a_meeting_takes_nothing_out_of_a_written_session_before_its_day() -> None:
    asked = replace(WRITTEN, meets_on=date(2026, 6, 12))
    at = desk_with(PRODUCER, PRODUCT, RENEWAL, ASSESSED, COUNCIL, asked)

    assert waits_for(at.say(HA_NOI, replace(MEETING, meets_on=date(2026, 6, 15)))) == "day:2026-06-12"


def test_a_ballot_kept_before_there_was_a_limit_has_none() -> None:
    kept = TypeAdapter(Ballot).validate_json('{"given": ["chu-tich", "uy-vien"]}')

    assert (kept.given, kept.points_apart_max, is_apart(kept, kept.given)) == (("chu-tich", "uy-vien"), None, False)
