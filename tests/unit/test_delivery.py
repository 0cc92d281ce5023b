"""Whatever the bytes are, reading gives a value: the event, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import Header
from shared.contracts.sheets import SheetSubmitted
from shared.contracts.topics import DOSSIERS, RECORD_BYTES_MAX, SHEETS, intake_topic
from shared.kernel.reasons import Reason
from shared.messaging.delivery import Delivery, Reader
from tests.support import toy

SUBJECT = toy.subject(1)
READER = Reader((SHEETS, DOSSIERS), "t.", sequenced=True)
INTAKE = Reader((intake_topic("66"),), "t.", sequenced=False)
BODY = toy.sheet().model_dump_json().encode()


def _good_headers() -> list[Header]:
    return headers()


@dataclass
class Raw:
    """A record as aiokafka gives it."""

    value: bytes | None = BODY
    headers: Sequence[Header] = field(default_factory=_good_headers)
    key: bytes | None = SUBJECT.encode()
    topic: str = "t." + SHEETS.name
    partition: int = 0
    offset: int = 7
    timestamp: int = toy.RECORDED_MS


def headers(**changes: bytes | None) -> list[Header]:
    """Good headers, but for `changes`; an empty one is left out."""
    given_ones: dict[str, bytes | None] = dict(toy.envelope(SUBJECT, 1, toy.sheet()).headers())
    given_ones |= {f"ce_{name}": value for name, value in changes.items()}
    return [(name, value) for name, value in given_ones.items() if value != b""]


def structured(**changes: object) -> Raw:
    """The same event as one JSON document."""
    attributes = {name[3:]: value.decode() for name, value in headers() if name.startswith("ce_") and value}
    document = {**attributes, "data": orjson.loads(BODY), **changes}
    return Raw(orjson.dumps(document), [("content-type", b"application/cloudevents+json; charset=utf-8")])


def reason(record: Raw, reader: Reader = READER) -> str | None:
    found: Delivery = reader.read(record)
    assert (found.event is None) is (found.fault is not None)
    return found.fault.reason if found.fault else None


def test_a_good_record_is_read_with_its_envelope() -> None:
    found = READER.read(Raw())

    assert found.event == toy.sheet()
    assert found.envelope is not None
    assert (found.envelope.subject, found.envelope.sequence) == (SUBJECT, 1)
    assert found.envelope.recorded_ms == toy.RECORDED_MS
    assert (found.topic, found.offset) == (SHEETS.name, 7)


def test_structured_mode_says_the_same_as_binary_mode() -> None:
    found, binary = READER.read(structured()), READER.read(Raw())

    assert found.fault is None
    assert (found.event, found.envelope) == (binary.event, binary.envelope)


NESTED = b'{"options":' + b"[" * 10_000 + b"]" * 10_000 + b"}"

POISON: dict[str, tuple[Raw, Reason]] = {
    "a header is not UTF-8": (Raw(headers=headers(type=b"\xff\xfe")), Reason.HEADERS_UNREADABLE),
    "a header is null": (Raw(headers=headers(type=None)), Reason.HEADERS_UNREADABLE),
    "no headers": (Raw(headers=()), Reason.ATTRIBUTE_MISSING),
    "no id": (Raw(headers=headers(id=b"")), Reason.ATTRIBUTE_MISSING),
    "a blank subject": (Raw(headers=headers(subject=b"  ")), Reason.ATTRIBUTE_MISSING),
    "an id with a NUL": (Raw(headers=headers(id=b"a\x00b")), Reason.ATTRIBUTE_INVALID),
    "an id with the mark of what has none": (Raw(headers=headers(id=b"@0/7")), Reason.ATTRIBUTE_INVALID),
    "a type with a NUL": (Raw(headers=headers(type=b"vn.ocop\x00")), Reason.ATTRIBUTE_INVALID),
    "a traceparent with a NUL": (Raw(headers=headers(traceparent=b"00\x00")), Reason.ATTRIBUTE_INVALID),
    "an id with half a character": (Raw(headers=headers(id=b"\xed\xa0\x80")), Reason.HEADERS_UNREADABLE),
    "an id without end": (Raw(headers=headers(id=b"a" * 201)), Reason.ATTRIBUTE_INVALID),
    "a correlation id without end": (Raw(headers=headers(correlationid=b"a" * 9_000)), Reason.ATTRIBUTE_INVALID),
    "sequence 0": (Raw(headers=headers(sequence=b"0")), Reason.ATTRIBUTE_INVALID),
    "sequence in other digits": (Raw(headers=headers(sequence="١".encode())), Reason.ATTRIBUTE_INVALID),
    "a sequence beyond 64 bits": (Raw(headers=headers(sequence=b"9" * 19)), Reason.ATTRIBUTE_INVALID),
    "another specversion": (Raw(headers=headers(specversion=b"0.3")), Reason.ATTRIBUTE_INVALID),
    "no recorded time": (Raw(headers=headers(recordedtime=b"")), Reason.ATTRIBUTE_INVALID),
    "a recorded time without offset": (
        Raw(headers=headers(recordedtime=b"2026-06-01T00:00:00")),
        Reason.ATTRIBUTE_INVALID,
    ),
    "a recorded time before all time": (
        Raw(headers=headers(recordedtime=b"0001-01-01T00:00:00+14:00")),
        Reason.ATTRIBUTE_INVALID,
    ),
    "a recorded time after all time": (
        Raw(headers=headers(recordedtime=b"9999-12-31T23:59:59-14:00")),
        Reason.ATTRIBUTE_INVALID,
    ),
    "not JSON": (Raw(b"\x89PNG"), Reason.BODY_UNREADABLE),
    "not UTF-8": (Raw(b'{"dossier_id": "\xff"}'), Reason.BODY_UNREADABLE),
    "cut off": (Raw(BODY[:-5]), Reason.BODY_UNREADABLE),
    "nested without end": (Raw(NESTED), Reason.BODY_UNREADABLE),
    "another kind of value": (Raw(b"[1, 2]"), Reason.BODY_INVALID),
    "a field of another type": (Raw(BODY.replace(b'"m1"', b"1")), Reason.BODY_INVALID),
    "a huge number": (Raw(BODY.replace(b'"1.1":1', b'"1.1":' + b"9" * 6_000)), Reason.BODY_UNREADABLE),
    "an infinite number": (Raw(BODY.replace(b'"1.1":1', b'"1.1":1e999')), Reason.BODY_INVALID),
    "null": (Raw(b"null"), Reason.BODY_INVALID),
    "an unknown type": (Raw(headers=headers(type=b"vn.ocop.sheets.Unheard.v1")), Reason.TYPE_UNKNOWN),
    "an unknown version": (Raw(headers=headers(type=b"vn.ocop.sheets.SheetSubmitted.v9")), Reason.TYPE_UNKNOWN),
    "an event of another topic": (
        Raw(headers=headers(type=b"vn.ocop.dossiers.DayOpened.v1")),
        Reason.TYPE_UNKNOWN,
    ),
    "empty": (Raw(b""), Reason.BODY_EMPTY),
    "null value": (Raw(None), Reason.BODY_EMPTY),
    "null key": (Raw(key=None), Reason.KEY_DIFFERS),
    "another key": (Raw(key=b"another"), Reason.KEY_DIFFERS),
    "over the size limit": (Raw(b" " * (RECORD_BYTES_MAX + 1)), Reason.TOO_LARGE),
    "structured, but no object": (
        Raw(b"[]", [("content-type", b"application/cloudevents+json")]),
        Reason.ATTRIBUTE_MISSING,
    ),
    "structured, but not JSON": (
        Raw(b"{", [("content-type", b"application/cloudevents+json")]),
        Reason.BODY_UNREADABLE,
    ),
    "structured, nested too deep to be written again": (
        Raw(
            b'{"data":' + b"[" * 400 + b"]" * 400 + b"}",
            [("content-type", b"application/cloudevents+json")],
        ),
        Reason.BODY_UNREADABLE,
    ),
    "structured, an id with half a character": (
        Raw(b'{"id":"\\ud800","data":{}}', [("content-type", b"application/cloudevents+json")]),
        Reason.BODY_UNREADABLE,
    ),
    "structured, an id with a NUL": (structured(id="a\x00"), Reason.ATTRIBUTE_INVALID),
    "half a character in a field": (Raw(BODY.replace(b'"m1"', b'"\\ud800"')), Reason.BODY_UNREADABLE),
    "structured, an attribute of another type": (structured(id=5), Reason.ATTRIBUTE_MISSING),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_becomes_a_value_with_its_reason(name: str) -> None:
    record, expected = POISON[name]

    assert reason(record) == expected


def test_the_envelope_is_known_where_only_the_body_is_at_fault() -> None:
    found = READER.read(Raw(b"{}"))

    assert found.envelope is not None
    assert found.envelope.subject == SUBJECT


def test_a_fault_of_the_body_names_the_fields_and_repeats_no_values() -> None:
    found = READER.read(Raw(BODY.replace(b'"m1"', b'{"secret": 4711}')))

    assert found.fault is not None
    assert "member_id" in found.fault.detail
    assert "4711" not in found.fault.detail


def test_intake_needs_neither_key_nor_sequence_and_takes_the_brokers_time() -> None:
    body = orjson.dumps({"reference": "p1", "kind": "cooperative"})
    sent = [(name, value) for name, value in headers(sequence=b"", subject=b"", recordedtime=b"")]

    found = INTAKE.read(Raw(body, sent, None, "t." + intake_topic("66").name))

    assert found.fault is not None
    assert found.fault.reason == Reason.TYPE_UNKNOWN
    assert found.envelope is not None
    assert found.envelope.recorded_ms == toy.RECORDED_MS


@pytest.mark.parametrize("stamp", [-1, 2**62])
def test_a_brokers_time_out_of_all_bounds_is_brought_within_them(stamp: int) -> None:
    assert 0 <= READER.read(Raw(timestamp=stamp)).timestamp_ms < 2**48


def test_what_was_kept_is_read_again_as_it_came() -> None:
    found = READER.read(Raw())

    assert READER.again(Delivery(SHEETS.name, 0, 7, toy.RECORDED_MS, found.key, found.headers, found.value)) == found


header_values = (
    st.none() | st.binary(max_size=300) | st.text(max_size=50).map(lambda text: text.encode("utf-8", "replace"))
)
header_names = st.sampled_from([name for name, _ in headers()]) | st.text(max_size=10)


@given(
    value=st.none() | st.binary(max_size=200) | st.sampled_from([BODY, structured().value]),
    changes=st.dictionaries(header_names, header_values, max_size=4),
    key=st.none() | st.binary(max_size=40) | st.just(SUBJECT.encode()),
    stamp=st.integers(-(2**63), 2**63 - 1),
    good=st.booleans(),
)
def test_reading_never_raises(
    value: bytes | None, changes: dict[str, bytes | None], key: bytes | None, stamp: int, *, good: bool
) -> None:
    sent = {**(dict(headers()) if good else {}), **changes}
    record = Raw(value, list(sent.items()), key, timestamp=stamp)

    found = READER.read(record)

    assert (found.event is None) is (found.fault is not None)
    assert found.event is None or isinstance(found.event, SheetSubmitted)


@pytest.mark.parametrize("name", ["a\x00b", "a\u2028b", "a: b; c", "k" * 600, " "])
def test_a_field_name_that_a_sender_made_up_is_fit_to_be_told_and_stored(name: str) -> None:
    sent = Raw(orjson.dumps({"date": "2026-06-01", name: 1}), _day_headers(), None, "t." + intake_topic("66").name)

    found = INTAKE.read(sent)

    assert found.fault is not None
    assert found.fault.reason == Reason.BODY_INVALID
    path, separator, words = found.fault.detail.partition(": ")
    assert (separator, words) == (": ", "Extra inputs are not permitted")
    assert path.isprintable()
    assert len(path) <= 300


def _day_headers() -> list[Header]:
    changes = {"type": b"vn.ocop.intake.DayStarted.v1", "sequence": b"", "subject": b"", "recordedtime": b""}
    return headers(**changes)


def test_what_follows_from_an_intake_event_with_the_longest_id_can_be_read() -> None:
    longest = b"bnnmt/" + b"a" * 200

    found = READER.read(Raw(headers=headers(causationid=longest, correlationid=longest)))

    assert found.fault is None
