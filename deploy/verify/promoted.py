"""The announcements that promotion owes for one product: its way up the ladder, walked anew, corrections too."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from deploy.verify.comparison import Due
from deploy.verify.course import OVER, Annulment, Course
from deploy.verify.days import old_rules
from deploy.verify.decided import decide, held
from deploy.verify.history import Told
from deploy.verify.supplements import waits
from deploy.verify.taken_back import annul, withdraw
from shared.contracts import promotions
from shared.contracts.dossiers import (
    CentralEvaluationRequested,
    Correction,
    DecisionAnnulled,
    DecisionApproved,
    DossierFiled,
    DossierWithdrawn,
    ProvincialEvaluationRequested,
    SessionAnnulled,
    SupplementAsked,
    SupplementEnded,
)
from shared.contracts.event import Event
from shared.contracts.promotions import DossierForwarded, DossierReturned, ProductEligible, StageOpened
from shared.contracts.scores import CommuneAssessmentConcluded, CorrectionNoted, ProductScored, SessionVoided, Stage
from shared.rulebooks.calendar import Editions
from shared.rulebooks.model import Rulebooks

Request = CentralEvaluationRequested | ProvincialEvaluationRequested
Run = tuple[UUID, Stage, int]
"""A stage of a dossier, and how many of its waits for a supplement were over: its last day may be another each time."""


@dataclass
class Ladder:
    """Walks one product's dossiers; `overdue` are the (dossier, stage, waits over) that were told to be overdue.

    `unfinished` are the dossiers not over when their old rules ended, each with how often it had been over before.
    `dated` are those whose last day could not be counted then, and was set on a later day.
    `notes` are corrections that evaluation has told of and registration not yet.
    """

    books: Rulebooks
    editions: Editions
    overdue: frozenset[Run]
    dated: frozenset[Run] = frozenset()
    unfinished: frozenset[tuple[UUID, int]] = frozenset()
    due: list[Due] = field(default_factory=list)
    courses: dict[UUID, Course] = field(default_factory=dict)
    current: Course | None = None
    notes: dict[UUID, CorrectionNoted] = field(default_factory=dict)

    def walk(self, dossiers: Sequence[Told], scores: Sequence[Told]) -> None:
        """Every fact that can be taken in has been; a decision waits for the result of the stage that is open."""
        facts, findings = deque(dossiers), deque(scores)
        while True:
            if findings and self._found(findings[0]):
                findings.popleft()
            elif facts and self._told(facts[0]):
                facts.popleft()
            else:
                return

    def _say(self, cause: Told, *events: Event) -> None:
        """The events follow, in order; of a stage dated late, or told to be overdue, also what a day has brought."""
        self.due += [Due(event, cause) for event in events]
        for event in events:
            if isinstance(event, StageOpened | promotions.SupplementEnded):
                course = self.courses[event.dossier_id]
                run = (event.dossier_id, event.stage, course.ends)
                closed = course.dated() if run in self.dated else ()
                self.due += [Due(each, cause, by_day=True) for each in closed]
                if run in self.overdue and course.last_day is not None:
                    self.due.append(Due(course.overdue_task(), cause, by_day=True))

    def _told(self, told: Told) -> bool:
        """False where the fact has to wait."""
        course = self.current
        match told.event:
            case DossierFiled() as filed:
                return self._file(told, filed)
            case DecisionApproved() | CentralEvaluationRequested() | ProvincialEvaluationRequested():
                about = self.courses.get(told.event.dossier_id)
                if course is None or about is None or (course.phase == "open" and not self._paused(course)):
                    return False
                if about is not course:
                    self._say(told, held(told, about, "dossier_over", computed=None))
                elif isinstance(told.event, DecisionApproved):
                    self._say(told, *decide(told, course, told.event))
                else:
                    self._forward(told, course, told.event)
            case SessionAnnulled() | DecisionAnnulled() | DossierWithdrawn():
                return self._correct(told, told.event)
            case SupplementAsked() | SupplementEnded():
                return self._waits(told, told.event)
        return True

    def _waits(self, told: Told, said: SupplementAsked | SupplementEnded) -> bool:
        """False where an asking has to wait for the result of the stage before its own, or either for its dossier."""
        course = self.courses.get(said.dossier_id)
        if course is None or course is not self.current:
            return course is not None
        open_there = course.phase == "open" and course.rung.level == said.level
        if isinstance(said, SupplementAsked) and not open_there and course.phase == "open" and not self._paused(course):
            return False
        course.supplements = said.number
        if isinstance(said, SupplementEnded) or open_there:
            self._say(told, *waits(course, said))
        return True

    def _paused(self, course: Course) -> bool:
        """True when no finding follows before a correction is answered."""
        return any(note.pauses and note.dossier_id == course.filed.dossier_id for note in self.notes.values())

    def _correct(self, told: Told, said: Correction) -> bool:
        """False where the correction has to wait for its dossier, or for evaluation's note of it."""
        course = self.courses.get(said.dossier_id)
        if course is None:
            return False
        if course is not self.current:
            return True
        note = self.notes.pop(said.correction_id, None)
        if note is None:
            return False
        match said:
            case DossierWithdrawn() if course.phase not in OVER:
                self._say(told, *withdraw(course, said))
            case DecisionAnnulled():
                was_over = course.phase in OVER
                self._say(told, *annul(course, Annulment(said, None)))
                if was_over and course.phase not in OVER:
                    course.reopened += 1
                    self._outlast(told, course)
            case SessionAnnulled() if note.score_annulled is not None:
                self._say(told, *annul(course, Annulment(said, note.score_annulled)))
        return True

    def _file(self, told: Told, filed: DossierFiled) -> bool:
        book = self.books.pinned(filed.regime, filed.rulebook)
        if book is None or (self.current is not None and self.current.phase not in OVER):
            return False
        done = () if self.current is None else self.current.close_tasks(filed.filed_on)
        rung = book.regime.ladder.rungs[0]
        self.current = self.courses[filed.dossier_id] = Course(filed, book, rung, self.editions)
        opened = self.current.open(rung, filed.filed_on)
        self._say(told, *done, opened, *self.current.unknown_task())
        self._outlast(told, self.current)
        return True

    def _outlast(self, cause: Told, course: Course) -> None:
        """A dossier that was not over when its old rules ended is told so, on a day."""
        rules = old_rules(self.books, course.filed)
        if rules is not None and (course.filed.dossier_id, course.reopened) in self.unfinished:
            self.due.append(Due(course.old_rules_task(rules), cause, by_day=True))

    def _found(self, told: Told) -> bool:
        """False where the finding has to wait for its stage."""
        finding, course = told.event, self.current
        if isinstance(finding, CorrectionNoted):
            self.notes[finding.correction_id] = finding
            return True
        if not isinstance(finding, CommuneAssessmentConcluded | ProductScored | SessionVoided):
            return True
        if course is None or course.phase != "open" or finding.dossier_id != course.filed.dossier_id:
            return False
        if finding.stage != course.stage:
            return False
        if not isinstance(finding, SessionVoided) and course.supplements < finding.supplements:
            return False
        match finding:
            case CommuneAssessmentConcluded():
                self._conclude(told, course, finding)
            case ProductScored():
                self._score(told, course, finding)
        return True

    def _conclude(self, told: Told, course: Course, finding: CommuneAssessmentConcluded) -> None:
        if finding.outcome == "returned":
            course.phase = "returned"
            closings = course.close_tasks(finding.assessed_on)
            returned = DossierReturned(
                dossier_id=finding.dossier_id,
                returned_on=finding.assessed_on,
                reason=finding.reason,
                basis=course.basis(course.rung.article),
            )
            self._say(told, returned, *closings)
            return
        closings, rungs = course.close_tasks(finding.assessed_on), course.book.regime.ladder.rungs
        opened = course.open(rungs[rungs.index(course.rung) + 1], finding.assessed_on, asked=True)
        self._say(told, opened, *closings, *course.unknown_task())

    def _score(self, told: Told, course: Course, finding: ProductScored) -> None:
        closings = course.close_tasks(finding.closed_on)
        course.results.append(finding)
        back, forward = course.handed_back(), course.upwards()
        course.phase = "scored" if back is None else "handed_back"
        if back is not None:
            self._say(told, course.decide_task(back))
        elif forward is not None and finding.total is not None and finding.stars is not None:
            eligible = ProductEligible(
                dossier_id=finding.dossier_id,
                level=forward.to,
                total=finding.total,
                stars=finding.stars,
                basis=course.basis(forward.article or course.rung.article),
            )
            self._say(told, eligible)
        self._say(told, *closings)

    def _forward(self, told: Told, course: Course, request: Request) -> None:
        rule = course.upwards()
        asked = "central" if isinstance(request, CentralEvaluationRequested) else "province"
        if course.phase != "approved" or rule is None or rule.to != asked:
            self._say(told, held(told, course, "dossier_over" if course.phase in OVER else "request_not_open"))
            return
        course.alarms = []
        forwarded = DossierForwarded(
            dossier_id=request.dossier_id,
            from_level=course.rung.level,
            to_level=rule.to,
            requested_on=request.requested_on,
            decision_number=course.decisions[-1].decision.number,
            basis=course.basis(rule.article or course.rung.article),
        )
        opened = course.open(course.at(rule.to), request.requested_on, asked=True)
        self._say(told, forwarded, opened, *course.unknown_task())
