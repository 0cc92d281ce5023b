"""Starts console: `python -m services.console`."""

from __future__ import annotations

from services.console.app import run
from services.console.settings import Settings
from shared.messaging.runtime import main

if __name__ == "__main__":
    settings = Settings()
    main("console", settings, lambda: run(settings))
