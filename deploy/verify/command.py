"""`./ocop verify`: everything that the running instance holds is accounted for, or what is not is listed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from deploy.instance import running_site
from deploy.local.layout import default_layout
from deploy.run_file import NotUpError
from deploy.verify.account import account
from deploy.verify.findings import Account
from deploy.verify.rest import DEADLINE_SECONDS

NOT_UP: Final = 3
LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "intake": "sự kiện gửi đến / intake records",
        "admitted": "nhận / admitted",
        "held": "giữ chờ / held",
        "refused": "từ chối / refused",
        "duplicates": "trùng / duplicates",
        "dead_lettered": "thư chết / dead letters",
        "products": "sản phẩm / products",
        "dossiers": "hồ sơ / dossiers",
        "scored": "kết quả chấm / scored",
        "voided": "phiên không hợp lệ / sessions voided",
        "recognised": "công nhận / recognised",
        "returned": "trả lại / returned",
        "ended": "kết thúc không chứng nhận / ended without certificate",
        "withdrawn": "rút hồ sơ / withdrawn",
        "sessions_annulled": "phiên họp bị hủy / sessions annulled",
        "decisions_annulled": "quyết định bị hủy / decisions annulled",
        "decisions_held": "quyết định mâu thuẫn / decisions held",
        "certificates": "giấy chứng nhận / certificates",
        "certificates_ended": "giấy hết hiệu lực / certificates ended",
        "certificates_extended": "giấy được kéo dài / certificates extended",
        "certificates_withdrawn": "giấy bị thu hồi / certificates withdrawn",
        "reminders": "lời nhắc đánh giá lại / renewal reminders",
        "holds": "bản ghi đang chờ / records waiting",
        "notices_written": "thông báo / notices",
        "notices_sent": "đã gửi / sent",
        "notices_failed": "gửi hỏng / failed",
        "notices_waiting": "chờ gửi / waiting",
        "mails": "thư trong hộp thư / mails",
        "mail_doubles_uncertain": "thư lặp đã ghi là chưa chắc / doubles marked uncertain",
    }
)


def verify(
    deadline: Annotated[
        float, typer.Option(help="Chờ hệ thống nghỉ nhiều nhất bấy nhiêu giây. / Wait so long for rest, seconds.")
    ] = DEADLINE_SECONDS,
) -> None:
    """Giải trình mọi sự kiện, quyết định, thông báo. / Account for every event, decision and notice."""
    layout, screen = default_layout(), Console()
    try:
        site = running_site(layout)
    except NotUpError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(NOT_UP) from None
    found = asyncio.run(account(site, layout.mail, deadline_seconds=deadline))
    show(screen, found)
    raise typer.Exit(1 if found.unexplained else 0)


def show(screen: Console, found: Account) -> None:
    """The figures as a table, then each thing without explanation on a line of its own, then how many there are."""
    table = Table(show_header=False, box=None)
    table.add_column(justify="right")
    table.add_column()
    for name, count in found.counts.items():
        table.add_row(f"{count:,}", LABELS.get(name) or name.replace("published ", "sự kiện trên / events on "))
    screen.print(table)
    for unexplained in found.unexplained:
        screen.print(str(unexplained), markup=False, highlight=False, soft_wrap=True)
    screen.print(verdict(found))


def verdict(found: Account) -> str:
    """The one line that says whether all is accounted for."""
    count = len(found.unexplained)
    return f"{count} không giải thích được / {count} unexplained"
