"""Starts notification: `python -m services.notification`."""

from __future__ import annotations

from services.notification.app import run
from services.notification.settings import Settings
from shared.messaging.runtime import main

if __name__ == "__main__":
    settings = Settings()
    main("notification", settings, lambda: run(settings))
