"""Tables that follow from the topics alone: each row that must be there, and that it says what it must."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from deploy.verify.findings import Kind, Unexplained
from deploy.verify.flow import Flow
from deploy.verify.history import Told
from deploy.verify.schemas import Row
from shared.contracts.dossiers import DossierFiled
from shared.contracts.event import Exact
from shared.contracts.notices import ContactSet
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    ProductRecognised,
    TaskClosed,
    TaskOpened,
)
from shared.contracts.topics import CONTACTS, DOSSIERS, PROMOTIONS

Due = Mapping[str, Mapping[str, Any]]
"""Key → the columns that are known."""


def check_rows(flow: Flow) -> Iterator[Unexplained]:
    """Certificates, tasks and contacts that are missing, differ, or have no ground."""
    certificates: dict[str, Mapping[str, Any]] = {}
    tasks: dict[str, Mapping[str, Any]] = {}
    for subject in flow.history.subjects(PROMOTIONS):
        if subject not in flow.history.broken:
            told = flow.history.of(PROMOTIONS, subject)
            certificates.update(_certificates(told, _units(flow, subject)))
            tasks.update(_tasks(told))
    for table, key, due in (("certificate", "certificate_id", certificates), ("task", "task_id", tasks)):
        yield from against(flow, "promotion", table, key, due)
    yield from against(flow, "notification", "contact", "recipient_id", dict(_contacts(flow)))


def against(flow: Flow, service: str, table: str, key: str, due: Due) -> Iterator[Unexplained]:
    """The rows of a table against those that are due, by the columns that are known."""
    rows = {str(row[key]): row for row in flow.schemas.rows(service, table)}
    for name, wanted in sorted(due.items()):
        where, row = f"{service}.{table} {name}", rows.get(name)
        if row is None:
            yield Unexplained(Kind.ROW_MISSING, where, ", ".join(f"{k} {v}" for k, v in list(wanted.items())[:3]))
        elif fields := [column for column in wanted if row[column] != wanted[column]]:
            words = ", ".join(f"{column} is {row[column]}, due is {wanted[column]}" for column in fields)
            yield Unexplained(Kind.ROW_DIFFERS, where, words)
    for name, row in sorted(rows.items()):
        if name not in due and _subject(row, name) not in flow.history.broken:
            yield Unexplained(Kind.ROW_UNFOUNDED, f"{service}.{table} {name}", "nothing on the topics says so")


def _subject(row: Row, name: str) -> str:
    return str(row.get("subject", name))


def _units(flow: Flow, subject: str) -> dict[object, str]:
    filed = (told.event for told in flow.history.of(DOSSIERS, subject))
    return {event.dossier_id: event.unit for event in filed if isinstance(event, DossierFiled)}


def _certificates(told: Sequence[Told], units: Mapping[object, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    ended = _ended(told)
    extended = {e.certificate_id: e.until for t in told if isinstance(e := t.event, CertificateExtended)}
    withdrawn = {e.certificate_id: e.withdrawn_on for t in told if isinstance(e := t.event, CertificateWithdrawn)}
    annulled = {e.certificate_id: e.annulled_on for t in told if isinstance(e := t.event, DecisionAnnulled)}
    for one in told:
        if isinstance(issued := one.event, ProductRecognised):
            columns = {
                "subject": one.subject,
                "dossier_id": issued.dossier_id,
                "unit": units.get(issued.dossier_id),
                "level": issued.level,
                "stars": issued.stars,
                "decision_number": issued.decision_number,
                "issued_on": issued.decided_on,
                "expires_on": issued.expires_on,
                "ended_on": ended.get(issued.certificate_id),
                "annulled_on": annulled.get(issued.certificate_id),
                "extended_to": extended.get(issued.certificate_id),
                "withdrawn_on": withdrawn.get(issued.certificate_id),
            }
            yield str(issued.certificate_id), columns


def _ended(told: Sequence[Told]) -> Mapping[UUID | None, date]:
    """The last day of each certificate whose end was told and counts still."""
    ended: dict[UUID | None, date] = {}
    for one in told:
        match one.event:
            case CertificateEnded(certificate_id=name, ended_on=day):
                ended[name] = day
            case CertificateExtended(certificate_id=name) | DecisionAnnulled(restored_id=name):
                ended.pop(name, None)
    return ended


def _tasks(told: Sequence[Told]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in told:
        if isinstance(opened := one.event, TaskOpened):
            columns = {
                "subject": one.subject,
                "dossier_id": opened.dossier_id,
                "task": opened.task,
                "unit": opened.unit,
                "opened_on": opened.opened_on,
                "total": _fraction(opened.total),
                "stars": opened.stars,
                "closed_on": _closed_on(opened, [later.event for later in told if later.sequence > one.sequence]),
            }
            yield one.id, columns


def _closed_on(task: TaskOpened, later: Sequence[object]) -> date | None:
    own = (one for one in later if isinstance(one, TaskClosed) and one.dossier_id == task.dossier_id)
    return next((closed.closed_on for closed in own if closed.task == task.task), None)


def _fraction(number: Exact | None) -> str | None:
    return None if number is None else f"{number.numerator}/{number.denominator}"


def _contacts(flow: Flow) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The latest version of each recipient's address; shown as differing, never with the address itself."""
    for subject in flow.history.subjects(CONTACTS):
        last = flow.history.of(CONTACTS, subject)[-1]
        if isinstance(last.event, ContactSet):
            yield subject, {"version": last.sequence}
