"""Registration admits again what it had admitted since its database's copy, unit by unit in the very order it had.

Its lane says the order: the place of every record it sent. What promotions told it left no record, so each such fact
is taken in when an answer that Kafka holds cannot be given without it, and no earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import orjson

from deploy.positions.own_records import Own, RecoveryDiffersError, made_since, stands
from deploy.positions.standing import bootstrap
from deploy.provision import Site
from services.registration.app import rules
from services.registration.handlers import LANE, Intake, pipeline
from services.registration.settings import Settings
from shared.contracts.envelope import milliseconds
from shared.contracts.event import Event
from shared.contracts.promotions import (
    CertificateWithdrawn,
    DecisionHeld,
    DossierEnded,
    DossierReturned,
    ProductRecognised,
)
from shared.contracts.topics import PROMOTIONS
from shared.kernel.partitions import partition_of
from shared.messaging.delivery import Delivery
from shared.messaging.fencing import event_id
from shared.messaging.history import ends_of, records_of
from shared.messaging.outbox import unpack_headers
from shared.messaging.pipeline import Connection
from shared.messaging.positions import Place, move
from shared.messaging.step import SequencedStep

Calendar = Literal["wall", "scripted"]
SERVICE: Final = "registration"
RECEIPTS: Final = "ocop.receipts."
CALENDAR: Final = "calendar/"
WAITS: Final = "SELECT waits_for FROM journal WHERE unit = $1 AND event_id = $2 AND status = 'held'"
_AWAITED: Final[Mapping[str, tuple[type[Event], ...]]] = {
    "dossier-over": (DossierReturned, ProductRecognised, DossierEnded),
    "certificate": (CertificateWithdrawn, DecisionHeld),
}
"""By the kind of what an event of a product waits for: what promotions say to it."""


class _OtherwiseError(Exception):
    """An answer came out otherwise than Kafka holds it; `waits_for` is what it now waits for, if it does."""

    def __init__(self, made: Iterable[str], waits_for: str) -> None:
        super().__init__(f"made {', '.join(made)}")
        self.waits_for = waits_for


@dataclass(frozen=True, slots=True)
class _Receipt:
    """A receipt that Kafka holds: where it stands in the lane, and the intake record it answers."""

    position: int
    place: Place
    offset: int


async def readmit(
    site: Site, connection: Connection, unknown: Sequence[Own], calendar: Calendar, heads: Mapping[str, int]
) -> int:
    """Every intake record that Kafka holds an answer to is admitted, held or refused as it was; returns how many.

    Raises RecoveryDiffersError for the first answer that comes out otherwise.
    """
    told = [own for own in unknown if own.lane == LANE]
    again = await _Readmission.begun(site, connection, told, calendar, heads)
    for own in told:
        if own.named[1] not in again.made:
            await again.follow(own)
    return again.taken


class _Readmission:
    """Registration at work again, inside one transaction."""

    def __init__(self, connection: Connection, intake: Intake, heard: SequencedStep[Any], told: Sequence[Own]) -> None:
        self.made: set[str] = set()
        self.taken = 0
        self._connection = connection
        self._intake = intake
        self._heard = heard
        self._told = frozenset(own.named[1] for own in told)
        self._receipts: dict[str, list[_Receipt]] = defaultdict(list)
        for own in told:
            if own.place[0].startswith(RECEIPTS):
                body = orjson.loads(own.value)
                place = (body["topic"], body["partition"])
                self._receipts[own.cause].append(_Receipt(own.position, place, body["offset"]))
        self._answered = {(one.place, one.offset) for of in self._receipts.values() for one in of}
        self._waiting: dict[Place, list[Delivery]] = defaultdict(list)
        self._heads: dict[str, int] = {}

    @classmethod
    async def begun(
        cls, site: Site, connection: Connection, told: Sequence[Own], calendar: Calendar, heads: Mapping[str, int]
    ) -> _Readmission:
        """Both steps are made, their lanes locked, and what waits on their topics read."""
        settings = Settings(postgres_dsn=site.dsn(SERVICE), calendar=calendar, units=tuple(site.units))
        intake = Intake(rules(settings), site.units, site.topic_prefix)
        heard: SequencedStep[Any] = SequencedStep(pipeline(), site.topic_prefix)
        again = cls(connection, intake, heard, told)
        again._heads = {LANE: heads.get(LANE, 0)}
        begins = {**await stands(site, connection, intake), **await stands(site, connection, heard)}
        ends = await ends_of(bootstrap(site), site.topic_prefix, begins)
        async for place, record in records_of(bootstrap(site), site.topic_prefix, begins, ends):
            step = heard if place[0] == PROMOTIONS.name else intake
            again._waiting[place].append(step.reader.read(record))
        return again

    async def follow(self, own: Own) -> None:
        """What gave this record is done again, and gives it."""
        if own.cause.startswith(CALENDAR):
            day = date.fromisoformat(own.cause.removeprefix(CALENDAR))
            await self._intake.open_day(self._connection, day, milliseconds(event_id(own.headers, "ce_recordedtime")))
            await self._count()
        elif (receipt := self._fresh(own)) is not None:
            while self._waiting[receipt.place] and self._waiting[receipt.place][0].offset <= receipt.offset:
                await self._take(receipt.place)
        else:
            await self._release(own)
        if own.named[1] not in self.made:
            raise _differs(own, "was not made again")

    def _fresh(self, own: Own) -> _Receipt | None:
        """The next receipt to the event that caused this record, if it answers a record not yet taken in again."""
        later = [one for one in self._receipts[own.cause] if one.position >= own.position]
        if not later or not (waiting := self._waiting[later[0].place]):
            return None
        return later[0] if later[0].offset >= waiting[0].offset else None

    async def _take(self, place: Place) -> None:
        """The next intake record has its answer, after whatever promotions had told by then."""
        delivery = self._waiting[place].pop(0)
        while True:
            try:
                async with self._connection.transaction():
                    await self._intake.apply(self._connection, [delivery])
                    await move(self._connection, [delivery])
                    await self._expect((place, delivery.offset) in self._answered)
            except _OtherwiseError as error:
                if not await self._hear(error.waits_for):
                    raise RecoveryDiffersError(SERVICE, [f"{place[0]}/{delivery.offset}: {error}"]) from error
            else:
                break
        await self._count()
        self.taken += 1

    async def _release(self, own: Own) -> None:
        """An event held by then is judged again, because promotions had told what it waited for."""
        unit, _, name = own.cause.partition("/")
        waits_for = await self._connection.fetchval(WAITS, unit, name)
        while own.named[1] not in self.made and await self._hear(waits_for or ""):
            await self._intake.apply(self._connection, [], ["woken"])
            await self._count()

    async def _hear(self, waits_for: str) -> bool:
        """Promotions are taken in up to the next answer to what the product's event waits for; False where none is."""
        kind, _, product = waits_for.partition(":")
        if kind not in _AWAITED:
            return False
        place = (PROMOTIONS.name, partition_of(product, PROMOTIONS.partitions))
        waiting = self._waiting[place]
        ends = (
            at
            for at, one in enumerate(waiting)
            if one.key == product.encode() and isinstance(one.event, _AWAITED[kind])
        )
        if (end := next(ends, None)) is None:
            return False
        heard, self._waiting[place] = waiting[: end + 1], waiting[end + 1 :]
        await self._heard.apply(self._connection, heard)
        await move(self._connection, heard)
        return True

    async def _expect(self, answered: bool) -> None:
        """What was made last is what Kafka holds, where it holds the answer at all."""
        rows = await made_since(self._connection, self._heads)
        others = [row for row in rows if event_id(unpack_headers(row["headers"])) not in self._told]
        if answered and others:
            waits = (orjson.loads(row["value"]).get("waits_for") for row in others if row["topic"].startswith(RECEIPTS))
            made = [f"{row['topic']} {event_id(unpack_headers(row['headers']))}" for row in others]
            raise _OtherwiseError(made, next((one for one in waits if one), ""))

    async def _count(self) -> None:
        for row in await made_since(self._connection, self._heads):
            self.made.add(event_id(unpack_headers(row["headers"])))
            self._heads[LANE] = row["position"]


def _differs(own: Own, how: str) -> RecoveryDiffersError:
    what = f"{own.place[0]}/{own.place[1]}/{own.offset} {own.named[1]}"
    return RecoveryDiffersError(SERVICE, [f"{what}: {event_id(own.headers, 'ce_type')} because of {own.cause} {how}"])
