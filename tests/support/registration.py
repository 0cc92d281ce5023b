"""A registration desk for tests: events are said to it one by one, and it remembers what was admitted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

from services.registration.domain.admission import admit
from services.registration.domain.announcements import Announcement
from services.registration.domain.case import Admission, Admitted, Rules, SentBack
from services.registration.domain.days import open_days
from services.registration.domain.facts import (
    ByLaw,
    CommuneAssessed,
    CouncilFormed,
    DossierFiled,
    DossiersScheduled,
    Fact,
    Member,
    Naming,
    ProducerRegistered,
    ProductRegistered,
    ScoreSheetSubmitted,
)
from services.registration.domain.references import missing_keys
from services.registration.domain.register import CALENDAR, Register
from shared.kernel.outcomes import Held, Refused
from shared.rulebooks.loader import load
from shared.rulebooks.units import load_units
from shared.rulebooks.units.former import load_units_by_day

HA_NOI, SON_LA, MINISTRY = "01", "14", "bnnmt"
BA_DINH, NGOC_HA = "00004", "00008"
"""Two communes of Hà Nội."""
RECORDED_MS = 1_781_000_000_000
TODAY = date(2026, 6, 10)

MEMBERS = (
    Member("chu-tich", "chair"),
    Member("uy-vien", "member"),
    Member("chuyen-gia", "expert"),
    Member("thu-ky", "secretary"),
)


@cache
def rules() -> Rules:
    """The acts and units as they are, a scripted calendar, old facts not asked about."""
    units = load_units()
    return Rules(load(), units, scripted=True, units_by_day=load_units_by_day(units))


@cache
def sheet_options() -> dict[str, int]:
    """The first option of every criterion of set 13."""
    criteria_set = rules().criteria_set("qd26-2026", 13)
    assert criteria_set is not None
    return {criterion.code: 1 for criterion in criteria_set.criteria}


def ref(reference: str, unit: str | None = None) -> Naming:
    """A thing named by reference."""
    return Naming(reference=reference, unit=unit)


@dataclass(slots=True)
class Desk:
    """A register with nothing in it but the open day, and the rules it is judged by."""

    rules: Rules = field(default_factory=rules)
    register: Register = field(default_factory=Register)
    said: int = 0

    def open(self, day: date) -> Admission:
        """The calendar stands at `day`."""
        self.register.load(CALENDAR, None)
        outcome = open_days(self.register, day, self.rules.partitions)
        if isinstance(outcome, Admitted):
            self.register.take(outcome.entries)
        return outcome

    def say(self, unit: str, fact: Fact, recorded_ms: int = RECORDED_MS) -> Admission:
        """What becomes of the fact; where it is admitted or sent back, the register holds it."""
        while missing := missing_keys(self.register, [(unit, fact)]):
            for key in missing:
                self.register.load(key, None)
        self.said += 1
        outcome = admit(self.register, unit, fact, recorded_ms, f"event-{self.said}", self.rules)
        if isinstance(outcome, Admitted | SentBack):
            self.register.take(outcome.entries)
        return outcome

    def admitted(self, unit: str, fact: Fact) -> Admitted:
        """The admission of a fact that must be admitted."""
        outcome = self.say(unit, fact)
        assert isinstance(outcome, Admitted), outcome
        return outcome


def desk(today: date | None = TODAY, **changes: object) -> Desk:
    """A desk on the morning of `today`; None: before the first day. `changes` are other rules."""
    made = Desk(rules=replace(rules(), **changes))  # type: ignore[arg-type]  # the names are checked by replace
    if today is not None:
        made.open(today)
    return made


def announced(outcome: Admission) -> list[Announcement]:
    """What was announced, in order."""
    assert isinstance(outcome, Admitted), outcome
    return [published.fact for published in outcome.published]


def code(outcome: Admission) -> tuple[str, str | None]:
    """A refusal's code and field."""
    outcome = outcome.refusal if isinstance(outcome, SentBack) else outcome
    assert isinstance(outcome, Refused), outcome
    return outcome.code, outcome.field


def waits_for(outcome: Admission) -> str:
    """What a held event waits for."""
    assert isinstance(outcome, Held), outcome
    return outcome.waits_for


PRODUCER = ProducerRegistered("CT-1", "HTX Cà phê mẫu", BA_DINH, "htx@mau.example", None)
PRODUCT = ProductRegistered("SP-1", ref("CT-1"), "Cà phê bột mẫu", 13)
DOSSIER = DossierFiled("HS-1", ref("SP-1"), "first", date(2026, 6, 1), None)
ASSESSED = CommuneAssessed(
    dossier=ref("HS-1"),
    received_on=date(2026, 6, 2),
    assessed_on=date(2026, 6, 5),
    local_material=True,
    local_labour=True,
    product_idea=True,
    local_identity=False,
    outcome="evaluation_requested",
    document_number="12/TTr-UBND",
    reason=None,
)
COUNCIL = CouncilFormed("HD-1", "province", date(2026, 5, 25), MEMBERS, ByLaw(3, None, chair_required=True))
SCHEDULED = DossiersScheduled("PH-1", ref("HD-1"), "2026-2", date(2026, 6, 9), (ref("HS-1"),))


def sheet(member_id: str, dossier: str = "HS-1") -> ScoreSheetSubmitted:
    """A sheet of a member for a dossier of session PH-1."""
    return ScoreSheetSubmitted(ref("PH-1"), ref(dossier), member_id, date(2026, 6, 9), sheet_options())


def desk_with(*facts: Fact, unit: str = HA_NOI) -> Desk:
    """A desk that has admitted these facts of one unit."""
    made = desk()
    for fact in facts:
        made.admitted(unit, fact)
    return made
