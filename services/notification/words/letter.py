"""Renders a notice: plain text in Vietnamese, by templates, the same text for the same letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notification.domain.facts import Particulars
from services.notification.domain.notices import Role
from shared.contracts.units import MINISTRY_CODE, unit_name_inside

_ARTICLE = re.compile(r"^(\d+)(?:\.(\d+))?(?:\.([a-zđ]))?$")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a notice says and to whom; `producer_name` is None where it is not known."""

    notice_id: UUID
    role: Role
    recipient_name: str
    producer_name: str | None
    product_name: str
    unit: str
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class Rendered:
    """The subject, one line, and the body, plain text that ends with a line break."""

    subject: str
    body: str


def render(letter: Letter) -> Rendered:
    """The letter in words; names are put on one line, so that no name can forge a paragraph or a header."""
    kind = letter.particulars.kind
    values = {
        "recipient": _one_line(letter.recipient_name),
        "producer": _one_line(letter.producer_name) if letter.producer_name else None,
        "product": _one_line(letter.product_name),
        "province": unit_name_inside(letter.unit),
        "authority": _authority(letter),
        "office": _office(letter),
        "fact": letter.particulars,
        "act": letter.particulars.basis.act,
        "articles": citations(letter.particulars.basis.articles),
        "notice_id": letter.notice_id,
    }
    subject = _words().get_template(f"{kind}.subject.txt").render(values)
    body = _words().get_template(f"{kind}.{letter.role}.txt").render(values)
    return Rendered(_one_line(subject), body.strip() + "\n")


def citations(articles: tuple[str, ...]) -> str:
    """The articles as Vietnamese acts cite them: "7.3.g" is "điểm g khoản 3 Điều 7"; other words are left out."""
    return "; ".join(text for article in articles for part in article.split(",") if (text := _citation(part.strip())))


def _citation(article: str) -> str | None:
    match = _ARTICLE.match(article)
    if match is None:
        return None
    number, clause, point = match.groups()
    words = [f"điểm {point}"] if point else []
    words += [f"khoản {clause}"] if clause else []
    return " ".join([*words, f"Điều {number}"])


def _authority(letter: Letter) -> str:
    """Who decided, by the level of the fact (article 4.1); a fact without a level is the province's.

    Which district decided is not known here: the paper says it.
    """
    level = getattr(letter.particulars, "level", "province")
    if level == "central":
        return f"Bộ trưởng {unit_name_inside(MINISTRY_CODE)}"
    if level == "district":
        return f"Chủ tịch Ủy ban nhân dân cấp huyện ({unit_name_inside(letter.unit)})"
    return f"Chủ tịch Ủy ban nhân dân {unit_name_inside(letter.unit)}"


def _office(letter: Letter) -> str:
    """Whose office works on the dossier, by the level of the fact."""
    match getattr(letter.particulars, "level", "province"):
        case "commune":
            return "Ủy ban nhân dân cấp xã"
        case "district":
            return f"Ủy ban nhân dân cấp huyện ({unit_name_inside(letter.unit)})"
        case "central":
            return f"cơ quan tham mưu quản lý OCOP của {unit_name_inside(MINISTRY_CODE)}"
        case _:
            return f"cơ quan tham mưu quản lý OCOP của {unit_name_inside(letter.unit)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _day(value: date) -> str:
    return f"{value:%d/%m/%Y}"


@lru_cache(maxsize=1)
def _words() -> Environment:
    """The templates; plain text, so nothing is escaped, and a missing value is an error."""
    words = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the templates are plain text, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    words.filters["day"] = _day
    words.filters["one_line"] = _one_line
    return words
