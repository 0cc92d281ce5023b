"""What the accounting computes of certificates is what the services told, however their topics interleaved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, cast
from uuid import UUID

import pytest

from deploy.verify.decisions import Decisions
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.flow import Flow
from deploy.verify.history import History, Told
from deploy.verify.notices import Notices
from deploy.verify.topics import Record
from deploy.verify.windows import windows
from services.console.domain.standing import standing
from services.console.handlers import pipeline as console
from services.console.telling import tell
from services.evaluation.handlers import pipeline as evaluation
from services.notification.handlers import pipeline as notification
from services.promotion.handlers import pipeline as promotion
from services.registration.handlers import pipeline as registration
from shared.contracts.dossiers import DayOpened, Late
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.notices import NoticeWritten
from shared.contracts.promotions import ProductRecognised
from shared.contracts.topics import CONTACTS, DEAD_LETTERS, DOSSIERS, INTERNAL, NOTICES, PROMOTIONS, SCORES, SHEETS
from tests.support.certificate_stories import CERTIFIED, CLOSES, EXPIRES, LAST, STORIES, day, renewal
from tests.support.certificate_stories import SHEETS as FIRST_SHEETS
from tests.support.interleavings import Log, Replica, admitted, run
from tests.support.little_rulebook import little_editions, little_rulebooks
from tests.unit.test_verify_corrections import SUBJECT, OneProduct, row, states, told_by_hand, unexplained

SEEDS = (0, 1, 2, 3, 4, 5)


def numbered(events: Sequence[Event]) -> Log:
    """The product's events under its own numbers, and days under theirs, in the order of one partition."""
    log: Log = []
    days = 0
    of_product = iter(admitted(DOSSIERS, SUBJECT, [one for one in events if not isinstance(one, DayOpened)]))
    for place, event in enumerate(events):
        if isinstance(event, DayOpened):
            days += 1
            name = str(UUID(int=90_000 + place))
            log.append((Envelope(name, "/services/registration", event.type_name(), "day/0", days, 1), event))
        else:
            log.append(next(of_product))
    return log


def lived(story: tuple[Sequence[Event], Sequence[Event]], chance: Random) -> tuple[OneProduct, dict[str, Replica[Any]]]:
    """The product once every service has read all there is."""
    books = little_rulebooks()
    logs: dict[str, Log] = {DOSSIERS.name: numbered(story[0]), SHEETS.name: admitted(SHEETS, SUBJECT, story[1])}
    logs |= {CONTACTS.name: [], DEAD_LETTERS.name: []}
    pipelines = (evaluation(books), promotion(books, little_editions()), notification(), console(), registration())
    replicas = {one.pipeline.service: one for one in run(pipelines, logs, chance.choice)}
    for service, topic in (("evaluation", SCORES), ("promotion", PROMOTIONS), ("notification", NOTICES)):
        logs[topic.name] = replicas[service].announced
    rows = {**states(replicas), "console.product_row": [row(replicas["console"])]}
    return OneProduct(history_of(logs), rows), replicas


def history_of(logs: dict[str, Log]) -> History:
    history = History()
    for topic in INTERNAL:
        for envelope, event in logs.get(topic.name, ()):
            record = Record(topic.name, 0, envelope.sequence, 0, None, (), b"", {"id": envelope.id})
            told = Told(
                *(record, envelope.id, event.type_name(), envelope.subject, envelope.sequence),
                *(envelope.recorded_ms, envelope.causation_id, event),
            )
            history.events[topic.name, envelope.subject][envelope.sequence] = told
        subjects = {envelope.subject for envelope, _ in logs.get(topic.name, ())}
        history.spoken_of[topic.name] = sorted(subjects)
    return history


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", STORIES)
def test_the_life_of_a_certificate_is_explained_and_so_are_states_and_row(name: str, seed: int) -> None:
    product, _ = lived(STORIES[name], Random(seed))

    assert unexplained(product) == []


@pytest.mark.parametrize("name", STORIES)
def test_however_topics_interleave_the_same_certificates_are_in_force_after_the_next_day(name: str) -> None:
    found = set()
    for seed in range(12):
        _, replicas = lived(STORIES[name], Random(seed))
        next_day(replicas, LAST + timedelta(days=2))
        stands = standing(replicas["console"].state)
        certificates = replicas["promotion"].state.certificates
        lives = tuple((one.issued_on, one.in_force, one.withdrawn, one.annulled) for one in certificates)
        found.add((lives, stands.status, stands.stars, frozenset(stands.alarms) - {"overdue"}))

    assert len(found) == 1


def next_day(replicas: dict[str, Replica[Any]], opened: date) -> None:
    """The day has come to promotion, and what it brought to the console."""
    promoted, shown = replicas["promotion"], replicas["console"]
    told = len(promoted.announced)
    event, days = day(opened), promoted.fold.subjects.get("day/0")
    number = 1 if days is None else days.last(DOSSIERS.name)[0] + 1
    promoted.take(DOSSIERS.name, Envelope("next", "", event.type_name(), "day/0", number, 1), event)
    for envelope, said in promoted.announced[told:]:
        shown.take(PROMOTIONS.name, envelope, said)


@pytest.mark.parametrize("name", STORIES)
def test_nothing_that_was_told_can_be_left_out_or_told_twice(name: str) -> None:
    product, _ = lived(STORIES[name], Random(0))
    told_by_hand(product, DOSSIERS, "day/0", DayOpened(date=LAST + timedelta(days=2)))
    assert {one.kind for one in unexplained(product)} <= {Kind.DECISION_MISSING}
    events = product.history.events[PROMOTIONS.name, SUBJECT]
    for number, told in list(events.items()):
        before = found(product)
        del events[number]
        assert found(product) != before, f"{told.type} {number} left out"
        events[number] = told
        events[max(events) + 1] = replace(told, sequence=max(events) + 1)
        assert found(product) != before, f"{told.type} {number} told twice"
        del events[max(events)]


