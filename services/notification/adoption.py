"""What became of notices is taken from their own log, where a replay delivers nothing."""

from __future__ import annotations

from collections.abc import Sequence

from services.notification.domain.notices import State
from services.notification.store import QUERIES
from shared.contracts.notices import NoticeFailed, NoticeSent
from shared.messaging.delivery import Delivery
from shared.messaging.pipeline import Connection
from shared.messaging.step import SequencedStep


async def adopt(connection: Connection, step: SequencedStep[State], told: Sequence[Delivery]) -> None:
    """Each event that notification once told by itself has its number again, and its delivery has that end.

    `told` is of `ocop.notices.v1`, each subject's in order, and next to what the subject has announced so far.
    """
    items = [
        (d.envelope.subject, d.partition, d.event, d.envelope.recorded_ms, d.envelope.traceparent)
        for d in told
        if d.envelope and d.event
    ]
    await step.announce_again(connection, items)
    ends = [_end(d.event) for d in told if isinstance(d.event, NoticeSent | NoticeFailed)]
    if ends:
        await connection.execute(QUERIES["adopt_ends"], *map(list, zip(*ends, strict=True)))


def _end(event: NoticeSent | NoticeFailed) -> tuple[object, ...]:
    if isinstance(event, NoticeSent):
        return event.notice_id, "sent", event.attempts, event.message_id, event.sent_at, None
    return event.notice_id, "failed", event.attempts, None, None, event.cause
