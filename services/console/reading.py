"""What the pages show, read from the console's own tables in a few bounded queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from services.console.domain.standing import Alarm, Stage, Status
from services.console.domain.story import State
from services.console.store import QUERIES, STATE

PAGE_PRODUCTS = 50
PAGES_MAX = 2_000
DEAD_LETTERS_MAX = 200
HOLDS_MAX = 200
ROUNDS_MAX = 20

Pool = asyncpg.Pool


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far one topic has been read, milliseconds since 1970."""

    family: str
    recorded_ms: int
    taken_in_ms: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts over everything, and how fresh they are. `grid` is by province, then by stage."""

    version: int
    totals: Mapping[str, int]
    grid: Mapping[str, Mapping[Stage, int]]
    freshness: tuple[Freshness, ...]

    def at(self, stage: Stage) -> int:
        """Products at a stage in all provinces."""
        return sum(stages.get(stage, 0) for stages in self.grid.values())

    @property
    def recognised(self) -> int:
        """Products with a certificate."""
        return sum(self.at(stage) for stage in (Stage.RECOGNISED_3, Stage.RECOGNISED_4, Stage.RECOGNISED_5))

    @property
    def under_way(self) -> int:
        """Products whose dossier is being evaluated."""
        return sum(self.at(stage) for stage in (Stage.COMMUNE, Stage.DISTRICT, Stage.PROVINCE, Stage.CENTRAL))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which products to list; None means all."""

    province: str | None = None
    status: Status | None = None
    alarm: Alarm | None = None
    stage: Stage | None = None
    round_ends_on: date | None = None

    def arguments(self) -> tuple[str | None, str | None, str | None, str | None, date | None]:
        """The filters in the order the queries take them."""
        return self.province, self.status, self.alarm, self.stage, self.round_ends_on


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product in a list."""

    product_id: str
    number: str | None
    name: str
    province: str
    commune: str
    status: Status
    stars: int | None
    alarms: tuple[Alarm, ...]
    updated_ms: int
    round_ends_on: date | None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of a list, how many products and pages there are in all, and the last days of rounds to choose from."""

    rows: tuple[ProductRow, ...]
    page: int
    products: int
    rounds: tuple[date, ...]

    @property
    def pages(self) -> int:
        """Pages in all, at least one."""
        return max(1, -(-self.products // PAGE_PRODUCTS))


async def version(pool: Pool) -> int:
    """The version of the tables: it grows with every batch that changed something."""
    return int(await pool.fetchval(QUERIES["version"]))


async def overview(pool: Pool) -> Overview:
    """The overview, all of one moment."""
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        read = int(await conn.fetchval(QUERIES["version"]))
        totals = await conn.fetchrow(QUERIES["totals"])
        cells = await conn.fetch(QUERIES["grid"])
        fresh = await conn.fetch(QUERIES["freshness"])
    grid: dict[str, dict[Stage, int]] = defaultdict(dict)
    for cell in cells:
        grid[cell["province"]][Stage(cell["stage"])] = cell["products"]
    return Overview(
        version=read,
        totals=dict(totals or {}),
        grid=dict(sorted(grid.items())),
        freshness=tuple(Freshness(row["family"], row["recorded_ms"], row["taken_in_ms"]) for row in fresh),
    )


async def products(pool: Pool, filters: Filters, page: int) -> ProductPage:
    """Page `page`, from 1, of the products that the filters give, the latest changed first."""
    arguments = filters.arguments()
    counted = int(await pool.fetchval(QUERIES["products_counted"], *arguments))
    rows = await pool.fetch(QUERIES["products"], *arguments, PAGE_PRODUCTS, (page - 1) * PAGE_PRODUCTS)
    rounds = await pool.fetch(QUERIES["rounds"], ROUNDS_MAX)
    return ProductPage(tuple(_product(row) for row in rows), page, counted, tuple(row[0] for row in rounds))


def _product(row: asyncpg.Record) -> ProductRow:
    return ProductRow(
        product_id=row["product_id"],
        number=row["number"],
        name=row["name"],
        province=row["province"],
        commune=row["commune"],
        status=Status(row["status"]),
        stars=row["stars"],
        alarms=tuple(Alarm(alarm) for alarm in row["alarms"]),
        updated_ms=row["updated_ms"],
        round_ends_on=row["round_ends_on"],
    )


async def product(pool: Pool, product_id: UUID) -> State | None:
    """Everything known of the product, or None where nobody has told of it."""
    state = await pool.fetchval(QUERIES["product_state"], str(product_id))
    return None if state is None else STATE.validate_json(state)


async def dead_letters(pool: Pool) -> list[asyncpg.Record]:
    """The dead letters, open ones first, at most `DEAD_LETTERS_MAX`."""
    return list(await pool.fetch(QUERIES["dead_letters"], DEAD_LETTERS_MAX))


async def holds(pool: Pool) -> list[asyncpg.Record]:
    """What the console holds until something else comes, at most `HOLDS_MAX`."""
    return list(await pool.fetch(QUERIES["holds"], HOLDS_MAX))


async def told(pool: Pool) -> dict[str, int]:
    """How many facts of each kind the stories of all products tell; it reads every story, so it is for programs."""
    return {row["kind"]: row["facts"] for row in await pool.fetch(QUERIES["told"])}
