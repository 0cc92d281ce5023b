"""A batch as FastStream carries it."""

from __future__ import annotations

from typing import Any

from faststream.kafka.message import KafkaAckableMessage, KafkaMessage


class Batch(KafkaAckableMessage):
    """Tells Kafka of its offsets only where it is to; what failed goes back to its first records all the same."""

    def __init__(self, tells: bool, **fields: Any) -> None:
        super().__init__(**fields)
        self._tells = tells

    async def ack(self) -> None:
        """The batch is done with; Kafka was told, or hears of it with a later one."""
        if self._tells:
            await super().ack()
        else:
            await KafkaMessage.ack(self)
