"""Reads one parameter of an act: a value with its article, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.rulebooks.acts import Parameter
from shared.rulebooks.reading import Entry, article

T = TypeVar("T")


def parameter(entry: Entry, key: str, value: Callable[[Entry, str], T]) -> Parameter[T]:
    """The parameter below a key; raises `RulebookError` where its value or its article is wrong."""
    inner = entry.entry(key)
    inner.only("value", "article", "reason")
    return Parameter(value(inner, "value"), article(inner), inner.text_or("reason", ""))
