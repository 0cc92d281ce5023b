"""`./ocop send FILE`: publishes the events of a JSONL file as a provincial system would, and prints each receipt."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.text import Text

from deploy.local.layout import default_layout
from deploy.run_file import NotUpError, RunFile, read
from deploy.season.lines import BadLineError, SeasonLine, as_record, numbered_lines
from deploy.season.outsider import body, poll, reader, unit_of
from deploy.season.player import opened_producer
from shared.contracts.topics import intake_topic
from shared.kernel.clock import monotonic
from shared.kernel.words import Words

REFUSED: Final = 1
BAD_INPUT: Final = 2
ANSWERS_MISSING: Final = 3
_POLL_SECONDS: Final = 0.25
_COLOURS: Final = (("admitted", "green"), ("held", "yellow"), ("duplicate", "cyan"))
_NAMES: Final = {
    "admitted": "tiếp nhận",
    "held": "giữ lại",
    "refused": "từ chối",
    "duplicate": "trùng",
    "dead_lettered": "không đọc được",
}

NumberedLine = tuple[int, SeasonLine]
Place = tuple[str, int]
"""Unit and offset on its intake topic: what a receipt answers."""


def send(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tệp JSONL các sự kiện / JSONL file of events")],
    wait_seconds_max: Annotated[
        float, typer.Option("--wait", min=1, help="Chờ biên nhận tối đa, giây / longest wait for a receipt, seconds")
    ] = 30.0,
) -> None:
    """Gửi các sự kiện và in từng biên nhận. / Send events and print each receipt.

    Each line: {"unit": "66", "event": {CloudEvent}} or {"unit": "66", "raw": {"value_base64": …, "headers": []}}.
    Exit status: 0 all answered, 1 some refused or unreadable, 2 bad input, 3 not up or answers missing.
    """
    try:
        lines = list(numbered_lines(file))
        running = read(default_layout().home)
        statuses = asyncio.run(exchange(running, lines, wait_seconds_max))
    except BadLineError as fault:
        _fail(f"{file}: {fault}", BAD_INPUT)
    except OSError as fault:
        _fail(f"Không đọc được {file}: {fault.strerror}. / Cannot read {file}: {fault.strerror}.", BAD_INPUT)
    except (NotUpError, KafkaError) as fault:
        _fail(str(fault if isinstance(fault, NotUpError) else NotUpError()), ANSWERS_MISSING)
    else:
        _conclude(len(lines), statuses)


async def exchange(running: RunFile, lines: Sequence[NumberedLine], wait_seconds_max: float) -> Counter[str]:
    """Every line is sent and each first receipt printed; returns how many lines got which status.

    It ends when all are answered or no receipt came for `wait_seconds_max`. Raises `BadLineError` for a unit that has
    no topic.
    """
    prefix = running.topic_prefix
    async with reader(
        running.kafka_bootstrap, lambda topic: unit_of(topic, prefix) is not None, from_now=True
    ) as consumer:
        _check_units(lines, {unit_of(partition.topic, prefix) for partition in consumer.assignment()})
        waiting = await _publish(running, lines)
        return await _receive(consumer, prefix, waiting, wait_seconds_max)


def _check_units(lines: Sequence[NumberedLine], known: set[str | None]) -> None:
    for number, line in lines:
        if line.unit not in known:
            vi, en = f"đơn vị {line.unit} không có kênh gửi.", f"unit {line.unit} has no topic."
            raise BadLineError(number, Words(vi, en))


async def _publish(running: RunFile, lines: Sequence[NumberedLine]) -> dict[Place, NumberedLine]:
    """The broker has every line; returns each by its place, with its number in the file."""
    async with opened_producer(running.kafka_bootstrap) as producer:
        sent: list[asyncio.Future[Any]] = []
        for _, line in lines:
            value, headers = as_record(line)
            topic = running.topic_prefix + intake_topic(line.unit).name
            sent.append(await producer.send(topic, value, headers=headers))
        taken = await asyncio.gather(*sent)
    return {(line.unit, metadata.offset): (number, line) for (number, line), metadata in zip(lines, taken, strict=True)}


async def _receive(
    consumer: AIOKafkaConsumer, prefix: str, waiting: dict[Place, NumberedLine], wait_seconds_max: float
) -> Counter[str]:
    console = Console()
    statuses: Counter[str] = Counter()
    heard = monotonic()
    while waiting and monotonic() - heard < wait_seconds_max:
        for record in await poll(consumer, _POLL_SECONDS):
            receipt = body(record)
            found = waiting.pop((unit_of(record.topic, prefix) or "", int(receipt["offset"])), None)
            if found is not None:
                heard = monotonic()
                statuses[receipt["status"]] += 1
                console.print(_row(found[0], found[1].event_id, receipt), soft_wrap=True)
    for number, line in waiting.values():
        console.print(
            Text(f"{number:>5}  {line.event_id or '–'}  chưa có biên nhận / no receipt", style="red"), soft_wrap=True
        )
    return statuses


def _row(number: int, event_id: str | None, receipt: dict[str, Any]) -> Text:
    status = str(receipt["status"])
    row = Text(f"{number:>5}  {event_id or '–':<26}  ")
    row.append(f"{_NAMES.get(status, status):<14}  {receipt['code']:<22}  ", style=dict(_COLOURS).get(status, "red"))
    row.append(str(receipt["words"]["vi"]))
    if receipt.get("field"):
        row.append(f" ({receipt['field']})", style="dim")
    return row


def _conclude(sent: int, statuses: Counter[str]) -> None:
    answered = statuses.total()
    said = ", ".join(f"{_NAMES.get(status, status)} {count}" for status, count in sorted(statuses.items()))
    typer.echo(f"{answered}/{sent} biên nhận / receipts: {said or '–'}")
    if answered < sent:
        raise typer.Exit(ANSWERS_MISSING)
    if statuses["refused"] or statuses["dead_lettered"]:
        raise typer.Exit(REFUSED)


def _fail(sentence: str, status: int) -> None:
    with suppress(BrokenPipeError):
        typer.echo(sentence, err=True)
    raise typer.Exit(status)
