"""Starts registration: `python -m services.registration`."""

from __future__ import annotations

from services.registration.app import run
from services.registration.settings import Settings
from shared.messaging.runtime import main

if __name__ == "__main__":
    settings = Settings()
    main("registration", settings, lambda: run(settings))
