"""One canonical line per batch and per request, JSON, to standard output."""

from __future__ import annotations

import logging

import structlog


def configure(service: str, replica: str, level: str) -> None:
    """structlog writes JSON lines that name the service and the replica; libraries speak from WARNING up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, replica=replica)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
