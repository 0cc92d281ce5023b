"""Every metric by name: what it says, its labels, its unit. No label names a subject, a producer or a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from shared.kernel.reasons import Reason

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Its first label is always `service`; each further one takes the values of a closed list.

    A counter's name is written here without the `_total` that Prometheus appends.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    words: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


STARTED = Metric("ocop_started_at_seconds", "gauge", "seconds", "When this process started, seconds since 1970.")
OBSERVED_AGE = Metric(
    "ocop_observed_age_seconds", "gauge", "seconds", "How old the figures read from the database and the broker are."
)
READY = Metric("ocop_ready", "gauge", "1 or 0", "Whether this check of /ready holds.", ("check",))
LAG_SECONDS = Metric(
    "ocop_consumer_lag_seconds",
    "gauge",
    "seconds",
    "Age of the oldest record of the topic that is not applied yet; 0 at its end.",
    ("topic",),
)
LAG_RECORDS = Metric(
    "ocop_consumer_lag_records", "gauge", "records", "Records of the topic that are not applied yet.", ("topic",)
)
STALLED = Metric(
    "ocop_consumer_stalled_seconds",
    "gauge",
    "seconds",
    "For how long a partition of this consumer has not moved although it holds more; 0 while it moves.",
    ("group",),
)
BATCH_RECORDS = Metric(
    "ocop_batch_records",
    "histogram",
    "records",
    "Records of a batch.",
    ("group",),
    (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
)
BATCH_SECONDS = Metric(
    "ocop_batch_seconds",
    "histogram",
    "seconds",
    "Time from the begin of a batch's transaction to its commit.",
    ("group",),
    (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
OUTCOMES = Metric("ocop_outcomes", "counter", "events", "What became of events.", ("group", "outcome"))
OUTBOX_ROWS = Metric("ocop_outbox_unsent_rows", "gauge", "rows", "Rows of the outbox that are not sent yet.")
OUTBOX_AGE = Metric("ocop_outbox_age_seconds", "gauge", "seconds", "Age of the oldest unsent row; 0 where all is sent.")
RELAY_LEADING = Metric("ocop_relay_leading", "gauge", "1 or 0", "Whether this process is the one that sends.")
HELD = Metric("ocop_held_records", "gauge", "records", "Records held, by why they wait.", ("reason",))
GAP_AGE = Metric(
    "ocop_gap_age_seconds", "gauge", "seconds", "For how long the oldest record has waited for its predecessor."
)
DEAD_LETTERS = Metric(
    "ocop_dead_letters", "gauge", "records", "Dead letters that nobody has settled, by reason.", ("reason",)
)
INTAKE_HELD = Metric("ocop_intake_held_events", "gauge", "events", "Intake events that wait for what they name.")
NOTICES_UNSENT = Metric("ocop_notices_unsent", "gauge", "notices", "Notices that are neither sent nor given up.")
NOTICES_AGE = Metric(
    "ocop_notices_age_seconds", "gauge", "seconds", "How long ago the fact of the oldest unsent notice became known."
)

METRICS: Final[tuple[Metric, ...]] = (
    STARTED,
    OBSERVED_AGE,
    READY,
    LAG_SECONDS,
    LAG_RECORDS,
    STALLED,
    BATCH_RECORDS,
    BATCH_SECONDS,
    OUTCOMES,
    OUTBOX_ROWS,
    OUTBOX_AGE,
    RELAY_LEADING,
    HELD,
    GAP_AGE,
    DEAD_LETTERS,
    INTAKE_HELD,
    NOTICES_UNSENT,
    NOTICES_AGE,
)

OUTCOME_NAMES: Final = (
    "applied",
    "announced",
    "duplicate",
    "held",
    "dead",
    "redelivered",
    "admitted",
    "refused",
    "dead_lettered",
)
HOLD_REASONS: Final = ("gap", "waits", "dead")
DEAD_REASONS: Final = tuple(reason.value for reason in Reason)


class Meters:
    """The measurements of one process of one service, in a registry of its own."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._registry = CollectorRegistry()
        self._made = {metric.name: _made(metric, self._registry) for metric in METRICS}

    def set(self, metric: Metric, value: float, *labels: str) -> None:
        """The gauge stands at `value`."""
        gauge = self._made[metric.name]
        assert isinstance(gauge, Gauge)
        gauge.labels(self._service, *labels).set(value)

    def set_all(self, metric: Metric, names: Sequence[str], values: Mapping[str, float]) -> None:
        """The gauge stands at each name's value, 0 where there is none; what the closed list lacks counts as other."""
        for name in names:
            self.set(metric, values.get(name, 0), name)
        self.set(metric, sum(value for name, value in values.items() if name not in names), OTHER)

    def batch(self, group: str, records: int, seconds: float, outcomes: Mapping[str, int]) -> None:
        """One batch is counted: its size, its time, and what became of its events."""
        for metric, value in ((BATCH_RECORDS, float(records)), (BATCH_SECONDS, seconds)):
            histogram = self._made[metric.name]
            assert isinstance(histogram, Histogram)
            histogram.labels(self._service, group).observe(value)
        counter = self._made[OUTCOMES.name]
        assert isinstance(counter, Counter)
        for name, number in outcomes.items():
            counter.labels(self._service, group, name if name in OUTCOME_NAMES else OTHER).inc(number)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


def _made(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    labels = ("service", *metric.labels)
    match metric.kind:
        case "counter":
            return Counter(metric.name, metric.words, labels, registry=registry)
        case "gauge":
            return Gauge(metric.name, metric.words, labels, registry=registry)
        case "histogram":
            return Histogram(metric.name, metric.words, labels, registry=registry, buckets=metric.buckets)
