"""The five services as programs of the supervisor."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from deploy.local.layout import checkout_root, inherited_environment
from deploy.local.ports import HOST, is_listening
from deploy.local.supervisor import Program
from deploy.provision import SERVICES, Site

TIER: Final = 2
STOP_SECONDS_MAX: Final = 15.0
READY_SECONDS_MAX: Final = 30.0


@dataclass(frozen=True, slots=True)
class Doors:
    """The ports that people and mails use, all on 127.0.0.1."""

    console: int
    smtp: int
    mailbox: int


def programs(site: Site, doors: Doors, calendar: Literal["wall", "scripted"]) -> Iterator[Program]:
    """Each service as its own operating-system process."""
    for service in SERVICES:
        yield Program(
            name=service,
            command=(sys.executable, "-m", f"services.{service}"),
            directory=checkout_root(),
            environment={**inherited_environment(), **settings(site, service, doors, calendar)},
            ready=(lambda: is_listening(doors.console)) if service == "console" else None,
            ready_seconds_max=READY_SECONDS_MAX,
            stop_seconds_max=STOP_SECONDS_MAX,
            tier=TIER,
        )


def settings(site: Site, service: str, doors: Doors, calendar: str) -> Mapping[str, str]:
    """What one service is told, as environment variables."""
    return {
        "PYTHONUNBUFFERED": "1",
        "OCOP_KAFKA_BOOTSTRAP": site.kafka_bootstrap,
        "OCOP_TOPIC_PREFIX": site.topic_prefix,
        "OCOP_POSTGRES_DSN": site.dsn(service),
        "OCOP_CALENDAR": calendar,
        "OCOP_SMTP_HOST": HOST,
        "OCOP_SMTP_PORT": str(doors.smtp),
        "OCOP_HTTP_HOST": HOST,
        "OCOP_HTTP_PORT": str(doors.console),
    }
