"""Who may take back what, and until when: sheets superseded, sessions and decisions annulled, dossiers withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.registration.domain import announcements
from services.registration.domain.case import Admitted
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import (
    ByLaw,
    CouncilFormed,
    DecisionAnnulled,
    DecisionApproved,
    DossierWithdrawn,
    Result,
    ScoreSheetSuperseded,
    SessionAnnulled,
    SessionClosed,
)
from services.registration.domain.references import missing_to_close
from services.registration.domain.register import Dossier, named
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
    desk_with,
    ref,
    sheet,
    sheet_options,
    waits_for,
)

MET_ON, TODAY = date(2026, 6, 9), date(2026, 6, 10)
ALL = ("chu-tich", "uy-vien", "chuyen-gia")
CLOSED = SessionClosed(ref("PH-1"), MET_ON, ALL, (), ())
ANNULLED = SessionAnnulled(ref("PH-1"), TODAY, "9/QĐ", "Sai quy chế", ())
APPROVED = DecisionApproved("recognise", "8/QĐ", TODAY, "Chủ tịch", "0" * 64, (Result(ref("HS-1"), 3),))
REVOKED = DecisionAnnulled("8/QĐ", TODAY, "9/QĐ", "Sai quy định", ())
WITHDRAWN = DossierWithdrawn(ref("HS-1"), TODAY, "Chủ thể đề nghị")


def superseded(member_id: str) -> ScoreSheetSuperseded:
    return ScoreSheetSuperseded(ref("PH-1"), ref("HS-1"), member_id, MET_ON, sheet_options(), "Ghi nhầm")


def scheduled() -> Desk:
    return desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED, COUNCIL, SCHEDULED)


def closed() -> Desk:
    at = scheduled()
    for member in ALL:
        at.admitted(HA_NOI, sheet(member))
    at.admitted(HA_NOI, CLOSED)
    return at


def decided() -> Desk:
    at = closed()
    at.admitted(HA_NOI, APPROVED)
    return at


def dossier(at: Desk) -> Dossier:
    found = at.register.get(named("dossier", HA_NOI, "HS-1"))
    assert isinstance(found, Dossier)
    return found


def close(at: Desk, decision_id: str) -> None:
    for key in missing_to_close(at.register, [dossier(at).id]):
        at.register.load(key, None)
    at.register.take(close_dossier(at.register, dossier(at).id, UUID(decision_id)).entries)


def test_a_sheet_is_superseded_until_its_session_closes() -> None:
    at = scheduled()
    at.admitted(HA_NOI, sheet("chu-tich"))

    (told,) = announced(at.say(HA_NOI, superseded("chu-tich")))

    assert isinstance(told, announcements.SheetReplaced)
    assert code(at.say(HA_NOI, sheet("chu-tich"))) == ("sheet-given", "member_id")


def test_a_sheet_that_supersedes_waits_for_the_first() -> None:
    at = scheduled()

    assert waits_for(at.say(HA_NOI, superseded("uy-vien"))) == "sheet:uy-vien"
    assert "sheet:uy-vien" in at.admitted(HA_NOI, sheet("uy-vien")).provides


def test_after_the_closing_the_session_must_be_annulled_first() -> None:
    outcome = closed().say(HA_NOI, superseded("chu-tich"))

    assert code(outcome) == ("session-closed", "session")
    assert "annul the session" in outcome.words.en  # type: ignore[union-attr]  # code() has told that it is a refusal


@pytest.mark.parametrize("start", [scheduled, closed])
def test_an_annulled_session_lets_its_dossiers_be_scheduled_again(start: Callable[[], Desk]) -> None:
    at = start()
    outcome = at.say(HA_NOI, ANNULLED)

    (told,) = announced(outcome)
    assert isinstance(told, announcements.SessionTakenBack)
    assert told.closings == (1 if start is closed else 0)
    assert "closing:01/PH-1" in outcome.provides  # type: ignore[union-attr]  # announced() has told that it is admitted
    at.admitted(HA_NOI, replace(SCHEDULED, session="PH-2"))
    assert code(at.say(HA_NOI, ANNULLED)) == ("session-annulled", None)


def test_an_annulled_session_takes_no_sheet_and_no_closing() -> None:
    at = scheduled()
    at.admitted(HA_NOI, ANNULLED)

    assert code(at.say(HA_NOI, sheet("chu-tich"))) == ("session-annulled", "session")
    assert code(at.say(HA_NOI, CLOSED)) == ("session-annulled", "session")


def test_a_session_is_annulled_by_the_unit_that_held_it_and_not_before_it() -> None:
    at = closed()

    assert waits_for(at.say(SON_LA, ANNULLED)) == "session:14/PH-1"
    assert waits_for(at.say(MINISTRY, ANNULLED)) == "session:bnnmt/PH-1"
    early = replace(ANNULLED, annulled_on=date(2026, 6, 8))
    assert code(at.say(HA_NOI, early)) == ("dates-out-of-order", "annulled_on")


def test_an_annulled_decision_opens_the_dossier_again_whatever_promotion_says_late() -> None:
    at = closed()
    decision_id = at.admitted(HA_NOI, APPROVED).given["decision_id"]

    (told,) = announced(at.say(HA_NOI, REVOKED))
    close(at, decision_id)

    assert isinstance(told, announcements.DecisionTakenBack)
    assert str(told.decision_id) == decision_id
    assert dossier(at).state == "open"
    assert code(at.say(HA_NOI, REVOKED)) == ("decision-annulled", None)


def test_a_dossier_that_was_over_is_its_product_s_open_one_again() -> None:
    at = closed()
    close(at, at.admitted(HA_NOI, APPROVED).given["decision_id"])
    assert dossier(at).state == "over"

    at.admitted(HA_NOI, REVOKED)

    assert dossier(at).state == "open"
    later = replace(DOSSIER, reference="HS-2", filed_on=TODAY)
    assert waits_for(at.say(HA_NOI, later)).startswith("dossier-over:")


def test_a_decision_is_annulled_by_its_own_authority_and_waited_for_until_it_comes() -> None:
    at = closed()

    held = at.say(HA_NOI, REVOKED)
    assert waits_for(held) == "decision:number:01/8/QĐ"
    assert "decision:number:01/8/QĐ" in at.admitted(HA_NOI, APPROVED).provides
    assert waits_for(at.say(SON_LA, REVOKED)) == "decision:number:14/8/QĐ"


def test_nothing_is_annulled_once_a_later_dossier_was_filed() -> None:
    at = closed()
    close(at, at.admitted(HA_NOI, APPROVED).given["decision_id"])
    at.admitted(HA_NOI, replace(DOSSIER, reference="HS-2", filed_on=TODAY))

    assert code(at.say(HA_NOI, REVOKED)) == ("correction-too-late", "dossiers")
    assert code(at.say(HA_NOI, ANNULLED)) == ("correction-too-late", "dossiers")


@pytest.mark.parametrize("start", [scheduled, closed])
def test_a_withdrawn_dossier_is_over_and_nothing_later_changes_it(start: Callable[[], Desk]) -> None:
    at = start()
    outcome = at.say(HA_NOI, WITHDRAWN)

    assert isinstance(outcome, Admitted)
    assert any(what.startswith("dossier-over:") for what in outcome.provides)
    assert code(at.say(HA_NOI, APPROVED)) == ("dossier-withdrawn", "results.0.dossier")
    assert code(at.say(HA_NOI, replace(SCHEDULED, session="PH-2"))) == ("dossier-withdrawn", "dossiers.0")
    assert code(at.say(HA_NOI, WITHDRAWN)) == ("dossier-withdrawn", "dossier")
    at.admitted(HA_NOI, replace(DOSSIER, reference="HS-2", filed_on=TODAY))


def test_a_closing_waits_for_no_sheets_of_a_withdrawn_dossier() -> None:
    at = scheduled()
    assert waits_for(at.say(HA_NOI, CLOSED)) == "sheets:01/PH-1"

    assert "sheets:01/PH-1" in at.admitted(HA_NOI, WITHDRAWN).provides

    (told,) = announced(at.say(HA_NOI, CLOSED))
    assert isinstance(told, announcements.SessionEnded)
    assert told.corrections == 1


def test_a_dossier_cannot_be_withdrawn_while_a_decision_that_ends_it_stands() -> None:
    at = decided()

    assert code(at.say(HA_NOI, WITHDRAWN)) == ("decision-stands", "dossier")
    at.admitted(HA_NOI, REVOKED)
    at.admitted(HA_NOI, WITHDRAWN)


def test_the_ministry_withdraws_no_dossier_but_annuls_its_own_session() -> None:
    at = closed()
    council = CouncilFormed("HD-TW", "central", date(2026, 5, 25), MEMBERS, ByLaw(3, None, chair_required=True))
    at.admitted(MINISTRY, council)
    at.admitted(
        MINISTRY,
        replace(SCHEDULED, session="PH-TW", council=ref("HD-TW"), meets_on=TODAY, dossiers=(ref("HS-1", HA_NOI),)),
    )

    assert code(at.say(MINISTRY, WITHDRAWN)) == ("kind-not-allowed", None)
    at.admitted(MINISTRY, replace(ANNULLED, session=ref("PH-TW"), dossiers=(ref("HS-1", HA_NOI),)))
    assert dossier(at).session is None
