"""`./ocop up` as a person runs it: a first start, a second one on its data, another season refused, and a stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.layout import Layout, checkout_root, default_layout, inherited_environment
from deploy.local.postgres import forget
from deploy.local.processes import wait_until

UP_SECONDS_MAX = 240.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home of its own, with a space in its path and the downloads of the checkout."""
    made = tmp_path / "nhà mẫu"
    made.mkdir()
    default_layout().cache.mkdir(parents=True, exist_ok=True)
    (made / "cache").symlink_to(default_layout().cache)
    yield made
    forget(Layout(made, made / "cache"))


def ocop(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy", *words],
        cwd=checkout_root(),
        env={**inherited_environment(), "OCOP_HOME": str(home), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=UP_SECONDS_MAX,
        check=False,
    )


def test_a_season_is_played_once_however_often_it_is_started(home: Path) -> None:
    first = ocop(home, "up", "--once", "--dossiers", "30")
    second = ocop(home, "up", "--once", "--dossiers", "30")
    other = ocop(home, "up", "--once", "--dossiers", "31")

    assert first.returncode == 0, first.stdout[-4000:] + first.stderr[-4000:]
    assert "All as written down" in first.stdout
    assert second.returncode == 0, second.stdout[-4000:] + second.stderr[-4000:]
    assert "0 new effects" in second.stdout
    assert other.returncode == 1
    assert "./ocop reset" in other.stderr


def test_the_season_of_2020_is_played_by_its_name_and_is_not_mixed_with_the_first(home: Path) -> None:
    unknown = ocop(home, "up", "--once", "--season", "2018")
    first = ocop(home, "up", "--once", "--season", "2020", "--dossiers", "30")
    other = ocop(home, "up", "--once", "--dossiers", "30", "--seed", "2020")

    assert unknown.returncode == 1
    assert "There is no sample season “2018”; there are: 2026, 2020." in unknown.stderr
    assert first.returncode == 0, first.stdout[-4000:] + first.stderr[-4000:]
    assert "All as written down" in first.stdout
    assert "89 % of the target were registered." in first.stdout
    assert "/ 0 unexplained" in first.stdout
    assert other.returncode == 1
    assert "mùa mẫu 2020" in other.stderr
    assert "the season 2020 of 30 products, seed 2020; run `./ocop reset` first" in other.stderr


def test_an_instance_stays_until_it_is_told_to_stop_and_leaves_nothing_running(home: Path) -> None:
    log = home / "up.log"
    with log.open("w") as output:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "deploy", "up", "--dossiers", "30"],
            cwd=checkout_root(),
            env={**inherited_environment(), "OCOP_HOME": str(home), "COLUMNS": "200"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        assert wait_until(lambda: "Ctrl-C" in log.read_text(), UP_SECONDS_MAX), log.read_text()[-4000:]
        started = processes(home)
        sent = ocop(home, "send", str(one_event(home, "tay-nguyen-1", "24133")))
        wrong = ocop(home, "send", str(one_event(home, "tay-nguyen-2", "00004")))
        another = ocop(home, "up", "--once")
    finally:
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(timeout=60)

    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert wrong.returncode == 1, wrong.stdout + wrong.stderr
    assert (another.returncode, str(launcher.pid) in another.stderr) == (1, True)
    assert len(started) >= 8
    assert wait_until(lambda: not any(alive(pid) for pid in started), 10.0)
    assert ocop(home, "send", str(one_event(home, "tay-nguyen-3", "24133"))).returncode != 0


def processes(home: Path) -> list[int]:
    """The process numbers of everything the launcher has started."""
    kept = json.loads((home / "state" / "processes.json").read_text())
    return [pid for pid, _ in kept.values()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def one_event(home: Path, event_id: str, commune: str) -> Path:
    data = {"commune_code": commune, "name": "UBND (mẫu)", "email": "ubnd@mau.example"}
    kind = "vn.ocop.intake.OfficeRegistered.v1"
    event = {"specversion": "1.0", "id": event_id, "source": "/units/66", "type": kind, "data": data}
    path = home / f"{event_id}.jsonl"
    path.write_text(json.dumps({"unit": "66", "event": event}) + "\n")
    return path
