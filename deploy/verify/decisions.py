"""Every decision of every product, recomputed from what its service took in, against what was announced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from deploy.verify.certificates import Certificates, of_certificate
from deploy.verify.comparison import Due, compare
from deploy.verify.course import Course
from deploy.verify.days import old_rules
from deploy.verify.evaluated import Findings
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.flow import Flow
from deploy.verify.history import Told
from deploy.verify.promoted import Ladder, Run
from deploy.verify.windows import windows
from shared.contracts.dossiers import CertificateWithdrawn, DayOpened, DossierFiled
from shared.contracts.promotions import (
    DecisionAnnulled,
    DossierEnded,
    DossierReturned,
    DossierWithdrawn,
    ProductRecognised,
    SessionAnnulled,
    StageOpened,
    SupplementAsked,
    SupplementEnded,
    TaskClosed,
    TaskOpened,
)
from shared.contracts.scores import CommuneAssessmentConcluded, ProductScored, Stage
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES, SHEETS
from shared.rulebooks.calendar import Editions
from shared.rulebooks.model import Rulebooks


@dataclass
class Decisions:
    """What each product's history comes to, once checked; `courses` are its dossiers, in order of filing."""

    flow: Flow
    books: Rulebooks
    editions: Editions
    courses: dict[str, list[Course]] = field(default_factory=dict)
    findings: dict[str, Findings] = field(default_factory=dict)
    certificates: dict[str, Certificates] = field(default_factory=dict)

    def check(self) -> Iterator[Unexplained]:
        """Whatever was announced otherwise than its grounds say; subjects with a broken history are passed over."""
        history = self.flow.history
        days = {part: history.of(DOSSIERS, f"day/{part}") for part in range(DOSSIERS.partitions)}
        for subject in sorted({*history.subjects(DOSSIERS), *history.subjects(SCORES), *history.subjects(PROMOTIONS)}):
            if subject not in history.broken and not subject.startswith("day/"):
                yield from self._evaluated(subject)
            if subject not in history.broken and not subject.startswith("day/"):
                yield from self._promoted(subject, days)

    def _evaluated(self, subject: str) -> Iterator[Unexplained]:
        taken = [self.flow.taken("evaluation", topic, subject) for topic in (DOSSIERS, SHEETS, PROMOTIONS)]
        findings = self.findings[subject] = Findings(self.books)
        findings.walk(*taken)
        yield from self._ends_here(subject, compare(findings.due, self.flow.history.of(SCORES, subject)))

    def _ends_here(self, subject: str, found: Iterable[Unexplained]) -> Iterator[Unexplained]:
        """What follows from a result without explanation is not judged."""
        for unexplained in found:
            self.flow.history.broken.add(subject)
            yield unexplained

    def _promoted(self, subject: str, days: dict[int, Sequence[Told]]) -> Iterator[Unexplained]:
        facts = self.flow.taken("promotion", DOSSIERS, subject)
        told = self.flow.history.of(PROMOTIONS, subject)
        opened = days[facts[0].record.part] if facts else ()
        findings = self.flow.taken("promotion", SCORES, subject)
        concluded = _concluded(findings)
        dated = frozenset(_dated(told, opened, concluded, self.editions))
        overdue = frozenset(_overdue(told, opened, concluded))
        unfinished = frozenset(_unfinished(told, facts, opened, self.books))
        ladder = Ladder(self.books, self.editions, overdue, dated, unfinished)
        ladder.walk(facts, findings)
        self.courses[subject] = list(ladder.courses.values())
        lives = self.certificates[subject] = Certificates(ladder.courses)
        if _certified(told, ladder.courses):
            lives.walk(facts, told, opened)
        withdrawals = frozenset(e.decision_id for one in facts if isinstance(e := one.event, CertificateWithdrawn))
        ends = [one for one in told if of_certificate(one.event, withdrawals)]
        steps = [one for one in told if not of_certificate(one.event, withdrawals)]
        due = [_with_restored(one, lives.restored) for one in ladder.due]
        yield from self._ends_here(subject, [*compare(due, steps), *compare(lives.due, ends)])
        recognised = [one.event for one in told if isinstance(one.event, ProductRecognised)]
        renewals = windows(self.flow.history.of(DOSSIERS, subject), recognised, self.books)
        wrong = (Unexplained(Kind.EFFECT_DIFFERS, one.record.where, words) for one, words in renewals)
        yield from self._ends_here(subject, wrong)


def _overdue(told: Sequence[Told], days: Sequence[Told], concluded: set[tuple[UUID, Stage]]) -> Iterator[Run]:
    """The stages told to be overdue once such a day was open, or that surely had to be told, in each of their runs."""
    runs: dict[UUID, Run] = {}
    taken_back = {one.event.dossier_id: one.sequence for one in told if isinstance(one.event, _TAKING_BACK)}
    stopped = {e.dossier_id: one.sequence for one in told if isinstance(e := one.event, SupplementAsked) and _stops(e)}
    for one in told:
        match one.event:
            case TaskOpened(task="stage_overdue") as task if any(_day(day) >= task.opened_on for day in days):
                if task.dossier_id in runs:
                    yield runs[task.dossier_id]
            case StageOpened() | SupplementEnded() as begun:
                name, due_on = begun.dossier_id, begun.due_on
                runs[name] = _run(runs, begun)
                stays = max(taken_back.get(name, 0), stopped.get(name, 0)) < one.sequence
                late = [day for day in days if due_on and _day(day) > due_on and _after(day, one)]
                if stays and late and (name, begun.stage) not in concluded:
                    yield runs[name]


