"""Starts programs, watches them, starts again what died, and ends them all: nothing outlives the launcher."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

from deploy.local import child
from deploy.local.layout import Layout, LocalFault, inherited_environment
from deploy.local.processes import ProcessRecord, signal_group, wait_until
from shared.kernel.clock import monotonic

LOG_BYTES_MAX: Final = 5 * 1024 * 1024
LOG_FILES_KEPT: Final = 3
LOG_TAIL_BYTES: Final = 2_000
KILL_SECONDS_MAX: Final = 5.0
STEADY_SECONDS: Final = 30.0
BACK_OFF_SECONDS: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
DEATHS_BEFORE_READY_MAX: Final = 3


class Change(StrEnum):
    """What happened to a supervised program."""

    STARTED = "started"
    DIED = "died"
    RESTARTED = "restarted"
    STOPPED = "stopped"


@dataclass(frozen=True)
class User:
    """The user a program runs as when the launcher is root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run and how to treat it; lower tiers start first and stop last, one tier stops all at once.

    `before` is done before each start, the first and those after a death.
    """

    name: str
    command: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=inherited_environment)
    ready: Callable[[], bool] | None = None
    ready_seconds_max: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds_max: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL
    user: User | None = None
    before: Callable[[], None] | None = None
    on_end: Callable[[int], None] | None = None
    restart: bool = True
    tier: int = 1


@dataclass(frozen=True)
class Event:
    """One change in the life of one program; `exit_status` is negative for a signal, None while it runs."""

    name: str
    change: Change
    pid: int
    exit_status: int | None = None


@dataclass
class _Watched:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    failures: int = 0
    deaths: int = 0


class Supervisor:
    """Holds the programs of one instance; as a context it ends leftovers on entry and everything on exit.

    Every program is the leader of its own session, so a Ctrl-C in the terminal reaches the launcher alone.
    """

    def __init__(self, layout: Layout, listen: Callable[[Event], None] | None = None) -> None:
        self._layout = layout
        self._listen = listen or (lambda _event: None)
        self._watched: dict[str, _Watched] = {}
        self._record = ProcessRecord(layout.state / "processes.json")
        # The kernel ends a child with the *thread* that made it (prctl(2)); this one lives as long as they do.
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
        self._launcher_gone_read, self._launcher_gone_write = os.pipe()

    def __enter__(self) -> Self:
        self.leftovers = self._record.end_leftovers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()
        self._spawner.shutdown()
        os.close(self._launcher_gone_read)
        os.close(self._launcher_gone_write)

    def start(self, program: Program) -> int:
        """The program runs and is watched from now on; returns its process number."""
        process = self._spawn(program)
        watched = _Watched(program, process, monotonic())
        self._watched[program.name] = watched
        self._listen(Event(program.name, Change.STARTED, process.pid))
        threading.Thread(target=self._watch, args=(watched,), name=f"watch-{program.name}", daemon=True).start()
        return process.pid

    def wait_ready(self, name: str) -> float:
        """Wait until the program's own probe says yes and return the seconds it took; `LocalFault` past its limit."""
        watched = self._watched[name]
        begun = monotonic()
        probe = watched.program.ready or (lambda: True)

        def settled() -> bool:
            return watched.deaths >= DEATHS_BEFORE_READY_MAX or watched.ended.is_set() or probe()

        in_time = wait_until(settled, watched.program.ready_seconds_max)
        if not in_time or watched.ended.is_set() or watched.deaths >= DEATHS_BEFORE_READY_MAX:
            raise LocalFault(self._not_ready(watched))
        return monotonic() - begun

    def pid(self, name: str) -> int:
        """Return the number of the process that runs, or last ran, under this name."""
        return self._watched[name].process.pid

    def deaths(self, name: str) -> int:
        """Return how often the program died without being asked to."""
        return self._watched[name].deaths

    def send_signal(self, name: str, number: signal.Signals) -> None:
        """The program's whole process group got the signal: how a test kills a server."""
        signal_group(self._watched[name].process.pid, number)

    def stop(self, name: str) -> None:
        """The program has ended: asked first, killed at its deadline."""
        self._stop([self._watched[name]])

    def stop_all(self) -> None:
        """Everything has ended, the highest tier first."""
        for tier in sorted({watched.program.tier for watched in self._watched.values()}, reverse=True):
            self._stop([watched for watched in self._watched.values() if watched.program.tier == tier])

    def _stop(self, chosen: list[_Watched]) -> None:
        for watched in chosen:
            watched.stopping.set()
            if not watched.ended.is_set():
                _ask(watched)
        begun = monotonic()
        for watched in chosen:
            if not watched.ended.wait(max(0.0, watched.program.stop_seconds_max - (monotonic() - begun))):
                signal_group(watched.process.pid, signal.SIGKILL)
                watched.ended.wait(KILL_SECONDS_MAX)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        return self._spawner.submit(self._spawn_here, program).result()

    def _spawn_here(self, program: Program) -> subprocess.Popen[bytes]:
        watches = not sys.platform.startswith("linux")
        if program.before is not None:
            program.before()
        with open_log(self._layout.logs / f"{program.name}.log") as log:
            process = subprocess.Popen(
                wrapped_command(program, self._launcher_gone_read if watches else None),
                cwd=program.directory,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(self._launcher_gone_read,) if watches else (),
            )
        self._record.add(program.name, process.pid)
        return process

    def _watch(self, watched: _Watched) -> None:
        """Run in a thread of its own: waits for the end, and starts again until told to stop."""
        while True:
            exit_status = watched.process.wait()
            self._spawner.submit(self._record.remove, watched.program.name).result()
            if watched.stopping.is_set() or not watched.program.restart:
                break
            watched.deaths += 1
            self._listen(Event(watched.program.name, Change.DIED, watched.process.pid, exit_status))
            if watched.stopping.wait(_back_off_seconds(watched)):
                break
            watched.process = self._spawn(watched.program)
            watched.started = monotonic()
            self._listen(Event(watched.program.name, Change.RESTARTED, watched.process.pid))
            if watched.stopping.is_set():
                _ask(watched)
        if watched.program.on_end is not None:
            watched.program.on_end(exit_status)
        self._listen(Event(watched.program.name, Change.STOPPED, watched.process.pid, exit_status))
        watched.ended.set()

    def _not_ready(self, watched: _Watched) -> str:
        log = self._layout.logs / f"{watched.program.name}.log"
        tail = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
        return (
            f"{watched.program.name} không sẵn sàng; xem {log}. / {watched.program.name} did not become ready; "
            f"see {log}. Its last lines:\n{tail}"
        )


