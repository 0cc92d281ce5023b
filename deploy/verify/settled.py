"""What operators did about records that stood still, as far as it changes what a service has taken in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from deploy.provision import SERVICES
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.history import Told, told_by
from deploy.verify.schemas import Row, Schemas
from deploy.verify.topics import Record, attributes
from shared.contracts.envelope import STRUCTURED_CONTENT_TYPE
from shared.contracts.topics import INTERNAL

RowPlace = tuple[str, int, int]
"""Topic, partition, offset."""
Number = tuple[str, str, int]
"""Topic, subject, number."""
_TOPICS = {topic.name: topic for topic in INTERNAL}
_HOW = {"skip": "skipped", "redrive": "redriven", "supersede": "superseded"}


@dataclass
class Settled:
    """By service: records passed over, numbers passed over, and the events that stand in others' places.

    `beyond` holds, for a topic and subject, the number before which missing ones were given up.
    """

    schemas: Schemas
    skipped: set[tuple[str, RowPlace]] = field(default_factory=set)
    passed: set[tuple[str, Number]] = field(default_factory=set)
    instead: dict[tuple[str, RowPlace], Told | None] = field(default_factory=dict)
    beyond: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for service in SERVICES:
            acts = {row["act_id"]: row for row in self.schemas.rows(service, "act") if row["outcome"] == "done"}
            for letter in self.schemas.rows(service, "dead_letter"):
                self._letter(service, letter, acts.get(letter.get("settled_act")))
            for act in acts.values():
                self._hold(service, act)

    def check(self) -> Iterator[Unexplained]:
        """An act that is not carried out yet; a dead letter settled by no act, or by one of another kind."""
        for service in SERVICES:
            acts = {row["act_id"]: row for row in self.schemas.rows(service, "act")}
            for act in acts.values():
                if act["done_at"] is None:
                    yield Unexplained(
                        Kind.NOT_AT_REST, f"{service}.act {act['act_id']}", f"{act['kind']} {act['target']}"
                    )
            for letter in self.schemas.rows(service, "dead_letter"):
                if not _rests_on(letter, acts.get(letter.get("settled_act"), {})):
                    where = f"{service}.dead_letter {letter['dead_letter_id']}"
                    yield Unexplained(Kind.ROW_DIFFERS, where, f"{letter['settled_how']}, and no such act was done")

    def replaced(self, service: str, topic: str, subject: str) -> dict[int, Told]:
        """The events that operators put in the place of others of this subject, by number."""
        found = (told for (one, _), told in self.instead.items() if one == service and told is not None)
        return {told.sequence: told for told in found if (told.record.topic, told.subject) == (topic, subject)}

    def given_up(self, service: str, topic: str, subject: str, number: int) -> bool:
        """True where an operator let the service do without the number, or gave it another event."""
        return number < self.beyond.get((service, topic, subject), 0) or number in self.replaced(
            service, topic, subject
        )

    def _letter(self, service: str, letter: Row, act: Row | None) -> None:
        place = (letter["topic"], letter["part"], letter["topic_offset"])
        if letter.get("settled_how") == "skipped":
            self.skipped.add((service, place))
        elif letter.get("settled_how") == "superseded" and act is not None:
            self.instead[service, place] = _superseding(place, bytes(act["event"]))

    def _hold(self, service: str, act: Row) -> None:
        rest, _, number = str(act["target"]).rpartition("/")
        subject, _, topic = rest.rpartition("/")
        if topic in _TOPICS and number.isdigit():
            if act["kind"] == "refuse":
                self.passed.add((service, (topic, subject, int(number))))
            elif act["kind"] == "release" and act["forced"]:
                self.beyond[service, topic, subject] = int(number)


def _rests_on(letter: Row, act: Row) -> bool:
    """True for a dead letter that is not settled, or as an act that was done asked for."""
    how = letter.get("settled_how")
    return how is None or (act.get("outcome") == "done" and how in ("overtaken", _HOW.get(act["kind"])))


def _superseding(place: RowPlace, event: bytes) -> Told | None:
    """The operator's event at the place of the record it supersedes; None where it is not one of an internal topic."""
    headers = (("content-type", STRUCTURED_CONTENT_TYPE.encode()),)
    named = attributes(headers, event)
    topic = _TOPICS.get(place[0])
    if topic is None:
        return None
    return told_by(Record(*place, 0, named.get("subject", "").encode(), headers, event, named), topic.types)
