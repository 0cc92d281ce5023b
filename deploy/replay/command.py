"""`./ocop replay`: is what every service knows what its log says?"""

from __future__ import annotations

from typing import Annotated, Final

import asyncpg
import psycopg
import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from deploy.instance import running_site
from deploy.replay.comparison import Compared, Report
from deploy.replay.pipelines import REPLAYED
from deploy.replay.replay import replay_site
from deploy.run_file import NotUpError

DIFFERENT: Final = 1
NOT_UP: Final = 3
DIGEST_CHARACTERS: Final = 12
_COLUMNS: Final = (
    ("dịch vụ\nservice", "left"),
    ("sự kiện\nevents", "right"),
    ("giây\nseconds", "right"),
    ("sự kiện/giây\nevents/s", "right"),
    ("bảng\ntable", "left"),
    ("dòng\nrows", "right"),
    ("hiện tại\nlive", "left"),
    ("dựng lại\nreplayed", "left"),
    ("", "left"),
)


def replay(
    services: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SERVICE]…", help="Chỉ những dịch vụ này. / Only these services."),
    ] = None,
) -> None:
    """Dựng lại trạng thái từ nhật ký sự kiện và so với hiện tại. / Rebuild state from the log and compare.

    Nothing live is changed and nothing is sent. Exit status: 0 equal, 1 different, 3 not up.
    """
    for service in services or ():
        if service not in REPLAYED:
            raise typer.BadParameter(f"{service}: {', '.join(REPLAYED)}")
    try:
        reports = list(replay_site(running_site(), services or REPLAYED))
    except (
        NotUpError,
        KafkaError,
        ConnectionError,
        psycopg.OperationalError,
        asyncpg.PostgresConnectionError,
    ) as fault:
        typer.echo(str(fault if isinstance(fault, NotUpError) else NotUpError()), err=True)
        raise typer.Exit(NOT_UP) from None
    _show(Console(), reports)
    raise typer.Exit(0 if all(report.equal for report in reports) else DIFFERENT)


def _show(screen: Console, reports: list[Report]) -> None:
    table = Table(title="Dựng lại từ nhật ký / rebuilt from the log", title_justify="left")
    for name, side in _COLUMNS:
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    for report in reports:
        speed = f"{report.events / report.seconds:.0f}" if report.seconds else ""
        head = [report.service, str(report.events), f"{report.seconds:.1f}", speed]
        for compared in report.tables:
            table.add_row(*head, *_cells(compared), style=None if compared.equal else "red")
            head = [""] * len(head)
    screen.print(table)
    for compared in (one for report in reports for one in report.tables if not one.equal):
        screen.print(
            f"[red]{compared.service}.{compared.table}[/red]: {compared.differing_count} khác / different: "
            + ", ".join(compared.differing)
        )


def _cells(compared: Compared) -> tuple[str, ...]:
    words = "bằng / equal" if compared.equal else "KHÁC / DIFFERENT"
    digests = compared.live[:DIGEST_CHARACTERS], compared.replayed[:DIGEST_CHARACTERS]
    return compared.table, str(compared.rows), *digests, words
