"""What the accounting computes of corrections by itself is what the services told, however their topics interleaved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from deploy.verify.decisions import Decisions
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.flow import Flow
from deploy.verify.history import RECOMPUTED, History, Told
from deploy.verify.notices import Notices
from deploy.verify.overview import check_overview
from deploy.verify.states import check_states
from deploy.verify.topics import Record
from services.console.domain.standing import standing
from services.console.handlers import pipeline as console
from services.evaluation.handlers import pipeline as evaluation
from services.notification.handlers import pipeline as notification
from services.promotion.handlers import pipeline as promotion
from shared.contracts.dossiers import DayOpened
from shared.contracts.event import Event
from shared.contracts.notices import NoticeWritten
from shared.contracts.promotions import CertificateEnded, ProductRecognised
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
from tests.support.correction_stories import BEGUN, ONE, STORIES, THREE, TWO, Story, council
from tests.support.interleavings import Log, Replica, admitted, run
from tests.support.little_rulebook import little_editions, little_rulebooks
from tests.support.product_events import (
    FIRST,
    POINTS_85,
    POINTS_95,
    PRODUCT,
    decision,
    decision_annulled,
    requested,
    seated,
    session_annulled,
)
from tests.support.supplement_stories import SUPPLEMENTS

SUBJECT = str(PRODUCT)
SEEDS = (0, 1, 2, 3)
APPROVED = (*BEGUN, decision(FIRST, 1, "approve_for_central", 5, date(2026, 8, 20)))
TOLD = {
    **STORIES,
    **SUPPLEMENTS,
    "two corrections wait for one decision": Story(
        (
            *APPROVED,
            requested(FIRST, date(2026, 8, 25)),
            seated(FIRST, THREE, "central"),
            decision(FIRST, 2, "recognise", 4, date(2026, 11, 1)),
            session_annulled(FIRST, ONE, date(2026, 11, 9), 2),
            decision_annulled(FIRST, 1, date(2026, 11, 10), 2),
            decision_annulled(FIRST, 2, date(2026, 11, 11), 2),
        ),
        (*council(ONE, POINTS_95, date(2026, 8, 1)), *council(THREE, POINTS_85, date(2026, 10, 1))),
        "",
        "",
    ),
    "a session annulled after an approval that nobody was told of": Story(
        (
            *APPROVED,
            session_annulled(FIRST, ONE, date(2026, 8, 25), 1),
            seated(FIRST, TWO),
            decision(FIRST, 2, "recognise", 4, date(2026, 9, 20)),
        ),
        (*council(ONE, POINTS_95, date(2026, 8, 1)), *council(TWO, POINTS_85, date(2026, 9, 10), 1)),
        "",
        "",
    ),
}
"""The stories whose lines were written by hand, and more in which two services must be told the same."""


@dataclass
class OneProduct:
    """What four services hold of one product, in the place of a whole site."""

    history: History
    rows: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def schemas(self) -> Any:
        return SimpleNamespace(
            subjects=lambda service: {row["subject"]: row for row in self.rows.get(service, ())},
            rows=lambda service, table: self.rows.get(f"{service}.{table}", ()),
        )

    def taken(self, _: str, topic: Topic, subject: str) -> list[Told]:
        return list(self.history.of(topic, subject))


def played(story: Story, chance: Random) -> OneProduct:
    """The product once every service has read all there is."""
    books = little_rulebooks()
    numbered: dict[str, Log] = {DOSSIERS.name: admitted(DOSSIERS, SUBJECT, story.dossiers)}
    numbered |= {SHEETS.name: admitted(SHEETS, SUBJECT, story.sheets), CONTACTS.name: [], DEAD_LETTERS.name: []}
    pipelines = (evaluation(books), promotion(books, little_editions()), notification(), console())
    replicas = {one.pipeline.service: one for one in run(pipelines, numbered, chance.choice)}
    for service, topic in (("evaluation", SCORES), ("promotion", PROMOTIONS), ("notification", NOTICES)):
        numbered[topic.name] = replicas[service].announced
    return OneProduct(history_of(numbered), {**states(replicas), "console.product_row": [row(replicas["console"])]})


def history_of(logs: Mapping[str, Log]) -> History:
    history = History()
    for topic in INTERNAL:
        for envelope, event in logs.get(topic.name, ()):
            named = {"id": envelope.id, "type": envelope.type}
            record = Record(topic.name, 0, envelope.sequence, 0, None, (), b"", named)
            told = Told(record, envelope.id, envelope.type, SUBJECT, envelope.sequence, envelope.recorded_ms, "", event)
            history.events[topic.name, SUBJECT][envelope.sequence] = told
        history.spoken_of[topic.name] = [SUBJECT] if logs.get(topic.name) else []
    return history


def states(replicas: Mapping[str, Replica[Any]]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The states as the services keep them."""
    return {
        name: [{"subject": SUBJECT, "state": orjson.loads(one.pipeline.state.dump_json(one.state))}]
        for name, one in replicas.items()
        if name != "console"
    }


