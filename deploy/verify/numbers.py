"""Official numbers, walked anew: a product keeps its own, and a commune's series of a year has no gap and no double."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from deploy.verify.findings import Kind, Unexplained
from deploy.verify.history import History, Told
from deploy.verify.schemas import Schemas
from shared.contracts import intake
from shared.contracts.dossiers import CommuneAssessed, DossierFiled, ProductRegistered
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS

_NUMBER: Final = re.compile(r"([0-9]{2}-[0-9]{5})-([1-9][0-9]*)-([0-9]{4})")
"""T-X, STT and the year; a number of the time of the districts has a part more, and is in no series of ours."""
Series = tuple[str, str]
"""Province and commune, and the year, as they stand in the number."""


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A request for evaluation under a number."""

    told: Told
    fact: CommuneAssessed
    number: str

    def differs(self, words: str) -> Unexplained:
        """The number is not what it should be."""
        return Unexplained(Kind.EFFECT_DIFFERS, self.told.record.where, words)


@dataclass
class _Borne:
    """Whose each number is; the running numbers of each series, and those of them that were given in their turn."""

    products: dict[str, str] = field(default_factory=dict)
    serials: dict[Series, set[int]] = field(default_factory=lambda: defaultdict(set))
    given: dict[Series, dict[int, _Numbered]] = field(default_factory=lambda: defaultdict(dict))


def on_paper(schemas: Schemas) -> dict[tuple[str, str], int]:
    """How many numbers a commune gave on paper, by commune and year: registration's own word, kept for good."""
    counters = [row for row in schemas.rows("registration", "entry") if row["kind"] == "counter"]
    told = {row["name"]: row["document"].get("carried", 0) for row in counters}
    return {(name.split("/")[0], name.split("/")[1]): last for name, last in told.items() if last}


def check_numbers(history: History, carried: Mapping[tuple[str, str], int]) -> Iterator[Unexplained]:
    """A number that changed, is borne twice, is of another commune or year, or leaves out one before it.

    Gaps are looked for behind those `carried` over, where everything of every product is there.
    """
    borne = _Borne()
    whole = [subject for subject in history.subjects(DOSSIERS) if subject not in history.broken]
    for subject in whole:
        yield from _product(subject, history.of(DOSSIERS, subject), borne)
    if len(whole) == len(history.subjects(DOSSIERS)):
        yield from _gaps(borne, carried)


def renumbered(said: Event, fact: Event | None) -> bool:
    """True where the commune named a number and the product bears another; how it is written is the commune's own."""
    if not isinstance(said, intake.CommuneAssessed) or said.product_number is None:
        return False
    borne = fact.number if isinstance(fact, CommuneAssessed) else None
    return _figures(said.product_number) != _figures(borne or "")


def _figures(number: str) -> list[int]:
    return [int(figures) for figures in re.findall("[0-9]+", number)]


def _product(subject: str, told: Sequence[Told], borne: _Borne) -> Iterator[Unexplained]:
    """What is wrong with the numbers of one product, in the order in which they were told."""
    numbered = [
        _Numbered(one, one.event, one.event.number)
        for one in told
        if isinstance(one.event, CommuneAssessed) and one.event.number is not None
    ]
    for one in numbered:
        if one.number != numbered[0].number:
            yield one.differs(f"the product bears {numbered[0].number}, and is told {one.number}")
        elif borne.products.setdefault(one.number, subject) != subject:
            yield one.differs(f"{one.number} is the number of product {borne.products[one.number]}")
        elif one is numbered[0]:
            yield from _first(one, [each.event for each in told], borne)


def _first(one: _Numbered, facts: Sequence[Event | None], borne: _Borne) -> Iterator[Unexplained]:
    """A first dossier's number is of its product's commune and of its year; that of another may be older."""
    place, serial, year = _read(one.number)
    borne.serials[place, year].add(serial)
    homes = [f"{each.unit}-{each.commune_code}" for each in facts if isinstance(each, ProductRegistered)]
    if not homes or _kinds(facts).get(str(one.fact.dossier_id)) != "first":
        return
    if (place, year) != (homes[0], str(one.fact.assessed_on.year)):
        yield one.differs(f"{one.number} is not of {homes[0]} in {one.fact.assessed_on.year}")
    else:
        borne.given[place, year][serial] = one


def _read(number: str) -> tuple[str, int, str]:
    """Place, running number and year; all of a number of another form is its place."""
    found = _NUMBER.fullmatch(number)
    return (number, 0, "") if found is None else (found[1], int(found[2]), found[3])


def _gaps(borne: _Borne, carried: Mapping[tuple[str, str], int]) -> Iterator[Unexplained]:
    """The first number of each series that no product bears, though a later one was given."""
    for series, given in sorted(borne.given.items()):
        first = carried.get((series[0].rpartition("-")[2], series[1]), 0) + 1
        missing = next(serial for serial in count(first) if serial not in borne.serials[series])
        later = min((serial for serial in given if serial > missing), default=None)
        if later is not None:
            yield given[later].differs(f"{series[0]}-{missing}-{series[1]} was left out")


def _kinds(facts: Sequence[Event | None]) -> Mapping[str, str]:
    return {str(fact.dossier_id): fact.kind for fact in facts if isinstance(fact, DossierFiled)}
