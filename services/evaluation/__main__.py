"""Starts evaluation: `python -m services.evaluation`."""

from __future__ import annotations

from services.evaluation.app import run
from services.evaluation.settings import Settings
from shared.messaging.runtime import main

if __name__ == "__main__":
    settings = Settings()
    main("evaluation", settings, lambda: run(settings))
