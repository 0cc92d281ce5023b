"""`./ocop up` knows its seasons by name, and lets no season's data stand for another's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.local.layout import Layout, LocalFault, prepare
from deploy.up import SeasonFile, season_again, season_asked, season_written


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "home", tmp_path / "cache")
    prepare(made)
    return made


def test_a_season_has_its_own_size_and_seed_unless_others_are_named() -> None:
    assert season_asked("2026", None, None) == SeasonFile(60, 2026, season="2026")
    assert season_asked("2020", None, None) == SeasonFile(48, 2020, season="2020")
    assert season_asked("2020", 30, 7) == SeasonFile(30, 7, season="2020")


@pytest.mark.parametrize("name", ["2019", "", "hanoi"])
def test_a_season_that_does_not_exist_is_told_so_with_those_that_do(name: str) -> None:
    with pytest.raises(LocalFault) as told:
        season_asked(name, None, None)

    assert f"Không có mùa mẫu “{name}”; các mùa mẫu hiện có: 2026, 2020." in str(told.value)
    assert f"There is no sample season “{name}”; there are: 2026, 2020." in str(told.value)


@pytest.mark.parametrize("name", ["2026", "2020"])
def test_too_few_products_are_told_before_anything_is_started(name: str) -> None:
    with pytest.raises(LocalFault, match=r"ít nhất 30 hồ sơ .* needs at least 30 dossiers"):
        season_written(season_asked(name, 29, None))

    assert len(season_written(season_asked(name, 30, None)).expected.products) == 30


@pytest.mark.parametrize(
    "other", [SeasonFile(48, 2020), SeasonFile(30, 2020, season="2020"), SeasonFile(48, 1, season="2020")]
)
def test_the_data_of_one_season_are_not_taken_for_another_s(layout: Layout, other: SeasonFile) -> None:
    assert not season_again(layout, SeasonFile(48, 2020, season="2020"))

    with pytest.raises(LocalFault) as told:
        season_again(layout, other)

    assert "mùa mẫu 2020, 48 sản phẩm, hạt giống 2020; hãy chạy `./ocop reset` trước" in str(told.value)
    assert "the season 2020 of 48 products, seed 2020; run `./ocop reset` first" in str(told.value)


def test_a_season_played_to_its_end_is_known_again_and_one_cut_short_is_not(layout: Layout) -> None:
    wanted = SeasonFile(48, 2020, season="2020")
    kept = layout.state / "season.json"

    assert not season_again(layout, wanted)
    assert not season_again(layout, wanted)
    kept.write_text(json.dumps({"dossiers": 48, "seed": 2020, "played": True, "season": "2020"}), encoding="utf-8")
    assert season_again(layout, wanted)


def test_data_of_before_seasons_had_names_are_of_the_first(layout: Layout) -> None:
    (layout.state / "season.json").write_text('{"dossiers": 60, "seed": 2026, "played": true}', encoding="utf-8")

    assert season_again(layout, SeasonFile(60, 2026, season="2026"))
