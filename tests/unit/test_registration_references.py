from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.registration.domain.admission import admit
from services.registration.domain.facts import DayStarted, Fact, Naming, SessionClosed
from services.registration.domain.references import ROUNDS_MAX, missing_keys, opens_days
from services.registration.domain.register import (
    CALENDAR,
    Calendar,
    Entry,
    Key,
    NotLoadedError,
    Register,
    ballot_key,
    by_id,
)
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
    desk,
    ref,
    rules,
    sheet,
)

CLOSED = SessionClosed(ref("PH-1"), date(2026, 6, 9), ("chu-tich",), (), ())


def rounds(stored: dict[Key, Entry], fact: Fact) -> list[frozenset[Key]]:
    """What is asked for round by round, when a store answers."""
    fresh, asked = Register(), []
    while missing := missing_keys(fresh, [(HA_NOI, fact)]):
        asked.append(missing)
        for key in missing:
            fresh.load(key, stored.get(key), 1)
    return asked


def stored_in(at: Desk) -> dict[Key, Entry]:
    return {key: entry for key, entry, _ in at.register.changes()}


def seated() -> Desk:
    at = desk()
    for fact in (PRODUCER, PRODUCT, DOSSIER, ASSESSED, COUNCIL, SCHEDULED):
        at.admitted(HA_NOI, fact)
    return at


def test_every_event_needs_the_calendar_and_its_own_name() -> None:
    assert rounds({}, PRODUCER) == [{CALENDAR, ("producer", "01/CT-1")}]


def test_an_event_about_nothing_stored_needs_one_round() -> None:
    assert rounds({}, DOSSIER) == [{CALENDAR, ("dossier", "01/HS-1"), ("product", "01/SP-1")}]


def test_an_assessment_leads_to_the_product_and_then_to_its_communes_counter() -> None:
    at = desk()
    for fact in (PRODUCER, PRODUCT, DOSSIER):
        at.admitted(HA_NOI, fact)

    assert rounds(stored_in(at), ASSESSED) == [
        {CALENDAR, ("dossier", "01/HS-1")},
        {("product", "01/SP-1")},
        {("counter", "00004/2026")},
    ]


def test_an_assessment_leads_to_the_number_that_the_product_bears() -> None:
    assert rounds(stored_in(seated()), ASSESSED)[2] == {("counter", "00004/2026"), ("number", "01-00004-1-2026")}


def test_an_assessment_with_a_number_leads_to_whose_it_is_and_to_its_own_series() -> None:
    said = replace(ASSESSED, product_number="01 - 00008 - 03 - 2025")

    assert rounds({}, said)[0] == {
        CALENDAR,
        ("dossier", "01/HS-1"),
        ("number", "01-00008-3-2025"),
        ("counter", "00008/2025"),
    }
    assert rounds({}, replace(ASSESSED, product_number="số 3"))[0] == {CALENDAR, ("dossier", "01/HS-1")}


def test_a_sheet_leads_to_its_ballot_and_to_nothing_else_of_the_session() -> None:
    at = seated()
    session, dossier = at.register.get(("session", "01/PH-1")), at.register.get(("dossier", "01/HS-1"))

    asked = rounds(stored_in(at), sheet("uy-vien"))

    ballot = ballot_key(session.id, dossier.id)  # type: ignore[union-attr]  # both were just admitted
    assert asked == [
        {CALENDAR, ("session", "01/PH-1"), ("dossier", "01/HS-1")},
        {("product", "01/SP-1"), ballot},
    ]


def test_a_close_by_id_leads_to_every_dossier_its_product_and_ballot_within_the_rounds_allowed() -> None:
    at = seated()
    session = at.register.get(("session", "01/PH-1"))
    identity = session.id  # type: ignore[union-attr]  # it was just admitted

    asked = rounds(stored_in(at), replace(CLOSED, session=Naming(id=identity)))

    assert asked[0] == {CALENDAR, by_id("session", identity)}
    assert asked[1:3] == [{("session", "01/PH-1")}, {("dossier", "01/HS-1")}]
    assert {kind for kind, _ in asked[3]} == {"product", "ballot"}
    assert len(asked) == 4 < ROUNDS_MAX


def test_what_an_earlier_event_of_the_batch_made_can_lead_to_more_keys() -> None:
    at = desk()
    batch: list[tuple[str, Fact]] = [(HA_NOI, fact) for fact in (PRODUCER, PRODUCT, DOSSIER, ASSESSED)]
    for key in missing_keys(at.register, batch):
        at.register.load(key, None)
    assert missing_keys(at.register, batch) == frozenset()

    for unit, fact in batch[:3]:
        at.admitted(unit, fact)

    assert missing_keys(at.register, batch[3:]) == {("counter", "00004/2026")}


def test_a_rule_that_asks_for_what_was_not_loaded_is_a_fault() -> None:
    with pytest.raises(NotLoadedError):
        admit(Register(), HA_NOI, PRODUCER, 0, "event-1", rules())


def test_only_a_day_moves_the_calendar() -> None:
    assert opens_days([(HA_NOI, PRODUCER), (MINISTRY, DayStarted(date(2026, 6, 10)))])
    assert not opens_days([(HA_NOI, PRODUCER)])


def test_an_entry_put_again_unchanged_is_not_saved() -> None:
    register = Register()
    register.load(CALENDAR, Calendar(date(2026, 6, 10), 1), 7)

    register.put(CALENDAR, Calendar(date(2026, 6, 10), 1))

    assert list(register.changes()) == []


def test_changes_come_in_the_order_of_their_keys_with_the_version_they_were_read_at() -> None:
    register = Register()
    register.load(CALENDAR, Calendar(), 7)

    register.put(("counter", "00004/2026"), Calendar(days=2))
    register.put(CALENDAR, Calendar(days=1))

    assert [(key, version) for key, _, version in register.changes()] == [(CALENDAR, 7), (("counter", "00004/2026"), 0)]


def test_what_the_fold_has_put_is_not_overwritten_by_a_later_load() -> None:
    register = Register()
    register.put(CALENDAR, Calendar(days=3))

    register.load(CALENDAR, Calendar(days=1), 5)

    assert register.get(CALENDAR) == Calendar(days=3)
