"""One event before admission: who said it, when it became known, the rules, and what an admission will change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from uuid import UUID

from services.registration.domain.announcements import Announcement, Published
from services.registration.domain.numbers import ProductNumber, WrongNumber, owner
from services.registration.domain.register import (
    CALENDAR,
    Alias,
    Calendar,
    Dossier,
    Entry,
    Key,
    Product,
    Register,
    by_id,
)
from services.registration.domain.words import Code, refused
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words
from shared.rulebooks.model import CriteriaSet, Rulebook, Rulebooks
from shared.rulebooks.units import MINISTRY, Province, Units
from shared.rulebooks.units.former import UnitsByDay

DAYS_OPENED_MAX = 4000
"""How many missed days one opening may catch up on; more is a mistyped year."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What admission judges by: the acts, the units, whose calendar it is, and two limits in days.

    `fact_days_back_max` None turns off the question to a person about facts dated far back. `units_by_day` None: no
    number of the time before July 2025 can be judged.
    """

    rulebooks: Rulebooks
    units: Units
    scripted: bool
    hold_days_max: int = 30
    fact_days_back_max: int | None = None
    partitions: int = 12
    units_by_day: UnitsByDay | None = None

    def last_day(self, opened: date) -> date:
        """The last day of a hold that begins on the day `opened`."""
        return opened + timedelta(days=self.hold_days_max)

    def criteria_set(self, regime: str, number: int) -> CriteriaSet | None:
        """The criteria set of a regime by its number, or None."""
        book = self.rulebooks.by_id(regime)
        return None if book is None else book.sets.get(number)

    def rulebook(self, regime: str) -> Rulebook:
        """The rulebook of a regime that a dossier was pinned to; raises LookupError if it is no longer loaded."""
        book = self.rulebooks.by_id(regime)
        if book is None:
            raise LookupError(f"the rulebook of regime {regime} is not loaded")
        return book

    def owner(self, number: ProductNumber) -> Province | WrongNumber:
        """The province of today whose products bear the number; raises LookupError without the units by day."""
        if self.units_by_day is None:
            raise LookupError(f"whose number {number} is cannot be said: the units by day are not loaded")
        return owner(number, self.units_by_day)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The event is taken in: the entries it changed, what is announced, what was given, and whose waiting ends.

    `provides` are the `waits_for` values of holds that this satisfies.
    """

    entries: tuple[tuple[Key, Entry], ...] = ()
    published: tuple[Published, ...] = ()
    given: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    provides: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SentBack:
    """The event is refused, and the register remembers that it was: so a round of scoring again is counted."""

    refusal: Refused
    entries: tuple[tuple[Key, Entry], ...]


Admission = Admitted | Held | Refused | SentBack


@dataclass(frozen=True, slots=True)
class Case:
    """An event of `unit`, known since `recorded_ms`, before the register as it stands."""

    register: Register
    unit: str
    recorded_ms: int
    event_id: str
    rules: Rules

    @property
    def ministry(self) -> bool:
        """True when the ministry speaks."""
        return self.unit == MINISTRY

    def identity(self, kind: str, reference: str) -> UUID:
        """The id of what this unit calls `reference`; the same event gives the same id however often it is judged."""
        return derived_id(self.recorded_ms, kind, self.unit, reference)

    def opened(self) -> date | None:
        """The day that is open, or None before the first."""
        return calendar(self.register).opened

    def until(self) -> date | None:
        """The last day a hold that begins today lasts, or None before the first day."""
        opened = self.opened()
        return None if opened is None else self.rules.last_day(opened)

    def hold(self, waits_for: str) -> Held:
        """A hold that begins today."""
        return Held(waits_for, self.until())

    def not_yet(self, day: date) -> Held | None:
        """A hold where `day` has not come, which lasts at least until it; before the first day no day has come."""
        opened = self.opened()
        if opened is None:
            return self.hold(FIRST_DAY)
        return Held(awaited_day(day), max(day, self.rules.last_day(opened))) if day > opened else None

    def untimely(self, day: date) -> Held | None:
        """A hold where `day` has not come, or lies so far back that a person must look."""
        opened, back = self.opened(), self.rules.fact_days_back_max
        if opened is not None and back is not None and day < opened - timedelta(days=back):
            return self.hold(OPERATOR)
        return self.not_yet(day)


FIRST_DAY = "day:first"
OPERATOR = "operator"
_DAY = "day:"


def closing_of(session: str) -> str:
    """What a second schedule of a dossier waits for: the closing of the session it sits in."""
    return f"closing:{session}"


