"""Who files what where and when, and which council sits over it: the season before it is put into events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from deploy.season.cases import ATTENDANCE, CORRECTED, COUNCILS, ORDINARY, SPECIAL, Attendance, Case, Sitting
from deploy.season.catalogue import (
    MINISTRY,
    PRODUCER_KINDS,
    SAMPLE,
    WEIGHTS,
    Commune,
    communes_by_province,
    product_kinds,
)

DOSSIERS_MIN: Final = 30
SESSION_DOSSIERS_MAX: Final = 45
FIRST_DAY: Final = date(2026, 6, 1)
LAST_DAY: Final = date(2027, 4, 15)
COUNCILS_FORMED_ON: Final = date(2026, 10, 12)
CENTRAL_COUNCIL_FORMED_ON: Final = date(2027, 1, 20)
_FIRST_FILING: Final = date(2026, 6, 8)
_FILING_DAYS: Final = 115
_FIRST_SESSION: Final = date(2026, 11, 9)
_SESSION_DAYS: Final = 25
_ROUND: Final = "2026-dot-2"
_ANOTHER_PRODUCT_PERCENT: Final = 30
_SITTINGS: Final[tuple[Sitting, ...]] = (
    *("quorum_lost", "share_lost", "chair_absent", "member_absent", "five_present"),
    *("annulled", "opinions_differ", "delegated", "written", "ordinary", "spring"),
)
"""The order in which a province calls its sessions: those that may have to be called again come first."""

CALLED_AGAIN_AFTER: Final = timedelta(days=1)
"""How long after a session its dossiers are scheduled again; where it is annulled, that comes first on that day."""

_LATE_FILED_ON: Final = date(2026, 10, 12)
_LATE_REQUESTED_ON: Final = date(2026, 10, 30)
"""The first day too late for the round of October (article 5.1), within the commune's fifteen working days (7.2)."""

SPRING_FILED_ON: Final = date(2027, 3, 29)
SPRING_ASSESSED_ON: Final = date(2027, 4, 2)
"""Less than 30 days before the season's end: what waits here for another service's word is not given up before it.

While the working days of 2027 are not announced, the commune's due day is not known here: the season shows what is
told of that. Its outcome is the same once they are.
"""


@dataclass(frozen=True, slots=True)
class Producer:
    """An invented producer of a real commune."""

    number: int
    kind: str
    name: str
    commune: Commune

    @property
    def reference(self) -> str:
        """Its province's name for it."""
        return f"CT-{self.number:05d}"


@dataclass(frozen=True, slots=True)
class Filing:
    """One product, its dossier, and what will become of it. `opens_producer` is true for a producer's first product."""

    number: int
    case: Case
    producer: Producer
    opens_producer: bool
    product_name: str
    filed_on: date
    assessed_on: date

    @property
    def unit(self) -> str:
        """The province that speaks for the producer."""
        return self.producer.commune.province

    @property
    def product(self) -> str:
        """The province's reference of the product."""
        return f"SP-{self.number:05d}"

    @property
    def dossier(self) -> str:
        """The province's reference of the dossier."""
        return f"HS-{self.number:05d}"

    @property
    def kind(self) -> str:
        """What is applied for; only a renewal is scored by written opinion (article 7.6.d)."""
        return "renewal" if ATTENDANCE[self.case.sitting].written else "first"

    @property
    def scored_dossier(self) -> str:
        """The dossier that the council scores: the second one, where the first was returned."""
        return f"{self.dossier}-2" if self.case.trick == "filed_again" else self.dossier


@dataclass(frozen=True, slots=True)
class Session:
    """A council's sitting over at most 45 dossiers and, unless it is void, the day of the decision on them."""

    unit: str
    reference: str
    round: str
    attendance: Attendance
    scheduled_on: date
    meets_on: date
    closed_on: date
    decided_on: date
    filings: tuple[Filing, ...]

    @property
    def central(self) -> bool:
        """True for the ministry's council."""
        return self.unit == MINISTRY


@dataclass(frozen=True, slots=True)
class Plan:
    """All filings by number, and all sessions; a dossier whose first session is void stands in two."""

    seed: int
    filings: tuple[Filing, ...]
    sessions: tuple[Session, ...]


def make_plan(dossiers: int, seed: int, *, corrections: bool = False, councils: bool = False) -> Plan:
    """The plan of a season of that many products; the same numbers and choices make the same plan."""
    special = (*SPECIAL, *(CORRECTED if corrections else ()), *(COUNCILS if councils else ()))
    least = max(DOSSIERS_MIN, len(special))
    if dossiers < least:
        raise ValueError(
            f"Vụ mẫu cần ít nhất {least} hồ sơ để có đủ các trường hợp. / "
            f"The season needs at least {least} dossiers to hold every case."
        )
    random = Random(seed)  # noqa: S311 - a sample that must come out the same again, no secret
    filings = tuple(_filings(dossiers, random, special))
    return Plan(seed, filings, (*_provincial_sessions(filings), *_central_sessions(filings)))


