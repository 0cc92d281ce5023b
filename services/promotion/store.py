"""How promotion's state is kept, and the tables that operators and senders ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.promotion.domain.standing import Standing
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event, Exact
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    ProductRecognised,
    TaskClosed,
    TaskOpened,
)
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


@dataclass(frozen=True, slots=True)
class Life:
    """What a batch told of a certificate; of its end only where `of_its_end`, None then means that there is none."""

    of_its_end: bool = False
    ended_on: date | None = None
    extended_to: date | None = None
    annulled_on: date | None = None
    withdrawn_on: date | None = None


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
    if issued:
        await conn.execute(QUERIES["issue_certificates"], *map(list, zip(*issued, strict=True)))
    if lives := fold_lives([event for _, _, event in _announced(changes)]):
        columns = zip(*((name, *astuple(life)) for name, life in lives.items()), strict=True)
        await conn.execute(QUERIES["change_certificates"], *map(list, columns))


def fold_lives(announced: Sequence[Event]) -> Mapping[UUID, Life]:
    """What a batch's events, in their order, say of each certificate in the end."""
    lives: dict[UUID, Life] = {}

    def say(certificate_id: UUID, **said: Any) -> None:
        lives[certificate_id] = replace(lives.get(certificate_id, Life()), **said)

    for event in announced:
        match event:
            case CertificateEnded():
                say(event.certificate_id, of_its_end=True, ended_on=event.ended_on)
            case CertificateExtended():
                say(event.certificate_id, of_its_end=True, ended_on=None, extended_to=event.until)
            case CertificateWithdrawn():
                say(event.certificate_id, withdrawn_on=event.withdrawn_on)
            case DecisionAnnulled():
                if event.certificate_id is not None:
                    say(event.certificate_id, annulled_on=event.annulled_on)
                if event.restored_id is not None:
                    say(event.restored_id, of_its_end=True, ended_on=None)
    return lives


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
