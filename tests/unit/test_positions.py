"""Watermarks say what is new; a hole in the offsets is never passed over unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.contracts.topics import CONTACTS, DOSSIERS, intake_topic
from shared.messaging.delivery import Delivery
from shared.messaging.positions import OffsetGapError, Positions
from tests.support import toy

INTAKE = intake_topic("66")
TOPICS = (DOSSIERS, CONTACTS, INTAKE)
ONE = toy.delivery(toy.subject(1), 1, toy.opened())


def at(*offsets: int, topic: str = DOSSIERS.name) -> list[Delivery]:
    return [replace(ONE, topic=topic, partition=0, offset=offset) for offset in offsets]


def test_what_lies_below_the_watermark_is_not_new() -> None:
    assert Positions(TOPICS).fresh(at(3, 4, 5, 6), {(DOSSIERS.name, 0): 5}) == at(5, 6)


def test_one_offset_twice_in_a_batch_is_new_once() -> None:
    assert Positions(TOPICS).fresh(at(5, 5, 6), {(DOSSIERS.name, 0): 5}) == at(5, 6)


@pytest.mark.parametrize("offsets", [(6,), (5, 7)])
def test_a_hole_is_a_gap(offsets: tuple[int, ...]) -> None:
    with pytest.raises(OffsetGapError):
        Positions(TOPICS).fresh(at(*offsets), {(DOSSIERS.name, 0): 5})


def test_a_partition_that_was_never_assigned_is_a_gap_even_where_holes_are_allowed() -> None:
    with pytest.raises(OffsetGapError):
        Positions(TOPICS).fresh(at(0, topic=CONTACTS.name), {})


def test_compaction_leaves_holes() -> None:
    records = at(5, 9, topic=CONTACTS.name)

    assert Positions(TOPICS).fresh(records, {(CONTACTS.name, 0): 2}) == records


def gap(positions: Positions, topic: str) -> OffsetGapError:
    with pytest.raises(OffsetGapError) as caught:
        positions.fresh(at(6, topic=topic), {(topic, 0): 5})
    return caught.value


def test_a_gap_that_is_there_again_after_going_back_is_for_a_person() -> None:
    positions = Positions(TOPICS)

    first = positions.may_pass(gap(positions, DOSSIERS.name))
    second = positions.may_pass(gap(positions, DOSSIERS.name))

    assert (first, second) == (True, False)


def test_a_senders_transaction_leaves_holes_that_are_passed_after_going_back_once() -> None:
    positions = Positions(TOPICS)

    for _ in range(2):
        assert positions.may_pass(gap(positions, INTAKE.name))

    assert positions.fresh(at(6, topic=INTAKE.name), {(INTAKE.name, 0): 5}) == at(6, topic=INTAKE.name)
    with pytest.raises(OffsetGapError):
        positions.fresh(at(8, topic=INTAKE.name), {(INTAKE.name, 0): 7})