def working_day(day: date) -> date:
    """`day`, or the Monday after it where it falls on a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _filings(dossiers: int, random: Random, cases_once: Sequence[Case]) -> Iterator[Filing]:
    communes = communes_by_province()
    cases = [case for _, case in ORDINARY]
    weights = [weight for weight, _ in ORDINARY]
    last: dict[str, Filing] = {}
    for number in range(1, dossiers + 1):
        special = number <= len(cases_once)
        case = cases_once[number - 1] if special else random.choices(cases, weights)[0]
        unit = case.unit or random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        known = last.get(unit)
        again = not special and known is not None and random.randrange(100) < _ANOTHER_PRODUCT_PERCENT
        producer = _producer(number, random.choice(communes[unit]), random)
        filing = _filing(number, case, producer, random)
        if again and known is not None:
            filing = _another_product(filing, known)
        if not special:
            last[unit] = filing
        yield filing


def _producer(number: int, commune: Commune, random: Random) -> Producer:
    weights = [weight for weight, _, _ in PRODUCER_KINDS]
    _, kind, name = random.choices(PRODUCER_KINDS, weights)[0]
    return Producer(number, kind, f"{name} {number:03d} {SAMPLE}", commune)


def _another_product(filing: Filing, earlier: Filing) -> Filing:
    """The filing as one more of the producer of `earlier`, and not before it."""
    days = max(earlier.filed_on - filing.filed_on, timedelta())
    return replace(
        filing,
        producer=earlier.producer,
        opens_producer=False,
        filed_on=filing.filed_on + days,
        assessed_on=working_day(filing.assessed_on + days),
    )


def _filing(number: int, case: Case, producer: Producer, random: Random) -> Filing:
    filed_on = working_day(_FIRST_FILING + timedelta(days=random.randrange(_FILING_DAYS)))
    assessed_on = working_day(filed_on + timedelta(days=7 + random.randrange(12)))
    if case.trick == "late_papers":
        filed_on, assessed_on = SPRING_FILED_ON, SPRING_ASSESSED_ON
    if case.trick == "late_request":
        filed_on, assessed_on = _LATE_FILED_ON, _LATE_REQUESTED_ON
    kind = random.choice(product_kinds(producer.commune.province))
    return Filing(number, case, producer, True, f"{kind} mẫu {number:03d} {SAMPLE}", filed_on, assessed_on)


def _provincial_sessions(filings: Sequence[Filing]) -> Iterator[Session]:
    for place, unit in enumerate(WEIGHTS):
        scored = [filing for filing in filings if filing.unit == unit and filing.case.profile is not None]
        groups = _groups(scored)
        for count, (sitting, group) in enumerate(groups):
            day = _session_day(3 * count + place)
            yield from _sittings(unit, f"PH-{count + 1:03d}", sitting, day, group)


def _groups(filings: Sequence[Filing]) -> Iterator[tuple[Sitting, tuple[Filing, ...]]]:
    for sitting in _SITTINGS:
        group = [filing for filing in filings if filing.case.sitting == sitting]
        for start in range(0, len(group), SESSION_DOSSIERS_MAX):
            yield sitting, tuple(group[start : start + SESSION_DOSSIERS_MAX])


def _sittings(unit: str, name: str, sitting: Sitting, day: date, filings: tuple[Filing, ...]) -> Iterator[Session]:
    attendance = ATTENDANCE[sitting]
    if sitting == "spring":
        yield _spring_session(unit, name, filings)
        return
    week = timedelta(days=7)
    decided_on = working_day(day + timedelta(days=10))
    yield Session(unit, name, _ROUND, attendance, day - week, day, day, decided_on, filings)
    if attendance.called_again:
        again = day + week
        decided_on = working_day(again + timedelta(days=10))
        full, called_on = ATTENDANCE["ordinary"], day + CALLED_AGAIN_AFTER
        yield Session(unit, f"{name}-2", _ROUND, full, called_on, again, again, decided_on, filings)


def _spring_session(unit: str, name: str, filings: tuple[Filing, ...]) -> Session:
    met_on = date(2027, 4, 6)
    full, decided_on = ATTENDANCE["spring"], date(2027, 4, 13)
    # The notice of the session comes late, on the day itself, after the first sheet: a late event.
    return Session(unit, name, "2027-dot-bo-sung", full, met_on, met_on, met_on, decided_on, filings)


def _central_sessions(filings: Sequence[Filing]) -> Iterator[Session]:
    sent = [filing for filing in filings if filing.case.goes_up]
    for count, start in enumerate(range(0, len(sent), SESSION_DOSSIERS_MAX), start=1):
        yield Session(
            MINISTRY,
            f"PH-TW-{count:03d}",
            "trung-uong-2026-dot-2",
            ATTENDANCE["ordinary"],
            date(2027, 3, 17),
            date(2027, 3, 24),
            date(2027, 3, 25),
            date(2027, 4, 2),
            tuple(sent[start : start + SESSION_DOSSIERS_MAX]),
        )


def _session_day(place: int) -> date:
    weeks, day = divmod(place % _SESSION_DAYS, 5)
    return _FIRST_SESSION + timedelta(days=7 * weeks + day)
