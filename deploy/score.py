"""`./ocop score FILE`: scores the sheets of one dossier offline, exactly as the evaluation service does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from deploy.score_input import InputError, Request, Sentence, decimals, read_file, read_request
from services.evaluation.domain.scoring import Score
from services.evaluation.domain.scoring import score as score_sheets
from shared.rulebooks.loader import load
from shared.rulebooks.model import Rulebook
from shared.rulebooks.options import applies
from shared.rulebooks.reading import RulebookError
from shared.rulebooks.tables import STAR_CLASSES

FAULTS_SHOWN_MAX = 20


def score(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tệp JSON các phiếu / JSON file of the sheets")],
    as_json: Annotated[bool, typer.Option("--json", help="In một đối tượng JSON / print one JSON object")] = False,
) -> None:
    """Chấm điểm hồ sơ từ tệp phiếu, không cần máy chủ. / Score the sheets of a dossier offline.

    FILE: {"set": 13, "sheets": [{"1.1": 3, …}, …], "agreed": {…} | null}; options by position from 1.
    """
    try:
        rulebook = load().all[-1]
        request = read_request(read_file(file), rulebook)
    except RulebookError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    except InputError as refused:
        _complain(file, refused.faults)
        raise typer.Exit(2) from None
    result = score_sheets(request.criteria_set, rulebook.regime.bands, request.sheets, request.agreed)
    why = explain(request, rulebook, result)
    if as_json:
        typer.echo(json.dumps(as_object(request, rulebook, result, why), ensure_ascii=False))
    else:
        from deploy.score_page import show  # rich takes a while to load, and a program never reads this page

        show(request, rulebook, result, why)


def explain(request: Request, rulebook: Rulebook, result: Score) -> tuple[Sentence, ...]:
    """Why the stars are what they are: the band, what held the product down, and who recognises it, by article."""
    return (
        _why_band(rulebook, result),
        *_why_not_more(request, rulebook, result),
        *_why_not_applied(request),
        _why_recognised(rulebook, result),
    )


def as_object(request: Request, rulebook: Rulebook, result: Score, why: Sequence[Sentence]) -> dict[str, object]:
    """The result as one JSON object; fractions are texts, so that nothing is lost on the way."""
    return {
        "set": request.criteria_set.number,
        "total": _exact(result.total),
        "parts": {code: _exact(mean) for code, mean in result.parts},
        "members": list(result.members),
        "band": result.band,
        "missed": {str(stars): list(codes) for stars, codes in result.missed.items()},
        "judged": dict(result.judged),
        "stars": result.stars,
        "limited_by": result.limited_by,
        "held_down": list(result.held_down),
        "act": rulebook.regime.act,
        "rulebook": rulebook.version,
        "articles": list(dict.fromkeys([*result.articles, *(said.article for said in why if said.article)])),
        "why": [{"article": said.article, "vi": said.vietnamese, "en": said.english} for said in why],
    }


def _complain(file: Path, faults: Sequence[Sentence]) -> None:
    typer.echo(f"Không chấm được {file} / cannot score {file}:", err=True)
    for fault in faults[:FAULTS_SHOWN_MAX]:
        typer.echo(f"- {fault.vietnamese} / {fault.english}", err=True)
    more = len(faults) - FAULTS_SHOWN_MAX
    if more > 0:
        typer.echo(f"- và {more} lỗi nữa / and {more} more.", err=True)


def _exact(value: Fraction) -> dict[str, str]:
    return {"fraction": str(value), "decimal": decimals(value)}


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


def _why_not_more(request: Request, rulebook: Rulebook, result: Score) -> list[Sentence]:
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
    above = next(band for band in rulebook.regime.bands if band.stars == result.band + 1)
    short = above.lower - result.total
    return [
        Sentence(
            f"Còn thiếu {short} điểm để vào hạng {above.stars} sao; điểm không được làm tròn khi xếp hạng.",
            f"Points missing for {above.stars} stars: {short}; the total is not rounded for ranking.",
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
