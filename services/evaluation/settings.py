"""What evaluation is told at its start."""

from __future__ import annotations

from shared.messaging.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings every service has."""

    postgres_schema: str = "evaluation"
