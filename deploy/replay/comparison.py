"""Live state beside replayed state, table by table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deploy.replay.state import Rows, Tables, digest_of

KEYS_SHOWN_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """One table of one service. `differing` are the first keys whose rows differ or stand on one side alone."""

    service: str
    table: str
    rows: int
    live: str
    replayed: str
    differing: tuple[str, ...]
    differing_count: int

    @property
    def equal(self) -> bool:
        """True where both digests are the same."""
        return self.live == self.replayed


@dataclass(frozen=True, slots=True)
class Report:
    """A service's replay: how many events were taken in, in what time, and what came of it."""

    service: str
    events: int
    seconds: float
    tables: tuple[Compared, ...]

    @property
    def equal(self) -> bool:
        """True where nothing differs."""
        return all(table.equal for table in self.tables)


def compare(service: str, live: Tables, replayed: Tables) -> tuple[Compared, ...]:
    """Every table that either side has, in the order of the live ones."""
    names = [*live, *(name for name in replayed if name not in live)]
    return tuple(_compare(service, name, live.get(name, {}), replayed.get(name, {})) for name in names)


def _compare(service: str, table: str, live: Rows, replayed: Rows) -> Compared:
    differing = list(_differing(live, replayed))
    shown = tuple(differing[:KEYS_SHOWN_MAX])
    return Compared(service, table, len(live), digest_of(live), digest_of(replayed), shown, len(differing))


def _differing(live: Rows, replayed: Rows) -> Iterator[str]:
    return (key for key in sorted(live.keys() | replayed.keys()) if live.get(key) != replayed.get(key))
