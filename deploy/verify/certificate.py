"""One certificate: what counts of it, and what is told when it ends, is extended, or a reminder of it falls due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from deploy.verify.course import Course
from shared.contracts.dossiers import DossierFiled
from shared.contracts.event import Basis, Event
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    ProductRecognised,
    RenewalReminderDue,
    TaskClosed,
)
from shared.rulebooks.model import Regime

Cause = Literal["expired", "superseded", "not_renewed", "extension_over"]


@dataclass
class Certificate:
    """One certificate: whether it counts, what it waits for, and the act its dossier was filed under."""

    issued: ProductRecognised
    course: Course
    state: Literal["in_force", "ended", "annulled", "withdrawn"] = "in_force"
    ended_by: UUID | None = None
    reminded: int = 0
    renewal: DossierFiled | None = None
    until: date | None = None
    until_by: str | None = None
    renewed_on: Course | None = None
    withdraw_by: date | None = None
    tasks: list[Literal["withdraw_certificate", "withdrawal_overdue"]] = field(default_factory=list)

    @property
    def last_day(self) -> date:
        """Its last valid day."""
        return self.until or self.issued.expires_on

    @property
    def regime(self) -> Regime:
        """The act its dossier was filed under."""
        return self.course.book.regime

    @property
    def office(self) -> str:
        """The unit whose authority its stars require."""
        return self.course.office(self.issued.level)

    def basis(self, *articles: str | None) -> Basis:
        """The basis in its act."""
        return self.course.basis(*articles)

    def end(self, last: date, cause: Cause, by: UUID | None = None) -> Iterator[Event]:
        """It is over, and so is what there was to withdraw."""
        basis = self.basis(self.regime.certificate_months.article if cause == "expired" else None)
        if self.renewed_on is not None and cause in ("not_renewed", "extension_over"):
            basis = self.renewed_on.basis(self.until_by)
        self.state, self.ended_by = "ended", by
        yield CertificateEnded(
            dossier_id=self.issued.dossier_id,
            certificate_id=self.issued.certificate_id,
            ended_on=last,
            cause=cause,
            basis=basis,
        )
        yield from self.close(last)

    def close(self, day: date) -> Iterator[Event]:
        """Nothing is left to withdraw."""
        tasks, self.tasks, self.withdraw_by = self.tasks, [], None
        for task in tasks:
            yield TaskClosed(dossier_id=self.issued.dossier_id, task=task, closed_on=day)

    def extend(self, renewal: Course) -> Iterator[Event]:
        """It is valid until its renewal has a result, as long as the act of the renewal lets it be (12.3)."""
        regime = renewal.book.regime
        clock, filed = regime.clocks.get("renewal_grace"), self.renewal
        if clock is None or filed is None:
            return
        late = filed.late_for is not None
        allowed = late or regime.renewal.undecided_extends.value
        if filed.filed_on > self.issued.expires_on:
            allowed = regime.renewal.after_end_extends.value
        if allowed:
            self.state, self.ended_by = "in_force", None
            self.until = self.issued.expires_on + timedelta(days=clock.count)
            self.renewed_on = renewal
            self.until_by = filed.late_for.article if filed.late_for is not None else None
            yield CertificateExtended(
                dossier_id=self.issued.dossier_id,
                certificate_id=self.issued.certificate_id,
                renewal_id=filed.dossier_id,
                cause="filed_late" if late else "undecided",
                expires_on=self.issued.expires_on,
                until=self.until,
                basis=renewal.basis(self.until_by),
            )

    def remind(self, day: date) -> Iterator[RenewalReminderDue]:
        """Each reminder that is due by the day and was not told."""
        last, clocks = self.issued.expires_on, self.regime.clocks
        for before in self.regime.renewal.reminders.value[self.reminded :]:
            if last - timedelta(days=before) <= day:
                self.reminded += 1
                yield RenewalReminderDue(
                    dossier_id=self.issued.dossier_id,
                    certificate_id=self.issued.certificate_id,
                    days_before=before,
                    due_on=last - timedelta(days=before),
                    opens_on=last - timedelta(days=clocks["renewal_opens"].count),
                    closes_on=last - timedelta(days=clocks["renewal_closes"].count),
                    expires_on=last,
                    basis=self.basis(clocks["renewal_closes"].article),
                )
