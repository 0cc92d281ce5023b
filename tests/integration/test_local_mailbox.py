"""The local mailbox over its real sockets."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from deploy.local import mailbox, ports
from deploy.local.layout import Layout, prepare
from deploy.local.supervisor import Supervisor

SECONDS_MAX = 10.0


@dataclass(frozen=True)
class Running:
    directory: Path
    smtp_port: int
    web: str


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home with spaces")
    layout = Layout(home, home / "cache")
    prepare(layout)
    smtp_port, web_port = mailbox.chosen_ports(layout, print)
    with Supervisor(layout) as supervisor:
        supervisor.start(mailbox.program(layout, smtp_port, web_port))
        supervisor.wait_ready("mailbox")
        yield Running(layout.mail, smtp_port, f"http://{ports.HOST}:{web_port}")


def mail(subject: str, recipient: str, text: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, "OCOP <thong-bao@ocop.example>", recipient
    made["Message-ID"] = "<one@ocop.example>"
    made.set_content(text)
    return made


def send(running: Running, message: EmailMessage) -> None:
    with smtplib.SMTP(ports.HOST, running.smtp_port, timeout=SECONDS_MAX) as client:
        client.send_message(message)


def test_a_mail_is_on_disk_when_the_sender_has_its_answer(running: Running) -> None:
    before = set(running.directory.glob("*.eml"))

    send(running, mail("Kết quả đánh giá", "htx@ocop.example", "Sản phẩm đạt 4 sao."))

    (kept,) = set(running.directory.glob("*.eml")) - before
    assert b"Message-ID: <one@ocop.example>" in kept.read_bytes()


def test_the_same_message_id_gives_the_same_hash_and_another_number(running: Running) -> None:
    before = set(running.directory.glob("*.eml"))

    send(running, mail("Lần một", "htx@ocop.example", "Một."))
    send(running, mail("Lần hai", "htx@ocop.example", "Hai."))

    first, second = sorted(path.stem.split("-") for path in set(running.directory.glob("*.eml")) - before)
    assert first[1] == second[1]
    assert int(second[0]) == int(first[0]) + 1


def test_the_list_shows_subject_and_recipient_in_vietnamese(running: Running) -> None:
    send(running, mail("Hồ sơ được trả lại", "chu-the@ocop.example", "Thiếu giấy tờ."))

    page = httpx.get(running.web, timeout=SECONDS_MAX)

    assert page.status_code == 200
    assert "Hồ sơ được trả lại" in page.text
    assert "chu-the@ocop.example" in page.text
    assert "http://" not in page.text.replace(running.web, "")


def test_a_mail_is_shown_as_text_and_never_as_markup(running: Running) -> None:
    before = set(running.directory.glob("*.eml"))
    send(running, mail("Thử", "htx@ocop.example", "<script>alert(1)</script> được 5 sao"))
    (kept,) = set(running.directory.glob("*.eml")) - before

    page = httpx.get(f"{running.web}/mail/{kept.name}", timeout=SECONDS_MAX)

    assert "&lt;script&gt;alert(1)&lt;/script&gt; được 5 sao" in page.text
    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["..%2F..%2Fsecrets.json", "00000009-0123456789abcdef.eml", "x"])
def test_what_is_no_mail_is_not_shown(running: Running, name: str) -> None:
    assert httpx.get(f"{running.web}/mail/{name}", timeout=SECONDS_MAX).status_code == 404


def test_a_mail_over_one_mebibyte_is_refused_and_not_kept(running: Running) -> None:
    before = set(running.directory.glob("*"))

    with pytest.raises(smtplib.SMTPException):
        send(running, mail("Quá lớn", "htx@ocop.example", "x" * 70 + "\n" + ("x" * 70 + "\n") * 16_000))

    assert set(running.directory.glob("*")) == before


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    first = mailbox.Store(tmp_path).keep(b"Message-ID: <a@ocop.example>\r\n\r\nx")

    second = mailbox.Store(tmp_path).keep(b"Message-ID: <b@ocop.example>\r\n\r\nx")

    assert first.name.startswith("00000001-")
    assert second.name.startswith("00000002-")
