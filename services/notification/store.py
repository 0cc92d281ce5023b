"""How notification's state is kept, and the tables that its sender works from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import TypeAdapter

from services.notification.domain.facts import Contact, Particulars
from services.notification.domain.notices import Notice, Role, State
from shared.contracts.event import Event
from shared.contracts.notices import NoticeWritten
from shared.messaging.pipeline import Change, Connection
from shared.postgres.queries import load

STATE = TypeAdapter(State)
QUERIES = load(Path(__file__).parent / "sql" / "queries.sql")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the words of a notice need besides the names of people, which stand in `contact` alone."""

    role: Role
    unit: str
    product_name: str
    producer_id: UUID
    particulars: Particulars
    traceparent: str = ""


FACTS = TypeAdapter(Facts)


async def project(conn: Connection, changes: Sequence[Change[State]]) -> None:
    """Every new notice of the batch has a row and a pending delivery; every changed contact is the one in use."""
    await _write_contacts(conn, [contact for change in changes for contact in _new_contact(change)])
    await _write_notices(conn, [(change, notice) for change in changes for notice in _new_notices(change)])


def _new_contact(change: Change[State]) -> Iterator[Contact]:
    before = change.before.contact if change.before is not None else None
    if change.after.contact is not None and change.after.contact != before:
        yield change.after.contact


def _new_notices(change: Change[State]) -> tuple[Notice, ...]:
    known = len(change.before.notices) if change.before is not None else 0
    return change.after.notices[known:]


async def _write_contacts(conn: Connection, contacts: Sequence[Contact]) -> None:
    if not contacts:
        return
    await conn.execute(
        QUERIES["save_contacts"],
        [contact.recipient_id for contact in contacts],
        [contact.version for contact in contacts],
        [contact.kind for contact in contacts],
        [contact.name for contact in contacts],
        [contact.email for contact in contacts],
        [contact.phone for contact in contacts],
    )


async def _write_notices(conn: Connection, written: Sequence[tuple[Change[State], Notice]]) -> None:
    if not written:
        return
    notice_ids = [notice.notice_id for _, notice in written]
    await conn.execute(
        QUERIES["write_notices"],
        notice_ids,
        [change.subject for change, _ in written],
        [change.part for change, _ in written],
        [notice.recipient_id for _, notice in written],
        [notice.particulars.kind for _, notice in written],
        [_facts(change, notice) for change, notice in written],
    )
    await conn.execute(QUERIES["open_deliveries"], notice_ids)


def _facts(change: Change[State], notice: Notice) -> str:
    dossier = change.after.dossier(notice.dossier_id)
    if dossier is None:
        raise LookupError(f"notice {notice.notice_id} tells of a dossier that was never filed")
    trace = next((told.traceparent for told, event in change.announced if _tells_of(event, notice)), "")
    facts = Facts(notice.role, dossier.unit, dossier.product_name, dossier.producer_id, notice.particulars, trace)
    return FACTS.dump_json(facts).decode()


def _tells_of(event: Event, notice: Notice) -> bool:
    return isinstance(event, NoticeWritten) and event.notice_id == notice.notice_id
