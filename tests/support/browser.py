"""The machine's own Chromium, driven from a test."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Where Chromium stands; the test is skipped where there is none, and fails where nothing may be skipped."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = "There is no Chromium on this machine, so the console's pages were not tried in a browser."
        if os.environ.get("OCOP_REQUIRE_ALL") == "1":  # noqa: TID251 - tests have no settings
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@asynccontextmanager
async def browser(chromium: str, profile: Path) -> AsyncIterator[BrowserContext]:
    """A window without a past."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=list(FLAGS), headless=True, viewport={"width": 1280, "height": 900}
        )
        try:
            yield context
        finally:
            await context.close()


def faults_of(page: Page) -> list[str]:
    """What the browser complains of: scripts, blocked content, failed loads."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("requestfailed", lambda request: faults.append(request.url) if "/events" not in request.url else None)
    return faults
