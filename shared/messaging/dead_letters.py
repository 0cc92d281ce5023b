"""Records that could not be applied: the bytes stay here, the bus hears id, reason and hash, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from asyncpg.pool import PoolConnectionProxy

from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.receipts import DeadLetterRecorded, DeadLetterSettled, How
from shared.contracts.topics import DEAD_LETTERS
from shared.kernel.ids import derived_id
from shared.kernel.partitions import partition_of
from shared.messaging.acts import SQL as ACTS
from shared.messaging.acts import Act, Letter
from shared.messaging.fold import Dead, announcement
from shared.messaging.outbox import SQL, Outgoing, pack_headers

DETAIL_CHARACTERS_MAX = 2_000


async def keep(
    connection: PoolConnectionProxy, service: str, dead: Sequence[Dead], lane_of: Callable[[Dead], str]
) -> list[Outgoing]:
    """The dead letters are kept with their bytes; returns what the bus is to be told of them, each on its lane.

    One that was redriven and failed again keeps its id, and says why it failed this time.
    """
    told = []
    for letter in dead:
        event = _recorded(service, letter)
        number = await connection.fetchval(SQL["keep_dead_letter"], *_row(event, letter))
        told.append(_told(service, lane_of(letter), event, letter, number))
    return told


async def settle(
    connection: PoolConnectionProxy, service: str, lane: str, letter: Letter, act: Act, how: How
) -> Outgoing:
    """The dead letter is settled by the act; returns what the bus is to be told of it."""
    event = DeadLetterSettled(
        dead_letter_id=letter.dead_letter_id, service=service, how=how, by=act.asked_by, act_id=act.act_id
    )
    name = str(letter.dead_letter_id)
    number = await connection.fetchval(ACTS["settle_letter"], letter.dead_letter_id, how, act.act_id)
    cause = Envelope(str(act.act_id), "", "", name, 0, int(act.asked_at.timestamp() * 1000))
    return _outgoing(lane, name, announcement(service, name, number, event, cause), event)


def _recorded(service: str, letter: Dead) -> DeadLetterRecorded:
    delivery = letter.delivery
    value = delivery.value or b""
    place = (delivery.topic, str(delivery.partition), str(delivery.offset))
    return DeadLetterRecorded(
        dead_letter_id=derived_id(max(delivery.timestamp_ms, 0), service, *place),
        service=service,
        topic=delivery.topic,
        partition=delivery.partition,
        offset=delivery.offset,
        about=delivery.envelope.subject or None if delivery.envelope else None,
        reason=letter.fault.reason,
        sha256=sha256(value).hexdigest(),
        size_bytes=len(value),
    )


def _row(event: DeadLetterRecorded, letter: Dead) -> tuple[object, ...]:
    delivery = letter.delivery
    return (
        event.dead_letter_id,
        event.topic,
        event.partition,
        event.offset,
        event.about,
        delivery.envelope.sequence if delivery.envelope else None,
        str(event.reason),
        letter.fault.detail[:DETAIL_CHARACTERS_MAX].replace("\x00", ""),
        delivery.key,
        pack_headers(delivery.headers),
        delivery.value,
        event.sha256,
    )


def _told(service: str, lane: str, event: DeadLetterRecorded, letter: Dead, number: int) -> Outgoing:
    name = str(event.dead_letter_id)
    cause = letter.delivery.envelope or Envelope(
        f"{event.topic}/{event.partition}/{event.offset}", "", "", name, 0, max(letter.delivery.timestamp_ms, 0)
    )
    return _outgoing(lane, name, announcement(service, name, number, event, cause), event)


def _outgoing(lane: str, name: str, envelope: Envelope, event: Event) -> Outgoing:
    return Outgoing(lane, DEAD_LETTERS, partition_of(name, DEAD_LETTERS.partitions), name, envelope, event)
