"""Every intake record: answered once, recorded once, and followed by what an admission brings and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from deploy.provision import Site
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.flow import Flow
from deploy.verify.schemas import Row
from deploy.verify.topics import Record
from shared.contracts.dossiers import CouncilSeated, ResultImported
from shared.contracts.receipts import DeadLetterRecorded, ReceiptGiven
from shared.contracts.topics import DEAD_LETTERS, DOSSIERS, intake_topic, receipts_topic

_OPEN: Final = frozenset({"held", "dead_lettered"})
"""Answers that a later one may follow: a release, a refusal, a repair."""
RowPlace = tuple[str, int, int]


@dataclass
class Intake:
    """Answers and journal rows by the place of the record they are about; `seats` are the dossiers of each session.

    A record that was unreadable and then superseded has two rows; the one under its id is the one that holds.
    """

    flow: Flow
    answers: dict[RowPlace, list[ReceiptGiven]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[RowPlace, Row] = field(init=False)
    records: dict[RowPlace, Record] = field(init=False)
    told_dead: set[RowPlace] = field(init=False)
    seats: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    _receipts: dict[RowPlace, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        journal = self.flow.schemas.rows("registration", "journal")
        named = sorted(journal, key=lambda row: not row["event_id"].startswith("@"))
        self.rows = {(row["topic"], row["partition"], row["topic_offset"]): row for row in named}
        arrived = (records for topic, records in self.flow.topics.records.items() if topic.startswith("ocop.intake."))
        self.records = {(one.topic, one.part, one.offset): one for records in arrived for one in records}
        calls = (told.event for told in self.flow.history.on(DOSSIERS))
        for call in calls:
            if isinstance(call, CouncilSeated | ResultImported):
                self.seats[call.session_id].add(call.dossier_id)
        letters = (told.event for told in self.flow.history.on(DEAD_LETTERS))
        self.told_dead = {(e.topic, e.partition, e.offset) for e in letters if isinstance(e, DeadLetterRecorded)}

    def check(self, site: Site) -> Iterator[Unexplained]:
        """Whatever was not answered, not recorded, answered twice, or answered otherwise than recorded."""
        for unit in site.units:
            yield from self._receipts_of(unit)
            records = self.flow.topics.records.get(intake_topic(unit).name, ())
            seen: set[str] = set()
            for record in records:
                yield from self._record(unit, record, seen)
                seen.add(record.named.get("id", ""))
            yield from self._unfounded(unit)

    def _receipts_of(self, unit: str) -> Iterator[Unexplained]:
        known: set[str] = set()
        for record in self.flow.topics.records.get(receipts_topic(unit).name, ()):
            name = record.named.get("id", "")
            if name in known:
                continue
            known.add(name)
            try:
                given = ReceiptGiven.model_validate_json(record.value or b"")
            except ValidationError:
                yield Unexplained(Kind.RECORD_UNREADABLE, record.where, "not a receipt")
                continue
            place = (given.topic, given.partition, given.offset)
            self.answers[place].append(given)
            self._receipts[place] = record

    def _record(self, unit: str, record: Record, seen: set[str]) -> Iterator[Unexplained]:
        place = (record.topic, record.part, record.offset)
        answers, row = self.answers.get(place, []), self.rows.get(place)
        name = record.named.get("id", "")
        if record.offset >= self.flow.stands["registration"].get((record.topic, record.part), 0):
            return
        if not answers:
            if self.flow.topics.beginnings.get((receipts_topic(unit).name, 0), 0) == 0:
                yield Unexplained(Kind.INTAKE_UNANSWERED, record.where, f"event {name or 'without id'} of {unit}")
        elif any(answer.status not in _OPEN for answer in answers[:-1]):
            words = f"event {name} was answered {', then '.join(answer.status for answer in answers)}"
            yield Unexplained(Kind.ANSWER_DIFFERS, record.where, words)
        if row is not None:
            yield from self._recorded(row, answers, place)
        elif answers and not (_is_repeat(answers[0]) and self._came_before(unit, name, record, seen)):
            yield Unexplained(Kind.INTAKE_UNRECORDED, record.where, f"event {name} of {unit}: {answers[0].status}")

    def _recorded(self, row: Row, answers: Sequence[ReceiptGiven], place: RowPlace) -> Iterator[Unexplained]:
        where = f"registration.journal {row['unit']} {row['event_id']}"
        if answers and (row["status"], row["code"]) != (answers[-1].status, answers[-1].code):
            words = f"journal {row['status']} {row['code']}, receipt {answers[-1].status} {answers[-1].code}"
            yield Unexplained(Kind.ANSWER_DIFFERS, where, words)
        if row["status"] == "dead_lettered" and place not in self.flow.dead["registration"] | self.told_dead:
            at = "/".join(map(str, place))
            yield Unexplained(Kind.DEAD_LETTER_MISSING, f"registration.dead_letter {at}", f"event {row['event_id']}")
        if row["woken"]:
            yield Unexplained(Kind.NOT_AT_REST, where, "to be judged again")

    def _came_before(self, unit: str, name: str, record: Record, seen: set[str]) -> bool:
        """True where the id, or another record that could not be read, stands before it."""
        if name:
            return name in seen or any((row["unit"], row["event_id"]) == (unit, name) for row in self.rows.values())
        return any(
            row["unit"] == unit and row["status"] == "dead_lettered" and row["topic_offset"] < record.offset
            for row in self.rows.values()
        )

    def _unfounded(self, unit: str) -> Iterator[Unexplained]:
        topic = intake_topic(unit).name
        begins = self.flow.topics.beginnings.get((topic, 0), 0)
        for place, row in self.rows.items():
            if place[0] == topic and place[2] >= begins and place not in self.records:
                where = f"registration.journal {row['unit']} {row['event_id']}"
                yield Unexplained(Kind.ANSWER_UNFOUNDED, where, "/".join(map(str, place)))
        for place in self.answers:
            if place[0] == topic and place[2] >= begins and place not in self.records and place not in self.rows:
                yield Unexplained(Kind.ANSWER_UNFOUNDED, self._receipts[place].where, "/".join(map(str, place)))


def _is_repeat(answer: ReceiptGiven) -> bool:
    """True for an answer that leaves no row of its own: the same event again, or other content under a used id."""
    return answer.status in {"duplicate", "dead_lettered"} or answer.code == "event-id-reused"
