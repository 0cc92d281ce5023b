"""Plays a season before a person's eyes, checks it from outside, and says what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.season.checker import CheckReport, check, snapshot_counts
from deploy.season.comparison import Difference
from deploy.season.expectations import Counts
from deploy.season.generator import Season
from deploy.season.outsider import header, poll, reader
from deploy.season.player import play
from deploy.season.registration import Registration
from shared.contracts.promotions import ProductRecognised
from shared.contracts.topics import PROMOTIONS
from shared.kernel.clock import monotonic

SETTLE_SECONDS_MAX: Final = 600.0
DIFFERENCES_SHOWN_MAX: Final = 40
_POLL_SECONDS: Final = 0.1

_ROWS: Final = (
    ("filed", "Hồ sơ đã nộp", "filed"),
    ("returned", "Xã trả lại", "returned"),
    ("ranked_3", "Công nhận 3 sao", "ranked 3 stars"),
    ("ranked_4", "Công nhận 4 sao", "ranked 4 stars"),
    ("ranked_5", "Công nhận 5 sao", "ranked 5 stars"),
    ("forwarded", "Chuyển lên cấp trên", "sent up to the level above"),
    ("not_ranked", "Không xếp hạng", "not ranked"),
    ("open_tasks", "Việc tỉnh còn phải quyết", "open tasks of provinces"),
    ("held_decisions", "Quyết định mâu thuẫn, đang giữ", "contradicting decisions held"),
    ("notices", "Thông báo đã gửi", "notices sent"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A season as seen. `new_effects` counts what a second play added to the internal topics, None at the first."""

    report: CheckReport
    new_effects: int | None
    first_decision: float | None

    @property
    def right(self) -> bool:
        """True when everything is as its author wrote it down, and a second play has added nothing."""
        return self.report.holds and not self.new_effects


async def show(bootstrap: str, prefix: str, season: Season, mails: Path, screen: Console, *, again: bool) -> Shown:
    """The season has been played and has come to rest; the summary stands on the screen."""
    before = await snapshot_counts(bootstrap, prefix) if again else {}
    watch = asyncio.create_task(_first_decision(bootstrap, prefix))
    try:
        report = await _play_and_check(bootstrap, prefix, season, mails, screen)
        first = watch.result() if watch.done() else None
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    after = await snapshot_counts(bootstrap, prefix)
    new = sum(after.values()) - sum(before.values()) if again else None
    shown = Shown(report, new, None if again else first)
    _summary(screen, shown)
    if season.registration is not None:
        _registration(screen, season.registration, report.registered)
    return shown


async def _play_and_check(bootstrap: str, prefix: str, season: Season, mails: Path, screen: Console) -> CheckReport:
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=screen
    )
    with bar:
        sent = bar.add_task("Sự kiện của các tỉnh / provinces' events", total=sum(1 for _ in season.play()))
        await play(bootstrap, prefix, season.play(), lambda count: bar.update(sent, completed=count))
        due = season.expected.counts()
        settled = bar.add_task("Thông báo đã gửi / notices sent", total=due.notices)

        def tell(counts: Counts) -> None:
            bar.update(settled, completed=counts.notices)

        report = await check(bootstrap, prefix, mails, season.expected, SETTLE_SECONDS_MAX, tell)
        bar.update(settled, completed=report.counts.notices)
    return report


async def _first_decision(bootstrap: str, prefix: str) -> float:
    """The moment, on the monotonic clock, at which the first recognition stood on the bus."""
    topic = prefix + PROMOTIONS.name
    async with reader(bootstrap, lambda name: name == topic, from_now=True) as consumer:
        while True:
            for record in await poll(consumer, _POLL_SECONDS):
                if header(record, "ce_type") == ProductRecognised.type_name():
                    return monotonic()


def _summary(screen: Console, shown: Shown) -> None:
    table = Table(title="Mùa mẫu / sample season", title_justify="left")
    table.add_column("")
    table.add_column("")
    table.add_column("thấy / seen", justify="right")
    table.add_column("phải có / due", justify="right")
    for name, vietnamese, english in _ROWS:
        seen, due = getattr(shown.report.counts, name), getattr(shown.report.expected, name)
        table.add_row(vietnamese, english, str(seen), str(due), style=None if seen == due else "red")
    screen.print(table)
    if shown.new_effects is not None:
        screen.print(
            f"Gửi lại cả mùa: {shown.new_effects} tác động mới. / Sent again: {shown.new_effects} new effects."
        )
    if shown.report.holds:
        screen.print(
            "[green]Mọi sản phẩm, biên nhận và thư đúng như tác giả mùa mẫu đã ghi. / All as written down.[/green]"
        )
    _differences(screen, shown.report.differences)


def _registration(screen: Console, registration: Registration, seen: Counter[str]) -> None:
    """What was registered in reality against the target, and on the scale of the season, by district."""
    table = Table(title=f"Đăng ký năm {registration.year} / registered in {registration.year}", title_justify="left")
    table.add_column("")
    table.add_column("thật / in reality", justify="right")
    table.add_column("thấy / seen", justify="right")
    table.add_column("phải có / due", justify="right")
    for district in registration.districts:
        found, due = str(seen[district.name]), str(district.played)
        table.add_row(district.name, str(district.products), found, due, style=None if found == due else "red")
    table.add_section()
    table.add_row("Tổng / total", str(registration.products), str(seen.total()), str(registration.played))
    table.add_row("Mục tiêu / target", str(registration.target), "", str(registration.target_played))
    screen.print(table)
    screen.print(
        f"Đăng ký đạt {registration.percent} % mục tiêu. / {registration.percent} % of the target were registered."
    )


def _differences(screen: Console, found: tuple[Difference, ...]) -> None:
    for difference in found[:DIFFERENCES_SHOWN_MAX]:
        screen.print(f"[red]{difference.kind}[/red] {difference.words}")
    if len(found) > DIFFERENCES_SHOWN_MAX:
        screen.print(f"[red]… {len(found) - DIFFERENCES_SHOWN_MAX} khác biệt nữa / more differences[/red]")