def _run(runs: Mapping[UUID, Run], begun: StageOpened | SupplementEnded) -> Run:
    """The run of the stage that begins: its first, or the one behind a wait."""
    over = 0 if isinstance(begun, StageOpened) else runs.get(begun.dossier_id, _BEFORE)[2] + 1
    return begun.dossier_id, begun.stage, over


_BEFORE: Final = (UUID(int=0), Stage(level="none", attempt=1), 0)
"""Stands for the run of a stage whose opening is missing, which is listed for itself."""


def _stops(asked: SupplementAsked) -> bool:
    return asked.clock_stopped


def _unfinished(
    told: Sequence[Told], facts: Sequence[Told], days: Sequence[Told], books: Rulebooks
) -> Iterator[tuple[UUID, int]]:
    """The dossiers told not to be over when their old rules ended, or that surely had to be; and how often they had."""
    filed = {one.event.dossier_id: one.event for one in facts if isinstance(one.event, DossierFiled)}
    ends, begun = Counter[UUID](), dict[UUID, Told]()
    for one in told:
        match one.event:
            case StageOpened() | DecisionAnnulled():
                begun.setdefault(one.event.dossier_id, one)
            case DossierReturned() | ProductRecognised() | DossierEnded() | DossierWithdrawn():
                ends[one.event.dossier_id] += 1
                begun.pop(one.event.dossier_id, None)
            case TaskOpened(task="old_rules_ended") as task if any(_day(day) >= task.opened_on for day in days):
                yield task.dossier_id, ends[task.dossier_id]
    for name, since in begun.items():
        rules = old_rules(books, filed[name]) if name in filed else None
        if rules is not None and any(_day(day) > rules.finish_by and _after(day, since) for day in days):
            yield name, ends[name]


def _dated(
    told: Sequence[Told], days: Sequence[Told], concluded: set[tuple[UUID, Stage]], editions: Editions
) -> Iterator[Run]:
    """The stages whose last day was told to be known once such a day was open, or surely had to be, in each run."""
    runs: dict[UUID, Run] = {}
    days_by_id = {day.id: _day(day) for day in days}
    waited = {e.dossier_id: one.sequence for one in told if isinstance(e := one.event, SupplementEnded)}
    taken_back = {one.event.dossier_id: one.sequence for one in told if isinstance(one.event, _TAKING_BACK)}
    for one in told:
        match one.event:
            case StageOpened() | SupplementEnded() as begun:
                runs[begun.dossier_id] = _run(runs, begun)
            case TaskClosed(task="due_day_unknown") as closed:
                if days_by_id.get(one.cause, date.min) >= closed.closed_on and closed.dossier_id in runs:
                    yield runs[closed.dossier_id]
            case TaskOpened(task="due_day_unknown") as task if task.dossier_id in runs:
                since, run = _announced(editions, task), runs[task.dossier_id]
                last = max(taken_back.get(task.dossier_id, 0), waited.get(task.dossier_id, 0))
                stays = last < one.sequence and run[:2] not in concluded
                if stays and any(_day(day) >= since and _after(day, one) for day in days):
                    yield run


def _announced(editions: Editions, task: TaskOpened) -> date:
    """Since when the year that a task waits for is known; the last of all days while it is not."""
    later = ((since, calendar) for since, calendar in editions.editions if since > task.opened_on)
    year = task.missing_year or date.max.year
    return next((since for since, calendar in later if calendar.last.year >= year), date.max)


_TAKING_BACK: Final = (SessionAnnulled, DecisionAnnulled, DossierWithdrawn)
"""What can end a stage that has no result."""


def _concluded(findings: Sequence[Told]) -> set[tuple[UUID, Stage]]:
    """The stages that have their result."""
    found = (told.event for told in findings)
    return {(one.dossier_id, one.stage) for one in found if isinstance(one, CommuneAssessmentConcluded | ProductScored)}


def _certified(told: Sequence[Told], courses: dict[UUID, Course]) -> bool:
    """True where everything that was told is of a dossier known here; else the ladder says what is wrong."""
    return all(getattr(one.event, "dossier_id", None) in courses for one in told)


def _with_restored(due: Due, restored: dict[UUID, UUID]) -> Due:
    """The annulment says which certificate is in force again by it."""
    event = due.event
    if not isinstance(event, DecisionAnnulled) or event.correction_id not in restored:
        return due
    return replace(due, event=event.model_copy(update={"restored_id": restored[event.correction_id]}))


def _day(told: Told) -> date:
    return told.event.date if isinstance(told.event, DayOpened) else date.min


def _after(day: Told, one: Told) -> bool:
    """True where the day was sent after the other event, so that promotion knew of it when the day came."""
    return day.record.timestamp_ms > one.record.timestamp_ms
