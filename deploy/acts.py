"""Asks a service, as its own role, for an operator's act and waits for what comes of it."""

from __future__ import annotations

import getpass
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, NoReturn
from uuid import UUID

import psycopg
import typer
from psycopg.rows import DictRow, dict_row

from deploy.instance import running_site
from deploy.provision import Site
from deploy.run_file import NotUpError
from shared.contracts.topics import INTERNAL, intake_topic
from shared.kernel.backoff import Backoff
from shared.kernel.clock import monotonic, now
from shared.kernel.ids import derived_id
from shared.kernel.words import Words
from shared.messaging.acts import Code, Kind
from shared.messaging.outbox import unpack_headers
from shared.postgres import queries

NOT_DONE: Final = 1
BAD_INPUT: Final = 2
NO_ANSWER: Final = 3
LISTED_MAX: Final = 10_000
WORDS_CHARACTERS_MAX: Final = 500
SQL: Final = queries.load(Path(__file__).parent / "sql" / "acts.sql")
WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Code.APPLIED: Words("đã áp dụng", "applied"),
        Code.ANSWERED: Words("đơn vị gửi đã được trả lời", "its sender was answered"),
        Code.HELD: Words("đọc được, nay đang chờ", "it could be read, and waits now"),
        Code.OVERTAKEN: Words(
            "không còn cần: đã có sự kiện này hoặc mới hơn", "no longer needed: it or a later one came"
        ),
        Code.PASSED_OVER: Words("đã bỏ qua, những sự kiện sau được đi tiếp", "passed over, what follows goes on"),
        Code.NOT_FOUND: Words("không có mục này", "there is no such thing"),
        Code.SETTLED_BEFORE: Words("đã được xử lý trước đó", "it was settled before"),
        Code.FAILED_TOO_OFTEN: Words(
            "đã hỏng quá nhiều lần; hãy sửa nguyên nhân rồi dùng --force",
            "it has failed too often; remove the cause, then use --force",
        ),
        Code.FAILED_AGAIN: Words("lại hỏng, không có gì thay đổi", "it failed again, nothing changed"),
        Code.STILL_WAITS: Words("vẫn phải chờ, không có gì thay đổi", "it still waits, nothing changed"),
        Code.NEEDS_FORCE: Words(
            "những số này chưa đến; dùng --force nếu chắc chắn chúng không bao giờ đến",
            "these numbers have not come; use --force if they never will",
        ),
        Code.BEHIND_ANOTHER: Words("còn mục đứng trước, hãy xử lý mục đó", "another stands before it, deal with that"),
        Code.IS_DEAD_LETTER: Words(
            "đây là bản ghi lỗi: dùng ./ocop dead-letters", "a dead letter: use ./ocop dead-letters"
        ),
        Code.EVENT_UNREADABLE: Words("sự kiện thay thế không hợp lệ", "the superseding event is not valid"),
        Code.EVENT_DIFFERS: Words("sự kiện thay thế nói về việc khác", "the superseding event is about something else"),
        Code.FAULT: Words("lỗi hệ thống, xem nhật ký của dịch vụ", "a fault, see the service's log"),
    }
)

By = Annotated[str, typer.Option("--by", help="Người thực hiện / who does it", default_factory=getpass.getuser)]
Why = Annotated[str, typer.Option("--why", help="Lý do, được lưu lại / why; it is kept")]
Force = Annotated[bool, typer.Option("--force", help="Bỏ qua giới hạn an toàn / pass the guard")]
WaitSeconds = Annotated[float, typer.Option("--wait", min=1, help="Chờ kết quả, giây / longest wait, seconds")]
Body = Annotated[bool, typer.Option("--body", help="In cả nội dung / print the content as well")]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a service; `event` is what supersedes."""

    service: str
    kind: Kind
    target: str
    event: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: done, failed, refused or waiting. `asked_by` is another whose act was under way already."""

    wish: Wish
    outcome: str
    code: str = ""
    detail: str = ""
    asked_by: str | None = None


def site() -> Site:
    """The site of the running instance; where there is none the command ends with `NO_ANSWER`."""
    try:
        return running_site()
    except NotUpError as fault:
        end(str(fault), NO_ANSWER)


def end(sentence: str, status: int) -> NoReturn:
    """The command has said why it cannot go on."""
    typer.echo(sentence, err=True)
    raise typer.Exit(status)


@contextmanager
def schema(found: Site, service: str) -> Iterator[psycopg.Connection[DictRow]]:
    """A connection that sees what the service's role sees; ends the command with `NO_ANSWER` where there is none."""
    options = f"-c search_path={service}"
    try:
        with psycopg.connect(found.dsn(service), autocommit=True, row_factory=dict_row, options=options) as connection:
            yield connection
    except psycopg.OperationalError:
        end(str(NotUpError()), NO_ANSWER)


def sender_of(topic: str, units: Sequence[str]) -> str:
    """Who writes on the topic: a unit, or one of the services."""
    unit = next((unit for unit in units if intake_topic(unit).name == topic), None)
    return unit or next((one.owner for one in INTERNAL if one.name == topic), topic)


