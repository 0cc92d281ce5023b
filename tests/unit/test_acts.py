"""What the acts say, as loaded: days, bands, ladders, pins and transitions."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from fractions import Fraction

import pytest

from shared.rulebooks.loader import load
from shared.rulebooks.model import MonthDay, NoRegime, Parameter, Regime, Rulebook, Rulebooks

BOOKS = load()
ACT = "qd26-2026"
ALL = ("qd490-2018", "qd1048-2019", "qd148-2023", "qd148-1489-2025", ACT)


def book(act: str = ACT) -> Rulebook:
    """The rulebook of an act."""
    found = BOOKS.by_id(act)
    assert found is not None
    return found


def test_the_act_in_force_is_read_as_printed() -> None:
    regime = book().regime

    assert (regime.act, regime.signed_on, regime.valid_from) == ("26/2026/QĐ-TTg", date(2026, 5, 22), date(2026, 5, 22))
    assert regime.valid_to is None
    assert regime.levels == ("commune", "province", "central")
    assert regime.parts == {"A": 40, "B": 25, "C": 35}
    assert regime.certificate_months.value == 36
    assert (regime.clocks["commune_assessment"].count, regime.clocks["commune_assessment"].unit) == (15, "working_days")
    assert [(each.level, each.cut_off, each.finish) for each in regime.rounds] == [
        ("province", MonthDay(4, 30), MonthDay(6, 30)),
        ("province", MonthDay(10, 30), MonthDay(12, 30)),
        ("central", MonthDay(7, 30), MonthDay(9, 30)),
        ("central", MonthDay(1, 30), MonthDay(3, 30)),
    ]
    assert regime.by_law.scoring_roles.value == ("chair", "member", "expert")
    assert regime.by_law.scoring_roles.article is None


@pytest.mark.parametrize(
    ("total", "stars"),
    [("100", 5), ("90", 5), ("17999/200", 4), ("70", 4), ("139/2", 3), ("50", 3), ("99/2", 2), ("30", 2), ("0", 1)],
)
def test_every_total_lies_in_exactly_one_band(total: str, stars: int) -> None:
    assert [band.stars for band in book().regime.bands if band.holds(Fraction(total))] == [stars]


@pytest.mark.parametrize(("stars", "level"), [(5, "central"), (4, "province"), (3, "province"), (2, None), (1, None)])
def test_the_authority_follows_the_stars(stars: int, level: str | None) -> None:
    assert book().regime.ladder.authority(stars) == level


@pytest.mark.parametrize(
    ("total", "stars", "duty"), [(90, 5, "required"), (92, 4, "on_word"), (92, 3, None), (89, 4, None)]
)
def test_who_moves_up_from_the_province(total: int, stars: int, duty: str | None) -> None:
    rung = book().regime.ladder.rung("province")
    assert rung is not None

    rule = rung.forward(Fraction(total), stars)

    assert (None if rule is None else rule.duty) == duty
    assert rule is None or rule.to == "central"


@pytest.mark.parametrize(("total", "stars", "back"), [(89, 4, True), (95, 4, True), (90, 5, False)])
def test_the_centre_hands_back_what_it_does_not_recognise(total: int, stars: int, *, back: bool) -> None:
    rung = book().regime.ladder.rung("central")
    assert rung is not None
    assert rung.hand_back is not None

    assert rung.hand_back.holds(Fraction(total), stars) is back
    assert rung.hand_back.to == "province"


def test_the_ladder_knows_what_comes_after_each_level() -> None:
    ladder = book().regime.ladder

    assert ladder.first.level == "commune"
    assert [rung and rung.level for rung in map(ladder.after, ("commune", "province", "central", "district"))] == [
        "province",
        "central",
        None,
        None,
    ]
    assert ladder.rung("district") is None


def test_the_five_acts_stand_side_by_side_the_newest_last() -> None:
    assert tuple(each.regime.id for each in BOOKS.all) == ALL


@pytest.mark.parametrize(
    ("day", "act"),
    [
        (date(2018, 5, 7), "qd490-2018"),
        (date(2019, 8, 20), "qd490-2018"),
        (date(2019, 8, 21), "qd1048-2019"),
        (date(2023, 2, 23), "qd1048-2019"),
        (date(2023, 2, 24), "qd148-2023"),
        (date(2025, 7, 5), "qd148-2023"),
        (date(2025, 7, 6), "qd148-1489-2025"),
        (date(2026, 5, 21), "qd148-1489-2025"),
        (date(2026, 5, 22), ACT),
        (date(2026, 7, 20), ACT),
    ],
)
@pytest.mark.parametrize("kind", ["first", "upgrade", "renewal"])
def test_a_dossier_is_pinned_by_its_filing_date(day: date, act: str, kind: str) -> None:
    pinned = BOOKS.regime_for(day, kind)

    assert isinstance(pinned, Rulebook)
    assert pinned.regime.id == act


@pytest.mark.parametrize(
    ("filed_on", "kind", "finish_by", "article"),
    [
        (date(2026, 5, 21), "first", date(2026, 7, 21), "12.2.a"),
        (date(2026, 5, 21), "upgrade", date(2026, 7, 21), "12.2.a"),
        (date(2026, 5, 21), "renewal", date(2026, 6, 21), "12.2.b"),
    ],
)
def test_a_dossier_filed_before_the_act_finishes_under_the_old_rules_by_a_day(
    filed_on: date, kind: str, finish_by: date, article: str
) -> None:
    rule = BOOKS.old_rules_for("qd148-1489-2025", filed_on, kind)

    assert rule is not None
    assert (rule.act, rule.finish_by, rule.article) == ("26/2026/QĐ-TTg", finish_by, article)


@pytest.mark.parametrize("kind", ["first", "upgrade", "renewal"])
def test_a_dossier_filed_on_the_first_day_of_the_act_has_no_old_rules(kind: str) -> None:
    assert BOOKS.old_rules_for(ACT, date(2026, 5, 22), kind) is None


def test_only_an_act_later_than_the_dossier_s_own_sets_an_end_to_its_rules() -> None:
    long_ago = date(2019, 3, 1)

    ends = {act: BOOKS.old_rules_for(act, long_ago, "first") for act in ("qd490-2018", "qd148-2023", ACT, "qd-0")}

    assert {act: None if rule is None else rule.finish_by for act, rule in ends.items()} == {
        "qd490-2018": date(2026, 7, 21),
        "qd148-2023": date(2026, 7, 21),
        ACT: None,
        "qd-0": None,
    }


def test_older_certificates_run_to_their_end_and_the_older_act_lapses() -> None:
    transitions = book().regime.transitions

    assert (transitions.certificates.value, transitions.certificates.article) == ("run_to_their_end", "12.1")
    assert [(each.regime, each.on, each.article) for each in transitions.lapses] == [
        ("qd148-1489-2025", date(2026, 7, 21), "11.2")
    ]


@pytest.mark.parametrize(
    ("total", "stars"),
    [
        ("100", 5), ("90", 5), ("8999/100", 4), ("89", 4), ("70", 4), ("139/2", 3), ("69", 3), ("50", 3),
        ("99/2", 2), ("49", 2), ("30", 2), ("2999/100", 1), ("0", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("act", ["qd490-2018", "qd1048-2019"])
def test_a_total_in_a_gap_of_the_text_of_2019_belongs_to_the_lower_class(act: str, total: str, stars: int) -> None:
    regime = book(act).regime

    assert [band.stars for band in regime.bands if band.holds(Fraction(total))] == [stars]
    assert (regime.band_gaps.value, regime.band_gaps.article) == ("lower_class", None)


@pytest.mark.parametrize(
    ("act", "levels", "authorities"),
    [
        ("qd490-2018", ("district", "province", "central"), ("province", "province", "central")),
        ("qd1048-2019", ("district", "province", "central"), ("province", "province", "central")),
        ("qd148-2023", ("district", "province", "central"), ("district", "province", "central")),
        ("qd148-1489-2025", ("commune", "province", "central"), ("province", "province", "central")),
    ],
)
def test_the_ladder_of_an_older_act(act: str, levels: tuple[str, ...], authorities: tuple[str, ...]) -> None:
    regime = book(act).regime

    assert regime.levels == levels
    assert tuple(regime.ladder.authority(stars) for stars in (3, 4, 5)) == authorities
    assert [regime.ladder.authority(stars) for stars in (1, 2)] == [None, None]


@pytest.mark.parametrize(
    ("act", "level", "total", "stars", "to"),
    [
        ("qd490-2018", "district", "50", 3, "province"),
        ("qd490-2018", "district", "99/2", 2, None),
        ("qd490-2018", "province", "69", 3, None),
        ("qd490-2018", "province", "70", 4, "central"),
        ("qd490-2018", "province", "90", 5, "central"),
        ("qd1048-2019", "district", "50", 3, "province"),
        ("qd1048-2019", "district", "49", 2, None),
        ("qd1048-2019", "province", "179/2", 4, None),
        ("qd1048-2019", "province", "90", 5, "central"),
        ("qd148-2023", "district", "139/2", 3, None),
        ("qd148-2023", "district", "70", 4, "province"),
        ("qd148-2023", "province", "179/2", 4, None),
        ("qd148-2023", "province", "90", 5, "central"),
        ("qd148-1489-2025", "province", "179/2", 4, None),
        ("qd148-1489-2025", "province", "90", 5, "central"),
    ],
)
def test_who_moves_up_under_an_older_act(act: str, level: str, total: str, stars: int, to: str | None) -> None:
    rung = book(act).regime.ladder.rung(level)
    assert rung is not None

    rule = rung.forward(Fraction(total), stars)

    assert (None if rule is None else rule.to) == to


def test_the_ladder_of_2018_runs_on_the_sets_of_781() -> None:
    assert book("qd490-2018").sets == book("qd1048-2019").sets
    assert book("qd490-2018").regime.criteria.article is None
    assert book("qd490-2018").version != book("qd1048-2019").version


@pytest.mark.parametrize("act", ["qd148-2023", "qd148-1489-2025"])
def test_an_act_whose_criteria_are_not_to_be_had_has_the_words_to_refuse_a_sheet(act: str) -> None:
    criteria = book(act).regime.criteria

    assert book(act).sets == {}
    assert criteria.origin == "none"
    assert "không nhận phiếu đánh giá" in criteria.vietnamese
    assert "no score sheet is taken" in criteria.english
    assert "ResultImported" in criteria.vietnamese
    assert "ResultImported" in criteria.english


@pytest.mark.parametrize("act", ALL)
def test_whatever_rests_on_no_article_has_its_reason(act: str) -> None:
    regime = book(act).regime
    stated: list[object] = [getattr(regime, each.name) for each in fields(Regime)]
    stated += [getattr(regime.by_law, each.name) for each in fields(regime.by_law)]
    stated += [getattr(regime.deliberation, each.name) for each in fields(regime.deliberation)]
    stated += [rule for rung in regime.ladder.rungs for rule in (*rung.forwards, rung.hand_back)]

    silent = [each for each in stated if getattr(each, "article", "") is None]

    assert all(getattr(each, "reason", "") for each in silent)
    assert any(isinstance(each, Parameter) for each in silent)


@pytest.mark.parametrize(
    ("day", "kind", "code", "words"),
    [
        (date(2026, 5, 21), "first", "no-act-in-force", "21/05/2026"),
        (date(2026, 5, 22), "appeal", "kind-unknown", "first, upgrade, renewal"),
    ],
)
def test_no_act_for_a_dossier_is_a_clear_answer(day: date, kind: str, code: str, words: str) -> None:
    answer = Rulebooks((book(),)).regime_for(day, kind)

    assert isinstance(answer, NoRegime)
    assert (answer.code, answer.filed_on, answer.kind) == (code, day, kind)
    assert words in answer.vietnamese
    assert answer.english


def test_an_unknown_act_has_no_rulebook() -> None:
    assert BOOKS.by_id("qd-0") is None


@pytest.mark.parametrize("act", ALL)
def test_members_lie_ten_points_apart_at_most_and_score_again_once(act: str) -> None:
    stated = book(act).regime.deliberation

    assert (stated.deviation_points_max.value, stated.deviation_points_max.article) == (10, None)
    assert (stated.rescore_rounds_max.value, stated.rescore_rounds_max.article) == (1, None)
    assert (stated.quorum_over.value, stated.quorum_over.article) == ("not_recused", None)


def test_only_renewals_under_26_2026_may_be_scored_by_written_opinion() -> None:
    stated = {each.regime.id: each.regime.deliberation.written_kinds for each in BOOKS.all}

    assert (stated["qd26-2026"].value, stated["qd26-2026"].article) == (("renewal",), "7.6.d, 7.6.e")
    assert {kinds.value for act, kinds in stated.items() if act != "qd26-2026"} == {()}
