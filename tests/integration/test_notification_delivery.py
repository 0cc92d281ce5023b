"""The sender against a real mail server on a socket and a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import date
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import asyncpg
import pytest
from aiosmtpd import smtp

from deploy.local.servers import Endpoints
from services.notification.delivery import Sender
from services.notification.domain.facts import Basis, Contact, Dossier, Happened, Returned
from services.notification.domain.notices import State, take_contact, take_dossier, tell
from services.notification.ledger import Due, Ledger, Limits
from services.notification.mail import MailServer
from services.notification.store import project
from shared.contracts.event import Event
from shared.contracts.notices import NoticeFailed, NoticeSent
from shared.kernel import clock
from shared.kernel.outcomes import Applied
from shared.messaging.pipeline import Change, Connection
from tests.support.database import empty_database, schema_of

pytestmark = pytest.mark.servers

WAIT_SECONDS_MAX = 10.0
OTHER_SECONDS_MAX = 0.2
PRODUCT = "01900000-0000-8000-8000-000000000002"
PRODUCER = UUID("01900000-0000-8000-8000-000000000003")
DOSSIER = UUID("01900000-0000-8000-8000-000000000001")
LIMITS = Limits(
    attempts_max=3,
    first_wait_seconds=0.05,
    wait_seconds_max=0.2,
    attempt_seconds_max=2.0,
    mark_seconds_max=5.0,
    batch_max=8,
    connections_max=2,
    lease_seconds=30.0,
    poll_seconds_max=0.05,
)


@pytest.fixture
def postgres(servers: Endpoints) -> Iterator[str]:
    """The DSN of an empty database."""
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        yield dsn


class Mailbox:
    """A mail server that answers each message as told, and keeps what it took."""

    def __init__(self, *answers: str) -> None:
        self.taken: list[bytes] = []
        self.offered = 0
        self.lines = 0
        self.came = asyncio.Event()
        self._answers = list(answers)

    async def handle_EHLO(  # noqa: N802 - the name and arguments are the library's
        self,
        server: smtp.SMTP,  # noqa: ARG002
        session: smtp.Session,
        envelope: smtp.Envelope,  # noqa: ARG002
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.lines += 1
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope) -> str:  # noqa: ARG002, N802 - the name and arguments are the library's
        self.offered += 1
        answer = self._answers.pop(0) if self._answers else "250 OK"
        if answer.startswith(("250", "drop")):
            content = envelope.content
            assert isinstance(content, bytes)
            self.taken.append(content)
            self.came.set()
            self.came = asyncio.Event()
        if answer == "drop":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer

    def message_ids(self) -> list[str]:
        return [message_from_bytes(content, policy=default)["Message-ID"] for content in self.taken]


@asynccontextmanager
async def listening(mailbox: Mailbox) -> AsyncIterator[MailServer]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: smtp.SMTP(mailbox, hostname="mail.example.vn"), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield MailServer("127.0.0.1", port, "Hệ thống OCOP", "ocop@example.vn", "ocop.example.vn")
    finally:
        server.close()


class Told:
    """Stands in for the core's announcing: keeps what was announced in transactions that committed."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def __call__(self, conn: Connection, items: Sequence[tuple[str, int, Event]]) -> None:
        assert conn.is_in_transaction()
        assert [(subject, part) for subject, part, _ in items] == [(PRODUCT, 4)] * len(items)
        self.events += [event for _, _, event in items]


def schema(dsn: str) -> AbstractAsyncContextManager[asyncpg.Pool]:
    return schema_of("notification", dsn)


def returned_notices(times: int) -> State:
    state = take_dossier(State(), Dossier(DOSSIER, "68", "Cà phê rang xay", PRODUCER, "24958")).state
    fact = Returned(date(2026, 6, 12), "Thiếu phiếu kiểm nghiệm", Basis("26/2026/QĐ-TTg", ("7.2",)))
    for number in range(times):
        outcome = tell(state, Happened(UUID(int=9 + number), 1_780_000_000_000, DOSSIER, fact))
        assert isinstance(outcome, Applied)
        state = outcome.state
    return state


async def write_notices(pool: asyncpg.Pool, times: int = 1) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await project(conn, [Change(PRODUCT, 4, None, returned_notices(times), ())])


async def write_contact(pool: asyncpg.Pool, email: str | None, version: int = 1) -> None:
    contact = Contact(str(PRODUCER), version, "producer", "Hợp tác xã Mẫu", email, None)
    async with pool.acquire() as conn, conn.transaction():
        await project(conn, [Change(str(PRODUCER), 1, None, take_contact(State(), contact).state, ())])


