"""What each service wrote to be sent against what stands on the topics, and its dead letters against those told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from deploy.provision import SERVICES
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.flow import OUTPUTS, Flow
from deploy.verify.topics import Record
from shared.contracts.receipts import DeadLetterRecorded, DeadLetterSettled
from shared.contracts.topics import CONTACTS, DEAD_LETTERS, DOSSIERS, SHEETS

ADMISSION = "admission"
_INTAKE = "ocop.intake."
_RECEIPTS = "ocop.receipts."


@dataclass
class Sent:
    """What stands on the topics of one lane: different events, records in all, and records that are there no more."""

    different: int = 0
    records: int = 0
    gone: int = 0


def check_outboxes(flow: Flow) -> Iterator[Unexplained]:
    """A lane whose head is not the number of its events on the topics, or whose relay is behind or beyond it."""
    for service in SERVICES:
        sent = {row["lane"]: row["sent"] for row in flow.schemas.rows(service, "relay")}
        for row in flow.schemas.rows(service, "lane"):
            lane, head, where = row["lane"], row["head"], f"{service}.lane {row['lane']}"
            cursor = sent.get(lane, 0)
            if cursor < head:
                yield Unexplained(Kind.NOT_AT_REST, where, f"{head} written, {cursor} sent")
            elif cursor > head:
                yield Unexplained(Kind.OUTBOX_DIFFERS, where, f"{cursor} sent, {head} written")
            else:
                yield from _counted(service, lane, head, flow)
        for row in flow.schemas.rows(service, "outbox"):
            if row["last"] > max(_head(flow, service, row["lane"]), sent.get(row["lane"], 0)):
                where = f"{service}.outbox {row['lane']} {row['last']}"
                yield Unexplained(Kind.OUTBOX_DIFFERS, where, "beyond the head of its lane")


def check_dead_letters(flow: Flow) -> Iterator[Unexplained]:
    """Each dead letter kept was told, each one told is kept, and the console shows it."""
    told = {str(event.dead_letter_id): event for event in _letters(flow)}
    ended = {str(event.dead_letter_id): event for event in _settlements(flow)}
    shown = {row["dead_letter_id"]: row for row in flow.schemas.rows("console", "dead_letter_row")}
    kept: set[str] = set()
    for service in SERVICES:
        for row in flow.schemas.rows(service, "dead_letter"):
            name = str(row["dead_letter_id"])
            kept.add(name)
            where, how = f"{service}.dead_letter {name}", row.get("settled_how")
            said = ended[name].how if name in ended else None
            if name not in told:
                yield Unexplained(Kind.DEAD_LETTER_UNTOLD, where, f"{row['topic']}/{row['part']}/{row['topic_offset']}")
            elif how != said:
                yield Unexplained(Kind.ROW_DIFFERS, where, f"settled: {how}, told: {said}")
    for name, event in sorted(told.items()):
        place = f"{event.topic}/{event.partition}/{event.offset}"
        if name not in kept:
            yield Unexplained(Kind.DEAD_LETTER_MISSING, f"{event.service}.dead_letter {name}", place)
        if name not in shown:
            yield Unexplained(Kind.ROW_MISSING, f"console.dead_letter_row {name}", place)
        elif name in ended and (shown[name]["settled_how"], shown[name]["settled_by"]) != _settled(ended[name]):
            yield Unexplained(Kind.ROW_DIFFERS, f"console.dead_letter_row {name}", f"told: {ended[name].how}")
    for name in sorted(shown.keys() - told.keys()):
        yield Unexplained(Kind.ROW_UNFOUNDED, f"console.dead_letter_row {name}", "no such dead letter was told")


def _counted(service: str, lane: str, head: int, flow: Flow) -> Iterator[Unexplained]:
    found = _on_topics(service, lane, flow)
    if not found.different <= head <= found.records + found.gone:
        words = f"{head} written, {found.different} different events on the topics"
        yield Unexplained(Kind.OUTBOX_DIFFERS, f"{service}.lane {lane}", words)


def _on_topics(service: str, lane: str, flow: Flow) -> Sent:
    sent = Sent()
    for event in _letters(flow):
        if event.service == service and _lane_of(event) == lane:
            place = (DEAD_LETTERS.name, str(event.dead_letter_id))
            sent.different += len(flow.history.events[place])
            sent.records += flow.history.copies[place]
    if lane == ADMISSION:
        _add_topics(sent, flow, (DOSSIERS.name, SHEETS.name, CONTACTS.name), None)
        _add_receipts(sent, flow)
        _add_gone(sent, flow)
    elif service in OUTPUTS:
        _add_topics(sent, flow, (OUTPUTS[service].name,), int(lane.rpartition("/")[2]))
    return sent


def _lane_of(letter: DeadLetterRecorded) -> str:
    return ADMISSION if letter.topic.startswith(_INTAKE) else f"slot/{letter.partition:02d}"


def _letters(flow: Flow) -> Iterator[DeadLetterRecorded]:
    """What was told of each dead letter first; it may have failed again later."""
    for told in flow.history.on(DEAD_LETTERS):
        if isinstance(told.event, DeadLetterRecorded) and told.sequence == 1:
            yield told.event


def _settlements(flow: Flow) -> Iterator[DeadLetterSettled]:
    return (told.event for told in flow.history.on(DEAD_LETTERS) if isinstance(told.event, DeadLetterSettled))


def _settled(event: DeadLetterSettled) -> tuple[str, str]:
    return event.how, event.by


def _add_topics(sent: Sent, flow: Flow, topics: tuple[str, ...], part: int | None) -> None:
    """The events of these topics; of one partition or of all. One that is missing is named elsewhere."""
    for (topic, subject), numbers in flow.history.events.items():
        if topic in topics and part in (None, next(iter(numbers.values())).record.part):
            sent.different += len(numbers)
            sent.records += flow.history.copies[topic, subject]
            sent.gone += len(flow.missing.get((topic, subject), ()))


def _add_receipts(sent: Sent, flow: Flow) -> None:
    for topic, records in flow.topics.records.items():
        if topic.startswith(_RECEIPTS):
            sent.different += len({_name(record) for record in records})
            sent.records += len(records)


def _name(record: Record) -> tuple[str, str, str]:
    named = record.named
    return named.get("subject", ""), named.get("sequence", ""), named.get("id", "")


def _add_gone(sent: Sent, flow: Flow) -> None:
    """Offsets that retention or compaction has emptied."""
    kept = Counter((record.topic, record.part) for each in flow.topics.records.values() for record in each)
    for place, end in flow.topics.ends.items():
        if place[0].startswith(_RECEIPTS) or place[0] == CONTACTS.name:
            sent.gone += end - kept[place]


def _head(flow: Flow, service: str, lane: str) -> int:
    return next((row["head"] for row in flow.schemas.rows(service, "lane") if row["lane"] == lane), 0)
