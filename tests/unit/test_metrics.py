"""The list of metrics, and what a process says of them."""

from __future__ import annotations

import re

from shared.observability import metrics
from shared.observability.metrics import METRICS, Meters


def test_each_metric_is_named_once_after_what_it_measures_and_its_unit() -> None:
    names = [metric.name for metric in METRICS]

    assert len(set(names)) == len(names)
    for metric in METRICS:
        assert re.fullmatch(r"ocop_[a-z_]+", metric.name)
        assert metric.words.endswith(".")
        if metric.unit == "seconds":
            assert metric.name.endswith("_seconds")


def test_no_label_can_name_a_subject_or_a_person() -> None:
    assert {label for metric in METRICS for label in metric.labels} <= {"group", "topic", "outcome", "reason", "check"}


def test_a_batch_is_counted_by_size_time_and_outcome() -> None:
    meters = Meters("evaluation")

    meters.batch("evaluation", 40, 0.03, {"applied": 39, "dead": 1, "never heard of": 2})

    text = meters.text().decode()
    assert 'ocop_batch_records_bucket{group="evaluation",le="25.0",service="evaluation"} 0.0' in text
    assert 'ocop_batch_records_bucket{group="evaluation",le="50.0",service="evaluation"} 1.0' in text
    assert 'ocop_batch_seconds_sum{group="evaluation",service="evaluation"} 0.03' in text
    assert 'ocop_outcomes_total{group="evaluation",outcome="applied",service="evaluation"} 39.0' in text
    assert 'ocop_outcomes_total{group="evaluation",outcome="other",service="evaluation"} 2.0' in text


def test_a_reason_that_is_gone_stands_at_nothing_again() -> None:
    meters = Meters("evaluation")

    meters.set_all(metrics.HELD, metrics.HOLD_REASONS, {"gap": 3, "strange": 1})
    meters.set_all(metrics.HELD, metrics.HOLD_REASONS, {"waits": 2})

    text = meters.text().decode()
    assert 'ocop_held_records{reason="gap",service="evaluation"} 0.0' in text
    assert 'ocop_held_records{reason="waits",service="evaluation"} 2.0' in text
    assert 'ocop_held_records{reason="other",service="evaluation"} 0.0' in text
