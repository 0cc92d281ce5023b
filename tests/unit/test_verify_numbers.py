"""The accounting of official numbers: what is whole is passed over, and each way of being wrong is named once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import pytest

from deploy.verify.history import History, Told
from deploy.verify.numbers import check_numbers, renumbered
from deploy.verify.topics import Record
from shared.contracts import intake
from shared.contracts.event import Event, Naming
from shared.contracts.topics import DOSSIERS
from tests.support.product_events import FIRST, SECOND, assessed, filed, registered

ON = date(2026, 6, 10)
Kind = Literal["first", "upgrade", "renewal"]


def numbered(*numbers: str, kind: Kind = "first") -> list[Event]:
    """A product of commune 24175 with one dossier for each number."""
    facts: list[Event] = [registered()]
    for dossier, number in zip((FIRST, SECOND), numbers, strict=False):
        facts += [filed(dossier, ON, kind), assessed(dossier, ON).model_copy(update={"number": number})]
    return facts


def unexplained(
    products: Mapping[str, Sequence[Event]], broken: Sequence[str] = (), carried: int = 0
) -> list[tuple[str, str]]:
    history = History(broken=set(broken), spoken_of={DOSSIERS.name: list(products)})
    for subject, facts in products.items():
        for at, fact in enumerate(facts, start=1):
            record = Record(subject, 0, at, 0, None, (), b"", {})
            history.events[DOSSIERS.name, subject][at] = Told(record, "", fact.type_name(), subject, at, at, "", fact)
    return [(one.where, one.what) for one in check_numbers(history, {("24175", "2026"): carried})]


@pytest.mark.parametrize(
    "products",
    [
        {"a": numbered("66-24175-1-2026"), "b": numbered("66-24175-2-2026", "66-24175-2-2026")},
        {"a": numbered("66-24175-1-2026"), "b": numbered("66-006-00235-4-2021", kind="renewal")},
        {"a": numbered("66-24175-1-2026", kind="upgrade"), "b": numbered("66-24175-2-2026")},
        {"a": numbered("66-24175-9-2026", kind="upgrade"), "b": numbered("66-24175-1-2026")},
    ],
)
def test_numbers_in_their_turn_kept_and_brought_are_explained(products: Mapping[str, Sequence[Event]]) -> None:
    assert unexplained(products) == []


@pytest.mark.parametrize(
    ("products", "expected"),
    [
        (
            {"a": numbered("66-24175-1-2026", "66-24175-2-2026")},
            ("a/0/5", "the product bears 66-24175-1-2026, and is told 66-24175-2-2026"),
        ),
        (
            {"a": numbered("66-24175-1-2026"), "b": numbered("66-24175-1-2026")},
            ("b/0/3", "66-24175-1-2026 is the number of product a"),
        ),
        ({"a": numbered("66-24176-1-2026")}, ("a/0/3", "66-24176-1-2026 is not of 66-24175 in 2026")),
        ({"a": numbered("66-24175-1-2025")}, ("a/0/3", "66-24175-1-2025 is not of 66-24175 in 2026")),
        ({"a": numbered("no-such-thing-here")}, ("a/0/3", "no-such-thing-here is not of 66-24175 in 2026")),
        (
            {"a": numbered("66-24175-1-2026"), "b": numbered("66-24175-4-2026"), "c": numbered("66-24175-3-2026")},
            ("c/0/3", "66-24175-2-2026 was left out"),
        ),
    ],
)
def test_a_number_that_is_wrong_is_named_where_it_was_told(
    products: Mapping[str, Sequence[Event]], expected: tuple[str, str]
) -> None:
    assert unexplained(products) == [expected]


def test_the_numbers_that_a_commune_gave_on_paper_are_no_gap_and_those_behind_them_are() -> None:
    behind = {"a": numbered("66-24175-13-2026"), "b": numbered("66-24175-5-2026")}

    assert unexplained(behind, carried=12) == []
    assert unexplained(behind, carried=11) == [("a/0/3", "66-24175-12-2026 was left out")]


def test_no_gap_is_looked_for_where_something_is_missing() -> None:
    products = {"a": numbered("66-24175-1-2026"), "b": numbered("66-24175-2-2026"), "c": numbered("66-24175-3-2026")}

    assert unexplained(products, broken=["b"]) == []


@pytest.mark.parametrize(
    ("said", "other"), [(None, False), ("66-24175-1-2026", False), ("66 – 24175 – 01 – 2026", False), ("1", True)]
)
def test_the_communes_number_is_the_one_published_however_it_was_written(said: str | None, other: bool) -> None:
    finding = intake.Finding(met=True)
    meant = intake.CommuneAssessed(
        dossier=Naming(id=UUID(int=1)),
        received_on=ON,
        assessed_on=ON,
        findings=intake.Findings(
            local_material=finding, local_labour=finding, product_idea=finding, local_identity=finding
        ),
        outcome="evaluation_requested",
        document_number="1/BC",
        product_number=said,
    )

    assert renumbered(meant, assessed(FIRST, ON)) is other
