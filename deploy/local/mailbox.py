"""The local mailbox: a real SMTP server that keeps every mail as one file, and a page to read them.

`python -m deploy.local.mailbox [--directory D] [--smtp-port N] [--web-port N]`, both ports on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path
from typing import Final

import typer
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.layout import Layout, checkout_root, default_layout, prepare
from deploy.local.mailbox_pages import pages
from deploy.local.ports import HOST, Ports, is_listening
from deploy.local.supervisor import Program

MESSAGE_BYTES_MAX: Final = 1024 * 1024
RECIPIENTS_MAX: Final = 100
IDLE_SECONDS_MAX: Final = 60.0
SUFFIX: Final = ".eml"


@dataclass
class Store:
    """A directory of mails, numbered in the order they came: `00000001-<hash of the Message-ID>.eml`."""

    directory: Path
    _last: int = field(init=False)

    def __post_init__(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._last = max((int(path.name.partition("-")[0]) for path in self.directory.glob(f"*-*{SUFFIX}")), default=0)

    def keep(self, content: bytes) -> Path:
        """The mail is on disk, its bytes and its name both forced there; returns the file."""
        self._last += 1
        message_id = str(message_from_bytes(content, policy=modern).get("Message-ID", "")).strip()
        digest = hashlib.sha256(message_id.encode(errors="replace")).hexdigest()[:16]
        path = self.directory / f"{self._last:08d}-{digest}{SUFFIX}"
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_directory(self.directory)
        return path


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Receiver:
    """What the SMTP server does with a mail: the answer 250 means that it is on disk (RFC 5321, 4.2.5)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._one_at_a_time = asyncio.Lock()

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The recipient is noted, up to the limit of one mail."""
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd calls it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """The mail is kept, or the sender is told to try again."""
        content = envelope.content
        assert isinstance(content, bytes)
        try:
            async with self._one_at_a_time:
                path = await asyncio.to_thread(self._store.keep, content)
        except OSError:
            return "452 4.3.1 Could not be stored, try again later"
        return f"250 2.0.0 Kept as {path.name}"


async def serve(directory: Path, smtp_port: int, web_port: int) -> None:
    """Both servers ran until SIGINT or SIGTERM."""
    receiver = Receiver(Store(directory))
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(lambda: _session(receiver, loop), HOST, smtp_port)
    web = uvicorn.Server(uvicorn.Config(pages(directory), host=HOST, port=web_port, log_level="warning"))
    async with smtp:
        await web.serve()


def _session(receiver: Receiver, loop: asyncio.AbstractEventLoop) -> SMTP:
    return SMTP(
        receiver,
        data_size_limit=MESSAGE_BYTES_MAX,
        enable_SMTPUTF8=True,
        hostname="localhost",
        ident="OCOP mailbox",
        timeout=IDLE_SECONDS_MAX,
        loop=loop,
    )


def chosen_ports(
    layout: Layout, tell: Callable[[str], None], smtp: int | None = None, web: int | None = None
) -> tuple[int, int]:
    """Return the ports of SMTP and of the pages: those asked for, else those remembered, else free ones."""
    ports = Ports(layout.state / "ports.json", tell)
    return ports.choose("mailbox-smtp", smtp), ports.choose("mailbox-web", web)


def program(layout: Layout, smtp_port: int, web_port: int) -> Program:
    """Return the mailbox as the supervisor runs it, ready when both ports accept connections."""
    command = (sys.executable, "-m", "deploy.local.mailbox", "--directory", str(layout.mail))
    return Program(
        name="mailbox",
        command=(*command, "--smtp-port", str(smtp_port), "--web-port", str(web_port)),
        directory=checkout_root(),
        ready=lambda: is_listening(smtp_port) and is_listening(web_port),
        tier=0,
    )


def main() -> None:
    """The mailbox ran with what the command line said; what it left out is the instance's own."""
    layout = default_layout()
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mailbox", description=__doc__)
    parser.add_argument("--directory", type=Path, default=layout.mail)
    parser.add_argument("--smtp-port", type=int)
    parser.add_argument("--web-port", type=int)
    asked = parser.parse_args()
    smtp_port, web_port = asked.smtp_port, asked.web_port
    if smtp_port is None or web_port is None:
        prepare(layout)
        smtp_port, web_port = chosen_ports(layout, typer.echo, smtp_port, web_port)
    typer.echo(f"SMTP {HOST}:{smtp_port} · http://{HOST}:{web_port}/ · {asked.directory}")
    asyncio.run(serve(asked.directory, smtp_port, web_port))


if __name__ == "__main__":
    main()
