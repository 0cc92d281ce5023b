"""What was once written is read for good: records of older versions, byte for byte, reach services as the newest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.console.domain.story import State
from services.console.handlers import pipeline as console
from services.notification.adoption import _end
from shared.contracts import notices, versions
from shared.contracts.dossiers import DayOpened
from shared.contracts.event import Event, Retired, Text, newest
from shared.contracts.topics import NOTICES, Topic
from shared.kernel.reasons import Reason
from shared.messaging.delivery import Delivery, Reader
from shared.messaging.fold import Fold, Subject
from tests.support.examples import INTAKE, TOPICS, Record, binary, envelope_of, example, structured

FROZEN = Path(__file__).parent / "frozen"
RETIRED = [(topic, event) for topic in TOPICS for event in topic.retired]
PRODUCT = "019e6000-0000-8000-8000-0000000000a2"


def frozen(name: str) -> list[Record]:
    """The records of a frozen file, as a consumer gets them."""
    kept = [json.loads(line) for line in (FROZEN / name).read_text(encoding="utf-8").splitlines()]
    return [
        Record(
            each["topic"],
            each["partition"],
            each["offset"],
            each["timestamp"],
            None if each["key"] is None else each["key"].encode(),
            each["value"].encode(),
            [(header, value.encode()) for header, value in each["headers"]],
        )
        for each in kept
    ]


def type_of(record: Record) -> str:
    """The CloudEvents type in the record's headers."""
    return (dict(record.headers)["ce_type"] or b"").decode()


def read(record: Record) -> Delivery:
    """The record as the topic's readers take it."""
    topic = next(topic for topic in TOPICS if topic.name == record.topic)
    return Reader([topic], "", sequenced=topic is not INTAKE).read(record)


EVERY = frozen("version-1.jsonl")


@pytest.mark.parametrize("record", EVERY, ids=[type_of(record) for record in EVERY])
def test_a_frozen_record_of_each_type_is_still_read(record: Record) -> None:
    delivery = read(record)

    assert delivery.fault is None
    assert not isinstance(delivery.event, Retired)


def test_a_frozen_story_of_version_1_still_comes_to_the_same_state() -> None:
    story = frozen("notices-failed.jsonl")
    kinds = {type_of(record) for record in story}
    subject: Subject[State] = Subject(PRODUCT, 0, 0, {}, 0, None, State())
    fold = Fold(console(), {PRODUCT: subject})

    for record in story:
        fold.take(read(record))

    assert "vn.ocop.notices.NoticeFailed.v1" in kinds
    assert (fold.dead, subject.held, subject.last(NOTICES.name)[0]) == ([], {}, 6)
    state = subject.state
    assert (state.notices_written, state.notices_sent, state.notices_failed) == (3, 0, 3)
    assert [(fact.kind, fact.sequence, fact.word, fact.recipient) for fact in state.story] == [
        ("NoticeWritten", 1, "recognised", "producer"),
        ("NoticeWritten", 2, "recognised", "commune"),
        ("NoticeWritten", 3, "ended", "producer"),
        ("NoticeFailed", 4, "no-address", "producer"),
        ("NoticeFailed", 5, "attempts-used: smtp-451", "commune"),
        ("NoticeFailed", 6, "smtp-550 5.1.1", "producer"),
    ]


def test_a_replay_gives_a_delivery_the_end_that_version_1_told() -> None:
    told = [read(record).event for record in frozen("notices-failed.jsonl")]
    failed = [event for event in told if isinstance(event, notices.NoticeFailed)]

    ends = [_end(event) for event in failed]

    assert [(end[1], end[2], end[5]) for end in ends] == [
        ("failed", 1, "no-address"),
        ("failed", 12, "attempts-used: smtp-451"),
        ("failed", 1, "smtp-550 5.1.1"),
    ]


@pytest.mark.parametrize(
    ("cause", "code", "detail"),
    [
        ("no-address", "no-address", None),
        ("attempts-used", "attempts-used", None),
        ("attempts-used: TimeoutError", "attempts-used", "TimeoutError"),
        ("smtp-550 5.1.1", "refused", "smtp-550 5.1.1"),
        ("no-address: but for this", "refused", "no-address: but for this"),
        ("refused", "refused", "refused"),
    ],
)
def test_a_cause_of_version_1_is_told_apart_in_version_2(cause: str, code: str, detail: str | None) -> None:
    event = newest(_failed(cause))

    assert isinstance(event, notices.NoticeFailed)
    assert (event.code, event.detail) == (code, detail)


@given(st.text(min_size=1, max_size=500))
def test_every_version_1_has_a_version_2_that_says_the_same_in_one_line(cause: str) -> None:
    try:
        old = _failed(cause)
    except ValidationError:
        return

    event = newest(old)

    assert isinstance(event, notices.NoticeFailed)
    assert (event.cause, event.notice_id, event.attempts) == (old.cause, old.notice_id, old.attempts)
    assert notices.NoticeFailed.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize(("topic", "event"), RETIRED)
def test_a_retired_version_leads_to_one_that_its_topic_still_writes(topic: Topic, event: type[Retired]) -> None:
    old = event.model_validate_json(json.dumps(example(event)["data"]))

    step = old.upcast()

    assert (step.family, type(step).__name__, step.version) == (event.family, event.__name__, event.version + 1)
    assert type(newest(old)) in topic.events


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_of_one_type_a_topic_writes_the_newest_version_alone(topic: Topic) -> None:
    written = [event.__name__ for event in topic.events]
    newest_of = {event.__name__: event.version for event in topic.events}

    assert len(written) == len(set(written))
    assert not any(issubclass(event, Retired) for event in topic.events)
    assert all(event.version < newest_of[event.__name__] for event in topic.retired)


class _DayStarted(Retired):
    family = "intake"
    day: Text

    def upcast(self) -> Event:
        return DayOpened.model_validate_json(json.dumps({"date": self.day}))


OPEN_TO_BOTH = Topic("ocop.intake.66.v1", "66", frozenset(), "", (), 1, retired=(_DayStarted,))


@pytest.mark.parametrize("mode", [binary, structured])
def test_intake_takes_an_older_version_as_the_newest_in_both_modes(mode: Any) -> None:
    shown = {**example(INTAKE.events[0]), "type": _DayStarted.type_name(), "data": {"day": "2026-07-01"}}

    delivery = Reader([OPEN_TO_BOTH], "sample.", sequenced=False).read(mode(OPEN_TO_BOTH, shown))

    assert delivery.fault is None
    assert delivery.envelope == envelope_of(shown)
    assert isinstance(delivery.event, DayOpened)


def test_an_upcast_that_fails_is_a_dead_letter_of_that_record_alone() -> None:
    shown = {**example(INTAKE.events[0]), "type": _DayStarted.type_name(), "data": {"day": "no day"}}

    delivery = Reader([OPEN_TO_BOTH], "sample.", sequenced=False).read(binary(OPEN_TO_BOTH, shown))

    assert (delivery.event, delivery.envelope) == (None, envelope_of(shown))
    assert delivery.fault is not None
    assert delivery.fault.reason is Reason.BODY_INVALID


def _failed(cause: str) -> versions.NoticeFailed:
    return versions.NoticeFailed(
        notice_id=UUID(int=1), recipient_id="commune-24259", channel="mail", attempts=3, cause=cause
    )
