"""W3C trace context: kept where it is valid, else made, the same each time."""

from __future__ import annotations

import pytest

from shared.observability.trace import trace_id, traceparent

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_valid_context_is_kept_as_it_came() -> None:
    assert traceparent(GIVEN, "66/HS-1") == GIVEN


@pytest.mark.parametrize(
    "given",
    [
        "",
        "here",
        GIVEN.upper(),
        GIVEN + "-00",
        "ff" + GIVEN[2:],
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    ],
)
def test_what_is_no_context_is_replaced_by_one_that_the_same_event_always_gets(given: str) -> None:
    made = traceparent(given, "66/HS-1")

    assert made == traceparent("", "66/HS-1")
    assert traceparent(made, "anything") == made
    assert made != traceparent("", "66/HS-2")


def test_the_made_context_is_sha_256_of_the_name() -> None:
    # printf 'trace\x1f66/HS-1' | sha256sum
    assert trace_id(traceparent("", "66/HS-1")) == "374f638f9d74936c5f9122587711fffa"
