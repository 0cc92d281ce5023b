"""The rounds of an act (article 5): which one a request is in time for, and which one it came too late for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shared.rulebooks.model import Regime, Round, Rung


@dataclass(frozen=True, slots=True)
class DatedRound:
    """A round on its days: what is asked for through `requests_until` is evaluated through `ends_on`."""

    number: int
    requests_until: date
    ends_on: date
    article: str


def round_of(regime: Regime, rung: Rung, kind: str, requested_on: date) -> DatedRound | None:
    """The first round that a request made on that day is in time for (article 5).

    None on an assessing rung (7.2), for a kind of dossier that waits for no round (7.6.g), where no rounds are known.
    """
    rounds = _rounds(regime, rung, kind, requested_on)
    in_time = [one for one in rounds if requested_on <= one.requests_until]
    return min(in_time, key=lambda one: one.requests_until, default=None)


def missed_by(regime: Regime, rung: Rung, kind: str, requested_on: date) -> DatedRound | None:
    """The round under way for which a request made on that day came too late, or None.

    Not in the act, which says what is in time, not who is late: a round that is over is no one's any more, and nobody
    could ask for one by this act before it was in force.
    """
    rounds = _rounds(regime, rung, kind, requested_on)
    late = [one for one in rounds if one.requests_until < requested_on <= one.ends_on]
    could_ask = [one for one in late if one.requests_until >= regime.valid_from]
    return max(could_ask, key=lambda one: one.requests_until, default=None)


def _rounds(regime: Regime, rung: Rung, kind: str, day: date) -> Iterator[DatedRound]:
    """The rounds that a dossier of this kind may be in, of the year of a day and of those beside it."""
    if rung.work == "assesses" or kind in regime.rounds_exempt_kinds.value:
        return
    margin = timedelta(days=0 if regime.cut_off_included.value else 1)
    for year in (day.year - 1, day.year, day.year + 1):
        for one in regime.rounds:
            if one.level == rung.level:
                yield _dated(one, year, margin)


def _dated(one: Round, year: int, margin: timedelta) -> DatedRound:
    """The round of the cut-off that falls in a year; "before" a day means through the day `margin` earlier."""
    cut_off, finish = one.cut_off.in_year(year), one.finish.in_year(year)
    if finish < cut_off:
        finish = one.finish.in_year(year + 1)
    return DatedRound(one.number, cut_off - margin, finish - margin, one.article)
