"""Fetches Apache Kafka's jars by their lock file, and lets none pass whose SHA-256 differs from it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from deploy.local.layout import Layout, LocalFault, exclusive, inherited_environment
from deploy.local.wheels import fetched_wheels

LOCK: Final = Path(__file__).with_name("kafka.lock")
JGO_LOCK: Final = Path(__file__).with_name("jgo.lock")
JGO_FETCH: Final = Path(__file__).with_name("jgo_fetch.py")
FETCH_SECONDS_MAX: Final = 900.0


@dataclass(frozen=True)
class Jar:
    """One line of the lock: Maven coordinates and the SHA-256 of the jar in hexadecimal."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name the jar has in the directory."""
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinates(self) -> str:
        """The Maven coordinates, group:artifact:version."""
        return f"{self.group}:{self.artifact}:{self.version}"


class WrongJar(LocalFault):
    """A jar is missing or is not the one that the lock file names."""

    def __init__(self, jar: Jar, path: Path) -> None:
        super().__init__(
            f"{path} không khớp mã SHA-256 trong kafka.lock ({jar.coordinates}): hãy xóa tệp này ở kho Maven cục bộ "
            f"rồi chạy lại. / {path} does not match its SHA-256 in kafka.lock ({jar.coordinates}): delete it from "
            f"the local Maven repository and run again."
        )


def read_lock(text: str) -> tuple[Jar, ...]:
    """Return the jars that a lock names, in the order of the class path."""
    return tuple(_read_line(line) for line in text.splitlines() if line and not line.startswith("#"))


def _read_line(line: str) -> Jar:
    coordinates, _, digest = line.partition(" sha256:")
    group, artifact, version = coordinates.split(":")
    return Jar(group, artifact, version, digest)


def fetched_jars(layout: Layout, tell: Callable[[str], None]) -> tuple[Path, ...]:
    """Return the jars of `kafka.lock`, each verified now, fetched into the cache where they are not there yet."""
    jars = read_lock(LOCK.read_text(encoding="utf-8"))
    directory = layout.cache / f"kafka-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    with exclusive(layout.cache / "kafka.lock"):
        if not directory.exists():
            tell(f"Đang tải Apache Kafka ({len(jars)} tệp)… / Fetching Apache Kafka ({len(jars)} jars)…")
            partial = directory.with_name(f"{directory.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            _fetch(layout, jars, partial, tell)
            verify(jars, partial)
            partial.replace(directory)
        verify(jars, directory)
    return tuple(directory / jar.file_name for jar in jars)


def verify(jars: tuple[Jar, ...], directory: Path) -> None:
    """Raise `WrongJar` at the first jar whose bytes are not those that the lock file names."""
    for jar in jars:
        path = directory / jar.file_name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != jar.sha256:
            raise WrongJar(jar, path)


def _fetch(layout: Layout, jars: tuple[Jar, ...], directory: Path, tell: Callable[[str], None]) -> None:
    maven = shutil.which("mvn")
    if maven is None or not fetch_with_maven(maven, jars, directory):
        fetch_with_jgo(layout, jars, directory, tell)


def fetch_with_maven(maven: str, jars: tuple[Jar, ...], directory: Path) -> bool:
    """Say whether Maven, with the site's own settings and mirror, brought every jar into the directory."""
    pom = directory / "pom.xml"
    pom.write_text(_pom(jars), encoding="utf-8")
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={directory}", "-DexcludeTransitive=true"]
    try:
        ran = subprocess.run(command, capture_output=True, timeout=FETCH_SECONDS_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        pom.unlink()
    return ran.returncode == 0 and all((directory / jar.file_name).is_file() for jar in jars)


def fetch_with_jgo(layout: Layout, jars: tuple[Jar, ...], directory: Path, tell: Callable[[str], None]) -> None:
    """Every jar is in the directory, brought by a resolver in Python; `LocalFault` where the network says no."""
    wheels = fetched_wheels(layout, JGO_LOCK, tell)
    repository = layout.cache / "maven"
    command = [sys.executable, "-P", str(JGO_FETCH), str(repository), str(directory)]
    command += [jar.coordinates for jar in jars]
    environment = {**inherited_environment(), "PYTHONPATH": str(wheels)}
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=FETCH_SECONDS_MAX, check=False
    )
    if ran.returncode != 0:
        raise LocalFault(
            "Không tải được Apache Kafka: hãy kiểm tra kết nối mạng. / "
            f"Apache Kafka could not be fetched: check the network.\n{ran.stderr.strip()[-1000:]}"
        )
    shutil.rmtree(repository, ignore_errors=True)


def _pom(jars: tuple[Jar, ...]) -> str:
    dependencies = "\n".join(
        f"<dependency><groupId>{escape(jar.group)}</groupId><artifactId>{escape(jar.artifact)}</artifactId>"
        f"<version>{escape(jar.version)}</version></dependency>"
        for jar in jars
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>vn.ocop</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>"
        f"<dependencies>{dependencies}</dependencies></project>\n"
    )
