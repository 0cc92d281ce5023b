"""Every event of every internal topic: numbered without a gap, in its owner's outbox, applied by each reader once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from deploy.provision import SERVICES, Site
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.history import History, Lane, Told
from deploy.verify.schemas import Row, Schemas
from deploy.verify.settled import RowPlace, Settled
from deploy.verify.topics import Place, Topics, declared
from shared.contracts.topics import (
    CONTACTS,
    DEAD_LETTERS,
    DOSSIERS,
    INTERNAL,
    NOTICES,
    PROMOTIONS,
    SCORES,
    SHEETS,
    Topic,
)

OUTPUTS: Mapping[str, Topic] = MappingProxyType({topic.owner: topic for topic in (SCORES, PROMOTIONS, NOTICES)})
"""What the services behind registration announce on."""
LATEST = frozenset({CONTACTS.name})


@dataclass
class Flow:
    """The witnesses of what was published and taken in; built once, asked by each check."""

    topics: Topics
    history: History
    schemas: Schemas
    readers: Mapping[str, tuple[str, ...]] = field(init=False)
    published: dict[Lane, tuple[int, str]] = field(init=False)
    positions: dict[str, dict[Lane, tuple[int, str]]] = field(init=False)
    held: dict[str, dict[tuple[str, str, int], Row]] = field(init=False)
    dead: dict[str, set[RowPlace]] = field(init=False)
    stands: dict[str, dict[Place, int]] = field(init=False)
    settled: Settled = field(init=False)
    missing: dict[Lane, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.readers = {topic.name: tuple(sorted(topic.readers)) for topic in INTERNAL}
        self.settled = Settled(self.schemas)
        self.published = dict(_published(self.schemas))
        self.positions = {service: dict(_positions(self.schemas, service)) for service in SERVICES}
        self.held = {
            service: {(r["topic"], r["subject"], r["sequence"]): r for r in self.schemas.rows(service, "held")}
            for service in SERVICES
        }
        self.dead = {
            service: {(r["topic"], r["part"], r["topic_offset"]) for r in self.schemas.rows(service, "dead_letter")}
            for service in SERVICES
        }
        self.stands = {
            service: {(r["topic"], r["part"]): r["next_offset"] for r in self.schemas.rows(service, "watermark")}
            for service in SERVICES
        }
        self.missing = {lane: found for lane in self._lanes() if (found := self._missing(lane))}
        self.history.broken |= {subject for _, subject in self.missing}

    def check(self, site: Site) -> Iterator[Unexplained]:
        """Whatever is not published, sent, read and applied as it should be."""
        for (topic, subject), numbers in sorted(self.missing.items()):
            for number in numbers:
                yield Unexplained(Kind.RECORD_MISSING, f"{topic} {subject} {number}", "no such number on the topic")
        yield from self._watermarks(site)
        for service in SERVICES:
            yield from self._applied(service)
            yield from self._holds(service)
        yield from self._numbers_published()
        yield from self._outside()
        yield from self.settled.check()

    def _lanes(self) -> set[Lane]:
        found = set(self.history.events) | set(self.published)
        return found.union(*self.positions.values())

    def last(self, lane: Lane) -> int:
        """The highest number that there must have been."""
        return max(self.history.last(lane), max(self.missing.get(lane, ()), default=0))

    def _missing(self, lane: Lane) -> list[int]:
        """The numbers that two witnesses name, or a later number implies, and that are not on the topic."""
        if lane[0] in LATEST or lane[0] not in self.readers:
            return []
        numbers = self.history.events.get(lane, {})
        told = [self.published[lane][0]] if lane in self.published else []
        told += [self.positions[service].get(lane, (0, ""))[0] for service in self.readers[lane[0]]]
        agreed = sorted(told, reverse=True)[1] if len(told) > 1 else 0
        return [
            number
            for number in range(1, max(agreed, self.history.last(lane)) + 1)
            if number not in numbers
            and not all(self.settled.given_up(service, *lane, number) for service in self.readers[lane[0]])
        ]

    def taken(self, service: str, topic: Topic, subject: str) -> list[Told]:
        """What the service has read of the subject up to a dead letter that blocks it, without what was skipped."""
        number = self.positions[service].get((topic.name, subject), (0, ""))[0]
        found: list[Told] = []
        instead = self.settled.replaced(service, topic.name, subject)
        numbered = {**self.history.events.get((topic.name, subject), {}), **instead}
        for told in (numbered[one] for one in sorted(numbered)):
            record = told.record
            place = (record.topic, record.part, record.offset)
            dead = place in self.dead[service]
            unread = told.sequence > number and record.offset >= self.stands[service].get((topic.name, record.part), 0)
            if unread or (dead and told.sequence > number):
                break
            passed = (service, (topic.name, subject, told.sequence)) in self.settled.passed
            if not passed and (service, place) not in self.settled.skipped:
                found.append(told)
        return found

    def _watermarks(self, site: Site) -> Iterator[Unexplained]:
        lasts = {(record.topic, record.part): record.offset for each in self.topics.records.values() for record in each}
        for topic in declared(site):
            for service in sorted(topic.readers & set(SERVICES)):
                for part in range(topic.partitions):
                    place = (topic.name, part)
                    at, last = self.stands[service].get(place, 0), lasts.get(place, -1)
                    where = f"{service}.watermark {topic.name}/{part}"
                    if at <= last:
                        words = f"reads on at offset {at}, the topic's last record is {last}"
                        yield Unexplained(Kind.NOT_AT_REST, where, words)
                    elif at > self.topics.ends.get(place, 0):
                        words = f"reads on at offset {at}, the topic ends at {self.topics.ends.get(place, 0)}"
                        yield Unexplained(Kind.WATERMARK_BEYOND, where, words)

    def _applied(self, service: str) -> Iterator[Unexplained]:
        known = self.schemas.subjects(service)
        told: set[str] = set()
        for topic in INTERNAL:
            if service not in topic.readers:
                continue
            for subject in self.history.subjects(topic):
                if (topic.name, subject) in self.missing:
                    continue
                if subject not in known and not self._waits(service, topic, subject):
                    if subject not in told:
                        told.add(subject)
                        yield Unexplained(Kind.SUBJECT_MISSING, f"{service}.subject {subject}", f"{topic.name} has it")
                elif subject in known:
                    yield from self._subject_applied(service, topic, subject)

    def _subject_applied(self, service: str, topic: Topic, subject: str) -> Iterator[Unexplained]:
        lane = (topic.name, subject)
        number, event_id = self.positions[service].get(lane, (0, ""))
        where, last = f"{service}.subject {subject}", self.last(lane)
        at = self.history.events[lane].get(number)
        if number > last:
            words = f"says {topic.name} {number} of {last}"
            yield Unexplained(Kind.POSITION_DIFFERS, where, words)
        elif at is not None and event_id not in (at.id, "") and subject not in self.history.broken:
            yield Unexplained(Kind.POSITION_DIFFERS, where, f"says {topic.name} {number} is {event_id}, it is {at.id}")
        later = [told for told in self.history.of(topic, subject) if told.sequence > number]
        for told in later[-1:] if topic.name in LATEST else later:
            if not self._accounted(service, told):
                words = f"{service} stands at {number} of {subject}, this is {told.sequence}"
                yield Unexplained(Kind.NOT_APPLIED, told.record.where, words)

    def _waits(self, service: str, topic: Topic, subject: str) -> bool:
        """True where all that the service has of the subject is held, dead or not yet read."""
        return all(self._accounted(service, told) for told in self.history.of(topic, subject))

    def _accounted(self, service: str, told: Told) -> bool:
        record = told.record
        return (
            (record.topic, told.subject, told.sequence) in self.held[service]
            or (record.topic, record.part, record.offset) in self.dead[service]
            or record.offset >= self.stands[service].get((record.topic, record.part), 0)
        )

    def _holds(self, service: str) -> Iterator[Unexplained]:
        for (topic, subject, number), row in sorted(self.held[service].items()):
            told = self.history.events.get((topic, subject), {}).get(number)
            where = f"{service}.held {subject} {topic} {number}"
            if told is None:
                yield Unexplained(Kind.HOLD_UNFOUNDED, where, f"{topic}/{row['part']}/{row['topic_offset']}")
            elif number <= self.positions[service].get((topic, subject), (0, ""))[0]:
                yield Unexplained(Kind.HOLD_UNFOUNDED, where, "was applied already")

    def _numbers_published(self) -> Iterator[Unexplained]:
        for lane, (number, where) in sorted(self.published.items()):
            last = self.last(lane)
            if number != last and lane not in self.missing:
                yield Unexplained(Kind.PUBLISHED_DIFFERS, where, f"says {number}, {lane[0]} has {last}")

    def _outside(self) -> Iterator[Unexplained]:
        """A record that cannot be put in an order must be a dead letter of each reader."""
        told = (told for lane in self.history.events.values() for told in lane.values())
        odd = [(each.record, each.type) for each in told if each.event is None]
        for record, what in [*((record, "no envelope") for record in self.history.outside), *odd]:
            for service in self.readers[record.topic]:
                place = (record.topic, record.part, record.offset)
                if place not in self.dead[service]:
                    words = f"{what}; {service} has no dead letter of it"
                    yield Unexplained(Kind.RECORD_UNREADABLE, record.where, words)


def _published(schemas: Schemas) -> Iterator[tuple[Lane, tuple[int, str]]]:
    """What each owner says of how far it has numbered a subject, and where it says so."""
    for service, topic in OUTPUTS.items():
        for row in schemas.rows(service, "subject"):
            if row["published"]:
                yield (topic.name, row["subject"]), (row["published"], f"{service}.subject {row['subject']}")
    for service in SERVICES:
        for row in schemas.rows(service, "dead_letter"):
            name = str(row["dead_letter_id"])
            yield (DEAD_LETTERS.name, name), (row.get("told", 1), f"{service}.dead_letter {name}")
    yield from _registered(schemas)


def _registered(schemas: Schemas) -> Iterator[tuple[Lane, tuple[int, str]]]:
    """What registration says of its products, recipients and days."""
    for row in schemas.rows("registration", "entry"):
        entry, where = row["document"], f"registration.entry {row['kind']} {row['name']}"
        match row["kind"]:
            case "product":
                yield (DOSSIERS.name, entry["id"]), (entry["dossiers"], where)
                yield (SHEETS.name, entry["id"]), (entry["sheets"], where)
            case "producer":
                yield (CONTACTS.name, entry["id"]), (entry["contacts"], where)
            case "office":
                office = f"province-{row['name']}" if entry["commune_code"] is None else f"commune-{row['name']}"
                yield (CONTACTS.name, office), (entry["contacts"], where)
            case "calendar":
                for part in range(DOSSIERS.partitions):
                    yield (DOSSIERS.name, f"day/{part}"), (entry["days"], where)


def _positions(schemas: Schemas, service: str) -> Iterator[tuple[Lane, tuple[int, str]]]:
    """The last number that a service has applied of each subject on each topic, and its event's id."""
    for row in schemas.rows(service, "subject"):
        for topic, (number, event_id) in row["positions"].items():
            yield (topic, row["subject"]), (number, event_id)
