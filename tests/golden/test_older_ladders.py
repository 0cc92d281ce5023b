"""Each older ladder end to end: what is told was typed by hand from the acts' levels, bands and forwarding rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import permutations
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.verify.decisions import Decisions
from deploy.verify.findings import Unexplained
from deploy.verify.flow import Flow
from deploy.verify.overview import check_overview
from deploy.verify.states import check_states
from services.console.handlers import pipeline as console
from services.evaluation.handlers import pipeline as evaluation
from services.notification.handlers import pipeline as notification
from services.promotion.handlers import pipeline as promotion
from shared.contracts import promotions, scores
from shared.contracts.event import Event
from shared.contracts.topics import CONTACTS, DEAD_LETTERS, NOTICES, PROMOTIONS, SCORES
from shared.rulebooks.calendar import Editions, load_editions
from tests.support.interleavings import Choose, Log, Replica, run
from tests.support.older_ladders import (
    Said,
    assessed,
    decided,
    decision_annulled,
    filed,
    imported,
    logs,
    session_annulled,
    sits,
    to_centre,
    to_province,
)
from tests.support.registration import rules
from tests.unit.test_promotion_interleavings import RESULT, STAGE, STREAMS, WORDS, by_chance, in_order_of
from tests.unit.test_verify_corrections import SUBJECT, OneProduct, history_of, row, states


@cache
def editions() -> Editions:
    """The working days, loaded once."""
    return load_editions()


@dataclass(frozen=True)
class Ladder:
    """What was said, and what the services must tell."""

    said: tuple[Said, ...]
    told: str


LADDERS = {
    # 490: 3-5 stars go from district to province, 4-5 from province to the centre; the centre recognises 5.
    "490: four stars of the province go to the centre, which finds five": Ladder(
        (
            *filed(date(2019, 3, 1)),
            *sits("district", date(2019, 3, 20), 90),
            decided("district", date(2019, 3, 25), "approve_for_province", 5),
            to_province(date(2019, 3, 26)),
            *sits("province", date(2019, 5, 10), 70),
            decided("province", date(2019, 5, 20), "approve_for_central", 4),
            to_centre(date(2019, 5, 21)),
            *sits("central", date(2019, 8, 1), 90),
            decided("central", date(2019, 8, 15), "recognise", 5),
        ),
        """
        ProductScored district/1: 90/1, 5 stars
        ProductScored province/1: 70/1, 4 stars
        ProductScored central/1: 90/1, 5 stars
        StageOpened district/1 on 2019-03-01 due None
        ProductEligible for province: 90/1, 5 stars
        DossierForwarded district to province on 2019-03-26 by 0325/QĐ
        StageOpened province/1 on 2019-03-26 due None
        ProductEligible for central: 70/1, 4 stars
        DossierForwarded province to central on 2019-05-21 by 0520/QĐ
        StageOpened central/1 on 2019-05-21 due None
        ProductRecognised central 5 stars by 0815/QĐ on 2019-08-15 until 2022-08-15
        """,
    ),
    "490: three stars of the province are recognised there": Ladder(
        (
            *filed(date(2018, 5, 7)),
            *sits("district", date(2018, 6, 20), 50),
            decided("district", date(2018, 6, 21), "recognise", 3),
            decided("district", date(2018, 6, 22), "approve_for_province", 3),
            to_province(date(2018, 6, 26)),
            *sits("province", date(2018, 9, 10), 50),
            decided("province", date(2018, 9, 19), "approve_for_central", 3),
            decided("province", date(2018, 9, 20), "recognise", 3),
        ),
        """
        ProductScored district/1: 50/1, 3 stars
        ProductScored province/1: 50/1, 3 stars
        StageOpened district/1 on 2018-05-07 due None
        ProductEligible for province: 50/1, 3 stars
        DecisionHeld 0621/QĐ of 01 authority_lacking: 3, not 3
        DossierForwarded district to province on 2018-06-26 by 0622/QĐ
        StageOpened province/1 on 2018-06-26 due None
        DecisionHeld 0919/QĐ of 01 not_eligible: 3, not 3
        ProductRecognised province 3 stars by 0920/QĐ on 2018-09-20 until 2021-09-20
        """,
    ),
    "490: below fifty points the district ends it": Ladder(
        (
            *filed(date(2019, 8, 20)),
            *sits("district", date(2019, 9, 2), 49),
            decided("district", date(2019, 9, 3), "approve_for_province", 2),
            decided("district", date(2019, 9, 4), "end_without_certificate", 2),
        ),
        """
        ProductScored district/1: 49/1, 2 stars
        StageOpened district/1 on 2019-08-20 due None
        DecisionHeld 0903/QĐ of 01 not_eligible: 2, not 2
        DossierEnded district 2 stars by 0904/QĐ
        """,
    ),
    # 1048: 50 points and more go from district to province, 90 and more to the centre; 89 is four stars.
    "1048: five stars of the province go to the centre, whose 89 points the province decides on": Ladder(
        (
            *filed(date(2019, 8, 21)),
            *sits("district", date(2019, 9, 20), 50),
            decided("district", date(2019, 9, 25), "approve_for_province", 3),
            to_province(date(2019, 9, 26)),
            *sits("province", date(2019, 11, 10), 90),
            decided("province", date(2019, 11, 20), "approve_for_central", 5),
            to_centre(date(2019, 11, 21)),
            *sits("central", date(2020, 2, 1), 89),
            decided("central", date(2020, 2, 15), "recognise", 4),
            decided("province", date(2020, 2, 29), "recognise", 4),
        ),
        """
        ProductScored district/1: 50/1, 3 stars
        ProductScored province/1: 90/1, 5 stars
        ProductScored central/1: 89/1, 4 stars
        StageOpened district/1 on 2019-08-21 due None
        ProductEligible for province: 50/1, 3 stars
        DossierForwarded district to province on 2019-09-26 by 0925/QĐ
        StageOpened province/1 on 2019-09-26 due None
        ProductEligible for central: 90/1, 5 stars
        DossierForwarded province to central on 2019-11-21 by 1120/QĐ
        StageOpened central/1 on 2019-11-21 due None
        TaskOpened decide_on_central_result for 01 on 2020-02-01: 89/1, 4 stars
        DecisionHeld 0215/QĐ of bnnmt authority_lacking: 4, not 4
        ProductRecognised province 4 stars by 0229/QĐ on 2020-02-29 until 2023-02-28
        TaskClosed decide_on_central_result on 2020-02-29
        """,
    ),
    "1048: 89 points of the province do not go up": Ladder(
        (
            *filed(date(2023, 2, 23)),
            *sits("district", date(2023, 3, 20), 70),
            decided("district", date(2023, 3, 25), "approve_for_province", 4),
            to_province(date(2023, 3, 26)),
            *sits("province", date(2023, 5, 10), 89),
            decided("province", date(2023, 5, 20), "approve_for_central", 4),
            to_centre(date(2023, 5, 21)),
            decided("province", date(2023, 5, 22), "recognise", 4),
        ),
        """
        ProductScored district/1: 70/1, 4 stars
        ProductScored province/1: 89/1, 4 stars
        StageOpened district/1 on 2023-02-23 due None
        ProductEligible for province: 70/1, 4 stars
        DossierForwarded district to province on 2023-03-26 by 0325/QĐ
        StageOpened province/1 on 2023-03-26 due None
        DecisionHeld 0520/QĐ of 01 not_eligible: 4, not 4
        DecisionHeld 0521/TTr of 01 request_not_open: None, not 4
        ProductRecognised province 4 stars by 0522/QĐ on 2023-05-22 until 2026-05-22
        """,
    ),
    # 148: the district recognises 3 stars, the province 4, the centre 5; 70 and 90 points go up.
    "148: three stars are the district's to recognise": Ladder(
        (
            *filed(date(2023, 2, 24), criteria_set=13),
            imported("district", date(2023, 4, 3), "69.99", 3),
            decided("district", date(2023, 4, 9), "recognise", 3),
        ),
        """
        ProductScored district/1: 6999/100, 3 stars
        StageOpened district/1 on 2023-02-24 due None
        ProductRecognised district 3 stars by 0409/QĐ on 2023-04-09 until 2026-04-09
        """,
    ),
    "148: the province's 65 points go back to the district": Ladder(
        (
            *filed(date(2024, 3, 1), criteria_set=13),
            imported("district", date(2024, 4, 3), "70", 4),
            decided("district", date(2024, 4, 9), "approve_for_province", 4),
            to_province(date(2024, 4, 10)),
            imported("province", date(2024, 6, 3), "65.5", 3),
            decided("province", date(2024, 6, 8), "recognise", 3),
            decided("district", date(2024, 6, 9), "recognise", 3),
        ),
        """
        ProductScored district/1: 70/1, 4 stars
        ProductScored province/1: 131/2, 3 stars
        StageOpened district/1 on 2024-03-01 due None
        ProductEligible for province: 70/1, 4 stars
        DossierForwarded district to province on 2024-04-10 by 0409/QĐ
        StageOpened province/1 on 2024-04-10 due None
        TaskOpened decide_on_result_above for 01 on 2024-06-03: 131/2, 3 stars
        DecisionHeld 0608/QĐ of 01 authority_lacking: 3, not 3
        ProductRecognised district 3 stars by 0609/QĐ on 2024-06-09 until 2027-06-09
        TaskClosed decide_on_result_above on 2024-06-09
        """,
    ),
    "148: four stars are the province's to recognise": Ladder(
        (
            *filed(date(2025, 7, 5), criteria_set=13),
            imported("district", date(2025, 7, 6), "90", 5),
            decided("district", date(2025, 7, 7), "approve_for_province", 5),
            to_province(date(2025, 7, 8)),
            imported("province", date(2025, 7, 9), "89.999999", 4),
            decided("province", date(2025, 7, 10), "recognise", 4),
        ),
        """
        ProductScored district/1: 90/1, 5 stars
        ProductScored province/1: 89999999/1000000, 4 stars
        StageOpened district/1 on 2025-07-05 due None
        ProductEligible for province: 90/1, 5 stars
        DossierForwarded district to province on 2025-07-08 by 0707/QĐ
        StageOpened province/1 on 2025-07-08 due None
        ProductRecognised province 4 stars by 0710/QĐ on 2025-07-10 until 2028-07-10
        """,
    ),
    "148: what the centre finds to be three stars is the district's again": Ladder(
        (
            *filed(date(2024, 3, 1), criteria_set=13),
            imported("district", date(2024, 4, 3), "91", 5),
            decided("district", date(2024, 4, 9), "approve_for_province", 5),
            to_province(date(2024, 4, 10)),
            imported("province", date(2024, 6, 3), "92", 5),
            decided("province", date(2024, 6, 8), "approve_for_central", 5),
            to_centre(date(2024, 6, 9)),
            imported("central", date(2024, 9, 1), "60", 3),
            decided("province", date(2024, 9, 8), "recognise", 3),
            decided("district", date(2024, 9, 9), "recognise", 3),
        ),
        """
        ProductScored district/1: 91/1, 5 stars
        ProductScored province/1: 92/1, 5 stars
        ProductScored central/1: 60/1, 3 stars
        StageOpened district/1 on 2024-03-01 due None
        ProductEligible for province: 91/1, 5 stars
        DossierForwarded district to province on 2024-04-10 by 0409/QĐ
        StageOpened province/1 on 2024-04-10 due None
        ProductEligible for central: 92/1, 5 stars
        DossierForwarded province to central on 2024-06-09 by 0608/QĐ
        StageOpened central/1 on 2024-06-09 due None
        TaskOpened decide_on_central_result for 01 on 2024-09-01: 60/1, 3 stars
        DecisionHeld 0908/QĐ of 01 authority_lacking: 3, not 3
        ProductRecognised district 3 stars by 0909/QĐ on 2024-09-09 until 2027-09-09
        TaskClosed decide_on_central_result on 2024-09-09
        """,
    ),
    "148: a result taken over is annulled, and another follows": Ladder(
        (
            *filed(date(2024, 3, 1), criteria_set=13),
            imported("district", date(2024, 4, 3), "91", 5),
            decided("district", date(2024, 4, 9), "approve_for_province", 5),
            to_province(date(2024, 4, 10)),
            session_annulled("district", date(2024, 4, 3), date(2024, 4, 20)),
            imported("district", date(2024, 4, 25), "60", 3),
            decided("district", date(2024, 4, 29), "recognise", 3),
        ),
        """
        ProductScored district/1: 91/1, 5 stars
        CorrectionNoted pauses: True
        ProductScored district/2: 60/1, 3 stars
        StageOpened district/1 on 2024-03-01 due None
        ProductEligible for province: 91/1, 5 stars
        DossierForwarded district to province on 2024-04-10 by 0409/QĐ
        StageOpened province/1 on 2024-04-10 due None
        SessionAnnulled district/1 on 2024-04-20, forwarded by 0409/QĐ
        StageOpened district/2 on 2024-04-20 due None
        ProductRecognised district 3 stars by 0429/QĐ on 2024-04-29 until 2027-04-29
        """,
    ),
    "148: nobody leaps over the province": Ladder(
        (
            *filed(date(2024, 3, 1), criteria_set=13),
            imported("district", date(2024, 4, 3), "91", 5),
            decided("district", date(2024, 4, 8), "approve_for_central", 5),
            decided("district", date(2024, 4, 9), "approve_for_province", 5),
            to_centre(date(2024, 4, 10)),
            to_province(date(2024, 4, 11)),
            imported("province", date(2024, 6, 3), "75", 4),
            decided("province", date(2024, 6, 8), "recognise", 4),
        ),
        """
        ProductScored district/1: 91/1, 5 stars
        ProductScored province/1: 75/1, 4 stars
        StageOpened district/1 on 2024-03-01 due None
        ProductEligible for province: 91/1, 5 stars
        DecisionHeld 0408/QĐ of 01 not_eligible: 5, not 5
        DecisionHeld 0410/TTr of 01 request_not_open: None, not 5
        DossierForwarded district to province on 2024-04-11 by 0409/QĐ
        StageOpened province/1 on 2024-04-11 due None
        ProductRecognised province 4 stars by 0608/QĐ on 2024-06-08 until 2027-06-08
        """,
    ),
    "148: an approval is annulled, and the province's result waits for another": Ladder(
        (
            *filed(date(2024, 3, 1), criteria_set=13),
            imported("district", date(2024, 4, 3), "91", 5),
            decided("district", date(2024, 4, 9), "approve_for_province", 5),
            to_province(date(2024, 4, 10)),
            decision_annulled("0409/QĐ", date(2024, 4, 20)),
            imported("province", date(2024, 6, 3), "75", 4),
            decided("district", date(2024, 5, 2), "approve_for_province", 5),
            to_province(date(2024, 5, 3)),
            decided("province", date(2024, 6, 8), "recognise", 4),
        ),
        """
        ProductScored district/1: 91/1, 5 stars
        CorrectionNoted pauses: True
        ProductScored province/2: 75/1, 4 stars
        StageOpened district/1 on 2024-03-01 due None
        ProductEligible for province: 91/1, 5 stars
        DossierForwarded district to province on 2024-04-10 by 0409/QĐ
        StageOpened province/1 on 2024-04-10 due None
        DecisionAnnulled 0409/QĐ on 2024-04-20, back at district/1
        DossierForwarded district to province on 2024-05-03 by 0502/QĐ
        StageOpened province/2 on 2024-05-03 due None
        ProductRecognised province 4 stars by 0608/QĐ on 2024-06-08 until 2027-06-08
        """,
    ),
    # 148 with 1489: the commune assesses, the province recognises 3 and 4, 90 points go to the centre.
    "1489: a commune, a province of 90 points, a centre of five stars": Ladder(
        (
            *filed(date(2025, 7, 6), criteria_set=13),
            assessed(date(2025, 7, 20)),
            imported("province", date(2025, 9, 3), "90", 5),
            decided("province", date(2025, 9, 9), "approve_for_central", 5),
            to_centre(date(2025, 9, 10)),
            imported("central", date(2025, 12, 3), "100", 5),
            decided("central", date(2025, 12, 9), "recognise", 5),
        ),
        """
        CommuneAssessmentConcluded commune/1 evaluation_requested on 2025-07-20
        ProductScored province/1: 90/1, 5 stars
        ProductScored central/1: 100/1, 5 stars
        StageOpened commune/1 on 2025-07-06 due None
        StageOpened province/1 on 2025-07-20 due None
        ProductEligible for central: 90/1, 5 stars
        DossierForwarded province to central on 2025-09-10 by 0909/QĐ
        StageOpened central/1 on 2025-09-10 due None
        ProductRecognised central 5 stars by 1209/QĐ on 2025-12-09 until 2028-12-09
        """,
    ),
    "1489: three stars are the province's to recognise": Ladder(
        (
            *filed(date(2026, 5, 21), criteria_set=13),
            assessed(date(2026, 5, 25)),
            imported("province", date(2026, 6, 3), "50", 3),
            decided("province", date(2026, 6, 9), "recognise", 3),
        ),
        """
        CommuneAssessmentConcluded commune/1 evaluation_requested on 2026-05-25
        ProductScored province/1: 50/1, 3 stars
        StageOpened commune/1 on 2026-05-21 due None
        StageOpened province/1 on 2026-05-25 due None
        ProductRecognised province 3 stars by 0609/QĐ on 2026-06-09 until 2029-06-09
        """,
    ),
}
SAYS: dict[type[Event], str] = {
    **WORDS,
    scores.ProductScored: STAGE + ": " + RESULT,
    scores.CorrectionNoted: "pauses: {0.pauses}",
    promotions.DecisionAnnulled: "{0.decision_number} on {0.annulled_on}, back at " + STAGE,
    promotions.SessionAnnulled: STAGE + " on {0.annulled_on}, forwarded by {0.forwarding_number}",
    promotions.DossierEnded: "{0.level} {0.stars} stars by {0.decision_number}",
}
each_ladder = pytest.mark.parametrize("ladder", LADDERS.values(), ids=list(LADDERS))


def play(ladder: Ladder, choose: Choose, times: int = 1) -> list[Replica[Any]]:
    return run(
        (evaluation(rules().rulebooks), promotion(rules().rulebooks, editions())),
        logs(SUBJECT, ladder.said),
        choose,
        times,
    )


def lines(replicas: Sequence[Replica[Any]]) -> list[str]:
    told: list[Any] = [event for replica in replicas for _, event in replica.announced]
    return [f"{type(event).__name__} {SAYS[type(event)].format(event)}" for event in told]


def typed(ladder: Ladder) -> list[str]:
    return [line.strip() for line in ladder.told.splitlines() if line.strip()]


@each_ladder
def test_whichever_stream_runs_ahead_the_ladder_is_climbed_as_typed(ladder: Ladder) -> None:
    first, *others = [play(ladder, in_order_of(priority)) for priority in permutations(STREAMS)]

    assert lines(first) == typed(ladder)
    assert [replica.waiting for replica in first] == [[], []]
    for other in others:
        assert [replica.announced for replica in other] == [replica.announced for replica in first]
        assert [replica.state for replica in other] == [replica.state for replica in first]


@each_ladder
@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), times=st.integers(1, 2))
def test_streams_interleaved_at_random_climb_the_same(ladder: Ladder, seed: int, times: int) -> None:
    assert lines(play(ladder, by_chance(seed), times)) == typed(ladder)


@each_ladder
def test_what_names_an_act_names_that_of_the_filing_day(ladder: Ladder) -> None:
    acts = {"490": "490/QĐ-TTg", "1048": "1048/QĐ-TTg", "148": "148/QĐ-TTg", "1489": "148/QĐ-TTg và 1489/QĐ-TTg"}
    name = next(name for name, each in LADDERS.items() if each is ladder).partition(":")[0]

    events = [event for replica in play(ladder, in_order_of(STREAMS)) for _, event in replica.announced]

    assert {event.basis.act for event in events if hasattr(event, "basis")} == {acts[name]}


def account_of(ladder: Ladder, chance: Random) -> OneProduct:
    """The product once every service has read all there is."""
    numbered: dict[str, Log] = {**logs(SUBJECT, ladder.said), CONTACTS.name: [], DEAD_LETTERS.name: []}
    pipelines = (evaluation(rules().rulebooks), promotion(rules().rulebooks, editions()), notification(), console())
    replicas = {one.pipeline.service: one for one in run(pipelines, numbered, chance.choice)}
    for service, topic in (("evaluation", SCORES), ("promotion", PROMOTIONS), ("notification", NOTICES)):
        numbered[topic.name] = replicas[service].announced
    return OneProduct(history_of(numbered), {**states(replicas), "console.product_row": [row(replicas["console"])]})


def unexplained(product: OneProduct) -> list[Unexplained]:
    flow = cast(Flow, product)
    decisions = Decisions(flow, rules().rulebooks, editions())
    return [*decisions.check(), *check_states(decisions), *check_overview(flow)]


@each_ladder
def test_every_older_ladder_is_explained_as_far_as_it_has_come(ladder: Ladder) -> None:
    for come in range(3, len(ladder.said) + 1):
        so_far = Ladder(ladder.said[:come], "")

        assert unexplained(account_of(so_far, Random(come))) == [], come


@each_ladder
def test_nothing_that_is_told_of_an_older_ladder_can_be_left_out(ladder: Ladder) -> None:
    product = account_of(ladder, Random(0))
    for topic in (SCORES, PROMOTIONS):
        for number, told in list(product.history.events[topic.name, SUBJECT].items()):
            del product.history.events[topic.name, SUBJECT][number]
            product.history.broken.clear()
            assert unexplained(product), f"{told.type} {number}"
            product.history.events[topic.name, SUBJECT][number] = told
