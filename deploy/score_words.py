"""What `./ocop score` says of a card, in both languages: why the stars are what they are, and where the ways lead."""

from __future__ import annotations

from fractions import Fraction
from typing import assert_never

from deploy.score_input import Request, Sentence
from services.evaluation.domain.card import Card, decimals
from services.evaluation.domain.scoring import Score
from services.evaluation.domain.way import NoWay, Way
from shared.rulebooks.model import Rulebook
from shared.rulebooks.options import applies
from shared.rulebooks.tables import STAR_CLASSES


def explain(request: Request, card: Card) -> tuple[Sentence, ...]:
    """Why the stars are what they are: the band, what held the product down, and who recognises it, by article."""
    return (
        _why_band(request.rulebook, card.score),
        *_why_not_more(request, card),
        *_why_not_applied(request),
        *_why_again(request.rulebook, card.score),
        _why_recognised(request.rulebook, card.score),
    )


def lead(way: Way | NoWay, card: Card) -> Sentence:
    """Where a way leads and what it takes, or why there is none."""
    if isinstance(way, NoWay):
        return _no_way(way)
    count, points, total = len(way.changes), shown(way.total - card.score.total), shown(way.total)
    return Sentence(
        f"{way.stars} sao: {count} tiêu chí, thêm {points} điểm, tổng {total}.",
        f"{way.stars} stars: criteria {count}, points added {points}, total {total}.",
    )


def shown(points: Fraction) -> str:
    """Points as they are where they are whole, else with two decimals, cut off, and the exact value."""
    return str(points) if points.denominator == 1 else f"{decimals(points)} (= {points})"


def _no_way(way: NoWay) -> Sentence:
    codes = ", ".join(way.criteria)
    match way.reason:
        case "marks":
            return Sentence(
                f"{way.stars} sao: không có phương án nào đủ dấu sao ở tiêu chí {codes}.",
                f"{way.stars} stars: no option meets the mark on criterion {codes}.",
            )
        case "points":
            return Sentence(
                f"{way.stars} sao: phương án tốt nhất ở mọi tiêu chí vẫn không đủ điểm.",
                f"{way.stars} stars: the best option on every criterion is not enough.",
            )
        case "combinations":
            return Sentence(
                f"{way.stars} sao: tiêu chí {codes} phụ thuộc nhau quá nhiều, không tìm được đường ngắn nhất.",
                f"{way.stars} stars: criteria {codes} depend on each other in too many ways to try.",
            )
        case _:
            assert_never(way.reason)


def _why_band(rulebook: Rulebook, result: Score) -> Sentence:
    band = next(band for band in rulebook.regime.bands if band.stars == result.band)
    count = len(result.members)
    return Sentence(
        f"Tổng điểm trung bình của {count} phiếu là {result.total} ({decimals(result.total)}), "
        f"thuộc khoảng {band.lower}-{band.upper} điểm, hạng {band.stars} sao.",
        f"The mean total (sheets: {count}) is {result.total} ({decimals(result.total)}), "
        f"in the band {band.lower}-{band.upper}, class {band.stars}.",
        band.article,
    )


def _why_again(rulebook: Rulebook, result: Score) -> list[Sentence]:
    """What a council would hear whose by-law sets no limit of its own; the act sets none."""
    limit, apart = rulebook.regime.deliberation.deviation_points_max.value, max(result.members) - min(result.members)
    if limit is None or apart <= limit:
        return []
    return [
        Sentence(
            f"Các phiếu lệch nhau {apart} điểm, quá {limit} điểm: hội đồng phải thảo luận và chấm lại, trừ khi quy chế "
            "nói khác.",
            f"The sheets lie {apart} points apart, more than {limit}: the council discusses and scores again, "
            "unless its by-law says otherwise.",
        )
    ]


def _why_not_more(request: Request, card: Card) -> list[Sentence]:
    result = card.score
    if result.limited_by == "nothing":
        return []
    if result.limited_by == "marks":
        codes, wanted = ", ".join(result.held_down), max(result.stars + 1, STAR_CLASSES[0])
        return [
            Sentence(
                f"Không được {wanted} sao vì chưa đủ dấu {wanted} sao ở tiêu chí {codes}.",
                f"Not {wanted} stars: marks for {wanted} stars are missed on criteria {codes}.",
                request.criteria_set.article,
            )
        ]
    above = next(band for band in request.rulebook.regime.bands if band.stars == result.band + 1)
    return [
        Sentence(
            f"Còn thiếu {card.short} điểm để vào hạng {above.stars} sao; điểm không được làm tròn khi xếp hạng.",
            f"Points missing for {above.stars} stars: {card.short}; the total is not rounded for ranking.",
            above.article,
        )
    ]


def _why_not_applied(request: Request) -> list[Sentence]:
    sentences = []
    for criterion in request.criteria_set.criteria:
        numbers = [
            str(number)
            for number, sheet in enumerate(request.sheets, 1)
            if criterion.code in sheet and not applies(criterion, sheet)
        ]
        if numbers:
            sentences.append(
                Sentence(
                    f"Tiêu chí {criterion.code} không áp dụng nên không tính điểm ở phiếu {', '.join(numbers)}.",
                    f"Criterion {criterion.code} does not apply and counts nothing on sheet {', '.join(numbers)}.",
                    request.criteria_set.article,
                )
            )
    return sentences


def _why_recognised(rulebook: Rulebook, result: Score) -> Sentence:
    level = rulebook.regime.ladder.authority(result.stars)
    rung = None if level is None else rulebook.regime.ladder.rung(level)
    if rung is None:
        return Sentence(
            f"Hạng {result.stars} sao: không có quyết định công nhận, không có giấy chứng nhận.",
            f"Class {result.stars}: no recognition and no certificate.",
            rulebook.regime.unrecognised_article,
        )
    return Sentence(
        f"Hạng {result.stars} sao do cấp {rung.name} công nhận.",
        f"{result.stars} stars are recognised at the level {rung.level}.",
        rung.article,
    )
