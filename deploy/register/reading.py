"""What the topics tell of certificates: by product, as far as it was known at the end of a day."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from deploy.provision import Site
from deploy.register.valid import Certificate, valid_certificate
from deploy.verify.history import History, Told, read_history
from deploy.verify.topics import read_topics
from shared.contracts.dossiers import CommuneAssessed, DayOpened, DossierFiled
from shared.contracts.topics import DOSSIERS, PROMOTIONS


@dataclass(frozen=True, slots=True)
class Line:
    """One valid certificate, and whose it is; `number` is the product's official one, once it was given."""

    unit: str
    commune_code: str
    number: str | None
    product_id: str
    product: str
    certificate: Certificate


async def read(site: Site) -> History:
    """What stands on the two topics at this moment."""
    history, _ = read_history(await read_topics(site, (DOSSIERS, PROMOTIONS)))
    return history


def open_day(history: History) -> date | None:
    """The day that is open; None before the first."""
    return max((opened for opened, _ in _days(history)), default=None)


def register(history: History, on: date, known: date, unit: str | None = None) -> list[Line]:
    """The certificates valid `on` a day, as known at the end of the day `known`, by province, commune and number."""
    before_ms = _next_day_ms(history, known)
    lines = []
    for subject in history.subjects(PROMOTIONS):
        told = [one.event for one in _known(history.of(PROMOTIONS, subject), before_ms) if one.event is not None]
        certificate = valid_certificate(told, on)
        line = None if certificate is None else _line(history, subject, certificate)
        if line is not None and unit in (None, line.unit):
            lines.append(line)
    return sorted(lines, key=lambda line: (line.unit, line.commune_code, line.number or "", line.product_id))


def _line(history: History, subject: str, certificate: Certificate) -> Line | None:
    facts = [one.event for one in history.of(DOSSIERS, subject)]
    filed = next((fact for fact in reversed(facts) if isinstance(fact, DossierFiled)), None)
    numbers = [fact.number for fact in facts if isinstance(fact, CommuneAssessed) and fact.number is not None]
    if filed is None:
        return None
    number = numbers[-1] if numbers else None
    return Line(filed.unit, filed.commune_code, number, subject, filed.product_name, certificate)


def _known(told: Sequence[Told], before_ms: int | None) -> Iterator[Told]:
    return (one for one in told if before_ms is None or one.recorded_ms < before_ms)


def _next_day_ms(history: History, known: date) -> int | None:
    """When the day after `known` was opened; None where it was not yet: then all that is there is known."""
    days = _days(history)
    place = bisect_left(days, (known, 1 << 63))
    return days[place][1] if place < len(days) else None


def _days(history: History) -> list[tuple[date, int]]:
    """Each day opened, and when."""
    told = history.of(DOSSIERS, "day/0")
    return sorted((one.event.date, one.recorded_ms) for one in told if isinstance(one.event, DayOpened))
