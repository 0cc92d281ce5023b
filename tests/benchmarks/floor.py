"""The floor: what Kafka, PostgreSQL and Python cost when nothing is decided. Raw `getmany`, one `COPY` a batch.

`python -m tests.benchmarks.floor raw|decoded PROCESSES`: each process takes its share of the partitions. Decoded reads
every record as the services do.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from services.evaluation.settings import Settings
from shared.contracts.topics import SHEETS
from shared.kernel.clock import monotonic
from shared.messaging.consumer import BATCH_RECORDS_MAX, BATCH_WAIT_MS_MAX, FETCH_BYTES_MAX
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.runtime import calm_collector
from shared.postgres.pool import open_pool

TABLE = "floor"
DONE = "done"
CREATE = f"CREATE TABLE {TABLE} (part integer, topic_offset bigint, event_id text, key bytea, value bytea)"
_COLUMNS = ("part", "topic_offset", "event_id", "key", "value")
Row = tuple[int, int, str | None, bytes | None, bytes | None]


async def run(settings: Settings, processes: int, *, decoded: bool) -> None:
    """Every record of this process's partitions stands in the table; the moment is told, and then it waits."""
    reader = Reader((SHEETS,), settings.topic_prefix, sequenced=True)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, auto_offset_reset="earliest", fetch_max_bytes=FETCH_BYTES_MAX
    )
    parts = range(int(settings.replica), SHEETS.partitions, processes)
    mine = [TopicPartition(settings.topic_prefix + SHEETS.name, part) for part in parts]
    async with await open_pool(settings.postgres_dsn, settings.postgres_schema, TABLE) as pool:
        await consumer.start()
        consumer.assign(mine)
        calm_collector()
        missing = sum((await consumer.end_offsets(mine)).values())
        while missing:
            found = await consumer.getmany(timeout_ms=BATCH_WAIT_MS_MAX, max_records=BATCH_RECORDS_MAX)
            records = [record for of_partition in found.values() for record in of_partition]
            if records:
                rows = _decoded([reader.read(record) for record in records]) if decoded else _raw(records)
                await _copy(pool, rows)
                missing -= len(records)
        sys.stdout.write(f"{DONE} {monotonic()}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


async def _copy(pool: asyncpg.Pool, rows: Sequence[Row]) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.copy_records_to_table(TABLE, records=rows, columns=_COLUMNS)


def _raw(records: Sequence[ConsumerRecord]) -> list[Row]:
    return [(record.partition, record.offset, None, record.key, record.value) for record in records]


def _decoded(deliveries: Sequence[Delivery]) -> list[Row]:
    return [
        (each.partition, each.offset, each.envelope.id if each.envelope else None, each.key, each.value)
        for each in deliveries
    ]


if __name__ == "__main__":
    uvloop.run(run(Settings(), int(sys.argv[2]), decoded=sys.argv[1] == "decoded"))
