"""Which certificate was valid on a day, as was known at the end of another (articles 4.3, 8, 10.1.b and 12.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from io import StringIO
from uuid import UUID

import pytest
import typer
from rich.console import Console

from deploy.register.command import BAD_INPUT, document, show, show_register
from deploy.register.reading import open_day, register
from deploy.verify.history import History, Told
from deploy.verify.topics import Record
from shared.contracts.event import Basis, Event
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    ProductRecognised,
)
from shared.contracts.scores import Stage
from shared.contracts.topics import DOSSIERS, PROMOTIONS, Topic
from tests.support.certificate_stories import day
from tests.support.product_events import FIRST, PRODUCT, SECOND, assessed, filed

SUBJECT = str(PRODUCT)
BASIS = Basis(act="26/2026/QĐ-TTg", rulebook="little", articles=())
FIRST_DAY = date(2026, 8, 1)
ONE, TWO = UUID(int=1), UUID(int=2)
DAY = timedelta(days=1)


def recognised(certificate: UUID, on: date, last: date, stars: int = 4) -> Event:
    return ProductRecognised(
        dossier_id=FIRST,
        level="province",
        stars=stars,
        decision_id=UUID(int=certificate.int + 10),
        decision_number=f"{certificate.int}/QĐ",
        decided_on=on,
        certificate_id=certificate,
        expires_on=last,
        basis=BASIS,
    )


def annulled(on: date, restored: UUID | None = None, certificate: UUID = ONE) -> Event:
    return DecisionAnnulled(
        dossier_id=FIRST,
        correction_id=UUID(int=70),
        decision_id=UUID(int=certificate.int + 10),
        decision_number="1/QĐ",
        annulled_on=on,
        document_number="9/QĐ",
        reason="Sai quy định",
        certificate_id=certificate,
        stage=Stage(level="province", attempt=1),
        ended=(),
        basis=BASIS,
        restored_id=restored,
    )


def ended(on: date, certificate: UUID = ONE) -> Event:
    return CertificateEnded(dossier_id=FIRST, certificate_id=certificate, ended_on=on, basis=BASIS)


def extended(until: date) -> Event:
    return CertificateExtended(
        dossier_id=FIRST,
        certificate_id=ONE,
        renewal_id=SECOND,
        cause="filed_late",
        expires_on=until - timedelta(days=180),
        until=until,
        basis=BASIS,
    )


def withdrawn(on: date) -> Event:
    return CertificateWithdrawn(
        dossier_id=FIRST,
        certificate_id=ONE,
        decision_id=UUID(int=50),
        decision_number="9/QĐ",
        level="province",
        ground="other",
        withdrawn_on=on,
        basis=BASIS,
    )


def morning(opened: date) -> int:
    """When a day was opened, in invented milliseconds: a thousand to a day."""
    return (opened - FIRST_DAY).days * 1000


def history(*known: tuple[date, Event], last_day: date = date(2030, 12, 31)) -> History:
    """What was told of one product, each fact at noon of the day on which it became known, and every day opened."""
    found = History()
    days = [FIRST_DAY + count * DAY for count in range((last_day - FIRST_DAY).days + 1)]
    _stand(found, DOSSIERS, "day/0", [(morning(one), day(one)) for one in days])
    _stand(found, DOSSIERS, SUBJECT, [(1, filed(FIRST, FIRST_DAY)), (2, assessed(FIRST, FIRST_DAY))])
    _stand(found, PROMOTIONS, SUBJECT, [(morning(on) + 500, event) for on, event in known])
    return found


def _stand(found: History, topic: Topic, subject: str, events: Sequence[tuple[int, Event]]) -> None:
    for number, (recorded_ms, event) in enumerate(events, start=1):
        record = Record(topic.name, 0, number, 0, None, (), b"", {})
        told = Told(record, str(number), event.type_name(), subject, number, recorded_ms, "", event)
        found.events[topic.name, subject][number] = told
    found.spoken_of.setdefault(topic.name, []).append(subject)


ISSUED, LAST = date(2026, 8, 20), date(2029, 8, 20)
ISSUE = (ISSUED, recognised(ONE, ISSUED, LAST))
NOW = date(2030, 12, 31)


def valid(found: History, on: date, known: date = NOW) -> list[tuple[int, date]]:
    return [
        (line.certificate.certificate_id.int, line.certificate.valid_through) for line in register(found, on, known)
    ]


@pytest.mark.parametrize(
    ("on", "expected"),
    [(ISSUED - DAY, []), (ISSUED, [(1, LAST)]), (LAST, [(1, LAST)]), (LAST + DAY, [])],
)
def test_a_certificate_is_valid_from_its_issue_through_its_last_day(on: date, expected: list[object]) -> None:
    assert valid(history(ISSUE, (LAST + DAY, ended(LAST))), on) == expected


def test_an_annulment_known_later_than_the_day_asked_is_seen_only_by_who_knows_of_it() -> None:
    asked, annulled_on = date(2026, 12, 31), date(2027, 1, 5)
    found = history(ISSUE, (annulled_on, annulled(date(2026, 12, 1))))

    assert valid(found, asked, known=annulled_on - DAY) == [(1, LAST)]
    assert valid(found, asked, known=annulled_on) == []


def test_what_became_known_on_a_day_is_known_at_its_end_and_not_before() -> None:
    found = history((ISSUED + 9 * DAY, ISSUE[1]))

    assert valid(found, ISSUED, known=ISSUED + 8 * DAY) == []
    assert valid(found, ISSUED, known=ISSUED + 9 * DAY) == [(1, LAST)]


def test_a_withdrawn_certificate_is_valid_through_the_day_before() -> None:
    found = history(ISSUE, (date(2027, 6, 10), withdrawn(date(2027, 6, 10))))

    assert valid(found, date(2027, 6, 9)) == [(1, date(2027, 6, 9))]
    assert valid(found, date(2027, 6, 10)) == []
    assert valid(found, date(2027, 6, 10), known=date(2027, 6, 9)) == [(1, LAST)]


def test_an_extension_counts_from_when_it_is_known_and_takes_an_end_back() -> None:
    until = date(2030, 2, 16)
    found = history(ISSUE, (LAST + DAY, ended(LAST)), (LAST + 20 * DAY, extended(until)))

    assert valid(found, LAST + 5 * DAY, known=LAST + 19 * DAY) == []
    assert valid(found, LAST + 5 * DAY, known=LAST + 20 * DAY) == [(1, until)]
    assert valid(found, until + DAY) == []


def test_of_two_certificates_the_later_one_counts_and_an_annulment_puts_the_earlier_back() -> None:
    again = date(2027, 3, 8)
    found = history(
        ISSUE,
        (again, recognised(TWO, again, date(2030, 3, 8), 5)),
        (again, ended(again - DAY)),
        (again + 30 * DAY, annulled(again + 30 * DAY, ONE, TWO)),
    )

    assert valid(found, again, known=again + 29 * DAY) == [(2, date(2030, 3, 8))]
    assert valid(found, again - DAY, known=again + 29 * DAY) == [(1, again - DAY)]
    assert valid(found, again, known=again + 30 * DAY) == [(1, LAST)]


def test_another_provinces_register_leaves_it_out_and_the_open_day_is_the_last_one() -> None:
    found = history(ISSUE)

    assert [line.unit for line in register(found, ISSUED, NOW, "66")] == ["66"]
    assert register(found, ISSUED, NOW, "01") == []
    assert open_day(found) == NOW


def test_the_register_is_shown_as_a_table_and_as_json() -> None:
    lines = register(history(ISSUE), ISSUED, NOW)
    screen = Console(file=StringIO(), width=240)

    show(screen, lines, ISSUED, NOW)

    assert isinstance(screen.file, StringIO)
    text = screen.file.getvalue()
    assert "66-24175-1-2026" in text
    assert "20/08/2029" in text
    assert "1 giấy chứng nhận có hiệu lực ngày 20/08/2026, theo những gì biết đến hết ngày 31/12/2030" in text
    assert document(lines, ISSUED, NOW) == {
        "on": ISSUED,
        "known": NOW,
        "certificates": [
            {
                "unit": "66",
                "commune_code": "24175",
                "number": "66-24175-1-2026",
                "product_id": SUBJECT,
                "product": "Cà phê rang xay",
                "certificate_id": str(ONE),
                "stars": 4,
                "decision_number": "1/QĐ",
                "issued_on": ISSUED,
                "valid_through": LAST,
            }
        ],
    }


@pytest.mark.parametrize("text", ["31/12/2025", "2025-02-30", "hôm nay"])
def test_a_day_that_is_none_ends_the_command_with_words(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended_with:
        show_register(on=text)

    assert ended_with.value.exit_code == BAD_INPUT
    assert text in capsys.readouterr().err
