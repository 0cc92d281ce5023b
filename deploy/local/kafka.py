"""One Apache Kafka process, broker and controller in one (KRaft), on 127.0.0.1."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.java import Java
from deploy.local.layout import Layout, LocalFault, inherited_environment
from deploy.local.ports import HOST, is_listening
from deploy.local.supervisor import Program

CLUSTER_ID: Final = "b2NvcC1sb2NhbC1rYWZrYQ"  # 16 bytes in URL-safe base 64, as Kafka's format tool wants them
HEAP_MEGABYTES: Final = 160
MESSAGE_BYTES_MAX: Final = 2 * 1024 * 1024
FORMAT_SECONDS_MAX: Final = 60.0
METADATA_SECONDS_MAX: Final = 2.0
READY_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 15.0
MAIN_CLASS: Final = "kafka.Kafka"


@dataclass(frozen=True)
class Kafka:
    """What is needed to run the broker of one instance: its paths, jars, Java and ports."""

    layout: Layout
    jars: tuple[Path, ...]
    java: Java
    client_port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        """The address that clients start from."""
        return f"{HOST}:{self.client_port}"


def properties(kafka: Kafka) -> dict[str, str]:
    """Return the broker's configuration: where it listens, who may speak there, and how it keeps records."""
    data = {"log.dirs": _forward(kafka.layout.kafka / "data")}
    return {**_network(kafka), **data, **shared_properties()}


def shared_properties() -> dict[str, str]:
    """Return what is configured alike wherever the broker runs, in a container too."""
    return {**_access(), **_storage(), **_timing()}


def _network(kafka: Kafka) -> dict[str, str]:
    client, controller = f"CLIENT://{HOST}:{kafka.client_port}", f"CONTROLLER://{HOST}:{kafka.controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"{client},{controller}",
        "advertised.listeners": client,
        "inter.broker.listener.name": "CLIENT",
        "controller.listener.names": "CONTROLLER",
        # A fixed voter list, so that the controller's port may differ from start to start.
        "controller.quorum.voters": f"1@{HOST}:{kafka.controller_port}",
        "num.network.threads": "2",
        "num.io.threads": "4",
    }


def _access() -> dict[str, str]:
    """Everybody on this machine may do everything; principals and rights would be declared here."""
    return {"listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT"}


def _storage() -> dict[str, str]:
    return {
        "auto.create.topics.enable": "false",
        "message.max.bytes": str(MESSAGE_BYTES_MAX),
        "replica.fetch.max.bytes": str(MESSAGE_BYTES_MAX),
        "log.cleaner.dedupe.buffer.size": "4194304",
        "log.index.size.max.bytes": "1048576",
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
    }


def _timing() -> dict[str, str]:
    """A lone broker waits out its own session after a crash before it serves again, so the session is short."""
    return {
        "broker.session.timeout.ms": "1500",
        "broker.heartbeat.interval.ms": "300",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
    }


def properties_text(values: Mapping[str, str]) -> str:
    """Return the values in the format of Java's properties files, in ASCII."""
    lines = []
    for key, value in values.items():
        escaped = "".join(character if " " <= character <= "~" else _unicode(character) for character in value)
        lines.append(f"{key}={escaped}\n")
    return "".join(lines)


def _unicode(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def _forward(path: Path) -> str:
    return str(path).replace("\\", "\\\\")


def prepare(kafka: Kafka) -> None:
    """The configuration stands in the home as the ports are now, and the data directory is formatted."""
    (kafka.layout.kafka / "scratch").mkdir(parents=True, exist_ok=True)
    _properties_file(kafka).write_text(properties_text(properties(kafka)), encoding="ascii")
    _log4j_file(kafka).write_text(_log4j(kafka.layout), encoding="utf-8")
    if not (kafka.layout.kafka / "data" / "meta.properties").exists():
        _format(kafka)


def _format(kafka: Kafka) -> None:
    """Kafka's own format tool ran; an earlier attempt that broke off is begun anew."""
    shutil.rmtree(kafka.layout.kafka / "data", ignore_errors=True)
    arguments = ("kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config")
    command = [*_java(kafka, *_archive_option(kafka)), *arguments, str(_properties_file(kafka))]
    ran = subprocess.run(
        command, env=_environment(), capture_output=True, text=True, timeout=FORMAT_SECONDS_MAX, check=False
    )
    if ran.returncode != 0:
        raise LocalFault(
            "Không tạo được thư mục dữ liệu của Kafka. / Kafka's data directory could not be made.\n"
            f"{(ran.stdout + ran.stderr).strip()[-1000:]}"
        )


def program(kafka: Kafka) -> Program:
    """Return the broker as the supervisor runs it, ready when it answers a metadata request with itself in it."""
    sharing = _archive_option(kafka) or (f"-XX:DumpLoadedClassList={_class_list_file(kafka)}",)
    return Program(
        name="kafka",
        command=(*_java(kafka, *sharing), MAIN_CLASS, str(_properties_file(kafka))),
        directory=kafka.layout.kafka,
        environment=_environment(),
        ready=lambda: is_listening(kafka.client_port) and answers(kafka.bootstrap),
        ready_seconds_max=READY_SECONDS_MAX,
        stop_seconds_max=STOP_SECONDS_MAX,
        tier=0,
    )


def answers(bootstrap: str) -> bool:
    """Say whether a broker answers a metadata request there and counts itself among the living."""
    from confluent_kafka import KafkaException  # not needed by commands that only look at files
    from confluent_kafka.admin import AdminClient

    configuration: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "log_level": 0,
        "error_cb": lambda _fault: None,  # else it speaks of every refused connection
    }
    client = AdminClient(configuration)
    try:
        return bool(client.list_topics(timeout=METADATA_SECONDS_MAX).brokers)
    except KafkaException:
        return False


