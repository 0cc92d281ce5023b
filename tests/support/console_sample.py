"""Sample products for the console's pages: invented names, each at another point of its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from services.console.domain.story import State
from services.console.handlers import decide
from services.console.store import STATE, project
from shared.contracts import dossiers, notices, promotions, receipts, scores
from shared.contracts.envelope import Envelope
from shared.contracts.event import Basis, Event, Exact
from shared.contracts.scores import Stage
from shared.kernel.clock import from_ms
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import Applied
from shared.messaging.pipeline import Change

ACT = "26/2026/QĐ-TTg"
COMMUNE = Stage(level="commune", attempt=1)
PROVINCE = Stage(level="province", attempt=1)
ROUND = promotions.Round(number=2, requests_until=date(2026, 10, 29), ends_on=date(2026, 12, 29), article="5.1")
CENTRAL = Stage(level="central", attempt=1)
FILED = date(2026, 6, 2)
WAYS = (
    "filed",
    "returned",
    "voided",
    "seated",
    "scored",
    "held",
    "three",
    "four",
    "ended",
    "forwarded",
    "task",
    "five",
)


def basis(*articles: str) -> Basis:
    return Basis(act=ACT, rulebook="qd26-2026", articles=articles)


@dataclass
class Told:
    """One product's events as every topic told them, each numbered."""

    number: int
    name: str
    unit: str
    recorded_ms: int
    state: State = field(default_factory=State)
    counts: dict[str, int] = field(default_factory=dict)

    def id(self, name: str) -> UUID:
        return derived_id(1_780_000_000_000, str(self.number), name)

    @property
    def subject(self) -> str:
        return str(self.id("product"))

    def tell(self, event: Event) -> None:
        sequence = self.counts[event.family] = self.counts.get(event.family, 0) + 1
        self.recorded_ms += 1_000
        envelope = Envelope(
            f"{self.number}/{event.family}/{sequence}", "", "", self.subject, sequence, self.recorded_ms
        )
        outcome = decide(self.state, event, envelope)
        assert isinstance(outcome, Applied)
        self.state = outcome.state


def sample(number: int, name: str, unit: str, way: str, recorded_ms: int) -> Told:
    """The product `number` after it has gone as far as `way` says."""
    told = Told(number, name, unit, recorded_ms)
    for event in _events(told, way):
        told.tell(event)
    return told


def _events(told: Told, way: str) -> Iterator[Event]:
    yield from _filed(told)
    if way == "filed":
        return
    yield from _assessed(told, "returned" if way == "returned" else "evaluation_requested")
    if way == "returned":
        yield promotions.DossierReturned(
            dossier_id=told.id("dossier"), returned_on=day(9), reason="Thiếu phiếu kiểm nghiệm", basis=basis("7.2")
        )
        yield from _noticed(told, "returned", day(9))
        return
    yield promotions.StageOpened(
        dossier_id=told.id("dossier"),
        stage=PROVINCE,
        opened_on=day(10),
        due_on=ROUND.ends_on,
        basis=basis("5.1"),
        round=ROUND,
    )
    yield _seated(told, "session-1", "province", day(18))
    if way == "voided":
        yield scores.SessionVoided(
            dossier_id=told.id("dossier"),
            stage=PROVINCE,
            session_id=told.id("session-1"),
            closed_on=day(18),
            cause="quorum_missed",
            present=4,
            needed=6,
            basis=basis("7.3.b"),
        )
    if way in {"voided", "seated"}:
        return
    yield from _province_result(told, way)


def _province_result(told: Told, way: str) -> Iterator[Event]:
    stars, total = {"three": (3, 63), "held": (3, 64), "ended": (2, 41), "four": (4, 84)}.get(way, (5, 93))
    yield scored(told, PROVINCE, "session-1", stars, total, day(18))
    match way:
        case "scored":
            return
        case "held":
            yield _decision(told, "recognise", 4, day(24))
            yield promotions.DecisionHeld(
                dossier_id=told.id("dossier"),
                decision_id=told.id("decision-recognise"),
                decision_number="1249/QĐ-UBND",
                unit=told.unit,
                contradiction="stars_differ",
                decided_stars=4,
                computed_stars=3,
                basis=basis("4.1.a"),
            )
        case "three" | "four":
            yield _decision(told, "recognise", stars, day(24))
            yield _recognised(told, "province", stars, day(24))
            yield from _noticed(told, "recognised", day(24))
        case "ended":
            yield promotions.DossierEnded(
                dossier_id=told.id("dossier"),
                level="province",
                stars=2,
                decision_number="310/TB-UBND",
                decided_on=day(24),
                basis=basis("4.1.a"),
            )
            yield from _noticed(told, "ended", day(24))
        case _:
            yield from _centre(told, way)


