"""The register: what registration knows, as entries under keys, and the view of it that one batch works on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from services.registration.domain.facts import ByLaw, DossierKind, Member, Mode

Key = tuple[str, str]
"""Kind and name of an entry: ('product', '01/SP-7'); an alias such as ('product-id', '…') points to the primary key."""

CALENDAR: Key = ("calendar", "day")


@dataclass(frozen=True, slots=True)
class Alias:
    """Another way to name an entry."""

    to: Key


@dataclass(frozen=True, slots=True)
class Office:
    """A commune's office, or where it names none a province's own; `contacts` counts the addresses announced."""

    commune_code: str | None
    contacts: int = 0


@dataclass(frozen=True, slots=True)
class Producer:
    """A producer of one commune; `contacts` counts the addresses announced."""

    id: UUID
    unit: str
    reference: str
    commune_code: str
    contacts: int = 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that promotion told of, by the decision it rests on; `expires_on` ends its months (article 4.3)."""

    id: UUID
    decision_id: UUID
    expires_on: date
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """A product; `dossiers` and `sheets` count what was announced about it, `open` is its dossier not yet over.

    `latest` is the dossier filed last; `number` the official number once one was given, kept for good. Of its
    `certificates` the last one counts; `withdrawing` are decisions to withdraw it that promotion has not answered.
    """

    id: UUID
    unit: str
    reference: str
    producer_id: UUID
    name: str
    criteria_set: int
    commune_code: str
    open: UUID | None = None
    dossiers: int = 0
    sheets: int = 0
    latest: UUID | None = None
    number: str | None = None
    certificates: tuple[Certificate, ...] = ()
    withdrawing: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Supplement:
    """What was asked for under `name` and has not come: for the stage of `level`, since `asked_on`."""

    id: UUID
    name: str
    level: str
    asked_on: date


