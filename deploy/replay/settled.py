"""What operators and faults did to records: the log does not tell it, so it is taken from the live schema."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import asyncpg
import orjson

from deploy.replay.given import passed_over
from deploy.replay.state import SQL
from shared.contracts.envelope import Envelope
from shared.kernel.outcomes import DeadLettered
from shared.kernel.reasons import Reason
from shared.messaging.acts import Letter, letter_from
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.fold import GIVEN_UP

Record = tuple[str, int, int]
"""Topic, partition and offset."""
Numbered = tuple[str, str, int]
"""Subject, topic and sequence."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A dead letter, why it is one, and the event of the act that superseded it."""

    letter: Letter
    reason: str
    superseding: bytes | None


@dataclass(frozen=True, slots=True)
class Settled:
    """Dead letters by their record, held records that were refused, and those let go on without what was missing."""

    letters: Mapping[Record, Mark]
    refused: frozenset[Numbered]
    released: frozenset[Numbered]

    def take(self, records: Iterable[Delivery], reader: Reader) -> Iterator[Delivery]:
        """The records, in order, as they were taken in the end."""
        seen: dict[tuple[str, str], int] = defaultdict(int)
        for record in records:
            mark = self.letters.get((record.topic, record.partition, record.offset))
            delivery = record if mark is None else _marked(record, mark, reader)
            if delivery is None:
                continue
            if (envelope := delivery.envelope) is not None:
                yield from self._given_up(delivery, envelope, seen)
                if (envelope.subject, delivery.topic, envelope.sequence) in self.refused:
                    delivery = passed_over(delivery)
            yield delivery

    def _given_up(self, delivery: Delivery, envelope: Envelope, seen: dict[tuple[str, str], int]) -> Iterator[Delivery]:
        """The numbers before this one that never came, where an operator let it go on without them."""
        about = (envelope.subject, delivery.topic)
        if (*about, envelope.sequence) in self.released:
            for number in range(seen[about] + 1, envelope.sequence):
                yield passed_over(replace(delivery, envelope=replace(envelope, id=GIVEN_UP, sequence=number)))
        seen[about] = max(seen[about], envelope.sequence)


async def read_settled(connection: asyncpg.Connection) -> Settled:
    """What the schema knows of dead letters and of acts."""
    letters = {}
    for row in await connection.fetch(SQL["letters"]):
        place = (row["topic"], row["part"], row["topic_offset"])
        letters[place] = Mark(letter_from(row), row["reason"], row["event"])
    acts: dict[str, set[Numbered]] = defaultdict(set)
    for row in await connection.fetch(SQL["acts_on_holds"]):
        acts[row["kind"]].add(_place(row["target"]))
    return Settled(letters, frozenset(acts["refuse"]), frozenset(acts["release"]))


def _marked(record: Delivery, mark: Mark, reader: Reader) -> Delivery | None:
    """The record as its dead letter was settled; None where it was to have no effect."""
    match mark.letter.settled_how:
        case None:
            return replace(record, event=None, fault=DeadLettered(mark.reason))
        case "redriven":
            return record
        case "superseded" if mark.superseding is not None:
            key = str(orjson.loads(mark.superseding)["subject"]).encode()
            return reader.again(mark.letter.superseded_by(mark.superseding, key))
        case "skipped" if record.envelope is not None and mark.reason != Reason.KEY_DIFFERS:
            return passed_over(record)
        case _:
            return None


def _place(target: str) -> Numbered:
    rest, _, sequence = target.rpartition("/")
    subject, _, topic = rest.rpartition("/")
    return subject, topic, int(sequence)
