"""Starts promotion: `python -m services.promotion`."""

from __future__ import annotations

from services.promotion.app import run
from services.promotion.settings import Settings
from shared.messaging.runtime import main

if __name__ == "__main__":
    settings = Settings()
    main("promotion", settings, lambda: run(settings))
