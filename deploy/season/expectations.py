"""What must be true when a season has been played, as its author wrote it down; never computed by the services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from deploy.season.catalogue import province_mail

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """The last receipt of one line; `held_before` says that it must have been held first."""

    status: str
    code: str
    held_before: bool = False


ADMITTED: Final = Answer("admitted", "admitted")
DUPLICATE: Final = Answer("duplicate", "duplicate")


@dataclass(frozen=True, slots=True)
class ExpectedScore:
    """The result of one council that sat validly; both null where it struck the dossier out."""

    level: str
    total: Fraction | None
    stars: int | None


@dataclass(frozen=True, slots=True)
class ExpectedProduct:
    """How one product ends, what its councils found on the way, and who was told what.

    `forwarded` counts how often it went up to the council above; `act` is the one that all that is told of it names,
    None where that is not looked at; `registered_in` the district whose registration counts it, where one does.

    `registered_by` is the id of the event that registered it. `notices` are kinds of mail: one of each to the producer
    and one of each to the commune; that a round was missed, to the province as well.
    """

    unit: str
    reference: str
    registered_by: str
    case: str
    dossiers: int
    end: str
    stars: int | None
    level: str | None
    contradiction: str | None
    certificate_expires: date | None
    scores: tuple[ExpectedScore, ...]
    voided_sessions: int
    forwarded: int
    producer_mail: str
    commune_mail: str
    notices: tuple[str, ...]
    act: str | None = None
    registered_in: str | None = None

    def mails(self) -> tuple[tuple[str, str], ...]:
        """Every mail about this product: recipient's address and kind."""
        both = [(mail, kind) for kind in self.notices for mail in (self.producer_mail, self.commune_mail)]
        return (*both, *((province_mail(self.unit), kind) for kind in self.notices if kind == "round_missed"))


@dataclass(frozen=True, slots=True)
class ExpectedUnit:
    """The lines of one unit: ids `<prefix>000001` up to `events`, each admitted once unless `other` says otherwise.

    `other` gives for an id the answers to its lines, in order; `unreadable` counts the lines that have no id.
    """

    prefix: str
    events: int
    unreadable: int
    other: Mapping[str, tuple[Answer, ...]]

    def answers(self, event_id: str) -> tuple[Answer, ...]:
        """The answers to the lines with this id; none for an id that is not of the season."""
        if event_id in self.other:
            return self.other[event_id]
        number = event_id.removeprefix(self.prefix)
        ours = event_id.startswith(self.prefix) and number.isdecimal() and 1 <= int(number) <= self.events
        return (ADMITTED,) if ours else ()

    def event_ids(self) -> tuple[str, ...]:
        """Every id of the unit, in play order."""
        return tuple(f"{self.prefix}{number:06d}" for number in range(1, self.events + 1))


@dataclass(frozen=True, slots=True)
class Counts:
    """A season in figures, for a person."""

    filed: int = 0
    returned: int = 0
    ranked_3: int = 0
    ranked_4: int = 0
    ranked_5: int = 0
    forwarded: int = 0
    not_ranked: int = 0
    open_tasks: int = 0
    held_decisions: int = 0
    notices: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """Everything the season's author wrote down."""

    seed: int
    units: Mapping[str, ExpectedUnit]
    products: tuple[ExpectedProduct, ...]

    def counts(self) -> Counts:
        """The figures of the whole season."""
        ends = [product.end for product in self.products]
        ranked = [product.stars for product in self.products if product.end == "recognised"]
        return Counts(
            filed=sum(product.dossiers for product in self.products),
            returned=sum(product.notices.count("returned") for product in self.products),
            ranked_3=ranked.count(3),
            ranked_4=ranked.count(4),
            ranked_5=ranked.count(5),
            forwarded=sum(product.forwarded for product in self.products),
            not_ranked=ends.count("ended"),
            open_tasks=ends.count("task_open"),
            held_decisions=ends.count("decision_held"),
            notices=sum(len(product.mails()) for product in self.products),
        )


def write_expected(expected: Expected, path: Path) -> None:
    """`path` holds `expected` as one JSON document, a line to each unit and each product."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"format": {FORMAT}, "seed": {expected.seed},\n"units": {{\n')
        file.write(",\n".join(f"{_json(code)}: {_json(_unit(unit))}" for code, unit in expected.units.items()))
        file.write('\n},\n"products": [\n')
        for place, product in enumerate(expected.products):
            file.write((",\n" if place else "") + _json(_product(product)))
        file.write("\n]}\n")


def read_expected(path: Path) -> Expected:
    """What `write_expected` wrote; raises ValueError for another format."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if document.get("format") != FORMAT:
        raise ValueError(f"{path}: format {FORMAT} expected")
    units = {code: _unit_from(unit) for code, unit in document["units"].items()}
    return Expected(document["seed"], units, tuple(_product_from(product) for product in document["products"]))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unit(unit: ExpectedUnit) -> dict[str, object]:
    other = {
        event_id: [[answer.status, answer.code, answer.held_before] for answer in answers]
        for event_id, answers in unit.other.items()
    }
    return {"prefix": unit.prefix, "events": unit.events, "unreadable": unit.unreadable, "other": other}


def _unit_from(value: dict[str, Any]) -> ExpectedUnit:
    other = {key: tuple(Answer(*answer) for answer in answers) for key, answers in value["other"].items()}
    return ExpectedUnit(value["prefix"], value["events"], value["unreadable"], other)


def _product(product: ExpectedProduct) -> dict[str, object]:
    plain = {name: getattr(product, name) for name in ExpectedProduct.__dataclass_fields__}
    expires = product.certificate_expires
    scores = [[score.level, None if score.total is None else str(score.total), score.stars] for score in product.scores]
    return {**plain, "certificate_expires": expires.isoformat() if expires else None, "scores": scores}


def _product_from(value: dict[str, Any]) -> ExpectedProduct:
    expires = value["certificate_expires"]
    scores = tuple(
        ExpectedScore(level, None if total is None else Fraction(total), stars)
        for level, total, stars in value["scores"]
    )
    read = {
        "certificate_expires": date.fromisoformat(expires) if expires else None,
        "scores": scores,
        "notices": tuple(value["notices"]),
    }
    return ExpectedProduct(**{**value, **read})
