"""How the console's state is kept, and the tables its pages read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from services.console.domain.standing import standing
from services.console.domain.story import DeadLetter, Product, State
from shared.messaging.pipeline import Change, Connection
from shared.postgres.queries import load

STATE = TypeAdapter(State)
QUERIES = load(Path(__file__).parent / "sql" / "queries.sql")


async def project(conn: Connection, changes: Sequence[Change[State]]) -> None:
    """The pages' tables show what this batch told; a product is shown once its name is known."""
    products = [_product_row(c.subject, c.after, c.after.product) for c in changes if c.after.product is not None]
    letters = [_letter_row(c.subject, c.after.dead_letter) for c in changes if c.after.dead_letter is not None]
    if products:
        await conn.execute(QUERIES["save_products"], *_columns(products))
    if letters:
        await conn.execute(QUERIES["save_dead_letters"], *_columns(letters))
    read = _read_up_to(changes)
    if read:
        await conn.execute(QUERIES["save_freshness"], list(read), list(read.values()))


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _product_row(subject: str, state: State, product: Product) -> tuple[object, ...]:
    stands = standing(state)
    return (
        subject,
        product.number,
        product.name,
        product.unit,
        product.commune_code,
        stands.status.value,
        stands.stage.value,
        stands.stars,
        ",".join(stands.alarms),
        stands.open_tasks,
        state.notices_written,
        state.notices_sent,
        state.notices_failed,
        state.updated_ms(),
        stands.round_ends_on,
    )


def _letter_row(subject: str, letter: DeadLetter) -> tuple[object, ...]:
    settled = letter.settled
    return (
        subject,
        letter.service,
        letter.topic,
        letter.partition,
        letter.offset,
        letter.about,
        letter.reason,
        letter.size_bytes,
        letter.recorded_ms,
        settled.how if settled else None,
        settled.by if settled else None,
        settled.recorded_ms if settled else None,
    )


def _read_up_to(changes: Sequence[Change[State]]) -> dict[str, int]:
    """The latest time of each topic that the batch moved, in the topics' alphabetical order."""
    read: dict[str, int] = {}
    for change in changes:
        before = () if change.before is None else change.before.seen
        for family, recorded_ms in change.after.seen:
            if (family, recorded_ms) not in before:
                read[family] = max(recorded_ms, read.get(family, 0))
    return dict(sorted(read.items()))
