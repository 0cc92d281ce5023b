from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.registration.domain.announcements import CouncilSeated, SessionEnded, SheetGiven, StruckOut
from services.registration.domain.case import Admitted
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import (
    Agreed,
    ByLaw,
    CouncilFormed,
    Disqualified,
    DossiersScheduled,
    SessionClosed,
)
from shared.kernel.outcomes import Refused
from tests.support.registration import (
    ASSESSED,
    COUNCIL,
    DOSSIER,
    HA_NOI,
    MEMBERS,
    MINISTRY,
    PRODUCER,
    PRODUCT,
    SCHEDULED,
    SON_LA,
    Desk,
    announced,
    code,
    desk,
    desk_with,
    ref,
    sheet,
    sheet_options,
    waits_for,
)

PRODUCT_2 = replace(PRODUCT, reference="SP-2")
DOSSIER_2 = replace(DOSSIER, reference="HS-2", product=ref("SP-2"))
FILED = (PRODUCER, PRODUCT, DOSSIER, ASSESSED, COUNCIL)
SEATED = (*FILED, SCHEDULED)
PRESENT = ("chu-tich", "uy-vien")
CLOSED = SessionClosed(ref("PH-1"), date(2026, 6, 9), PRESENT, (), ())


def both_seated() -> Desk:
    return desk_with(*FILED, PRODUCT_2, DOSSIER_2, replace(SCHEDULED, dossiers=(ref("HS-1"), ref("HS-2"))))


def test_a_council_is_kept_and_nothing_is_announced() -> None:
    outcome = desk().admitted(HA_NOI, COUNCIL)

    assert (outcome.published, list(outcome.given)) == ((), ["council_id"])


def test_a_province_forms_no_central_council() -> None:
    assert code(desk().say(HA_NOI, replace(COUNCIL, level="central"))) == ("level-not-allowed", "level")


def test_the_ministry_forms_no_provincial_council() -> None:
    assert code(desk().say(MINISTRY, COUNCIL)) == ("level-not-allowed", "level")


def test_a_member_is_seated_once() -> None:
    outcome = desk().say(HA_NOI, replace(COUNCIL, members=(*MEMBERS, MEMBERS[0])))

    assert code(outcome) == ("event-invalid", "members.4.member_id")


def test_a_quorum_is_not_more_than_the_whole_council() -> None:
    outcome = desk().say(HA_NOI, replace(COUNCIL, by_law=ByLaw(None, "3/2", chair_required=True)))

    assert code(outcome) == ("event-invalid", "by_law.quorum_share")


def test_a_council_reference_is_used_once() -> None:
    assert code(desk_with(COUNCIL).say(HA_NOI, COUNCIL)) == ("reference-taken", "reference")


def test_a_schedule_tells_each_dossier_of_its_council() -> None:
    at = desk_with(*FILED, PRODUCT_2, DOSSIER_2)

    admitted = at.admitted(HA_NOI, replace(SCHEDULED, dossiers=(ref("HS-2"), ref("HS-1"))))

    seats = announced(admitted)
    assert [(published.topic, published.sequence) for published in admitted.published] == [
        ("dossiers", 3),
        ("dossiers", 4),
    ]
    assert all(isinstance(seat, CouncilSeated) and seat.members == MEMBERS for seat in seats)
    assert {str(seat.session_id) for seat in seats if isinstance(seat, CouncilSeated)} == {admitted.given["session_id"]}


def test_a_schedule_waits_for_its_council() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER)

    assert waits_for(at.say(HA_NOI, SCHEDULED)) == "council:01/HD-1"
    assert "council:01/HD-1" in at.admitted(HA_NOI, COUNCIL).provides


def test_a_schedule_with_one_unknown_dossier_waits_as_a_whole() -> None:
    at = desk_with(*FILED)

    outcome = at.say(HA_NOI, replace(SCHEDULED, dossiers=(ref("HS-1"), ref("HS-9"))))

    assert waits_for(outcome) == "dossier:01/HS-9"
    assert isinstance(at.say(HA_NOI, SCHEDULED), Admitted)


