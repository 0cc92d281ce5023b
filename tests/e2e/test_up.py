"""`./ocop up` as a person runs it: it stays and is stopped, starts again, is killed, and forgets."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from deploy import run_file
from deploy.local.layout import Layout, checkout_root, default_layout, inherited_environment
from deploy.local.postgres import forget
from deploy.local.processes import identity, wait_until

pytestmark = pytest.mark.servers

COMMAND_SECONDS_MAX = 120.0
GONE_SECONDS_MAX = 10.0
DOSSIERS = ("--dossiers", "30")
PROCESSES = 9
"""The launcher, two servers, the mailbox, five services."""
STOPPED = 130


@dataclass(frozen=True)
class Home:
    """A home of its own, with a space in its path and the downloads of the checkout."""

    path: Path

    @property
    def log(self) -> Path:
        """What the launcher that stays says."""
        return self.path / "up.log"

    def environment(self) -> dict[str, str]:
        """What a command is told of this home."""
        return {**inherited_environment(), "OCOP_HOME": str(self.path), "COLUMNS": "200"}

    def says(self, words: str) -> bool:
        """The launcher that stays has said this."""
        return words in self.log.read_text(encoding="utf-8")

    def ocop(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The command has run to its end."""
        return subprocess.run(
            [sys.executable, "-m", "deploy", *words],
            cwd=checkout_root(),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS_MAX,
            check=False,
        )

    @contextmanager
    def up(self) -> Iterator[subprocess.Popen[bytes]]:
        """A launcher that stays, as soon as it says where it can be reached; gone at the end of the block."""
        with self.log.open("wb") as output:
            launcher = subprocess.Popen(
                [sys.executable, "-m", "deploy", "up", *DOSSIERS],
                cwd=checkout_root(),
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        with launcher:
            try:
                self.waits_for((self.path / run_file.NAME).exists)
                yield launcher
            finally:
                launcher.terminate()

    def waits_for(self, condition: Callable[[], bool]) -> None:
        """The condition holds; fails with what the launcher said where it does not come to hold."""
        assert wait_until(condition, COMMAND_SECONDS_MAX), self.log.read_text(encoding="utf-8")[-4000:]

    def started(self) -> dict[int, str | None]:
        """Every process that belongs to this home, with what tells it from any other of its number.

        Those that the launcher has on record, and where the machine tells, all that inherited the home's name.
        """
        recorded = json.loads((self.path / "state" / "processes.json").read_text(encoding="utf-8"))
        pids = {pid for pid, _ in recorded.values()} | set(_naming(str(self.path)))
        return {pid: identity(pid) for pid in pids}


def _naming(home: str) -> Iterator[int]:
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            environment = (directory / "environ").read_bytes()
        except OSError:
            continue
        if f"OCOP_HOME={home}\0".encode() in environment:
            yield int(directory.name)


def alive(started: dict[int, str | None]) -> list[int]:
    """Those that still run."""
    return [pid for pid, seen in started.items() if seen is not None and identity(pid) == seen]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = tmp_path / "nhà có dấu cách"
    made.mkdir()
    default_layout().cache.mkdir(parents=True, exist_ok=True)
    (made / "cache").symlink_to(default_layout().cache)
    yield Home(made)
    forget(Layout(made, made / "cache"))
    shutil.rmtree(made)


def text_of(address: str) -> str:
    with urlopen(address, timeout=10) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def test_a_stopped_instance_leaves_nothing_running_and_its_season_has_no_effect_a_second_time(home: Home) -> None:
    with home.up() as launcher:
        home.waits_for(lambda: home.says("Ctrl-C"))
        started, running = home.started(), run_file.read(home.path)
        sent = home.ocop("send", str(office(home.path, "tay-nguyen-1", commune="24133")))
        wrong = home.ocop("send", str(office(home.path, "tay-nguyen-2", commune="00004")))
        pages = text_of(running.console), text_of(running.mailbox)
        another = home.ocop("up", "--once", *DOSSIERS)
        launcher.terminate()

    assert home.says("All as written down")
    assert not home.says("new effects")
    assert all("<html" in page for page in pages)
    assert (sent.returncode, "1/1" in sent.stdout) == (0, True), sent.stdout + sent.stderr
    assert (wrong.returncode, "commune-of-another-province" in wrong.stdout) == (1, True), wrong.stdout + wrong.stderr
    assert (another.returncode, len(another.stderr.splitlines())) == (1, 1)
    assert str(launcher.pid) in another.stderr
    assert len(started) >= PROCESSES
    assert alive(started) == []
    assert launcher.returncode == STOPPED

    second = home.ocop("up", "--once", *DOSSIERS)
    other = home.ocop("up", "--once", "--dossiers", "31")

    assert second.returncode == 0, second.stdout[-4000:] + second.stderr[-4000:]
    assert ": 0 new effects" in second.stdout
    assert "All as written down" in second.stdout
    assert (other.returncode, "run `./ocop reset` first" in other.stderr) == (1, True)


def test_a_killed_launcher_leaves_nothing_running_and_the_next_start_plays_the_season_to_its_end(home: Home) -> None:
    with home.up() as launcher:
        # Before the first mail: one whose sending is cut short goes out again under its Message-ID.
        home.waits_for(lambda: b'"admitted"' in (home.path / "logs" / "registration.log").read_bytes())
        started = home.started()
        launcher.kill()

    assert not home.says("Ctrl-C")
    assert wait_until(lambda: not alive(started), GONE_SECONDS_MAX), alive(started)
    assert len(started) >= PROCESSES

    nobody = home.ocop("send", str(office(home.path, "tay-nguyen-3", commune="24133")))
    second = home.ocop("up", "--once", *DOSSIERS)
    reset = home.ocop("reset")

    assert (nobody.returncode, "The project is not up" in nobody.stderr) == (3, True)
    assert second.returncode == 0, second.stdout[-4000:] + second.stderr[-4000:]
    assert "All as written down" in second.stdout
    assert reset.returncode == 0
    assert {path.name for path in home.path.iterdir()} == {"cache", "lock"}
    assert any((home.path / "cache").iterdir())


def test_a_line_that_cannot_be_sent_is_told_by_its_number(home: Home) -> None:
    bad = home.path / "bad.jsonl"
    bad.write_text('{"unit": "66"}\n', encoding="utf-8")

    told = home.ocop("send", str(bad))

    assert (told.returncode, "Line 1" in told.stderr) == (2, True)


def office(home: Path, event_id: str, commune: str) -> Path:
    """A file with one event of the unit 66."""
    event = {"specversion": "1.0", "id": event_id, "source": "/units/66", "type": "vn.ocop.intake.OfficeRegistered.v1"}
    data = {"commune_code": commune, "name": "UBND (mẫu)", "email": "ubnd@mau.example"}
    path = home / f"{event_id}.jsonl"
    path.write_text(json.dumps({"unit": "66", "event": {**event, "data": data}}) + "\n", encoding="utf-8")
    return path
