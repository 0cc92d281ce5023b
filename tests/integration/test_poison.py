"""Poison of ten kinds, on an internal topic and at the door: one dead letter each, byte by byte; the rest goes on."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from shared.contracts import intake
from shared.contracts.envelope import Header
from shared.contracts.topics import DEAD_LETTERS, RECORD_BYTES_MAX, SHEETS, TOPIC_BYTES_MAX
from shared.kernel.partitions import partition_of
from shared.messaging.outbox import unpack_headers
from tests.support import core, toy
from tests.support.core import Sent, caught_up, expect, produce, query, running, told
from tests.support.intake import PROVINCE, Line, line, open_door
from tests.support.site import TestSite
from tests.support.toy import subject

pytestmark = pytest.mark.servers

PART = partition_of(subject(0), SHEETS.partitions)
SLOT = [name for name in map(subject, range(400)) if partition_of(name, SHEETS.partitions) == PART]
OVERSIZED = RECORD_BYTES_MAX + 1
assert OVERSIZED < TOPIC_BYTES_MAX, "the broker lets it in, the reader does not"


@dataclass(frozen=True)
class Poison:
    """A record as it is sent; `reason` is why nobody can read it."""

    kind: str
    reason: str
    value: bytes | None
    headers: list[Header]
    key: bytes | None


def changed(headers: list[Header], name: str, value: bytes | None) -> list[Header]:
    return [(known, value if known == name else said) for known, said in headers]


def ten(body: bytes, headers: list[Header], key: bytes | None, huge: bytes) -> list[Poison]:
    """The kinds but for the null key; `huge` is the body with a number that no machine has room for."""
    version = next(value for name, value in headers if name == "ce_type") or b""
    return [
        Poison("bad UTF-8 header", "headers-unreadable", body, changed(headers, "ce_source", b"\xff\xfe"), key),
        Poison("null header", "headers-unreadable", body, [*headers, ("null", None)], key),
        Poison("not JSON", "body-unreadable", b"\x89PNG \x00\xff", headers, key),
        Poison(
            "wrong type", "type-unknown", body, changed(headers, "ce_type", b"vn.ocop.scores.ProductScored.v1"), key
        ),
        Poison("unknown version", "type-unknown", body, changed(headers, "ce_type", version[:-1] + b"9"), key),
        Poison("huge number", "body-unreadable", huge, headers, key),
        Poison("deep nesting", "body-unreadable", b'{"a":' + b"[" * 9_000 + b"]" * 9_000 + b"}", headers, key),
        Poison("empty", "body-empty", b"", headers, key),
        Poison("over the size limit", "too-large", body + b" " * (OVERSIZED - len(body)), headers, key),
    ]


def internal() -> list[Poison]:
    """Each about a subject of its own, all of one slot."""
    body, names = toy.sheet().model_dump_json().encode(), iter(SLOT[1:])
    huge = body.replace(b'"1.1":1', b'"1.1":' + b"9" * 6_000)
    made = []
    for place, name in zip(range(9), names, strict=False):
        headers = toy.envelope(name, 1, toy.sheet()).headers()
        made.append(ten(body, headers, name.encode(), huge)[place])
    keyless, typeless = next(names), next(names)
    wrong = body.replace(b'"m1"', b"[1]")
    made.append(Poison("null key", "key-differs", body, toy.envelope(keyless, 1, toy.sheet()).headers(), None))
    about = toy.envelope(typeless, 1, toy.sheet()).headers()
    made.append(Poison("a field of the wrong type", "body-invalid", wrong, about, typeless.encode()))
    return made


@pytest.mark.parametrize("times", [1, 2])
async def test_on_an_internal_topic_each_is_one_dead_letter_and_the_record_behind_it_is_applied(
    site: TestSite, times: int
) -> None:
    await core.prepare(site)
    good, poisons = SLOT[0], internal()
    others = [subject(number) for number in range(400) if partition_of(subject(number), 12) != PART][:5]
    async with running(site) as runs:
        await produce(site, [Sent(name, 1, toy.opened()) for name in (good, *others)])
        for number, poison in enumerate(poisons, 1):
            await site.send(SHEETS.name, poison.value, poison.headers, poison.key, PART)
            await produce(site, [Sent(good, number, toy.sheet())])
        await produce(site, [Sent(name, 1, toy.sheet()) for name in others])
        await caught_up(site)
        for _ in range(times - 1):
            await core.read_again(runs)
            await produce(site, [Sent(good, len(poisons), toy.sheet())])
            await caught_up(site)

    rows = await query(site, "SELECT * FROM dead_letter ORDER BY topic_offset")
    assert [(row["reason"], row["value"], row["key"]) for row in rows] == [
        (poison.reason, poison.value, poison.key) for poison in poisons
    ]
    assert [unpack_headers(row["headers"]) for row in rows] == [poison.headers for poison in poisons]
    assert {row["part"] for row in rows} == {PART}
    assert len(await site.records(DEAD_LETTERS.name)) == len(poisons)
    found = await told(site, len(poisons) + len(others))
    expect({good: found.pop(good)}, [good], len(poisons))
    expect(found, others, 1)
    stuck = await query(site, "SELECT DISTINCT reason FROM held")
    assert {row["reason"] for row in stuck} == {"dead:body-unreadable", "dead:body-invalid", "dead:type-unknown"}


def at_the_door() -> list[Poison]:
    """Each under an id of its own."""
    made = []
    for place in range(9):
        body, headers = line(intake.ProducerRegistered, f"p-{place}").binary()
        huge = b'{"x":' + b"9" * 6_000 + b"," + body[1:]
        made.append(ten(body, headers, b"any", huge)[place])
    return made


async def test_at_the_door_each_is_one_dead_letter_with_a_receipt_and_the_event_behind_it_is_admitted(
    site: TestSite,
) -> None:
    poisons = at_the_door()
    async with open_door(site) as door:
        good = [line(intake.ProducerRegistered, f"good-{place}", reference=f"CT-{place}") for place in range(9)]
        for poison, behind in zip(poisons, good, strict=True):
            await door.put(PROVINCE, poison.value, poison.headers)
            await door.say(behind)

        rows = await door.pool.fetch("SELECT * FROM dead_letter ORDER BY topic_offset")
        assert [(row["reason"], row["value"]) for row in rows] == [(one.reason, one.value) for one in poisons]
        assert [unpack_headers(row["headers"]) for row in rows] == [poison.headers for poison in poisons]
        assert len(await site.records(DEAD_LETTERS.name)) == len(poisons)
        receipts = await door.receipts()
        assert [(said["offset"], said["status"]) for said in receipts] == [
            (place, "admitted" if place % 2 else "dead_lettered") for place in range(18)
        ]
        assert {said["code"] for said in receipts if said["status"] == "dead_lettered"} == {"unreadable"}


async def test_at_the_door_a_null_key_is_the_senders_choice_and_a_wrong_field_is_refused_by_its_name(
    site: TestSite,
) -> None:
    keyless = line(intake.ProducerRegistered, "keyless")
    wrong = Line(PROVINCE, "wrong", keyless.type, {**keyless.data, "name": 7})
    async with open_door(site) as door:
        await site.send(f"ocop.intake.{PROVINCE}.v1", *keyless.binary(), key=None, part=0)
        await door.say(wrong)

        assert await door.told() == [("keyless", "admitted"), ("wrong", "event-invalid")]
        assert (await door.answer("wrong"))["field"] == "data.name"
        assert (await door.journal())["wrong"]["value"] == wrong.binary()[0]
        assert await door.pool.fetch("SELECT 1 FROM dead_letter") == []