@dataclass(frozen=True, slots=True)
class Dossier:
    """One application of a product (named by `product`), pinned to the regime of its filing day.

    `number` is the product's official number once evaluation was requested; `session` names the session it waits in;
    `state` is `decided` once the level where it stands has decided, `over` once promotion said so. `closings` and
    `corrections` count those announced about it; `finals` are the decisions admitted that would end it, `annulled`
    those annulled since. `sent_to` are the levels that were asked to evaluate it on a result below them, `sat` the
    sittings over it that ended and stand (level, session). `supplement` is the open one, `asked` the names of all there
    were; `supplements` counts what was announced about them, and `supplements_at` has the number of each level's last.
    `decided_at` are the levels of which a decision was admitted, annulled or not.
    """

    id: UUID
    unit: str
    reference: str
    product: str
    kind: DossierKind
    filed_on: date
    regime: str
    criteria_set: int
    state: Literal["open", "returned", "decided", "over", "withdrawn"] = "open"
    number: str | None = None
    session: str | None = None
    closings: int = 0
    corrections: int = 0
    finals: tuple[UUID, ...] = ()
    annulled: tuple[UUID, ...] = ()
    sent_to: tuple[str, ...] = ()
    sat: tuple[tuple[str, str], ...] = ()
    supplement: Supplement | None = None
    asked: tuple[str, ...] = ()
    supplements: int = 0
    supplements_at: Mapping[str, int] = field(default_factory=dict)
    decided_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of a unit by its number: of each dossier (by name) the id of the latest decision of that number."""

    unit: str
    number: str
    decided_on: date
    dossiers: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Council:
    """A council with its members and by-law as they were formed."""

    id: UUID
    unit: str
    reference: str
    level: str
    decided_on: date
    members: tuple[Member, ...]
    by_law: ByLaw


@dataclass(frozen=True, slots=True)
class Session:
    """A sitting of a council over `dossiers` (by name); `members` is a snapshot, `closed_on` None while it is open.

    `annulled` are those of its dossiers over which it was annulled, `moved` those that went from written opinion to a
    meeting; `recused_on` is the latest day a member was recused.
    """

    id: UUID
    unit: str
    reference: str
    level: str
    meets_on: date
    members: tuple[Member, ...]
    dossiers: tuple[str, ...]
    closed_on: date | None = None
    annulled: tuple[str, ...] = ()
    mode: Mode = "meeting"
    moved: tuple[str, ...] = ()
    recused_on: date | None = None

    def left(self) -> tuple[str, ...]:
        """The dossiers (by name) that it still sits over."""
        return tuple(name for name in self.dossiers if name not in self.annulled and name not in self.moved)


@dataclass(frozen=True, slots=True)
class Ballot:
    """Who handed in a sheet for one dossier of one session, each one's exact total, and who is recused.

    Totals lie at most `points_apart_max` points apart (None: no limit); `rounds_left` closings may still be refused for
    that. `owes_rescore` from such a refusal until a member superseded a sheet or was recused.
    """

    given: tuple[str, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    recused: tuple[str, ...] = ()
    points_apart_max: int | None = None
    rounds_left: int = 0
    owes_rescore: bool = False


@dataclass(frozen=True, slots=True)
class Counter:
    """The last running number given in one commune and year, and those above it that products brought with them.

    `carried` is how many the commune had given on paper before; they are not given again.
    """

    last: int = 0
    brought: tuple[int, ...] = ()
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """The last day opened, and how many days were; `opened` is None until the first."""

    opened: date | None = None
    days: int = 0


Entry = Alias | Office | Producer | Product | Dossier | Council | Session | Ballot | Counter | Calendar | Decision


def named(kind: str, unit: str, reference: str) -> Key:
    """The primary key of what `unit` calls `reference`."""
    return (kind, f"{unit}/{reference}")


def by_id(kind: str, identity: UUID) -> Key:
    """The alias key of a thing by its id."""
    return (f"{kind}-id", str(identity))


def by_number(number: str) -> Key:
    """The alias key of an official number: it leads to a dossier evaluated under it, and so to the product."""
    return ("number", number)


def ballot_key(session: UUID, dossier: UUID) -> Key:
    """The key of a dossier's ballot in a session."""
    return ("ballot", f"{session}/{dossier}")


class NotLoadedError(LookupError):
    """A rule asked for an entry that `missing_keys` did not name: a fault of this service, never of a sender."""


@dataclass(slots=True)
class Register:
    """The entries one batch works on: loaded before the fold, changed by it, saved after.

    A key that was loaded and not found is known to be absent; a key never loaded raises `NotLoadedError`.
    """

    _entries: dict[Key, Entry | None] = field(default_factory=dict)
    _versions: dict[Key, int] = field(default_factory=dict)
    _changed: dict[Key, Entry] = field(default_factory=dict)

    def load(self, key: Key, entry: Entry | None, version: int = 0) -> None:
        """`key` is known: the entry as stored with its version, or absent. What the fold has put is kept."""
        if key not in self._entries:
            self._entries[key] = entry
            self._versions[key] = version

    def knows(self, key: Key) -> bool:
        """True when `key` was loaded or put."""
        return key in self._entries

    def get(self, key: Key) -> Entry | None:
        """The entry of `key`, or None where there is none."""
        try:
            return self._entries[key]
        except KeyError:
            raise NotLoadedError(key) from None

    def put(self, key: Key, entry: Entry) -> None:
        """`key` has a new value, to be saved with the batch."""
        if self._entries.get(key) != entry:
            self._entries[key] = entry
            self._changed[key] = entry

    def take(self, entries: Iterable[tuple[Key, Entry]]) -> None:
        """Every entry was put, in order."""
        for key, entry in entries:
            self.put(key, entry)

    def changes(self) -> Iterator[tuple[Key, Entry, int]]:
        """The changed entries in the order of their keys, each with the version it was loaded with (0: new)."""
        for key in sorted(self._changed):
            yield key, self._changed[key], self._versions.get(key, 0)
