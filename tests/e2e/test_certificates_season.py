"""Five certificates through three and a half years on the whole pipeline, each end typed by hand from the act."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from email import message_from_bytes
from email.policy import default as modern

import httpx
import pytest

from deploy.local.servers import Endpoints
from deploy.register.reading import read, register
from deploy.replay.replay import replay_site
from deploy.season.certificates import ANNULLED, IN_TIME, LATE, NOT_RENEWED, PRODUCTS, WITHDRAWN, chapters
from deploy.season.generator import generate
from deploy.verify import account
from deploy.verify.history import History
from shared.contracts.dossiers import ProductRegistered
from shared.contracts.event import Event
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    DecisionHeld,
    DossierEnded,
    ProductRecognised,
    RenewalReminderDue,
    TaskOpened,
)
from shared.contracts.topics import DOSSIERS, PROMOTIONS
from tests.support.fleet import Fleet, fleet
from tests.support.rest import at_rest

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

REMINDERS = ["reminder 2029-02-21", "reminder 2029-03-23", "reminder 2029-04-12", "reminder 2029-04-22"]
ISSUED = "recognised 2026-08-20 through 2029-08-20"
LIVES = {
    IN_TIME: [ISSUED, "reminder 2029-02-21", "recognised 2029-03-20 through 2032-03-20", "ended 2029-03-19 superseded"],
    LATE: [
        *(ISSUED, *REMINDERS, "extended filed_late until 2030-02-16"),
        *("recognised 2029-10-01 through 2032-10-01", "ended 2029-09-30 superseded"),
    ],
    NOT_RENEWED: [
        *(ISSUED, *REMINDERS, "extended filed_late until 2030-02-16"),
        *("not recognised 2029-10-02", "ended 2029-10-02 not_renewed"),
    ],
    WITHDRAWN: [
        *(ISSUED, "task withdraw_certificate until 2027-06-16", "task withdrawal_overdue until None"),
        *("held authority_lacking of bnnmt", "withdrawn 2027-06-18 law_breached"),
    ],
    ANNULLED: [ISSUED, "annulled 2027-07-01"],
}


COUNTED = {"certificates_ended": 3, "certificates_extended": 2, "certificates_withdrawn": 1, "reminders": 9}
KINDS = {
    "certificates_ended": "CertificateEnded",
    "certificates_extended": "CertificateExtended",
    "reminders": "RenewalReminderDue",
}
"""What the console's stories tell of these, each by its kind of fact."""


@pytest.fixture(scope="module")
async def played(servers: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """Every chapter was played, and the services have come to rest after each."""
    units = generate(30, 2026)
    async with fleet(servers, units, tmp_path_factory.mktemp("certificates")) as running:
        for chapter in chapters():
            await running.play(chapter)
            await at_rest(running.site)
        yield running


@pytest.fixture(scope="module")
async def history(played: Fleet) -> History:
    return await read(played.site.site)


def line(event: Event | None) -> str | None:  # noqa: PLR0911 - one line for each kind
    match event:
        case ProductRecognised():
            return f"recognised {event.decided_on} through {event.expires_on}"
        case RenewalReminderDue():
            return f"reminder {event.due_on}"
        case CertificateExtended():
            return f"extended {event.cause} until {event.until}"
        case CertificateEnded():
            return f"ended {event.ended_on} {event.cause}"
        case CertificateWithdrawn():
            return f"withdrawn {event.withdrawn_on} {event.ground}"
        case DossierEnded():
            return f"not recognised {event.decided_on}"
        case DecisionHeld():
            return f"held {event.contradiction} of {event.unit}"
        case DecisionAnnulled():
            return f"annulled {event.annulled_on}"
        case TaskOpened(task="withdraw_certificate" | "withdrawal_overdue"):
            return f"task {event.task} until {event.due_on}"
        case _:
            return None


def subjects(history: History) -> dict[str, str]:
    """The products by the province's reference."""
    told = (one.event for one in history.on(DOSSIERS))
    return {one.reference: str(one.product_id) for one in told if isinstance(one, ProductRegistered)}


def test_each_certificate_has_the_life_that_was_written_down(history: History) -> None:
    names = subjects(history)

    lives = {
        product: [text for one in history.of(PROMOTIONS, names[product]) if (text := line(one.event)) is not None]
        for product in PRODUCTS
    }

    assert lives == LIVES


async def test_nothing_is_unexplained(played: Fleet) -> None:
    found = await account(played.site.site, played.layout.mail)

    assert [str(one) for one in found.unexplained] == []
    assert (found.counts["refused"], found.counts["certificates"]) == (1, 7)
    async with httpx.AsyncClient(base_url=played.address("console")) as client:
        told = (await client.get("/api/told")).json()
    assert {name: found.counts[name] for name in COUNTED} == COUNTED
    assert {KINDS[name]: told[KINDS[name]] for name in KINDS} == {KINDS[name]: COUNTED[name] for name in KINDS}


@pytest.mark.parametrize(
    ("on", "known", "valid"),
    [
        (date(2026, 12, 31), date(2027, 6, 30), {IN_TIME, LATE, NOT_RENEWED, WITHDRAWN, ANNULLED}),
        (date(2026, 12, 31), date(2027, 7, 1), {IN_TIME, LATE, NOT_RENEWED, WITHDRAWN}),
        (date(2027, 6, 18), date(2027, 6, 17), {IN_TIME, LATE, NOT_RENEWED, WITHDRAWN, ANNULLED}),
        (date(2027, 6, 18), date(2030, 3, 1), {IN_TIME, LATE, NOT_RENEWED}),
        (date(2029, 9, 15), date(2029, 8, 21), {IN_TIME, LATE, NOT_RENEWED}),
        (date(2029, 10, 3), date(2030, 3, 1), {IN_TIME, LATE}),
        (date(2032, 4, 1), date(2030, 3, 1), {LATE}),
    ],
)
def test_the_register_says_what_was_valid_as_it_was_known(
    history: History, on: date, known: date, valid: set[str]
) -> None:
    names = {name: product for product, name in subjects(history).items()}

    assert {names[one.product_id] for one in register(history, on, known)} == valid


def test_producer_and_commune_have_their_mails(played: Fleet) -> None:
    subjects = (
        str(message_from_bytes(path.read_bytes(), policy=modern)["Subject"])
        for path in played.layout.mail.glob("*.eml")
    )
    kinds = Counter(subject.partition("“")[0].strip() for subject in subjects)

    assert kinds["Nhắc nộp hồ sơ đánh giá lại sản phẩm OCOP"] == 2 * 9
    assert kinds["Thu hồi giấy chứng nhận sản phẩm OCOP"] == 2
    assert kinds["Giấy chứng nhận sản phẩm OCOP"] == 2 * (2 + 1)  # extended; ended, with no other in its place


async def test_a_replay_tells_the_same(played: Fleet) -> None:
    reports = await asyncio.to_thread(lambda: list(replay_site(played.site.site)))

    assert {report.service for report in reports} >= {"promotion", "console", "notification", "evaluation"}
    assert [key for report in reports for table in report.tables for key in table.differing] == []