def wrapped_command(program: Program, watch_descriptor: int | None) -> list[str]:
    """Return the command line that ties the program to this process (see `deploy.local.child`)."""
    uid, gid = (program.user.uid, program.user.gid) if program.user else (-1, -1)
    watch = -1 if watch_descriptor is None else watch_descriptor
    words = (os.getpid(), int(program.death_signal), uid, gid, watch)
    return [sys.executable, "-I", "-S", child.__file__, *map(str, words), *program.command]


@contextmanager
def open_log(path: Path) -> Iterator[int]:
    """Give a descriptor that appends to the log, turned over first when it has grown past its limit."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        for number in range(LOG_FILES_KEPT - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
            if newer.exists():
                newer.replace(older)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class StopAsked(KeyboardInterrupt):
    """The launcher was asked to stop by SIGINT, SIGTERM or SIGHUP."""


@contextmanager
def stop_signals() -> Iterator[None]:
    """Inside, the first SIGINT, SIGTERM or SIGHUP raises `StopAsked`; later ones do not disturb the stopping."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise StopAsked

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ask(watched: _Watched) -> None:
    try:
        watched.process.send_signal(watched.program.stop_signal)
    except ProcessLookupError:
        return


def _back_off_seconds(watched: _Watched) -> float:
    """Return how long to wait before the next start: nothing at first, longer while it keeps dying young."""
    if monotonic() - watched.started >= STEADY_SECONDS:
        watched.failures = 0
    watched.failures += 1
    return BACK_OFF_SECONDS[min(watched.failures, len(BACK_OFF_SECONDS)) - 1]
