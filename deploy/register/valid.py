"""The certificates of one product, from what had been told of it: which one was valid on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    ProductRecognised,
)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate: `valid_through` is its last valid day; `due_through` what that would be without an end told."""

    certificate_id: UUID
    stars: int
    decision_number: str
    issued_on: date
    due_through: date
    valid_through: date

    def valid_on(self, day: date) -> bool:
        """True from the day of issue through the last valid day."""
        return self.issued_on <= day <= self.valid_through


def valid_certificate(told: Iterable[Event], day: date) -> Certificate | None:
    """The certificate that was valid on the day, by these facts in their order; of several the one issued last."""
    certificates: dict[UUID, Certificate] = {}
    for event in told:
        _take(certificates, event)
    valid = [one for one in certificates.values() if one.valid_on(day)]
    return valid[-1] if valid else None


def _take(certificates: dict[UUID, Certificate], event: Event) -> None:
    match event:
        case ProductRecognised():
            certificates[event.certificate_id] = Certificate(
                certificate_id=event.certificate_id,
                stars=event.stars,
                decision_number=event.decision_number,
                issued_on=event.decided_on,
                due_through=event.expires_on,
                valid_through=event.expires_on,
            )
        case CertificateEnded(certificate_id=name):
            certificates[name] = replace(certificates[name], valid_through=event.ended_on)
        case CertificateExtended(certificate_id=name):
            certificates[name] = replace(certificates[name], due_through=event.until, valid_through=event.until)
        case CertificateWithdrawn(certificate_id=name):
            certificates[name] = replace(certificates[name], valid_through=event.withdrawn_on - _DAY)
        case DecisionAnnulled():
            if event.certificate_id is not None:
                certificates.pop(event.certificate_id, None)
            if event.restored_id is not None:
                before = certificates[event.restored_id]
                certificates[event.restored_id] = replace(before, valid_through=before.due_through)
