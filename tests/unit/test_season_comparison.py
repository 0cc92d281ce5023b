"""The season's checker finds what is missing, unexpected and doubled, and is silent about a season that went well."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from deploy.season.comparison import counts, differences
from deploy.season.expectations import Answer, Expected, ExpectedProduct, ExpectedUnit
from deploy.season.generator import Season, generate
from deploy.season.observed import Observed
from shared.contracts import promotions, scores
from shared.contracts.envelope import Header
from shared.contracts.event import Event

PREFIX = "season."
Topic = str


@dataclass
class SeenRecord:
    """A record as an outsider reads it."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[Header]


def product_id(product: ExpectedProduct) -> str:
    return f"id-{product.unit}-{product.reference}"


def record(topic: str, kind: str, subject: str, data: dict[str, Any]) -> SeenRecord:
    headers = [("ce_type", kind.encode()), ("ce_subject", subject.encode())]
    return SeenRecord(PREFIX + topic, 0, 0, json.dumps(data).encode(), headers)


def receipts(season: Season) -> Iterator[SeenRecord]:
    """What a registration that makes no mistake would answer."""
    offsets: dict[str, int] = {}
    answered: dict[str, int] = {}
    products = {product.registered_by: product for product in season.expected.products}
    for line in season.lines:
        offset = offsets[line.unit] = offsets.get(line.unit, -1) + 1
        data: dict[str, Any] = {"unit": line.unit, "event_id": line.event_id, "offset": offset, "given": {}}
        data["event_type"] = line.event["type"] if line.event else None
        data["words"] = {"vi": "…", "en": "…"}
        answer = Answer("dead_lettered", "unreadable")
        if line.event_id is not None:
            place = answered[line.event_id] = answered.get(line.event_id, -1) + 1
            answer = season.expected.units[line.unit].answers(line.event_id)[place]
            if line.event_id in products and answer.status == "admitted":
                data["given"] = {"product_id": product_id(products[line.event_id])}
        if answer.held_before:
            yield record(f"ocop.receipts.{line.unit}.v1", "", "", {**data, "status": "held", "code": "waits-for-day"})
        said = {**data, "status": answer.status, "code": answer.code}
        yield record(f"ocop.receipts.{line.unit}.v1", "", "", said)


def decided(expected: Expected) -> Iterator[SeenRecord]:
    """What evaluation and promotion would say."""
    for product in expected.products:
        for kind, data in _steps(product):
            topic = "ocop.scores.v1" if issubclass(kind, scores.ScoreEvent) else "ocop.promotions.v1"
            yield record(topic, kind.type_name(), product_id(product), data)


def _steps(product: ExpectedProduct) -> Iterator[tuple[type[Event], dict[str, Any]]]:
    for _ in range(product.notices.count("returned")):
        yield promotions.DossierReturned, {}
    for _ in range(product.voided_sessions):
        yield scores.SessionVoided, {}
    for score in product.scores:
        total = None if score.total is None else {"numerator": score.total.numerator}
        total = total and {**total, "denominator": score.total.denominator if score.total else 1}
        yield scores.ProductScored, {"stage": {"level": score.level}, "total": total, "stars": score.stars}
    if product.forwarded:
        yield promotions.DossierForwarded, {}
    if product.contradiction:
        yield promotions.DecisionHeld, {"contradiction": product.contradiction}
    if product.end == "task_open":
        yield promotions.TaskOpened, {"task": "decide_on_central_result"}
    if product.end == "ended":
        yield promotions.DossierEnded, {"stars": product.stars, "level": "province"}
    if product.end == "recognised":
        expires = str(product.certificate_expires)
        yield (
            promotions.ProductRecognised,
            {"stars": product.stars, "level": product.level, "expires_on": expires},
        )


def write_mails(expected: Expected, directory: Path) -> int:
    """The mails that notification would have sent."""
    count = 0
    for product in expected.products:
        for address, kind in product.mails():
            count += 1
            mail = EmailMessage()
            mail["To"] = address
            mail["Message-ID"] = f"<{count}@mau.example>"
            mail["X-OCOP-Notice-Kind"] = kind
            mail["X-OCOP-Product"] = product_id(product)
            mail.set_content("…")
            (directory / f"{count:08d}-x.eml").write_bytes(mail.as_bytes())
    return count


def sent(season: Season) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in season.lines:
        found[line.unit] = found.get(line.unit, 0) + 1
    return found


@pytest.fixture(scope="module")
def season() -> Season:
    return generate(30)


@pytest.fixture
def observed(season: Season, tmp_path: Path) -> Observed:
    write_mails(season.expected, tmp_path)
    seen = Observed(PREFIX)
    seen.take(receipts(season))
    seen.take(decided(season.expected))
    seen.take_mails(tmp_path)
    return seen


def said(observed: Observed, expected: Expected, season: Season) -> list[tuple[str, str]]:
    return [(each.kind, each.words.en) for each in differences(observed, expected, sent(season))]


def changed(expected: Expected, case: str, **values: Any) -> Expected:
    products = tuple(replace(p, **values) if p.case == case else p for p in expected.products)
    return replace(expected, products=products)


def test_a_season_that_went_as_written_has_no_difference(observed: Observed, season: Season) -> None:
    assert said(observed, season.expected, season) == []
    assert counts(observed, season.expected) == season.expected.counts()


