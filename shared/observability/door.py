"""The small HTTP door of a process: /metrics, /live and /ready, and whatever else its service shows."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from shared.observability.metrics import CONTENT_TYPE
from shared.observability.readiness import Watched

GRACE_SECONDS_MAX = 3
REQUESTS_AT_ONCE_MAX = 300


async def _nothing() -> None:
    return


def routes(watched: Watched) -> list[BaseRoute]:
    """What anybody may ask of a process: its figures, whether it lives, whether it is ready and why not."""

    async def metrics(_request: Request) -> Response:
        return Response(watched.text(), media_type=None, headers={"content-type": CONTENT_TYPE})

    async def live(_request: Request) -> Response:
        found = watched.living()
        return JSONResponse({"service": watched.service, **found.told()}, 200 if found.why is None else 503)

    async def ready(_request: Request) -> Response:
        found = watched.findings()
        is_ready = all(finding.why is None for finding in found)
        told = {"service": watched.service, "ready": is_ready, "checks": [finding.told() for finding in found]}
        return JSONResponse(told, 200 if is_ready else 503)

    return [Route("/metrics", metrics), Route("/live", live), Route("/ready", ready)]


async def serve(
    app: ASGIApp, host: str, port: int, stop: asyncio.Event, before_end: Callable[[], Awaitable[None]] = _nothing
) -> None:
    """The application is answered at `host`:`port` until `stop` is set; `before_end` lets open streams end first.

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
        ending = asyncio.create_task(_end(server, before_end, stop))
        try:
            await server.serve(sockets=[listening])
        finally:
            ending.cancel()
    if not stop.is_set():
        raise RuntimeError(f"nothing is answered any more at {host}:{port}")


async def _end(server: uvicorn.Server, before_end: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    await stop.wait()
    await before_end()
    server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn, but for its signal handlers: the service itself decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
