"""The pages, drawn by templates: HTML in Vietnamese, every value escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import asyncpg
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console import labels
from services.console.domain.standing import Stage, Status, standing
from services.console.domain.story import Product, State
from services.console.reading import DEAD_LETTERS_MAX, HOLDS_MAX, Filters, Overview, ProductPage
from services.console.telling import tell
from shared.contracts.units import MINISTRY_CODE, UNITS, unit_name
from shared.kernel.clock import VIETNAM, from_ms, now


def overview_page(overview: Overview) -> str:
    """The overview as a whole page."""
    return _draw("overview.html", overview=overview, now_ms=_now_ms())


def overview_fragment(overview: Overview) -> str:
    """The overview's changing part alone, as it is pushed to open pages."""
    return _draw("overview_fragment.html", overview=overview, now_ms=_now_ms())


def products_page(page: ProductPage, filters: Filters) -> str:
    """A list of products, with its filters and the way to its other pages."""
    return _draw("products.html", page=page, filters=filters, link=lambda number: _link(filters, number))


def product_page(product_id: str, state: State, product: Product) -> str:
    """One product: where it stands and its story, the latest first."""
    return _draw(
        "product.html",
        product_id=product_id,
        state=state,
        product=product,
        standing=standing(state),
        lines=tell(state),
        now_ms=_now_ms(),
    )


def dead_letters_page(letters: Sequence[asyncpg.Record]) -> str:
    """The dead letters, open ones first."""
    return _draw("dead_letters.html", letters=letters, letters_max=DEAD_LETTERS_MAX)


def holds_page(holds: Sequence[asyncpg.Record]) -> str:
    """What the console holds until something else comes."""
    return _draw("holds.html", holds=holds, holds_max=HOLDS_MAX, now_ms=_now_ms())


def fault_page(vietnamese: str, english: str) -> str:
    """A page that says what was wrong."""
    return _draw("fault.html", vietnamese=vietnamese, english=english)


def summary(overview: Overview, now_ms: int) -> dict[str, Any]:
    """The overview for a program: counts by stage and province, totals, and the age of the data in seconds."""
    return {
        "version": overview.version,
        "totals": dict(overview.totals),
        "stages": {stage.value: overview.at(stage) for stage in Stage},
        "provinces": {
            unit: {stage.value: count for stage, count in stages.items()} for unit, stages in overview.grid.items()
        },
        "age_seconds": {fresh.family: max(0.0, (now_ms - fresh.recorded_ms) / 1000) for fresh in overview.freshness},
    }


def _link(filters: Filters, page: int) -> str:
    chosen = {
        "province": filters.province,
        "status": filters.status or filters.alarm,
        "stage": filters.stage,
        "round": filters.round_ends_on,
        "page": str(page),
    }
    return "/products?" + urlencode({name: str(value) for name, value in chosen.items() if value})


def _draw(template: str, **values: object) -> str:
    return _templates().get_template(template).render(values)


def _now_ms() -> int:
    return int(now().timestamp() * 1000)


def _day(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else "–"


def _moment(milliseconds: int) -> str:
    return f"{from_ms(milliseconds).astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}"


def _age(milliseconds: int, now_ms: int) -> str:
    """How long ago in words: seconds to a minute, then minutes, hours, days."""
    seconds = max(0, now_ms - milliseconds) // 1000
    for limit, unit_seconds, unit in ((60, 1, "giây"), (3600, 60, "phút"), (86_400, 3600, "giờ")):
        if seconds < limit:
            return f"{seconds // unit_seconds} {unit}"
    return f"{seconds // 86_400} ngày"


def _count(value: int) -> str:
    """A whole number with points between thousands, as Vietnamese writes it."""
    return f"{value:,}".replace(",", ".")


def _share(part: int, whole: int) -> int:
    """How dark a cell is, 0 to 5, by its part of the largest."""
    return 0 if part == 0 or whole == 0 else min(5, 1 + part * 5 // (whole + 1))


def _tone(status: Status) -> str:
    """The colour of a status: done, over, or under way."""
    if status.startswith("recognised"):
        return "good"
    if status in {
        Status.RETURNED,
        Status.ENDED,
        Status.CERTIFICATE_ENDED,
        Status.CERTIFICATE_WITHDRAWN,
        Status.REGISTERED,
    }:
        return "quiet"
    return "going"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    provinces: Mapping[str, str] = {code: name for code, name in UNITS.items() if code != MINISTRY_CODE}
    templates.globals.update(labels=labels, Stage=Stage, provinces=provinces, share=_share)
    templates.filters.update(
        day=_day, moment=_moment, count=_count, tone=_tone, age=_age, unit=unit_name, province=_province
    )
    return templates


def _province(code: str) -> str:
    """The province's name without its kind, for a table."""
    return unit_name(code).removeprefix("Tỉnh ").removeprefix("Thành phố ")
