"""What evaluation has to do at a provincial council: products of set 13, each with seven sheets and a closing.

Sessions sit over `SESSION_PRODUCTS` products: each member hands in the sheets of all of them, then the chair closes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from uuid import UUID

from deploy.season.profiles import PROFILES
from shared.contracts import dossiers, promotions, sheets
from shared.contracts.envelope import Envelope, Header
from shared.contracts.event import Basis, Event
from shared.contracts.scores import Stage
from shared.contracts.topics import DOSSIERS, PROMOTIONS, SHEETS, Topic
from shared.kernel.ids import derived_id
from shared.kernel.partitions import partition_of
from shared.rulebooks.loader import load

SESSION_PRODUCTS = 40
MEMBERS = tuple(f"member-{number}" for number in range(1, 8))
EVENTS_PER_PRODUCT = len(MEMBERS) + 1
REGIME, SET = "qd26-2026", 13
LEVEL = "province"
BEGAN_MS = 1_780_000_000_000
SAT_ON = date(2026, 8, 20)
_PROFILES = tuple(PROFILES.values())


@dataclass(frozen=True, slots=True)
class Line:
    """One record, on the partition its key belongs to."""

    topic: str
    part: int
    key: bytes
    headers: list[Header]
    value: bytes


def prelude(products: int) -> Iterator[Line]:
    """What evaluation knows before the first sheet: dossiers filed, a stage opened for each, councils seated."""
    for number in range(products):
        recorded = BEGAN_MS + number
        yield _line(DOSSIERS, number, 1, _filed(number), recorded)
        yield _line(PROMOTIONS, number, 1, _opened(number), recorded)
        yield _line(DOSSIERS, number, 2, _seated(number), recorded)


def sheet_events(products: int) -> Iterator[Line]:
    """Seven sheets and a closing for each product, session by session."""
    for first in range(0, products, SESSION_PRODUCTS):
        sitting = range(first, min(first + SESSION_PRODUCTS, products))
        for place, member in enumerate(MEMBERS):
            for number in sitting:
                recorded = BEGAN_MS + 10_000_000 + number * 10 + place
                yield _line(SHEETS, number, place + 1, _sheet(number, place, member), recorded)
        for number in sitting:
            recorded = BEGAN_MS + 10_000_000 + number * 10 + len(MEMBERS)
            yield _line(SHEETS, number, EVENTS_PER_PRODUCT, _closed(number), recorded)


def _line(topic: Topic, number: int, sequence: int, event: Event, recorded_ms: int) -> Line:
    subject = str(product_id(number))
    cause = f"68@{topic.name}-{number}-{sequence}"
    envelope = Envelope(
        id=str(derived_id(recorded_ms, cause)),
        source="/services/registration",
        type=event.type_name(),
        subject=subject,
        sequence=sequence,
        recorded_ms=recorded_ms,
        dataschema=event.schema_name(),
        correlation_id=cause,
        causation_id=cause,
    )
    value = event.model_dump_json().encode()
    part = partition_of(subject, topic.partitions)
    return Line(topic.name, part, subject.encode(), envelope.headers(), value)


def product_id(number: int) -> UUID:
    """The product's id, as registration derives one."""
    return derived_id(BEGAN_MS + number, "68", f"SP-{number}")


@cache
def _rulebook() -> str:
    """The version of the rulebook that is in force, which dossiers are pinned to."""
    found = load().by_id(REGIME)
    assert found is not None
    return found.version


def _dossier_id(number: int) -> UUID:
    return derived_id(BEGAN_MS + number, "68", f"HS-{number}")


def _session_id(number: int) -> UUID:
    return derived_id(BEGAN_MS, "68", f"PH-{number // SESSION_PRODUCTS}")


def _filed(number: int) -> Event:
    return dossiers.DossierFiled(
        dossier_id=_dossier_id(number),
        product_id=product_id(number),
        unit="68",
        reference=f"HS-{number}",
        kind="first",
        filed_on=date(2026, 7, 1),
        regime=REGIME,
        rulebook=_rulebook(),
        criteria_set=SET,
        producer_id=derived_id(BEGAN_MS, "68", f"CT-{number // 3}"),
        product_name=f"Cà phê rang xay {number}",
        commune_code="24175",
    )


def _opened(number: int) -> Event:
    return promotions.StageOpened(
        dossier_id=_dossier_id(number),
        stage=Stage(level=LEVEL, attempt=1),
        opened_on=date(2026, 7, 15),
        due_on=None,
        basis=Basis(act="26/2026/QĐ-TTg", rulebook=_rulebook(), articles=("7.3",)),
    )


def _seated(number: int) -> Event:
    seats = [dossiers.SeatedMember(member_id=MEMBERS[0], role="chair")]
    seats += [dossiers.SeatedMember(member_id=member, role="member") for member in MEMBERS[1:]]
    return dossiers.CouncilSeated(
        dossier_id=_dossier_id(number),
        session_id=_session_id(number),
        level=LEVEL,
        round="2026-2",
        meets_on=SAT_ON,
        council_id=derived_id(BEGAN_MS, "68", "HD"),
        members=tuple(seats),
        by_law=dossiers.SeatedByLaw(quorum_members=None, quorum_share="2/3", chair_required=True),
    )


def _sheet(number: int, place: int, member: str) -> Event:
    profile = _PROFILES[number % len(_PROFILES)]
    return sheets.SheetSubmitted(
        dossier_id=_dossier_id(number),
        session_id=_session_id(number),
        member_id=member,
        signed_on=SAT_ON,
        options=profile.sheet(place),
    )


def _closed(number: int) -> Event:
    return sheets.SessionClosed(
        dossier_id=_dossier_id(number),
        session_id=_session_id(number),
        closed_on=SAT_ON,
        present=MEMBERS,
        agreed=None,
        struck_out=None,
    )
