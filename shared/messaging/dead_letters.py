"""Records that could not be applied: the bytes stay here, the bus hears id, reason and hash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from asyncpg.pool import PoolConnectionProxy

from shared.contracts.envelope import Envelope
from shared.contracts.receipts import DeadLetterRecorded
from shared.contracts.topics import DEAD_LETTERS
from shared.kernel.ids import derived_id
from shared.kernel.partitions import partition_of
from shared.messaging.fold import Dead, announcement
from shared.messaging.outbox import SQL, Outgoing, pack_headers

DETAIL_CHARACTERS_MAX = 2_000


async def keep(
    connection: PoolConnectionProxy, service: str, dead: Sequence[Dead], lane_of: Callable[[Dead], str]
) -> list[Outgoing]:
    """The dead letters are kept with their bytes; returns what the bus is to be told of them, each on its lane.

    One that was redriven and failed again keeps its id, and says why it failed this time.
    """
    rows, told = [], []
    for letter in dead:
        event = _recorded(service, letter)
        rows.append(_row(event, letter))
        told.append(_told(service, lane_of(letter), event, letter))
    if rows:
        await connection.executemany(SQL["keep_dead_letter"], rows)
    return told


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


def _told(service: str, lane: str, event: DeadLetterRecorded, letter: Dead) -> Outgoing:
    name = str(event.dead_letter_id)
    cause = letter.delivery.envelope or Envelope(
        f"{event.topic}/{event.partition}/{event.offset}", "", "", name, 0, max(letter.delivery.timestamp_ms, 0)
    )
    envelope = announcement(service, name, 1, event, cause)
    return Outgoing(lane, DEAD_LETTERS, partition_of(name, DEAD_LETTERS.partitions), name, envelope, event)
