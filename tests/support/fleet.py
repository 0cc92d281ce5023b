"""The whole pipeline of one site as operating-system processes: mailbox and services under a supervisor."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from deploy.local import mailbox
from deploy.local.layout import Layout, default_layout, prepare
from deploy.local.ports import Ports
from deploy.local.servers import Endpoints, silent
from deploy.local.supervisor import Change, Event, Program, Supervisor
from deploy.provision import SERVICES
from deploy.season.checker import CheckReport, check
from deploy.season.generator import Season
from deploy.season.lines import SeasonLine
from deploy.season.player import play
from deploy.services import Doors, programs
from shared.messaging.crash_points import CrashPoint
from tests.support import crashing
from tests.support.crashing import Planned
from tests.support.site import TestSite, fresh_site
from tests.support.waiting import eventually

MAILBOX = "mailbox"
RESTARTED_SECONDS_MAX = 30.0
CHECK_SECONDS_MAX = 60.0


@dataclass
class Fleet:
    """The processes of a site; a service's first replica has the service's name, the others `<service>-<replica>`."""

    site: TestSite
    layout: Layout
    programs: Mapping[str, Program]
    supervisor: Supervisor
    events: list[Event] = field(default_factory=list)

    def start(self) -> None:
        """Every service runs."""
        for program in self.programs.values():
            self.supervisor.start(program)
        self.supervisor.wait_ready("console")

    def stop(self) -> None:
        """Every service was asked to end, and has ended."""
        for name in self.programs:
            self.supervisor.stop(name)

    async def play(self, lines: Sequence[SeasonLine]) -> None:
        """The broker has every line, in the order and at the pace of a season."""
        await play(self.site.site.kafka_bootstrap, self.site.site.topic_prefix, lines, lambda _: None)

    async def check(self, season: Season, mails: Path | None = None) -> CheckReport:
        """What differs from what the season's author wrote down, judged by these mails, else by all that came."""
        place = self.site.site.kafka_bootstrap, self.site.site.topic_prefix
        return await check(*place, mails or self.layout.mail, season.expected, CHECK_SECONDS_MAX, lambda _: None)

    async def kill(self, name: str) -> None:
        """The process was killed, and the supervisor has started another in its place."""
        killed, deaths = self.supervisor.pid(name), self.supervisor.deaths(name)
        self.supervisor.send_signal(name, signal.SIGKILL)

        async def replaced() -> bool:
            return self.supervisor.deaths(name) > deaths and self.supervisor.pid(name) != killed

        await eventually(replaced, what=f"{name} started again", deadline_seconds=RESTARTED_SECONDS_MAX)

    def address(self, service: str) -> str:
        """Where the service's first replica answers /metrics, /live and /ready, the console among its pages."""
        told = self.programs[service].environment
        return f"http://127.0.0.1:{told['OCOP_HTTP_PORT' if service == 'console' else 'OCOP_WATCH_PORT']}"

    def crashed(self, service: str) -> list[CrashPoint]:
        """Where the service's test build has died, in order."""
        return crashing.reached(_reached_file(self.layout, service))

    def killed(self) -> Counter[str]:
        """How often each program died, by itself or because it was killed."""
        return Counter(event.name for event in self.events if event.change is Change.DIED)

    def ends(self) -> list[int | None]:
        """The exit status of each service that was asked to end."""
        stopped = (event for event in self.events if event.change is Change.STOPPED)
        return [event.exit_status for event in stopped if event.name != MAILBOX]

    def batches(self, name: str, group: str) -> Counter[str]:
        """What the process logged of its batches as a member of this group, summed up; empty where it had none."""
        found: Counter[str] = Counter()
        for line in (self.layout.logs / f"{name}.log").read_bytes().splitlines():
            logged = orjson.loads(line) if line.startswith(b'{"') else {}
            if logged.get("event") == "batch" and logged["group"] == f"{self.site.site.topic_prefix}{group}":
                found.update({key: value for key, value in logged.items() if isinstance(value, int)})
        return found


@asynccontextmanager
async def fleet(
    servers: Endpoints,
    season: Season,
    home: Path,
    replicas: Mapping[str, int] | None = None,
    crashes: Mapping[str, Sequence[Planned]] | None = None,
) -> AsyncIterator[Fleet]:
    """A fresh site with the units of the season, and its services, running; nothing is left at the end.

    The services of `crashes` run in the test build and die where they are told.
    """
    layout = Layout(home, default_layout().cache)
    prepare(layout)
    ports = Ports(layout.state / "ports.json", silent)
    watch = {service: ports.choose(f"watch-{service}") for service in SERVICES if service != "console"}
    doors = Doors(ports.choose("console"), ports.choose("smtp"), ports.choose("mailbox"), watch)
    events: list[Event] = []
    async with fresh_site(servers, tuple(season.expected.units)) as site:
        with Supervisor(layout, events.append) as supervisor:
            supervisor.start(mailbox.program(layout, doors.smtp, doors.mailbox))
            found = _programs(site, doors, replicas or {})
            found |= {service: _crashing(found[service], plan, layout) for service, plan in (crashes or {}).items()}
            made = Fleet(site, layout, found, supervisor, events)
            made.start()
            supervisor.wait_ready(MAILBOX)
            yield made


def _programs(site: TestSite, doors: Doors, replicas: Mapping[str, int]) -> dict[str, Program]:
    units = json.dumps(list(site.site.units))
    found: dict[str, Program] = {}
    for program in programs(site.site, doors, "scripted"):
        for replica in range(replicas.get(program.name, 1)):
            name = f"{program.name}-{replica}" if replica else program.name
            told = {**program.environment, "OCOP_REPLICA": str(replica), "OCOP_UNITS": units}
            if replica:
                told["OCOP_WATCH_PORT"] = "0"
            found[name] = replace(program, name=name, environment=told)
    assert {program.partition("-")[0] for program in found} == set(SERVICES)
    return found


def _crashing(program: Program, plan: Sequence[Planned], layout: Layout) -> Program:
    told = crashing.environment(plan, _reached_file(layout, program.name))
    return replace(program, command=crashing.command(program.name), environment={**program.environment, **told})


def _reached_file(layout: Layout, service: str) -> Path:
    return layout.state / f"{service}.crashed"
