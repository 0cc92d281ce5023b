"""What the accounting finds wrong with supplements as registration told them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest

from deploy.verify.supplements import check_supplements
from shared.contracts import dossiers, intake
from shared.contracts.topics import DOSSIERS, SHEETS, Topic
from tests.support.supplement_stories import BOTH_LEVELS, SUPPLEMENTS, asked, ended
from tests.unit.test_verify_corrections import SUBJECT, OneProduct, played
from tests.unit.test_verify_effects import unexplained

OTHER = UUID(int=1)


def changed(product: OneProduct, topic: Topic, place: int, changes: dict[str, Any]) -> OneProduct:
    """The product, of which one fact was told otherwise."""
    told = product.history.events[topic.name, SUBJECT]
    event = told[place].event
    assert event is not None
    told[place] = replace(told[place], event=event.model_copy(update=changes))
    return product


def found(product: OneProduct) -> Sequence[str]:
    return [one.what for one in check_supplements(product.history)]


@pytest.mark.parametrize("name", SUPPLEMENTS)
def test_supplements_told_in_turn_are_explained(name: str) -> None:
    assert found(played(SUPPLEMENTS[name], Random(0))) == []


@pytest.mark.parametrize(
    ("place", "changes", "words"),
    [
        (3, {"number": 2}, f"supplement {UUID(int=601)} is told out of turn"),
        (4, {"supplement_id": OTHER}, f"supplement {OTHER} is told out of turn"),
        (5, {"supplements": 1}, "it counts 1 facts about supplements, 2 came before"),
    ],
    ids=["another number", "another end", "another count"],
)
def test_what_is_told_out_of_turn_is_listed(place: int, changes: dict[str, Any], words: str) -> None:
    assert found(changed(played(BOTH_LEVELS, Random(0)), DOSSIERS, place, changes))[0] == words


def test_nothing_overtakes_a_supplement_that_is_not_told_to_be_over() -> None:
    product = played(BOTH_LEVELS, Random(0))
    del product.history.events[DOSSIERS.name, SUBJECT][4]

    assert found(product)[0].endswith("is open still")


def test_a_closing_stands_behind_an_end() -> None:
    product = changed(played(BOTH_LEVELS, Random(0)), SHEETS, 4, {"supplements": 3})

    assert found(product) == ["a closing counts 3 facts about supplements, and none of them is an end"]


RECEIVED = {
    "supplement": "BS-1",
    "dossier": {"reference": "HS-1"},
    "received_on": "2026-06-18",
    "documents": [{"name": "Phiếu kiểm nghiệm", "sha256": "1" * 64}],
}
ASKED = {
    "supplement": "BS-1",
    "dossier": {"reference": "HS-1"},
    "level": "commune",
    "asked_on": "2026-06-10",
    "document_number": "1/BS",
    "missing": ["Phiếu kiểm nghiệm còn hiệu lực"],
}


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"ended_on": date(2026, 6, 19)}, ["ended_on differ from ocop.intake.66.v1/0/0"]),
        ({"documents": ("2" * 64,)}, ["documents differ from ocop.intake.66.v1/0/0"]),
    ],
)
def test_a_receipt_is_published_with_its_day_and_its_papers(changes: dict[str, Any], faults: list[str]) -> None:
    told = ended(2, date(2026, 6, 18)).model_copy(update=changes)

    assert unexplained(intake.SupplementReceived, RECEIVED, [("66/e-1", told)]) == faults


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"missing": ("Ảnh",)}, ["missing differ from ocop.intake.66.v1/0/0"]),
        ({"asked_on": date(2026, 6, 9), "level": "province"}, ["level, asked_on differ from ocop.intake.66.v1/0/0"]),
    ],
)
def test_an_asking_is_published_as_it_was_said(changes: dict[str, Any], faults: list[str]) -> None:
    told = asked(1, date(2026, 6, 10)).model_copy(update=changes)

    assert unexplained(intake.SupplementAsked, ASKED, [("66/e-1", told)]) == faults


def test_what_is_overtaken_by_the_way_is_no_fact_too_many() -> None:
    facts: list[tuple[str, dossiers.DossierEvent]] = [("66/e-1", ended(2, date(2026, 6, 18), cause="overtaken"))]
    told = asked(1, date(2026, 6, 10))

    assert unexplained(intake.SupplementAsked, ASKED, [*facts, ("66/e-1", told)]) == []
