"""Lag and standing still, from looks at what was applied and what there is."""

from __future__ import annotations

from shared.messaging.progress import Progress

HERE, THERE = ("ocop.dossiers.v1", 0), ("ocop.dossiers.v1", 1)


def test_a_partition_that_has_been_applied_to_its_end_never_stands_still() -> None:
    progress = Progress()

    for second in (0.0, 1000.0, 2000.0):
        progress.look({HERE: 5}, {HERE: 5}, second)

    assert progress.lags == {}
    assert progress.stalled_seconds([HERE], 3000.0) == 0


def test_it_stands_still_since_the_first_look_that_found_more_at_the_same_position() -> None:
    progress = Progress()

    progress.look({HERE: 5}, {HERE: 5}, 0.0)
    progress.look({HERE: 5}, {HERE: 6}, 100.0)
    progress.look({HERE: 5}, {HERE: 9}, 110.0)

    assert progress.lags[HERE].records == 4
    assert progress.stalled_seconds([HERE], 112.0) == 12


def test_moving_ends_the_standing_still_though_it_is_behind_yet() -> None:
    progress = Progress()
    progress.look({HERE: 5}, {HERE: 9}, 0.0)

    progress.look({HERE: 6}, {HERE: 9}, 50.0)

    assert progress.lags[HERE].records == 3
    assert progress.stalled_seconds([HERE], 50.0) == 0


def test_only_the_partitions_asked_for_are_judged() -> None:
    progress = Progress()

    progress.look({HERE: 5, THERE: 5}, {HERE: 6, THERE: 5}, 0.0)
    progress.look({HERE: 5, THERE: 5}, {HERE: 6, THERE: 5}, 40.0)

    assert progress.stalled_seconds([THERE], 40.0) == 0
    assert progress.stalled_seconds([HERE, THERE], 40.0) == 40


def test_a_record_has_waited_when_it_was_there_at_the_look_before() -> None:
    progress = Progress()
    progress.look({HERE: 5, THERE: 5}, {HERE: 6, THERE: 6}, 0.0)

    progress.look({HERE: 5, THERE: 6}, {HERE: 7, THERE: 7}, 2.0)

    assert progress.waited() == {HERE: 5}
