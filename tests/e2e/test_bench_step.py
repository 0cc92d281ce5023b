"""The step benchmark in its short form: it measures all variants, and they agree on every score."""

from __future__ import annotations

import pytest

from tests.benchmarks.step import run

pytestmark = pytest.mark.servers

PRODUCTS = 120
PRODUCTS_NAIVE = 40


def test_every_variant_of_the_step_benchmark_finds_the_same_scores() -> None:
    figures = run(rounds=1, products=PRODUCTS, products_naive=PRODUCTS_NAIVE, processes=2)

    assert {figure.variant for figure in figures} == {
        "floor, raw",
        "service",
        "floor, decoded",
        "naive, 1 process",
        "naive, 2 processes",
    }
    assert all(figure.events_per_second > 0 for figure in figures)
