"""The naive twin of evaluation's sheet step, as a first attempt with FastStream's defaults looks: `python -m …naive`.

One message, one transaction, an awaited publish after it. The same domain code, tables, indexes and events; without
faults it finds the same results. With faults it loses and doubles: that is what the core is for.
"""

from __future__ import annotations

from typing import Any

import asyncpg
import uvloop
from faststream import FastStream
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from services.evaluation import store
from services.evaluation.domain.dossier import State
from services.evaluation.handlers import pipeline
from services.evaluation.settings import Settings
from shared.contracts.envelope import Envelope, milliseconds
from shared.contracts.event import Event
from shared.contracts.topics import SCORES, SHEETS
from shared.kernel.outcomes import Applied
from shared.messaging.fold import announcement
from shared.messaging.pipeline import Pipeline
from shared.rulebooks.loader import load

READ = "SELECT published, state FROM subject WHERE subject = $1 FOR UPDATE"
WRITE = "UPDATE subject SET version = version + 1, published = $2, state = $3 WHERE subject = $1"


class Naive:
    """Handles one message at a time."""

    def __init__(self, pool: asyncpg.Pool, broker: KafkaBroker, prefix: str, evaluation: Pipeline[State]) -> None:
        self._pool = pool
        self._broker = broker
        self._prefix = prefix
        self._pipeline = evaluation
        self._types = SHEETS.types

    async def handle(self, body: dict[str, Any], message: KafkaMessage) -> None:
        """The event's effect is committed, then what follows is published."""
        envelope = _envelope(message.headers)
        event = self._types[envelope.type].model_validate(body, strict=False)
        async with self._pool.acquire() as connection, connection.transaction():
            facts = await self._apply(connection, envelope, event)
        for told, fact in facts:
            headers = {name: value.decode() for name, value in told.headers() if value is not None}
            await self._broker.publish(
                fact.model_dump(mode="json"), self._prefix + SCORES.name, key=told.subject.encode(), headers=headers
            )

    async def _apply(
        self, connection: asyncpg.pool.PoolConnectionProxy, envelope: Envelope, event: Event
    ) -> list[tuple[Envelope, Event]]:
        row = await connection.fetchrow(READ, envelope.subject)
        assert row is not None
        outcome = self._pipeline.decide(store.STATE.validate_json(row["state"]), event, envelope)
        if not isinstance(outcome, Applied):
            raise TypeError(f"{envelope.type} {envelope.id}: {outcome}")
        numbers = range(row["published"] + 1, row["published"] + 1 + len(outcome.facts))
        state = store.STATE.dump_json(outcome.state).decode()
        await connection.execute(WRITE, envelope.subject, row["published"] + len(outcome.facts), state)
        return [
            (announcement(self._pipeline.service, envelope.subject, number, fact, envelope), fact)
            for number, fact in zip(numbers, outcome.facts, strict=True)
        ]


def _envelope(headers: dict[str, str]) -> Envelope:
    return Envelope(
        id=headers["ce_id"],
        source=headers["ce_source"],
        type=headers["ce_type"],
        subject=headers["ce_subject"],
        sequence=int(headers["ce_sequence"]),
        recorded_ms=milliseconds(headers["ce_recordedtime"]),
        correlation_id=headers["ce_correlationid"],
        causation_id=headers["ce_causationid"],
    )


async def run(settings: Settings) -> None:
    """The naive service has run until it was stopped."""
    async with asyncpg.create_pool(
        settings.postgres_dsn, server_settings={"search_path": settings.postgres_schema}
    ) as pool:
        broker = KafkaBroker(settings.bootstrap_servers)
        naive = Naive(pool, broker, settings.topic_prefix, pipeline(load()))
        group = f"naive-{settings.postgres_dsn.rpartition('/')[2]}"
        broker.subscriber(settings.topic_prefix + SHEETS.name, group_id=group, auto_offset_reset="earliest")(
            naive.handle
        )
        await FastStream(broker).run()


if __name__ == "__main__":
    uvloop.run(run(Settings()))