def test_a_dossier_in_an_open_session_is_scheduled_again_only_when_that_one_has_closed() -> None:
    at = desk_with(*SEATED, sheet("chu-tich"), sheet("uy-vien"))

    outcome = at.say(HA_NOI, replace(SCHEDULED, session="PH-2"))
    closed = at.say(HA_NOI, CLOSED)

    assert waits_for(outcome) == "closing:01/PH-1"
    assert isinstance(closed, Admitted)
    assert "closing:01/PH-1" in closed.provides


def test_a_dossier_stands_once_on_a_schedule() -> None:
    outcome = desk_with(*FILED).say(HA_NOI, replace(SCHEDULED, dossiers=(ref("HS-1"), ref("HS-1"))))

    assert code(outcome) == ("already-scheduled", "dossiers.1")


def test_a_dossier_may_be_scheduled_again_after_the_close() -> None:
    at = desk_with(*SEATED, sheet("chu-tich"), sheet("uy-vien"), CLOSED)

    assert isinstance(at.say(HA_NOI, replace(SCHEDULED, session="PH-2", meets_on=date(2026, 7, 1))), Admitted)


def test_a_session_reference_is_used_once() -> None:
    assert code(desk_with(*SEATED).say(HA_NOI, SCHEDULED)) == ("reference-taken", "session")


def test_a_returned_dossier_is_not_scheduled() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, COUNCIL, replace(ASSESSED, outcome="returned"))

    assert code(at.say(HA_NOI, SCHEDULED)) == ("dossier-not-open", "dossiers.0")


def test_a_dossier_that_is_over_is_not_scheduled() -> None:
    at = desk_with(*FILED)
    dossier = at.register.get(("dossier", "01/HS-1"))
    at.register.take(close_dossier(at.register, dossier.id).entries)  # type: ignore[union-attr]  # it was just filed

    assert code(at.say(HA_NOI, SCHEDULED)) == ("dossier-not-open", "dossiers.0")


@pytest.mark.parametrize("meets_on", [date(2026, 5, 24), date(2026, 5, 31)])
def test_a_council_does_not_meet_before_it_was_formed_or_the_dossier_filed(meets_on: date) -> None:
    outcome = desk_with(*FILED).say(HA_NOI, replace(SCHEDULED, meets_on=meets_on))

    assert code(outcome) == ("dates-out-of-order", "meets_on")


def test_a_session_may_be_called_for_a_day_to_come() -> None:
    assert isinstance(desk_with(*FILED).say(HA_NOI, replace(SCHEDULED, meets_on=date(2026, 9, 1))), Admitted)


def test_another_provinces_council_is_not_called() -> None:
    outcome = desk_with(*FILED).say(SON_LA, replace(SCHEDULED, council=ref("HD-1", "01")))

    assert code(outcome) == ("authority-lacking", "council.unit")


def test_a_council_is_not_called_over_another_provinces_dossier() -> None:
    at = desk_with(*FILED)
    at.admitted(SON_LA, COUNCIL)

    assert code(at.say(SON_LA, replace(SCHEDULED, dossiers=(ref("HS-1", "01"),)))) == (
        "authority-lacking",
        "dossiers.0.unit",
    )


def test_the_ministry_calls_its_council_over_provinces_dossiers() -> None:
    at = desk_with(*FILED)
    at.admitted(MINISTRY, replace(COUNCIL, level="central"))

    outcome = at.admitted(MINISTRY, replace(SCHEDULED, dossiers=(ref("HS-1", "01"),)))

    (seat,) = announced(outcome)
    assert isinstance(seat, CouncilSeated)
    assert seat.level == "central"


def test_the_ministry_must_say_whose_dossier_it_means() -> None:
    at = desk_with(*FILED)
    at.admitted(MINISTRY, replace(COUNCIL, level="central"))

    assert code(at.say(MINISTRY, SCHEDULED)) == ("event-invalid", "dossiers.0.unit")


