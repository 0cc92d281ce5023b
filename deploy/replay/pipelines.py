"""The services whose state the log gives, each with the pipeline that it runs itself."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from services.console import handlers as console
from services.evaluation import handlers as evaluation
from services.notification import handlers as notification
from services.promotion import handlers as promotion
from shared.messaging.pipeline import Pipeline
from shared.rulebooks.calendar import load_editions
from shared.rulebooks.loader import load

REPLAYED: Final = ("evaluation", "promotion", "notification", "console")


@cache
def pipeline_of(service: str) -> Pipeline[Any]:
    """The pipeline of the service, with every rulebook there is: a decision names the version that it rests on."""
    match service:
        case "evaluation":
            return evaluation.pipeline(load())
        case "promotion":
            return promotion.pipeline(load(), load_editions())
        case "notification":
            return notification.pipeline()
        case "console":
            return console.pipeline()
        case _:
            raise ValueError(f"{service} has no log to be replayed from")
