"""One dossier's way up the ladder, as its filing, its results, its decisions and their corrections have left it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, Literal
from uuid import UUID

from deploy.verify.days import clock_of, rounds_at, stage_last_day
from shared.contracts.dossiers import (
    DecisionAnnulled,
    DecisionApproved,
    DossierFiled,
    SessionAnnulled,
)
from shared.contracts.event import Basis
from shared.contracts.promotions import StageOpened, TaskClosed, TaskOpened
from shared.contracts.receipts import Told
from shared.contracts.scores import ProductScored, Stage
from shared.contracts.units import MINISTRY_CODE
from shared.rulebooks.calendar import Editions, YearNotPublished
from shared.rulebooks.model import Forward, HandBack, OldRules, Rulebook, Rung

Task = Literal[
    "decide_on_central_result",
    "stage_overdue",
    "annul_decision",
    "due_day_unknown",
    "decide_on_result_above",
    "old_rules_ended",
]
OVER: Final = ("returned", "recognised", "ended", "withdrawn")
ALARMS_MAX: Final = 20


@dataclass(frozen=True)
class Standpoint:
    """Where a dossier stands: its rung and attempt, how far it has come there, how many results it has."""

    rung: Rung
    phase: str = "open"
    attempt: int = 1
    last_day: date | None = None
    last_day_by: str | None = None
    results: int = 0

    @property
    def stage(self) -> Stage:
        """The stage as it is told."""
        return Stage(level=self.rung.level, attempt=self.attempt)


@dataclass(frozen=True)
class Applied:
    """A decision that took effect, where the dossier stood before it, and the certificate it brought."""

    decision: DecisionApproved
    before: Standpoint
    certificate_id: UUID | None = None

    @property
    def final(self) -> bool:
        """True when the decision ended the dossier."""
        return not self.decision.kind.startswith("approve_for_")


@dataclass(frozen=True)
class Annulment:
    """A session or a decision annulled; `scored` is the stage whose result falls, as evaluation noted it."""

    said: SessionAnnulled | DecisionAnnulled
    scored: Stage | None


@dataclass
class Course:
    """One dossier's way: where it stands, its results and decisions, and corrections that wait for another.

    `gone` are the stages that were taken back; their numbers are not given again. `missing` is the year whose working
    days were not announced when its stage opened; `reopened` is how often the decision that ended it was annulled.
    At its stage `waiting` is the open supplement, since when, and whether the clock stands still; `stood_still` are the
    waits over for which it did, `ends` counts all that are over. `supplements` counts the facts about them.
    """

    filed: DossierFiled
    book: Rulebook
    rung: Rung
    editions: Editions
    phase: str = "open"
    opened_on: date = date.min
    missing: YearNotPublished | None = None
    attempt: int = 0
    last_day: date | None = None
    last_day_by: str | None = None
    results: list[ProductScored] = field(default_factory=list)
    decisions: list[Applied] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    alarms: list[UUID] = field(default_factory=list)
    gone: list[tuple[str, int]] = field(default_factory=list)
    deferred: list[Annulment] = field(default_factory=list)
    reopened: int = 0
    waiting: tuple[UUID, date, bool] | None = None
    stood_still: list[tuple[date, date]] = field(default_factory=list)
    ends: int = 0
    supplements: int = 0

    @property
    def stars(self) -> int | None:
        """The stars of the latest result."""
        return self.results[-1].stars if self.results else None

    @property
    def stage(self) -> Stage:
        """The stage it stands at."""
        return Stage(level=self.rung.level, attempt=self.attempt)

    def standpoint(self) -> Standpoint:
        """Where it stands."""
        return Standpoint(self.rung, self.phase, self.attempt, self.last_day, self.last_day_by, len(self.results))

    def stand_at(self, before: Standpoint, *ended: Stage) -> None:
        """It stands there again; results since then, and stages that ended with them, are gone, and so are alarms."""
        self.gone += [(one.level, one.attempt) for one in (*self._stages(before.results), *ended)]
        self.rung, self.phase, self.attempt = before.rung, before.phase, before.attempt
        self.last_day, self.last_day_by = before.last_day, before.last_day_by
        self.results, self.alarms = self.results[: before.results], []

    def open(self, rung: Rung, day: date, *, asked: bool = False) -> StageOpened:
        """A stage on a rung has opened, with the next number at its level; one `asked` for that day may be late."""
        held = [(one.level, one.attempt) for one in self._stages(0)]
        known = [*held, *self.gone, (self.rung.level, self.attempt)]
        attempt = 1 + max((attempt for level, attempt in known if level == rung.level), default=0)
        self.rung, self.phase, self.attempt, self.opened_on = rung, "open", attempt, day
        self.waiting, self.stood_still, self.ends = None, [], 0
        self._count(day)
        belongs, missed = rounds_at(self.book.regime, rung, self.filed.kind, day)
        return StageOpened(
            dossier_id=self.filed.dossier_id,
            stage=self.stage,
            opened_on=day,
            due_on=self.last_day,
            basis=self.basis(rung.article, self.last_day_by),
            round=belongs,
            missed=missed if asked else None,
        )

    def _count(self, known_on: date) -> bool:
        """True where the working days known on a day allow a last day, if one is needed; else a year is missing."""
        calendar = self.editions.known_on(known_on)
        last, self.last_day_by = stage_last_day(
            self.book.regime, self.rung, self.filed.kind, self.opened_on, calendar, self.stood_still
        )
        self.missing = last if isinstance(last, YearNotPublished) else None
        self.last_day = None if isinstance(last, YearNotPublished) else last
        return self.missing is None

    def clock_pauses(self) -> bool:
        """True where the stage runs by a clock that the act's parameter lets stand still."""
        name = clock_of(self.book.regime, self.rung, self.filed.kind)
        return name in self.book.regime.supplements.pauses.value and name in self.book.regime.clocks

    def resume(self, since: date, until: date) -> Iterator[TaskOpened]:
        """The last day is counted anew without these days of waiting, or cannot be counted any more."""
        self.stood_still.append((since, until))
        if self.missing is None and not self._count(until):
            yield from self.unknown_task(until)

    def _stages(self, since: int) -> list[Stage]:
        return [result.stage for result in self.results[since:]]

    def alarm(self, name: UUID) -> None:
        """One decision more that contradicts; of many the latest are remembered."""
        self.alarms = [*self.alarms, name][-ALARMS_MAX:]

    def basis(self, *articles: str | None) -> Basis:
        """The basis in the act the dossier was filed under; each article once."""
        named = tuple(dict.fromkeys(article for article in articles if article is not None))
        return Basis(act=self.book.regime.act, rulebook=self.book.version, articles=named)

    def at(self, level: str) -> Rung:
        """The rung of a level."""
        return next(rung for rung in self.book.regime.ladder.rungs if rung.level == level)

    def office(self, level: str) -> str:
        """The unit whose office works at a level."""
        return MINISTRY_CODE if level == "central" else self.filed.unit

    def deciding(self) -> Rung:
        """The rung whose authority has the word."""
        back = self.handed_back() if self.phase == "handed_back" else None
        return self.rung if back is None else self.at(back.to)

    def handed_back(self) -> HandBack | None:
        """The rule by which a level below decides on the latest result; one struck out is always its (7.4.g).

        Of rules that hand it back from rung to rung it is the last.
        """
        result, rung, last = self.results[-1], self.rung, None
        while (back := rung.hand_back) is not None and _goes_back(back, result):
            last, rung = back, self.at(back.to)
        return last

    def upwards(self) -> Forward | None:
        """The rule by which the latest result opens the way up."""
        result = self.results[-1] if self.results else None
        if result is None or result.total is None or result.stars is None:
            return None
        total = Fraction(result.total.numerator, result.total.denominator)
        rules = [rule for rule in self.at(result.stage.level).forwards if rule.on == "score"]
        return next((r for r in rules if total >= (r.total_min or 0) and result.stars in r.stars), None)

    def decide_task(self, back: HandBack) -> TaskOpened:
        """A level below must decide on the latest result (7.4.g)."""
        result = self.results[-1]
        task: Task = "decide_on_central_result" if self.rung.level == "central" else "decide_on_result_above"
        opened = self.task(task, back.to, result.closed_on, back.article, result.stars)
        return opened.model_copy(update={"total": result.total})

    def old_rules_task(self, rules: OldRules) -> TaskOpened:
        """The day is over by which the dossier had to be finished under its own act (26/2026, 12.2)."""
        day, article = rules.finish_by + timedelta(days=1), f"{rules.act}, {rules.article}"
        opened = self.task("old_rules_ended", "province", day, article)
        return opened.model_copy(update={"words": Told.model_validate(rules.words, from_attributes=True)})

    def overdue_task(self) -> TaskOpened:
        """The stage is overdue from the day after its last."""
        assert self.last_day is not None
        return self.task("stage_overdue", self.rung.level, self.last_day + timedelta(days=1), self.last_day_by)

    def unknown_task(self, since: date | None = None) -> Iterator[TaskOpened]:
        """The working days are missing that the last day of the stage depends on, if they are."""
        if self.missing is not None:
            words = Told.model_validate(self.missing.words, from_attributes=True)
            opened = self.task("due_day_unknown", self.rung.level, since or self.opened_on, self.last_day_by)
            yield opened.model_copy(update={"missing_year": self.missing.year, "words": words})

    def dated(self) -> Iterator[TaskClosed]:
        """The first announcement that allows it, if there is one, has set the last day of the stage."""
        later = (since for since, _ in self.editions.editions if since > self.opened_on)
        since = next((since for since in later if self._count(since)), None)
        if since is not None and "due_day_unknown" in self.tasks:
            self.tasks.remove("due_day_unknown")
            yield TaskClosed(dossier_id=self.filed.dossier_id, task="due_day_unknown", closed_on=since)

    def task(self, task: Task, level: str, day: date, article: str | None, stars: int | None = None) -> TaskOpened:
        """The office of a level must act from a day on."""
        self.tasks.append(task)
        return TaskOpened(
            dossier_id=self.filed.dossier_id,
            task=task,
            unit=self.office(level),
            opened_on=day,
            total=None,
            stars=stars,
            basis=self.basis(article),
        )

    def close_tasks(self, day: date) -> tuple[TaskClosed, ...]:
        """Every open task is done; that of the old rules only with the dossier, and last."""
        stay = [task for task in self.tasks if task == "old_rules_ended"]
        done = [task for task in self.tasks if task not in stay] + (stay if self.phase in OVER else [])
        self.tasks = [task for task in self.tasks if task not in done]
        return tuple(TaskClosed(dossier_id=self.filed.dossier_id, task=task, closed_on=day) for task in done)


def _goes_back(back: HandBack, result: ProductScored) -> bool:
    if result.total is None or result.stars is None:
        return True
    points = Fraction(result.total.numerator, result.total.denominator)
    return points < back.total_below or result.stars < back.stars_below