def awaited_day(day: date) -> str:
    """What an event dated `day` waits for."""
    return f"{_DAY}{day.isoformat()}"


def decision_on(dossier: str) -> str:
    """What a request to the centre waits for: the province's decision on the dossier of this name."""
    return f"decision:{dossier}"


def decision_numbered(unit: str, number: str) -> str:
    """What the annulment of a decision waits for: the decision of that number."""
    return f"decision:number:{unit}/{number}"


def number_given(number: str) -> str:
    """What a number ahead of its turn waits for: that this one, which comes before it, is given."""
    return f"number:{number}"


def withdrawn(dossier: Dossier, field: str) -> Refused | None:
    """A refusal for a dossier that its producer took back: nothing later changes it."""
    return refused(Code.DOSSIER_WITHDRAWN, field) if dossier.state == "withdrawn" else None


def lasting(first: date | None, held: Held) -> Held:
    """The hold of an event held before until `first`: it ends on that day, or on the day it waits for if that is later.

    Being held again makes no hold longer, but none ends before a day that is sure to come.
    """
    if first is None:
        return held
    if held.waits_for == FIRST_DAY or not held.waits_for.startswith(_DAY):
        return replace(held, until=first)
    return replace(held, until=max(first, date.fromisoformat(held.waits_for.removeprefix(_DAY))))


def awaited(kind: str, key: Key) -> str:
    """What an event waits for that names a `kind` by `key`, which may be an alias."""
    match key:
        case ("number", number):
            return f"{kind}:number:{number}"
        case (alias, identity) if alias == f"{kind}-id":
            return f"{kind}:id:{identity}"
        case (_, name):
            return f"{kind}:{name}"


def calendar(register: Register) -> Calendar:
    """The calendar as it stands; nothing is open where there is none yet."""
    entry = register.get(CALENDAR)
    return entry if isinstance(entry, Calendar) else Calendar()


def in_order(*dates: tuple[str, date]) -> Refused | None:
    """A refusal at the first of the dated fields that lies before the one named ahead of it."""
    for (earlier, before), (later, after) in pairwise(dates):
        if after < before:
            detail = Words(
                f"({later} {after:%d/%m/%Y} trước {earlier} {before:%d/%m/%Y})",
                f"({later} {after.isoformat()} is before {earlier} {before.isoformat()})",
            )
            return refused(Code.DATES_OUT_OF_ORDER, later, detail)
    return None


@dataclass(slots=True)
class Draft:
    """The changes of one admission while they are made; nothing is seen by the register before it is taken."""

    register: Register
    _entries: dict[Key, Entry] = field(default_factory=dict)
    _published: list[Published] = field(default_factory=list)

    def put(self, key: Key, entry: Entry) -> None:
        """`key` will have this value."""
        self._entries[key] = entry

    def add(self, kind: str, key: Key, identity: UUID, entry: Entry) -> frozenset[str]:
        """A new thing, under its name and its id; returns what no longer needs to be waited for."""
        alias = by_id(kind, identity)
        self.put(key, entry)
        self.put(alias, Alias(key))
        return frozenset({awaited(kind, key), awaited(kind, alias)})

    def product(self, key: Key) -> Product:
        """The product of `key`, with what this draft changed of it; raises LookupError where there is none."""
        entry = self._entries.get(key) or self.register.get(key)
        if not isinstance(entry, Product):
            raise LookupError(f"{key} is not a product")  # noqa: TRY004 - nothing was passed that is of a wrong type
        return entry

    def publish(self, key: Key, *facts: Announcement) -> None:
        """Each fact follows, in order, what was announced on `dossiers` about the product of `key`."""
        for fact in facts:
            product = self.product(key)
            product = replace(product, dossiers=product.dossiers + 1)
            self.put(key, product)
            self._published.append(Published("dossiers", str(product.id), product.dossiers, fact))

    def publish_sheet(self, key: Key, fact: Announcement) -> None:
        """The fact follows what was announced on `sheets` about the product of `key`."""
        product = self.product(key)
        product = replace(product, sheets=product.sheets + 1)
        self.put(key, product)
        self._published.append(Published("sheets", str(product.id), product.sheets, fact))

    def announce(self, published: Published) -> None:
        """Something about no product is announced, with the sequence its caller counted."""
        self._published.append(published)

    def admitted(self, given: Mapping[str, str] | None = None, provides: frozenset[str] = frozenset()) -> Admitted:
        """The admission that makes these changes."""
        entries = tuple(self._entries.items())
        return Admitted(entries, tuple(self._published), MappingProxyType(dict(given or {})), provides)
