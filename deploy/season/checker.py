"""Checks a played season from outside: by receipts, scores, promotions and mails alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer

from deploy.season.comparison import Difference, counts, differences, registered
from deploy.season.expectations import Counts, Expected
from deploy.season.observed import Observed
from deploy.season.outsider import at_end, partitions_of, poll, reader, unit_of, unit_of_intake
from shared.contracts.topics import INTERNAL, PROMOTIONS, SCORES
from shared.kernel.clock import monotonic

QUIET_SECONDS_MAX: Final = 30.0
"""Nothing new for so long, and no more will come: the differences that are left stay."""
_POLL_SECONDS: Final = 0.25
_TELL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every difference between the season and what was seen; `counts` are the figures seen, `expected` those due.

    `registered` are the products seen of each district, where the season has districts.
    """

    differences: tuple[Difference, ...]
    counts: Counts
    expected: Counts
    seconds: float
    registered: Counter[str]

    @property
    def holds(self) -> bool:
        """True when everything is as the season's author wrote it down."""
        return not self.differences


Progress = Callable[[Counts], None]
"""Called with the figures so far, about twice a second while something comes."""


async def check(
    bootstrap: str, prefix: str, mail_directory: Path, expected: Expected, deadline_seconds: float, progress: Progress
) -> CheckReport:
    """Everything expected has come and nothing else, or the report names what differs.

    It ends when all is there and every topic is read to its end; at the deadline; or after `QUIET_SECONDS_MAX`
    without anything new. A season that was sent twice is taken too: lines sent again must be answered as duplicates.
    """
    started = heard = told = monotonic()
    observed = Observed(prefix)
    async with reader(bootstrap, lambda topic: _wanted(topic, prefix), from_now=False) as consumer:
        while True:
            records = await poll(consumer, _POLL_SECONDS)
            observed.take(records)
            if observed.take_mails(mail_directory) or records:
                heard = monotonic()
                if heard - told >= _TELL_SECONDS:
                    told = heard
                    progress(counts(observed, expected))
                if records and heard - started < deadline_seconds:
                    continue
            found = tuple(differences(observed, expected, await intake_counts(consumer, prefix)))
            now = monotonic()
            settled = not found and await at_end(consumer)
            if settled or now - started >= deadline_seconds or now - heard >= QUIET_SECONDS_MAX:
                by_district = registered(observed, expected)
                return CheckReport(found, counts(observed, expected), expected.counts(), now - started, by_district)


async def snapshot_counts(bootstrap: str, prefix: str) -> dict[str, int]:
    """How many records each internal topic has ever had; two equal snapshots say that nothing was decided between."""
    names = {prefix + topic.name: topic.name for topic in INTERNAL}
    async with reader(bootstrap, lambda topic: topic in names, from_now=True) as consumer:
        ends = await consumer.end_offsets(list(consumer.assignment()))
    found = dict.fromkeys(names.values(), 0)
    for partition, end in ends.items():
        found[names[partition.topic]] += end
    return found


async def intake_counts(consumer: AIOKafkaConsumer, prefix: str) -> dict[str, int]:
    """How many records the broker keeps on each unit's intake topic, by unit."""
    partitions = await partitions_of(consumer, lambda topic: unit_of_intake(topic, prefix) is not None)
    first, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    return {
        unit: ends[partition] - first[partition]
        for partition in partitions
        if (unit := unit_of_intake(partition.topic, prefix)) is not None
    }


def _wanted(topic: str, prefix: str) -> bool:
    return topic in {prefix + PROMOTIONS.name, prefix + SCORES.name} or unit_of(topic, prefix) is not None
