"""The frozen values of a rulebook: a regime with its criteria sets, and what regime a dossier falls under.

The regime's own values stand in `shared.rulebooks.acts` and are given out again here. Points are `int`, never float.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from shared.rulebooks.acts import (
    Band,
    ByLaw,
    Clock,
    CriteriaSource,
    Deliberation,
    Forward,
    HandBack,
    Ladder,
    Lapse,
    MonthDay,
    OldRules,
    Parameter,
    Regime,
    Renewal,
    Round,
    Rung,
    Supplements,
    Transitions,
    Withdrawal,
)
from shared.rulebooks.tables import Tables, tables

__all__ = [
    "Band",
    "ByLaw",
    "Clock",
    "CriteriaSet",
    "CriteriaSource",
    "Criterion",
    "Deliberation",
    "Dependency",
    "Forward",
    "Group",
    "HandBack",
    "Ladder",
    "Lapse",
    "MonthDay",
    "NoRegime",
    "Note",
    "OldRules",
    "Option",
    "Parameter",
    "Part",
    "Regime",
    "Renewal",
    "Round",
    "Rulebook",
    "Rulebooks",
    "Rung",
    "Section",
    "Supplements",
    "Tables",
    "Transitions",
    "Withdrawal",
]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a criterion; `position` is its place as printed, from 1.

    `mark` is the least class of stars that asks for this option. `implied` flags an option the act prints only as yes
    or no; `case` names the alternative it belongs to; `as_printed` says what is odd in the print and was kept.
    """

    position: int
    points: int
    mark: int | None
    label: str
    implied: bool = False
    case: str | None = None
    as_printed: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark of the act on a criterion, by kind: "knockout", "requirement", "stop", "alternative" or "info"."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """A criterion applies only when `criterion` was given an option above the position `above`."""

    criterion: str
    above: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """A leaf criterion of a set: exactly one of its options is chosen. `leaf` is its identity across sets.

    `as_printed` says what is odd about its code in the print and was kept.
    """

    code: str
    label: str
    leaf: str
    part: str
    section: str
    options: tuple[Option, ...]
    notes: tuple[Note, ...] = ()
    applies_if: Dependency | None = None
    as_printed: str = ""

    @property
    def maximum(self) -> int:
        """The points of the best option."""
        return max(option.points for option in self.options)

    def option(self, position: int) -> Option:
        """The option at a position as printed, from 1; raises `IndexError` beyond the last one and below the first."""
        if position < 1:
            raise IndexError(position)
        return self.options[position - 1]


@dataclass(frozen=True, slots=True)
class Group:
    """A criterion that is only the sum of its children."""

    code: str
    label: str
    maximum: int
    children: tuple[Group | Criterion, ...]
    notes: tuple[Note, ...] = ()

    def leaves(self) -> Iterator[Criterion]:
        """The leaf criteria below this node in printed order."""
        for child in self.children:
            if isinstance(child, Criterion):
                yield child
            else:
                yield from child.leaves()


@dataclass(frozen=True, slots=True)
class Section(Group):
    """A section of a part; where the section is itself a leaf, its only child is the criterion of the same code."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a set (A, B or C); `as_printed` says what is odd about it in the print and was kept."""

    code: str
    label: str
    maximum: int
    sections: tuple[Section, ...]
    as_printed: str = ""


@dataclass(frozen=True, slots=True)
class CriteriaSet:
    """A criteria set: the tree as printed, and its leaf criteria in printed order.

    `samples` is how many pieces go with the dossier; None where the act's text is not at hand.
    """

    number: int
    name: str
    article: str
    samples: int | None
    disqualifiers: tuple[Note, ...]
    parts: tuple[Part, ...]
    criteria: tuple[Criterion, ...]
    by_code: Mapping[str, Criterion] = field(repr=False, compare=False)
    tables: Tables = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """The tables stand beside the set they are made of."""
        object.__setattr__(self, "tables", tables(self.parts, self.criteria))

    def criterion(self, code: str) -> Criterion | None:
        """The leaf criterion with this code, or None."""
        return self.by_code.get(code)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A regime with its criteria sets; `version` is the regime's id and the first 12 hex digits of its files' hash.

    Where the sets stand in another regime's folder, the hash is over those files as well. `sets` is empty for a regime
    whose criteria are not to be had: it only takes imported results, and `regime.criteria` has the words to say so.
    `earlier` are the editions it continues, each with its own version and the sets there were.
    """

    regime: Regime
    sets: Mapping[int, CriteriaSet]
    version: str
    earlier: tuple[Rulebook, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class NoRegime:
    """No act answers for a dossier of this kind filed on this day, with the reason as a code and in words."""

    filed_on: date
    kind: str
    code: Literal["no-act-in-force", "kind-unknown"]
    vietnamese: str
    english: str


@dataclass(frozen=True, slots=True)
class Rulebooks:
    """Every rulebook there is, the oldest act first."""

    all: tuple[Rulebook, ...]
    _by_id: Mapping[str, Rulebook] = field(init=False, repr=False, compare=False)
    _by_pin: Mapping[tuple[str, str], Rulebook] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Each rulebook is found by its regime's id, and by its version too; every event of a dossier asks for one."""
        editions = [each for book in self.all for each in (book, *book.earlier)]
        object.__setattr__(self, "_by_id", {book.regime.id: book for book in self.all})
        object.__setattr__(self, "_by_pin", {(each.regime.id, each.version): each for each in editions})

    def by_id(self, regime: str) -> Rulebook | None:
        """The rulebook of a regime by its id, or None."""
        return self._by_id.get(regime)

    def pinned(self, regime: str, version: str) -> Rulebook | None:
        """The rulebook a dossier is pinned to, be it the present edition or one it continues; None when unknown."""
        return self._by_pin.get((regime, version))

    def regime_for(self, filed_on: date, kind: str) -> Rulebook | NoRegime:
        """The rulebook a dossier is pinned to: of the acts in force on its filing day the newest (26/2026, 11-12)."""
        books = [book for book in self.all if book.regime.in_force(filed_on)]
        if not books:
            return NoRegime(
                filed_on=filed_on,
                kind=kind,
                code="no-act-in-force",
                vietnamese=f"Hệ thống không có quyết định nào còn hiệu lực vào ngày {filed_on:%d/%m/%Y}.",
                english=f"No act known here was in force on {filed_on:%Y-%m-%d}.",
            )
        newest = max(books, key=lambda book: book.regime.valid_from)
        act, kinds = newest.regime.act, ", ".join(newest.regime.kinds)
        if kind not in newest.regime.kinds:
            return NoRegime(
                filed_on=filed_on,
                kind=kind,
                code="kind-unknown",
                vietnamese=f"Quyết định {act} không có loại hồ sơ “{kind}”; hãy chọn một trong: {kinds}.",
                english=f"Act {act} knows no dossier kind {kind!r}; choose one of {kinds}.",
            )
        return newest

    def old_rules_for(self, regime: str, filed_on: date, kind: str) -> OldRules | None:
        """By when a dossier pinned to `regime` must be finished under it, or None where no later act says so.

        26/2026, 12.2: a first or upgrade dossier by 2026-07-21, a renewal by 2026-06-21; unfinished then, the act is
        silent. Of several later acts the first that speaks of the dossier holds.
        """
        own = self.by_id(regime)
        later = (book for book in self.all if own is not None and book.regime.valid_from > own.regime.valid_from)
        rules = (rule for book in later for rule in book.regime.transitions.dossiers)
        return next((rule for rule in rules if rule.holds(filed_on, kind)), None)