def found(product: OneProduct) -> list[Unexplained]:
    product.history.broken.clear()
    return unexplained(product)


@pytest.mark.parametrize(
    ("opened", "missing"),
    [
        (date(2029, 2, 20), 0),
        (date(2029, 2, 21), 1),
        (date(2029, 3, 23), 2),
        (date(2029, 4, 12), 3),
        (CLOSES, 4),
        (EXPIRES, 4),
        (EXPIRES + timedelta(days=1), 1),
    ],
)
def test_what_a_day_was_bound_to_bring_is_missed(opened: date, missing: int) -> None:
    product, _ = lived((CERTIFIED, FIRST_SHEETS), Random(0))
    told_by_hand(product, DOSSIERS, "day/0", day(opened))

    kinds = [one.kind for one in Decisions(cast(Flow, product), little_rulebooks(), little_editions()).check()]

    assert kinds == [Kind.DECISION_MISSING] * missing


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", STORIES)
def test_who_must_hear_of_a_certificate_does(name: str, seed: int) -> None:
    product, _ = lived(STORIES[name], Random(seed))

    due = dict(Notices(cast(Flow, product))._due(SUBJECT))  # the rest of the check is about deliveries

    written = {e.notice_id: e for one in product.history.on(NOTICES) if isinstance(e := one.event, NoticeWritten)}
    assert {identity: notice for identity, (notice, _) in due.items()} == written


@pytest.mark.parametrize(
    ("filed_on", "flagged", "wrong"),
    [
        (date(2029, 2, 20), False, "181 days"),
        (date(2029, 2, 21), False, None),
        (CLOSES, False, None),
        (CLOSES, True, "120 days"),
        (CLOSES + timedelta(days=1), True, None),
        (CLOSES + timedelta(days=1), False, "119 days"),
        (LAST, True, None),
        (LAST + timedelta(days=1), True, "-181 days"),
    ],
)
def test_a_renewal_outside_its_days_or_flagged_otherwise_is_named(
    filed_on: date, flagged: bool, wrong: str | None
) -> None:
    issued = recognised()
    late = Late(certificate_id=issued.certificate_id, expires_on=EXPIRES, article="12.3") if flagged else None
    filing = renewal(filed_on).model_copy(update={"late_for": late})
    product, _ = lived(((*CERTIFIED, filing), FIRST_SHEETS), Random(0))

    named = list(windows(product.history.of(DOSSIERS, SUBJECT), [issued], little_rulebooks()))

    assert bool(named) is (wrong is not None)
    assert all(wrong is not None and f"filed {wrong} before 2029-08-20" in words for _, words in named)


def recognised() -> ProductRecognised:
    product, _ = lived((CERTIFIED, FIRST_SHEETS), Random(0))
    told = (one.event for one in product.history.of(PROMOTIONS, SUBJECT))
    return next(one for one in told if isinstance(one, ProductRecognised))


def test_the_console_tells_each_step_of_a_certificate() -> None:
    lines = []
    for name in STORIES:
        _, replicas = lived(STORIES[name], Random(0))
        lines += [f"{line.title}: {line.detail}" for line in tell(replicas["console"].state)]

    assert set(lines) >= {
        "Đến hạn nhắc đánh giá lại: nộp hồ sơ chậm nhất ngày 22/04/2029",
        "Giấy chứng nhận hết hiệu lực: hết 36 tháng",
        "Giấy chứng nhận hết hiệu lực: đã có giấy chứng nhận mới",
        "Giấy chứng nhận hết hiệu lực: đánh giá lại không được công nhận",
        "Giấy chứng nhận hết hiệu lực: hết thời gian kéo dài",
        "Giấy chứng nhận được kéo dài hiệu lực: đến 16/02/2030, hồ sơ đánh giá lại chưa có kết quả",
        "Kết luận kiểm tra: số 1/KL, vi phạm quy định pháp luật",
        "Kết luận kiểm tra: số 1/KL, không có vi phạm",
        "Xã xác nhận ngừng sản xuất: số 2/XN",
        "Thu hồi giấy chứng nhận: số 2/QĐ-TH, vi phạm quy định pháp luật",
        "Cần xử lý: thu hồi giấy chứng nhận, chậm nhất ngày 16/06/2027",
        "Cần xử lý: thu hồi giấy chứng nhận đã quá hạn",
        "Quyết định bị giữ lại: số 1/QĐ-TH: không đúng thẩm quyền",
        "Quyết định bị giữ lại: số 3/QĐ-TH: không có giấy chứng nhận đang hiệu lực",
    }


@pytest.mark.parametrize(
    ("name", "status", "stars", "alarms"),
    [
        ("reminded, and ended with its months", "certificate_ended", None, ()),
        ("renewed in time", "recognised_3", 3, ()),
        ("undecided at its end, then not recognised", "ended", None, ()),
        ("upgraded, and the upgrade annulled", "scored", 4, ()),
        ("not recognised at first, which is annulled", "scored", 4, ()),
        ("withdrawn in its days", "certificate_withdrawn", None, ()),
        ("withdrawn late, by the right authority at last", "certificate_withdrawn", None, ("decision_held",)),
        ("to be withdrawn, and ended before", "certificate_ended", None, ()),
    ],
)
def test_the_console_shows_where_a_certificate_stands(
    name: str, status: str, stars: int | None, alarms: tuple[str, ...]
) -> None:
    _, replicas = lived(STORIES[name], Random(0))
    stands = standing(replicas["console"].state)

    assert (stands.status, stands.stars, stands.alarms) == (status, stars, alarms)
