"""One message and one conversation with the mail server: what it answered, and whether it may have taken the mail."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from functools import partial
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from services.notification.words.letter import Rendered

LINE_CHARACTERS_MAX = 900
_ENHANCED_STATUS = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and as whom. `domain` stands in Message-IDs and in the greeting."""

    host: str
    port: int
    sender_name: str
    sender_address: str
    domain: str
    security: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One notice ready to be sent to one address; `message_id` stays the same over all attempts."""

    notice_id: str
    product: str
    kind: str
    message_id: str
    address: str = field(repr=False)
    rendered: Rendered = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiving server answered 250 to the whole message."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The receiving server refused this recipient or this message for good (5xx)."""

    cause: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """No final answer; try again later. `maybe_taken` is true where the server may have the message all the same."""

    error: str
    maybe_taken: bool


Answer = Accepted | Rejected | Unfinished


def compose(mail: Mail, server: MailServer, sent_on: datetime) -> bytes:
    """The message as it goes over the wire: plain text, UTF-8, lines ended by CRLF."""
    message = EmailMessage(policy=SMTP_POLICY.clone(max_line_length=LINE_CHARACTERS_MAX))
    message["From"] = Address(server.sender_name, addr_spec=server.sender_address)
    message["To"] = Address(addr_spec=mail.address)
    message["Subject"] = mail.rendered.subject
    message["Date"] = format_datetime(sent_on)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "vi"
    message["X-OCOP-Notice"] = mail.notice_id
    message["X-OCOP-Notice-Kind"] = mail.kind
    message["X-OCOP-Product"] = mail.product
    message.set_content(mail.rendered.body, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


class Line:
    """One kept connection to the mail server; opened when first needed, closed after anything but an acceptance."""

    def __init__(self, server: MailServer, attempt_seconds_max: float) -> None:
        self._server = server
        self._attempt_seconds_max = attempt_seconds_max
        self._client: SMTP | None = None

    async def offer(self, address: str) -> Rejected | Unfinished | None:
        """The server waits for a message to this address, unless it answered no. Nothing has been handed over yet.

        Takes at most `attempt_seconds_max`, like `hand_over`; neither raises for what the server does.
        """
        return await self._within_limit(partial(self._offered, address))

    async def hand_over(self, message: bytes) -> Answer:
        """The message was handed over, once, to the recipient offered before."""
        return await self._within_limit(partial(self._handed_over, message)) or Accepted()

    async def _within_limit(self, steps: Callable[[_Conversation], Awaitable[None]]) -> Rejected | Unfinished | None:
        conversation = _Conversation()
        try:
            async with asyncio.timeout(self._attempt_seconds_max):
                await steps(conversation)
        except (SMTPException, OSError) as fault:
            self._drop()
            return conversation.answer_to(fault)
        except BaseException:
            self._drop()
            raise
        return None

    async def _offered(self, address: str, conversation: _Conversation) -> None:
        client = await self._open()
        conversation.step = "mail"
        await client.mail(self._server.sender_address)
        conversation.step = "rcpt"
        await client.rcpt(address)

    async def _handed_over(self, message: bytes, conversation: _Conversation) -> None:
        if self._client is None or not self._client.is_connected:
            raise SMTPServerDisconnected("the line was lost after the offer")
        conversation.step = "data"
        await self._client.data(message)

    async def _open(self) -> SMTP:
        if self._client is None or not self._client.is_connected:
            self._client = _client(self._server, self._attempt_seconds_max)
            await self._client.connect()
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    async def close(self) -> None:
        """The server was told goodbye where it still listens."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit(timeout=self._attempt_seconds_max)
        except (SMTPException, OSError):
            client.close()


@dataclass(slots=True)
class _Conversation:
    """How far the conversation has come."""

    step: Literal["connect", "mail", "rcpt", "data"] = "connect"

    def answer_to(self, fault: Exception) -> Rejected | Unfinished:
        """What the fault means at this step.

        A 5xx to the recipient or the message is final; one to the greeting, the login or our own address speaks of
        the settings, not of this notice. Only an end without an answer after DATA leaves it open who has the message.
        """
        if isinstance(fault, SMTPRecipientRefused | SMTPDataError) and 500 <= fault.code < 600:
            return Rejected(_status(fault))
        if isinstance(fault, SMTPResponseException):
            return Unfinished(f"{self.step} {_status(fault)}", maybe_taken=False)
        return Unfinished(f"{self.step} {type(fault).__name__}", maybe_taken=self.step == "data")


def _status(fault: SMTPResponseException) -> str:
    """The reply's codes without its words, which often repeat the address."""
    enhanced = _ENHANCED_STATUS.match(fault.message)
    return f"smtp-{fault.code}" + (f" {enhanced.group()}" if enhanced else "")


def _client(server: MailServer, seconds_max: float) -> SMTP:
    return SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        local_hostname=server.domain,
        timeout=seconds_max,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
    )
