"""`./ocop why DOSSIER`: why a dossier has its stars, from the sheets as evaluation keeps them.

Points are shown once an authority has decided on the dossier, not before. Exit status: 0 shown, 1 nothing to show yet,
2 no such dossier, 3 not up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy import acts
from deploy.acts import BAD_INPUT, NOT_DONE, SQL, printable
from deploy.score import as_object, card_of
from deploy.score_input import Request
from deploy.score_words import explain
from services.evaluation.domain.council import counted_sheets
from services.evaluation.domain.dossier import Dossier, Session
from services.evaluation.store import STATE
from services.registration.domain.numbers import WrongNumber, parse
from shared.rulebooks.loader import load
from shared.rulebooks.model import CriteriaSet, Rulebook, Rulebooks

DECIDED = ("decided", "over")


@dataclass(frozen=True, slots=True)
class Why:
    """A score that counts: whose, at which level and attempt; `struck_out` is the ground where there is no score."""

    session: Session
    request: Request | None
    struck_out: str | None


def why(
    dossier: Annotated[
        str, typer.Argument(metavar="DOSSIER", help="Mã số, UNIT/REFERENCE hoặc id / number, UNIT/REFERENCE or id")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / print JSON")] = False,
) -> None:
    """Vì sao hồ sơ được ngần ấy sao, và đường ngắn nhất lên hạng trên. / Why a dossier has its stars."""
    site = acts.site()
    with acts.schema(site, "registration") as connection:
        row = connection.execute(SQL["dossier"], _names(dossier)).fetchone()
    if row is None:
        shown = printable(dossier)
        acts.end(f"Không có hồ sơ {shown}. / There is no dossier {shown}.", BAD_INPUT)
    if row["state"] not in DECIDED:
        acts.end(
            "Chưa có quyết định về hồ sơ này; điểm chỉ xem được sau quyết định. / "
            "No authority has decided on it; points are shown after the decision.",
            NOT_DONE,
        )
    with acts.schema(site, "evaluation") as connection:
        found = connection.execute(SQL["state_of"], {"subject": row["product_id"]}).fetchone()
    scores = [] if found is None else list(scores_of(found["state"], UUID(row["id"]), load()))
    if not scores:
        acts.end(
            "Không còn phiếu của hồ sơ này: sản phẩm đã nộp hồ sơ sau, hoặc chưa có phiên nào chấm. / "
            "No sheets of this dossier are kept: the product has filed another since, or none was scored.",
            NOT_DONE,
        )
    _print(scores, as_json=as_json)


def scores_of(state: str, dossier_id: UUID, rulebooks: Rulebooks) -> Iterator[Why]:
    """Every score that counts of the product's current dossier, in the order of its sessions."""
    dossier = STATE.validate_json(state).dossier
    if dossier is None or dossier.dossier_id != dossier_id:
        return
    book = rulebooks.pinned(dossier.regime, dossier.rulebook)
    if book is None:
        raise LookupError(f"rulebook {dossier.rulebook} of regime {dossier.regime} is not known here")
    for session in dossier.sessions:
        if session.status == "scored" and session.closing is not None:
            struck_out = session.closing.struck_out
            yield Why(session, None if struck_out else _request(dossier, session, book), struck_out)


def _request(dossier: Dossier, session: Session, book: Rulebook) -> Request:
    criteria_set = book.sets[dossier.criteria_set]
    sheets = counted_sheets(session, book)
    agreed = None if session.closing is None else session.closing.agreed
    return Request(book, criteria_set, tuple(_options(criteria_set, sheet) for sheet in sheets), agreed)


def _options(criteria_set: CriteriaSet, sheet: bytes) -> dict[str, int]:
    chosen = zip(criteria_set.criteria, sheet, strict=True)
    return {criterion.code: position for criterion, position in chosen if position}


def _names(dossier: str) -> Mapping[str, str]:
    """What was given as each of the names under which registration may know it."""
    number = parse(dossier)
    return {
        "name": dossier,
        "id": dossier.lower(),
        "number": dossier if isinstance(number, WrongNumber) else str(number),
    }


def _print(scores: list[Why], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_object(score) for score in scores], ensure_ascii=False))
        return
    from deploy.score_page import show  # rich takes a while to load, and a program never reads this page

    for score in scores:
        typer.echo(f"Phiên / session {score.session.session_id} · {score.session.level} · {score.session.attempt or 1}")
        if score.request is None:
            typer.echo(f"Hồ sơ bị loại / struck out: {printable(score.struck_out or '')}")
        else:
            card = card_of(score.request)
            show(score.request, card, explain(score.request, card))


def _object(score: Why) -> Mapping[str, Any]:
    about = {
        "session": str(score.session.session_id),
        "level": score.session.level,
        "attempt": score.session.attempt or 1,
        "struck_out": score.struck_out,
    }
    if score.request is None:
        return about
    card = card_of(score.request)
    return {**about, **as_object(score.request, card, explain(score.request, card))}
