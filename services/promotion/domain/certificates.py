"""The life of a certificate: reminders, renewal, extension, and every way it ends but withdrawal (4.3, 7.6, 12.3).

A product has one certificate in force at most. A day decides by the dates in facts, never by when a fact came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from services.promotion.domain.announcements import (
    Announcement,
    CertificateEnded,
    CertificateExtended,
    EndCause,
    RenewalReminderDue,
    TaskClosed,
    TaskOpened,
    basis,
)
from services.promotion.domain.facts import Filed
from services.promotion.domain.standing import (
    Certificate,
    Extension,
    Pin,
    RenewalFiled,
    Standing,
    TaskKind,
    unit_of,
)
from shared.rulebooks.model import Regime

RegimeOf = Callable[[Pin], Regime | None]
Effect = tuple[Standing, tuple[Announcement, ...]]
_DAY = timedelta(days=1)


def due_on(standing: Standing, regime_of: RegimeOf) -> date | None:
    """The first day on which `day_opened` has something to say of the certificate in force, or None without one."""
    certificate = standing.in_force
    if certificate is None:
        return None
    days = [certificate.valid_to + _DAY]
    regime = regime_of(certificate.pin)
    if regime is not None and (left := _reminders(certificate, regime)):
        days.append(certificate.expires_on - timedelta(days=left[0]))
    violation = certificate.violation
    if violation is not None and violation.due_on is not None and not violation.overdue:
        days.append(violation.due_on + _DAY)
    return min(days)


def day_opened(standing: Standing, day: date, regime_of: RegimeOf) -> Effect:
    """Reminders due by this day are told, an overdue withdrawal too; the certificate has ended, or is extended."""
    standing, reminded = _reminded(standing, day, regime_of)
    standing, extended = _extended(standing, day, regime_of)
    standing, overdue = _overdue(standing, day)
    standing, ended = _run_out(standing, day)
    return standing, (*reminded, *extended, *overdue, *ended)


def renewal_filed(standing: Standing, filed: Filed, regime: Regime) -> Effect:
    """The certificate has a renewal, and no reminders any more; if it had ended, it may be valid again (12.3)."""
    certificate = standing.certificate
    if filed.kind != "renewal" or certificate is None or certificate.withdrawn:
        return standing, ()
    renewed = replace(certificate, renewal=RenewalFiled(filed.dossier_id, filed.pin, filed.filed_on, filed.late_by))
    standing = standing.with_certificate(renewed)
    extension = _extension(renewed, regime) if certificate.ended else None
    if extension is None or filed.filed_on > extension.until:
        return standing, ()
    return _extend(standing, replace(renewed, ended=False, ended_by=None), extension)


def superseded(standing: Standing, by: UUID, issued_on: date) -> Effect:
    """The certificate in force ends the day before another is issued on the result of the dossier `by`."""
    certificate = standing.in_force
    if certificate is None:
        return standing, ()
    return _end(standing, certificate, min(issued_on - _DAY, certificate.valid_to), "superseded", by)


def not_renewed(standing: Standing, by: UUID, result_on: date) -> Effect:
    """An extended certificate ends with its renewal's result, but never before its own months are over (12.3)."""
    certificate = standing.in_force
    if certificate is None or certificate.extension is None or not _renews(certificate, by):
        return standing, ()
    last = min(max(result_on, certificate.expires_on), certificate.valid_to)
    return _end(standing, certificate, last, "not_renewed", by)


def restored(standing: Standing, by: UUID) -> tuple[Standing, UUID | None]:
    """The certificate that the result of the dossier `by` had ended has not, now that the result is annulled."""
    certificate = standing.certificate
    if certificate is None or certificate.ended_by != by:
        return standing, None
    return standing.with_certificate(replace(certificate, ended=False, ended_by=None)), certificate.certificate_id


def close_withdrawal(certificate: Certificate, day: date) -> tuple[TaskClosed, ...]:
    """The announcements that nothing is left to withdraw."""
    violation, name = certificate.violation, certificate.dossier_id
    if violation is None:
        return ()
    kinds: tuple[TaskKind, ...] = ("withdraw_certificate", "withdrawal_overdue")
    return tuple(TaskClosed(name, kind, day) for kind in kinds[: 1 + violation.overdue])


def _reminders(certificate: Certificate, regime: Regime) -> tuple[int, ...]:
    """The days before the end on which a reminder is still to come."""
    return () if certificate.renewal is not None else regime.renewal.reminders.value[certificate.reminded :]


