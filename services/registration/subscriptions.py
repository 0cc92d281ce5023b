"""What registration listens to."""

from __future__ import annotations

from faststream.kafka import KafkaBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber

from shared.messaging.consumer import Consumer
from shared.messaging.delivery import Delivery


def subscribe(broker: KafkaBroker, intake: Consumer, promotions: Consumer) -> None:
    """Every unit's intake and all promotions reach registration, each record once."""
    intake_subscriber: BatchSubscriber = broker.subscriber(*intake.topics(), **intake.options())
    intake.kafka = lambda: intake_subscriber.consumer
    promotions_subscriber: BatchSubscriber = broker.subscriber(*promotions.topics(), **promotions.options())
    promotions.kafka = lambda: promotions_subscriber.consumer

    @intake_subscriber
    async def events(deliveries: list[Delivery]) -> None:
        await intake.apply(deliveries)

    @promotions_subscriber
    async def products(deliveries: list[Delivery]) -> None:
        await promotions.apply(deliveries)
