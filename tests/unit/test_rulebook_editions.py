"""A rulebook grows; a dossier pinned to an earlier edition of it is judged as it was then, under that version."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from deploy.verify.comparison import Due
from deploy.verify.evaluated import Findings
from deploy.verify.promoted import Ladder
from services.evaluation.domain.dossier import State
from services.evaluation.handlers import decide as evaluate
from services.promotion.domain.standing import Standing
from services.promotion.handlers import decide as promote
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event, Exact
from shared.contracts.promotions import StageOpened
from shared.contracts.scores import CommuneAssessmentConcluded, ProductScored
from shared.contracts.topics import DOSSIERS, PROMOTIONS
from shared.kernel.outcomes import Applied, DeadLettered
from shared.rulebooks.calendar import load_editions
from shared.rulebooks.loader import RULEBOOKS, load
from shared.rulebooks.publication import EARLIER, PUBLISHED, edition, hashes_below, listing
from shared.rulebooks.reading import RulebookError
from tests.support.product_events import AN, BINH, CHAIR, FIRST, assessed, closed, filed, seated, sheet
from tests.unit.test_verify_order import told

ACT = "qd26-2026"
COFFEE_ALONE = "qd26-2026@918836b65ca2"
REGIME = f"{ACT}/regime.yaml"
LEAVES = f"{ACT}/criteria/leaves.yaml"
SET_13 = f"{ACT}/criteria/13.yaml"
KEPT = f"{ACT}/{EARLIER}/918836b65ca2"
EVER_PUBLISHED = {
    "qd490-2018": {"f2a3a965f635", "356599fd9647"},
    "qd1048-2019": {"d9ae2ff5d359", "c8d6e5c8d8b0"},
    "qd148-2023": {"e6aa33129037", "5420188aa528"},
    "qd148-1489-2025": {"8ad7d99cd19e", "1c43b033814b"},
    ACT: {"918836b65ca2", "e1be57cf52ba", "0ad1a796bbcb", "a38f43a3bf51"},
}
ENVELOPE = Envelope("1", "/services/registration", "", "", 1, 0)
OPENED = {
    "dossier_id": FIRST,
    "opened_on": date(2026, 6, 1),
    "due_on": None,
    "basis": {"act": "26/2026/QĐ-TTg", "rulebook": COFFEE_ALONE, "articles": ()},
}
BEST_ON_SET_13 = {
    "1.1": 3, "1.2": 3, "1.3": 4, "1.4": 3, "1.5": 4, "1.6": 3, "1.7": 2, "2.1": 4, "2.2": 4, "2.3": 3, "2.4": 2,
    "3.1": 3, "3.2": 2, "3.3": 3, "3.4": 2, "3.5": 3, "4.1": 4, "4.2": 4, "4.3": 5, "5.1": 5, "5.2": 3, "5.3": 4,
    "6.1.1": 3, "6.1.2": 3, "6.1.3": 3, "6.1.4": 3, "6.1.5": 3, "6.2.1": 3, "6.2.2": 3,
    "7": 4, "8": 3, "9": 3, "10": 2, "11": 3,
}  # fmt: skip
SAYS_OTHERWISE = [
    (LEAVES, "{points: 2, label: Có chế biến}", "{points: 2, mark: 5, label: Có chế biến}", "'gia-tang-gia-tri' says"),
    (LEAVES, "mark: 3, label: Từ một nửa đến", "mark: 4, label: Từ một nửa đến", "'nguyen-lieu-che-bien' says other"),
    (REGIME, "upper_included: false, article: 3.3.b}", "upper_included: false, article: 3.3}", "'bands' says other"),
    (REGIME, "certificate_months: {value: 36,", "certificate_months: {value: 24,", "'certificate_months' says other"),
    (REGIME, "kinds: [first, upgrade, renewal]", "kinds: [first, renewal, upgrade]", "'kinds' says other"),
    (SET_13, "samples: ", "# samples: ", "was changed or removed, and is not kept"),
]
SAYS_THE_SAME = [
    (LEAVES, "label: Có chế biến}", "label: Có qua chế biến}"),
    (REGIME, "valid_to: null ", "valid_to: 2031-01-01 "),
    (REGIME, "certificate_months: {value: 36,", "# another remark\ncertificate_months: {value: 36,"),
]


def copy(folder: Path) -> Path:
    """A copy of the act with its earlier editions, that a test may break."""
    shutil.copytree(RULEBOOKS / ACT, folder / ACT)
    return folder


def change(folder: Path, file: str, was: str, becomes: str) -> None:
    """The file says something else, and so it is published."""
    text = (folder / file).read_text(encoding="utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, becomes), encoding="utf-8")
    (folder / ACT / PUBLISHED).write_text(listing(hashes_below(folder / ACT)), encoding="utf-8")


def keep(folder: Path, *files: str) -> str:
    """The name of the present edition, now kept as an earlier one with these of its files."""
    lines = (folder / ACT / PUBLISHED).read_text(encoding="utf-8")
    kept = folder / ACT / EARLIER / edition(lines)
    (kept / "criteria").mkdir(parents=True)
    for file in (PUBLISHED, *files):
        shutil.copy(folder / ACT / file, kept / file)
    return kept.name


def keep_leaves_in_every_edition(folder: Path) -> None:
    """Each earlier edition has its leaves beside it, so that a change of them is judged and not only missed."""
    for kept in (folder / ACT / EARLIER).iterdir():
        (kept / "criteria").mkdir(exist_ok=True)
        if not (kept / "criteria" / "leaves.yaml").exists():
            shutil.copy(folder / LEAVES, kept / "criteria")


def known(folder: Path) -> set[str]:
    """The editions of the act a dossier may be pinned to."""
    (book,) = load(folder).all
    return {each.version.removeprefix(f"{ACT}@") for each in (book, *book.earlier)}


def evaluated(*events: Event) -> tuple[Event, ...]:
    """What evaluation says of the last event, each having been taken in under the rulebooks of today."""
    books, state = load(), State()
    facts: tuple[Event, ...] = ()
    for event in events:
        outcome = evaluate(books, state, event, ENVELOPE)
        assert isinstance(outcome, Applied), (event, outcome)
        state, facts = outcome.state, outcome.facts
    return facts


def versions(due: Sequence[Due]) -> list[str]:
    """The versions that what is due rests on."""
    return [
        each.event.basis.rulebook for each in due if isinstance(each.event, StageOpened | CommuneAssessmentConcluded)
    ]


def test_every_edition_ever_published_is_known() -> None:
    books = load().all

    known = {book.regime.id: {each.version.partition("@")[2] for each in (book, *book.earlier)} for book in books}

    assert known == EVER_PUBLISHED


def test_an_earlier_edition_has_the_sets_there_were_and_its_own_version() -> None:
    books = load()

    then, now = books.pinned(ACT, COFFEE_ALONE), books.by_id(ACT)

    assert then is not None
    assert now is not None
    assert (then.version, set(then.sets)) == (COFFEE_ALONE, {13})
    assert (then.regime, then.sets[13]) == (now.regime, now.sets[13])
    assert books.pinned(ACT, now.version) == now
    assert books.pinned("qd1048-2019", COFFEE_ALONE) is None
    assert books.pinned(ACT, f"{ACT}@000000000000") is None


def test_a_dossier_pinned_to_an_earlier_edition_is_scored_under_its_version() -> None:
    sheets = [sheet(FIRST, 7, member, BEST_ON_SET_13) for member in (CHAIR, AN, BINH)]

    facts = evaluated(
        filed(FIRST, date(2026, 6, 1), rulebook=COFFEE_ALONE),
        StageOpened.model_validate({**OPENED, "stage": {"level": "province", "attempt": 1}}),
        seated(FIRST, 7),
        *sheets,
        closed(FIRST, 7, date(2026, 8, 15)),
    )

    (scored,) = facts
    assert isinstance(scored, ProductScored)
    assert (scored.total, scored.stars) == (Exact(numerator=100, denominator=1), 5)
    assert scored.basis.rulebook == COFFEE_ALONE


@pytest.mark.parametrize("changed", [{"criteria_set": 14}, {"rulebook": f"{ACT}@000000000000"}])
def test_what_no_edition_holds_is_a_dead_letter(changed: dict[str, object]) -> None:
    event = filed(FIRST, date(2026, 6, 1), rulebook=COFFEE_ALONE).model_copy(update=changed)

    outcome = evaluate(load(), State(), event, ENVELOPE)

    assert isinstance(outcome, DeadLettered)


def test_promotion_opens_the_stage_under_the_version_pinned_to() -> None:
    event = filed(FIRST, date(2026, 6, 1), rulebook=COFFEE_ALONE)

    outcome = promote(load(), load_editions(), Standing(), event, ENVELOPE)

    assert isinstance(outcome, Applied)
    assert [each.basis.rulebook for each in outcome.facts if isinstance(each, StageOpened)] == [COFFEE_ALONE]


def test_promotion_takes_no_version_that_was_never_published() -> None:
    event = filed(FIRST, date(2026, 6, 1), rulebook=f"{ACT}@000000000000")

    assert isinstance(promote(load(), load_editions(), Standing(), event, ENVELOPE), DeadLettered)


@pytest.mark.parametrize(("file", "was", "becomes", "cause"), SAYS_OTHERWISE)
def test_an_edition_that_is_not_said_still_is_refused(
    file: str, was: str, becomes: str, cause: str, tmp_path: Path
) -> None:
    folder = copy(tmp_path)
    keep_leaves_in_every_edition(folder)
    change(folder, file, was, becomes)

    with pytest.raises(RulebookError, match=cause):
        load(folder)


@pytest.mark.parametrize(("file", "was", "becomes"), SAYS_THE_SAME)
def test_words_remarks_and_the_act_s_end_judge_no_pinned_dossier(
    file: str, was: str, becomes: str, tmp_path: Path
) -> None:
    folder = copy(tmp_path)
    present = keep(folder, "regime.yaml", "criteria/leaves.yaml")
    change(folder, file, was, becomes)

    assert {"918836b65ca2", present} < known(folder)


def test_a_set_that_was_published_is_not_left_out(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    keep(folder)
    (folder / ACT / "criteria" / "26.yaml").unlink()
    change(folder, REGIME, "# 11.1", "# 11")

    with pytest.raises(RulebookError, match=r"criteria/26\.yaml was changed or removed") as fault:
        load(folder)

    assert (fault.value.file, fault.value.line) == (f"{ACT}/{EARLIER}/0ad1a796bbcb/{PUBLISHED}", 26)


def test_a_set_gains_nothing(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    change(folder, SET_13, "samples: 5", "# samples: 5")
    keep(folder, "criteria/13.yaml")
    change(folder, SET_13, "# samples: 5", "samples: 5")

    with pytest.raises(RulebookError, match="'samples' says other than") as fault:
        load(folder)

    assert (fault.value.file, fault.value.line) == (SET_13, 5)


def test_borrowed_sets_are_said_still_where_their_lender_kept_them(tmp_path: Path) -> None:
    for act in ("qd490-2018", "qd1048-2019"):
        shutil.copytree(RULEBOOKS / act, tmp_path / act, ignore=shutil.ignore_patterns(EARLIER))
    lists = [(tmp_path / act / PUBLISHED).read_text(encoding="utf-8") for act in ("qd490-2018", "qd1048-2019")]
    borrowed = lists[0] + "".join(
        line.replace("  ", "  ../qd1048-2019/") + "\n" for line in lists[1].splitlines() if "regime.yaml" not in line
    )
    for act, lines in (("qd490-2018", borrowed), ("qd1048-2019", lists[1])):
        kept = tmp_path / act / EARLIER / edition(lines)
        (kept / "criteria").mkdir(parents=True)
        (kept / PUBLISHED).write_text(lines, encoding="utf-8")
    leaves = tmp_path / "qd1048-2019" / "criteria" / "leaves.yaml"
    shutil.copy(leaves, kept / "criteria")
    leaves.write_text(leaves.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    (tmp_path / "qd1048-2019" / PUBLISHED).write_text(listing(hashes_below(tmp_path / "qd1048-2019")), encoding="utf-8")

    books = load(tmp_path)

    for act, lines in (("qd490-2018", borrowed), ("qd1048-2019", lists[1])):
        before, now = books.pinned(act, f"{act}@{edition(lines)}"), books.by_id(act)
        assert before is not None
        assert now is not None
        assert before.version != now.version
        assert before.sets == now.sets


def test_a_list_under_another_edition_s_name_is_refused(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / KEPT).rename(folder / ACT / EARLIER / "000000000000")

    with pytest.raises(RulebookError, match="the list of the edition 918836b65ca2") as fault:
        load(folder)

    assert fault.value.file == f"{ACT}/{EARLIER}/000000000000/{PUBLISHED}"


@pytest.mark.parametrize("file", ["regime.yaml", "criteria/leaves.yaml"])
def test_a_kept_file_is_the_one_that_was_listed(file: str, tmp_path: Path) -> None:
    folder = copy(tmp_path)
    with (folder / KEPT / file).open("a", encoding="utf-8") as opened:
        opened.write("# a harmless remark\n")

    with pytest.raises(RulebookError, match=f"{file} was changed or removed, and is not kept") as fault:
        load(folder)

    assert fault.value.line == {"criteria/leaves.yaml": 2, "regime.yaml": 3}[file]


def test_the_account_expects_what_the_version_pinned_to_says() -> None:
    known, unknown = (filed(FIRST, date(2026, 6, 1), rulebook=each) for each in (COFFEE_ALONE, f"{ACT}@000000000000"))
    opened = told(PROMOTIONS, [StageOpened.model_validate({**OPENED, "stage": {"level": "commune", "attempt": 1}})])
    books, days = load(), load_editions()
    ladders, findings = (Ladder(books, days, frozenset()), Ladder(books, days, frozenset())), Findings(books)

    for ladder, event in zip(ladders, (known, unknown), strict=True):
        ladder.walk(told(DOSSIERS, [event]), [])
    findings.walk(told(DOSSIERS, [known, assessed(FIRST, date(2026, 6, 10))]), [], opened)

    assert [versions(each.due) for each in (*ladders, findings)] == [[COFFEE_ALONE], [], [COFFEE_ALONE]]
