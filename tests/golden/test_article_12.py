"""Article 12 of 26/2026 at its first and last days: under which act a dossier is, and what follows when that ends."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, cast

import pytest

from deploy.verify.decisions import Decisions
from deploy.verify.findings import Kind
from deploy.verify.flow import Flow
from services.console.domain.standing import Alarm
from services.console.domain.standing import standing as standing_shown
from services.console.telling import tell
from services.promotion.domain.standing import Standing
from services.promotion.handlers import decide, pipeline
from services.registration.domain.announcements import DossierOpened
from services.registration.domain.facts import DossierKind
from shared.contracts.dossiers import DayOpened
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.promotions import TaskClosed, TaskOpened
from shared.contracts.topics import DOSSIERS, PROMOTIONS
from shared.kernel.outcomes import Applied
from shared.rulebooks.model import Rulebooks
from tests.golden.test_older_ladders import Ladder, account_of, editions, play, unexplained
from tests.support.console_sample import sample
from tests.support.older_ladders import Said, assessed, decided, filed, imported, published
from tests.support.registration import announced, desk, rules
from tests.unit.test_promotion_interleavings import STREAMS, in_order_of
from tests.unit.test_verify_corrections import SUBJECT, told_by_hand

OLD, NEW = "qd148-1489-2025", "qd26-2026"
ENVELOPE = Envelope("a day", "/services/registration", "", "day/0", 1, 1_780_000_000_000)
LAST = date(2026, 5, 21)
"""The last day before the act was in force."""
EVALUATED = (assessed(date(2026, 6, 1)), imported("province", date(2026, 6, 10), "72.5", 4))
RECOGNISED = decided("province", date(2026, 6, 20), "recognise", 4)


@pytest.mark.parametrize(("filed_on", "regime"), [(LAST, OLD), (date(2026, 5, 22), NEW)])
@pytest.mark.parametrize("kind", ["first", "upgrade", "renewal"])
def test_the_filing_day_alone_says_which_act_a_dossier_is_under(filed_on: date, regime: str, kind: DossierKind) -> None:
    office = desk(date(2026, 8, 1))
    *before, (unit, dossier) = filed(filed_on, kind, criteria_set=13)
    for said in before:
        office.admitted(*said)

    outcome = office.admitted(unit, dossier)

    (opened,) = announced(outcome)
    assert isinstance(opened, DossierOpened)
    assert (opened.regime, outcome.given["regime"]) == (regime, regime)


def standing_of(*said: Said) -> Standing:
    standing: Standing = play(Ladder(said, ""), in_order_of(STREAMS))[1].state
    return standing


def due_on(standing: Standing, rulebooks: Rulebooks | None = None) -> date | None:
    ask = pipeline(rulebooks or rules().rulebooks, editions()).due_on
    assert ask is not None
    return ask(standing)


def on_day(standing: Standing, day: date) -> tuple[Standing, tuple[Any, ...]]:
    outcome = decide(rules().rulebooks, editions(), standing, DayOpened(date=day), ENVELOPE)
    assert isinstance(outcome, Applied)
    return outcome.state, outcome.facts


@pytest.mark.parametrize(
    ("kind", "last_day", "article"),
    [
        ("first", date(2026, 7, 21), "12.2.a"),
        ("upgrade", date(2026, 7, 21), "12.2.a"),
        ("renewal", date(2026, 6, 21), "12.2.b"),
    ],
)
@pytest.mark.parametrize("so_far", [(), EVALUATED[:1], EVALUATED], ids=["at the commune", "at the province", "scored"])
def test_a_dossier_not_over_on_the_last_day_of_its_old_rules_is_a_task_on_the_day_after(
    kind: DossierKind, last_day: date, article: str, so_far: tuple[Said, ...]
) -> None:
    standing = standing_of(*filed(LAST, kind, criteria_set=13), *so_far)

    untouched, nothing = on_day(standing, last_day)
    after, (task,) = on_day(standing, last_day + timedelta(days=1))
    again, nothing_more = on_day(after, last_day + timedelta(days=2))

    assert due_on(standing) == last_day + timedelta(days=1)
    assert (untouched, nothing, again, nothing_more) == (standing, (), after, ())
    assert isinstance(task, TaskOpened)
    assert (task.task, task.unit, task.opened_on) == ("old_rules_ended", "01", last_day + timedelta(days=1))
    assert (task.basis.act, task.basis.articles) == ("148/QĐ-TTg và 1489/QĐ-TTg", (f"26/2026/QĐ-TTg, {article}",))
    assert task.words is not None
    assert f"chậm nhất ngày {last_day:%d/%m/%Y} (Quyết định 26/2026/QĐ-TTg, {article})" in task.words.vi
    assert f"finished under the earlier rules by {last_day}" in task.words.en


def test_one_that_was_over_by_then_or_was_filed_under_the_act_has_no_such_task() -> None:
    over = standing_of(*filed(LAST, criteria_set=13), *EVALUATED, RECOGNISED)
    under_the_act = standing_of(*filed(date(2026, 5, 22), criteria_set=13))

    told = [fact for standing in (over, under_the_act) for fact in on_day(standing, date(2026, 7, 22))[1]]

    assert [getattr(fact, "task", None) for fact in told] == ["stage_overdue"]


def test_an_older_dossier_finishes_by_the_same_day() -> None:
    standing = standing_of(*filed(date(2019, 3, 1)))

    assert due_on(standing) == date(2026, 7, 22)


def test_the_task_stays_through_every_step_and_is_done_with_the_dossier() -> None:
    standing = standing_of(*filed(LAST, criteria_set=13))
    waiting, _ = on_day(standing, date(2026, 7, 22))
    told: list[Event] = []
    for event in later():
        outcome = decide(rules().rulebooks, editions(), waiting, event, ENVELOPE)
        assert isinstance(outcome, Applied)
        waiting, told = outcome.state, [*told, *outcome.facts]

    closed = [event for event in told if isinstance(event, TaskClosed)]
    assert [(event.task, event.closed_on) for event in closed] == [("old_rules_ended", date(2026, 6, 20))]
    assert isinstance(told[-1], TaskClosed)


def later() -> list[Event]:
    """What promotion hears after the filing, in order: findings and the decision."""
    said = (*filed(LAST, criteria_set=13), *EVALUATED, RECOGNISED)
    evaluated, _ = play(Ladder(said, ""), in_order_of(STREAMS))
    return [*(event for _, event in evaluated.announced), published(*said)[DOSSIERS.name][-1]]


def test_the_accounting_asks_for_the_task_where_the_day_was_open_and_for_none_before() -> None:
    for day, missing in ((date(2026, 7, 21), []), (date(2026, 7, 22), [Kind.DECISION_MISSING])):
        product = account_of(Ladder((*filed(LAST, criteria_set=13), *EVALUATED), ""), Random(0))
        told_by_hand(product, DOSSIERS, "day/0", DayOpened(date=day))

        assert [one.kind for one in unexplained(product)] == missing


def test_the_accounting_explains_the_task_and_finds_one_of_another_day() -> None:
    said = (*filed(LAST, criteria_set=13), *EVALUATED)
    _, (task,) = on_day(standing_of(*said), date(2026, 7, 22))
    wrong = task.model_copy(update={"opened_on": date(2026, 7, 21)})

    for told, found in ((task, []), (wrong, [Kind.DECISION_DIFFERS])):
        product = account_of(Ladder(said, ""), Random(0))
        told_by_hand(product, DOSSIERS, "day/0", DayOpened(date=date(2026, 7, 22)))
        told_by_hand(product, PROMOTIONS, SUBJECT, told)

        books = rules().rulebooks
        assert [one.kind for one in Decisions(cast(Flow, product), books, editions()).check()] == found


def test_an_act_that_comes_later_finds_a_dossier_filed_before_it_as_soon_as_it_is_known() -> None:
    standing = standing_of(*filed(LAST, criteria_set=13))
    before = Rulebooks(tuple(book for book in rules().rulebooks.all if book.regime.id != NEW))

    assert (due_on(standing, before), due_on(standing)) == (None, date(2026, 7, 22))


def test_the_console_shows_that_old_rules_have_ended_until_the_dossier_is_over() -> None:
    _, (task,) = on_day(standing_of(*filed(LAST, criteria_set=13)), date(2026, 7, 22))
    product = sample(1, "Cà phê rang xay", "68", "filed", 1_790_000_000_000)
    told = task.model_copy(update={"dossier_id": product.id("dossier")})

    product.tell(told)

    assert standing_shown(product.state).alarms == (Alarm.OLD_RULES_ENDED,)
    assert tell(product.state)[0].detail == "hồ sơ nộp theo quy định cũ đã quá hạn mà chưa xong"
