"""A small pipeline on real contracts, in evaluation's schema: it reads dossiers and sheets and announces scores.

Every sheet is announced as one `SessionVoided`, whose `present` is the number of the event on its input topic: so the
output tells which events were applied, and in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from pydantic import TypeAdapter

from shared.contracts.dossiers import CentralEvaluationRequested, DayOpened
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event
from shared.contracts.scores import SessionVoided, Stage
from shared.contracts.sheets import SessionClosed, SheetSubmitted
from shared.contracts.topics import DOSSIERS, SCORES, SHEETS
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import Applied, DeadLettered, Held
from shared.kernel.partitions import partition_of
from shared.messaging.delivery import Delivery
from shared.messaging.pipeline import Change, Connection, Outcome, Pipeline

RECORDED_MS = 1_780_000_000_000
DAY = date(2026, 6, 1)
BASIS = Basis(act="26/2026", rulebook="toy", articles=("3",))


@dataclass(frozen=True, slots=True)
class Toy:
    """What was applied, as (topic's family, number); a sheet waits until the dossier is open; due one day later."""

    applied: tuple[tuple[str, int], ...] = ()
    is_open: bool = False
    due_on: date | None = None


def decide(state: Toy, event: Event, envelope: Envelope) -> Outcome[Toy]:  # noqa: PLR0911  # one for each kind
    """A request opens the dossier; a sheet waits for that and is announced; a mistaken member makes it fail."""
    taken = replace(state, applied=(*state.applied, (event.family, envelope.sequence)))
    match event:
        case CentralEvaluationRequested(requested_on=requested_on):
            return Applied(replace(taken, is_open=True, due_on=requested_on + timedelta(days=1)))
        case SheetSubmitted() if not state.is_open:
            return Held("open")
        case SheetSubmitted(member_id="raises"):
            raise ZeroDivisionError("a mistake in a rule")
        case SheetSubmitted(member_id="faulty"):
            return DeadLettered("fault", "the rule says so")
        case SheetSubmitted(member_id=member):
            return Applied(taken, (voided(event.dossier_id, envelope.sequence, large=member == "large"),))
        case SessionClosed():
            return Applied(replace(taken, is_open=False))
        case DayOpened():
            return Applied(replace(state, due_on=None), (voided(UUID(int=0), 0),))
        case _:
            return Applied(taken)


def voided(dossier_id: UUID, number: int, *, large: bool = False) -> SessionVoided:
    """The announcement of input number `number`; a large one is larger than any topic takes."""
    return SessionVoided(
        dossier_id=dossier_id,
        stage=Stage(level="province", attempt=1),
        session_id=dossier_id,
        closed_on=DAY,
        cause="quorum_missed",
        present=number,
        needed=5,
        basis=BASIS.model_copy(update={"articles": ("3.1" * 300_000,)}) if large else BASIS,
    )


def pipeline(*, latest: frozenset[str] = frozenset()) -> Pipeline[Toy]:
    """The pipeline; with `latest`, the last version of that topic wins."""
    return Pipeline(
        service="evaluation",
        inputs=(DOSSIERS, SHEETS),
        output=SCORES,
        state=TypeAdapter(Toy),
        empty=Toy,
        decide=decide,
        due_on=lambda state: state.due_on,
        project=project,
        latest=latest,
    )


async def project(connection: Connection, changes: Sequence[Change[Toy]]) -> None:
    """One row for each thing announced; the tests' table refuses a dossier that it was told to refuse."""
    rows = [
        (change.subject, envelope.sequence, getattr(event, "dossier_id", None))
        for change in changes
        for envelope, event in change.announced
    ]
    await connection.executemany("INSERT INTO toy (subject, sequence, dossier_id) VALUES ($1, $2, $3)", rows)


TABLE = """
CREATE TABLE toy (
    subject text, sequence bigint, dossier_id uuid,
    PRIMARY KEY (subject, sequence),
    CONSTRAINT refused CHECK (dossier_id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff')
)"""
REFUSED = UUID(int=2**128 - 1)


def subject(number: int) -> str:
    """A product's id, the same in every run."""
    return str(derived_id(RECORDED_MS, "product", str(number)))


def opened(day: date = DAY) -> CentralEvaluationRequested:
    """What a sheet waits for."""
    return CentralEvaluationRequested(dossier_id=UUID(int=1), unit="66", requested_on=day, document_number="1/CV")


def sheet(member: str = "m1", dossier_id: UUID | None = None) -> SheetSubmitted:
    """One sheet; the member's name says how it fares."""
    return SheetSubmitted(
        dossier_id=dossier_id or UUID(int=1),
        session_id=UUID(int=2),
        member_id=member,
        signed_on=DAY,
        options={"1.1": 1},
    )


def closed() -> SessionClosed:
    """Sheets wait again from here on."""
    return SessionClosed(
        dossier_id=UUID(int=1), session_id=UUID(int=2), closed_on=DAY, present=(), agreed=None, struck_out=None
    )


def envelope(about: str, sequence: int, event: Event, *, event_id: str = "") -> Envelope:
    """The envelope an owner would give the event, the same in every run."""
    made = str(derived_id(RECORDED_MS, event.family, about, str(sequence)))
    return Envelope(event_id or made, "/services/test", event.type_name(), about, sequence, RECORDED_MS)


def delivery(about: str, sequence: int, event: Event, *, offset: int = 0, event_id: str = "") -> Delivery:
    """The event as the fold takes it."""
    topic = {"dossiers": DOSSIERS, "sheets": SHEETS}[event.family]
    made = envelope(about, sequence, event, event_id=event_id)
    part = partition_of(about, topic.partitions)
    return Delivery(topic.name, part, offset, RECORDED_MS, about.encode(), (), b"{}", made, event)
