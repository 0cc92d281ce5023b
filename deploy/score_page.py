"""The page on which a person reads a why-card: points, marks, why, and the shortest way to more; Vietnamese first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.score_input import Request, Sentence
from deploy.score_words import lead, shown
from services.evaluation.domain.card import Card, decimals
from services.evaluation.domain.way import NoWay
from shared.rulebooks.model import CriteriaSet
from shared.rulebooks.tables import STAR_CLASSES


def show(request: Request, card: Card, why: Sequence[Sentence]) -> None:
    """The card was printed on stdout for a person, Vietnamese first."""
    console = Console(soft_wrap=True)
    criteria_set, result = request.criteria_set, card.score
    console.print(
        f"[bold]{result.stars} sao[/bold] {'★' * result.stars}   "
        f"tổng điểm / total [bold]{decimals(result.total)}[/bold] (= {result.total}), "
        f"hạng theo điểm / band {result.band}"
    )
    console.print(f"Bộ / set {criteria_set.number} {escape(criteria_set.name)} · {request.rulebook.regime.act}")
    console.print(_points(criteria_set, card))
    console.print(f"Từng phiếu / each sheet: {', '.join(map(str, result.members))}")
    for stars in STAR_CLASSES:
        _show_marks(console, criteria_set, card, stars)
    console.print("Vì sao / why:")
    for said in why:
        place = f" \\[{escape(said.article)}]" if said.article else ""
        console.print(f"- {escape(said.vietnamese)}{place}\n  [dim]{escape(said.english)}[/dim]")
    _show_ways(console, criteria_set, card)
    _show_endings(console, card)
    console.print(f"[dim]{request.rulebook.version}[/dim]")


def _points(criteria_set: CriteriaSet, card: Card) -> Table:
    table = Table("Phần, mục / part, section", "Điểm / points", "Tối đa / maximum")
    for part, (code, mean) in zip(criteria_set.parts, card.score.parts, strict=True):
        table.add_row(f"[bold]{code} {escape(part.label)}[/bold]", shown(mean), str(part.maximum))
        for section in card.sections:
            if section.part == code:
                table.add_row(f"  {section.code} {escape(section.label)}", shown(section.mean), str(section.maximum))
    return table


def _show_marks(console: Console, criteria_set: CriteriaSet, card: Card, stars: int) -> None:
    marks = [mark for mark in card.marks if mark.stars == stars]
    missed = [mark for mark in marks if not mark.met]
    if not missed:
        console.print(f"Dấu {stars} sao / marks: {f'đủ / all met ({len(marks)})' if marks else 'không có / none'}")
        return
    console.print(f"Dấu {stars} sao / marks: thiếu / missed {len(missed)} trên / of {len(marks)}")
    for mark in missed:
        console.print(f"  {_step(criteria_set, mark.criterion, mark.judged, mark.least)}")


def _show_ways(console: Console, criteria_set: CriteriaSet, card: Card) -> None:
    if card.ways:
        console.print("Đường ngắn nhất, coi như mọi thành viên chọn phương án tốt hơn /")
        console.print("[dim]The shortest way, as if every member chose the better option:[/dim]")
    for way in card.ways:
        said = lead(way, card)
        console.print(f"- {escape(said.vietnamese)}\n  [dim]{escape(said.english)}[/dim]")
        for change in () if isinstance(way, NoWay) else way.changes:
            step = _step(criteria_set, change.criterion, change.judged, change.to)
            console.print(f"  {step} +{shown(change.points)}")


def _show_endings(console: Console, card: Card) -> None:
    if card.endings:
        console.print(
            "Điểm không nói đến; bị loại hoặc dừng đánh giá nếu / struck out or stopped, whatever the points:"
        )
    for ending in card.endings:
        console.print(f"  {f'{ending.code} ' if ending.code else ''}{escape(ending.note.label)}")


def _step(criteria_set: CriteriaSet, code: str, judged: int, to: int) -> str:
    """The option a criterion was judged on and the one to reach, with its label; "-" for none."""
    criterion = criteria_set.by_code[code]
    label = f" ({escape(criterion.option(to).label)})" if to else ""
    return f"{code} {escape(criterion.label)}: phương án / option {judged or '-'} → {to or '-'}{label}"
