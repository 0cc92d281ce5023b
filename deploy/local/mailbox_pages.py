"""The mailbox's pages, in Vietnamese: what came, newest first, and one mail at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default as modern
from pathlib import Path
from typing import Annotated, Final

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.templating import Jinja2Templates

MAILS_PER_PAGE: Final = 50
PAGES_MAX: Final = 100_000
HEADER_BYTES_MAX: Final = 64 * 1024
FILE_NAME: Final = re.compile(r"\d{8,}-[0-9a-f]{16}\.eml")
VIET_NAM: Final = timezone(timedelta(hours=7))
# Nothing is fetched from anywhere, and no mail runs a script.
POLICY: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@dataclass(frozen=True)
class Line:
    """One mail in the list."""

    name: str
    number: int
    subject: str
    recipient: str
    arrived: str


def pages(directory: Path) -> FastAPI:
    """Return the web application that shows the mails of a directory."""
    app = FastAPI(title="Hộp thư OCOP", docs_url=None, redoc_url=None, openapi_url=None)
    templates = Jinja2Templates(Path(__file__).with_name("templates"))

    @app.get("/")
    def list_page(request: Request, page: Annotated[int, Query(ge=1, le=PAGES_MAX)] = 1) -> HTMLResponse:
        names = sorted((path.name for path in directory.glob("*.eml") if FILE_NAME.fullmatch(path.name)), reverse=True)
        shown = names[(page - 1) * MAILS_PER_PAGE : page * MAILS_PER_PAGE]
        context = {
            "lines": [_line(directory / name) for name in shown],
            "count": len(names),
            "page": page,
            "page_count": max(1, -(-len(names) // MAILS_PER_PAGE)),
        }
        return templates.TemplateResponse(request, "mailbox_list.html", context, headers=POLICY)

    @app.get("/mail/{name}")
    def mail_page(request: Request, name: str) -> HTMLResponse:
        path = _existing(directory, name)
        message = message_from_bytes(path.read_bytes(), policy=modern)
        assert isinstance(message, EmailMessage)
        context = {"line": _line(path), "headers": _headers(message), "body": _body(message)}
        return templates.TemplateResponse(request, "mailbox_mail.html", context, headers=POLICY)

    @app.get("/mail/{name}/raw")
    def raw_mail(name: str) -> PlainTextResponse:
        return PlainTextResponse(_existing(directory, name).read_bytes(), headers=POLICY)

    return app


def _existing(directory: Path, name: str) -> Path:
    path = directory / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        raise HTTPException(404, "Không có thư này. / There is no such mail.")
    return path


def _line(path: Path) -> Line:
    with path.open("rb") as file:
        head = BytesHeaderParser(policy=modern).parsebytes(file.read(HEADER_BYTES_MAX))
    arrived = datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone(VIET_NAM)
    number = int(path.name.partition("-")[0])
    subject, recipient = str(head.get("Subject", "")), str(head.get("To", ""))
    return Line(path.name, number, subject or "(không có tiêu đề)", recipient, f"{arrived:%d/%m/%Y %H:%M:%S}")


def _headers(message: EmailMessage) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in message.items()]


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return "(thư không có phần văn bản)"
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        return str(part.get_payload())
