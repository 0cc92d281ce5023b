"""Holds the rulebooks against the reference transcriptions of the acts, where those lie beside the checkout."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.rulebooks.loader import load
from shared.rulebooks.model import CriteriaSet, Criterion, Group, Regime

DOMAIN = Path(__file__).resolve().parents[3] / "shared" / "domain"
CRITERIA = {"qd26-2026": "qd26-2026", "qd1048-2019": "qd1048-781-2020"}
"""The folder of transcriptions for each act that has criteria sets of its own."""
BOOKS = {book.regime.id: book for book in load().all}
SETS = [(act, number) for act in CRITERIA for number in sorted(BOOKS[act].sets)]
MISSING = "The reference transcription of the act does not lie beside this checkout."
REGIMES = {
    "QD490-2018": "qd490-2018",
    "QD1048-2019": "qd1048-2019",
    "QD148-2023": "qd148-2023",
    "QD148+1489-2025": "qd148-1489-2025",
    "QD26-2026": "qd26-2026",
}

each_set = pytest.mark.parametrize(("act", "number"), SETS)
each_regime = pytest.mark.parametrize("name", REGIMES)


@cache
def transcribed(act: str, number: int) -> dict[str, Any]:
    """The transcription of a set; skips where there is none."""
    found = sorted((DOMAIN / "criteria" / CRITERIA[act]).glob(f"{number:02}-*.yaml"))
    if not found:
        pytest.skip(MISSING)
    return dict(yaml.safe_load(found[0].read_text(encoding="utf-8")))


def nodes(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every node below the parts of the transcription in printed order; one that only wraps a leaf is that leaf."""
    waiting = [section for part in document["parts"] for section in part["sections"]]
    found = []
    while waiting:
        node = waiting.pop(0)
        children = node.get("criteria", [])
        if [child["code"] for child in children] == [node["code"]]:
            node, children = children[0], []
        found.append(node)
        waiting = [*children, *waiting]
    return found


