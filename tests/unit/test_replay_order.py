"""A replay takes a subject's history in again in the order that its own log tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from deploy.replay.given import DAYS, DayTurned, PassedOver
from deploy.replay.order import Round, rounds
from shared.contracts.dossiers import DayOpened
from shared.kernel.partitions import partition_of
from shared.messaging.delivery import Delivery
from tests.support import toy

ABOUT = "product"
OTHER = "other"


def sheet(number: int, about: str = ABOUT) -> Delivery:
    return toy.delivery(about, number, toy.sheet())


def opened(number: int, about: str = ABOUT) -> Delivery:
    return toy.delivery(about, number, toy.opened())


def day(number: int) -> Delivery:
    return toy.delivery("day/3", number, DayOpened(date=toy.DAY))


def announced(number: int, cause: Delivery, about: str = ABOUT) -> Delivery:
    """What the service announced as its `number`th event about the subject, because of `cause`."""
    assert cause.envelope is not None
    return told(number, cause.envelope.id, about)


def told(number: int, causation_id: str = "", about: str = ABOUT) -> Delivery:
    """The same; without a cause it is what the service told by itself."""
    event = toy.voided(UUID(int=number), number)
    named = causation_id or f"{about}/{number}"
    envelope = replace(toy.envelope(about, number, event), causation_id=named)
    return Delivery("scores", partition_of(about, 12), number, 0, about.encode(), (), b"{}", envelope, event)


def names(found: Sequence[Round], about: str = ABOUT) -> list[list[tuple[str, int]]]:
    """What of the subject is applied in each round: topic and number."""
    return [
        [(d.topic, d.envelope.sequence) for d in one.applied if d.envelope and d.envelope.subject == about]
        for one in found
    ]


def test_causes_stand_in_the_order_of_the_log_and_what_causes_nothing_before_them() -> None:
    records = [sheet(1), sheet(2), sheet(3), opened(1), opened(2)]

    found = rounds(records, [announced(1, opened(2)), announced(2, sheet(2))])

    sheets, dossiers = sheet(1).topic, opened(1).topic
    assert names(found) == [[(sheets, 1), (dossiers, 1), (dossiers, 2), (sheets, 2), (sheets, 3)]]


def test_a_day_comes_to_the_subjects_whose_log_names_it_and_only_takes_its_number_elsewhere() -> None:
    records = [day(1), sheet(1), sheet(2), sheet(1, OTHER)]

    (found,) = rounds(records, [announced(1, sheet(1)), announced(2, day(1)), announced(3, sheet(2))])

    turned = [d for d in found.applied if isinstance(d.event, DayTurned)]
    assert names([found]) == [[(sheet(1).topic, 1), (DAYS, 1), (sheet(1).topic, 2)]]
    assert [(d.envelope.subject, d.envelope.id) for d in turned if d.envelope] == [(ABOUT, _id(day(1)))]
    assert [d.event for d in found.applied if d.envelope and d.envelope.subject == "day/3"] == [PassedOver()]


def test_what_was_told_by_itself_stands_between_the_causes_around_it() -> None:
    records = [sheet(1), sheet(2), sheet(1, OTHER)]
    own = [announced(1, sheet(1)), told(2), told(3), announced(4, sheet(2)), told(5)]

    found = rounds(records, own)

    assert names(found) == [[(sheet(1).topic, 1)], [(sheet(1).topic, 2)], []]
    assert [[d.offset for d in one.told] for one in found] == [[2, 3], [5], []]
    assert names(found, OTHER)[0] == [(sheet(1).topic, 1)]


def test_a_record_that_came_twice_does_not_hold_up_the_log() -> None:
    records = [sheet(1), sheet(1), sheet(2)]

    found = rounds(records, [announced(1, sheet(1)), announced(2, sheet(2))])

    assert names(found) == [[(sheet(1).topic, 1), (sheet(1).topic, 1), (sheet(1).topic, 2)]]


def _id(delivery: Delivery) -> str:
    assert delivery.envelope is not None
    return delivery.envelope.id
