"""The examples tell one dossier's way: one product, effects known since their causes, sheets that make the score."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from uuid import UUID

import yaml

from services.evaluation.domain.scoring import score
from shared.contracts import publish
from shared.contracts.event import Event
from shared.contracts.topics import INTERNAL
from shared.rulebooks.loader import load
from shared.rulebooks.options import check_options
from tests.support.examples import EVENTS, TOPICS, each_event, example

COMMUNES = publish.HERE.parent / "rulebooks" / "units" / "communes.csv"


def strings(node: object) -> Iterator[str]:
    """Every text in a document, however deep."""
    if isinstance(node, str):
        yield node
    if isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from strings(value)


def test_every_sample_is_of_a_declared_event() -> None:
    samples = yaml.safe_load(publish.SAMPLES.read_text(encoding="utf-8"))

    assert set(samples) - {"names"} == {publish.sample_name(event) for event in EVENTS}


def test_examples_tell_of_one_product_and_one_dossier() -> None:
    shown = [example(event)["data"] for topic in INTERNAL for event in topic.events]

    assert {data["dossier_id"] for data in shown if "dossier_id" in data} == {"019e6000-0000-8000-8000-0000000000a3"}
    assert {data["product_id"] for data in shown if "product_id" in data} == {"019e6000-0000-8000-8000-0000000000a2"}


def test_an_example_is_known_since_its_cause_and_belongs_to_the_same_story() -> None:
    shown = {name_as_cause(document): document for document in map(example, EVENTS)}
    caused = [document for document in shown.values() if document.get("causationid") in shown]

    for document in caused:
        cause = shown[document["causationid"]]
        assert document["time"] == cause["time"]
        assert document["correlationid"] == cause.get("correlationid", document["causationid"])

    assert len(shown) == len(EVENTS)
    assert len(caused) > 20


def name_as_cause(document: dict[str, Any]) -> str:
    """What an event is called by those that follow from it: an intake id is unique within its unit only."""
    unit = str(document["source"]).removeprefix("/units/")
    return f"{unit}/{document['id']}" if "sequence" not in document else str(document["id"])


def test_ids_of_examples_are_uuids_and_sequences_do_not_clash_but_where_two_ways_part() -> None:
    numbered: dict[tuple[str, str, str], set[str]] = {}
    for event in EVENTS:
        shown = example(event)
        assert str(UUID(shown["id"])) == shown["id"]
        if "sequence" in shown:
            numbered.setdefault((event.family, shown["subject"], shown["sequence"]), set()).add(event.__name__)

    assert [names for names in numbered.values() if len(names) > 1] == [
        {"DossierReturned", "StageOpened"},
        {"ProductRecognised", "DossierEnded"},
    ]


def test_an_example_comes_from_the_owner_of_its_topic() -> None:
    sources = {(topic.owner, example(event)["source"]) for topic in TOPICS for event in topic.events}

    assert sources == {
        ("66", "/units/66"),
        ("66", "/units/bnnmt"),
        ("registration", "/services/registration"),
        ("evaluation", "/services/evaluation"),
        ("promotion", "/services/promotion"),
        ("notification", "/services/notification"),
        ("each consumer", "/services/registration"),
    }


def test_the_sample_sheets_hold_an_option_for_every_criterion_of_set_13() -> None:
    criteria_set = load().all[-1].sets[13]

    for name in ("intake.ScoreSheetSubmitted.v1", "sheets.SheetSubmitted.v1"):
        event = next(event for event in EVENTS if publish.sample_name(event) == name)
        assert check_options(criteria_set, example(event)["data"]["options"]) == ()


def test_the_sample_sheets_make_the_sample_score() -> None:
    book = load().all[-1]
    by_name = {publish.sample_name(event): example(event)["data"] for event in EVENTS}
    sheet, closed = by_name["sheets.SheetSubmitted.v1"]["options"], by_name["sheets.SessionClosed.v1"]
    told = by_name["scores.ProductScored.v1"]

    found = score(book.sets[13], book.regime.bands, [sheet, sheet, {**sheet, "1.7": 2}], closed["agreed"])

    assert (told["total"], told["stars"], told["band"]) == ({"numerator": 277, "denominator": 3}, 5, 5)
    assert (found.total, found.stars, found.band) == (Fraction(277, 3), 5, 5)
    assert [(part["part"], Fraction(**part["total"])) for part in told["parts"]] == list(found.parts)


def test_the_sample_commune_lies_in_the_sample_province() -> None:
    assert "24259,Xã Quảng Phú,66" in COMMUNES.read_text(encoding="utf-8").splitlines()


@each_event
def test_the_text_of_an_example_is_composed(event: type[Event]) -> None:
    assert all(unicodedata.is_normalized("NFC", text) for text in strings(example(event)))
