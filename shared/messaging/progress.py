"""How far a consumer is behind, and for how long it has not moved although there was more: pure arithmetic."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.messaging.positions import Place


@dataclass(frozen=True, slots=True)
class Lag:
    """One partition that holds more than was applied: which record is next, how many there are, since when it stands.

    `waited` is true where the next record was there at the look before.
    """

    position: int
    records: int
    stood_since: float
    waited: bool


class Progress:
    """Remembers, from one look to the next, where each partition stood."""

    def __init__(self) -> None:
        self.lags: Mapping[Place, Lag] = {}
        self._ends: Mapping[Place, int] = {}

    def look(self, positions: Mapping[Place, int], ends: Mapping[Place, int], now: float) -> None:
        """`lags` has every partition of `ends` that holds more than was applied.

        A partition that holds nothing more has not stood still, however long nothing came.
        """
        lags: dict[Place, Lag] = {}
        for place, end in ends.items():
            position, before = positions.get(place, 0), self.lags.get(place)
            if position < end:
                since = before.stood_since if before is not None and before.position == position else now
                lags[place] = Lag(position, end - position, since, position < self._ends.get(place, 0))
        self._ends = dict(ends)
        self.lags = lags

    def stalled_seconds(self, places: Collection[Place], now: float) -> float:
        """For how long the worst of these partitions has stood still with more to do; 0 where none has."""
        return max((now - self.lags[place].stood_since for place in places if place in self.lags), default=0.0)

    def waited(self) -> dict[Place, int]:
        """The next offset of each partition that was behind at the look before as well."""
        return {place: lag.position for place, lag in self.lags.items() if lag.waited}
