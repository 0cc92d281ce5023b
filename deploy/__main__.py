"""The `ocop` command: finds what was asked for, and loads no more than that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import typer

from deploy.local.layout import LocalFault

INTERRUPTED: Final = 130  # 128 + SIGINT, as shells count


@dataclass(frozen=True)
class Command:
    """Where a command's function or parts stand, what a person reads of it, and how its arguments are parsed."""

    module: str
    function: str
    words: str
    settings: Mapping[str, Any] = field(default_factory=dict)


COMMANDS: Final[Mapping[str, Command]] = {
    "up": Command("deploy.up", "up", "Chạy toàn hệ thống với một mùa mẫu. / Run everything, with a sample season."),
    "test": Command(
        "deploy.test",
        "test",
        "Kiểm tra toàn bộ như CI. / Run all that CI runs.",
        {"allow_extra_args": True, "ignore_unknown_options": True},
    ),
    "send": Command("deploy.send", "send", "Gửi một tệp JSONL sự kiện. / Send a JSONL file of events."),
    "bench": Command("deploy.bench", "bench", "Đo tốc độ, in tỷ lệ. / Measure speed, print ratios."),
    "score": Command("deploy.score", "score", "Chấm một hồ sơ ngoại tuyến. / Score one dossier offline."),
    "why": Command("deploy.why", "why", "Vì sao hồ sơ được ngần ấy sao. / Why a dossier has its stars."),
    "replay": Command(
        "deploy.replay.command",
        "replay",
        "Dựng lại trạng thái từ nhật ký và so sánh. / Rebuild state from the log and compare.",
    ),
    "dead-letters": Command(
        "deploy.dead_letters", "app", "Bản ghi lỗi: xem và xử lý. / Dead letters: see and settle them."
    ),
    "holds": Command("deploy.holds", "app", "Sự kiện đang chờ: xem và xử lý. / What waits: see and act on it."),
    "verify": Command(
        "deploy.verify.command", "verify", "Giải trình mọi sự kiện, quyết định, thông báo. / Account for everything."
    ),
    "register": Command(
        "deploy.register.command",
        "show_register",
        "Giấy chứng nhận có hiệu lực vào một ngày. / Certificates valid on a day.",
    ),
    "positions": Command(
        "deploy.positions.command", "app", "Vị trí đọc: xem và khôi phục. / Positions on topics: see and recover."
    ),
    "reset": Command(
        "deploy.reset", "reset", "Quên dữ liệu, giữ những gì đã tải. / Forget data, keep what was fetched."
    ),
}


def application(asked: str) -> typer.Typer:
    """Return the command line in which the command asked for is loaded and the others are only named."""
    app = typer.Typer(
        name="ocop",
        help="OCOP: từ hồ sơ đến sao và giấy chứng nhận. / From a dossier to its stars and certificate.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for name, command in COMMANDS.items():
        function = _load(command) if name == asked else _not_asked
        if isinstance(function, typer.Typer):
            app.add_typer(function, name=name)
            continue
        app.command(name, help=None if name == asked else command.words, context_settings=dict(command.settings))(
            function
        )
    return app


def main() -> None:
    """The command of the command line ran; a fault of this machine is told in its own words, with exit status 1."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        application(asked)(prog_name="ocop")
    except LocalFault as fault:
        typer.echo(str(fault), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _load(command: Command) -> Callable[..., Any] | typer.Typer:
    function: Callable[..., Any] | typer.Typer = getattr(import_module(command.module), command.function)
    return function


def _not_asked() -> None:
    """Stand for a command that another word on the command line would load."""


if __name__ == "__main__":
    main()