def leaves(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The leaf criteria of the transcription in printed order."""
    return [node for node in nodes(document) if "options" in node]


def maximum(node: dict[str, Any]) -> int:
    """The points of a node, as printed or, where only its children have some, as they sum."""
    return int(node["max"]) if "max" in node else sum(maximum(child) for child in node["criteria"])


def mark(option: dict[str, Any]) -> int | None:
    """The star mark of an option; the transcription of set 3 left one as asterisks at the end of the words."""
    stars = re.search(r"(?: \*){3,5}$", option["text"])
    return option.get("min_for_star", stars and len(stars[0]) // 2)


def kinds(node: dict[str, Any]) -> list[str]:
    """The kinds of a node's notes, as transcribed or, where the transcription names none, as the words say."""
    found = []
    for note in node.get("notes", []):
        found += [kind_of(line) for line in note.splitlines()] if isinstance(note, str) else [note["kind"]]
    return sorted(found)


def kind_of(text: str) -> str:
    """The kind of a note of 781/2020, whose transcription names none."""
    if "không đánh giá các bước tiếp theo" in text.casefold():
        return "stop"
    if "bị loại" in text.casefold():
        return "knockout"
    if text.startswith("Chỉ áp dụng khi"):
        return "applies_only_if_story"
    return "alternative" if text.startswith("Lựa chọn một trong") else "info"


def stated_nodes(criteria_set: CriteriaSet) -> Iterator[Group | Criterion]:
    """Every node of the rulebook in printed order."""
    waiting: list[Group | Criterion] = [section for part in criteria_set.parts for section in part.sections]
    while waiting:
        node = waiting.pop(0)
        children = node.children if isinstance(node, Group) else ()
        if [child.code for child in children] == [node.code]:
            node, children = children[0], ()
        yield node
        waiting = [*children, *waiting]


def printed_code(node: Group | Criterion) -> str:
    """The code as printed: a doubled one has a letter here."""
    return node.code.rstrip("b") if isinstance(node, Criterion) and node.as_printed else node.code


@each_set
def test_every_code_and_maximum_is_as_printed(act: str, number: int) -> None:
    document = transcribed(act, number)

    stated = BOOKS[act].sets[number]

    assert stated.name == document["name"]
    assert stated.samples == document.get("sample_units_required")
    assert [(part.code, part.maximum) for part in stated.parts] == [(p["code"], p["max"]) for p in document["parts"]]
    printed = [(node["code"], maximum(node)) for node in nodes(document)]
    assert [(printed_code(node), node.maximum) for node in stated_nodes(stated)] == printed


@each_set
def test_every_point_mark_case_and_implied_option_is_as_printed(act: str, number: int) -> None:
    document = transcribed(act, number)

    stated = [
        [(each.points, each.mark, each.implied) for each in criterion.options]
        for criterion in BOOKS[act].sets[number].criteria
    ]

    assert stated == [
        [(each["points"], mark(each), each.get("implied", False)) for each in leaf["options"]]
        for leaf in leaves(document)
    ]


@pytest.mark.parametrize("number", sorted(BOOKS["qd26-2026"].sets))
def test_every_case_is_as_printed(number: int) -> None:
    document = transcribed("qd26-2026", number)

    stated = [[each.case for each in criterion.options] for criterion in BOOKS["qd26-2026"].sets[number].criteria]

    assert stated == [[each.get("case") for each in leaf["options"]] for leaf in leaves(document)]


@each_set
def test_every_note_and_dependency_is_kept_by_its_kind(act: str, number: int) -> None:
    document = transcribed(act, number)

    stated = [
        sorted(
            [note.kind for note in node.notes]
            + (["applies_only_if_story"] if isinstance(node, Criterion) and node.applies_if else [])
        )
        for node in stated_nodes(BOOKS[act].sets[number])
    ]

    assert stated == [kinds(node) for node in nodes(document)]


@each_set
def test_every_slip_the_transcription_suspects_is_flagged(act: str, number: int) -> None:
    document = transcribed(act, number)
    criteria_set = BOOKS[act].sets[number]

    suspected = [
        (place, position)
        for place, leaf in enumerate(leaves(document))
        for position, each in enumerate(leaf["options"])
        if "suspect" in each
    ]

    assert all(criteria_set.criteria[place].options[position].as_printed for place, position in suspected)
    assert any(part.as_printed for part in criteria_set.parts) is bool(document.get("transcription_notes"))


@each_set
def test_no_label_is_a_sentence_of_the_act(act: str, number: int) -> None:
    document = transcribed(act, number)
    printed = {option["text"].casefold() for leaf in leaves(document) for option in leaf["options"]}
    notes = [note for node in nodes(document) for note in node.get("notes", [])]
    printed |= {(note if isinstance(note, str) else note["text"]).casefold() for note in notes}

    stated = BOOKS[act].sets[number]
    labels = {option.label for criterion in stated.criteria for option in criterion.options}
    labels |= {note.label for node in stated_nodes(stated) for note in node.notes}

    assert [label for label in sorted(labels) if label.casefold() in printed] == []


def test_the_787_criteria_of_the_act_in_force_are_242_different_ones_each_written_once() -> None:
    worded, written = set(), defaultdict(set)

    for number, criteria_set in BOOKS["qd26-2026"].sets.items():
        for leaf, criterion in zip(leaves(transcribed("qd26-2026", number)), criteria_set.criteria, strict=True):
            options = [(each["points"], mark(each), each["text"]) for each in leaf["options"]]
            worded.add((leaf["name"], str([(each["points"], each["text"]) for each in leaf["options"]]), str(options)))
            written[str((leaf["name"], leaf.get("notes"), options))].add(criterion.leaf)

    assert sum(len(criteria_set.criteria) for criteria_set in BOOKS["qd26-2026"].sets.values()) == 787
    assert len(worded) == 242
    assert {len(leaf) for leaf in written.values()} == {1}


@cache
def printed_regimes() -> dict[str, dict[str, Any]]:
    """The transcribed regimes by id; skips where there are none."""
    file = DOMAIN / "rules" / "regimes.yaml"
    if not file.exists():
        pytest.skip(MISSING)
    regimes = yaml.safe_load(file.read_text(encoding="utf-8"))["regimes"]
    return {regime["id"]: regime for regime in regimes}


def found(name: str) -> tuple[dict[str, Any], Regime]:
    """A regime as transcribed and as stated here."""
    return printed_regimes()[name], BOOKS[REGIMES[name]].regime


@each_regime
def test_the_days_levels_and_terms_of_a_regime_are_those_of_the_transcription(name: str) -> None:
    printed, stated = found(name)

    assert (stated.valid_from.isoformat(), stated.valid_to and stated.valid_to.isoformat()) == (
        printed["valid_from"],
        printed["valid_to"],
    )
    assert stated.levels == tuple(level.partition("(")[0] for level in printed["levels"])
    assert [rung.work for rung in stated.ladder.rungs] == [
        "assesses" if "pre-assessment" in level else "scores" for level in printed["levels"]
    ]
    assert dict(stated.parts) == printed.get("parts", dict(stated.parts))
    assert stated.certificate_months.value == printed.get("validity_months", 36)


@each_regime
def test_who_recognises_is_as_transcribed(name: str) -> None:
    printed, stated = found(name)
    if "recognises" not in printed:
        printed["recognises"] = {
            band["star"]: band["recognised_by"] for band in printed["bands"] if band["recognised_by"]
        }

    for stars, level in printed["recognises"].items():
        for star in re.findall(r"\d", str(stars)):
            assert stated.ladder.authority(int(star)) == level.partition(" ")[0]


@each_regime
def test_who_moves_up_is_as_transcribed(name: str) -> None:
    printed, stated = found(name)

    for way, words in printed.get("forward", {}).items():
        level, _, to = way.partition("->")
        least = int(re.search(r"\d+", words)[0]) if "stars" not in words.split(" ")[1:2] else None  # type: ignore[index]
        rung = stated.ladder.rung(level)
        assert rung is not None
        rule = rung.forwards[0]
        assert (rule.to, rule.total_min) == (to, Fraction(least) if least is not None else rule.total_min)
        if least is None:
            assert str(rule.stars[0]) == words[0]


def test_the_bands_are_those_of_the_transcription() -> None:
    printed, stated = found("QD26-2026")

    bands = [(band.stars, band.lower, band.upper, band.upper_included) for band in stated.bands]

    assert bands == [(b["star"], b["min"], b["max"], b["max_inclusive"]) for b in printed["bands"]]


def test_the_bands_of_2019_are_kept_as_printed_with_their_gaps() -> None:
    printed, stated = found("QD1048-2019")

    bands = {band.stars: [band.lower, band.printed_upper or band.upper] for band in stated.bands}

    assert {stars: bands[stars] for stars in (5, 4, 3, 2)} == {stars: printed["bands"][stars] for stars in (5, 4, 3, 2)}
    assert bands[1] == [printed["bands"][1][0], 30]


def test_the_transitions_are_those_of_the_transcription() -> None:
    printed, stated = found("QD26-2026")
    rules = {case["article"]: case["rule"] for case in printed["transition"]}

    for rule in stated.transitions.dossiers:
        assert rule.finish_by.isoformat() in rules[rule.article]
    for lapse in stated.transitions.lapses:
        assert lapse.on.isoformat() in rules[lapse.article]
    assert stated.transitions.certificates.article in rules


def test_the_days_of_renewal_grace_and_withdrawal_are_those_of_the_transcription() -> None:
    printed, stated = found("QD26-2026")
    limits = {clock["article"]: clock["limit"] for clock in printed["deadlines"] if "limit" in clock}

    counts = {name: clock.count for name, clock in stated.clocks.items()}

    window = (counts["renewal_opens"], counts["renewal_closes"])
    assert tuple(map(int, re.findall(r"\d+", limits["7.6.a"]))) == window
    assert re.findall(r"\d+", limits["12.3"]) == [str(counts["renewal_grace"])]
    assert re.findall(r"\d+", limits["8.4"]) == [str(counts["withdrawal"])]


def test_the_grounds_of_withdrawal_and_who_has_the_word_are_those_of_the_transcription() -> None:
    printed, stated = found("QD26-2026")
    offices = {"province chair": "province", "minister": "central"}

    points = [ground.partition(")")[0] for ground in printed["withdrawal_grounds"]]

    assert list(stated.withdrawal.grounds.values()) == [f"8.1.{point}" for point in points]
    assert {stars: stated.ladder.authority(stars) for stars in stated.withdrawal.authorities} == {
        stars: offices[by] for stars, by in printed["withdrawal_by"].items()
    }
