"""A season in lines and expectations, deterministic from a number of dossiers and a seed; it imports no service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from deploy.season.authored import expected_products
from deploy.season.expectations import ADMITTED, Answer, Expected, ExpectedProduct, ExpectedUnit, write_expected
from deploy.season.lines import RawRecord, SeasonLine, write_lines
from deploy.season.plan import make_plan
from deploy.season.registration import Registration
from deploy.season.script import Draft, Happening, happenings

LINES_FILE: Final = "season.jsonl"
EXPECTED_FILE: Final = "expected.json"
POISON_HEADERS: Final = (("ce_id", b"\xff\xfe"), ("content-type", b"application/json"))
_PRODUCT_REGISTERED: Final = "vn.ocop.intake.ProductRegistered.v1"
_HOUR: Final = "T09:00:00+07:00"
RegisteredBy = Mapping[tuple[str, str], str]
"""The event that registered each product, by unit and reference."""


@dataclass(frozen=True)
class Season:
    """A season: `play` yields its lines one by one however many there are; `lines` holds them all.

    `happenings` are its script, `products` how its author says that each product ends; `registration` says what its
    size is scaled from, where it is.
    """

    seed: int
    happenings: Callable[[], Sequence[Happening]]
    products: Callable[[RegisteredBy], tuple[ExpectedProduct, ...]]
    registration: Registration | None = None

    @cached_property
    def lines(self) -> tuple[SeasonLine, ...]:
        """Every line, in play order."""
        return tuple(self.play())

    @cached_property
    def expected(self) -> Expected:
        """What the author wrote down for it."""
        return _expected(self)

    def play(self) -> Iterator[SeasonLine]:
        """The lines in play order."""
        for line, _ in _answered_lines(self):
            yield line


def generate(dossiers: int = 60, seed: int = 2026, *, corrections: bool = False, councils: bool = False) -> Season:
    """The season of that many products; raises ValueError below the number that holds every special case.

    With `corrections` something said before is annulled, superseded or withdrawn, each once; with `councils` members
    lie apart and score again, one is recused, one chairs for the chair, and opinions are given in writing.
    """
    plan = make_plan(dossiers, seed, corrections=corrections, councils=councils)
    return Season(seed, partial(happenings, plan), partial(expected_products, plan))


def write_season(season: Season, directory: Path) -> int:
    """`directory` holds the season and its expectations; returns the number of lines."""
    directory.mkdir(parents=True, exist_ok=True)
    write_expected(season.expected, directory / EXPECTED_FILE)
    return write_lines(season.play(), directory / LINES_FILE)


def id_prefix(seed: int, unit: str) -> str:
    """What every event id of a unit begins with; six digits follow."""
    return f"season-{seed}-{unit}-"


def _answered_lines(season: Season) -> Iterator[tuple[SeasonLine, Answer]]:
    numbers: dict[str, int] = {}
    for happening in season.happenings():
        for draft in happening.drafts():
            if draft.raw is not None:
                yield SeasonLine(draft.unit, raw=RawRecord(draft.raw, POISON_HEADERS)), draft.answer
                continue
            number = numbers.get(draft.unit, 0) + (0 if draft.same_id else 1)
            numbers[draft.unit] = number
            event_id = f"{id_prefix(season.seed, draft.unit)}{number:06d}"
            yield SeasonLine(draft.unit, _event(event_id, happening.day.isoformat() + _HOUR, draft)), draft.answer


def _event(event_id: str, time: str, draft: Draft) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/units/{draft.unit}",
        "type": f"vn.ocop.intake.{draft.kind}.v1",
        "subject": draft.subject,
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": f"urn:ocop:schema:intake.{draft.kind}.v1",
        "data": draft.data,
    }


def _expected(season: Season) -> Expected:
    tallies: dict[str, _Tally] = {}
    registered_by: dict[tuple[str, str], str] = {}
    for line, answer in _answered_lines(season):
        tallies.setdefault(line.unit, _Tally()).count(line, answer)
        if line.event is not None and line.event["type"] == _PRODUCT_REGISTERED:
            registered_by[line.unit, line.event["subject"]] = line.event["id"]
    units = {
        unit: ExpectedUnit(id_prefix(season.seed, unit), tally.events, tally.unreadable, tally.other)
        for unit, tally in sorted(tallies.items())
    }
    return Expected(season.seed, units, season.products(registered_by))


@dataclass
class _Tally:
    """The lines of one unit, counted in play order."""

    events: int = 0
    unreadable: int = 0
    other: dict[str, tuple[Answer, ...]] = field(default_factory=dict)
    _last: tuple[str, Answer] = ("", ADMITTED)

    def count(self, line: SeasonLine, answer: Answer) -> None:
        """One line more; a second line of the same id keeps the answers of both."""
        event_id = line.event_id
        if event_id is None:
            self.unreadable += 1
            return
        last_id, last_answer = self._last
        if event_id == last_id:
            self.other[event_id] = (*self.other.get(event_id, (last_answer,)), answer)
        else:
            self.events += 1
            if answer != ADMITTED:
                self.other[event_id] = (answer,)
        self._last = (event_id, answer)
