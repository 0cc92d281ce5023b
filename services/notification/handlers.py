"""Each event, and what notification makes of it."""

from __future__ import annotations

from services.notification import messages, store
from services.notification.domain import notices as domain
from services.notification.domain.notices import Notice, State
from shared.contracts import dossiers, promotions
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.notices import ContactSet
from shared.contracts.topics import CONTACTS, DOSSIERS, NOTICES, PROMOTIONS
from shared.kernel.outcomes import Applied, Held
from shared.messaging.pipeline import Outcome, Pipeline


def pipeline() -> Pipeline[State]:
    """Notification as the core runs it."""
    return Pipeline(
        service="notification",
        inputs=(DOSSIERS, PROMOTIONS, CONTACTS),
        output=NOTICES,
        state=store.STATE,
        empty=State,
        decide=decide,
        project=store.project,
        latest=frozenset({CONTACTS.name}),
    )


def decide(state: State, event: Event, envelope: Envelope) -> Outcome[State]:
    """The event is taken in, and a notice is written for each recipient it concerns; others change nothing."""
    match event:
        case dossiers.DossierFiled():
            return _announced(domain.take_dossier(state, messages.dossier_from(event)))
        case ContactSet():
            return _announced(domain.take_contact(state, messages.contact_from(event, envelope)))
        case (
            promotions.DossierReturned()
            | promotions.DossierForwarded()
            | promotions.ProductRecognised()
            | promotions.DossierEnded()
            | promotions.DossierWithdrawn()
            | promotions.RenewalReminderDue()
            | promotions.CertificateWithdrawn()
            | promotions.CertificateExtended()
            | promotions.CertificateEnded(cause="expired" | "not_renewed" | "extension_over")
            | promotions.SupplementAsked()
        ):
            return _announced(domain.tell(state, messages.happened_from(event, envelope)))
        case promotions.StageOpened():
            late = messages.late_from(event, envelope)
            return Applied(state) if late is None else _announced(domain.tell(state, late))
        case promotions.DecisionAnnulled() | promotions.SessionAnnulled():
            taken_back = messages.taken_back_from(event, envelope)
            return Applied(state) if taken_back is None else _announced(domain.take_back(state, taken_back))
        case _:
            return Applied(state)


def _announced(outcome: Applied[State, Notice] | Held) -> Outcome[State]:
    if isinstance(outcome, Held):
        return outcome
    return Applied(outcome.state, tuple(messages.written_event(notice) for notice in outcome.facts))
