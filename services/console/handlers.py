"""Each event, and what the console remembers of it; the console decides nothing about products."""

from __future__ import annotations

from dataclasses import replace

from services.console import messages, store
from services.console.domain import story
from services.console.domain.story import State
from shared.contracts import dossiers, promotions
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.notices import NoticeEvent
from shared.contracts.receipts import DeadLetterRecorded, DeadLetterSettled
from shared.contracts.topics import DEAD_LETTERS, DOSSIERS, NOTICES, PROMOTIONS, SCORES
from shared.kernel.outcomes import Applied
from shared.messaging.pipeline import Outcome, Pipeline


def pipeline() -> Pipeline[State]:
    """The console as the core runs it."""
    return Pipeline(
        service="console",
        inputs=(DOSSIERS, SCORES, PROMOTIONS, NOTICES, DEAD_LETTERS),
        output=None,
        state=store.STATE,
        empty=State,
        decide=decide,
        project=store.project,
    )


def decide(state: State, event: Event, envelope: Envelope) -> Outcome[State]:
    """The event stands in the story of its product, or is remembered as a dead letter, open or settled."""
    if isinstance(event, DeadLetterRecorded):
        letter = replace(messages.dead_letter_from(event), recorded_ms=envelope.recorded_ms)
        remembered = replace(state, dead_letter=letter)
        return Applied(story.seen(remembered, event.family, envelope.recorded_ms))
    if isinstance(event, DeadLetterSettled):
        closed = story.settled(state, messages.settlement_from(event, envelope))
        return Applied(story.seen(closed, event.family, envelope.recorded_ms))
    return Applied(story.told(_taken_in(state, event), messages.fact_from(event, envelope)))


def _taken_in(state: State, event: Event) -> State:
    match event:
        case dossiers.DossierEvent():
            return _from_dossiers(state, event)
        case promotions.PromotionEvent():
            return _from_promotions(state, event)
        case NoticeEvent():
            return story.noticed(state, type(event).__name__)
        case _:
            return state


def _from_promotions(state: State, event: promotions.PromotionEvent) -> State:
    match event:
        case promotions.ProductRecognised():
            return story.certified(state, messages.certificate_from(event))
        case promotions.CertificateEnded():
            return story.certificate_changed(state, event.certificate_id, ended=True)
        case promotions.CertificateExtended():
            return story.certificate_changed(state, event.certificate_id, ended=False, expires_on=event.until)
        case promotions.CertificateWithdrawn():
            return story.certificate_changed(state, event.certificate_id, withdrawn=True)
        case promotions.DecisionAnnulled():
            annulled = story.certificate_changed(state, event.certificate_id, annulled=True)
            return annulled if event.restored_id is None else story.certificate_restored(annulled, event.restored_id)
        case _:
            return state


def _from_dossiers(state: State, event: dossiers.DossierEvent) -> State:
    match event:
        case dossiers.ProductRegistered():
            return story.named(state, messages.product_from(event))
        case dossiers.DossierFiled():
            return story.opened(story.named(state, messages.product_from(event)), event.dossier_id)
        case dossiers.CommuneAssessed():
            return story.numbered(state, event.number)
        case _:
            return state
