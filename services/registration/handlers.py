"""What registration does with a batch of intake, and with what promotions say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from pydantic import TypeAdapter

from services.registration import store
from services.registration.admissions import RELEASED_MAX, SERVICE, Batch
from services.registration.arrivals import Arrivals
from services.registration.domain.case import Rules
from services.registration.domain.certificates import Word, heard
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.register import Register
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.promotions import (
    CertificateWithdrawn,
    DecisionHeld,
    DossierEnded,
    DossierReturned,
    ProductRecognised,
)
from shared.contracts.topics import PROMOTIONS, Topic, intake_topic
from shared.kernel.outcomes import Applied
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.outbox import SQL
from shared.messaging.pipeline import Change, Connection, Outcome, Pipeline
from shared.observability.trace import traceparent

LANE = "admission"
WOKEN_MAX = 500


class LaneMissingError(Exception):
    """Nobody has consumed intake yet; as soon as somebody does, the lane is there."""


class Intake:
    """The step that admits: every unit's topic, one lane (decision record 1)."""

    def __init__(self, rules: Rules, units: Sequence[str], prefix: str, *, released_max: int = RELEASED_MAX) -> None:
        self.units = tuple(units)
        self.topics: tuple[Topic, ...] = tuple(intake_topic(unit) for unit in units)
        self.reader = Reader(self.topics, prefix, sequenced=False)
        self._rules = rules
        self.arrivals = Arrivals(
            self.reader, {topic.name: unit for topic, unit in zip(self.topics, self.units, strict=True)}
        )
        self._released_max = released_max

    def lane(self, topic: str, part: int) -> str:  # noqa: ARG002  # the protocol of steps
        """One lane for all: admission is serial."""
        return LANE

    def lanes(self) -> list[str]:
        """The one lane."""
        return [LANE]

    async def apply(
        self, connection: Connection, deliveries: Sequence[Delivery], wake: Sequence[str] = ()
    ) -> Counter[str]:
        """Each delivery has its answer; with `wake`, what was woken is judged again, at most `WOKEN_MAX` events."""
        batch = self.batch(connection)
        await batch.begin(deliveries)
        for delivery in deliveries:
            await batch.take(delivery)
        if wake:
            for row in await store.woken(connection, self.units, WOKEN_MAX):
                await batch.again(row)
        await batch.save()
        return batch.counts

    async def open_day(self, connection: Connection, day: date, recorded_ms: int) -> Counter[str]:
        """`day` is open, and so is every day missed before it; said twice, nothing changes. Takes the lane's lock.

        Raises LaneMissingError before the first partition was ever assigned: there is no lock to take yet.
        """
        if not await connection.fetch(SQL["lock_lanes"], [LANE]):
            raise LaneMissingError
        batch = self.batch(connection)
        await batch.begin([])
        name = f"calendar/{day.isoformat()}"
        await batch.open_day(Envelope(name, "", "", "", 0, recorded_ms, traceparent=traceparent("", name)), day)
        await batch.save()
        return batch.counts

    def batch(self, connection: Connection) -> Batch:
        """A batch to be judged by this step's rules; whoever asks holds the lane."""
        return Batch(connection, self._rules, self.arrivals, LANE, self._released_max)


@dataclass(frozen=True, slots=True)
class Heard:
    """What registration has heard of a product from promotions: which dossiers ended, each by which decision, if any.

    A dossier whose decision was annulled may end again. `words` are what was said of certificates.
    """

    ends: tuple[tuple[UUID, UUID | None], ...] = ()
    words: tuple[Word, ...] = ()


def pipeline() -> Pipeline[Heard]:
    """Promotions: dossiers that are over and certificates are so in the register; what waited for that is woken."""
    return Pipeline(
        service=SERVICE,
        inputs=(PROMOTIONS,),
        output=None,
        state=TypeAdapter(Heard),
        empty=Heard,
        decide=decide,
        project=close_over,
    )


def decide(state: Heard, event: Event, _: Envelope) -> Outcome[Heard]:
    """A dossier that was returned, recognised or ended is over (articles 7.2, 4.1); certificates come and go."""
    match event:
        case DossierReturned():
            return Applied(replace(state, ends=(*state.ends, (event.dossier_id, None))))
        case ProductRecognised():
            ends = (*state.ends, (event.dossier_id, event.decision_id))
            word = Word("issued", event.dossier_id, event.decision_id, event.certificate_id, event.expires_on)
            return Applied(Heard(ends, (*state.words, word)))
        case DossierEnded():
            return Applied(replace(state, ends=(*state.ends, (event.dossier_id, event.decision_id))))
        case CertificateWithdrawn():
            word = Word("withdrawn", event.dossier_id, event.decision_id, event.certificate_id)
            return Applied(replace(state, words=(*state.words, word)))
        case DecisionHeld():
            word = Word("contradicted", event.dossier_id, event.decision_id)
            return Applied(replace(state, words=(*state.words, word)))
        case _:
            return Applied(state)


async def close_over(connection: Connection, changes: Sequence[Change[Heard]]) -> None:
    """Certificates and dossiers newly over are so in the register; whatever waited for that is to be judged again."""
    over = [end for change in changes for end in _newly_over(change)]
    words = [word for change in changes for word in _newly_said(change)]
    register = Register()
    named = [*(dossier for dossier, _ in over), *(word.dossier_id for word in words)]
    await store.load_register(connection, register, [], named)
    provides: set[str] = set()
    for word in words:
        told = heard(register, word)
        register.take(told.entries)
        provides |= told.provides
    for dossier, decision in over:
        closed = close_dossier(register, dossier, decision)
        register.take(closed.entries)
        provides |= closed.provides
    await store.save_entries(connection, register)
    await store.wake(connection, provides)


def _newly_over(change: Change[Heard]) -> Sequence[tuple[UUID, UUID | None]]:
    before = change.before.ends if change.before else ()
    return change.after.ends[len(before) :]


def _newly_said(change: Change[Heard]) -> Sequence[Word]:
    before = change.before.words if change.before else ()
    return change.after.words[len(before) :]
