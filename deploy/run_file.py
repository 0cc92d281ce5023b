"""The small file by which a running instance tells other commands where it can be reached."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy.local.layout import LocalFault, write_whole

NAME: Final = "run.json"


class NotUpError(LocalFault):
    """No instance runs at this home; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Hệ thống chưa chạy; hãy mở một cửa sổ khác và chạy `./ocop up` trước. / "
            "The project is not up; run `./ocop up` in another window first."
        )


@dataclass(frozen=True, slots=True)
class RunFile:
    """Addresses of a running instance; `console` and `mailbox` are those of their pages.

    `postgres` is host and port; the passwords are in the instance's secrets.
    """

    kafka_bootstrap: str
    topic_prefix: str
    postgres: str
    database: str
    console: str
    mailbox: str


def read(home: Path) -> RunFile:
    """The addresses of the instance at `home`; raises `NotUpError` where there is none."""
    try:
        kept = json.loads((home / NAME).read_text(encoding="utf-8"))
        return RunFile(**{name: str(kept[name]) for name in RunFile.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        raise NotUpError from None


def write(home: Path, running: RunFile) -> None:
    """The instance at `home` can be found."""
    write_whole(home / NAME, json.dumps(asdict(running), indent=2))


def forget(home: Path) -> None:
    """The instance at `home` can no longer be found; it need not have been."""
    (home / NAME).unlink(missing_ok=True)
