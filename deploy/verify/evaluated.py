"""The findings that evaluation owes for one product: its three topics walked anew, corrections too."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

from deploy.verify.comparison import Due
from deploy.verify.history import Told
from deploy.verify.judged import Sheet, assessment, imported, judge
from shared.contracts import promotions
from shared.contracts.dossiers import (
    CommuneAssessed,
    Correction,
    CouncilSeated,
    DecisionAnnulled,
    DossierFiled,
    ResultImported,
    SessionAnnulled,
)
from shared.contracts.event import Event
from shared.contracts.scores import CorrectionNoted, ProductScored, Stage
from shared.contracts.sheets import (
    MemberRecused,
    OpinionsSetAside,
    SessionClosed,
    SheetSubmitted,
    SheetSuperseded,
)
from shared.rulebooks.model import Rulebook, Rulebooks

_ENDS: Final = (promotions.DossierReturned, promotions.ProductRecognised, promotions.DossierEnded)
_ANSWERS: Final = (
    *(promotions.DecisionAnnulled, promotions.SessionAnnulled),
    *(promotions.CorrectionDismissed, promotions.CorrectionDeferred),
)
Answer = (
    promotions.DecisionAnnulled
    | promotions.SessionAnnulled
    | promotions.CorrectionDismissed
    | promotions.CorrectionDeferred
)


@dataclass
class Sitting:
    """A council called over a dossier, or its result, and the sheets that count; `scored` is the stage it concluded.

    Whoever is recused sits on it no more.
    """

    called: CouncilSeated | ResultImported
    status: Literal["open", "scored", "voided", "unused", "annulled"] = "open"
    sheets: dict[str, Sheet] = field(default_factory=dict)
    scored: Stage | None = None


@dataclass
class Evaluated:
    """One dossier at evaluation; `unanswered` are corrections that promotion must answer before any session closes."""

    filed: DossierFiled
    book: Rulebook
    over: bool = False
    stages: list[Stage] = field(default_factory=list)
    concluded: set[Stage] = field(default_factory=set)
    taken_back: set[Stage] = field(default_factory=set)
    sittings: dict[UUID, Sitting] = field(default_factory=dict)
    closings: int = 0
    corrections: int = 0
    unanswered: list[UUID] = field(default_factory=list)
    deferred: list[UUID] = field(default_factory=list)

    def stage(self, level: str) -> Stage | None:
        """The latest stage at a level."""
        found = [stage for stage in self.stages if stage.level == level]
        return max(found, key=lambda stage: stage.attempt, default=None)

    def take_back(self, stage: Stage) -> None:
        """The stage has no result that counts."""
        self.stages = [*dict.fromkeys((*self.stages, stage))]
        self.taken_back.add(stage)


@dataclass
class Findings:
    """One product's dossiers, the last of them current, and every finding that must have been announced, in order."""

    books: Rulebooks
    due: list[Due] = field(default_factory=list)
    dossiers: dict[UUID, Evaluated] = field(default_factory=dict)

    @property
    def current(self) -> Evaluated | None:
        """The dossier filed last."""
        return next(reversed(self.dossiers.values()), None)

    def walk(self, dossiers: Sequence[Told], sheets: Sequence[Told], promoted: Sequence[Told]) -> None:
        """Every fact that can be taken in has been; on each topic one after the other, waiting where it must."""
        lanes = [(deque(promoted), self._promoted), (deque(dossiers), self._filed), (deque(sheets), self._sat)]
        moves = True
        while moves:
            moves = False
            for told, take_in in lanes:
                while told and take_in(told[0]):
                    told.popleft()
                    moves = True

    def _say(self, cause: Told, event: Event) -> None:
        self.due.append(Due(event, cause))

    def _promoted(self, told: Told) -> bool:
        """False where what promotion said has to wait for its dossier, for its findings or for its correction."""
        event = told.event
        if not isinstance(event, (promotions.StageOpened, *_ENDS, *_ANSWERS)):
            return True
        dossier = self.dossiers.get(event.dossier_id)
        if dossier is None or dossier is not self.current:
            return dossier is not None
        if isinstance(event, promotions.StageOpened):
            dossier.stages = [*dict.fromkeys((*dossier.stages, event.stage))]
            return True
        if isinstance(event, _ENDS):
            return _ended(dossier)
        return _answered(dossier, event)

    def _filed(self, told: Told) -> bool:
        """False where a fact has to wait: for the dossier before, for a stage, for closings, for an answer."""
        event = told.event
        if isinstance(event, DossierFiled):
            return self._file(event)
        if not isinstance(event, CommuneAssessed | CouncilSeated | ResultImported | Correction):
            return True
        dossier = self.dossiers.get(event.dossier_id)
        if dossier is None or dossier is not self.current:
            return dossier is not None
        return self._heard(told, dossier, event)

    def _heard(
        self,
        told: Told,
        dossier: Evaluated,
        event: CommuneAssessed | CouncilSeated | ResultImported | Correction,
    ) -> bool:
        """False where a fact about the current dossier has to wait."""
        match event:
            case CommuneAssessed():
                return self._assessed(told, dossier, event)
            case CouncilSeated():
                if not dossier.unanswered:
                    dossier.sittings.setdefault(event.session_id, Sitting(event))
                return not dossier.unanswered
            case ResultImported():
                return self._imported(told, dossier, event)
            case _:
                return not dossier.unanswered and self._corrected(told, dossier, event)

    def _file(self, filed: DossierFiled) -> bool:
        book = self.books.pinned(filed.regime, filed.rulebook)
        if book is None or (self.current is not None and not self.current.over):
            return False
        self.dossiers[filed.dossier_id] = Evaluated(filed, book)
        return True

    def _assessed(self, told: Told, dossier: Evaluated, report: CommuneAssessed) -> bool:
        stage = dossier.stage(dossier.book.regime.ladder.first.level)
        if stage is not None and stage not in dossier.concluded:
            dossier.concluded.add(stage)
            self._say(told, assessment(report, stage, dossier.book))
        return stage is not None

    def _imported(self, told: Told, dossier: Evaluated, said: ResultImported) -> bool:
        """False where the result has to wait for its stage, or for the answer to a correction."""
        stage = dossier.stage(said.level)
        if dossier.unanswered or (not dossier.over and (stage is None or stage in dossier.taken_back)):
            return False
        sitting = dossier.sittings[said.session_id] = Sitting(said, "unused")
        if not dossier.over and stage is not None and stage not in dossier.concluded:
            sitting.status, sitting.scored = "scored", stage
            dossier.concluded.add(stage)
            self._say(told, imported(said, stage, dossier.book))
        return True

    def _corrected(self, told: Told, dossier: Evaluated, said: Correction) -> bool:
        """The correction is noted, behind every closing that came before it."""
        if dossier.closings < said.closings:
            return False
        fallen: Stage | None = None
        match said:
            case SessionAnnulled():
                if (sitting := dossier.sittings.get(said.session_id)) is None:
                    return False
                fallen = sitting.scored if sitting.status == "scored" else None
                sitting.status, sitting.sheets = "annulled", {}
                if fallen is not None:
                    dossier.take_back(fallen)
                    dossier.unanswered = [said.correction_id]
            case DecisionAnnulled():
                dossier.unanswered, dossier.deferred = [*dossier.deferred, said.correction_id], []
            case _:
                dossier.over = True
        dossier.corrections += 1
        noted = CorrectionNoted(
            dossier_id=said.dossier_id,
            correction_id=said.correction_id,
            score_annulled=fallen,
            pauses=fallen is not None or not isinstance(said, SessionAnnulled),
        )
        self._say(told, noted)
        return True

    def _sat(self, told: Told) -> bool:
        """False where a sheet or a closing has to wait for its council, its stage or a correction."""
        event = told.event
        if not isinstance(event, SheetSubmitted | SheetSuperseded | MemberRecused | OpinionsSetAside | SessionClosed):
            return True
        dossier = self.dossiers.get(event.dossier_id)
        if dossier is None or dossier is not self.current:
            return dossier is not None
        sitting = dossier.sittings.get(event.session_id)
        if sitting is None:
            return False
        if isinstance(event, SessionClosed):
            return self._closed(told, dossier, sitting, event)
        if sitting.status == "open":
            _keep(sitting, event)
        return True

    def _closed(self, told: Told, dossier: Evaluated, sitting: Sitting, closed: SessionClosed) -> bool:
        stage = dossier.stage(sitting.called.level)
        if dossier.corrections < closed.corrections:
            return False
        if sitting.status == "open":
            if dossier.unanswered or (not dossier.over and (stage is None or stage in dossier.taken_back)):
                return False
            if dossier.over or stage is None or stage in dossier.concluded:
                sitting.status, sitting.sheets = "unused", {}
            else:
                self._judged(told, dossier, sitting, closed, stage)
        dossier.closings += 1
        return True

    def _judged(self, told: Told, dossier: Evaluated, sitting: Sitting, closed: SessionClosed, stage: Stage) -> None:
        assert isinstance(sitting.called, CouncilSeated)
        found = judge(closed, sitting.called, sitting.sheets, stage, dossier.book, dossier.filed.criteria_set)
        self._say(told, found)
        if isinstance(found, ProductScored):
            sitting.status, sitting.scored = "scored", stage
            dossier.concluded.add(stage)
        else:
            sitting.status, sitting.sheets = "voided", {}


