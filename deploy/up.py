"""`./ocop up`: servers, services, mailbox and console run; a sample season has been played through."""

from __future__ import annotations

import asyncio
import json
import signal
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console

from deploy import run_file
from deploy.local import mailbox
from deploy.local.layout import Layout, LocalFault, default_layout, instance_lock, load_secrets, prepare, write_whole
from deploy.local.ports import Ports
from deploy.local.servers import AskedPorts, Endpoints, start_servers
from deploy.local.supervisor import Change, Event, Supervisor, stop_signals
from deploy.provision import SERVICES, Site, provision
from deploy.season.generator import Season
from deploy.season.seasons import DEFAULT, SEASONS
from deploy.season.showing import Shown, show
from deploy.services import Doors, programs
from deploy.verify import account
from deploy.verify.command import verdict
from shared.kernel.clock import monotonic
from shared.rulebooks.units import load_units

DATABASE: Final = "ocop"
PREFIX: Final = "season."


@dataclass(frozen=True, slots=True)
class SeasonFile:
    """Which season an instance's data are of; another one does not fit beside it.

    `played` once it has been played to its end: a start that was cut short leaves effects for the next one to bring.
    """

    dossiers: int
    seed: int
    played: bool = False
    season: str = DEFAULT

    def same(self, other: SeasonFile) -> bool:
        """True where the other is the same season, played or not."""
        return replace(self, played=other.played) == other


def up(
    once: Annotated[
        bool, typer.Option("--once", help="Kiểm tra mùa mẫu rồi thoát. / Check the season and exit.")
    ] = False,
    season: Annotated[
        str, typer.Option(help="Mùa mẫu: 2026, hoặc 2020 (Hà Nội). / The sample season: 2026, or 2020 (Hà Nội).")
    ] = DEFAULT,
    dossiers: Annotated[
        int | None, typer.Option(help="Số sản phẩm của mùa mẫu. / Products in the sample season.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Hạt giống của mùa mẫu. / Seed of the sample season.")] = None,
    console_port: Annotated[int | None, typer.Option(help="Cổng bảng theo dõi. / Port of the console.")] = None,
    mailbox_port: Annotated[int | None, typer.Option(help="Cổng hộp thư. / Port of the mailbox.")] = None,
    kafka_port: Annotated[int | None, typer.Option(help="Cổng Kafka. / Port of Kafka.")] = None,
    postgres_port: Annotated[int | None, typer.Option(help="Cổng PostgreSQL. / Port of PostgreSQL.")] = None,
) -> None:
    """Chạy toàn hệ thống với một mùa mẫu, đến khi Ctrl-C. / Run everything with a sample season, until Ctrl-C."""
    began = monotonic()
    which = season_asked(season, dossiers, seed)
    sample = season_written(which)
    layout = default_layout()
    prepare(layout)
    screen = Console()
    asked = AskedPorts(kafka_port, postgres_port)
    with stop_signals(), instance_lock(layout), Supervisor(layout, lambda event: _tell(screen, event)) as supervisor:
        again = season_again(layout, which)
        site, doors = _start(layout, supervisor, screen, asked, console_port, mailbox_port)
        try:
            shown = asyncio.run(show(site.kafka_bootstrap, site.topic_prefix, sample, layout.mail, screen, again=again))
            if shown.report.holds:
                _keep(layout, replace(which, played=True))
            _first_decision(screen, shown, began)
            _addresses(screen, layout, doors)
            if once:
                found = asyncio.run(account(site, layout.mail))
                for unexplained in found.unexplained:
                    screen.print(str(unexplained), markup=False, highlight=False, soft_wrap=True)
                screen.print(verdict(found))
                raise typer.Exit(0 if shown.right and not found.unexplained else 1)
            signal.pause()
        finally:
            run_file.forget(layout.home)


