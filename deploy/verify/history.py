"""The internal topics as one history: each subject's events by number, and what stands outside any order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from deploy.verify.findings import Kind, Unexplained
from deploy.verify.topics import Record, Topics, body
from shared.contracts.dossiers import DOSSIERS as DOSSIER_EVENTS
from shared.contracts.envelope import milliseconds
from shared.contracts.event import Event, newest
from shared.contracts.notices import CONTACTS as CONTACT_EVENTS
from shared.contracts.notices import NOTICES as NOTICE_EVENTS
from shared.contracts.promotions import PROMOTIONS as PROMOTION_EVENTS
from shared.contracts.receipts import DEAD_LETTERS as DEAD_LETTER_EVENTS
from shared.contracts.scores import SCORES as SCORE_EVENTS
from shared.contracts.sheets import SHEETS as SHEET_EVENTS
from shared.contracts.topics import INTERNAL, Topic

RECOMPUTED: Final = frozenset(
    {
        "ProductRegistered",
        "DossierFiled",
        "CommuneAssessed",
        "CouncilSeated",
        "DecisionApproved",
        "CentralEvaluationRequested",
        "ProvincialEvaluationRequested",
        "ResultImported",
        "DayOpened",
        "DossierWithdrawn",
        "SheetSubmitted",
        "SheetSuperseded",
        "MemberRecused",
        "OpinionsSetAside",
        "SessionClosed",
        "CommuneAssessmentConcluded",
        "ProductScored",
        "SessionVoided",
        "CorrectionNoted",
        "StageOpened",
        "DossierReturned",
        "ProductEligible",
        "DossierForwarded",
        "ProductRecognised",
        "DossierEnded",
        "DecisionHeld",
        "TaskOpened",
        "TaskClosed",
        "CertificateEnded",
        "CertificateExtended",
        "CertificateWithdrawn",
        "RenewalReminderDue",
        "SupplementAsked",
        "SupplementEnded",
        "InspectionConcluded",
        "ProductionStopConfirmed",
        "SessionAnnulled",
        "DecisionAnnulled",
        "CorrectionDeferred",
        "CorrectionDismissed",
        "NoticeWritten",
        "NoticeSent",
        "NoticeFailed",
        "ContactSet",
        "DeadLetterRecorded",
        "DeadLetterSettled",
    }
)
"""The events whose grounds and consequences this accounting knows; any other is listed, never passed over."""

_ALL_EVENTS: Final = (
    *DOSSIER_EVENTS,
    *SHEET_EVENTS,
    *SCORE_EVENTS,
    *PROMOTION_EVENTS,
    *NOTICE_EVENTS,
    *CONTACT_EVENTS,
    *DEAD_LETTER_EVENTS,
)
Lane = tuple[str, str]
"""A topic and a subject: within it events are numbered 1, 2, 3, …"""


@dataclass(frozen=True, slots=True)
class Told:
    """A numbered event as its readers see it; `event` is None where its data are not of its declared type."""

    record: Record
    id: str
    type: str
    subject: str
    sequence: int
    recorded_ms: int
    cause: str
    event: Event | None


@dataclass
class History:
    """Every event once, by topic and subject and number; `outside` are records that no reader can put in an order.

    `copies` counts records, `spoken_of` lists each topic's subjects. `broken` are the subjects of which something is
    missing, doubled, unknown or without explanation: what follows from that cannot be judged.
    """

    events: dict[Lane, dict[int, Told]] = field(default_factory=lambda: defaultdict(dict))
    outside: list[Record] = field(default_factory=list)
    copies: Counter[Lane] = field(default_factory=Counter)
    broken: set[str] = field(default_factory=set)
    spoken_of: dict[str, list[str]] = field(default_factory=dict)

    def of(self, topic: Topic, subject: str) -> Sequence[Told]:
        """The subject's events on one topic, in sequence."""
        numbered = self.events.get((topic.name, subject), {})
        return [numbered[number] for number in sorted(numbered)]

    def on(self, topic: Topic) -> Iterator[Told]:
        """Every event of one topic, by subject and number."""
        for subject in self.subjects(topic):
            yield from self.of(topic, subject)

    def subjects(self, topic: Topic) -> list[str]:
        """Every subject that the topic speaks of."""
        return self.spoken_of.get(topic.name, [])

    def last(self, lane: Lane) -> int:
        """The highest number on the topic; 0 where there is none."""
        return max(self.events.get(lane, {}), default=0)


def read_history(topics: Topics) -> tuple[History, list[Unexplained]]:
    """The history, and what two events under one number or a type unknown here leave unexplained."""
    history, found = History(), list[Unexplained]()
    for topic in INTERNAL:
        types = topic.types
        for record in topics.records.get(topic.name, ()):
            told = told_by(record, types)
            if told is None:
                history.outside.append(record)
            else:
                found += _taken(history, told)
        history.spoken_of[topic.name] = sorted(subject for name, subject in history.events if name == topic.name)
    return history, found


def _taken(history: History, told: Told) -> Iterator[Unexplained]:
    numbered = history.events[told.record.topic, told.subject]
    known = numbered.setdefault(told.sequence, told)
    history.copies[told.record.topic, told.subject] += 1
    if known is told:
        yield from _unknown(history, told)
    elif (known.id, known.record.value) != (told.id, told.record.value):
        history.broken.add(told.subject)
        words = f"number {told.sequence} of {told.subject} is {known.id} at offset {known.record.offset}, and {told.id}"
        yield Unexplained(Kind.SEQUENCE_CONFLICT, told.record.where, words)


def _unknown(history: History, told: Told) -> Iterator[Unexplained]:
    if told.event is None:
        history.broken.add(told.subject)
    elif type(told.event) not in _ALL_EVENTS or type(told.event).__name__ not in RECOMPUTED:
        history.broken.add(told.subject)
        yield Unexplained(Kind.TYPE_UNKNOWN, told.record.where, f"{told.type} of {told.subject}")


def told_by(record: Record, types: Mapping[str, type[Event]]) -> Told | None:
    """The record as a numbered event; None for one without id, type, subject, number or time, or under another key."""
    named = record.named
    try:
        subject, number, known_since = named["subject"], int(named["sequence"]), milliseconds(named["recordedtime"])
        if record.key != subject.encode() or number < 1 or not record.value:
            return None
        return Told(
            record=record,
            id=named["id"],
            type=named["type"],
            subject=subject,
            sequence=number,
            recorded_ms=known_since,
            cause=named.get("causationid", ""),
            event=_event(types.get(named["type"]), body(record)),
        )
    except (KeyError, ValueError):
        return None


def _event(model: type[Event] | None, value: bytes) -> Event | None:
    try:
        return None if model is None else newest(model.model_validate_json(value))
    except (ValidationError, RecursionError):
        return None
