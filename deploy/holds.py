"""`./ocop holds`: what waits, for what and until when; and what an operator does about it.

Exit status: 0 done, 1 not done or asked by another before, 2 bad input, 3 not up or no outcome in time.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any, Final

import typer

from deploy import acts
from deploy.acts import BAD_INPUT, LISTED_MAX, SQL, Body, By, Force, WaitSeconds, Why, Wish, printable
from deploy.provision import SERVICES, Site
from shared.kernel.clock import now
from shared.messaging.acts import Kind
from shared.messaging.fold import GAP, WAITS

SHOWN_MAX: Final = 50

app = typer.Typer(
    help="Sự kiện đang chờ: xem, cho đi tiếp, từ chối. / What waits: see, release, refuse.\n\n"
    "Exit status: 0 done, 1 not done or asked by another before, 2 bad input, 3 not up or no outcome in time.",
    no_args_is_help=True,
)
Ids = Annotated[
    list[str], typer.Argument(metavar="SERVICE:ID…", help="Như `holds list` in ra / as `holds list` prints")
]
OfService = Annotated[str | None, typer.Option("--service", help="Chỉ dịch vụ này / only this service")]


@app.command("list")
def list_holds(service: OfService = None) -> None:
    """Liệt kê theo thứ đang chờ. / List by what is waited for, the largest group first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    site = acts.site()
    for where in SERVICES:
        if service in {None, where}:
            for row in holds(site, where):
                groups[where, _kind(row)].append(row)
    for (where, kind), rows in sorted(groups.items(), key=lambda group: -len(group[1])):
        oldest = acts.age(now() - rows[0]["since"])
        typer.echo(f"{len(rows):>5}  {kind}  tại / at {where}  lâu nhất / oldest {oldest}")
        for row in rows[:SHOWN_MAX]:
            until = f"  đến / until {row['until']}" if row["until"] else ""
            typer.echo(f"       {where}:{printable(row['target'])}  {_waits_for(row)}{until}")
        if len(rows) > SHOWN_MAX:
            typer.echo(f"       … và {len(rows) - SHOWN_MAX} nữa / and {len(rows) - SHOWN_MAX} more")
    typer.echo(f"{sum(map(len, groups.values()))} sự kiện đang chờ / events wait")


@app.command()
def show(hold: Annotated[str, typer.Argument(metavar="SERVICE:ID")], body: Body = False) -> None:
    """Xem một sự kiện đang chờ và những việc đã làm. / Show one, and what was done about it."""
    service, target = _parsed(hold)
    with acts.schema(acts.site(), service) as connection:
        row = connection.execute(SQL["held_record"], {"target": target}).fetchone()
        if row is None and service == "registration":
            row = connection.execute(SQL["held_intake_record"], {"target": target}).fetchone()
        typer.echo(hold if row else f"{hold}: không còn chờ / waits no more")
        if row is not None:
            acts.show_record(row, body=body)
        acts.show_acts(connection, target)


@app.command()
def release(ids: Ids, why: Why, by: By, force: Force = False, wait: WaitSeconds = 30.0) -> None:
    """Xét lại ngay bây giờ. / Judge it now; with --force, it goes on without the numbers that never came."""
    _act(Kind.RELEASE, ids, by, why, forced=force, wait=wait)


@app.command()
def refuse(ids: Ids, why: Why, by: By, wait: WaitSeconds = 30.0) -> None:
    """Thôi chờ và không tiếp nhận. / End the wait without letting it in; a sender gets a receipt."""
    _act(Kind.REFUSE, ids, by, why, forced=False, wait=wait)


def holds(site: Site, service: str) -> list[dict[str, Any]]:
    """What waits in this service, the oldest first; dead letters aside."""
    with acts.schema(site, service) as connection:
        rows = connection.execute(SQL["held"], {"limit": LISTED_MAX}).fetchall()
        if service == "registration":
            rows += connection.execute(SQL["held_intake"], {"limit": LISTED_MAX}).fetchall()
    return rows


def _act(kind: Kind, ids: list[str], by: str, why: str, *, forced: bool, wait: float) -> None:
    wishes = [Wish(service, kind, target) for service, target in map(_parsed, ids)]
    acts.conclude(acts.carry_out(acts.site(), wishes, by, why, forced=forced, wait_seconds_max=wait))


def _parsed(hold: str) -> tuple[str, str]:
    service, _, target = hold.partition(":")
    if service not in SERVICES or not target:
        acts.end(f"{hold}: phải là SERVICE:ID. / {hold}: must be SERVICE:ID.", BAD_INPUT)
    return service, target


def _kind(row: dict[str, Any]) -> str:
    return str(row["waits_for"]).removeprefix(WAITS).partition(":")[0]


def _waits_for(row: dict[str, Any]) -> str:
    if row["waits_for"] != GAP:
        return printable(row["waits_for"]).removeprefix(WAITS)
    return f"chưa đến / not come: #{row['next']}" + (
        f"-{row['sequence'] - 1}" if row["sequence"] > row["next"] + 1 else ""
    )
