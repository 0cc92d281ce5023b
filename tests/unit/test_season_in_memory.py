"""The season, said to the real rules of three services in memory, ends as its author wrote it down."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from deploy.season.comparison import counts, differences, registered
from deploy.season.generator import Season, generate
from deploy.season.lines import SeasonLine
from deploy.season.observed import Observed
from deploy.season.seasons import generate_hanoi
from services.evaluation.handlers import pipeline as evaluation
from services.promotion.handlers import pipeline as promotion
from services.registration.domain.admission import admit
from services.registration.domain.announcements import Published
from services.registration.domain.case import Admitted, SentBack
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import Fact
from services.registration.domain.references import missing_keys, missing_to_close
from services.registration.domain.register import Key, Register
from services.registration.domain.words import code_of
from services.registration.messages import event_of, fact_of, topic_of
from shared.contracts.envelope import Envelope, Header
from shared.contracts.intake import INTAKE
from shared.contracts.topics import DOSSIERS, SHEETS
from shared.kernel.outcomes import Held, Refused
from shared.messaging.pipeline import Pipeline
from shared.rulebooks.calendar import load_editions
from shared.rulebooks.loader import load
from tests.support.interleavings import RECORDED_MS, Log, run
from tests.support.registration import rules

PREFIX = ""
TYPES = {event.type_name(): event for event in INTAKE}
SPRING = "2027-03-01"


@dataclass
class Seen:
    """A record as an outsider reads it."""

    topic: str
    value: bytes | None
    headers: Sequence[Header] = ()
    partition: int = 0
    offset: int = 0


@dataclass(frozen=True)
class Said:
    """An event at its place on its unit's topic."""

    unit: str
    event_id: str
    kind: str
    offset: int
    recorded_ms: int
    fact: Fact


