"""Each event, and what promotion makes of it."""

from __future__ import annotations

from functools import partial
from typing import assert_never

from services.promotion import messages, store
from services.promotion.domain import corrections, days, decisions, filing, results, supplements, withdrawal
from services.promotion.domain.announcements import Announcement
from services.promotion.domain.clocks import Law
from services.promotion.domain.standing import Pin, Standing
from shared.contracts import dossiers, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SCORES
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.reasons import Reason
from shared.messaging.pipeline import Outcome, Pipeline
from shared.rulebooks.calendar import Editions
from shared.rulebooks.model import Regime, Rulebook, Rulebooks

ByRules = (
    scores.CommuneAssessmentConcluded
    | scores.ProductScored
    | dossiers.DecisionApproved
    | dossiers.CentralEvaluationRequested
    | dossiers.ProvincialEvaluationRequested
    | dossiers.SessionAnnulled
    | dossiers.DecisionAnnulled
    | dossiers.SupplementAsked
    | dossiers.SupplementEnded
)
WithoutRules = scores.SessionVoided | scores.CorrectionNoted | dossiers.DossierWithdrawn
OfCertificate = (
    dossiers.DayOpened | dossiers.InspectionConcluded | dossiers.ProductionStopConfirmed | dossiers.CertificateWithdrawn
)


def pipeline(rulebooks: Rulebooks, editions: Editions) -> Pipeline[Standing]:
    """Promotion as the core runs it, by these acts and by the working days that were announced."""
    return Pipeline(
        service="promotion",
        inputs=(DOSSIERS, SCORES),
        output=PROMOTIONS,
        state=store.STATE,
        empty=Standing,
        decide=partial(decide, rulebooks, editions),
        due_on=partial(days.due_on, rulebooks, partial(_regime, rulebooks)),
        project=store.project,
    )


def decide(
    rulebooks: Rulebooks, editions: Editions, standing: Standing, event: Event, envelope: Envelope
) -> Outcome[Standing]:
    """The event is taken in, and what follows from it is announced; other events change nothing.

    A dossier whose regime or rulebook version is not known here is a dead letter.
    """
    match event:
        case dossiers.DossierFiled():
            book = _book(rulebooks, event.regime, event.rulebook)
            if isinstance(book, DeadLettered):
                return book
            return _announced(filing.file(standing, messages.filed(event, book), Law(book.regime, editions)))
        case (
            scores.CommuneAssessmentConcluded()
            | scores.ProductScored()
            | dossiers.DecisionApproved()
            | dossiers.CentralEvaluationRequested()
            | dossiers.ProvincialEvaluationRequested()
            | dossiers.SessionAnnulled()
            | dossiers.DecisionAnnulled()
            | dossiers.SupplementAsked()
            | dossiers.SupplementEnded()
        ):
            return _by_rules(rulebooks, editions, standing, event, envelope)
        case (
            dossiers.DayOpened()
            | dossiers.InspectionConcluded()
            | dossiers.ProductionStopConfirmed()
            | dossiers.CertificateWithdrawn()
        ):
            return _announced(_of_certificate(rulebooks, editions, standing, event))
        case scores.SessionVoided() | scores.CorrectionNoted() | dossiers.DossierWithdrawn():
            return _announced(_without_rules(standing, event))
        case _:
            return Applied(standing)


def _without_rules(standing: Standing, event: WithoutRules) -> Applied[Standing, Announcement] | Held:
    """The outcome of an event for which no act has to be asked."""
    match event:
        case scores.SessionVoided():
            return results.void(standing, messages.voided(event))
        case scores.CorrectionNoted():
            return corrections.note(standing, messages.note(event))
        case dossiers.DossierWithdrawn():
            return corrections.withdraw(standing, messages.withdrawn(event))
        case _:
            assert_never(event)


def _of_certificate(
    rulebooks: Rulebooks, editions: Editions, standing: Standing, event: OfCertificate
) -> Applied[Standing, Announcement] | Held:
    """The outcome of a day, or of an event about the product's certificate, each by the act it is pinned to."""
    regime_of = partial(_regime, rulebooks)
    match event:
        case dossiers.DayOpened():
            return days.open_day(standing, event.date, editions, rulebooks, regime_of)
        case dossiers.CertificateWithdrawn():
            return withdrawal.withdraw_certificate(standing, messages.withdrawal_decided(event), regime_of)
        case dossiers.InspectionConcluded(ground=None):
            return Applied(standing)
        case dossiers.InspectionConcluded() | dossiers.ProductionStopConfirmed():
            return withdrawal.violated(standing, messages.violated(event), regime_of)
        case _:
            assert_never(event)


def _by_rules(
    rulebooks: Rulebooks, editions: Editions, standing: Standing, event: ByRules, envelope: Envelope
) -> Outcome[Standing]:
    """The outcome of an event that is judged by the act its dossier is pinned to."""
    if standing.dossier is None:
        return Held(f"dossier:{event.dossier_id}")
    pin = standing.dossier.pin
    book = _book(rulebooks, pin.regime, pin.rulebook)
    if isinstance(book, DeadLettered):
        return book
    return _announced(_ruled(standing, event, envelope, Law(book.regime, editions)))


def _ruled(  # noqa: PLR0911 - one line for each kind of event
    standing: Standing, event: ByRules, envelope: Envelope, law: Law
) -> Applied[Standing, Announcement] | Held:
    match event:
        case scores.CommuneAssessmentConcluded():
            return results.conclude(standing, messages.concluded(event), law)
        case scores.ProductScored():
            return results.score(standing, messages.scored(event), law.regime)
        case dossiers.DecisionApproved():
            return decisions.decide(standing, messages.decided(event, envelope), law.regime)
        case dossiers.CentralEvaluationRequested() | dossiers.ProvincialEvaluationRequested():
            return decisions.request(standing, messages.requested(event, envelope), law)
        case dossiers.SessionAnnulled() | dossiers.DecisionAnnulled():
            return corrections.correct(standing, messages.correction(event), law)
        case dossiers.SupplementAsked():
            return supplements.ask(standing, messages.supplement_asked(event), law)
        case dossiers.SupplementEnded():
            return supplements.end(standing, messages.supplement_ended(event), law)
        case _:
            assert_never(event)


def _regime(rulebooks: Rulebooks, pin: Pin) -> Regime | None:
    book = rulebooks.pinned(pin.regime, pin.rulebook)
    return None if book is None else book.regime


def _book(rulebooks: Rulebooks, regime: str, version: str) -> Rulebook | DeadLettered:
    book = rulebooks.pinned(regime, version)
    if book is None:
        return DeadLettered(Reason.BODY_INVALID, f"rulebook {version} of regime {regime} is not known here")
    return book


def _announced(outcome: Applied[Standing, Announcement] | Held) -> Outcome[Standing]:
    if isinstance(outcome, Held):
        return outcome
    return Applied(outcome.state, tuple(messages.announced(announcement) for announcement in outcome.facts))