def archive_file(kafka: Kafka) -> Path:
    """Return where the archive of loaded classes stands, or would: one for each Java and each set of jars."""
    told = "\n".join([kafka.java.words, str(kafka.java.program), *map(str, kafka.jars)])
    return kafka.layout.cache / f"kafka-{hashlib.sha256(told.encode()).hexdigest()[:12]}.jsa"


def archive_program(kafka: Kafka) -> Program | None:
    """Return what makes that archive, at the lowest priority, or None where there is one or nothing to make it of.

    The archive speeds later starts (application class data sharing); a Java that cannot make or use one goes on
    without it.
    """
    archive, classes, nice = archive_file(kafka), _class_list_file(kafka), shutil.which("nice")
    if archive.exists() or not classes.exists() or nice is None:
        return None
    partial, listed = archive.with_suffix(f".{os.getpid()}.partial"), classes.with_suffix(".taken")
    shutil.copyfile(classes, listed)
    dump = ("-Xshare:dump", f"-XX:SharedClassListFile={listed}", f"-XX:SharedArchiveFile={partial}")
    return Program(
        name="kafka-archive",
        command=(nice, "-n", "19", *_java(kafka, *dump)),
        directory=kafka.layout.kafka,
        environment=_environment(),
        on_end=lambda exit_status: _keep_archive(partial, archive, exit_status),
        restart=False,
    )


def _archive_option(kafka: Kafka) -> tuple[str, ...]:
    return (f"-XX:SharedArchiveFile={archive_file(kafka)}",) if archive_file(kafka).exists() else ()


def _keep_archive(partial: Path, archive: Path, exit_status: int) -> None:
    if exit_status == 0 and partial.exists():
        partial.replace(archive)
    partial.unlink(missing_ok=True)


def _java(kafka: Kafka, *more: str) -> tuple[str, ...]:
    """Return the command up to the main class; the class path is explicit and sorted, as an archive demands."""
    return (
        str(kafka.java.program),
        f"-Xmx{HEAP_MEGABYTES}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        *more,
        "-Djava.net.preferIPv4Stack=true",
        f"-Djava.io.tmpdir={kafka.layout.kafka / 'scratch'}",
        f"-Dlog4j2.configurationFile={_log4j_file(kafka).as_uri()}",
        "-Dlog4j2.disableJmx=true",
        "-Dlog4j.shutdownHookEnabled=false",
        "-cp",
        os.pathsep.join(str(jar) for jar in kafka.jars),
    )


def _properties_file(kafka: Kafka) -> Path:
    return kafka.layout.kafka / "server.properties"


def _log4j_file(kafka: Kafka) -> Path:
    return kafka.layout.kafka / "log4j2.properties"


def _class_list_file(kafka: Kafka) -> Path:
    return kafka.layout.kafka / "loaded.classes"


def _log4j(layout: Layout) -> str:
    values = {
        "status": "warn",
        "appender.file.type": "RollingFile",
        "appender.file.name": "file",
        "appender.file.fileName": _forward(layout.logs / "kafka-server.log"),
        "appender.file.filePattern": _forward(layout.logs / "kafka-server.log.%i"),
        "appender.file.layout.type": "PatternLayout",
        "appender.file.layout.pattern": "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %p %c{1}: %m%n",
        "appender.file.policies.type": "SizeBasedTriggeringPolicy",
        "appender.file.policies.size": "5MB",
        "appender.file.strategy.type": "DefaultRolloverStrategy",
        "appender.file.strategy.max": "3",
        "rootLogger.level": "warn",
        "rootLogger.appenderRef.file.ref": "file",
        "logger.server.name": "kafka.server.KafkaRaftServer",
        "logger.server.level": "info",
    }
    return properties_text(values)


def _environment() -> dict[str, str]:
    """Return this process's environment without the variables that would change what Java does."""
    meddling = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH")
    return {name: value for name, value in inherited_environment().items() if name not in meddling}
