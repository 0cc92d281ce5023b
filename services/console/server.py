"""Serves the console's pages inside the service's own process, and ends with it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from services.console.live import Live

GRACE_SECONDS_MAX = 3
REQUESTS_AT_ONCE_MAX = 300


async def serve_pages(app: FastAPI, host: str, port: int, stop: asyncio.Event) -> None:
    """The pages are answered at `host`:`port` until `stop` is set; open streams are ended first.

    Raises OSError where the port is taken, RuntimeError where serving ended by itself.
    """
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=REQUESTS_AT_ONCE_MAX,
            timeout_graceful_shutdown=GRACE_SECONDS_MAX,
        )
    )
    with socket.create_server((host, port)) as listening:
        ending = asyncio.create_task(_end(server, app.state.live, stop))
        try:
            await server.serve(sockets=[listening])
        finally:
            ending.cancel()
    if not stop.is_set():
        raise RuntimeError(f"the pages are no longer served at {host}:{port}")


async def _end(server: uvicorn.Server, live: Live, stop: asyncio.Event) -> None:
    await stop.wait()
    await live.close()
    server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn, but for its signal handlers: the service itself decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
