"""`./ocop bench NAME`: a benchmark ran on servers of its own; figures are ratios within one run."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final

import typer

NAMES: Final = ("step",)


def bench(
    name: Annotated[str, typer.Argument(help=f"{', '.join(NAMES)}")] = "step",
    rounds: Annotated[int, typer.Option(min=1, help="Số vòng, các bên thay nhau. / Rounds, the variants in turn.")] = 5,
    products: Annotated[int, typer.Option(min=40, help="Số sản phẩm. / Products.")] = 10_000,
    processes: Annotated[int, typer.Option(min=1, max=12, help="Tiến trình mỗi bên. / Processes of each variant.")] = 2,
) -> None:
    """Đo, in bảng và giữ kết quả dạng JSON. / Measure, print the table and keep it as JSON.

    Exit status: 0 where the gates are passed, 1 where not, 2 for a name that is not known.
    """
    if name not in NAMES:
        raise typer.BadParameter(f"chỉ có: {', '.join(NAMES)} / there is only: {', '.join(NAMES)}")
    passed: bool = import_module(f"tests.benchmarks.{name}").main(rounds, products, processes)
    raise typer.Exit(0 if passed else 1)
