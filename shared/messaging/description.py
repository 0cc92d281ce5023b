"""A service shows what it reads and writes: its AsyncAPI document."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared.contracts.asyncapi import Place, document
from shared.messaging.settings import ServiceSettings

VERSION = "0.1.0"
"""Of the program, as in pyproject.toml."""


def description(settings: ServiceSettings, service: str, units: Sequence[str] = ()) -> list[BaseRoute]:
    """`/asyncapi.json`; `units` are those that the service hears and answers."""
    told = orjson.dumps(document(service, VERSION, units, Place(settings.bootstrap_servers, settings.topic_prefix)))

    async def show(_request: Request) -> Response:
        return Response(told, media_type="application/json")

    return [Route("/asyncapi.json", show)]
