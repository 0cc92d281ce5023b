"""Evaluation and promotion closed in a loop, in memory, on the core's own fold, their streams interleaved at will."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import Topic
from shared.messaging.delivery import Delivery
from shared.messaging.fold import Fold
from shared.messaging.pipeline import Pipeline

State = TypeVar("State")
Log = list[tuple[Envelope, Event]]
Choose = Callable[[Sequence[tuple[str, str]]], tuple[str, str]]

RECORDED_MS = 1_780_000_000_000


def admitted(topic: Topic, subject: str, events: Sequence[Event]) -> Log:
    """The events as registration would have numbered them on a topic."""
    return [
        (
            Envelope(
                id=str(UUID(int=sum(map(ord, topic.name)) * 1000 + place)),
                source="/services/registration",
                type=event.type_name(),
                subject=subject,
                sequence=place,
                recorded_ms=RECORDED_MS + place,
            ),
            event,
        )
        for place, event in enumerate(events, start=1)
    ]


@dataclass
class Replica(Generic[State]):
    """One service that has read each of its topics up to a place."""

    pipeline: Pipeline[State]
    subject: str
    read: dict[str, int] = field(default_factory=dict)
    fold: Fold[State] = field(init=False)

    def __post_init__(self) -> None:
        self.fold = Fold(self.pipeline, {})

    def take(self, topic: str, envelope: Envelope, event: Event) -> None:
        """The record was delivered; the state has been to the database and back."""
        self.fold.take(Delivery(topic, 0, 0, 0, None, (), None, envelope, event))
        assert not self.fold.dead, self.fold.dead
        subject = self.fold.subjects[self.subject]
        stored = self.pipeline.state.validate_json(self.pipeline.state.dump_json(subject.state))
        assert stored == subject.state
        subject.state = stored

    @property
    def state(self) -> State:
        return self.fold.subjects[self.subject].state

    @property
    def announced(self) -> Log:
        subject = self.fold.subjects.get(self.subject)
        return subject.announced if subject is not None else []

    @property
    def waiting(self) -> list[str]:
        return [record.reason for record in self.fold.subjects[self.subject].held.values()]


def run(pipelines: Sequence[Pipeline[Any]], logs: dict[str, Log], choose: Choose, times: int = 1) -> list[Replica[Any]]:
    """Every record of every topic was delivered `times` times to every reader, in the order of the streams' choosing.

    `logs` holds the admitted topics and, in a replay, those the services wrote; a topic that is not in it is fed by
    the service that writes it. A stream is (service, topic).
    """
    subject = next(iter(logs.values()))[0][0].subject
    replicas = {pipeline.service: Replica(pipeline, subject) for pipeline in pipelines}

    def log(topic: str) -> Log:
        if topic in logs:
            return logs[topic]
        return next(
            replica.announced
            for replica in replicas.values()
            if replica.pipeline.output and replica.pipeline.output.name == topic
        )

    streams = [(name, topic.name) for name, replica in replicas.items() for topic in replica.pipeline.inputs]
    while ready := [
        (name, topic) for name, topic in streams if replicas[name].read.get(topic, 0) < len(log(topic)) * times
    ]:
        name, topic = choose(ready)
        replica = replicas[name]
        place = replica.read.get(topic, 0)
        replica.read[topic] = place + 1
        replica.take(topic, *log(topic)[place // times])
    return list(replicas.values())