async def delivery(pool: asyncpg.Pool) -> asyncpg.Record:
    row = await pool.fetchrow(
        "SELECT d.* FROM delivery AS d JOIN notice USING (notice_id) WHERE recipient_id = $1", str(PRODUCER)
    )
    assert row is not None
    return row


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """The condition holds; each look is a query, so the loop is paced by the server."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while not await condition():
            pass


async def run_until_ended(sender: Sender, pool: asyncpg.Pool) -> asyncpg.Record:
    async def ended() -> bool:
        return bool((await delivery(pool))["state"] != "pending")

    stop = asyncio.Event()
    running = asyncio.create_task(sender.run(stop))
    try:
        await until(ended)
    finally:
        stop.set()
        await running
    return await delivery(pool)


def ledger_of(pool: asyncpg.Pool, told: Told, instance: str = "one") -> Ledger:
    return Ledger(pool, told, LIMITS, instance, "ocop.example.vn")


async def test_an_accepted_notice_is_sent_once_and_announced(postgres: str) -> None:
    mailbox, told = Mailbox(), Told()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)

        row = await run_until_ended(Sender(ledger_of(pool, told), server, LIMITS), pool)

        message = message_from_bytes(mailbox.taken[0], policy=default)
        assert (row["state"], row["attempts"], row["uncertain"]) == ("sent", 1, False)
        assert len(mailbox.taken) == 1
        assert message["Message-ID"] == row["message_id"] == f"<{row['notice_id']}@ocop.example.vn>"
        assert str(message["From"]) == "Hệ thống OCOP <ocop@example.vn>"
        assert str(message["Subject"]) == "Trả lại hồ sơ sản phẩm OCOP “Cà phê rang xay”"
        assert (message["X-OCOP-Notice-Kind"], message["X-OCOP-Product"]) == ("returned", PRODUCT)
        assert (message["X-OCOP-Notice"], message["Auto-Submitted"]) == (str(row["notice_id"]), "auto-generated")
        assert "của quý vị" in message.get_content()
        assert [type(event) for event in told.events] == [NoticeSent]


async def test_a_notice_put_off_with_451_is_sent_at_the_next_attempt(postgres: str) -> None:
    mailbox, told = Mailbox("451 4.3.0 later"), Told()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)

        row = await run_until_ended(Sender(ledger_of(pool, told), server, LIMITS), pool)

        assert (row["state"], row["attempts"], row["uncertain"]) == ("sent", 2, False)
        assert (mailbox.offered, len(mailbox.taken)) == (2, 1)


async def test_a_notice_refused_with_550_has_failed_and_the_cause_names_no_address(postgres: str) -> None:
    mailbox, told = Mailbox("550 5.1.1 <htx@example.vn> unknown"), Told()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)

        row = await run_until_ended(Sender(ledger_of(pool, told), server, LIMITS), pool)

        assert (row["state"], row["attempts"], row["last_error"]) == ("failed", 1, "smtp-550 5.1.1")
        failed = [event for event in told.events if isinstance(event, NoticeFailed)]
        assert [(event.code, event.detail, event.cause) for event in failed] == [
            ("refused", "smtp-550 5.1.1", "smtp-550 5.1.1")
        ]


async def test_a_connection_lost_before_the_answer_is_sent_again_as_the_same_message_and_marked(postgres: str) -> None:
    mailbox, told = Mailbox("drop"), Told()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)

        row = await run_until_ended(Sender(ledger_of(pool, told), server, LIMITS), pool)

        assert (row["state"], row["attempts"], row["uncertain"]) == ("sent", 2, True)
        assert mailbox.message_ids() == [row["message_id"]] * 2
        assert len(told.events) == 1


async def test_a_server_that_is_away_uses_up_the_attempts_and_leaves_nothing_uncertain(postgres: str) -> None:
    told = Told()
    away = MailServer("127.0.0.1", 1, "Hệ thống OCOP", "ocop@example.vn", "ocop.example.vn")
    async with schema(postgres) as pool:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)

        row = await run_until_ended(Sender(ledger_of(pool, told), away, LIMITS), pool)

        assert (row["state"], row["attempts"], row["uncertain"]) == ("failed", 3, False)
        assert row["last_error"] == "attempts-used: connect SMTPConnectError"


class CrashError(Exception):
    """The process died between the server's 250 and our mark."""


class CrashingLedger(Ledger):
    async def sent(self, due: Due) -> None:  # noqa: ARG002 - the mark never happens
        raise CrashError


async def test_a_crash_between_250_and_the_mark_leads_to_one_more_mail_marked_uncertain(postgres: str) -> None:
    mailbox, told = Mailbox(), Told()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)
        crashing = Sender(CrashingLedger(pool, told, LIMITS, "one", "ocop.example.vn"), server, LIMITS)
        with pytest.raises(CrashError):
            await crashing.round(asyncio.Event())
        assert told.events == []

        row = await run_until_ended(Sender(ledger_of(pool, told), server, LIMITS), pool)

        assert (row["state"], row["attempts"], row["uncertain"]) == ("sent", 2, True)
        assert mailbox.message_ids() == [row["message_id"]] * 2
        assert len(told.events) == 1


