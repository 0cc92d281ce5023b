"""How promotion's state is kept, and the tables that operators and senders ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter

from services.promotion.domain.standing import Standing
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event, Exact
from shared.contracts.promotions import CertificateEnded, DecisionAnnulled, ProductRecognised, TaskClosed, TaskOpened
from shared.messaging.pipeline import Change, Connection
from shared.postgres.queries import load

STATE = TypeAdapter(Standing)
QUERIES = load(Path(__file__).parent / "sql" / "queries.sql")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task opened in a batch, and when the same batch closed it, if it did."""

    task_id: UUID
    subject: str
    opened: TaskOpened
    closed_on: date | None = None


async def project(conn: Connection, changes: Sequence[Change[Standing]]) -> None:
    """The tables of certificates and tasks say what the batch announced.

    Rows that were there before the batch are closed before new ones come, so a closing never meets a later task.
    """
    await _write_certificates(conn, changes)
    opened, closed = fold_tasks(list(_announced(changes)))
    if closed:
        await conn.execute(
            QUERIES["close_tasks"],
            [told.dossier_id for told in closed],
            [told.task for told in closed],
            [told.closed_on for told in closed],
        )
    if opened:
        await conn.execute(QUERIES["open_tasks"], *map(list, zip(*map(_task_values, opened), strict=True)))


def fold_tasks(announced: Sequence[tuple[str, Envelope, Event]]) -> tuple[list[TaskRow], list[TaskClosed]]:
    """The rows to add, and the closings of rows that were there before, from a batch's events in their order."""
    rows: list[TaskRow] = []
    closings: list[TaskClosed] = []
    open_rows: dict[tuple[UUID, str], int] = {}
    for subject, envelope, event in announced:
        if isinstance(event, TaskOpened):
            open_rows[event.dossier_id, event.task] = len(rows)
            rows.append(TaskRow(UUID(envelope.id), subject, event))
        elif isinstance(event, TaskClosed):
            place = open_rows.pop((event.dossier_id, event.task), None)
            if place is None:
                closings.append(event)
            else:
                rows[place] = replace(rows[place], closed_on=event.closed_on)
    return rows, closings


async def _write_certificates(conn: Connection, changes: Sequence[Change[Standing]]) -> None:
    issued = [
        _certificate_values(change, event)
        for change in changes
        for _, event in change.announced
        if isinstance(event, ProductRecognised)
    ]
    ended = [event for _, _, event in _announced(changes) if isinstance(event, CertificateEnded)]
    if issued:
        await conn.execute(QUERIES["issue_certificates"], *map(list, zip(*issued, strict=True)))
    if ended:
        await conn.execute(
            QUERIES["end_certificates"], [told.certificate_id for told in ended], [told.ended_on for told in ended]
        )
    annulled = [
        event
        for _, _, event in _announced(changes)
        if isinstance(event, DecisionAnnulled) and event.certificate_id is not None
    ]
    if annulled:
        ids, days = [told.certificate_id for told in annulled], [told.annulled_on for told in annulled]
        await conn.execute(QUERIES["annul_certificates"], ids, days)


def _announced(changes: Sequence[Change[Standing]]) -> Iterator[tuple[str, Envelope, Event]]:
    for change in changes:
        for envelope, event in change.announced:
            yield change.subject, envelope, event


def _certificate_values(change: Change[Standing], event: ProductRecognised) -> tuple[object, ...]:
    dossier = change.after.dossier
    if dossier is None:
        raise LookupError(f"product {change.subject} has a certificate and no dossier")
    return (
        event.certificate_id,
        change.subject,
        event.dossier_id,
        dossier.unit,
        event.level,
        event.stars,
        event.decision_number,
        event.decided_on,
        event.expires_on,
    )


def _task_values(row: TaskRow) -> tuple[object, ...]:
    opened = row.opened
    return (
        row.task_id,
        row.subject,
        opened.dossier_id,
        opened.task,
        opened.unit,
        opened.opened_on,
        _fraction(opened.total),
        opened.stars,
        row.closed_on,
    )


def _fraction(number: Exact | None) -> str | None:
    return None if number is None else f"{number.numerator}/{number.denominator}"