def _start(
    layout: Layout,
    supervisor: Supervisor,
    screen: Console,
    asked: AskedPorts,
    console_port: int | None,
    mailbox_port: int | None,
) -> tuple[Site, Doors]:
    began = monotonic()
    endpoints = start_servers(layout, supervisor, asked, screen.print)
    site = _site(layout, endpoints)
    provision(site)
    ports = Ports(layout.state / "ports.json", screen.print)
    doors = Doors(
        ports.choose("console", console_port),
        ports.choose("smtp"),
        ports.choose("mailbox", mailbox_port),
        {service: ports.choose(f"watch-{service}") for service in SERVICES if service != "console"},
    )
    supervisor.start(mailbox.program(layout, doors.smtp, doors.mailbox))
    for program in programs(site, doors, "scripted"):
        supervisor.start(program)
    supervisor.wait_ready("mailbox")
    supervisor.wait_ready("console")
    _remember(layout, site, doors)
    screen.print(f"Đã sẵn sàng sau {monotonic() - began:.1f} giây. / Ready after {monotonic() - began:.1f} s.")
    return site, doors


def _site(layout: Layout, endpoints: Endpoints) -> Site:
    return Site(
        endpoints.kafka_bootstrap,
        PREFIX,
        endpoints.postgres_superuser_dsn,
        DATABASE,
        load_secrets(layout).roles,
        load_units().codes,
    )


def _remember(layout: Layout, site: Site, doors: Doors) -> None:
    running = run_file.RunFile(
        kafka_bootstrap=site.kafka_bootstrap,
        topic_prefix=site.topic_prefix,
        postgres=urlsplit(site.postgres_superuser_dsn).netloc.rpartition("@")[2],
        database=site.database,
        console=f"http://127.0.0.1:{doors.console}/",
        mailbox=f"http://127.0.0.1:{doors.mailbox}/",
    )
    run_file.write(layout.home, running)


def season_asked(name: str, dossiers: int | None, seed: int | None) -> SeasonFile:
    """The season asked for, with its own number of products and seed where none is named."""
    sample = SEASONS.get(name)
    if sample is None:
        known = ", ".join(SEASONS)
        raise LocalFault(
            f"Không có mùa mẫu “{name}”; các mùa mẫu hiện có: {known}. / "
            f"There is no sample season “{name}”; there are: {known}."
        )
    return SeasonFile(
        sample.dossiers if dossiers is None else dossiers, sample.seed if seed is None else seed, season=name
    )


def season_written(which: SeasonFile) -> Season:
    """The season, ready to be played; raises LocalFault where it has too few products for its cases."""
    try:
        return SEASONS[which.season].write(which.dossiers, which.seed)
    except ValueError as fault:
        raise LocalFault(str(fault)) from fault


def season_again(layout: Layout, wanted: SeasonFile) -> bool:
    """True where this very season was played here to its end; raises LocalFault where the data are of another."""
    path = _season_file(layout)
    if not path.exists():
        _keep(layout, wanted)
        return False
    kept = SeasonFile(**json.loads(path.read_text(encoding="utf-8")))
    if not kept.same(wanted):
        raise LocalFault(
            f"Dữ liệu ở đây là của mùa mẫu {kept.season}, {kept.dossiers} sản phẩm, hạt giống {kept.seed}; "
            "hãy chạy `./ocop reset` trước. / "
            f"The data here are of the season {kept.season} of {kept.dossiers} products, seed {kept.seed}; "
            "run `./ocop reset` first."
        )
    return kept.played


def _keep(layout: Layout, season: SeasonFile) -> None:
    write_whole(_season_file(layout), json.dumps(asdict(season)))


def _season_file(layout: Layout) -> Path:
    return layout.state / "season.json"


def _first_decision(screen: Console, shown: Shown, began: float) -> None:
    if shown.first_decision is not None:
        seconds = f"{shown.first_decision - began:.1f}"
        screen.print(f"Quyết định công nhận đầu tiên sau {seconds} giây. / First decision {seconds} s after the start.")


def _addresses(screen: Console, layout: Layout, doors: Doors) -> None:
    screen.print()
    screen.print(f"Bảng theo dõi / console : http://127.0.0.1:{doors.console}/")
    screen.print(f"Hộp thư / mailbox       : http://127.0.0.1:{doors.mailbox}/")
    for service, port in doors.watched().items():
        screen.print(f"Số đo / metrics         : http://127.0.0.1:{port}/metrics  ({service}; /ready, /live)")
    screen.print(f"Nhật ký / logs          : {layout.logs}")
    screen.print("Ctrl-C để dừng. / Ctrl-C stops everything.")


def _tell(screen: Console, event: Event) -> None:
    if event.change in (Change.DIED, Change.RESTARTED):
        screen.print(f"[yellow]{event.name}: {event.change} (pid {event.pid})[/yellow]")
