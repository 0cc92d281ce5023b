"""`./ocop positions`: where services stand, and the runbooks' commands for replaced topics and restored databases."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from deploy import acts
from deploy.positions import recovery, topics
from deploy.positions.readmission import Calendar
from deploy.positions.standing import Standing, standings
from deploy.provision import SERVICES

ALL: Final = "all"
UNSOUND: Final = 1

app = typer.Typer(
    help="Vị trí đọc: xem, nhận chủ đề mới, gửi lại, khôi phục. / Positions: see, accept topics, resend, recover.",
    no_args_is_help=True,
)
Service = Annotated[str, typer.Argument(metavar="SERVICE", help="Dịch vụ / the service")]
TopicName = Annotated[str, typer.Argument(metavar="TOPIC", help="Chủ đề, không tiền tố / the topic, without prefix")]


@app.command("list")
def list_positions() -> None:
    """Mỗi dịch vụ đứng ở đâu trên mỗi chủ đề. / Where each service stands on each topic; exit 1 if one is not sound."""
    found = asyncio.run(standings(acts.site()))
    table = Table("service", "topic", "next", "begin", "end", "lag", "topic id", "")
    for one in found:
        table.add_row(*_row(one))
    Console().print(table)
    raise typer.Exit(0 if all(one.is_sound for one in found) else UNSOUND)


@app.command("accept-topic")
def accept_topic(service: Service, topic: TopicName) -> None:
    """Nhận chủ đề như hiện có, từ đầu. / The service takes the topic as it is now, from its beginning."""
    waiting = asyncio.run(topics.accept_topic(acts.site(), service, topic))
    typer.echo(f"{service} đọc {topic} từ đầu: {waiting} bản ghi. / It reads from the beginning: {waiting} records.")


@app.command()
def resend(owner: Service, topic: TopicName) -> None:
    """Gửi lại những gì hộp thư đi còn giữ của chủ đề. / Send again what the owner's outbox keeps of the topic."""
    sent = asyncio.run(topics.resend(acts.site(), owner, topic))
    since = f"{sent.since:%Y-%m-%d %H:%M:%S%z}" if sent.since else "-"
    typer.echo(f"Đã gửi lại {sent.events} sự kiện, từ {since}. / {sent.events} events sent again, since {since}.")


@app.command()
def recreate(
    topic: TopicName,
    yes: Annotated[bool, typer.Option("--yes", help="Không hỏi lại / do not ask")] = False,
) -> None:
    """Xóa và tạo lại chủ đề như đã khai báo. / Delete the topic and make it anew as declared: it is empty then."""
    if not yes:
        typer.confirm(f"Xóa mọi bản ghi của {topic}? / Delete every record of {topic}?", abort=True)
    made = topics.recreate(acts.site(), topic)
    typer.echo(f"{made.name}: {made.partitions} phân vùng, trống. / {made.partitions} partitions, empty.")


@app.command()
def recover(
    service: Annotated[str, typer.Argument(metavar="SERVICE|all", help="Dịch vụ hoặc all / the service, or all")],
    calendar: Annotated[Calendar, typer.Option(help="Lịch của registration / registration's calendar")] = "scripted",
) -> None:
    """Làm lại những gì PostgreSQL khôi phục từ bản cũ không còn biết. / Do again what a restored database forgot."""
    site = acts.site()
    for one in SERVICES if service == ALL else (service,):
        done = asyncio.run(recovery.recover(site, one, calendar))
        typer.echo(
            f"{one}: Kafka giữ {done.unknown} sự kiện lạ; làm lại {done.taken} bản ghi; còn gửi {done.to_send}. / "
            f"Kafka held {done.unknown} events unknown; {done.taken} records done again; {done.to_send} yet to be sent."
        )


def _row(one: Standing) -> tuple[str, ...]:
    same = one.known_id == one.actual_id
    ids = one.actual_id if same else f"{one.known_id or '-'} → {one.actual_id or '-'}"
    numbers = (one.next_offset, one.begin, one.end, one.end - one.next_offset)
    return one.service, one.topic, *map(str, numbers), ids, "" if one.is_sound else "!"
