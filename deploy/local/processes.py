"""What the launcher remembers of the processes it started, so that the next start can end what was left over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.local.layout import write_whole
from shared.kernel.clock import monotonic

LEFTOVER_SECONDS_MAX: Final = 5.0
PAUSE_SECONDS: Final = 0.05
START_TIME_FIELD: Final = 19  # of /proc/<pid>/stat, counted after the command name (proc(5), field 22)


def identity(pid: int) -> str | None:
    """Return what tells this process from any other that ever has its number, or None when it is gone."""
    if not sys.platform.startswith("linux"):
        told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return told.stdout.strip() or None
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return None if words[0] == "Z" else f"{boot}/{words[START_TIME_FIELD]}"


def wait_until(condition: Callable[[], bool], seconds_max: float) -> bool:
    """Return True as soon as the condition holds, False when it has not held for the seconds given."""
    deadline = monotonic() + seconds_max
    pause = threading.Event()
    while not condition():
        if monotonic() >= deadline:
            return False
        pause.wait(PAUSE_SECONDS)
    return True


def signal_group(pid: int, number: signal.Signals) -> None:
    """The process group led by `pid` got the signal, where it still exists."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


@dataclass
class ProcessRecord:
    """A file naming the processes that run now, each with its number and identity."""

    file: Path
    _running: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, name: str, pid: int) -> None:
        """The process is remembered, unless it is gone already."""
        if (seen := identity(pid)) is not None:
            self._running[name] = (pid, seen)
            self._write()

    def remove(self, name: str) -> None:
        """The process is forgotten."""
        if self._running.pop(name, None) is not None:
            self._write()

    def end_leftovers(self) -> list[str]:
        """End every remembered process that is provably the same one still, and return their names."""
        found = {name: pid for name, (pid, seen) in self._read().items() if identity(pid) == seen}
        for pid in found.values():
            signal_group(pid, signal.SIGTERM)
        if not wait_until(lambda: all(identity(pid) is None for pid in found.values()), LEFTOVER_SECONDS_MAX):
            for pid in found.values():
                signal_group(pid, signal.SIGKILL)
            wait_until(lambda: all(identity(pid) is None for pid in found.values()), LEFTOVER_SECONDS_MAX)
        self.file.unlink(missing_ok=True)
        return sorted(found)

    def _read(self) -> dict[str, tuple[int, str]]:
        try:
            kept = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(name): (int(pid), str(seen)) for name, (pid, seen) in kept.items()}

    def _write(self) -> None:
        write_whole(self.file, json.dumps(self._running, indent=2))
