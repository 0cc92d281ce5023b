"""Holds the rulebook against the reference transcription of the act, where that lies beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.rulebooks.loader import load
from shared.rulebooks.model import Criterion, Group

DOMAIN = Path(__file__).resolve().parents[3] / "shared" / "domain"
CRITERIA = DOMAIN / "criteria" / "qd26-2026"
RULEBOOK = next(book for book in load().all if book.regime.id == "qd26-2026")
NUMBERS = sorted(RULEBOOK.sets)


def transcribed(number: int) -> dict[str, Any]:
    """The transcription of a set; skips where there is none."""
    found = sorted(CRITERIA.glob(f"{number:02}-*.yaml"))
    if not found:
        pytest.skip("The reference transcription of the act does not lie beside this checkout.")
    return dict(yaml.safe_load(found[0].read_text(encoding="utf-8")))


def nodes(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node below a part of the transcription in printed order."""
    waiting = list(part["sections"])
    while waiting:
        node = waiting.pop(0)
        yield node
        waiting = [*node.get("criteria", []), *waiting]


def leaves(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The leaf criteria of the transcription in printed order."""
    return [node for part in document["parts"] for node in nodes(part) if "options" in node]


def maxima(nodes_below: tuple[Group | Criterion, ...]) -> Iterator[tuple[str, int]]:
    """The code and maximum of every node of the rulebook in printed order."""
    for node in nodes_below:
        yield node.code, node.maximum
        if isinstance(node, Group) and node.children[0].code != node.code:
            yield from maxima(node.children)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_code_and_maximum_is_as_printed(number: int) -> None:
    document = transcribed(number)

    stated = RULEBOOK.sets[number]

    assert stated.name == document["name"]
    assert stated.samples == document["sample_units_required"]
    assert [(part.code, part.maximum) for part in stated.parts] == [(p["code"], p["max"]) for p in document["parts"]]
    printed = [(node["code"], node["max"]) for part in document["parts"] for node in nodes(part)]
    assert [pair for part in stated.parts for pair in maxima(part.sections)] == printed


@pytest.mark.parametrize("number", NUMBERS)
def test_every_point_mark_case_and_implied_option_is_as_printed(number: int) -> None:
    document = transcribed(number)

    stated = {
        criterion.code: [(each.points, each.mark, each.case, each.implied) for each in criterion.options]
        for criterion in RULEBOOK.sets[number].criteria
    }

    assert stated == {
        leaf["code"]: [
            (each["points"], each.get("min_for_star"), each.get("case"), each.get("implied", False))
            for each in leaf["options"]
        ]
        for leaf in leaves(document)
    }


@pytest.mark.parametrize("number", NUMBERS)
def test_every_note_and_dependency_is_kept_by_its_kind(number: int) -> None:
    document = transcribed(number)

    stated = {
        criterion.code: sorted(
            [note.kind for note in criterion.notes] + (["applies_only_if_story"] if criterion.applies_if else [])
        )
        for criterion in RULEBOOK.sets[number].criteria
    }

    assert stated == {leaf["code"]: sorted(note["kind"] for note in leaf.get("notes", [])) for leaf in leaves(document)}


@pytest.mark.parametrize("number", NUMBERS)
def test_no_label_is_a_sentence_of_the_act(number: int) -> None:
    document = transcribed(number)
    printed = {option["text"].casefold() for leaf in leaves(document) for option in leaf["options"]}
    printed |= {note["text"].casefold() for leaf in leaves(document) for note in leaf.get("notes", [])}

    labels = {option.label for criterion in RULEBOOK.sets[number].criteria for option in criterion.options}
    labels |= {note.label for criterion in RULEBOOK.sets[number].criteria for note in criterion.notes}

    assert [label for label in sorted(labels) if label.casefold() in printed] == []


def test_the_bands_are_those_of_the_transcription() -> None:
    file = DOMAIN / "rules" / "regimes.yaml"
    if not file.exists():
        pytest.skip("The reference transcription of the act does not lie beside this checkout.")
    regimes = yaml.safe_load(file.read_text(encoding="utf-8"))["regimes"]
    printed = next(regime for regime in regimes if regime["id"] == "QD26-2026")

    stated = [(band.stars, band.lower, band.upper, band.upper_included) for band in RULEBOOK.regime.bands]

    assert stated == [(b["star"], b["min"], b["max"], b["max_inclusive"]) for b in printed["bands"]]
    assert dict(RULEBOOK.regime.parts) == printed["parts"]
    assert RULEBOOK.regime.valid_from.isoformat() == printed["valid_from"]
