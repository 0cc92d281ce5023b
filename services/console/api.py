"""The console's pages and its small API; it only reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console import pages, reading
from services.console.domain.standing import Alarm, Stage, Status
from services.console.live import Live, LiveLimits, TooManyListenersError
from services.console.reading import PAGES_MAX, Filters, Pool
from shared.kernel.clock import now

STATIC = Path(__file__).parent / "static"
Nothing = Literal[""]  # what a form sends for a filter that was not chosen
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


def make_api(
    pool: Pool, wake: asyncio.Event, limits: LiveLimits | None = None, routes: Sequence[BaseRoute] = ()
) -> FastAPI:
    """The application, with what the process answers of itself as further `routes`.

    `wake` is set by whoever commits a batch; while the application runs it watches the tables.
    """
    live = Live(pool, pages.overview_fragment, wake, limits or LiveLimits())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(live.run())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    app = FastAPI(title="OCOP", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.live = live
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(RequestValidationError, _wrong_address)
    app.mount("/static", StaticFiles(directory=STATIC))
    _add_pages(app, pool)
    _add_streams(app, pool, live)
    app.router.routes.extend(routes)
    return app


def _add_pages(app: FastAPI, pool: Pool) -> None:
    @app.get("/", response_class=HTMLResponse)
    async def show_overview() -> str:
        return pages.overview_page(await reading.overview(pool))

    @app.get("/products", response_class=HTMLResponse)
    async def show_products(
        province: Annotated[str | None, Query(pattern="^([0-9]{2})?$")] = None,
        status: Status | Alarm | Nothing | None = None,
        stage: Stage | Nothing | None = None,
        round_ends_on: Annotated[date | Nothing | None, Query(alias="round")] = None,
        page: Annotated[int, Query(ge=1, le=PAGES_MAX)] = 1,
    ) -> str:
        filters = Filters(
            province=province or None,
            status=status if isinstance(status, Status) else None,
            alarm=status if isinstance(status, Alarm) else None,
            stage=stage or None,
            round_ends_on=round_ends_on or None,
        )
        return pages.products_page(await reading.products(pool, filters, page), filters)

    @app.get("/products/{product_id}", response_class=HTMLResponse)
    async def show_product(product_id: UUID) -> HTMLResponse:
        state = await reading.product(pool, product_id)
        if state is None or state.product is None:
            return HTMLResponse(pages.fault_page("Không có sản phẩm này.", "There is no such product."), 404)
        return HTMLResponse(pages.product_page(str(product_id), state, state.product))

    @app.get("/dead-letters", response_class=HTMLResponse)
    async def show_dead_letters() -> str:
        return pages.dead_letters_page(await reading.dead_letters(pool))

    @app.get("/holds", response_class=HTMLResponse)
    async def show_holds() -> str:
        return pages.holds_page(await reading.holds(pool))


def _add_streams(app: FastAPI, pool: Pool, live: Live) -> None:
    @app.get("/api/summary")
    async def summary() -> JSONResponse:
        return JSONResponse(pages.summary(await reading.overview(pool), int(now().timestamp() * 1000)))

    @app.get("/api/told")
    async def told() -> JSONResponse:
        return JSONResponse(await reading.told(pool))

    @app.get("/events")
    async def events() -> Response:
        try:
            stream = live.admit()
        except TooManyListenersError:
            return PlainTextResponse("Quá nhiều người xem cùng lúc. / Too many watchers at once.", 503)
        return StreamingResponse(stream, media_type="text/event-stream")


async def _wrong_address(_request: Request, _fault: Exception) -> HTMLResponse:
    return HTMLResponse(pages.fault_page("Địa chỉ không đúng.", "The address is wrong."), 400)


class SecurityHeaders:
    """Every answer carries the headers that keep a page to itself; streams pass through as they come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request is answered, with `HEADERS`."""
        await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return sending
