"""The console in a real browser: drawn without faults, and changed without being loaded again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import expect

from deploy.local.servers import Endpoints
from services.console.api import make_api
from shared.kernel.clock import now
from shared.observability.door import serve
from tests.support.browser import browser, faults_of
from tests.support.console_sample import sample, save, season
from tests.support.database import empty_database, schema_of

pytestmark = pytest.mark.servers
SEEN_WITHIN_MS = 2_000


@pytest.fixture
def postgres(servers: Endpoints) -> Iterator[str]:
    """The DSN of an empty database."""
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        yield dsn


@asynccontextmanager
async def console(pool: asyncpg.Pool) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = asyncio.Event()
    app = make_api(pool, asyncio.Event())
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, stop, before_end=app.state.live.close))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await serving


async def test_the_overview_follows_events_without_being_loaded_again(
    postgres: str, chromium: str, tmp_path: Path
) -> None:
    ms = int(now().timestamp() * 1000)
    async with schema_of("console", postgres) as pool, console(pool) as address, browser(chromium, tmp_path) as context:
        await save(pool, {product.subject: product.state for product in season(24, ms)})
        page = await context.new_page()
        faults = faults_of(page)
        await page.goto(address)
        await expect(page.locator("#link")).to_have_text("Cập nhật trực tiếp")
        await expect(page.locator(".tile b").first).to_have_text("24")

        added = sample(900, "Cà phê mới", "96", "filed", ms)
        await save(pool, {added.subject: added.state})

        await expect(page.locator(".tile b").first).to_have_text("25", timeout=SEEN_WITHIN_MS)
        await expect(page.get_by_role("link", name="Cà Mau")).to_be_visible()
        assert faults == []


async def test_a_products_story_is_one_click_away(postgres: str, chromium: str, tmp_path: Path) -> None:
    product = sample(1, "Cà phê rang xay", "68", "five", int(now().timestamp() * 1000))
    async with schema_of("console", postgres) as pool, console(pool) as address, browser(chromium, tmp_path) as context:
        await save(pool, {product.subject: product.state})
        page = await context.new_page()
        faults = faults_of(page)
        await page.goto(f"{address}/products")

        await page.get_by_role("link", name="Cà phê rang xay").click()

        await expect(page.get_by_role("heading", name="Cà phê rang xay")).to_be_visible()
        await expect(page.locator(".story li")).to_have_count(22)
        assert faults == []


@pytest.mark.parametrize("width", [1280, 390])
async def test_no_page_is_wider_than_the_window(postgres: str, chromium: str, tmp_path: Path, width: int) -> None:
    products = season(24, int(now().timestamp() * 1000))
    async with schema_of("console", postgres) as pool, console(pool) as address, browser(chromium, tmp_path) as context:
        await save(pool, {product.subject: product.state for product in products})
        page = await context.new_page()
        await page.set_viewport_size({"width": width, "height": 900})

        for path in ("/", "/products", f"/products/{products[0].subject}", "/dead-letters", "/holds"):
            await page.goto(address + path)

            assert await page.evaluate("document.documentElement.scrollWidth") <= width
