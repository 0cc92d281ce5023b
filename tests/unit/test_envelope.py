"""The envelope is a CloudEvent 1.0 in Kafka's binary mode, judged by the specification's own rules."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # no stubs in the lock file

from shared.contracts.envelope import MILLISECONDS_MAX, Envelope, from_headers, milliseconds, timestamp
from shared.contracts.topics import SHEETS
from shared.messaging.delivery import Reader
from tests.support import toy
from tests.unit.test_delivery import Raw

FULL = Envelope(
    id="0197",
    source="/services/registration",
    type="vn.ocop.sheets.SheetSubmitted.v1",
    subject="sản-phẩm-1",
    sequence=12,
    recorded_ms=1_780_000_000_123,
    dataschema="urn:ocop:schema:sheets.SheetSubmitted.v1",
    correlation_id="c",
    causation_id="d",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)

RFC_3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
CLOUD_EVENT = {  # the attributes of CloudEvents 1.0.2, section "Context Attributes", typed by hand
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "pattern": RFC_3339},
        "dataschema": {"type": "string", "minLength": 1, "pattern": "^[a-z]+:"},
        "recordedtime": {"type": "string", "pattern": RFC_3339},
    },
    "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
    "additionalProperties": {"type": "string", "minLength": 1},
}


def attributes(envelope: Envelope) -> dict[str, str]:
    """What a reader of the Kafka protocol binding takes from the headers: `ce_` and the attribute's name, UTF-8."""
    found = {}
    for name, value in envelope.headers():
        matched = re.fullmatch(r"ce_(.+)", name)
        if matched is not None and value is not None:
            found[matched[1]] = bytes(value).decode("utf-8", "strict")
    return found


@pytest.mark.parametrize("envelope", [FULL, Envelope("1", "/units/66", "a.b.v1", "s", 1, 0)])
def test_the_attributes_are_those_of_the_specification(envelope: Envelope) -> None:
    faults = list(Draft202012Validator(CLOUD_EVENT).iter_errors(attributes(envelope)))

    assert faults == []


def test_the_content_type_says_json_and_not_structured_mode() -> None:
    assert dict(FULL.headers())["content-type"] == b"application/json"


def test_every_attribute_stands_in_the_headers_as_it_is() -> None:
    assert attributes(FULL) == {
        "specversion": "1.0",
        "id": "0197",
        "source": "/services/registration",
        "type": "vn.ocop.sheets.SheetSubmitted.v1",
        "subject": "sản-phẩm-1",
        "time": "2026-05-28T20:26:40.123Z",
        "recordedtime": "2026-05-28T20:26:40.123Z",
        "sequence": "12",
        "dataschema": "urn:ocop:schema:sheets.SheetSubmitted.v1",
        "correlationid": "c",
        "causationid": "d",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }


def test_what_is_written_is_read_as_it_was() -> None:
    sent = Raw(headers=FULL.headers(), key=FULL.subject.encode())

    assert Reader((SHEETS,), "t.", sequenced=True).read(sent).envelope == FULL


@given(st.integers(0, MILLISECONDS_MAX))
def test_a_time_is_kept_to_the_millisecond(moment: int) -> None:
    assert milliseconds(timestamp(moment)) == moment
    assert datetime.fromisoformat(timestamp(moment)) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=moment
    )


@pytest.mark.parametrize("text", ["", "yesterday", "2026-06-01", "2026-06-01T10:00:00", "1969-12-31T23:59:59Z"])
def test_a_time_without_offset_or_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        milliseconds(text)


def test_names_of_headers_are_read_whatever_their_case() -> None:
    assert from_headers([("CE_ID", b"1"), ("Content-Type", b"a")]) == {"ce_id": "1", "content-type": "a"}


@pytest.mark.parametrize("value", [None, b"\xff"])
def test_a_header_that_is_null_or_not_utf_8_is_refused(value: bytes | None) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_headers([("ce_id", value)])


def test_the_toys_envelopes_are_cloud_events_too() -> None:
    made = toy.envelope(toy.subject(1), 1, toy.sheet())

    assert list(Draft202012Validator(CLOUD_EVENT).iter_errors(attributes(made))) == []
