"""What a day brings: a stage that is overdue, a certificate whose months are over. It decides nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from services.promotion.domain.announcements import Announcement, CertificateEnded, TaskOpened, basis
from services.promotion.domain.standing import Certificate, Dossier, Standing, unit_of
from services.promotion.domain.transitions import Phase
from shared.kernel.outcomes import Applied

_DAY = timedelta(days=1)


def due_on(standing: Standing) -> date | None:
    """The first day on which `open_day` has something to say, or None: the day after the last day in time."""
    last_days = [certificate.expires_on for certificate in standing.certificates if _in_force(certificate)]
    if standing.dossier is not None and (last_day := _watched(standing.dossier)) is not None:
        last_days.append(last_day)
    return min(last_days) + _DAY if last_days else None


def open_day(standing: Standing, day: date) -> Applied[Standing, Announcement]:
    """Each stage overdue on this day has a task, each certificate run out has ended; both are told once."""
    ended = [certificate for certificate in standing.certificates if _run_out(certificate, day)]
    announced: list[Announcement] = [_ended(certificate) for certificate in ended]
    certificates = tuple(
        replace(certificate, ended=True) if certificate in ended else certificate
        for certificate in standing.certificates
    )
    dossier = standing.dossier
    last_day = None if dossier is None else _watched(dossier)
    if dossier is not None and last_day is not None and last_day < day:
        announced.append(_overdue(dossier, last_day))
        dossier = replace(dossier, tasks=(*dossier.tasks, "stage_overdue"))
    return Applied(replace(standing, dossier=dossier, certificates=certificates), tuple(announced))


def _watched(dossier: Dossier) -> date | None:
    """The last day of a stage that is open and not yet told to be overdue."""
    return dossier.stage.due_on if dossier.phase is Phase.OPEN and "stage_overdue" not in dossier.tasks else None


def _run_out(certificate: Certificate, day: date) -> bool:
    return _in_force(certificate) and certificate.expires_on < day


def _in_force(certificate: Certificate) -> bool:
    return not certificate.ended and not certificate.annulled


def _ended(certificate: Certificate) -> CertificateEnded:
    return CertificateEnded(
        dossier_id=certificate.dossier_id,
        certificate_id=certificate.certificate_id,
        ended_on=certificate.expires_on,
        basis=basis(certificate.pin, certificate.article),
    )


def _overdue(dossier: Dossier, last_day: date) -> TaskOpened:
    return TaskOpened(
        dossier_id=dossier.dossier_id,
        task="stage_overdue",
        unit=unit_of(dossier.stage.level, dossier.unit),
        opened_on=last_day + _DAY,
        total=None,
        stars=None,
        basis=basis(dossier.pin, dossier.stage.due_article),
    )
