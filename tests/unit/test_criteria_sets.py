"""The criteria sets of the acts, as loaded: their sums, their order, their leaves, and the slips of the print."""

from __future__ import annotations

import pytest
import yaml

from shared.rulebooks.loader import RULEBOOKS, load
from shared.rulebooks.model import Criterion, Rulebook

BOOKS = load()
ACT = "qd26-2026"


def book(act: str = ACT) -> Rulebook:
    """The rulebook of an act."""
    found = BOOKS.by_id(act)
    assert found is not None
    return found


def test_set_13_has_its_34_criteria_in_printed_order() -> None:
    criteria_set = book().sets[13]

    assert [criterion.code for criterion in criteria_set.criteria] == [
        "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4", "3.5",
        "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "6.1.1", "6.1.2", "6.1.3", "6.1.4", "6.1.5", "6.2.1", "6.2.2",
        "7", "8", "9", "10", "11",
    ]  # fmt: skip
    assert criteria_set.criterion("6.2.2") is criteria_set.criteria[28]
    assert criteria_set.criterion("6.2") is None


def test_the_leaves_of_the_tree_are_the_criteria_of_the_set() -> None:
    criteria_set = book().sets[13]

    below: list[Criterion] = []
    for part in criteria_set.parts:
        for section in part.sections:
            below += section.leaves()

    assert tuple(below) == criteria_set.criteria


@pytest.mark.parametrize(
    ("act", "parts", "numbers", "criteria"),
    [
        (ACT, {"A": 40, "B": 25, "C": 35}, list(range(1, 27)), 787),
        ("qd1048-2019", {"A": 35, "B": 25, "C": 40}, [6, 8, 12, 15, 16, 19], 179),
    ],
)
def test_every_set_sums_to_100_in_the_parts_of_its_act(
    act: str, parts: dict[str, int], numbers: list[int], criteria: int
) -> None:
    sets = book(act).sets

    assert sorted(sets) == numbers
    assert sum(len(each.criteria) for each in sets.values()) == criteria
    for each in sets.values():
        found = dict.fromkeys(parts, 0)
        for criterion in each.criteria:
            found[criterion.part] += criterion.maximum
        assert found == parts


@pytest.mark.parametrize("act", [ACT, "qd1048-2019"])
def test_every_leaf_is_used_and_stands_there_once(act: str) -> None:
    leaves = yaml.safe_load((RULEBOOKS / act / "criteria" / "leaves.yaml").read_text(encoding="utf-8"))

    assert set(leaves) == {criterion.leaf for each in book(act).sets.values() for criterion in each.criteria}
    assert len({str(leaf) for leaf in leaves.values()}) == len(leaves)


def test_a_better_option_never_asks_for_fewer_stars() -> None:
    for each in (*book(ACT).sets.values(), *book("qd1048-2019").sets.values()):
        for criterion in each.criteria:
            for case in {option.case for option in criterion.options}:
                marks = [option.mark for option in criterion.options if option.case == case and option.mark]
                assert marks == sorted(set(marks))


def test_slips_of_the_print_are_kept_and_flagged() -> None:
    flagged = [
        (act, number, criterion.code, position)
        for act in (ACT, "qd1048-2019")
        for number, each in book(act).sets.items()
        for criterion in each.criteria
        for position, said in enumerate((criterion.as_printed, *(option.as_printed for option in criterion.options)))
        if said
    ]

    assert flagged == [
        (ACT, 3, "5.1", 5),
        (ACT, 7, "3.1", 2),
        (ACT, 19, "2.3", 1),
        (ACT, 23, "6.2", 2),
        ("qd1048-2019", 6, "6.1.3b", 0),
        ("qd1048-2019", 15, "6.5", 0),
    ]
    assert book().sets[26].parts[0].as_printed