@dataclass
class Desk:
    """Registration's rules over one register, its holds, its receipts, and what it published by product and topic."""

    register: Register = field(default_factory=Register)
    held: list[tuple[str, Said]] = field(default_factory=list)
    bodies: dict[tuple[str, str], object] = field(default_factory=dict)
    offsets: Counter[str] = field(default_factory=Counter)
    receipts: list[Seen] = field(default_factory=list)
    published: dict[str, dict[str, Log]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    dossiers: dict[tuple[str, str], UUID] = field(default_factory=dict)

    def read(self, line: SeasonLine, recorded_ms: int) -> None:
        """The line was admitted, held, refused or not understood."""
        offset = self.offsets[line.unit]
        self.offsets[line.unit] += 1
        if line.event is None:
            self._receipt(line.unit, None, None, offset, "dead_lettered", "unreadable")
            return
        event_id, kind, data = line.event["id"], line.event["type"], line.event["data"]
        if (line.unit, event_id) in self.bodies:
            same = self.bodies[line.unit, event_id] == data
            status, code = ("duplicate", "duplicate") if same else ("refused", "event-id-reused")
            self._receipt(line.unit, event_id, kind, offset, status, code)
            return
        self.bodies[line.unit, event_id] = data
        try:
            event = TYPES[kind].model_validate_json(json.dumps(data))
        except ValidationError:
            self._receipt(line.unit, event_id, kind, offset, "refused", "event-invalid")
            return
        self._say(Said(line.unit, event_id, kind, offset, recorded_ms, fact_of(event)))

    def close(self, unit: str, dossier: str) -> None:
        """Promotion said that the dossier is over."""
        identity = self.dossiers[unit, dossier]
        self._load(lambda: missing_to_close(self.register, [identity]))
        self.register.take(close_dossier(self.register, identity).entries)

    def _say(self, said: Said) -> None:
        provided = set(self._judge(said))
        while provided:
            ready = [held for held in self.held if held[0] in provided]
            self.held = [held for held in self.held if held[0] not in provided]
            provided = {each for _, again in ready for each in self._judge(again)}

    def _judge(self, said: Said) -> Iterable[str]:
        self._load(lambda: missing_keys(self.register, [(said.unit, said.fact)]))
        outcome = admit(self.register, said.unit, said.fact, said.recorded_ms, said.event_id, rules())
        answer = partial(self._receipt, said.unit, said.event_id, said.kind, said.offset)
        match outcome:
            case Admitted():
                self.register.take(outcome.entries)
                for each in outcome.published:
                    self._publish(each)
                if "dossier_id" in outcome.given:
                    reference = getattr(said.fact, "reference", "")
                    self.dossiers[said.unit, reference] = UUID(outcome.given["dossier_id"])
                answer("admitted", "admitted", outcome.given)
                return outcome.provides
            case SentBack():
                self.register.take(outcome.entries)
                answer("refused", outcome.refusal.code)
            case Refused():
                answer("refused", outcome.code)
            case Held():
                answer("held", code_of(outcome))
                self.held.append((outcome.waits_for, said))
        return ()

    def _publish(self, published: Published) -> None:
        topic, event = topic_of(published).name, event_of(published)
        if topic not in {DOSSIERS.name, SHEETS.name} or published.subject.startswith("day/"):
            return
        log = self.published[published.subject][topic]
        identity = f"{published.subject} {topic} {published.sequence}"
        envelope = Envelope(
            *(identity, "/services/registration", event.type_name(), published.subject),
            *(published.sequence, RECORDED_MS + len(log)),
        )
        log.append((envelope, event))

    def _load(self, missing: Callable[[], Iterable[Key]]) -> None:
        while keys := tuple(missing()):
            for key in keys:
                self.register.load(key, None)

    def _receipt(
        self,
        unit: str,
        event_id: str | None,
        kind: str | None,
        offset: int,
        status: str,
        code: str,
        given: Mapping[str, str] | None = None,
    ) -> None:
        data: dict[str, Any] = {"event_id": event_id, "event_type": kind, "offset": offset, "status": status}
        document = {**data, "code": code, "given": dict(given or {})}
        self.receipts.append(Seen(f"ocop.receipts.{unit}.v1", json.dumps(document).encode()))


def played(season: Season, order: Random) -> tuple[Observed, Desk]:
    """What an outsider sees of the season, except its mails; the services' topics interleave as `order` has it."""
    desk, spring = Desk(), False
    for place, line in enumerate(season.lines):
        if not spring and line.event is not None and line.event["time"] >= SPRING:
            spring = True
            for product in season.expected.products:
                if product.case == "filed_again":
                    desk.close(product.unit, product.reference.replace("SP-", "HS-"))
        desk.read(line, RECORDED_MS + place)
    observed = Observed(PREFIX)
    observed.take(desk.receipts)
    pipelines: list[Pipeline[Any]] = [evaluation(load()), promotion(load(), load_editions())]
    for published in desk.published.values():
        logs = {DOSSIERS.name: published[DOSSIERS.name], SHEETS.name: published.get(SHEETS.name, [])}
        for replica in run(pipelines, logs, order.choice):
            output = replica.pipeline.output
            assert output is not None
            for envelope, event in replica.announced:
                headers = (("ce_type", envelope.type.encode()), ("ce_subject", envelope.subject.encode()))
                observed.take([Seen(output.name, event.model_dump_json().encode(), headers)])
    return observed, desk


@pytest.mark.parametrize(("corrections", "councils"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_season_ends_as_its_author_wrote_it_down(seed: int, corrections: bool, councils: bool) -> None:
    season = generate(60, corrections=corrections, councils=councils)

    observed, desk = played(season, Random(seed))

    found = [each.words.en for each in differences(observed, season.expected, desk.offsets)]
    assert [sentence for sentence in found if " mail to " not in sentence] == []
    assert len(found) == sum(len(set(product.mails())) for product in season.expected.products)
    assert [waits_for for waits_for, _ in desk.held] == ["dossier:66/HS-KHONG-CO"]


def test_its_figures_are_those_its_author_wrote_down() -> None:
    season = generate(120, seed=7)

    observed, _ = played(season, Random(7))

    seen, written = counts(observed, season.expected), season.expected.counts()
    assert (seen.ranked_3, seen.ranked_4, seen.ranked_5) == (written.ranked_3, written.ranked_4, written.ranked_5)
    assert (seen.filed, seen.returned, seen.not_ranked) == (written.filed, written.returned, written.not_ranked)
    assert (seen.forwarded, seen.open_tasks, seen.held_decisions) == (written.forwarded, 1, 2)


@pytest.mark.parametrize(("dossiers", "seed"), [(48, 1), (48, 2), (110, 3)])
def test_the_season_of_hanoi_ends_as_its_author_wrote_it_down(dossiers: int, seed: int) -> None:
    season = generate_hanoi(dossiers, seed)

    observed, desk = played(season, Random(seed))

    found = [each.words.en for each in differences(observed, season.expected, desk.offsets)]
    seen, written = counts(observed, season.expected), season.expected.counts()
    assert [sentence for sentence in found if " mail to " not in sentence] == []
    assert len(found) == sum(len(set(product.mails())) for product in season.expected.products)
    assert desk.held == []
    assert (seen.ranked_3, seen.ranked_4, seen.ranked_5) == (written.ranked_3, written.ranked_4, written.ranked_5)
    assert (seen.forwarded, seen.open_tasks, seen.held_decisions) == (written.forwarded, 1, 2)
    assert season.registration is not None
    due = {district.name: district.played for district in season.registration.districts}
    assert registered(observed, season.expected) == due


def test_a_product_of_another_act_than_written_down_is_named() -> None:
    season = generate_hanoi(30)
    observed, desk = played(season, Random(1))
    first, *others = season.expected.products
    expected = replace(season.expected, products=(replace(first, act="1048/QĐ-TTg"), *others))

    found = [each.words.en for each in differences(observed, expected, desk.offsets)]

    assert [sentence for sentence in found if " mail to " not in sentence] == [
        "01/SP-00001 (two_stars): expected by 1048/QĐ-TTg, found by 490/QĐ-TTg."
    ]