def test_a_sheet_goes_to_the_sheets_alone_in_a_sequence_of_its_own() -> None:
    outcome = desk_with(*SEATED).admitted(HA_NOI, sheet("uy-vien"))

    (published,) = outcome.published
    assert (published.topic, published.sequence) == ("sheets", 1)
    assert isinstance(published.fact, SheetGiven)
    assert (published.fact.member_id, published.fact.options) == ("uy-vien", sheet_options())


def test_the_answer_to_a_sheet_says_nothing_of_its_options() -> None:
    outcome = desk_with(*SEATED).admitted(HA_NOI, sheet("uy-vien"))

    assert dict(outcome.given) == {}


def test_a_sheet_waits_for_its_session() -> None:
    at = desk_with(*FILED)

    assert waits_for(at.say(HA_NOI, sheet("uy-vien"))) == "session:01/PH-1"
    assert "session:01/PH-1" in at.admitted(HA_NOI, SCHEDULED).provides


def test_a_stranger_does_not_score() -> None:
    assert code(desk_with(*SEATED).say(HA_NOI, sheet("nguoi-la"))) == ("not-a-member", "member_id")


def test_the_secretary_does_not_score() -> None:
    assert code(desk_with(*SEATED).say(HA_NOI, sheet("thu-ky"))) == ("member-does-not-score", "member_id")


@pytest.mark.parametrize("member_id", ["chu-tich", "uy-vien", "chuyen-gia"])
def test_chair_member_and_expert_score(member_id: str) -> None:
    assert isinstance(desk_with(*SEATED).say(HA_NOI, sheet(member_id)), Admitted)


def test_a_member_hands_in_one_sheet_for_a_dossier() -> None:
    outcome = desk_with(*SEATED, sheet("uy-vien")).say(HA_NOI, sheet("uy-vien"))

    assert code(outcome) == ("sheet-given", "member_id")


def test_a_sheet_for_a_dossier_outside_the_session_is_refused() -> None:
    at = desk_with(*SEATED, PRODUCT_2, DOSSIER_2)

    assert code(at.say(HA_NOI, sheet("uy-vien", "HS-2"))) == ("dossier-not-in-session", "dossier")


def test_faulty_options_are_refused_at_their_path_and_in_words() -> None:
    outcome = desk_with(*SEATED).say(HA_NOI, replace(sheet("uy-vien"), options={"9.9": 1, "1.1": 19}))

    assert code(outcome) == ("options-invalid", "options.1.1")
    assert isinstance(outcome, Refused)
    assert "has no criterion '9.9'" in outcome.words.en
    assert "Bộ tiêu chí không có tiêu chí" in outcome.words.vi


def test_a_sheet_is_not_signed_before_the_dossier_was_filed() -> None:
    outcome = desk_with(*SEATED).say(HA_NOI, replace(sheet("uy-vien"), signed_on=date(2026, 5, 31)))

    assert code(outcome) == ("dates-out-of-order", "signed_on")


def test_a_sheet_signed_tomorrow_waits_for_tomorrow() -> None:
    outcome = desk_with(*SEATED).say(HA_NOI, replace(sheet("uy-vien"), signed_on=date(2026, 6, 11)))

    assert waits_for(outcome) == "day:2026-06-11"


def test_a_sheet_after_the_close_is_refused() -> None:
    at = desk_with(*SEATED, sheet("chu-tich"), sheet("uy-vien"), CLOSED)

    assert code(at.say(HA_NOI, sheet("chuyen-gia"))) == ("session-closed", "session")


def test_a_close_tells_each_dossier_what_was_agreed_and_struck_out() -> None:
    at = both_seated()
    for member in PRESENT:
        at.admitted(HA_NOI, sheet(member))

    outcome = at.admitted(
        HA_NOI,
        replace(
            CLOSED,
            agreed=(Agreed(ref("HS-1"), {"1.1": 2}),),
            disqualified=(Disqualified(ref("HS-2"), "Hồ sơ không trung thực", "Giấy tờ giả"),),
        ),
    )

    first, second = announced(outcome)
    assert isinstance(first, SessionEnded)
    assert isinstance(second, SessionEnded)
    assert (first.present, first.agreed, first.struck_out) == (PRESENT, {"1.1": 2}, None)
    assert (second.agreed, second.struck_out) == (None, StruckOut("Hồ sơ không trung thực", "Giấy tờ giả"))
    assert [published.sequence for published in outcome.published] == [3, 1]


