"""An annulment that names no dossier is about every one over which the session or the decision still stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import orjson
import pytest

from deploy.verify.effects import check_effects
from deploy.verify.history import History, Told
from deploy.verify.intake import Intake
from deploy.verify.topics import Record
from shared.contracts import dossiers, intake
from shared.contracts.event import Event, Exact
from shared.contracts.topics import DOSSIERS
from tests.support.product_events import FIRST, SECOND, THIRD, decision, decision_annulled, session_annulled, withdrawn

ON = date(2026, 9, 1)
PLACE = ("ocop.intake.66.v1", 0, 0)
OTHER = {"reason": "Họp không đúng quy chế", "document_number": "1/QĐ-HUY", "annulled_on": "2026-09-01"}
SESSION = {"session": {"reference": "PH-1"}, **OTHER}
DECISION = {"decision_number": "1/QĐ", **OTHER, "reason": "Quyết định không đúng quy định"}
Facts = Sequence[tuple[str, Event]]
"""Each with the cause it names; that of the annulment is `66/e-1`."""


def unexplained(event: type[Event], data: dict[str, Any], facts: Facts) -> list[str]:
    """What the accounting finds of an annulment admitted over three dossiers, and of these facts."""
    history = History()
    for at, (cause, fact) in enumerate(facts, start=1):
        record = Record(DOSSIERS.name, 0, at, 0, None, (), b"", {})
        history.events[DOSSIERS.name, "a"][at] = Told(record, f"{at}", fact.type_name(), "a", at, at, cause, fact)
    history.spoken_of[DOSSIERS.name] = ["a"]
    said = Record(*PLACE, 0, None, (), orjson.dumps(data), {"id": "e-1", "type": event.type_name()})
    others = {("other", 0, at): {"unit": "66", "event_id": f"e-{at}", "status": "admitted"} for at in (2, 3)}
    state = SimpleNamespace(
        rows={PLACE: {"unit": "66", "event_id": "e-1", "status": "admitted"}, **others},
        records={PLACE: said},
        seats={UUID(int=1): {FIRST, SECOND, THIRD}},
        flow=SimpleNamespace(history=history, settled=SimpleNamespace(instead={})),
    )
    return [one.what for one in check_effects(cast(Intake, state))]


def sessions(*names: UUID, cause: str = "66/e-1") -> Facts:
    return [(cause, session_annulled(name, 1, ON, 0)) for name in names]


def decided() -> Facts:
    return [("66/e-2", decision(name, 1, "recognise", 4, ON)) for name in (FIRST, SECOND, THIRD)]


def decisions(*names: UUID) -> Facts:
    return [("66/e-1", decision_annulled(name, 1, ON, 0)) for name in names]


GONE: Facts = [("66/e-3", withdrawn(THIRD, ON, 0))]


@pytest.mark.parametrize(
    ("facts", "faults"),
    [
        (sessions(FIRST, SECOND, THIRD), []),
        (sessions(FIRST, SECOND), ["SessionAnnulled brings 3 facts, 2 were published"]),
        ([*GONE, *sessions(FIRST, SECOND)], []),
        ([*sessions(THIRD, cause="66/e-2"), *sessions(FIRST, SECOND)], []),
        ([], ["SessionAnnulled brings 1 facts, 0 were published"]),
    ],
)
def test_a_session_is_annulled_over_every_dossier_that_is_left(facts: Facts, faults: list[str]) -> None:
    assert unexplained(intake.SessionAnnulled, SESSION, facts) == faults


@pytest.mark.parametrize(
    ("facts", "faults"),
    [
        ([*decided(), *decisions(FIRST, SECOND, THIRD)], []),
        ([*decided(), *decisions(SECOND)], ["DecisionAnnulled brings 3 facts, 1 were published"]),
        ([*decided(), *GONE, *decisions(FIRST, SECOND)], []),
    ],
)
def test_a_decision_is_annulled_for_every_dossier_that_is_left(facts: Facts, faults: list[str]) -> None:
    assert unexplained(intake.DecisionAnnulled, DECISION, facts) == faults


def test_an_annulment_is_published_in_the_words_of_its_sender() -> None:
    data = {**DECISION, "decision_number": "7/QĐ", "dossiers": [{"reference": "HS-1"}]}
    told = dossiers.DecisionAnnulled.model_validate(
        {**decisions(FIRST)[0][1].model_dump(), "annulled_on": date(2026, 9, 9)}
    )

    found = unexplained(intake.DecisionAnnulled, data, [("66/e-1", told)])

    assert found == ["number, annulled_on differ from ocop.intake.66.v1/0/0"]


PAPER = {"document_number": "30/BB-HĐ", "document_sha256": "0" * 64}
IMPORTED = {
    "session": "PH-9",
    "dossier": {"reference": "HS-1"},
    "level": "district",
    "closed_on": "2026-09-01",
    "total": "92.50",
    "stars": 5,
    **PAPER,
}
TAKEN = dossiers.ResultImported(
    dossier_id=FIRST,
    session_id=UUID(int=9),
    level="district",
    closed_on=ON,
    total=Exact(numerator=185, denominator=2),
    stars=5,
    document_number="30/BB-HĐ",
    document_sha256="0" * 64,
)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"total": Exact(numerator=92, denominator=1)}, ["the total published is not the one sent"]),
        ({"stars": 4}, ["stars differ from ocop.intake.66.v1/0/0"]),
        ({"level": "province"}, ["level differ from ocop.intake.66.v1/0/0"]),
        ({"document_number": "31/BB-HĐ"}, ["document_number differ from ocop.intake.66.v1/0/0"]),
    ],
)
def test_a_result_is_published_as_its_paper_says(changes: dict[str, Any], faults: list[str]) -> None:
    told = TAKEN.model_copy(update=changes)

    assert unexplained(intake.ResultImported, IMPORTED, [("66/e-1", told)]) == faults


@pytest.mark.parametrize(
    ("named", "told", "faults"),
    [
        (None, "province", []),
        ("district", "district", []),
        ("district", "province", ["level differ from ocop.intake.66.v1/0/0"]),
    ],
)
def test_a_decision_is_published_at_the_level_it_names(named: str | None, told: str, faults: list[str]) -> None:
    said = decision(FIRST, 1, "recognise", 3, ON)
    sent = {"kind": "recognise", "number": "1/QĐ", "decided_on": "2026-09-01", "signatory": "Chủ tịch"}
    results = {"results": [{"dossier": {"reference": "HS-1"}, "stars": 3}], "document_sha256": "0" * 64}

    found = unexplained(
        intake.DecisionApproved,
        {**sent, **results, "level": named},
        [("66/e-1", said.model_copy(update={"level": told}))],
    )

    assert found == faults