def _centre(told: Told, way: str) -> Iterator[Event]:
    yield promotions.ProductEligible(
        dossier_id=told.id("dossier"),
        level="central",
        total=Exact(numerator=93, denominator=1),
        stars=5,
        basis=basis("7.3.e"),
    )
    yield _decision(told, "approve_for_central", 5, day(24))
    yield promotions.DossierForwarded(
        dossier_id=told.id("dossier"),
        from_level="province",
        to_level="central",
        requested_on=day(30),
        decision_number="1251/QĐ-UBND",
        basis=basis("6.3", "7.3.e"),
    )
    yield from _noticed(told, "forwarded", day(30))
    if way == "forwarded":
        return
    yield promotions.StageOpened(
        dossier_id=told.id("dossier"), stage=CENTRAL, opened_on=day(30), due_on=None, basis=basis("5.2")
    )
    yield _seated(told, "session-2", "central", day(90))
    if way == "task":
        yield scored(told, CENTRAL, "session-2", 4, 88, day(90))
        yield promotions.TaskOpened(
            dossier_id=told.id("dossier"),
            task="decide_on_central_result",
            unit=told.unit,
            opened_on=day(90),
            total=Exact(numerator=88, denominator=1),
            stars=4,
            basis=basis("7.4.g"),
        )
        return
    yield scored(told, CENTRAL, "session-2", 5, 92, day(90))
    yield _recognised(told, "central", 5, day(100))
    yield from _noticed(told, "recognised", day(100))


def day(after: int) -> date:
    return FILED + timedelta(days=after)


def _filed(told: Told) -> Iterator[Event]:
    yield dossiers.ProductRegistered(
        product_id=told.id("product"),
        unit=told.unit,
        reference=f"SP-{told.number}",
        producer_id=told.id("producer"),
        name=told.name,
        criteria_set=13,
        commune_code="24958",
    )
    yield dossiers.DossierFiled(
        dossier_id=told.id("dossier"),
        product_id=told.id("product"),
        unit=told.unit,
        reference=f"HS-{told.number}",
        kind="first",
        filed_on=FILED,
        regime="qd26-2026",
        rulebook="qd26-2026",
        criteria_set=13,
        producer_id=told.id("producer"),
        product_name=told.name,
        commune_code="24958",
    )
    yield promotions.StageOpened(
        dossier_id=told.id("dossier"), stage=COMMUNE, opened_on=FILED, due_on=day(21), basis=basis("7.2")
    )


def _assessed(told: Told, outcome: str) -> Iterator[Event]:
    returned = outcome == "returned"
    yield dossiers.CommuneAssessed(
        dossier_id=told.id("dossier"),
        received_on=FILED,
        assessed_on=day(9),
        local_material=True,
        local_labour=True,
        product_idea=not returned,
        local_identity=True,
        outcome="returned" if returned else "evaluation_requested",
        document_number="15/BC-UBND",
        reason="Thiếu phiếu kiểm nghiệm" if returned else None,
        number=None if returned else f"{told.unit}-13-{told.number:03d}-2026",
    )


def _seated(told: Told, session: str, level: str, meets_on: date) -> dossiers.CouncilSeated:
    return dossiers.CouncilSeated(
        dossier_id=told.id("dossier"),
        session_id=told.id(session),
        level=level,
        round="2026-1",
        meets_on=meets_on,
        council_id=told.id("council"),
        members=(),
        by_law=dossiers.SeatedByLaw(quorum_members=6, quorum_share=None, chair_required=True),
    )


