"""Ids, partitions and waits."""

from __future__ import annotations

import asyncio
from uuid import RFC_4122, UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner, murmur2
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel import backoff, partitions
from shared.kernel.backoff import Backoff, wait_for
from shared.kernel.clock import monotonic
from shared.kernel.ids import derived_id

MILLISECONDS = st.integers(0, 2**48 - 1)


@given(MILLISECONDS, st.lists(st.text(), min_size=1, max_size=3))
def test_a_derived_id_is_an_rfc_9562_version_8_whose_first_48_bits_are_the_time(
    recorded_ms: int, names: list[str]
) -> None:
    made = derived_id(recorded_ms, *names)

    assert made.version == 8
    assert made.variant == RFC_4122
    assert made.int >> 80 == recorded_ms


def test_a_derived_id_is_this_one() -> None:
    assert derived_id(1_780_000_000_000, "a", "b") == UUID("019e7044-8800-8133-9ced-9736a69da610")
    assert derived_id(0, "a", "b") != derived_id(0, "ab")
    assert derived_id(0, "a", "b") != derived_id(0, "b", "a")


@given(MILLISECONDS, MILLISECONDS, st.text(), st.text())
def test_derived_ids_sort_by_time(one_ms: int, other_ms: int, one: str, other: str) -> None:
    if one_ms < other_ms:
        assert derived_id(one_ms, one) < derived_id(other_ms, other)


def test_derived_ids_of_many_causes_differ() -> None:
    assert len({derived_id(0, str(number)) for number in range(20_000)}) == 20_000


@given(st.binary(max_size=200))
def test_the_hash_is_that_of_kafkas_clients(data: bytes) -> None:
    assert partitions.murmur2(data) & 0xFFFFFFFF == murmur2(data) & 0xFFFFFFFF


@given(st.text(), st.integers(1, 100))
def test_the_partition_is_that_of_kafkas_clients(key: str, count: int) -> None:
    every = list(range(count))

    assert partitions.partition_of(key, count) == DefaultPartitioner()(key.encode(), every, every)


async def test_waits_double_up_to_their_limit_and_begin_again_after_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def waits(_: asyncio.Event, seconds_max: float) -> None:
        waited.append(seconds_max)

    monkeypatch.setattr(backoff, "wait_for", waits)
    doubling = Backoff(first_seconds=0.01, seconds_max=0.04)
    for _ in range(4):
        await doubling.wait(asyncio.Event())
    doubling.reset()
    await doubling.wait(asyncio.Event())

    assert waited == [0.01, 0.02, 0.04, 0.04, 0.01]


async def test_a_wait_that_nobody_ends_lasts_its_seconds() -> None:
    began = monotonic()

    await wait_for(asyncio.Event(), 0.02)

    assert monotonic() - began >= 0.019


async def test_a_wait_ends_when_it_is_told_to() -> None:
    stop = asyncio.Event()
    stop.set()

    async with asyncio.timeout(1.0):
        await Backoff(first_seconds=60.0, seconds_max=60.0).wait(stop)


@pytest.mark.parametrize(("key", "expected"), [("21", -973932308), ("foobar", -790332482), ("abc", 479470107)])
def test_the_hash_is_that_of_kafkas_own_test(key: str, expected: int) -> None:
    assert partitions.murmur2(key.encode()) == expected & 0xFFFFFFFF
