"""What the console is told at its start."""

from __future__ import annotations

from shared.messaging.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides what every service has: where its pages are served."""

    postgres_schema: str = "console"
    http_host: str = "127.0.0.1"
    http_port: int = 8700