def scored(told: Told, stage: Stage, session: str, stars: int, total: int, on: date) -> scores.ProductScored:
    return scores.ProductScored(
        dossier_id=told.id("dossier"),
        stage=stage,
        session_id=told.id(session),
        closed_on=on,
        total=Exact(numerator=total * 3 + 1, denominator=3),
        parts=(),
        band=stars,
        stars=stars,
        missed=(),
        sheets=7,
        struck_out=None,
        basis=basis("3.3"),
    )


def _decision(told: Told, kind: str, stars: int, on: date) -> dossiers.DecisionApproved:
    return dossiers.DecisionApproved(
        dossier_id=told.id("dossier"),
        decision_id=told.id(f"decision-{kind}"),
        unit=told.unit,
        level="province",
        kind="recognise" if kind == "recognise" else "approve_for_central",
        stars=stars,
        number="1250/QĐ-UBND",
        decided_on=on,
        signatory="Chủ tịch",
        document_sha256="0" * 64,
    )


def _recognised(told: Told, level: str, stars: int, on: date) -> promotions.ProductRecognised:
    return promotions.ProductRecognised(
        dossier_id=told.id("dossier"),
        level=level,
        stars=stars,
        decision_id=told.id("decision-recognise"),
        decision_number="88/QĐ-BNNMT" if level == "central" else "1250/QĐ-UBND",
        decided_on=on,
        certificate_id=told.id("certificate"),
        expires_on=on.replace(year=on.year + 3),
        basis=basis("4.1.b" if level == "central" else "4.1.a", "4.3"),
    )


def _noticed(told: Told, kind: str, on: date) -> Iterator[Event]:
    for recipient in (str(told.id("producer")), "commune-24958"):
        notice_id = told.id(f"notice-{kind}-{recipient}")
        yield notices.NoticeWritten.model_validate(
            {
                "notice_id": notice_id,
                "dossier_id": told.id("dossier"),
                "recipient_id": recipient,
                "kind": kind,
                "about": told.id(kind),
                "fact_on": on,
            }
        )
        yield notices.NoticeSent(
            notice_id=notice_id,
            recipient_id=recipient,
            channel="mail",
            message_id=f"<{notice_id}@thong-bao.example>",
            attempts=1,
            sent_at=from_ms(told.recorded_ms),
        )


def dead_letter(number: int, recorded_ms: int) -> tuple[str, State]:
    """A record that registration could not read."""
    letter_id = derived_id(1_780_000_000_000, "letter", str(number))
    event = receipts.DeadLetterRecorded(
        dead_letter_id=letter_id,
        service="registration",
        topic="ocop.intake.68.v1",
        partition=0,
        offset=number,
        about=None,
        reason="body-unreadable",
        sha256="0" * 64,
        size_bytes=17,
    )
    outcome = decide(State(), event, Envelope(str(letter_id), "", "", str(letter_id), 1, recorded_ms))
    assert isinstance(outcome, Applied)
    return str(letter_id), outcome.state


async def save(pool: asyncpg.Pool, states: dict[str, State]) -> None:
    """The pages' tables, and the core's, hold these subjects, as after one batch."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.executemany(
            "INSERT INTO subject (subject, part, version, positions, published, state) "
            "VALUES ($1, 0, 1, '{}', 0, $2::json) "
            "ON CONFLICT (subject) DO UPDATE SET state = excluded.state",
            [(subject, STATE.dump_json(state).decode()) for subject, state in states.items()],
        )
        await project(conn, [Change(subject, 0, None, state, ()) for subject, state in states.items()])


NAMES = (
    "Cà phê rang xay Mẫu",
    "Sô-cô-la ca cao Mẫu",
    "Cà phê hòa tan Mẫu",
    "Bột ca cao Mẫu",
    "Cà phê đặc sản Mẫu",
    "Cà phê phin giấy Mẫu",
)
UNITS = ("66", "68", "52", "14", "44", "51", "75", "91", "01", "40")


def season(products: int, recorded_ms: int) -> list[Told]:
    """`products` sample products over ten provinces and every way there is."""
    return [
        sample(
            number,
            f"{NAMES[number % len(NAMES)]} {number}",
            UNITS[(number * 7 + number // 9) % len(UNITS)],
            WAYS[(number * 5 + number // 12) % len(WAYS)],
            recorded_ms + number * 1_000,
        )
        for number in range(1, products + 1)
    ]
