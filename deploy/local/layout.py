"""Where everything of one local instance stands, its secrets, and the lock that keeps it alone."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SERVICE_ROLES: Final = ("registration", "evaluation", "promotion", "notification", "console")
SECRET_BYTES: Final = 24


class LocalFault(Exception):  # noqa: N818  # a fault of the machine, in the house's words
    """Something on this machine stands in the way; the message tells a person what, in Vietnamese and English."""


class AnotherInstance(LocalFault):
    """Another launcher holds this home; `pid` is its process number."""

    def __init__(self, home: Path, pid: int) -> None:
        self.pid = pid
        super().__init__(
            f"Một phiên bản khác đang chạy tại {home} (pid {pid}); hãy dừng nó bằng Ctrl-C trước. / "
            f"Another instance is running at {home} (pid {pid}); stop it with Ctrl-C first."
        )


@dataclass(frozen=True)
class Secrets:
    """Passwords of one instance: PostgreSQL's superuser and one for each service's role."""

    postgres_superuser: str
    roles: Mapping[str, str]


@dataclass(frozen=True)
class Layout:
    """The paths of one instance; `cache` may be shared by many, all else is the instance's own."""

    home: Path
    cache: Path

    @property
    def logs(self) -> Path:
        """Where each process writes `<name>.log`."""
        return self.home / "logs"

    @property
    def state(self) -> Path:
        """Where the launcher remembers ports, processes and directories between starts."""
        return self.home / "state"

    @property
    def kafka(self) -> Path:
        """Kafka's data."""
        return self.home / "kafka"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data, unless the launcher runs as root (see `deploy.local.postgres`)."""
        return self.home / "postgres"

    @property
    def mail(self) -> Path:
        """Where the mailbox keeps every mail as one file."""
        return self.home / "mail"

    @property
    def lock_file(self) -> Path:
        """The file whose lock a running launcher holds."""
        return self.home / "lock"

    @property
    def secrets_file(self) -> Path:
        """The passwords, readable by the owner alone."""
        return self.home / "secrets.json"


def checkout_root() -> Path:
    """Return the directory that holds `deploy/` and the `ocop` script."""
    return Path(__file__).resolve().parents[2]


def default_layout() -> Layout:
    """Return the layout at `OCOP_HOME` where that is set, else at `.ocop` in the checkout."""
    given = inherited_environment().get("OCOP_HOME", "")
    home = Path(given).expanduser().resolve() if given else checkout_root() / ".ocop"
    return Layout(home, home / "cache")


def inherited_environment() -> dict[str, str]:
    """Return a copy of this process's environment, for a child to start from."""
    return dict(os.environ)  # noqa: TID251  # the one place of the launcher that reads it


def prepare(layout: Layout) -> None:
    """The directories of the instance exist, closed to other users."""
    layout.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for directory in (layout.cache, layout.logs, layout.state, layout.mail):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def load_secrets(layout: Layout) -> Secrets:
    """Return the instance's passwords, made at the first call and the same ever after (file mode 0600)."""
    if not layout.secrets_file.exists():
        roles = {role: secrets.token_urlsafe(SECRET_BYTES) for role in SERVICE_ROLES}
        made = {"postgres_superuser": secrets.token_urlsafe(SECRET_BYTES), "roles": roles}
        write_whole(layout.secrets_file, json.dumps(made, indent=2))
    kept = json.loads(layout.secrets_file.read_text(encoding="utf-8"))
    return Secrets(str(kept["postgres_superuser"]), {str(role): str(word) for role, word in kept["roles"].items()})


def write_whole(path: Path, text: str) -> None:
    """The file holds exactly `text`, mode 0600; a reader or a crash sees the old file or the new one, never a part."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def instance_lock(layout: Layout) -> Iterator[None]:
    """Hold the home alone; raises `AnotherInstance` at once when a living launcher holds it (fcntl.flock)."""
    prepare(layout)
    descriptor = os.open(layout.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock_or_raise(layout, descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock_or_raise(layout: Layout, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        raise AnotherInstance(layout.home, int(holder) if holder.isdecimal() else 0) from None


@contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """Wait for, then hold, the lock on a file: for work on the shared cache that two instances may want at once."""
    lock_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
