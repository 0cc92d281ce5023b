"""What a batch leaves of a certificate's row: the last thing told counts, in the order in which it was told."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.promotion.store import Life, fold_lives
from tests.unit.test_register import ONE, annulled, ended, extended, withdrawn

LAST, UNTIL = date(2029, 8, 20), date(2030, 2, 16)


def test_an_end_taken_back_in_the_same_batch_is_none() -> None:
    assert fold_lives([ended(LAST), extended(UNTIL)]) == {ONE: Life(of_its_end=True, extended_to=UNTIL)}


def test_an_end_told_after_an_extension_counts() -> None:
    told = [extended(UNTIL), ended(date(2029, 10, 1))]

    assert fold_lives(told) == {ONE: Life(of_its_end=True, ended_on=date(2029, 10, 1), extended_to=UNTIL)}


def test_an_annulment_says_of_two_certificates_that_one_falls_and_one_stands() -> None:
    before = UUID(int=2)

    assert fold_lives([annulled(date(2027, 3, 1), before)]) == {
        ONE: Life(annulled_on=date(2027, 3, 1)),
        before: Life(of_its_end=True),
    }


def test_a_withdrawal_says_nothing_of_the_end() -> None:
    assert fold_lives([withdrawn(date(2027, 6, 10))]) == {ONE: Life(withdrawn_on=date(2027, 6, 10))}
