"""Who reads which topic: as declared, able to read all that stands there, and the sheets by evaluation alone."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from services.registration.domain.case import Rules
from services.registration.handlers import Intake
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, INTERNAL, SHEETS, Topic
from shared.kernel.reasons import Reason
from shared.messaging.delivery import Reader
from shared.messaging.pipeline import Pipeline
from shared.rulebooks.calendar import load_editions
from shared.rulebooks.loader import load
from shared.rulebooks.units import load_units
from tests.support.examples import EVENTS, INTAKE, PREFIX, binary, document, example

SERVICES = ("registration", "evaluation", "promotion", "notification", "console")
KNOWN = {"rulebooks": load, "editions": load_editions}
"""What a service's rules are made of, by the name under which it asks for it."""
OUTSIDE_SHEETS = [event for event in EVENTS if event.family not in {"sheets", "intake"}]
SHEETS_OWN = {"options", "points", "agreed", "self_assessment"}


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Pipeline[Any]]:
    """The pipeline of every service that is written, by the service's name."""
    written = [service for service in SERVICES if find_spec(f"services.{service}.handlers") is not None]
    return {service: pipeline_of(service) for service in written}


def pipeline_of(service: str) -> Pipeline[Any]:
    make = importlib.import_module(f"services.{service}.handlers").pipeline
    made = make(*(KNOWN[each]() for each in inspect.signature(make).parameters))
    assert isinstance(made, Pipeline)
    return made


def field_names(node: object) -> Iterator[str]:
    """The name of every field in a schema, however deep."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for value in node.values():
            yield from field_names(value)
    if isinstance(node, list):
        for value in node:
            yield from field_names(value)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_every_example_of_all_its_topics_with_one_reader(
    service: str, pipelines: dict[str, Pipeline[Any]]
) -> None:
    if (pipeline := pipelines.get(service)) is None:
        pytest.skip(f"{service} has no handlers yet")
    reader = Reader(pipeline.inputs, PREFIX, sequenced=True)

    for topic in pipeline.inputs:
        for event in topic.events:
            delivery = reader.read(binary(topic, example(event)))
            assert delivery.fault is None, event.type_name()
            assert isinstance(delivery.event, event)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_subscribes_to_the_topics_that_declare_it_a_reader(
    service: str, pipelines: dict[str, Pipeline[Any]]
) -> None:
    if (pipeline := pipelines.get(service)) is None:
        pytest.skip(f"{service} has no handlers yet")

    subscribed = {topic.name for topic in pipeline.inputs}

    assert subscribed == {topic.name for topic in INTERNAL if service in topic.readers}


def test_registration_alone_reads_what_the_units_tell_and_reads_every_example() -> None:
    intake = Intake(Rules(load(), load_units(), scripted=True), ("66",), PREFIX)

    deliveries = [intake.reader.read(binary(INTAKE, example(event))) for event in INTAKE.events]

    assert [topic.name for topic in intake.topics] == [INTAKE.name]
    assert INTAKE.readers == {"registration"}
    assert [(delivery.fault, type(delivery.event)) for delivery in deliveries] == [(None, e) for e in INTAKE.events]


@pytest.mark.parametrize("topic", INTERNAL, ids=lambda topic: topic.name)
def test_a_topic_has_the_readers_that_it_declares_and_no_others(
    topic: Topic, pipelines: dict[str, Pipeline[Any]]
) -> None:
    readers = {service for service, pipeline in pipelines.items() if topic in pipeline.inputs}

    assert readers == topic.readers & set(pipelines)
    assert topic.readers <= set(SERVICES)


def test_evaluation_alone_reads_the_sheets(pipelines: dict[str, Pipeline[Any]]) -> None:
    readers = [service for service, pipeline in pipelines.items() if SHEETS in pipeline.inputs]

    assert readers == ["evaluation"]
    assert SHEETS.readers == {"evaluation"}


@pytest.mark.parametrize("event", OUTSIDE_SHEETS, ids=[event.type_name() for event in OUTSIDE_SHEETS])
def test_no_option_and_no_point_leaves_the_sheets(event: type[Event]) -> None:
    assert SHEETS_OWN.isdisjoint(field_names(document(event, "schemas")))


def test_the_sheets_do_carry_what_is_looked_for_elsewhere() -> None:
    found = {name for event in SHEETS.events for name in field_names(document(event, "schemas"))}

    assert {"options", "agreed"} <= found


def test_a_sheet_sent_to_a_reader_of_dossiers_is_not_read() -> None:
    shown = example(SHEETS.events[0])

    delivery = Reader([DOSSIERS], PREFIX, sequenced=True).read(binary(DOSSIERS, shown))

    assert delivery.event is None
    assert delivery.fault is not None
    assert delivery.fault.reason == Reason.TYPE_UNKNOWN
