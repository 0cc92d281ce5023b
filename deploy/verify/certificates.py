"""The life of a product's certificates, walked anew: reminders, extension, every end, withdrawal (4.3, 7.6, 8, 12.3).

The walk follows what was told, cause by cause, and says what each cause must have brought; what a day was bound to
bring and nobody told is found behind the last event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal
from uuid import UUID

from deploy.verify.certificate import Cause, Certificate
from deploy.verify.comparison import Due
from deploy.verify.course import Course
from deploy.verify.history import Told
from shared.contracts import dossiers as admitted
from shared.contracts.dossiers import DayOpened, DossierFiled, InspectionConcluded, ProductionStopConfirmed
from shared.contracts.event import Basis, Event
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    DecisionHeld,
    DossierEnded,
    DossierReturned,
    DossierWithdrawn,
    ProductRecognised,
    RenewalReminderDue,
    TaskClosed,
    TaskOpened,
)

OF_CERTIFICATES: Final = (CertificateEnded, CertificateExtended, RenewalReminderDue, CertificateWithdrawn)
TASKS: Final = ("withdraw_certificate", "withdrawal_overdue")
_DAY: Final = timedelta(days=1)


def of_certificate(event: Event | None, withdrawals: frozenset[UUID]) -> bool:
    """True for what is told of a certificate; `withdrawals` are the decisions to withdraw one."""
    match event:
        case TaskOpened() | TaskClosed():
            return event.task in TASKS
        case DecisionHeld():
            return event.decision_id in withdrawals
        case _:
            return isinstance(event, OF_CERTIFICATES)


@dataclass
class Certificates:
    """A product's certificates and what must have been told of them; `courses` are its dossiers, walked already.

    `latest` is the dossier filed last, and `over` whether it is; `ends` are decisions that ended one without a
    certificate; `restored` are the certificates put back into force, by the correction that did it.
    """

    courses: Mapping[UUID, Course]
    due: list[Due] = field(default_factory=list)
    all: list[Certificate] = field(default_factory=list)
    restored: dict[UUID, UUID] = field(default_factory=dict)
    latest: UUID | None = None
    over: bool = False
    ends: set[UUID | None] = field(default_factory=set)

    def walk(self, facts: Sequence[Told], told: Sequence[Told], days: Sequence[Told]) -> None:
        """Everything that was told has its ground, and what no event was told of has none."""
        places = {one.id: place for place, one in enumerate(facts)}
        by_id = {one.id: one for one in days}
        taken, last_cause = 0, ""
        for one in told:
            if one.cause != last_cause:
                last_cause = one.cause
                for fact in facts[taken : places.get(one.cause, -1) + 1]:
                    self._fact(fact)
                taken = max(taken, places.get(one.cause, -1) + 1)
                if one.cause in by_id:
                    self._day(by_id[one.cause])
            self._told(one)
        for fact in facts[taken:]:
            self._fact(fact)
        latest = max((one.record.timestamp_ms for one in (*facts, *told)), default=0)
        for day in [day for day in days if day.record.timestamp_ms > latest][-1:]:
            self._day(day)

    @property
    def current(self) -> Certificate | None:
        """The latest certificate that was not annulled."""
        return next((one for one in reversed(self.all) if one.state != "annulled"), None)

    @property
    def in_force(self) -> Certificate | None:
        """The certificate in force; a product has one at most."""
        return self.current if self.current is not None and self.current.state == "in_force" else None

    def _say(self, cause: Told, events: Iterator[Event]) -> None:
        self.due += [Due(event, cause) for event in events]

    def _fact(self, fact: Told) -> None:
        match fact.event:
            case DossierFiled() as filed:
                self.latest, self.over = filed.dossier_id, False
                self._say(fact, self._filed(filed))
            case InspectionConcluded(ground=str() as ground) as found:
                self._say(fact, self._violated(found.concluded_on, ground))
            case ProductionStopConfirmed() as stopped:
                self._say(fact, self._violated(stopped.confirmed_on, "production_stopped"))
            case admitted.CertificateWithdrawn() as decision:
                self._say(fact, self._withdrawn(decision))

    def _filed(self, filed: DossierFiled) -> Iterator[Event]:
        certificate = self.current
        if filed.kind != "renewal" or certificate is None or certificate.state == "withdrawn":
            return
        certificate.renewal = filed
        clock = self.courses[filed.dossier_id].book.regime.clocks.get("renewal_grace")
        in_grace = clock is not None and (filed.filed_on - certificate.issued.expires_on).days <= clock.count
        if certificate.state == "ended" and in_grace:
            yield from certificate.extend(self.courses[filed.dossier_id])

    def _violated(self, day: date, ground: str) -> Iterator[Event]:
        certificate = self.in_force
        if certificate is None or certificate.tasks:
            return
        clock = certificate.regime.clocks.get("withdrawal")
        certificate.withdraw_by = None if clock is None else day + timedelta(days=clock.count)
        certificate.tasks = ["withdraw_certificate"]
        article = None if clock is None else clock.article
        basis = certificate.basis(article, certificate.regime.withdrawal.grounds.get(ground))
        task = self._task(certificate, "withdraw_certificate", day, basis)
        yield task.model_copy(update={"due_on": certificate.withdraw_by})

    def _task(
        self,
        certificate: Certificate,
        task: Literal["withdraw_certificate", "withdrawal_overdue"],
        day: date,
        on: Basis,
    ) -> TaskOpened:
        return TaskOpened(
            dossier_id=certificate.issued.dossier_id,
            task=task,
            unit=certificate.office,
            opened_on=day,
            total=None,
            stars=certificate.issued.stars,
            basis=on,
        )

    def _withdrawn(self, decision: admitted.CertificateWithdrawn) -> Iterator[Event]:
        certificate = self.in_force
        if certificate is None or decision.unit != certificate.office:
            yield self._held(decision, certificate)
            return
        certificate.state = "withdrawn"
        rule, issued = certificate.regime.withdrawal, certificate.issued
        yield CertificateWithdrawn(
            dossier_id=issued.dossier_id,
            certificate_id=issued.certificate_id,
            decision_id=decision.decision_id,
            decision_number=decision.number,
            level=decision.level,
            ground=decision.ground,
            withdrawn_on=decision.withdrawn_on,
            basis=certificate.basis(rule.grounds.get(decision.ground), rule.authorities.get(issued.stars)),
        )
        yield from certificate.close(decision.withdrawn_on)

    def _held(self, decision: admitted.CertificateWithdrawn, certificate: Certificate | None) -> DecisionHeld:
        assert self.latest is not None
        course = self.courses[self.latest] if certificate is None else certificate.course
        return DecisionHeld(
            dossier_id=course.filed.dossier_id,
            decision_id=decision.decision_id,
            decision_number=decision.number,
            unit=decision.unit,
            contradiction="no_certificate" if certificate is None else "authority_lacking",
            decided_stars=None,
            computed_stars=None if certificate is None else certificate.issued.stars,
            basis=course.basis(),
        )

    def _told(self, one: Told) -> None:
        """What a result of the ladder means for the certificate before it."""
        match one.event:
            case ProductRecognised() as issued:
                before, last = self.in_force, issued.decided_on - _DAY
                if before is not None:
                    self._say(one, before.end(min(last, before.last_day), "superseded", issued.dossier_id))
                self.all.append(Certificate(issued, self.courses[issued.dossier_id]))
                self.over = True
            case DossierEnded() as ended:
                self.ends.add(ended.decision_id)
                self._unrenewed(one, ended.dossier_id, ended.decided_on)
            case DossierReturned() as returned:
                self._unrenewed(one, returned.dossier_id, returned.returned_on)
            case DossierWithdrawn() as withdrawn:
                self._unrenewed(one, withdrawn.dossier_id, withdrawn.withdrawn_on)
            case DecisionAnnulled() as annulled:
                self._annulled(one, annulled)

    def _unrenewed(self, one: Told, dossier: UUID, result_on: date) -> None:
        """An extended certificate ends with the result of its renewal, and never before its own months."""
        self.over = True
        certificate = self.in_force
        if certificate is not None and certificate.until is not None and self._renews(certificate):
            last = min(max(result_on, certificate.issued.expires_on), certificate.until)
            self._say(one, certificate.end(last, "not_renewed", dossier))

    def _annulled(self, one: Told, annulled: DecisionAnnulled) -> None:
        """A certificate falls with its decision, and one that had ended by the result has not."""
        self.over = False
        fallen = [each for each in self.all if each.issued.certificate_id == annulled.certificate_id]
        for certificate in fallen:
            certificate.state = "annulled"
        before = self.current
        final = bool(fallen) or annulled.decision_id in self.ends
        if final and before is not None and before.ended_by == annulled.dossier_id:
            before.state, before.ended_by = "in_force", None
            self.restored[annulled.correction_id] = before.issued.certificate_id
        for certificate in fallen:
            self._say(one, certificate.close(annulled.annulled_on))

    def _renews(self, certificate: Certificate) -> bool:
        return certificate.renewal is not None and certificate.renewal.dossier_id == self.latest

    def _day(self, told: Told) -> None:
        if isinstance(told.event, DayOpened) and (certificate := self.in_force) is not None:
            self._say(told, self._opened(certificate, told.event.date))

    def _opened(self, certificate: Certificate, day: date) -> Iterator[Event]:
        last = certificate.issued.expires_on
        if certificate.renewal is None and day <= last:
            yield from certificate.remind(day)
        under_way = self.latest is not None and not self.over and self._renews(certificate)
        if self.latest is not None and under_way and last < day and certificate.until is None:
            yield from certificate.extend(self.courses[self.latest])
        overdue = certificate.withdraw_by is not None and certificate.withdraw_by < day
        if certificate.withdraw_by is not None and overdue and "withdrawal_overdue" not in certificate.tasks:
            certificate.tasks.append("withdrawal_overdue")
            basis = certificate.basis(certificate.regime.clocks["withdrawal"].article)
            yield self._task(certificate, "withdrawal_overdue", certificate.withdraw_by + _DAY, basis)
        if certificate.last_day < day:
            cause: Cause = "expired" if certificate.until is None else "extension_over"
            yield from certificate.end(certificate.last_day, cause)
