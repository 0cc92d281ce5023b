"""What an operator does to a subject: a dead letter is tried again, a number is done without."""

from __future__ import annotations

from shared.contracts.topics import SHEETS
from shared.messaging.fold import Fold
from tests.support import toy
from tests.support.toy import Toy, delivery, subject

ABOUT = subject(1)


def fold() -> Fold[Toy]:
    return Fold(toy.pipeline(), {})


def numbers(folded: Fold[Toy]) -> list[int]:
    """The input numbers of what was announced."""
    return [getattr(event, "present", 0) for _, event in folded.subjects[ABOUT].announced]


def test_a_number_done_without_may_come_late_while_the_next_one_waits() -> None:
    folded = fold()
    folded.take(delivery(ABOUT, 4, toy.sheet()))
    folded.pass_over(folded.subjects[ABOUT], (SHEETS.name, 3))

    folded.take(delivery(ABOUT, 3, toy.sheet()))
    folded.take(delivery(ABOUT, 1, toy.opened()))

    assert folded.counts["duplicate"] == 1
    assert numbers(folded) == [4]


def test_a_dead_letter_passed_over_is_known_when_it_comes_again() -> None:
    folded = fold()
    for each in (delivery(ABOUT, 1, toy.opened()), delivery(ABOUT, 1, toy.sheet("faulty"))):
        folded.take(each)
    folded.take(delivery(ABOUT, 2, toy.sheet()))

    folded.pass_over(folded.subjects[ABOUT], (SHEETS.name, 1))
    folded.take(delivery(ABOUT, 1, toy.sheet("faulty")))

    assert numbers(folded) == [2]
    assert folded.subjects[ABOUT].held == {}


def test_a_dead_letter_tried_again_that_fails_stays_where_it_was() -> None:
    folded = fold()
    for each in (delivery(ABOUT, 1, toy.opened()), delivery(ABOUT, 1, toy.sheet("faulty"))):
        folded.take(each)
    before = folded.subjects[ABOUT].held[SHEETS.name, 1].reason

    folded.retry(folded.subjects[ABOUT], (SHEETS.name, 1))

    assert folded.subjects[ABOUT].held[SHEETS.name, 1].reason == before == "dead:fault"
    assert len(folded.dead) == 2