class PatientLedger(Ledger):
    """Marks a mail only after another has had the time to be taken."""

    mailbox: Mailbox
    unmarked_most = 0

    async def sent(self, due: Due) -> None:
        taken = len(self.mailbox.taken)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.mailbox.came.wait(), OTHER_SECONDS_MAX)
        self.unmarked_most = max(self.unmarked_most, 1 + len(self.mailbox.taken) - taken)
        await super().sent(due)


async def test_from_the_servers_250_to_the_mark_there_is_one_mail_at_a_time_whatever_the_lines(postgres: str) -> None:
    mailbox, told = Mailbox(), Told()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool, times=4)
        ledger = PatientLedger(pool, told, LIMITS, "one", "ocop.example.vn")
        ledger.mailbox = mailbox

        await Sender(ledger, server, LIMITS).round(asyncio.Event())

        assert mailbox.lines == LIMITS.connections_max
        assert (len(mailbox.taken), len(told.events)) == (4, 4)
        assert ledger.unmarked_most == 1


class FailingOnceLedger(Ledger):
    """The first mark fails."""

    fault: Exception | None

    async def sent(self, due: Due) -> None:
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        await super().sent(due)


@pytest.mark.parametrize(
    ("fault", "mails"), [(ConnectionRefusedError(), 1), (CrashError(), 2)], ids=["of-the-world", "of-its-own"]
)
async def test_a_mark_that_fails_is_written_again_or_the_mail_is_sent_again_without_waiting_for_the_lease(
    postgres: str, fault: Exception, mails: int
) -> None:
    mailbox, told = Mailbox(), Told()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)
        ledger = FailingOnceLedger(pool, told, LIMITS, "one", "ocop.example.vn")
        ledger.fault = fault

        row = await run_until_ended(Sender(ledger, server, LIMITS), pool)

        assert (row["state"], row["attempts"], row["uncertain"]) == ("sent", mails, mails > 1)
        assert mailbox.message_ids() == [row["message_id"]] * mails
        assert len(told.events) == 1


async def test_what_was_offered_before_a_freeze_that_outlasts_the_lease_is_not_handed_over_after_it(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox, told, real = Mailbox(), Told(), clock.monotonic
    monkeypatch.setattr(clock, "monotonic", lambda: real() + LIMITS.lease_seconds * mailbox.lines)
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)

        await Sender(ledger_of(pool, told), server, LIMITS).round(asyncio.Event())

        row = await delivery(pool)
        assert (row["state"], row["last_error"], row["uncertain"]) == ("pending", "lease-ended", False)
        assert mailbox.taken == []


async def test_another_instance_leaves_a_begun_attempt_alone_while_its_lease_holds(postgres: str) -> None:
    told = Told()
    async with schema(postgres) as pool:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)
        claimed = await ledger_of(pool, told, "one").claim()

        other = ledger_of(pool, told, "two")
        await other.take_back_leases()

        assert len(claimed) == 1
        assert await other.claim() == []


async def test_a_mark_that_comes_after_another_attempt_took_over_changes_and_announces_nothing(postgres: str) -> None:
    told = Told()
    async with schema(postgres) as pool:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)
        ledger = ledger_of(pool, told)
        (frozen,) = await ledger.claim()
        await ledger.take_back_leases()
        (taken_over,) = await ledger.claim()

        await ledger.sent(frozen)
        assert told.events == []
        await ledger.sent(taken_over)

        assert len(told.events) == 1
        assert (await delivery(pool))["uncertain"] is True


async def test_a_notice_waits_for_its_recipients_contact_and_fails_where_that_has_no_mail(postgres: str) -> None:
    told = Told()
    async with schema(postgres) as pool, listening(Mailbox()) as server:
        await write_notices(pool)
        assert await ledger_of(pool, told).claim() == []
        await write_contact(pool, None)

        row = await run_until_ended(Sender(ledger_of(pool, told), server, LIMITS), pool)

        assert (row["state"], row["last_error"]) == ("failed", "no-address")


async def test_an_older_contact_never_replaces_a_newer_one(postgres: str) -> None:
    async with schema(postgres) as pool:
        await write_contact(pool, "moi@example.vn", version=2)
        await write_contact(pool, "cu@example.vn", version=1)

        assert await pool.fetchval("SELECT email FROM contact") == "moi@example.vn"


async def test_what_was_claimed_and_not_begun_when_told_to_stop_is_due_again_without_an_attempt(postgres: str) -> None:
    mailbox, told, stop = Mailbox(), Told(), asyncio.Event()
    async with schema(postgres) as pool, listening(mailbox) as server:
        await write_contact(pool, "htx@example.vn")
        await write_notices(pool)
        stop.set()

        await Sender(ledger_of(pool, told), server, LIMITS).round(stop)

        row = await delivery(pool)
        assert (row["state"], row["attempts"], row["attempt_open"], mailbox.offered) == ("pending", 0, False, 0)