def carry_out(
    found: Site, wishes: Sequence[Wish], by: str, why: str, *, forced: bool = False, wait_seconds_max: float = 30.0
) -> list[Outcome]:
    """Each wish was asked for, unless another act about the same is under way, and has its outcome within the wait."""
    if not all(0 < len(words.strip()) <= WORDS_CHARACTERS_MAX and "\x00" not in words for words in (by, why)):
        said = f"--by, --why: 1-{WORDS_CHARACTERS_MAX}"
        end(f"{said} ký tự. / {said} characters.", BAD_INPUT)
    began = monotonic()
    outcomes = []
    by_service: dict[str, list[Wish]] = defaultdict(list)
    for wish in wishes:
        by_service[wish.service].append(wish)
    for service, of_service in by_service.items():
        with schema(found, service) as connection:
            asked = {_ask(connection, wish, by, why, forced=forced): wish for wish in of_service}
            outcomes += _await(connection, asked, wait_seconds_max - (monotonic() - began))
    return outcomes


def _ask(
    connection: psycopg.Connection[DictRow], wish: Wish, by: str, why: str, *, forced: bool
) -> tuple[UUID, str | None]:
    """The act's id, and whose it is where another was asked for before."""
    asked = {"kind": wish.kind, "target": wish.target, "by": by, "why": why, "forced": forced, "event": wish.event}
    while True:
        act_id = derived_id(int(now().timestamp() * 1000), "act", wish.service, wish.kind, wish.target, by)
        if connection.execute(SQL["ask"], {**asked, "act_id": act_id}).fetchone():
            return act_id, None
        other = connection.execute(SQL["open_act"], {"target": wish.target}).fetchone()
        if other is not None:
            return other["act_id"], f"{other['asked_by']} ({other['kind']})"


def _await(
    connection: psycopg.Connection[DictRow], asked: Mapping[tuple[UUID, str | None], Wish], seconds_max: float
) -> list[Outcome]:
    began, backoff = monotonic(), Backoff(first_seconds=0.05, seconds_max=0.5)
    wanted = list({act_id for act_id, _ in asked})
    rows: list[DictRow] = []
    while len(rows) < len(wanted):
        rows = connection.execute(SQL["outcomes"], {"act_ids": wanted}).fetchall()
        if monotonic() - began > seconds_max:
            break
        backoff.pause()
    done = {row["act_id"]: row for row in rows}
    return [_outcome(done.get(act_id), wish, other) for (act_id, other), wish in asked.items()]


def _outcome(row: DictRow | None, wish: Wish, other: str | None) -> Outcome:
    if row is None:
        return Outcome(wish, "waiting", asked_by=other)
    return Outcome(wish, row["outcome"], row["code"], row["detail"], other)


def conclude(outcomes: Sequence[Outcome]) -> None:
    """Every outcome is printed; the exit status is 0 only where all were done, and by this very command."""
    for outcome in outcomes:
        typer.echo(_told(outcome))
    if any(outcome.outcome == "waiting" for outcome in outcomes):
        end("Chưa có kết quả; yêu cầu được giữ đến khi dịch vụ chạy. / No outcome yet; the request is kept.", NO_ANSWER)
    if any(outcome.outcome != "done" or outcome.asked_by for outcome in outcomes):
        raise typer.Exit(NOT_DONE)


def _told(outcome: Outcome) -> str:
    came = WORDS.get(outcome.code, Words("đang chờ dịch vụ", "waiting for the service"))
    detail = f" ({printable(outcome.detail)})" if outcome.detail else ""
    mark = {"done": "✓", "waiting": "…"}.get(outcome.outcome, "✗")
    line = f"{mark} {outcome.wish.service}:{outcome.wish.target}  {came.vi} / {came.en}{detail}"
    if outcome.asked_by is None:
        return line
    words = Words("đã yêu cầu trước; yêu cầu này không được ghi", "had asked before; this request was not kept")
    return f"{line}\n  {printable(outcome.asked_by)}: {words.vi} / {words.en}"


def show_acts(connection: psycopg.Connection[DictRow], target: str) -> None:
    """What was asked about the target, by whom and why, is printed."""
    for act in connection.execute(SQL["acts_of"], {"target": target}):
        words = WORDS.get(act["code"] or "", Words("đang chờ", "waiting"))
        forced = " --force" if act["forced"] else ""
        head = f"{act['asked_at']:%Y-%m-%d %H:%M:%S%z}  {act['kind']}{forced}  {printable(act['asked_by'])}"
        typer.echo(f"  {head}: {printable(act['why'])}  → {act['outcome'] or '…'}: {words.vi} / {words.en}")


def show_record(row: Mapping[str, Any], *, body: bool) -> None:
    """Place, headers and size of a record are printed, and its content only where that was asked for."""
    value = row["value"] or b""
    typer.echo(f"  {row['topic']} / {row['part']} / {row['topic_offset']}, {len(value)} byte")
    for name, header in unpack_headers(row["headers"]):
        told = "null" if header is None else header.decode("utf-8", "backslashreplace")
        typer.echo(f"  {printable(name)}: {printable(told)}")
    if body:
        typer.echo(printable(value.decode("utf-8", "backslashreplace")))


def age(passed: timedelta) -> str:
    """How long, in the largest unit that is at least one: seconds, minutes, hours, days."""
    seconds = max(0, int(passed.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def printable(text: str) -> str:
    """`text` without anything that a terminal would obey."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