def _reminded(standing: Standing, day: date, regime_of: RegimeOf) -> Effect:
    certificate = standing.in_force
    regime = None if certificate is None else regime_of(certificate.pin)
    if certificate is None or regime is None or day > certificate.expires_on:
        return standing, ()
    left = (certificate.expires_on - day).days
    due = [before for before in _reminders(certificate, regime) if before >= left]
    told = replace(certificate, reminded=certificate.reminded + len(due))
    return standing.with_certificate(told), tuple(_reminder(certificate, regime, before) for before in due)


def _reminder(certificate: Certificate, regime: Regime, before: int) -> RenewalReminderDue:
    opens, closes = regime.clocks["renewal_opens"], regime.clocks["renewal_closes"]
    last = certificate.expires_on
    return RenewalReminderDue(
        dossier_id=certificate.dossier_id,
        certificate_id=certificate.certificate_id,
        days_before=before,
        due_on=last - timedelta(days=before),
        opens_on=last - timedelta(days=opens.count),
        closes_on=last - timedelta(days=closes.count),
        expires_on=last,
        basis=basis(certificate.pin, closes.article),
    )


def _extended(standing: Standing, day: date, regime_of: RegimeOf) -> Effect:
    """A certificate past its end stays valid while its renewal is under way."""
    certificate, dossier = standing.in_force, standing.dossier
    if certificate is None or dossier is None or dossier.over or not _renews(certificate, dossier.dossier_id):
        return standing, ()
    regime = regime_of(dossier.pin)
    past = certificate.extension is None and certificate.expires_on < day
    extension = _extension(certificate, regime) if past and regime is not None else None
    return (standing, ()) if extension is None else _extend(standing, certificate, extension)


def _extension(certificate: Certificate, regime: Regime) -> Extension | None:
    """How long the certificate stays valid for its renewal, by the act under which that was filed; None: not at all."""
    renewal, clock = certificate.renewal, regime.clocks.get("renewal_grace")
    if renewal is None or clock is None:
        return None
    rule = regime.renewal.after_end_extends if renewal.filed_on > certificate.expires_on else None
    if rule is None and renewal.late_by is None:
        rule = regime.renewal.undecided_extends
    if rule is not None and not rule.value:
        return None
    return Extension(certificate.expires_on + timedelta(days=clock.count), renewal.pin, renewal.late_by)


def _extend(standing: Standing, certificate: Certificate, extension: Extension) -> Effect:
    renewal = certificate.renewal
    if renewal is None:
        raise LookupError("a certificate is extended for a renewal")
    told = CertificateExtended(
        dossier_id=certificate.dossier_id,
        certificate_id=certificate.certificate_id,
        renewal_id=renewal.dossier_id,
        cause="undecided" if renewal.late_by is None else "filed_late",
        expires_on=certificate.expires_on,
        until=extension.until,
        basis=basis(extension.pin, extension.article),
    )
    return standing.with_certificate(replace(certificate, extension=extension)), (told,)


def _overdue(standing: Standing, day: date) -> Effect:
    certificate, dossier = standing.in_force, standing.dossier
    violation = None if certificate is None else certificate.violation
    if certificate is None or dossier is None or violation is None or violation.overdue:
        return standing, ()
    if violation.due_on is None or violation.due_on >= day:
        return standing, ()
    told = TaskOpened(
        dossier_id=certificate.dossier_id,
        task="withdrawal_overdue",
        unit=unit_of(certificate.level, dossier.unit),
        opened_on=violation.due_on + _DAY,
        total=None,
        stars=certificate.stars,
        basis=basis(certificate.pin, violation.article),
    )
    return standing.with_certificate(replace(certificate, violation=replace(violation, overdue=True))), (told,)


def _run_out(standing: Standing, day: date) -> Effect:
    certificate = standing.in_force
    if certificate is None or certificate.valid_to >= day:
        return standing, ()
    cause: EndCause = "expired" if certificate.extension is None else "extension_over"
    return _end(standing, certificate, certificate.valid_to, cause)


def _end(standing: Standing, certificate: Certificate, last: date, cause: EndCause, by: UUID | None = None) -> Effect:
    grounds = basis(certificate.pin, certificate.article if cause == "expired" else None)
    if certificate.extension is not None and cause in ("not_renewed", "extension_over"):
        grounds = basis(certificate.extension.pin, certificate.extension.article)
    told = CertificateEnded(
        dossier_id=certificate.dossier_id,
        certificate_id=certificate.certificate_id,
        ended_on=last,
        cause=cause,
        basis=grounds,
    )
    over = replace(certificate, ended=True, ended_by=by, violation=None)
    return standing.with_certificate(over), (told, *close_withdrawal(certificate, last))


def _renews(certificate: Certificate, dossier_id: UUID) -> bool:
    return certificate.renewal is not None and certificate.renewal.dossier_id == dossier_id