def row(one: Replica[Any]) -> Mapping[str, Any]:
    """The console's row, from what the console itself derives."""
    stands, product = standing(one.state), one.state.product
    return {
        "product_id": SUBJECT,
        "number": product.number,
        "name": product.name,
        "province": product.unit,
        "commune": product.commune_code,
        "status": stands.status,
        "stage": stands.stage,
        "stars": stands.stars,
        "alarms": list(stands.alarms),
        "open_tasks": stands.open_tasks,
        "notices_written": one.state.notices_written,
        "notices_sent": 0,
        "notices_failed": 0,
        "updated_ms": one.state.updated_ms(),
        "round_ends_on": stands.round_ends_on,
    }


def unexplained(product: OneProduct) -> list[Unexplained]:
    """What the accounting cannot explain of decisions, states and the overview."""
    flow = cast(Flow, product)
    decisions = Decisions(flow, little_rulebooks(), little_editions())
    return [*decisions.check(), *check_states(decisions), *check_overview(flow)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", TOLD)
def test_a_corrected_story_is_explained_and_so_are_its_states_and_its_row(name: str, seed: int) -> None:
    assert unexplained(played(TOLD[name], Random(seed))) == []


@pytest.mark.parametrize("name", TOLD)
def test_a_corrected_story_is_explained_as_far_as_it_has_come(name: str) -> None:
    story = TOLD[name]
    for come in range(2, len(story.dossiers)):
        so_far = replace(story, dossiers=story.dossiers[:come])

        assert unexplained(played(so_far, Random(come))) == [], come


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", TOLD)
def test_the_notices_of_a_corrected_story_are_those_due(name: str, seed: int) -> None:
    product = played(TOLD[name], Random(seed))
    notices = Notices(cast(Flow, product))

    due = dict(notices._due(SUBJECT))  # the rest of the check is about deliveries

    told = [one.event for one in product.history.on(NOTICES)]
    written = {one.notice_id: one for one in told if isinstance(one, NoticeWritten)}
    assert {identity: notice for identity, (notice, _) in due.items()} == written


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told_of_a_correction_cannot_be_left_out(name: str) -> None:
    product = played(TOLD[name], Random(0))
    for topic in (SCORES, PROMOTIONS):
        for number, told in list(product.history.events[topic.name, SUBJECT].items()):
            del product.history.events[topic.name, SUBJECT][number]
            product.history.broken.clear()
            assert unexplained(product), f"{told.type} {number}"
            product.history.events[topic.name, SUBJECT][number] = told


@pytest.mark.parametrize(
    ("day", "missing"),
    [(date(2029, 9, 1), [Kind.DECISION_MISSING] * 4), (date(2029, 10, 1), [Kind.DECISION_MISSING])],
    ids=["the annulled one would have ended, of the other four reminders are due", "the one that stands ends"],
)
def test_an_annulled_certificate_ends_on_no_day(day: date, missing: Sequence[Kind]) -> None:
    product = played(TOLD["recognition annulled"], Random(0))
    told_by_hand(product, DOSSIERS, "day/0", DayOpened(date=day))

    assert kinds(product) == missing


def test_the_end_of_an_annulled_certificate_follows_from_nothing() -> None:
    product = played(TOLD["recognition annulled"], Random(0))
    events = [told.event for told in product.history.of(PROMOTIONS, SUBJECT)]
    issued = next(event for event in events if isinstance(event, ProductRecognised))
    ended = CertificateEnded(
        dossier_id=FIRST, certificate_id=issued.certificate_id, ended_on=issued.expires_on, basis=issued.basis
    )
    told_by_hand(product, DOSSIERS, "day/0", DayOpened(date=date(2029, 9, 1)))
    told_by_hand(product, PROMOTIONS, SUBJECT, ended)

    assert kinds(product) == [Kind.DECISION_UNFOUNDED]


def told_by_hand(product: OneProduct, topic: Topic, subject: str, event: Event) -> None:
    """The event stands behind all that was told of the subject, sent later than anything else."""
    number = product.history.last((topic.name, subject)) + 1
    record = Record(topic.name, 0, 99, 1, None, (), b"", {})
    told = Told(record, "by hand", event.type_name(), subject, number, 1, "", event)
    product.history.events[topic.name, subject][number] = told


def kinds(product: OneProduct) -> list[Kind]:
    """What the accounting cannot explain of decisions."""
    return [one.kind for one in Decisions(cast(Flow, product), little_rulebooks(), little_editions()).check()]


def test_every_event_is_recomputed() -> None:
    named = {event.__name__ for topic in INTERNAL for event in topic.events}

    assert named == RECOMPUTED
