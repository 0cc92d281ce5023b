"""The fold: each subject's events once, in sequence, whatever came when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.dossiers import DayOpened
from shared.contracts.event import Event
from shared.contracts.scores import SessionVoided
from shared.contracts.topics import DOSSIERS, SHEETS
from shared.kernel.outcomes import DeadLettered
from shared.kernel.partitions import partition_of
from shared.kernel.reasons import Reason
from shared.messaging.delivery import Delivery
from shared.messaging.fold import DEAD, GAP, WAITS, Fold, SequenceConflictError, announcement
from tests.support import toy
from tests.support.toy import Toy, closed, delivery, opened, sheet, subject

A, B = subject(1), subject(2)


def folded(deliveries: Sequence[Delivery], *, latest: frozenset[str] = frozenset()) -> Fold[Toy]:
    fold: Fold[Toy] = Fold(toy.pipeline(latest=latest), {})
    for one in deliveries:
        fold.take(one)
    return fold


def announced(fold: Fold[Toy], about: str) -> list[int]:
    events = [event for _, event in fold.subjects[about].announced]
    return [event.present for event in events if isinstance(event, SessionVoided)]


def reasons(fold: Fold[Toy], about: str) -> dict[tuple[str, int], str]:
    return {place: record.reason for place, record in fold.subjects[about].held.items()}


def test_events_in_sequence_are_applied_and_announced_with_numbers_of_their_own() -> None:
    fold = folded([delivery(A, 1, opened()), delivery(A, 1, sheet()), delivery(A, 2, sheet())])

    assert announced(fold, A) == [1, 2]
    assert [envelope.sequence for envelope, _ in fold.subjects[A].announced] == [1, 2]
    assert fold.subjects[A].positions[SHEETS.name][0] == 2


def test_a_duplicate_is_dropped() -> None:
    fold = folded([delivery(A, 1, opened()), *[delivery(A, 1, sheet())] * 3])

    assert announced(fold, A) == [1]
    assert fold.counts["duplicate"] == 2


def test_an_old_duplicate_is_dropped_though_its_id_is_not_remembered() -> None:
    fold = folded([delivery(A, 1, opened()), *(delivery(A, n, sheet()) for n in (1, 2, 3, 1, 2))])

    assert announced(fold, A) == [1, 2, 3]


def test_an_early_event_is_held_until_its_predecessor_comes() -> None:
    early = [delivery(A, 1, opened()), delivery(A, 3, sheet()), delivery(A, 2, sheet())]

    before = folded(early)
    after = folded([*early, delivery(A, 1, sheet())])

    assert reasons(before, A) == {(SHEETS.name, 3): GAP, (SHEETS.name, 2): GAP}
    assert announced(before, A) == []
    assert announced(after, A) == [1, 2, 3]
    assert after.subjects[A].held == {}


def test_one_number_with_another_id_stops_the_fold() -> None:
    fold = folded([delivery(A, 1, opened())])

    with pytest.raises(SequenceConflictError):
        fold.take(delivery(A, 1, opened(), event_id="another"))


def test_one_number_with_another_id_stops_the_fold_while_it_is_held() -> None:
    fold = folded([delivery(A, 2, sheet())])

    with pytest.raises(SequenceConflictError):
        fold.take(delivery(A, 2, sheet(), event_id="another"))


def test_a_hold_of_the_domain_is_released_by_another_topic() -> None:
    waiting = [delivery(A, 1, sheet()), delivery(A, 2, sheet())]

    before = folded(waiting)
    after = folded([*waiting, delivery(A, 1, opened())])

    assert reasons(before, A) == {(SHEETS.name, 1): WAITS + "open", (SHEETS.name, 2): GAP}
    assert announced(after, A) == [1, 2]
    assert after.subjects[A].held == {}


def test_what_is_released_may_close_the_door_behind_it() -> None:
    stream = [delivery(A, 1, sheet()), delivery(A, 2, closed()), delivery(A, 3, sheet()), delivery(A, 1, opened())]

    fold = folded(stream)

    assert announced(fold, A) == [1]
    assert reasons(fold, A) == {(SHEETS.name, 3): WAITS + "open"}


def test_an_exception_in_decide_is_that_events_dead_letter() -> None:
    fold = folded([delivery(A, 1, opened()), delivery(A, 1, sheet("raises"))])

    assert [letter.fault.reason for letter in fold.dead] == [Reason.FAULT]
    assert "ZeroDivisionError" in fold.dead[0].fault.detail


def test_a_dead_letter_blocks_its_own_subject_and_no_other() -> None:
    stream = [delivery(s, 1, opened()) for s in (A, B)]
    stream += [delivery(A, 1, sheet("faulty")), delivery(A, 2, sheet()), delivery(B, 1, sheet())]

    fold = folded(stream)

    assert reasons(fold, A) == {(SHEETS.name, 1): DEAD + "fault", (SHEETS.name, 2): GAP}
    assert announced(fold, A) == []
    assert announced(fold, B) == [1]


def test_a_dead_letter_delivered_again_is_told_once() -> None:
    fold = folded([delivery(A, 1, opened()), *[delivery(A, 1, sheet("faulty"))] * 2])

    assert len(fold.dead) == 1


def test_an_unreadable_record_blocks_nobody() -> None:
    poison = replace(delivery(A, 1, opened()), envelope=None, event=None, fault=DeadLettered(Reason.BODY_EMPTY))

    fold = folded([poison, delivery(A, 1, opened()), delivery(A, 1, sheet())])

    assert [letter.fault.reason for letter in fold.dead] == [Reason.BODY_EMPTY]
    assert announced(fold, A) == [1]


def test_an_unreadable_body_blocks_its_subject_at_its_number() -> None:
    fault = DeadLettered(Reason.BODY_INVALID)
    poison = replace(delivery(A, 1, sheet()), event=None, fault=fault)

    fold = folded([delivery(A, 1, opened()), poison, delivery(A, 2, sheet())])

    assert reasons(fold, A) == {(SHEETS.name, 1): DEAD + "body-invalid", (SHEETS.name, 2): GAP}


def test_a_record_in_a_partition_that_is_not_its_subjects_touches_nothing() -> None:
    stray = delivery(A, 1, sheet())

    fold = folded([delivery(A, 1, opened()), replace(stray, partition=(stray.partition + 1) % 12)])

    assert [letter.fault.reason for letter in fold.dead] == [Reason.KEY_DIFFERS]
    assert announced(fold, A) == []


def test_where_the_last_version_wins_numbers_may_be_missing_and_older_ones_are_dropped() -> None:
    stream = [delivery(A, 4, opened()), delivery(A, 2, opened()), delivery(A, 1, sheet())]

    fold = folded(stream, latest=frozenset({DOSSIERS.name}))

    assert fold.subjects[A].positions[DOSSIERS.name][0] == 4
    assert announced(fold, A) == [1]


def test_where_the_last_version_wins_it_releases_what_waited_for_it() -> None:
    stream = [delivery(A, 1, sheet()), delivery(A, 7, opened())]

    fold = folded(stream, latest=frozenset({DOSSIERS.name}))

    assert announced(fold, A) == [1]


def test_where_the_last_version_wins_a_held_one_is_tried_again_though_numbers_are_missing() -> None:
    stream = [delivery(A, 5, sheet()), delivery(A, 1, opened())]

    fold = folded(stream, latest=frozenset({SHEETS.name}))

    assert announced(fold, A) == [5]


def test_where_the_last_version_wins_a_dead_letter_is_overtaken() -> None:
    stream = [delivery(A, 1, opened()), delivery(A, 3, sheet("faulty")), delivery(A, 4, sheet())]

    fold = folded(stream, latest=frozenset({SHEETS.name}))

    assert announced(fold, A) == [4]
    assert fold.subjects[A].held == {}


def a_day(part: int, number: int, day: date) -> Delivery:
    made = delivery(f"day/{part}", number, DayOpened(date=day))
    return replace(made, partition=part)


def test_a_day_reaches_each_subject_that_is_due_in_its_partition() -> None:
    in_part = [s for s in map(subject, range(200)) if partition_of(s, 12) == 3][:2]
    elsewhere = next(s for s in map(subject, range(200)) if partition_of(s, 12) == 4)
    tomorrow = toy.DAY + timedelta(days=1)
    stream = [
        delivery(in_part[0], 1, opened()),
        delivery(in_part[1], 1, opened(tomorrow)),
        delivery(elsewhere, 1, opened()),
    ]

    fold = folded([*stream, a_day(3, 1, toy.DAY), a_day(3, 2, tomorrow), a_day(3, 2, tomorrow)])

    assert announced(fold, in_part[0]) == [0]
    assert announced(fold, in_part[1]) == []
    assert announced(fold, elsewhere) == []


def test_a_day_that_comes_early_waits_for_the_day_before() -> None:
    fold = folded([a_day(3, 2, toy.DAY)])

    assert reasons(fold, "day/3") == {(DOSSIERS.name, 2): GAP}


def test_ids_of_announcements_are_the_same_whenever_the_same_is_folded() -> None:
    stream = [delivery(A, 1, opened()), delivery(A, 1, sheet()), delivery(A, 2, sheet())]

    first, second = folded(stream), folded(stream)

    ids = [envelope.id for envelope, _ in first.subjects[A].announced]
    assert ids == [envelope.id for envelope, _ in second.subjects[A].announced]
    assert len({UUID(one) for one in ids}) == 2


def test_a_held_record_that_can_no_longer_be_read_stays_held() -> None:
    fold = folded([delivery(A, 1, sheet())])
    place = (SHEETS.name, 1)
    record = fold.subjects[A].held[place]
    record.delivery = replace(record.delivery, envelope=None, event=None)

    fold.take(delivery(A, 1, opened()))

    assert place in fold.subjects[A].held


SUBJECTS = [subject(n) for n in range(4)]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[dict[str, tuple[int, int]], list[Delivery]]:
    """Numbered events of several subjects on two topics, each at least once, in any order."""
    counts = {s: (draw(st.integers(1, 4)), draw(st.integers(0, 5))) for s in SUBJECTS}
    events: list[Delivery] = []
    for about, (requests, sheets) in counts.items():
        events += [delivery(about, n + 1, opened()) for n in range(requests)]
        events += [delivery(about, n + 1, sheet()) for n in range(sheets)]
    again = draw(st.lists(st.sampled_from(events), max_size=12))
    return counts, draw(st.permutations([*events, *again]))


@given(arrivals())
def test_any_order_and_duplication_gives_each_subject_exactly_its_events_in_order(
    arrived: tuple[dict[str, tuple[int, int]], list[Delivery]],
) -> None:
    counts, stream = arrived

    fold = folded(stream)

    for about, (requests, sheets) in counts.items():
        state = fold.subjects[about].state
        assert [n for family, n in state.applied if family == "dossiers"] == list(range(1, requests + 1))
        assert [n for family, n in state.applied if family == "sheets"] == list(range(1, sheets + 1))
        assert announced(fold, about) == list(range(1, sheets + 1))
        assert fold.subjects[about].held == {}
    assert fold.dead == []


def test_an_announcement_has_the_same_id_whichever_version_of_the_event_tells_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event, cause = toy.voided(UUID(int=1), 1), toy.envelope(A, 1, sheet())
    first = announcement("evaluation", A, 1, event, cause)

    monkeypatch.setattr(SessionVoided, "version", 2)
    later = announcement("evaluation", A, 1, event, cause)

    assert (first.type, later.type) == (SessionVoided.type_name().replace(".v2", ".v1"), SessionVoided.type_name())
    assert first.id == later.id


@given(arrivals(), st.data())
def test_nothing_is_applied_past_a_missing_event(
    arrived: tuple[dict[str, tuple[int, int]], list[Delivery]], data: st.DataObject
) -> None:
    _, stream = arrived
    missing = data.draw(st.sampled_from(stream)).envelope
    assert missing is not None

    fold = folded([one for one in stream if one.envelope is None or one.envelope.id != missing.id])

    found = fold.subjects.get(missing.subject)
    family = _family(stream, missing.id).family
    numbers = [n for of, n in found.state.applied if of == family] if found else []
    assert numbers == list(range(1, missing.sequence)) or (family == "sheets" and not found_open(found))


def _family(stream: Sequence[Delivery], event_id: str) -> Event:
    return next(one.event for one in stream if one.envelope and one.event and one.envelope.id == event_id)


def found_open(found: object) -> bool:
    return bool(getattr(getattr(found, "state", None), "is_open", False))
