"""`./ocop dead-letters`: the records that no service could apply, and what an operator does about them.

Exit status: 0 done, 1 not done or asked by another before, 2 bad input, 3 not up or no outcome in time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from deploy import acts
from deploy.acts import BAD_INPUT, LISTED_MAX, SQL, Body, By, Force, WaitSeconds, Why, Wish, printable
from deploy.provision import SERVICES, Site
from shared.contracts.topics import RECORD_BYTES_MAX
from shared.kernel.clock import now
from shared.kernel.reasons import Reason
from shared.messaging.acts import Kind

SHOWN_MAX: Final = 50

app = typer.Typer(
    help="Bản ghi lỗi: xem, xử lý lại, thay thế, bỏ qua. / Dead letters: see, redrive, supersede, skip.\n\n"
    "Exit status: 0 done, 1 not done or asked by another before, 2 bad input, 3 not up or no outcome in time.",
    no_args_is_help=True,
)
Ids = Annotated[list[UUID], typer.Argument(metavar="ID…", help="Mã bản ghi lỗi / the dead letters' ids")]
Id = Annotated[UUID, typer.Argument(metavar="ID", help="Mã bản ghi lỗi / the dead letter's id")]
OfReason = Annotated[str | None, typer.Option("--reason", help="Chỉ lý do này / only this reason")]
OfSender = Annotated[str | None, typer.Option("--sender", help="Chỉ nơi gửi này / only this sender: 66, registration")]
OfService = Annotated[str | None, typer.Option("--service", help="Chỉ dịch vụ này / only this service")]
Everything = Annotated[bool, typer.Option("--all", help="Mọi bản ghi chưa xử lý / all that are open")]


@dataclass(frozen=True, slots=True)
class Found:
    """A dead letter as it is listed: no bytes, no words that quote them."""

    service: str
    sender: str
    row: dict[str, Any]

    @property
    def id(self) -> UUID:
        """What it is called."""
        found: UUID = self.row["dead_letter_id"]
        return found


@app.command("list")
def list_letters(
    reason: OfReason = None,
    sender: OfSender = None,
    service: OfService = None,
    settled: Annotated[bool, typer.Option("--settled", help="Cả đã xử lý / the settled ones too")] = False,
) -> None:
    """Liệt kê theo nguyên nhân, nơi gửi, dịch vụ. / List by cause, sender and service, the largest group first."""
    found = list(letters(acts.site(), reason, sender, service, settled=settled))
    groups: dict[tuple[str, str, str], list[Found]] = defaultdict(list)
    for letter in found:
        groups[letter.row["reason"], letter.sender, letter.service].append(letter)
    for (cause, who, where), members in sorted(groups.items(), key=lambda group: -len(group[1])):
        oldest = _age(members[0])
        typer.echo(f"{len(members):>5}  {cause}  từ / from {who}  tại / at {where}  lâu nhất / oldest {oldest}")
        for letter in members[:SHOWN_MAX]:
            row = letter.row
            place = f"{row['topic']}/{row['part']}/{row['topic_offset']}"
            about = f"  {printable(row['subject'])} #{row['sequence']}" if row["subject"] else ""
            typer.echo(f"       {letter.id}  {_age(letter):>6}  {place}{about}  {row['settled_how'] or ''}".rstrip())
        if len(members) > SHOWN_MAX:
            typer.echo(f"       … và {len(members) - SHOWN_MAX} nữa / and {len(members) - SHOWN_MAX} more")
    typer.echo(f"{len(found)} bản ghi lỗi / dead letters")


@app.command()
def show(dead_letter_id: Id, body: Body = False) -> None:
    """Xem một bản ghi lỗi và những việc đã làm. / Show one, and what was done about it."""
    site = acts.site()
    service, row = _one(site, dead_letter_id)
    typer.echo(f"{service}:{dead_letter_id}  {row['reason']}  {row['recorded_at']:%Y-%m-%d %H:%M:%S%z}")
    if row["subject"]:
        typer.echo(f"  {printable(row['subject'])} #{row['sequence']}")
    typer.echo(f"  sha256 {row['sha256']}")
    if body or row["reason"] != Reason.FAULT:  # a fault's words may quote the content
        typer.echo(f"  {printable(row['detail'])}")
    acts.show_record(row, body=body)
    if row["settled_how"]:
        typer.echo(f"  {row['settled_how']}  {row['settled_at']:%Y-%m-%d %H:%M:%S%z}")
    with acts.schema(site, service) as connection:
        acts.show_acts(connection, str(dead_letter_id))


@app.command()
def redrive(
    *,
    why: Why,
    by: By,
    ids: Annotated[list[UUID] | None, typer.Argument(metavar="ID…", help="Mã bản ghi lỗi / the ids")] = None,
    everything: Everything = False,
    reason: OfReason = None,
    sender: OfSender = None,
    service: OfService = None,
    force: Force = False,
    wait: WaitSeconds = 30.0,
) -> None:
    """Xử lý lại từ nội dung đã giữ. / Try again from the bytes that were kept: the ids given, or --all."""
    site = acts.site()
    if everything == bool(ids):
        acts.end("Hãy nêu mã, hoặc --all. / Name ids, or --all.", BAD_INPUT)
    wanted = [_where(site, one) for one in ids or ()]
    if everything:
        wanted = [(letter.service, letter.id) for letter in letters(site, reason, sender, service)]
    wishes = [Wish(where, Kind.REDRIVE, str(one)) for where, one in wanted]
    acts.conclude(acts.carry_out(site, wishes, by, why, forced=force, wait_seconds_max=wait))


@app.command()
def skip(dead_letter_id: Id, why: Why, by: By, wait: WaitSeconds = 30.0) -> None:
    """Bỏ qua: sự kiện này không bao giờ được áp dụng. / Do without it: it will never be applied."""
    site = acts.site()
    wish = Wish(_where(site, dead_letter_id)[0], Kind.SKIP, str(dead_letter_id))
    acts.conclude(acts.carry_out(site, [wish], by, why, wait_seconds_max=wait))


@app.command()
def supersede(
    dead_letter_id: Id,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CloudEvent JSON đã sửa / the corrected CloudEvent")],
    why: Why,
    by: By,
    wait: WaitSeconds = 30.0,
) -> None:
    """Áp dụng một sự kiện đã sửa thay cho nó. / Apply a corrected event in its place; the original bytes stay."""
    site = acts.site()
    try:
        event = file.read_bytes()
    except OSError as fault:
        acts.end(f"Không đọc được {file}: {fault.strerror}. / Cannot read {file}: {fault.strerror}.", BAD_INPUT)
    if len(event) > RECORD_BYTES_MAX:
        acts.end(f"{file}: > {RECORD_BYTES_MAX} byte. / {file}: > {RECORD_BYTES_MAX} bytes.", BAD_INPUT)
    wish = Wish(_where(site, dead_letter_id)[0], Kind.SUPERSEDE, str(dead_letter_id), event)
    acts.conclude(acts.carry_out(site, [wish], by, why, wait_seconds_max=wait))


def letters(
    site: Site, reason: str | None, sender: str | None, service: str | None, *, settled: bool = False
) -> Iterator[Found]:
    """The dead letters of all services that these filters give, the oldest of each service first."""
    for where in SERVICES:
        if service not in {None, where}:
            continue
        with acts.schema(site, where) as connection:
            rows = connection.execute(SQL["letters"], {"settled": settled, "limit": LISTED_MAX}).fetchall()
        for row in rows:
            letter = Found(where, acts.sender_of(row["topic"], site.units), row)
            if reason in {None, row["reason"]} and sender in {None, letter.sender}:
                yield letter


def _where(site: Site, dead_letter_id: UUID) -> tuple[str, UUID]:
    return _one(site, dead_letter_id)[0], dead_letter_id


def _one(site: Site, dead_letter_id: UUID) -> tuple[str, dict[str, Any]]:
    """The service that keeps the dead letter, and its row; ends the command where nobody does."""
    for service in SERVICES:
        with acts.schema(site, service) as connection:
            row = connection.execute(SQL["letter"], {"id": dead_letter_id}).fetchone()
        if row is not None:
            return service, row
    return acts.end(f"Không có bản ghi lỗi {dead_letter_id}. / There is no dead letter {dead_letter_id}.", BAD_INPUT)


def _age(letter: Found) -> str:
    return acts.age(now() - letter.row["recorded_at"])
