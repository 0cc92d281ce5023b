"""Each event, and what promotion makes of it."""

from __future__ import annotations

from functools import partial
from typing import assert_never

from services.promotion import messages, store
from services.promotion.domain import days, decisions, filing, results
from services.promotion.domain.announcements import Announcement
from services.promotion.domain.standing import Standing
from shared.contracts import dossiers, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.messaging.pipeline import Outcome, Pipeline
from shared.rulebooks.model import Rulebook, Rulebooks

ByRules = (
    scores.CommuneAssessmentConcluded
    | scores.ProductScored
    | dossiers.DecisionApproved
    | dossiers.CentralEvaluationRequested
)


def pipeline(rulebooks: Rulebooks) -> Pipeline[Standing]:
    """Promotion as the core runs it."""
    return Pipeline(
        service="promotion",
        inputs=(DOSSIERS, SCORES),
        output=PROMOTIONS,
        state=store.STATE,
        empty=Standing,
        decide=partial(decide, rulebooks),
        due_on=days.due_on,
        project=store.project,
    )


def decide(rulebooks: Rulebooks, standing: Standing, event: Event, envelope: Envelope) -> Outcome[Standing]:
    """The event is taken in, and what follows from it is announced; other events change nothing.

    A dossier whose regime or rulebook version is not known here is a dead letter.
    """
    match event:
        case dossiers.DossierFiled():
            book = _book(rulebooks, event.regime, event.rulebook)
            if isinstance(book, DeadLettered):
                return book
            return _announced(filing.file(standing, messages.filed(event, book), book.regime))
        case scores.SessionVoided():
            return _announced(results.void(standing, messages.voided(event)))
        case dossiers.DayOpened():
            return _announced(days.open_day(standing, event.date))
        case (
            scores.CommuneAssessmentConcluded()
            | scores.ProductScored()
            | dossiers.DecisionApproved()
            | dossiers.CentralEvaluationRequested()
        ):
            return _by_rules(rulebooks, standing, event, envelope)
        case _:
            return Applied(standing)


def _by_rules(rulebooks: Rulebooks, standing: Standing, event: ByRules, envelope: Envelope) -> Outcome[Standing]:
    """The outcome of an event that is judged by the act its dossier is pinned to."""
    if standing.dossier is None:
        return Held(f"dossier:{event.dossier_id}")
    pin = standing.dossier.pin
    book = _book(rulebooks, pin.regime, pin.rulebook)
    if isinstance(book, DeadLettered):
        return book
    match event:
        case scores.CommuneAssessmentConcluded():
            return _announced(results.conclude(standing, messages.concluded(event), book.regime))
        case scores.ProductScored():
            return _announced(results.score(standing, messages.scored(event), book.regime))
        case dossiers.DecisionApproved():
            return _announced(decisions.decide(standing, messages.decided(event, envelope), book.regime))
        case dossiers.CentralEvaluationRequested():
            return _announced(decisions.request(standing, messages.requested(event, envelope), book.regime))
        case _:
            assert_never(event)


def _book(rulebooks: Rulebooks, regime: str, version: str) -> Rulebook | DeadLettered:
    book = rulebooks.by_id(regime)
    if book is None or book.version != version:
        return DeadLettered(Reason.BODY_INVALID, f"rulebook {version} of regime {regime} is not known here")
    return book


def _announced(outcome: Applied[Standing, Announcement] | Held) -> Outcome[Standing]:
    if isinstance(outcome, Held):
        return outcome
    return Applied(outcome.state, tuple(messages.announced(announcement) for announcement in outcome.facts))
