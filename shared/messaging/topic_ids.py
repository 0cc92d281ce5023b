"""What Kafka says of its topics beside their records: each one's UUID and how many partitions it has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

DESCRIBE_SECONDS_MAX = 10.0
_ABSENT = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)  # noqa: SLF001  # the client's own code for it


@dataclass(frozen=True, slots=True)
class Described:
    """A topic as it is. `topic_id` is its UUID as Kafka's tools show it; a topic made anew has another."""

    topic_id: str
    partitions: int


def describe(bootstrap: Sequence[str], names: Collection[str]) -> Mapping[str, Described]:
    """Those of the topics that exist; raises ConnectionError where no broker answers. Blocks.

    Asked with a client of its own each time: one that has learnt that a topic is unknown keeps that for a while.
    """
    admin = AdminClient({"bootstrap.servers": ",".join(bootstrap), "log_level": 0})
    found: dict[str, Described] = {}
    answers = admin.describe_topics(TopicCollection(list(names)), request_timeout=DESCRIBE_SECONDS_MAX)
    for name, answer in answers.items():
        try:
            topic = answer.result()
        except KafkaException as error:
            if error.args[0].code() not in _ABSENT:
                raise ConnectionError(f"topics cannot be described: {error}") from error
        else:
            found[name] = Described(str(topic.topic_id), len(topic.partitions))
    return found


def members(bootstrap: Sequence[str], group: str) -> int:
    """How many members the consumer group has; raises ConnectionError where no broker answers. Blocks."""
    admin = AdminClient({"bootstrap.servers": ",".join(bootstrap), "log_level": 0})
    answers = admin.describe_consumer_groups([group], request_timeout=DESCRIBE_SECONDS_MAX)
    try:
        return len(answers[group].result().members)
    except KafkaException as error:
        raise ConnectionError(f"the group cannot be described: {error}") from error
