"""The `ocop` script before it hands over: what it refuses, and what it remembers."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from deploy.local.layout import checkout_root


@pytest.fixture
def script() -> ModuleType:
    loader = SourceFileLoader("ocop_script", str(checkout_root() / "ocop"))
    specification = importlib.util.spec_from_loader(loader.name, loader)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def test_an_older_python_alone_on_the_machine_is_told_so_in_two_languages(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SystemExit) as ended:
        script.main()

    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert told == (
        "Cần Python 3.11 trở lên; đây là Python 3.9. / Python 3.11 or later is needed; this is Python 3.9.\n"
    )


def test_an_older_python_gives_way_to_a_newer_one_beside_it(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    newer = tmp_path / "python3.12"
    newer.touch(mode=0o755)
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["ocop", "up"])
    became: list[list[str]] = []
    monkeypatch.setattr(script, "become", became.append)

    with pytest.raises(SystemExit):
        script.use_newer_python()

    assert became[0] == [str(newer), str(checkout_root() / "ocop"), "up"]


def test_a_python_without_venv_is_told_which_package_to_install(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "tried", lambda _python: float("inf"))

    with pytest.raises(SystemExit):
        script.fastest()

    assert "python3-venv" in capsys.readouterr().err


@pytest.mark.parametrize(("others_seconds", "taken"), [(0.5, True), (0.95, False), (float("inf"), False)])
def test_the_environment_is_made_of_another_python_only_where_that_is_clearly_faster(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, others_seconds: float, taken: bool
) -> None:
    other = tmp_path / "python{}.{}".format(*sys.version_info)
    for name in (other.name, "python3.99"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(script, "USUAL_FOLDERS", ())
    monkeypatch.setattr(script, "tried", lambda python: others_seconds if python == str(other) else 1.0)

    assert script.fastest() == (str(other) if taken else sys.executable)


def test_a_trial_tells_how_long_a_python_takes_and_that_another_program_is_none(script: ModuleType) -> None:
    assert 0.0 < script.tried(sys.executable) < script.TRIAL_SECONDS_MAX
    assert script.tried("/bin/false") == script.tried("/nowhere/python3.11") == float("inf")


def test_an_environment_of_another_lock_is_made_again_and_of_the_same_lock_is_not(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("one==1\n", encoding="ascii")
    for name, path in {"LOCK": lock, "RECORD": tmp_path / "record", "GUARD": tmp_path / "guard"}.items():
        monkeypatch.setattr(script, name, path)
    installs: list[str] = []
    monkeypatch.setattr(script, "works", lambda: True)
    monkeypatch.setattr(script, "install", lambda: installs.append(lock.read_text(encoding="ascii")))

    script.make_environment()
    script.make_environment()
    lock.write_text("one==2\n", encoding="ascii")
    script.make_environment()

    assert installs == ["one==1\n", "one==2\n"]


def test_an_environment_whose_python_is_gone_is_made_again(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    for name, path in {"PYTHON": python, "RECORD": tmp_path / "record", "GUARD": tmp_path / "guard"}.items():
        monkeypatch.setattr(script, name, path)
    made: list[str] = []
    monkeypatch.setattr(script, "works", python.exists)
    monkeypatch.setattr(script, "fastest", lambda: sys.executable)
    monkeypatch.setattr(script, "create", made.append)
    monkeypatch.setattr(script, "install", lambda: None)

    script.make_environment()
    assert (script.made(), made) == (True, [])
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    script.RECORD.write_text(script.wanted(), encoding="utf-8")

    assert not script.made()
    script.make_environment()
    assert made == [sys.executable]


def test_an_install_that_broke_off_is_done_again(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, path in {"RECORD": tmp_path / "record", "GUARD": tmp_path / "guard"}.items():
        monkeypatch.setattr(script, name, path)
    monkeypatch.setattr(script, "works", lambda: True)

    def break_off() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "install", break_off)
    with pytest.raises(KeyboardInterrupt):
        script.make_environment()

    assert script.recorded() == ""


def test_a_file_named_from_another_directory_is_found_there(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "season.jsonl").touch()
    monkeypatch.chdir(tmp_path)

    assert script.absolute("season.jsonl") == str(tmp_path / "season.jsonl")
    assert script.absolute("send") == "send"
    assert script.absolute("--json") == "--json"
