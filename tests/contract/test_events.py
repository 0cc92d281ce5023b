"""Every event as published: its schema, its example, and that it can be read from its topic."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are not in the lock

from shared.contracts import publish
from shared.contracts.event import Event
from shared.contracts.topics import Topic
from shared.messaging.delivery import Delivery, Reader
from tests.support.examples import (
    EVENTS,
    INTAKE,
    PREFIX,
    TOPICS,
    Record,
    binary,
    document,
    each_event,
    envelope_of,
    example,
    structured,
)

ON_TOPIC = [pytest.param(topic, event, id=event.type_name()) for topic in TOPICS for event in topic.events]


def read(topics: Sequence[Topic], record: Record, *, sequenced: bool) -> Delivery:
    """The record as a consumer of these topics reads it."""
    return Reader(topics, PREFIX, sequenced=sequenced).read(record)


def said(event: Event | None, like: type[Event]) -> object:
    """The data of an event, as it stands in its example."""
    assert isinstance(event, like)
    return event.model_dump(mode="json", exclude_unset=like.family == "intake")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the published files that may be spoilt."""
    for folder in publish.FOLDERS:
        shutil.copytree(publish.HERE / folder, tmp_path / folder)
    shutil.copy(publish.HERE / publish.BASELINE, tmp_path)
    monkeypatch.setattr(publish, "HERE", tmp_path)
    return tmp_path


def test_the_committed_files_are_those_generated_and_no_others() -> None:
    assert publish.differing(publish.generated()) == []


@pytest.mark.parametrize("name", ["schemas/scores.ProductScored.v1.json", "examples/intake.DossierFiled.v1.json"])
def test_the_check_names_a_changed_a_missing_and_a_stray_file(
    name: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / name).write_text("{}\n", encoding="utf-8")
    (copy / "examples" / "sheets.SessionClosed.v1.json").unlink()
    (copy / "schemas" / "sheets.Forgotten.v1.json").write_text("{}\n", encoding="utf-8")

    code = publish.main(["--check"])

    told = capsys.readouterr().err.splitlines()
    assert code == 1
    assert {line.split(" ")[0] for line in told} == {
        name,
        "examples/sheets.SessionClosed.v1.json",
        "schemas/sheets.Forgotten.v1.json",
    }


def test_publishing_mends_what_the_check_names(copy: Path) -> None:
    (copy / "examples" / "sheets.SessionClosed.v1.json").unlink()
    (copy / "schemas" / "sheets.Forgotten.v1.json").write_text("{}\n", encoding="utf-8")

    codes = [publish.main([]), publish.main(["--check"])]

    assert codes == [0, 0]


def test_a_wrong_call_of_the_publisher_is_told_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert publish.main(["--chek"]) == 2
    assert "--check" in capsys.readouterr().err


def test_no_two_events_have_one_type() -> None:
    assert len({event.type_name() for event in EVENTS}) == len(EVENTS)


@each_event
def test_an_example_is_valid_by_its_schema(event: type[Event]) -> None:
    schema, shown = document(event, "schemas"), example(event)
    Draft202012Validator.check_schema(schema)

    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(shown["data"])

    assert shown["dataschema"] == schema["$id"]
    assert shown["type"] == event.type_name()


@each_event
def test_only_an_intake_event_refuses_an_unknown_field(event: type[Event]) -> None:
    schema, shown = document(event, "schemas"), example(event)
    validator = Draft202012Validator(schema)

    accepted = validator.is_valid({**shown["data"], "a_field_of_tomorrow": 1})

    assert accepted is (event.family != "intake")
    assert (schema.get("additionalProperties") is False) is (event.family == "intake")


@each_event
def test_an_example_goes_through_its_model_unchanged(event: type[Event]) -> None:
    shown = example(event)["data"]

    parsed = event.model_validate_json(json.dumps(shown))

    assert said(parsed, event) == shown


@pytest.mark.parametrize(("topic", "event"), ON_TOPIC)
def test_an_example_is_read_from_its_topic_as_its_readers_do(topic: Topic, event: type[Event]) -> None:
    shown = example(event)

    delivery = read([topic], binary(topic, shown), sequenced=topic is not INTAKE)

    assert delivery.fault is None
    assert delivery.envelope == envelope_of(shown)
    assert said(delivery.event, event) == shown["data"]


@pytest.mark.parametrize("event", INTAKE.events, ids=[event.__name__ for event in INTAKE.events])
def test_registration_reads_an_intake_example_in_structured_mode_too(event: type[Event]) -> None:
    shown = example(event)

    delivery = read([INTAKE], structured(INTAKE, shown), sequenced=False)

    assert delivery.fault is None
    assert delivery.envelope == envelope_of(shown)
    assert said(delivery.event, event) == shown["data"]
