"""`./ocop score FILE`: scores the sheets of one dossier offline, exactly as the evaluation service does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from deploy.score_input import InputError, Request, Sentence, read_file, read_request
from deploy.score_words import explain
from services.evaluation.domain.card import Card, decimals, why_card
from services.evaluation.domain.scoring import score_given
from services.evaluation.domain.way import NoWay, Way
from shared.rulebooks.loader import load
from shared.rulebooks.options import positions_given
from shared.rulebooks.reading import RulebookError

FAULTS_SHOWN_MAX = 20


def score(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tệp JSON các phiếu / JSON file of the sheets")],
    as_json: Annotated[bool, typer.Option("--json", help="In một đối tượng JSON / print one JSON object")] = False,
) -> None:
    """Chấm điểm hồ sơ từ tệp phiếu, không cần máy chủ. / Score the sheets of a dossier offline.

    FILE: {"set": 13, "sheets": [{"1.1": 3, …}, …], "agreed": {…} | null}; options by position from 1;
    "act": "qd1048-2019" | …, else the newest act.
    """
    try:
        request = read_request(read_file(file), load())
    except RulebookError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    except InputError as refused:
        _complain(file, refused.faults)
        raise typer.Exit(2) from None
    card = card_of(request)
    why = explain(request, card)
    if as_json:
        typer.echo(json.dumps(as_object(request, card, why), ensure_ascii=False))
    else:
        from deploy.score_page import show  # rich takes a while to load, and a program never reads this page

        show(request, card, why)


def card_of(request: Request) -> Card:
    """The why-card of the sheets that were asked about."""
    criteria_set, bands = request.criteria_set, request.rulebook.regime.bands
    sheets = [positions_given(criteria_set, sheet) for sheet in request.sheets]
    result = score_given(criteria_set, bands, sheets, request.agreed)
    return why_card(criteria_set, bands, sheets, request.agreed, result)


def as_object(request: Request, card: Card, why: Sequence[Sentence]) -> dict[str, object]:
    """The card as one JSON object; fractions are texts, so that nothing is lost on the way."""
    result = card.score
    return {
        "set": request.criteria_set.number,
        "total": _exact(result.total),
        "parts": {code: _exact(mean) for code, mean in result.parts},
        "sections": {section.code: _exact(section.mean) for section in card.sections},
        "members": list(result.members),
        "band": result.band,
        "missed": {str(stars): list(codes) for stars, codes in result.missed.items()},
        "judged": dict(result.judged),
        "stars": result.stars,
        "limited_by": result.limited_by,
        "held_down": list(result.held_down),
        "short": _exact(card.short),
        "marks": [
            {"stars": mark.stars, "criterion": mark.criterion, "judged": mark.judged, "least": mark.least,
             "met": mark.met} for mark in card.marks
        ],
        "ways": [_way(way) for way in card.ways],
        "endings": [
            {"code": ending.code, "kind": ending.note.kind, "vi": ending.note.label} for ending in card.endings
        ],
        "act": request.rulebook.regime.act,
        "rulebook": request.rulebook.version,
        "articles": list(dict.fromkeys([*result.articles, *(said.article for said in why if said.article)])),
        "why": [{"article": said.article, "vi": said.vietnamese, "en": said.english} for said in why],
    }  # fmt: skip


def _way(way: Way | NoWay) -> dict[str, object]:
    if isinstance(way, NoWay):
        return {"stars": way.stars, "reason": way.reason, "criteria": list(way.criteria)}
    return {
        "stars": way.stars,
        "total": _exact(way.total),
        "changes": [
            {"criterion": change.criterion, "judged": change.judged, "to": change.to, "points": _exact(change.points)}
            for change in way.changes
        ],
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
