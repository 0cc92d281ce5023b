"""The test build of a service: `python -m tests.support.crashing <service>` dies or freezes where its plan says.

The process dies when it passes the first point of the plan for the n-th time since its start; the next process goes on
with the next. What was reached stands in `OCOP_CRASH_REACHED`, a file that is on the disk before the process dies.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.messaging import crash_points
from shared.messaging.crash_points import CrashPoint


class Death(NamedTuple):
    """Where a process ends, at which passing since its start, and by which signal: SIGSTOP only freezes it."""

    point: CrashPoint
    passing: int = 1
    how: signal.Signals = signal.SIGKILL


Planned = Death | tuple[CrashPoint, int]
"""A death, or just where and at which passing."""


class Plan(BaseSettings):
    """What the test build is told at its start, in the order of `crash_plan`."""

    model_config = SettingsConfigDict(env_prefix="OCOP_", frozen=True, extra="ignore")

    crash_plan: list[Death]
    crash_reached: Path


@dataclass
class Crashing:
    """Stands in for `crash_points.passed`: counts, and dies once at the place that is next."""

    death: Death
    reached: Path
    passings: int = 0

    def __call__(self, point: CrashPoint) -> None:
        if point is not self.death.point:
            return
        self.passings += 1
        if self.passings == self.death.passing:
            _write_down(point, self.reached)
            os.kill(os.getpid(), self.death.how)


def reached(file: Path) -> list[CrashPoint]:
    """Where processes with this file have died, in order."""
    return [CrashPoint(line) for line in file.read_text().split()] if file.exists() else []


def command(service: str) -> tuple[str, ...]:
    """What runs the service in the test build."""
    return sys.executable, "-m", "tests.support.crashing", service


def environment(plan: Sequence[Planned], file: Path) -> dict[str, str]:
    """What the test build is told, besides what the service is."""
    return {"OCOP_CRASH_PLAN": json.dumps(list(plan)), "OCOP_CRASH_REACHED": str(file)}


def _write_down(point: CrashPoint, file: Path) -> None:
    with file.open("a") as written:
        written.write(f"{point}\n")
        written.flush()
        os.fsync(written.fileno())


def main(service: str) -> None:
    """The service ran, until its end or its next death."""
    plan = Plan()  # read from the environment
    done = reached(plan.crash_reached)
    if len(done) < len(plan.crash_plan):
        crash_points.passed = Crashing(plan.crash_plan[len(done)], plan.crash_reached)
    runpy.run_module(f"services.{service}", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
