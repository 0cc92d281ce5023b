"""The frozen values of an act without its criteria: days in force, bands, ladder, rounds, clocks, by-law defaults.

Bounds and shares are `Fraction`; nothing here is a float. A value the act is silent about carries article `None` and a
reason, see `Parameter`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Generic, Literal, TypeVar

from shared.kernel.words import Words

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parameter(Generic[T]):
    """One value of a regime with the article it rests on.

    Article `None`: the act is silent, or its text is not at hand; `reason` says which, and why this value.
    """

    value: T
    article: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """A day that returns every year."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """This day in `year`; raises `ValueError` where that year has no such day."""
        return date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class Band:
    """The totals that make one class of stars, from `lower` included to `upper` (included only where said).

    `printed_upper` stands where the act prints a lower upper bound than that: totals above it lie in a gap of the text
    and belong here by the regime's `band_gaps` rule.
    """

    stars: int
    lower: Fraction
    upper: Fraction
    upper_included: bool
    article: str
    printed_upper: Fraction | None = None

    def holds(self, total: Fraction) -> bool:
        """True when `total` lies in this band; the total is never rounded first."""
        return self.lower <= total and (total < self.upper or (self.upper_included and total == self.upper))


@dataclass(frozen=True, slots=True)
class Forward:
    """One rule by which a product goes up from a rung.

    `on` is what starts it: "request" (no score is asked for) or "score" (then `total_min` and `stars` must both hold).
    `duty` says whether it must go up ("required") or only on the word of the council's chair ("on_word").
    """

    to: str
    on: Literal["request", "score"]
    total_min: Fraction | None
    stars: tuple[int, ...]
    duty: Literal["required", "on_word"]
    article: str | None
    reason: str = ""

    def holds(self, total: Fraction, stars: int) -> bool:
        """True when a product with this total and these stars goes up by this rule."""
        reaches = self.total_min is not None and total >= self.total_min
        return self.on == "score" and reaches and stars in self.stars


@dataclass(frozen=True, slots=True)
class HandBack:
    """What a rung does with a product it does not recognise: the level `to` decides, by one of `choices`."""

    to: str
    total_below: Fraction
    stars_below: int
    choices: tuple[str, ...]
    article: str | None
    reason: str = ""

    def holds(self, total: Fraction, stars: int) -> bool:
        """True when the product goes back to the level that sent it."""
        return total < self.total_below or stars < self.stars_below


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: a level, what it does, whom it recognises and who moves up from it.

    `name` is the level's Vietnamese name, to follow the word "cấp"; `reason` says on what an inferred rung rests.
    """

    level: str
    name: str
    work: Literal["assesses", "scores"]
    recognises: tuple[int, ...]
    forwards: tuple[Forward, ...]
    hand_back: HandBack | None
    article: str
    reason: str = ""

    def forward(self, total: Fraction, stars: int) -> Forward | None:
        """The first rule by which a scored product goes up from here, or None."""
        return next((rule for rule in self.forwards if rule.holds(total, stars)), None)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a regime from the lowest level to the highest."""

    rungs: tuple[Rung, ...]

    @property
    def first(self) -> Rung:
        """The rung on which a filed dossier starts."""
        return self.rungs[0]

    def rung(self, level: str) -> Rung | None:
        """The rung of a level, or None where the regime does not know that level."""
        return next((rung for rung in self.rungs if rung.level == level), None)

    def after(self, level: str) -> Rung | None:
        """The rung above `level`, or None at the top or for an unknown level."""
        levels = [rung.level for rung in self.rungs]
        place = levels.index(level) + 1 if level in levels else len(levels)
        return self.rungs[place] if place < len(levels) else None

    def authority(self, stars: int) -> str | None:
        """The level whose authority recognises this many stars, or None: then there is no decision, no certificate."""
        return next((rung.level for rung in self.rungs if stars in rung.recognises), None)


@dataclass(frozen=True, slots=True)
class Round:
    """One yearly round of a level: requests made before `cut_off` are decided before `finish`."""

    level: str
    number: int
    cut_off: MonthDay
    finish: MonthDay
    article: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A time limit of the act: `count` of `unit`, counted from what `starts` names."""

    name: str
    count: int
    unit: Literal["working_days", "days", "months"]
    starts: str
    article: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ByLaw:
    """What holds for a council whose own by-law says nothing else."""

    quorum_number: Parameter[int | None]
    quorum_share: Parameter[Fraction | None]
    chair_required: Parameter[bool]
    averaging: Parameter[str]
    marks_judged_on: Parameter[str]
    tie: Parameter[str]
    scoring_roles: Parameter[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Deliberation:
    """How members' sheets come together where a council's own by-law says nothing else.

    Totals of one dossier lie at most `deviation_points_max` points apart (None: no limit); beyond it the council
    discusses and scores again, `rescore_rounds_max` times at most. `quorum_over` says whom number and share of a quorum
    count, `written_kinds` which kinds of dossier may be scored by written opinion.
    """

    deviation_points_max: Parameter[int | None]
    rescore_rounds_max: Parameter[int]
    quorum_over: Parameter[str]
    written_kinds: Parameter[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CriteriaSource:
    """Where a regime's criteria sets stand: in its "own" folder, in that of the regime named, or nowhere ("none").

    Where there are none, no sheet can be taken: `vietnamese` and `english` tell a sender so, and what to send instead.
    """

    origin: str
    article: str | None
    reason: str
    vietnamese: str
    english: str


@dataclass(frozen=True, slots=True)
class OldRules:
    """Dossiers of these kinds filed before `filed_before` finish under the act of their day, by `finish_by`.

    `act` is the one that says so.
    """

    act: str
    kinds: tuple[str, ...]
    filed_before: date
    finish_by: date
    article: str

    @property
    def words(self) -> Words:
        """What a person is told when `finish_by` is over and a dossier is not."""
        before, last = f"{self.filed_before:%d/%m/%Y}", f"{self.finish_by:%d/%m/%Y}"
        return Words(
            f"Hồ sơ nộp trước ngày {before} phải được đánh giá xong theo quy định cũ, chậm nhất ngày {last} "
            f"(Quyết định {self.act}, {self.article}). Đã quá hạn mà chưa xong: cơ quan có thẩm quyền cần quyết định "
            "cách xử lý; hệ thống không tự kết thúc hồ sơ.",
            f"A dossier filed before {self.filed_before} had to be finished under the earlier rules by "
            f"{self.finish_by} ({self.act}, {self.article}). That day is over: the authority must say how it goes on; "
            "nothing is decided here.",
        )

    def holds(self, filed_on: date, kind: str) -> bool:
        """True when a dossier of this kind filed on this day finishes under the rules of its day."""
        return kind in self.kinds and filed_on < self.filed_before


@dataclass(frozen=True, slots=True)
class Lapse:
    """An earlier regime ceases on a day, the first on which it is no longer in force."""

    regime: str
    on: date
    article: str


@dataclass(frozen=True, slots=True)
class Transitions:
    """What an act says of what began before it: unfinished dossiers, older certificates, the acts it replaces.

    `certificates` is "run_to_their_end": a certificate issued under an older act keeps its term.
    """

    dossiers: tuple[OldRules, ...]
    certificates: Parameter[str]
    lapses: tuple[Lapse, ...]


@dataclass(frozen=True, slots=True)
class Renewal:
    """What an act leaves open about renewals; as it stands here: what holds where the act's file says nothing.

    `reminders` are days before a certificate's end. `undecided_extends`: a renewal filed in time keeps a certificate
    valid beyond its end as a late one does. `after_end_extends`: so does one filed after that end.
    """

    reminders: Parameter[tuple[int, ...]] = Parameter((), None)
    undecided_extends: Parameter[bool] = Parameter(value=False, article=None)
    after_end_extends: Parameter[bool] = Parameter(value=False, article=None)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The articles of the grounds on which a certificate is withdrawn, and of who withdraws it, by its stars.

    Empty where the act's file says nothing of it.
    """

    grounds: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    authorities: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Supplements:
    """What holds while a producer is asked to complete a dossier; as it stands here: where an act's file is silent.

    The time limits (by their clocks' names) that `pauses` names stand still; `articles` say of a level that it may ask.
    """

    pauses: Parameter[tuple[str, ...]] = Parameter((), None)
    articles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Regime:
    """An act in force on the days `valid_from` ≤ day < `valid_to` (None: still in force), without its criteria sets.

    `parts` are the points of each part of every set; `unrecognised_article` is what denies a decision and a certificate
    to the stars that no rung recognises. `band_gaps` names the rule for totals between two printed bands. `pinned_by`
    says which day pins a dossier to an act. `evaluation_rounds` is how often a council goes through the products.
    """

    id: str
    act: str
    signed_on: date
    valid_from: date
    valid_to: date | None
    kinds: tuple[str, ...]
    pinned_by: Parameter[str]
    transitions: Transitions
    criteria: CriteriaSource
    parts: Mapping[str, int]
    bands: tuple[Band, ...]
    band_gaps: Parameter[str]
    ladder: Ladder
    unrecognised_article: str
    rounds: tuple[Round, ...]
    cut_off_included: Parameter[bool]
    rounds_exempt_kinds: Parameter[tuple[str, ...]]
    clocks: Mapping[str, Clock]
    certificate_months: Parameter[int]
    evaluation_rounds: Parameter[int]
    by_law: ByLaw
    deliberation: Deliberation
    fact_days_back_max: Parameter[int]
    hold_days_max: Parameter[int]
    renewal: Renewal = Renewal()
    withdrawal: Withdrawal = Withdrawal()
    supplements: Supplements = Supplements()

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of this regime from the lowest to the highest."""
        return tuple(rung.level for rung in self.ladder.rungs)

    def in_force(self, day: date) -> bool:
        """True when the act was in force on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