def test_a_close_waits_for_the_sheets_of_present_members_who_score() -> None:
    at = desk_with(*SEATED, sheet("chu-tich"))

    assert waits_for(at.say(HA_NOI, CLOSED)) == "sheets:01/PH-1"
    assert "sheets:01/PH-1" in at.admitted(HA_NOI, sheet("uy-vien")).provides
    assert isinstance(at.say(HA_NOI, CLOSED), Admitted)


def test_a_close_does_not_wait_for_the_secretary_or_for_the_absent() -> None:
    at = desk_with(*SEATED, sheet("chu-tich"))

    assert isinstance(at.say(HA_NOI, replace(CLOSED, present=("chu-tich", "thu-ky"))), Admitted)


def test_a_close_waits_for_no_sheets_of_a_dossier_struck_out() -> None:
    outcome = desk_with(*SEATED).say(HA_NOI, replace(CLOSED, disqualified=(Disqualified(ref("HS-1"), "a", "b"),)))

    assert isinstance(outcome, Admitted)


def test_whoever_is_present_is_a_member() -> None:
    outcome = desk_with(*SEATED).say(HA_NOI, replace(CLOSED, present=("chu-tich", "nguoi-la")))

    assert code(outcome) == ("not-a-member", "present.1")


def test_a_session_closes_once() -> None:
    at = desk_with(*SEATED, sheet("chu-tich"), sheet("uy-vien"), CLOSED)

    assert code(at.say(HA_NOI, CLOSED)) == ("session-closed", "session")


def test_a_session_does_not_close_before_it_meets() -> None:
    outcome = desk_with(*SEATED).say(HA_NOI, replace(CLOSED, closed_on=date(2026, 6, 8)))

    assert code(outcome) == ("dates-out-of-order", "closed_on")


def test_agreed_options_may_be_few_but_must_exist() -> None:
    at = desk_with(*SEATED, sheet("chu-tich"), sheet("uy-vien"))

    outcome = at.say(HA_NOI, replace(CLOSED, agreed=(Agreed(ref("HS-1"), {"1.1": 19}),)))

    assert code(outcome) == ("options-invalid", "agreed.0.options.1.1")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"agreed": (Agreed(ref("HS-2"), {"1.1": 1}),)}, "agreed.0.dossier"),
        ({"disqualified": (Disqualified(ref("HS-2"), "a", "b"),)}, "disqualified.0.dossier"),
    ],
)
def test_a_close_speaks_of_its_own_dossiers(said: dict[str, object], field: str) -> None:
    at = desk_with(*SEATED, PRODUCT_2, DOSSIER_2)

    outcome = at.say(HA_NOI, replace(CLOSED, **said))  # type: ignore[arg-type]  # the names are checked by replace

    assert code(outcome) == ("dossier-not-in-session", field)


def test_the_ministry_does_not_score_in_a_provinces_session() -> None:
    at = desk_with(*SEATED)

    assert code(at.say(MINISTRY, replace(sheet("uy-vien"), session=ref("PH-1", "01")))) == (
        "authority-lacking",
        "session.unit",
    )


def test_every_council_fact_is_a_central_one_for_the_ministry() -> None:
    at = desk_with(*FILED)
    at.admitted(MINISTRY, CouncilFormed("HD-TW", "central", date(2026, 5, 25), MEMBERS, COUNCIL.by_law))
    at.admitted(MINISTRY, DossiersScheduled("PH-1", ref("HD-TW"), "2026-1", date(2026, 6, 9), (ref("HS-1", "01"),)))

    given = at.admitted(MINISTRY, replace(sheet("chu-tich"), dossier=ref("HS-1", "01")))
    closed = at.say(MINISTRY, replace(CLOSED, present=("chu-tich",)))

    assert given.published[0].topic == "sheets"
    assert isinstance(closed, Admitted)
