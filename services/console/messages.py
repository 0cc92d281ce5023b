"""Translation from the published events to the console's own facts; no rules, and no points of any criterion."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from uuid import UUID

from services.console.domain.story import Certificate, DeadLetter, Fact, Product, Settlement
from shared.contracts import dossiers, notices, promotions, receipts, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.kernel.clock import VIETNAM

_DATES = (
    "filed_on",
    "asked_on",
    "assessed_on",
    "meets_on",
    "decided_on",
    "requested_on",
    "closed_on",
    "opened_on",
    "returned_on",
    "ended_on",
    "annulled_on",
    "withdrawn_on",
    "concluded_on",
    "confirmed_on",
    "due_on",
    "fact_on",
)
_WORDS = ("outcome", "kind", "task", "contradiction", "cause", "struck_out", "mode", "ground")
_ABOUT = ("session_id", "decision_id", "notice_id", "certificate_id")
_NUMBERS = ("decision_number", "document_number", "number", "chair_document")
_SHOWN_STARS = (scores.ProductScored, promotions.ProductRecognised, promotions.DossierEnded)


def fact_from(event: Event, envelope: Envelope) -> Fact:
    """The event as one line of a story; computed stars and points only of a result, which pages show when decided."""
    stage = getattr(event, "stage", None)
    basis = getattr(event, "basis", None)
    return Fact(
        family=event.family,
        sequence=envelope.sequence,
        recorded_ms=envelope.recorded_ms,
        kind=type(event).__name__,
        on=_on(event),
        dossier_id=getattr(event, "dossier_id", None),
        articles=basis.articles if isinstance(basis, Basis) else (),
        level=stage.level if isinstance(stage, scores.Stage) else _text(event, ("to_level", "level")),
        attempt=stage.attempt if isinstance(stage, scores.Stage) else None,
        stars=event.stars if isinstance(event, _SHOWN_STARS) else None,
        total=_exact(event.total) if isinstance(event, scores.ProductScored) else None,
        number=_text(event, _NUMBERS),
        unit=_text(event, ("unit",)),
        word=_word(event),
        about=next((value for name in _ABOUT if isinstance(value := getattr(event, name, None), UUID)), None),
        expires_on=_until(event),
        recipient=_recipient(event),
        apart=isinstance(event, scores.ProductScored) and event.apart,
        round=_number(getattr(event, "round", None)),
        missed=_number(getattr(event, "missed", None)),
    )


def _on(event: Event) -> date | None:
    """The date in the fact itself; some facts have none."""
    if isinstance(event, notices.NoticeSent):
        return event.sent_at.astimezone(VIETNAM).date()
    named = (getattr(event, name, None) for name in _DATES)
    return next((value for value in named if isinstance(value, date)), None)


def _until(event: Event) -> date | None:
    """The last day that an event speaks of: of a certificate, of an extension, of filing, of a task, of a round."""
    match event:
        case promotions.StageOpened():
            return None if event.round is None else event.round.ends_on
        case promotions.ProductRecognised():
            return event.expires_on
        case promotions.CertificateExtended():
            return event.until
        case promotions.RenewalReminderDue():
            return event.closes_on
        case promotions.TaskOpened() | promotions.SupplementEnded():
            return event.due_on
        case _:
            return None


def _number(one: object) -> int | None:
    """The number of a round; `round` of a session is the council's own name for it, and none of the act's."""
    return one.number if isinstance(one, promotions.Round) else None


def _recipient(event: Event) -> str | None:
    """Who a notice is for, as a kind of recipient."""
    recipient_id = _text(event, ("recipient_id",))
    if recipient_id is None:
        return None
    kind, _, code = recipient_id.partition("-")
    return kind if kind in ("commune", "province") and code else "producer"


def _word(event: Event) -> str | None:
    """The word of a closed list that the event says; of a supplement that is asked for, what is missing."""
    if isinstance(event, promotions.SupplementAsked):
        return "; ".join(event.missing)
    return _text(event, _WORDS)


def _text(event: Event, names: tuple[str, ...]) -> str | None:
    return next((value for name in names if isinstance(value := getattr(event, name, None), str)), None)


def _exact(total: Exact | None) -> Fraction | None:
    return Fraction(total.numerator, total.denominator) if total is not None else None


def product_from(event: dossiers.ProductRegistered | dossiers.DossierFiled) -> Product:
    """The product's name and place."""
    name = event.name if isinstance(event, dossiers.ProductRegistered) else event.product_name
    return Product(name=name, unit=event.unit, commune_code=event.commune_code)


def certificate_from(event: promotions.ProductRecognised) -> Certificate:
    """The certificate issued with a recognition."""
    return Certificate(event.certificate_id, event.stars, event.expires_on)


def dead_letter_from(event: receipts.DeadLetterRecorded) -> DeadLetter:
    """The dead letter: ids and reason, never its bytes."""
    return DeadLetter(
        service=event.service,
        topic=event.topic,
        partition=event.partition,
        offset=event.offset,
        about=event.about,
        reason=event.reason,
        size_bytes=event.size_bytes,
    )


def settlement_from(event: receipts.DeadLetterSettled, envelope: Envelope) -> Settlement:
    """How the dead letter was settled, by whom, and when that was asked for."""
    return Settlement(event.how, event.by, envelope.recorded_ms)
