"""Each service tells machines what it reads and writes: valid AsyncAPI 3.0, with the contracts' own schemas."""

from __future__ import annotations

import importlib
import inspect
import json
import tomllib
import warnings
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are not in the lock
from pydantic import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.applications import Starlette

from deploy.provision import SERVICES
from shared.contracts import publish
from shared.contracts.asyncapi import Place, document, key_of
from shared.contracts.event import Retired
from shared.messaging import description
from shared.messaging.fencing import outputs
from shared.messaging.settings import ServiceSettings
from shared.rulebooks.calendar import load_editions
from shared.rulebooks.loader import load
from tests.support.examples import EVENTS, example
from tests.support.examples import document as published

UNITS = ("66", "68", "bnnmt")
PLACE = Place(["kafka-1.example:9092", "kafka-2.example:9092"], "season.")
KNOWN = {"rulebooks": load, "editions": load_editions}
"""What a service's rules are made of, by the name under which it asks for it."""
each_service = pytest.mark.parametrize("service", SERVICES)

READS = {
    "registration": {"ocop.promotions.v1", *(f"ocop.intake.{unit}.v1" for unit in UNITS)},
    "evaluation": {"ocop.dossiers.v1", "ocop.sheets.v1", "ocop.promotions.v1"},
    "promotion": {"ocop.dossiers.v1", "ocop.scores.v1"},
    "notification": {"ocop.dossiers.v1", "ocop.promotions.v1", "ocop.contacts.v1"},
    "console": {"ocop.dossiers.v1", "ocop.scores.v1", "ocop.promotions.v1", "ocop.notices.v1", "ocop.dead-letters.v1"},
}
WRITES = {
    "registration": {
        "ocop.dossiers.v1",
        "ocop.sheets.v1",
        "ocop.contacts.v1",
        *(f"ocop.receipts.{unit}.v1" for unit in UNITS),
    },
    "evaluation": {"ocop.scores.v1"},
    "promotion": {"ocop.promotions.v1"},
    "notification": {"ocop.notices.v1"},
    "console": set(),
}


def told(service: str) -> dict[str, Any]:
    """The service's document, as it travels."""
    return dict(json.loads(json.dumps(document(service, "0.1.0", UNITS, PLACE))))


def is_valid(shown: dict[str, Any]) -> bool:
    """True where another project's model of AsyncAPI 3 takes the document."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its fields called "schema" shadow one of pydantic's
        from asyncapi3.models import AsyncAPI3  # type: ignore[import-untyped]
    try:
        AsyncAPI3.model_validate(shown)
    except ValidationError:
        return False
    return True


def topics(shown: dict[str, Any], action: str) -> set[str]:
    """The topics of every operation of this action, those of each unit one by one, without the prefix."""
    found = set()
    for operation in shown["operations"].values():
        if operation["action"] != action:
            continue
        channel = shown["channels"][operation["channel"]["$ref"].removeprefix("#/channels/")]
        units = channel.get("parameters", {}).get("unit", {}).get("enum", [""])
        found |= {channel["address"].removeprefix(PLACE.prefix).replace("{unit}", unit) for unit in units}
    return found


@each_service
def test_a_service_s_document_is_valid_asyncapi(service: str) -> None:
    assert is_valid(told(service))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("channels", "scores", "adress"), "x"),
        (("operations", "send-scores", "action"), "publish"),
    ],
)
def test_the_judge_refuses_a_spoilt_document(place: tuple[str, ...], value: str) -> None:
    spoilt = told("evaluation")
    node = spoilt
    for name in place[:-1]:
        node = node[name]
    node[place[-1]] = value

    assert not is_valid(spoilt)


@each_service
def test_a_document_lists_exactly_the_topics_that_the_service_may_read_and_write(service: str) -> None:
    shown = told(service)

    assert topics(shown, "receive") == READS[service]
    assert topics(shown, "send") == WRITES[service] | {"ocop.dead-letters.v1"}


@each_service
def test_a_service_reads_and_sends_what_its_document_lists(service: str) -> None:
    shown = told(service)
    make = importlib.import_module(f"services.{service}.handlers").pipeline
    pipeline = make(*(KNOWN[each]() for each in inspect.signature(make).parameters))
    intake = {f"ocop.intake.{unit}.v1" for unit in UNITS} if service == "registration" else set()

    assert topics(shown, "receive") == {topic.name for topic in pipeline.inputs} | intake
    assert topics(shown, "send") == {topic.name for topic in outputs(service, UNITS if intake else ())}


@each_service
def test_the_schemas_of_a_document_are_those_of_the_contracts(service: str) -> None:
    shown = told(service)
    by_name = {key_of(event): event for event in EVENTS}
    messages = shown["components"]["messages"]

    for name in messages:
        inside = json.dumps(shown["components"]["schemas"][name])
        whole = published(by_name[name], "schemas")
        again = json.loads(inside.replace(f"#/components/schemas/{name}/", "#/"))
        assert {"$schema": whole["$schema"], "$id": whole["$id"], **again} == whole

    used = {
        ref["$ref"].rpartition("/")[2] for channel in shown["channels"].values() for ref in channel["messages"].values()
    }
    assert used == set(messages)


@each_service
def test_every_example_is_valid_by_the_schema_that_its_message_points_to(service: str) -> None:
    shown = told(service)
    registry = Registry().with_resource("urn:whole", DRAFT202012.create_resource(shown))
    by_name = {key_of(event): event for event in EVENTS}

    for name, message in shown["components"]["messages"].items():
        schema = {"$ref": f"urn:whole{message['payload']['$ref']}"}
        validator = Draft202012Validator(schema, registry=registry)
        assert validator.is_valid(example(by_name[name])["data"]), name
        assert not validator.is_valid([])


@each_service
def test_no_older_version_is_among_what_a_service_sends(service: str) -> None:
    shown = told(service)
    old = {key_of(event) for event in EVENTS if issubclass(event, Retired)}

    sent = {
        message["$ref"].rpartition("/")[2]
        for operation in shown["operations"].values()
        if operation["action"] == "send"
        for message in operation["messages"]
    }

    assert sent.isdisjoint(old)
    assert service != "console" or "notices-NoticeFailed-v1" in shown["components"]["messages"]


async def test_a_document_names_the_brokers_and_no_secret() -> None:
    settings = ServiceSettings(
        kafka_bootstrap="kafka-1.example:9092, kafka-2.example:9092",
        postgres_dsn="postgresql://ocop:very-secret@db.example/ocop",
        postgres_schema="console",
    )
    app = Starlette(routes=description.description(settings, "console"))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/asyncapi.json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert [server["host"] for server in answer.json()["servers"].values()] == list(PLACE.brokers)
    assert "very-secret" not in answer.text
    assert "db.example" not in answer.text


def test_the_version_told_is_the_program_s() -> None:
    project = tomllib.loads((publish.HERE.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))

    assert project["project"]["version"] == description.VERSION
    assert told("console")["info"]["version"] == description.VERSION
