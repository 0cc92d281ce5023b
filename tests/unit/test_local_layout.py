"""The home of one local instance: its lock, secrets and ports; and what passes as Kafka's jars."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from deploy import reset
from deploy.local import jars, ports, postgres
from deploy.local.kafka import properties_text
from deploy.local.layout import (
    SERVICE_ROLES,
    AnotherInstance,
    Layout,
    LocalFault,
    default_layout,
    instance_lock,
    load_secrets,
    prepare,
)
from deploy.local.servers import endpoints


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "a home with spaces", tmp_path / "a home with spaces" / "cache")
    prepare(made)
    return made


def test_a_second_instance_is_told_the_pid_of_the_first(layout: Layout) -> None:
    with instance_lock(layout), pytest.raises(AnotherInstance) as refused, instance_lock(layout):
        pass

    assert refused.value.pid == os.getpid()
    assert f"pid {os.getpid()}" in str(refused.value)


def test_the_lock_is_free_again_after_the_first_has_ended(layout: Layout) -> None:
    with instance_lock(layout):
        pass

    with instance_lock(layout):
        assert layout.lock_file.read_text(encoding="ascii") == str(os.getpid())


def test_secrets_are_made_once_and_for_the_owner_alone(layout: Layout) -> None:
    first = load_secrets(layout)

    assert load_secrets(layout) == first
    assert stat.S_IMODE(layout.secrets_file.stat().st_mode) == 0o600
    assert set(first.roles) == set(SERVICE_ROLES)
    assert len({first.postgres_superuser, *first.roles.values()}) == 6


def test_the_home_may_be_moved_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCOP_HOME", str(tmp_path / "elsewhere"))

    assert default_layout() == Layout(tmp_path / "elsewhere", tmp_path / "elsewhere" / "cache")


def test_a_port_is_remembered_between_starts(layout: Layout) -> None:
    told: list[str] = []
    first = ports.Ports(layout.state / "ports.json", told.append).choose("kafka")

    assert ports.Ports(layout.state / "ports.json", told.append).choose("kafka") == first
    assert told == []


def test_a_remembered_port_that_is_busy_gives_way_and_says_so(layout: Layout) -> None:
    told: list[str] = []
    chosen = ports.Ports(layout.state / "ports.json", told.append)
    first = chosen.choose("kafka")

    with socket.create_server((ports.HOST, first)):
        second = chosen.choose("kafka")

    assert second != first
    assert len(told) == 1
    assert str(first) in told[0]
    assert str(second) in told[0]


def test_a_port_asked_for_that_is_busy_is_refused_in_one_sentence(layout: Layout) -> None:
    with socket.create_server((ports.HOST, 0)) as taken, pytest.raises(LocalFault) as refused:
        ports.Ports(layout.state / "ports.json", print).choose("postgres", taken.getsockname()[1])

    assert "is in use; choose another." in str(refused.value)
    assert "\n" not in str(refused.value)


def test_reset_refuses_while_an_instance_runs(layout: Layout) -> None:
    kept = layout.mail / "00000001-0123456789abcdef.eml"
    kept.touch()

    with instance_lock(layout), pytest.raises(AnotherInstance):
        reset.forget(layout)

    assert kept.exists()


def test_reset_forgets_everything_but_the_cache(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SYSTEM_DIRECTORIES", (str(layout.home),))
    load_secrets(layout)
    fetched = layout.cache / "kafka.jar"
    fetched.touch()

    reset.forget(layout)

    assert {path.name for path in layout.home.iterdir()} == {"cache", "lock"}
    assert fetched.exists()


def test_the_lock_file_names_the_broker_and_its_logging() -> None:
    named = {jar.coordinates: jar for jar in jars.read_lock(jars.LOCK.read_text(encoding="utf-8"))}

    assert len(named) == 46
    assert "org.apache.kafka:kafka_2.13:4.3.0" in named
    assert "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4" in named
    assert all(len(jar.sha256) == 64 for jar in named.values())


def test_a_jar_with_one_byte_changed_does_not_pass(tmp_path: Path) -> None:
    # The digest of the three bytes "abc", from FIPS 180-2, appendix B.1.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    jar = jars.Jar("vn.ocop", "sample", "1", digest)
    (tmp_path / "sample-1.jar").write_bytes(b"abc")
    jars.verify((jar,), tmp_path)
    (tmp_path / "sample-1.jar").write_bytes(b"abd")

    with pytest.raises(jars.WrongJar, match=r"vn\.ocop:sample:1"):
        jars.verify((jar,), tmp_path)


def test_a_path_with_vietnamese_letters_survives_a_java_properties_file() -> None:
    assert properties_text({"log.dirs": "/nhà máy/ocop"}) == "log.dirs=/nh\\u00e0 m\\u00e1y/ocop\n"


def test_endpoints_are_read_from_the_addresses_that_clients_use() -> None:
    found = endpoints("127.0.0.1:9092", "postgresql://postgres:word@db.example:6543/postgres")

    assert (found.kafka_bootstrap, found.postgres_host, found.postgres_port) == ("127.0.0.1:9092", "db.example", 6543)


def test_a_lock_file_whose_number_went_to_another_program_is_removed(tmp_path: Path) -> None:
    lock_file = tmp_path / "postmaster.pid"
    lock_file.write_text(f"{os.getpid()}\n/data\n", encoding="ascii")

    postgres.remove_stale_lock(lock_file)

    assert not lock_file.exists()


def test_a_lock_file_whose_process_is_gone_is_left_to_the_next_database(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/true"]) as gone:
        gone.wait()
    lock_file = tmp_path / "postmaster.pid"
    lock_file.write_text(f"{gone.pid}\n/data\n", encoding="ascii")

    postgres.remove_stale_lock(lock_file)

    assert lock_file.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps data outside the home")
def test_the_data_of_a_home_that_is_gone_are_swept_away(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "SYSTEM_DIRECTORIES", (str(tmp_path),))
    gone = Layout(tmp_path / "gone", tmp_path / "cache")
    prepare(gone)
    left = postgres.located(gone, "word", 20_000).directory
    shutil.rmtree(gone.home)

    kept = postgres.located(layout, "word", 20_000).directory

    assert not left.exists()
    assert kept.exists()
