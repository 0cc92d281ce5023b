"""What every service is told at its start, read once from the environment (`OCOP_…`)."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict

OUTBOX_KEEP_SECONDS = 7 * 86_400.0
SETTLED_LETTER_KEEP_DAYS = 365


class ServiceSettings(BaseSettings):
    """Where a service finds its broker and its own schema.

    `topic_prefix` and `postgres_schema` let many pipelines share servers. `replica` names this process among those of
    one service: a restart under the same name moves no partitions. `/metrics`, `/live` and `/ready` are answered at
    `watch_host`:`watch_port`; nowhere at port 0.
    """

    model_config = SettingsConfigDict(env_prefix="OCOP_", frozen=True, extra="ignore")

    kafka_bootstrap: str = "127.0.0.1:9092"
    topic_prefix: str = ""
    postgres_dsn: str
    postgres_schema: str
    replica: str = "0"
    log_level: str = "INFO"
    outbox_keep_seconds: float = OUTBOX_KEEP_SECONDS
    settled_letter_keep_days: int = SETTLED_LETTER_KEEP_DAYS
    watch_host: str = "127.0.0.1"
    watch_port: int = 0

    @property
    def bootstrap_servers(self) -> list[str]:
        """The brokers, as FastStream and aiokafka take several: a list."""
        return [server.strip() for server in self.kafka_bootstrap.split(",")]