def test_a_season_sent_twice_and_answered_as_duplicates_has_no_difference(observed: Observed, season: Season) -> None:
    lengths = {unit: len(offsets) for unit, offsets in observed.receipts.items()}
    for each in receipts(season):
        data = json.loads(each.value or b"")
        data["offset"] += lengths[data["unit"]]
        if data["status"] not in {"dead_lettered", "held"}:
            data.update(status="duplicate", code="duplicate")
        observed.take([replace(each, value=json.dumps(data).encode())])

    assert said(observed, season.expected, season) == []


@pytest.mark.parametrize(
    ("case", "values", "words"),
    [
        ("mark_missed_at_92", {"stars": 4}, "expected 4 *, found 3 *"),
        ("five_stars", {"level": "province"}, "expected level province, found level central"),
        ("five_stars", {"certificate_expires": date(2030, 4, 3)}, "expected certificate until 2030-04-03"),
        ("came_back_open", {"end": "recognised"}, "expected recognised, found task_open"),
        ("quorum_lost", {"voided_sessions": 2}, "expected 2 void sessions, found 1 void sessions"),
        ("stars_differ", {"contradiction": "kind_not_open"}, "found contradiction stars_differ"),
        ("two_stars", {"forwarded": True}, "expected forwarded 1, found forwarded 0"),
        ("one_star", {"scores": ()}, "expected no score, found province 170/7"),
        ("returned", {"registered_by": "season-2026-66-999999"}, "no product id was given"),
    ],
)
def test_a_product_that_ends_otherwise_is_named(
    case: str, values: dict[str, Any], words: str, observed: Observed, season: Season
) -> None:
    found = said(observed, changed(season.expected, case, **values), season)

    assert any(words in sentence for _, sentence in found)


def test_a_mail_too_few_and_one_too_many_are_named(observed: Observed, season: Season) -> None:
    expected = changed(season.expected, "two_stars", notices=("returned",))

    kinds = [kind for kind, _ in said(observed, expected, season)]

    assert sorted(kinds) == ["missing", "missing", "unexpected", "unexpected"]


def test_the_same_mail_twice_is_named(observed: Observed, season: Season, tmp_path: Path) -> None:
    first = next(iter(sorted(tmp_path.glob("*.eml"))))
    (tmp_path / "99999999-again.eml").write_bytes(first.read_bytes())

    observed.take_mails(tmp_path)

    assert [kind for kind, _ in said(observed, season.expected, season)] == ["doubled", "doubled"]


def test_a_receipt_other_than_expected_is_named(observed: Observed, season: Season) -> None:
    offset, answers = next(iter(observed.receipts["66"].items()))
    observed.receipts["66"][offset] = [replace(answers[-1], status="refused", code="hold-expired")]

    assert said(observed, season.expected, season) == [
        ("unexpected", f"{answers[0].event_id}: expected admitted admitted, found refused hold-expired.")
    ]


def test_an_event_admitted_twice_is_named(observed: Observed, season: Season) -> None:
    answers = next(iter(observed.receipts["66"].values()))
    answers.append(answers[-1])

    assert [kind for kind, _ in said(observed, season.expected, season)] == ["doubled"]


def test_an_event_that_had_to_be_held_first_and_was_not_is_named(observed: Observed, season: Season) -> None:
    for answers in observed.receipts["68"].values():
        del answers[:-1]

    found = said(observed, season.expected, season)

    assert [sentence.partition(": ")[2] for _, sentence in found] == [
        "expected held, then admitted, found admitted."
    ] * 2


def test_an_unanswered_record_is_named(observed: Observed, season: Season) -> None:
    del observed.receipts["52"][0]

    found = said(observed, season.expected, season)

    assert ("missing", f"Unit 52: 1 of {sent(season)['52']} records have no receipt.") in found
    assert len(found) == 2


def test_a_recognition_that_came_twice_is_named(observed: Observed, season: Season) -> None:
    observed.take(
        [each for each in decided(season.expected) if b"ProductRecognised" in (each.headers[0][1] or b"")][:1]
    )

    assert [kind for kind, _ in said(observed, season.expected, season)] == ["doubled"]


def test_a_product_goes_up_as_often_as_it_has_levels_above_it_and_no_oftener(
    observed: Observed, season: Season
) -> None:
    expected = changed(season.expected, "five_stars", forwarded=2)
    five = next(product for product in expected.products if product.case == "five_stars")
    steps = observed.standings[product_id(five)].steps
    forwarded = promotions.DossierForwarded.type_name()

    found: dict[int, list[str]] = {}
    for times in (1, 2, 3):
        steps[forwarded] = times
        found[times] = [kind for kind, _ in said(observed, expected, season)]

    assert found == {1: ["unexpected"], 2: [], 3: ["unexpected", "doubled"]}


def test_a_right_decision_clears_the_one_held_before() -> None:
    seen = Observed(PREFIX)
    seen.take(
        [
            record("ocop.promotions.v1", promotions.DecisionHeld.type_name(), "p", {"contradiction": "stars_differ"}),
            record(
                "ocop.promotions.v1", promotions.ProductRecognised.type_name(), "p", {"stars": 4, "level": "province"}
            ),
        ]
    )

    assert seen.standings["p"].how_it_ends() == "recognised"
    assert seen.standings["p"].contradiction is None


def test_an_id_beyond_those_of_the_season_has_no_expectation() -> None:
    unit = ExpectedUnit("season-2026-66-", 3, 0, {})

    assert unit.answers("season-2026-66-000003") == (Answer("admitted", "admitted"),)
    assert unit.answers("season-2026-66-000004") == ()
    assert unit.answers("mine") == ()
