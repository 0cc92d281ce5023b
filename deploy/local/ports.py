"""Which TCP port each local server listens on: asked for, remembered, or found free."""

from __future__ import annotations

import json
import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.layout import LocalFault, write_whole

HOST: Final = "127.0.0.1"
# Below the kernel's ephemeral range, so that no outgoing connection takes a remembered port.
FIRST_PORT: Final = 20_000
PORT_COUNT: Final = 10_000
TRIES_MAX: Final = 500


@dataclass
class Ports:
    """The ports of one instance, kept in a file between starts; `tell` hears of every change of a remembered one."""

    file: Path
    tell: Callable[[str], None]

    def choose(self, name: str, asked: int | None = None) -> int:
        """Return a free port for `name` and remember it; a busy `asked` port raises `LocalFault`."""
        remembered = self._read()
        if asked is not None:
            port = _demand(name, asked)
        elif name in remembered and is_free(remembered[name]):
            port = remembered[name]
        else:
            port = find_free(f"{self.file}:{name}", set(remembered.values()))
            if name in remembered:
                self.tell(
                    f"Cổng {remembered[name]} ({name}) đang bận; dùng cổng {port}. / "
                    f"Port {remembered[name]} ({name}) is busy; using {port}."
                )
        write_whole(self.file, json.dumps({**remembered, name: port}, indent=2))
        return port

    def _read(self) -> dict[str, int]:
        if not self.file.exists():
            return {}
        return {str(name): int(port) for name, port in json.loads(self.file.read_text(encoding="utf-8")).items()}


def is_free(port: int) -> bool:
    """Say whether a server could listen on 127.0.0.1 at this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def is_listening(port: int) -> bool:
    """Say whether something accepts connections on 127.0.0.1 at this port now."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def _demand(name: str, asked: int) -> int:
    if not is_free(asked):
        raise LocalFault(
            f"Cổng {asked} cho {name} đang bận; hãy chọn cổng khác. / "
            f"Port {asked} for {name} is in use; choose another."
        )
    return asked


def find_free(seed: str, taken: set[int]) -> int:
    """Return the first free port after a start that differs from home to home, so that two homes seldom meet."""
    start = zlib.crc32(seed.encode())
    for step in range(TRIES_MAX):
        port = FIRST_PORT + (start + step) % PORT_COUNT
        if port not in taken and is_free(port):
            return port
    raise LocalFault("Không tìm được cổng trống. / No free port was found.")
