"""What machine this is, and how much of its processors each process has used."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a figure was measured."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str


def this_machine() -> Machine:
    """The machine as it names itself."""
    lines = (_PROCESSES / "cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    return Machine(
        next(iter(names), platform.machine()), cores, round(memory, 1), platform.release(), platform.python_version()
    )


def processor_seconds(groups: Mapping[str, Iterable[int]]) -> dict[str, float]:
    """Seconds of processor, user and system, that the processes of each group and their children have used so far."""
    used: dict[int, float] = {}
    children: dict[int, list[int]] = {}
    for entry in _PROCESSES.iterdir():
        if entry.name.isdigit() and (fields := _status(entry)):
            pid = int(entry.name)
            children.setdefault(int(fields[1]), []).append(pid)
            used[pid] = sum(map(int, fields[11:15])) / _TICKS
    return {name: sum(_of_tree(pid, used, children) for pid in pids) for name, pids in groups.items()}


def _status(process: Path) -> list[str]:
    """The fields of `stat` (proc_pid_stat(5)) from the state on; of a process that is gone, none."""
    try:
        return (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _of_tree(pid: int, used: Mapping[int, float], children: Mapping[int, list[int]]) -> float:
    return used.get(pid, 0.0) + sum(_of_tree(child, used, children) for child in children.get(pid, ()))
