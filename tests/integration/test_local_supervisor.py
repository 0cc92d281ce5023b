"""What the supervisor promises, on small real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import child
from deploy.local.layout import Layout, LocalFault, checkout_root, prepare
from deploy.local.processes import ProcessRecord, identity, wait_until
from deploy.local.supervisor import LOG_BYTES_MAX, Change, Event, Program, Supervisor, open_log

SECONDS_MAX = 10.0
FOREVER = ("/bin/sh", "-c", "echo up; exec sleep 600")
DEAF = ("/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 600; done")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "home", tmp_path / "cache")
    prepare(made)
    return made


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def supervisor(layout: Layout, events: list[Event]) -> Iterator[Supervisor]:
    with Supervisor(layout, events.append) as made:
        yield made


def speaks(layout: Layout, name: str) -> bool:
    log = layout.logs / f"{name}.log"
    return log.exists() and b"up" in log.read_bytes()


def test_a_program_that_is_killed_is_started_again(supervisor: Supervisor, layout: Layout, events: list[Event]) -> None:
    first = supervisor.start(Program("one", FOREVER, layout.home))

    supervisor.send_signal("one", signal.SIGKILL)

    assert wait_until(lambda: Change.RESTARTED in [event.change for event in events], SECONDS_MAX)
    assert supervisor.pid("one") != first
    assert supervisor.deaths("one") == 1
    assert [event.change for event in events] == [Change.STARTED, Change.DIED, Change.RESTARTED]


def test_what_a_program_needs_done_before_is_done_before_each_of_its_starts(
    supervisor: Supervisor, layout: Layout, events: list[Event]
) -> None:
    known_before: list[int] = []
    supervisor.start(Program("one", FOREVER, layout.home, before=lambda: known_before.append(len(events))))

    supervisor.send_signal("one", signal.SIGKILL)

    assert wait_until(lambda: Change.RESTARTED in [event.change for event in events], SECONDS_MAX)
    assert known_before == [0, 2]


def test_a_program_that_does_not_heed_the_request_to_stop_is_killed(supervisor: Supervisor, layout: Layout) -> None:
    pid = supervisor.start(Program("deaf", DEAF, layout.home, stop_seconds_max=0.2))
    assert wait_until(lambda: speaks(layout, "deaf"), SECONDS_MAX)

    supervisor.stop("deaf")

    assert identity(pid) is None


def test_the_higher_tier_has_ended_before_the_lower_is_asked(
    supervisor: Supervisor, layout: Layout, events: list[Event]
) -> None:
    supervisor.start(Program("server", FOREVER, layout.home, tier=0))
    supervisor.start(Program("service", FOREVER, layout.home, tier=1))

    supervisor.stop_all()

    stopped = [event.name for event in events if event.change is Change.STOPPED]
    assert stopped == ["service", "server"]


def test_a_program_that_dies_at_once_is_named_with_the_end_of_its_log(supervisor: Supervisor, layout: Layout) -> None:
    command = ("/bin/sh", "-c", "echo the reason; exit 3")
    supervisor.start(Program("faulty", command, layout.home, ready=lambda: False, ready_seconds_max=SECONDS_MAX))

    with pytest.raises(LocalFault, match="the reason"):
        supervisor.wait_ready("faulty")


def test_a_program_that_is_never_ready_is_given_up_at_its_deadline(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start(Program("slow", FOREVER, layout.home, ready=lambda: False, ready_seconds_max=0.2))

    with pytest.raises(LocalFault, match="did not become ready"):
        supervisor.wait_ready("slow")


def test_what_a_crashed_launcher_left_is_ended_by_the_next(layout: Layout) -> None:
    record = ProcessRecord(layout.state / "processes.json")
    with subprocess.Popen(["/bin/sleep", "600"], start_new_session=True) as left:
        record.add("left", left.pid)

        with Supervisor(layout) as supervisor:
            assert supervisor.leftovers == ["left"]

        assert left.wait(SECONDS_MAX) == -signal.SIGTERM


def test_a_process_that_only_has_the_number_of_a_leftover_is_let_be(layout: Layout) -> None:
    with subprocess.Popen(["/bin/sleep", "600"], start_new_session=True) as stranger:
        (layout.state / "processes.json").write_text(
            f'{{"left": [{stranger.pid}, "another boot/1"]}}', encoding="utf-8"
        )

        with Supervisor(layout) as supervisor:
            assert supervisor.leftovers == []

        assert stranger.poll() is None
        stranger.kill()


LAUNCHER = """
import sys, threading
from pathlib import Path
from deploy.local.layout import Layout, prepare
from deploy.local.supervisor import Program, Supervisor
home = Path(sys.argv[1])
layout = Layout(home, home / "cache")
prepare(layout)
with Supervisor(layout) as supervisor:
    print(supervisor.start(Program("one", ("/bin/sleep", "600"), home)), flush=True)
    threading.Event().wait()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's own tie exists on Linux")
def test_nothing_outlives_a_launcher_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LAUNCHER, str(tmp_path)]
    with subprocess.Popen(command, cwd=checkout_root(), stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        assert identity(pid) is not None

        launcher.kill()

        assert wait_until(lambda: identity(pid) is None, SECONDS_MAX)


def watched_sleeper(watch: int) -> list[str]:
    words = [os.getpid(), int(signal.SIGKILL), -1, -1, watch]
    script = "echo $$; exec sleep 600"
    return [sys.executable, "-I", "-S", child.__file__, *map(str, words), "/bin/sh", "-c", script]


def test_where_the_kernel_has_no_tie_a_watcher_ends_the_program_with_its_launcher() -> None:
    launcher_read, launcher_write = os.pipe()
    command = watched_sleeper(launcher_read)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=(launcher_read,)) as watcher:
        assert watcher.stdout is not None
        pid = int(watcher.stdout.readline())

        os.close(launcher_write)

        assert watcher.wait(SECONDS_MAX) == 1
        assert wait_until(lambda: identity(pid) is None, SECONDS_MAX)
    os.close(launcher_read)


def test_the_watcher_hands_on_the_request_to_stop() -> None:
    launcher_read, launcher_write = os.pipe()
    command = watched_sleeper(launcher_read)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=(launcher_read,)) as watcher:
        assert watcher.stdout is not None
        pid = int(watcher.stdout.readline())

        watcher.terminate()

        assert watcher.wait(SECONDS_MAX) == 128 + signal.SIGTERM
        assert identity(pid) is None
    os.close(launcher_read)
    os.close(launcher_write)


def test_a_log_past_its_limit_is_turned_over_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    log.write_bytes(b"x" * (LOG_BYTES_MAX + 1))

    with open_log(log) as descriptor:
        os.write(descriptor, b"new\n")

    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "one.log.1").stat().st_size == LOG_BYTES_MAX + 1
