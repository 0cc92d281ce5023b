"""Kafka and PostgreSQL in containers, for tests on a machine where Docker answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local import kafka, postgres
from deploy.local.layout import LocalFault, inherited_environment
from deploy.local.ports import HOST, find_free
from deploy.local.processes import wait_until

KAFKA_IMAGE: Final = "apache/kafka:4.3.0"
POSTGRES_IMAGE: Final = "postgres:18"
POSTGRES_PORT: Final = 5432
DOCKER_SOCKET: Final = Path("/var/run/docker.sock")
PASSWORD: Final = "throw-away"  # noqa: S105  # of a database that lives as long as one run of the tests
DOCKER_SECONDS_MAX: Final = 3
READY_SECONDS_MAX: Final = 120.0


def docker_answers() -> bool:
    """Say whether a Docker daemon answers on this machine."""
    if not (DOCKER_SOCKET.exists() or inherited_environment().get("DOCKER_HOST")):
        return False  # asked all the same, the client would leave the socket it could not connect open
    import docker  # type: ignore[import-untyped]  # it ships no types; needed only where tests ask for containers
    from docker.errors import DockerException  # type: ignore[import-untyped]  # the same

    try:
        client = docker.from_env(timeout=DOCKER_SECONDS_MAX)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except DockerException:
        return False


@contextmanager
def container_servers() -> Iterator[tuple[str, str]]:
    """Run both servers in containers while inside; gives Kafka's bootstrap address and PostgreSQL's DSN."""
    from testcontainers.core.container import DockerContainer

    port = find_free("kafka-container", set())
    broker = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, port).with_envs(**_kafka_environment(port))
    database = DockerContainer(POSTGRES_IMAGE).with_exposed_ports(POSTGRES_PORT).with_env("POSTGRES_PASSWORD", PASSWORD)
    with broker, database:
        host, database_port = database.get_container_host_ip(), database.get_exposed_port(POSTGRES_PORT)
        bootstrap, dsn = f"{HOST}:{port}", f"postgresql://postgres:{PASSWORD}@{host}:{database_port}/postgres"
        if not wait_until(lambda: kafka.answers(bootstrap) and postgres.answers(dsn), READY_SECONDS_MAX):
            raise LocalFault("Container không sẵn sàng. / The containers did not become ready.")
        yield bootstrap, dsn


def _kafka_environment(port: int) -> dict[str, str]:
    """Return the same configuration as the local broker's, with the listeners a container needs."""
    values = {
        **kafka.shared_properties(),
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"CLIENT://:{port},CONTROLLER://:9093",
        "advertised.listeners": f"CLIENT://{HOST}:{port}",
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": "1@localhost:9093",
    }
    return {f"KAFKA_{key.upper().replace('.', '_')}": value for key, value in values.items()}