def _ended(dossier: Evaluated) -> bool:
    """False while a stage that was opened has no result."""
    if not dossier.over and any(one not in dossier.concluded | dossier.taken_back for one in dossier.stages):
        return False
    dossier.over = True
    return True


def _answered(dossier: Evaluated, answer: Answer) -> bool:
    """False where the correction that is answered has not been noted."""
    if answer.correction_id not in dossier.unanswered:
        return False
    dossier.unanswered.remove(answer.correction_id)
    if isinstance(answer, promotions.CorrectionDeferred):
        dossier.deferred.append(answer.correction_id)
    if isinstance(answer, promotions.DecisionAnnulled | promotions.SessionAnnulled):
        dossier.over = False
        for stage in answer.ended:
            dossier.take_back(stage)
            for sitting in dossier.sittings.values():
                if (sitting.status, sitting.called.level) == ("open", stage.level):
                    sitting.status, sitting.sheets = "unused", {}
    return True


def _keep(sitting: Sitting, sheet: Sheet | MemberRecused | OpinionsSetAside) -> None:
    """A seated member's first sheet counts, or the one that superseded it, but no recused one's and none set aside."""
    if isinstance(sheet, OpinionsSetAside):
        sitting.status, sitting.sheets = "unused", {}
        return
    if isinstance(sitting.called, ResultImported):
        return
    if isinstance(sheet, MemberRecused):
        left = tuple(member for member in sitting.called.members if member.member_id != sheet.member_id)
        sitting.called = sitting.called.model_copy(update={"members": left})
        sitting.sheets.pop(sheet.member_id, None)
        return
    seated = any(member.member_id == sheet.member_id for member in sitting.called.members)
    if seated and (sheet.member_id in sitting.sheets) is isinstance(sheet, SheetSuperseded):
        sitting.sheets[sheet.member_id] = sheet
