"""Real Kafka and PostgreSQL under the local launcher: started, killed, stopped, and started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it re-exports without saying so
    AdminClient,
    ConfigResource,
    ResourceType,
)

from deploy.local import kafka, postgres
from deploy.local.layout import AnotherInstance, Layout, LocalFault, checkout_root, default_layout, instance_lock
from deploy.local.ports import HOST
from deploy.local.processes import identity, wait_until
from deploy.local.servers import AskedPorts, Endpoints, endpoints_for_tests, local_servers, start_servers
from deploy.local.supervisor import Supervisor

SECONDS_MAX = 30.0


@dataclass(frozen=True)
class Running:
    layout: Layout
    supervisor: Supervisor
    endpoints: Endpoints


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("servers") / "nhà có dấu cách"
    layout = Layout(home, default_layout().cache)
    try:
        with instance_lock(layout), Supervisor(layout) as supervisor:
            yield Running(layout, supervisor, start_servers(layout, supervisor))
    finally:
        postgres.forget(layout)


def setting(running: Running, name: str) -> str:
    with psycopg.connect(running.endpoints.postgres_superuser_dsn) as connection:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_the_database_is_postgresql_18_and_forgets_nothing(running: Running) -> None:
    assert setting(running, "server_version").startswith("18.")
    assert setting(running, "fsync") == "on"
    assert setting(running, "synchronous_commit") == "on"
    assert setting(running, "listen_addresses") == "127.0.0.1"
    assert setting(running, "unix_socket_directories") == ""
    assert setting(running, "password_encryption") == "scram-sha-256"


def test_the_database_lets_nobody_in_without_the_password(running: Running) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=HOST, port=running.endpoints.postgres_port, user="postgres", password="guess")


def test_the_broker_makes_no_topic_by_itself_and_takes_messages_of_two_mebibytes(running: Running) -> None:
    client = AdminClient({"bootstrap.servers": running.endpoints.kafka_bootstrap})
    resource = ConfigResource(ResourceType.BROKER, "1")

    values = client.describe_configs([resource])[resource].result(SECONDS_MAX)

    assert values["auto.create.topics.enable"].value == "false"
    assert values["message.max.bytes"].value == "2097152"
    assert values["broker.session.timeout.ms"].value == "1500"


def test_both_listen_on_this_machine_alone(running: Running) -> None:
    ports = json.loads((running.layout.state / "ports.json").read_text(encoding="utf-8"))

    assert set(ports) == {"postgres", "kafka", "kafka-controller"}
    for port in ports.values():
        with socket.socket() as stranger:
            assert stranger.connect_ex(("127.0.0.2", port)) != 0


def test_a_second_instance_on_the_same_home_is_refused(running: Running) -> None:
    with pytest.raises(AnotherInstance) as refused, local_servers(running.layout.home):
        pass

    assert refused.value.pid == os.getpid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_started_by_root_the_database_runs_as_another_user(running: Running) -> None:
    assert Path(f"/proc/{running.supervisor.pid('postgres')}").stat().st_uid != 0


def test_a_killed_database_comes_back_with_all_it_had_committed(running: Running) -> None:
    dsn = running.endpoints.postgres_superuser_dsn
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    killed = running.supervisor.pid("postgres")

    running.supervisor.send_signal("postgres", signal.SIGKILL)

    assert wait_until(lambda: running.supervisor.pid("postgres") != killed and postgres.answers(dsn), SECONDS_MAX)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (42,)


def test_while_a_session_of_a_killed_database_lives_on_no_other_starts_on_its_data(running: Running) -> None:
    dsn = running.endpoints.postgres_superuser_dsn
    deaths = running.supervisor.deaths("postgres")
    with psycopg.connect(dsn) as connection:
        session = connection.info.backend_pid
        os.kill(session, signal.SIGSTOP)
        try:
            running.supervisor.send_signal("postgres", signal.SIGKILL)
            assert wait_until(lambda: running.supervisor.deaths("postgres") >= deaths + 2, SECONDS_MAX)
            assert not postgres.answers(dsn)
        finally:
            os.kill(session, signal.SIGCONT)

    assert wait_until(lambda: postgres.answers(dsn), SECONDS_MAX)
    assert b"is still in use" in (running.layout.logs / "postgres.log").read_bytes()


def test_a_killed_broker_comes_back_at_the_same_address(running: Running) -> None:
    bootstrap = running.endpoints.kafka_bootstrap
    killed = running.supervisor.pid("kafka")

    running.supervisor.send_signal("kafka", signal.SIGKILL)

    assert wait_until(lambda: running.supervisor.pid("kafka") != killed and kafka.answers(bootstrap), SECONDS_MAX)


LAUNCHER = """
import os, sys, threading
from pathlib import Path
from deploy.local.servers import local_servers
from deploy.local.supervisor import stop_signals
with stop_signals(), local_servers(Path(sys.argv[1])) as found:
    print(found.kafka_bootstrap, flush=True)
    threading.Event().wait()
"""


@dataclass(frozen=True)
class Launched:
    process: subprocess.Popen[str]
    bootstrap: str
    children: tuple[int, ...]


def launch(home: Path) -> Launched:
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(home)], cwd=checkout_root(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    bootstrap = process.stdout.readline().strip()
    assert bootstrap, "the launcher ended before its servers were ready"
    recorded = json.loads((home / "state" / "processes.json").read_text(encoding="utf-8"))
    return Launched(process, bootstrap, tuple(pid for pid, _ in recorded.values()))


def test_a_killed_launcher_leaves_nothing_running_and_the_next_start_works(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        killed = launch(home)
        with killed.process:
            killed.process.kill()
        assert wait_until(lambda: all(identity(pid) is None for pid in killed.children), SECONDS_MAX)

        second = launch(home)
        with second.process:
            second.process.terminate()

        assert second.bootstrap == killed.bootstrap
        assert len(killed.children) >= 2
        assert all(identity(pid) is None for pid in second.children)
    finally:
        postgres.forget(Layout(home, default_layout().cache))


def test_a_port_asked_for_that_is_taken_is_told_before_anything_starts(running: Running, tmp_path: Path) -> None:
    busy = AskedPorts(postgres=running.endpoints.postgres_port)

    with pytest.raises(LocalFault, match="is in use; choose another"), local_servers(tmp_path / "home", busy):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_where_another_user_cannot_reach_the_wheel_its_binaries_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    user = postgres.user_beside_root()
    wheel = postgres.wheel_directory()
    with tempfile.TemporaryDirectory() as closed, tempfile.TemporaryDirectory() as reachable:
        shutil.copytree(wheel / "pginstall18", Path(closed) / postgres.WHEEL / "pginstall18", symlinks=True)
        shutil.copytree(wheel.with_name(f"{postgres.WHEEL}.libs"), Path(closed) / f"{postgres.WHEEL}.libs")
        Path(reachable).chmod(0o711)
        monkeypatch.setattr(postgres, "wheel_directory", lambda: Path(closed) / postgres.WHEEL)

        binaries = postgres.reachable_binaries(Path(reachable), user)

        assert binaries.is_relative_to(reachable)
        assert postgres.runs(binaries, user)


def test_tests_take_the_servers_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCOP_TEST_KAFKA_BOOTSTRAP", "broker.example:9092")
    monkeypatch.setenv("OCOP_TEST_POSTGRES_DSN", "postgresql://u:p@db.example:5433/postgres")

    with endpoints_for_tests() as found:
        assert found.kafka_bootstrap == "broker.example:9092"
        assert found.postgres_port == 5433
