"""What evaluation listens to."""

from __future__ import annotations

from faststream.kafka import KafkaBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber

from shared.messaging.consumer import Consumer
from shared.messaging.delivery import Delivery


def subscribe(broker: KafkaBroker, consumer: Consumer) -> None:
    """Dossiers, sheets and promotions reach evaluation, each product's in order, each once."""
    subscriber: BatchSubscriber = broker.subscriber(*consumer.topics(), **consumer.options())
    consumer.kafka = lambda: subscriber.consumer

    @subscriber
    async def products(deliveries: list[Delivery]) -> None:
        await consumer.apply(deliveries)
