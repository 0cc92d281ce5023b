"""What registration is told at its start."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.topics import INTAKE_RETENTION_DAYS
from shared.messaging.settings import ServiceSettings


class Settings(ServiceSettings):
    """Besides what every service has: whose calendar opens the days, which units speak, how long an event is held.

    `units` empty means all 34 provinces and the ministry. `fact_days_back_max` empty asks nobody about old facts.
    `journal_bytes_keep_days` outlasts a certificate's 36 months, and in any case the intake topics.
    """

    postgres_schema: str = "registration"
    calendar: Literal["wall", "scripted"] = "wall"
    units: tuple[str, ...] = ()
    hold_days_max: Annotated[int, Field(ge=1, le=365)] = 30
    fact_days_back_max: Annotated[int, Field(ge=1)] | None = None
    journal_bytes_keep_days: Annotated[int, Field(ge=2 * INTAKE_RETENTION_DAYS)] = 1460
