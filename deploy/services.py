"""The five services as programs of the supervisor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal
from urllib.request import urlopen

from deploy.local.layout import checkout_root, inherited_environment
from deploy.local.ports import HOST, is_listening
from deploy.local.supervisor import Program
from deploy.provision import SERVICES, Site

TIER: Final = 2
STOP_SECONDS_MAX: Final = 15.0
READY_SECONDS_MAX: Final = 30.0
ANSWER_SECONDS_MAX: Final = 1.0


@dataclass(frozen=True, slots=True)
class Doors:
    """The ports that people and mails use, all on 127.0.0.1; at those of `watch` services say how they are."""

    console: int
    smtp: int
    mailbox: int
    watch: Mapping[str, int] = field(default_factory=dict)

    def watched(self) -> dict[str, int]:
        """Where each service answers /metrics, /live and /ready; the console does so among its pages."""
        return {**self.watch, "console": self.console}


def programs(site: Site, doors: Doors, calendar: Literal["wall", "scripted"]) -> Iterator[Program]:
    """Each service as its own operating-system process."""
    for service in SERVICES:
        yield Program(
            name=service,
            command=(sys.executable, "-m", f"services.{service}"),
            directory=checkout_root(),
            environment={**inherited_environment(), **settings(site, service, doors, calendar)},
            ready=_ready(service, doors),
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
        "OCOP_WATCH_HOST": HOST,
        "OCOP_WATCH_PORT": str(doors.watch.get(service, 0)),
    }


def _ready(service: str, doors: Doors) -> Callable[[], bool] | None:
    """The console is there as soon as its pages are, another service when it says so itself; one without a door is."""
    if service == "console":
        return partial(is_listening, doors.console)
    return partial(_says_ready, doors.watch[service]) if service in doors.watch else None


def _says_ready(port: int) -> bool:
    try:
        with urlopen(f"http://{HOST}:{port}/ready", timeout=ANSWER_SECONDS_MAX) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
