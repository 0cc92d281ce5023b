"""`./ocop register`: which certificates were valid on a day, as known at the end of another day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from deploy.instance import running_site
from deploy.register.reading import Line, open_day, read, register
from deploy.run_file import NotUpError
from shared.contracts.units import unit_name_inside

BAD_INPUT: Final = 2
NOT_UP: Final = 3


def show_register(
    on: Annotated[str | None, typer.Option(help="Có hiệu lực vào ngày nào. / Valid on which day, YYYY-MM-DD.")] = None,
    known: Annotated[
        str | None, typer.Option(help="Biết đến hết ngày nào. / As known at the end of which day, YYYY-MM-DD.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Mã tỉnh, hai chữ số. / A province's two digits.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Sổ giấy chứng nhận có hiệu lực. / The register of valid certificates."""
    asked = _day(on), _day(known)
    try:
        history = asyncio.run(read(running_site()))
    except NotUpError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(NOT_UP) from None
    today = open_day(history) or date.max
    valid_on, known_by = asked[0] or today, asked[1] or today
    lines = register(history, valid_on, known_by, unit)
    if as_json:
        typer.echo(orjson.dumps(document(lines, valid_on, known_by), option=orjson.OPT_INDENT_2).decode())
    else:
        show(Console(), lines, valid_on, known_by)


def document(lines: Sequence[Line], on: date, known: date) -> dict[str, object]:
    """The register as JSON says it."""
    return {"on": on, "known": known, "certificates": [_row(line) for line in lines]}


def show(screen: Console, lines: Sequence[Line], on: date, known: date) -> None:
    """The register as a table, and what it is of."""
    table = Table(box=None)
    for title in ("Mã số / number", "Sản phẩm / product", "Tỉnh / province", "Sao", "Quyết định / decision"):
        table.add_column(title)
    table.add_column("Cấp / issued")
    table.add_column("Hiệu lực đến hết / valid through")
    for line in lines:
        one = line.certificate
        number, stars = line.number or "", str(one.stars)
        days = f"{one.issued_on:%d/%m/%Y}", f"{one.valid_through:%d/%m/%Y}"
        table.add_row(number, line.product, unit_name_inside(line.unit), stars, one.decision_number, *days)
    screen.print(table)
    screen.print(
        f"{len(lines)} giấy chứng nhận có hiệu lực ngày {on:%d/%m/%Y}, theo những gì biết đến hết ngày {known:%d/%m/%Y}"
        f" / certificates valid on {on.isoformat()}, as known at the end of {known.isoformat()}",
        soft_wrap=True,
    )


def _row(line: Line) -> dict[str, object]:
    one = line.certificate
    return {
        "unit": line.unit,
        "commune_code": line.commune_code,
        "number": line.number,
        "product_id": line.product_id,
        "product": line.product,
        "certificate_id": str(one.certificate_id),
        "stars": one.stars,
        "decision_number": one.decision_number,
        "issued_on": one.issued_on,
        "valid_through": one.valid_through,
    }


def _day(text: str | None) -> date | None:
    """The day; ends the command where it is none."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        typer.echo(f"“{text}” không phải ngày (năm-tháng-ngày). / {text!r} is not a day (YYYY-MM-DD).", err=True)
        raise typer.Exit(BAD_INPUT) from None
