"""Wheels that only some machines need, fetched on demand into the cache, from a lock file of hashes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.local.layout import Layout, LocalFault, exclusive

PIP_SECONDS_MAX: Final = 900.0


def wheel_directory(layout: Layout, lock: Path) -> Path:
    """Return where the wheels of this lock stand, or will stand once fetched: its name holds the lock's hash."""
    return layout.cache / f"{lock.stem}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"


def fetched_wheels(layout: Layout, lock: Path, tell: Callable[[str], None]) -> Path:
    """The wheels of the lock are installed, each checked against its hash; returns their directory."""
    target = wheel_directory(layout, lock)
    with exclusive(layout.cache / f"{lock.stem}.lock"):
        if not target.exists():
            tell(f"Đang tải {lock.stem}… / Fetching {lock.stem}…")
            _install(lock, target)
    return target


def _install(lock: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(lock), "--target", str(partial)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PIP_SECONDS_MAX, check=False)
    if ran.returncode != 0:
        raise LocalFault(
            f"Không cài được {lock.name}: hãy kiểm tra kết nối mạng. / "
            f"{lock.name} could not be installed: check the network.\n{ran.stderr.strip()[-1000:]}"
        )
    partial.replace(target)
