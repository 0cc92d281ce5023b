"""The page on which a person reads a score: points, marks and why, Vietnamese first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deploy.score_input import Request, Sentence, decimals
from services.evaluation.domain.scoring import Score
from shared.rulebooks.model import CriteriaSet, Rulebook
from shared.rulebooks.tables import STAR_CLASSES


def show(request: Request, rulebook: Rulebook, result: Score, why: Sequence[Sentence]) -> None:
    """The result was printed on stdout for a person, Vietnamese first."""
    console = Console(soft_wrap=True)
    criteria_set = request.criteria_set
    console.print(
        f"[bold]{result.stars} sao[/bold] {'★' * result.stars}   "
        f"tổng điểm / total [bold]{decimals(result.total)}[/bold] (= {result.total}), "
        f"hạng theo điểm / band {result.band}"
    )
    console.print(f"Bộ / set {criteria_set.number} {escape(criteria_set.name)} · {rulebook.regime.act}")
    points = Table("Phần / part", "Điểm / points", "Tối đa / maximum")
    for part, (code, mean) in zip(criteria_set.parts, result.parts, strict=True):
        points.add_row(f"{code} {escape(part.label)}", f"{decimals(mean)} (= {mean})", str(part.maximum))
    console.print(points)
    for stars in STAR_CLASSES:
        _show_missed(console, criteria_set, result, stars)
    console.print("Vì sao / why:")
    for said in why:
        place = f" \\[{escape(said.article)}]" if said.article else ""
        console.print(f"- {escape(said.vietnamese)}{place}\n  [dim]{escape(said.english)}[/dim]")
    console.print(f"[dim]{rulebook.version}[/dim]")


def _show_missed(console: Console, criteria_set: CriteriaSet, result: Score, stars: int) -> None:
    codes = result.missed[stars]
    if not codes:
        console.print(f"Dấu {stars} sao / marks: đủ / all met")
        return
    console.print(f"Dấu {stars} sao / marks: thiếu / missed {len(codes)}")
    for code in codes:
        criterion = criteria_set.by_code[code]
        marked = [option for option in criterion.options if option.mark is not None and option.mark <= stars]
        needed = max(marked, key=lambda option: option.points)
        chosen = result.judged.get(code, "-")
        console.print(
            f"  {code} {escape(criterion.label)}: phương án / option {chosen} → {needed.position}"
            f" ({escape(needed.label)})"
        )
