"""Each event, and what evaluation makes of it."""

from __future__ import annotations

from functools import partial
from typing import assert_never

from services.evaluation import messages, store
from services.evaluation.domain import corrections, council, imports, stages
from services.evaluation.domain.dossier import Dossier, State, locate
from services.evaluation.domain.facts import Noted
from shared.contracts import dossiers, promotions, sheets
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES, SHEETS
from shared.kernel.outcomes import Applied, DeadLettered
from shared.kernel.reasons import Reason
from shared.messaging.pipeline import Outcome, Pipeline
from shared.rulebooks.model import Rulebook, Rulebooks

ByRules = (
    dossiers.CommuneAssessed
    | dossiers.ResultImported
    | sheets.SheetSubmitted
    | sheets.SheetSuperseded
    | sheets.SessionClosed
)


def pipeline(rulebooks: Rulebooks) -> Pipeline[State]:
    """Evaluation as the core runs it."""
    return Pipeline(
        service="evaluation",
        inputs=(DOSSIERS, SHEETS, PROMOTIONS),
        output=SCORES,
        state=store.STATE,
        empty=State,
        decide=partial(decide, rulebooks),
    )


def decide(rulebooks: Rulebooks, state: State, event: Event, _: Envelope) -> Outcome[State]:
    """The event is taken in, and what was found is announced; other events change nothing.

    A dossier whose regime, rulebook version or criteria set is not known here is a dead letter; so is a sheet under an
    act whose criteria are not to be had.
    """
    if isinstance(event, ByRules):
        return _by_rules(rulebooks, state, event)
    match event:
        case dossiers.DossierFiled():
            book = _book(rulebooks, event.regime, event.rulebook, event.criteria_set)
            return book if isinstance(book, DeadLettered) else _quiet(stages.file(state, messages.filed(event)))
        case dossiers.SessionAnnulled() | dossiers.DecisionAnnulled() | dossiers.DossierWithdrawn():
            return _noted(corrections.correct(state, messages.correction(event)))
        case dossiers.CouncilSeated() | sheets.MemberRecused() | sheets.OpinionsSetAside():
            return _quiet(_council(state, event))
        case promotions.PromotionEvent():
            return _promoted(state, event)
        case _:
            return Applied(state)


def _council(
    state: State, event: dossiers.CouncilSeated | sheets.MemberRecused | sheets.OpinionsSetAside
) -> council.Outcome:
    """Who sits over the dossier, and whether still."""
    match event:
        case dossiers.CouncilSeated():
            return council.seat(state, messages.seated(event))
        case sheets.MemberRecused():
            return council.recuse(state, messages.recused(event))
        case sheets.OpinionsSetAside():
            return council.set_aside(state, event.dossier_id, event.session_id)


def _promoted(state: State, event: promotions.PromotionEvent) -> Outcome[State]:
    """What promotion said of stages and of the dossier's end."""
    match event:
        case promotions.StageOpened():
            return _quiet(stages.open_stage(state, messages.opened(event)))
        case promotions.DossierReturned() | promotions.ProductRecognised() | promotions.DossierEnded():
            return _quiet(stages.end(state, event.dossier_id))
        case (
            promotions.DecisionAnnulled()
            | promotions.SessionAnnulled()
            | promotions.CorrectionDismissed()
            | promotions.CorrectionDeferred()
        ):
            return _quiet(corrections.answer(state, messages.answered(event)))
        case _:
            return Applied(state)


def _by_rules(rulebooks: Rulebooks, state: State, event: ByRules) -> Outcome[State]:
    """The outcome of an event that is judged by the rulebook its dossier is pinned to."""
    dossier = locate(state, event.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    book = _book(rulebooks, dossier.regime, dossier.rulebook, dossier.criteria_set)
    if isinstance(book, DeadLettered):
        return book
    if isinstance(event, sheets.SheetEvent) and not book.sets:
        return DeadLettered(Reason.BODY_INVALID, f"rulebook {book.version} has no criteria")
    match event:
        case sheets.SheetSubmitted() | sheets.SheetSuperseded():
            outcome: council.Outcome = council.submit(state, messages.submitted(event), book.sets[dossier.criteria_set])
        case sheets.SessionClosed():
            outcome = council.close(state, messages.closed(event), book)
        case dossiers.CommuneAssessed():
            outcome = stages.assess(state, messages.assessed(event), book.regime.ladder.first)
        case dossiers.ResultImported():
            outcome = imports.take(state, messages.imported(event), book.regime)
        case _:
            assert_never(event)
    return _announced(outcome, book)


def _book(rulebooks: Rulebooks, regime: str, version: str, criteria_set: int) -> Rulebook | DeadLettered:
    book = rulebooks.pinned(regime, version)
    if book is None:
        return DeadLettered(Reason.BODY_INVALID, f"rulebook {version} of regime {regime} is not known here")
    if book.sets and criteria_set not in book.sets:
        return DeadLettered(Reason.BODY_INVALID, f"rulebook {version} has no criteria set {criteria_set}")
    return book


def _announced(outcome: council.Outcome, book: Rulebook) -> Outcome[State]:
    if not isinstance(outcome, Applied):
        return outcome
    if not outcome.facts:
        return Applied(outcome.state)
    return Applied(outcome.state, tuple(messages.found(finding, book) for finding in outcome.facts))


def _noted(outcome: corrections.Outcome) -> Outcome[State]:
    """The outcome of a correction, whose note rests on no rulebook."""
    if isinstance(outcome, Applied):
        return Applied(outcome.state, tuple(messages.noted(fact) for fact in outcome.facts if isinstance(fact, Noted)))
    return outcome


def _quiet(outcome: council.Outcome) -> Outcome[State]:
    """The outcome of a fact that only prepares findings and never is one."""
    return Applied(outcome.state) if isinstance(outcome, Applied) else outcome
