"""A small season of several years: five products of one commune, and every way of a certificate (4.3, 7.6, 8, 12.3).

Played chapter by chapter, each a day or the facts of one; between two, whoever plays waits until nothing moves. Years
pass from one to the next: what was held before such a day would have been given up on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from deploy.season import facts
from deploy.season.catalogue import MINISTRY, SAMPLE, communes_by_province, producer_mail
from deploy.season.facts import Data
from deploy.season.lines import SeasonLine
from deploy.season.profiles import PROFILES

UNIT: Final = "66"
MEMBERS_PRESENT: Final = (1, 2, 3, 4, 5, 6, 7)
IN_TIME, LATE, NOT_RENEWED, WITHDRAWN, ANNULLED = "in-time", "late", "not-renewed", "withdrawn", "annulled"
PRODUCTS: Final = (IN_TIME, LATE, NOT_RENEWED, WITHDRAWN, ANNULLED)
_HOUR: Final = "T09:00:00+07:00"
_PROFILE: Final = "four_75"
Kind = Literal["recognise", "end_without_certificate"]


@dataclass
class _Writer:
    """The lines so far, each event under the next id of its unit."""

    lines: list[SeasonLine] = field(default_factory=list)
    chapters: list[tuple[SeasonLine, ...]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    decisions: int = 0

    def say(self, unit: str, kind: str, subject: str, day: date, data: Data) -> None:
        """One event more, sent on a day."""
        number = self.numbers[unit] = self.numbers.get(unit, 0) + 1
        event = {
            "specversion": "1.0",
            "id": f"certificates-{unit}-{number:06d}",
            "source": f"/units/{unit}",
            "type": f"vn.ocop.intake.{kind}.v1",
            "subject": subject,
            "time": day.isoformat() + _HOUR,
            "datacontenttype": "application/json",
            "dataschema": f"urn:ocop:schema:intake.{kind}.v1",
            "data": data,
        }
        self.lines.append(SeasonLine(unit, event))

    def open(self, day: date) -> date:
        """The day is open, and every one missed before it: a chapter of its own."""
        self.end_chapter()
        self.say(MINISTRY, "DayStarted", day.isoformat(), day, facts.day_started(day))
        self.end_chapter()
        return day

    def file(self, product: str, kind: str, day: date) -> None:
        """The product has a dossier of this kind, and the commune asks for its evaluation."""
        reference = dossier(product, kind)
        filed: Data = {"reference": reference, "product": _named(product), "kind": kind, "filed_on": day.isoformat()}
        self.say(UNIT, "DossierFiled", reference, day, filed)
        assessed = facts.assessment(reference, day, day, returned=False)
        self.say(UNIT, "CommuneAssessed", reference, day, assessed)

    def sit(self, session: str, dossiers: tuple[str, ...], day: date, stars: int, kind: Kind = "recognise") -> None:
        """The council sat over these dossiers, all members chose alike, and the province decided."""
        named: list[Data] = [{"reference": one} for one in dossiers]
        profile = PROFILES[_PROFILE if stars == 4 else "two_42"]
        on = day.isoformat()
        council = {"reference": facts.council_reference(UNIT)}
        scheduled: Data = {"session": session, "council": council, "round": "rieng", "meets_on": on, "dossiers": named}
        self.say(UNIT, "DossiersScheduled", session, day, scheduled)
        members = [facts.member_id(UNIT, number) for number in MEMBERS_PRESENT]
        for one in dossiers:
            for member in members:
                sheet: Data = {"session": {"reference": session}, "dossier": {"reference": one}, "member_id": member}
                sheet |= {"signed_on": on, "options": profile.options()}
                self.say(UNIT, "ScoreSheetSubmitted", one, day, sheet)
        closed: Data = {"session": {"reference": session}, "closed_on": on, "present": members}
        self.say(UNIT, "SessionClosed", session, day, closed)
        self.decisions += 1
        results: list[Data] = [{"dossier": each, "stars": stars} for each in named]
        self.say(UNIT, "DecisionApproved", session, day, facts.decision(UNIT, kind, self.decisions, day, results))

    def withdraw(self, unit: str, product: str, number: str, day: date) -> None:
        """The authority of a unit decides to withdraw the product's certificate."""
        named = _named(product) if unit == UNIT else {**_named(product), "unit": UNIT}
        decided: Data = {"product": named, "ground": "law_breached", "number": number}
        decided |= {
            "withdrawn_on": day.isoformat(),
            "signatory": "Người ký mẫu",
            "document_sha256": facts.digest(number),
        }
        self.say(unit, "CertificateWithdrawn", product, day, decided)

    def end_chapter(self) -> None:
        """What was said since the last chapter is one."""
        if self.lines:
            self.chapters.append(tuple(self.lines))
            self.lines = []


def chapters() -> Sequence[Sequence[SeasonLine]]:
    """The lines of each chapter, in play order: the certificates, a withdrawal, the renewals, and how they end."""
    writer = _Writer()
    for write in (_issued, _withdrawn, _annulled, _in_time, _late, _ended, _over):
        write(writer)
    return writer.chapters


def dossier(product: str, kind: str) -> str:
    """The reference of a product's dossier."""
    return f"HS-{product}-{kind}"


def _issued(writer: _Writer) -> None:
    """Five certificates of four stars of 2026-08-20, valid through 2029-08-20."""
    day = writer.open(date(2026, 7, 20))
    commune = communes_by_province()[UNIT][0]
    writer.say(UNIT, "OfficeRegistered", commune.code, day, facts.office(commune))
    writer.say(UNIT, "CouncilFormed", facts.council_reference(UNIT), day, facts.council(UNIT, day))
    for number, product in enumerate(PRODUCTS, start=1):
        registered: Data = {
            "reference": f"CT-{product}",
            "name": f"Hợp tác xã {number} {SAMPLE}",
            "kind": "cooperative",
        }
        registered |= {"commune_code": commune.code, "contact": {"email": producer_mail(900 + number)}}
        writer.say(UNIT, "ProducerRegistered", product, day, registered)
        made: Data = {"reference": product, "producer": {"reference": f"CT-{product}"}, "criteria_set": 13}
        writer.say(UNIT, "ProductRegistered", product, day, {**made, "name": f"Cà phê bột {number} {SAMPLE}"})
        writer.file(product, "first", day)
    day = writer.open(date(2026, 8, 20))
    writer.sit("PH-2026", tuple(dossier(product, "first") for product in PRODUCTS), day, 4)


def _withdrawn(writer: _Writer) -> None:
    """A breach is concluded, the ministry has no word on four stars, the province withdraws when its days are over."""
    day = writer.open(date(2027, 6, 1))
    found: Data = {"product": _named(WITHDRAWN), "agency": f"Sở Nông nghiệp và Môi trường {SAMPLE}"}
    found |= {"inspected_on": day.isoformat(), "concluded_on": day.isoformat(), "document_number": "88/KL (mẫu)"}
    writer.say(UNIT, "InspectionConcluded", WITHDRAWN, day, {**found, "ground": "law_breached"})
    day = writer.open(date(2027, 6, 17))
    writer.withdraw(MINISTRY, WITHDRAWN, "1/QĐ-BNNMT (mẫu)", day)
    writer.withdraw(UNIT, WITHDRAWN, "2/QĐ-UBND (mẫu)", writer.open(day + timedelta(days=1)))


def _annulled(writer: _Writer) -> None:
    """The recognition of one product is annulled, a year after."""
    day = writer.open(date(2027, 7, 1))
    data: Data = {"decision_number": f"{UNIT}-0001/QĐ-UBND", "annulled_on": day.isoformat()}
    data |= {"document_number": "3/QĐ-HUY (mẫu)", "reason": "Quyết định ghi sai căn cứ"}
    named = [{"reference": dossier(ANNULLED, "first")}]
    writer.say(UNIT, "DecisionAnnulled", ANNULLED, day, {**data, "dossiers": named})


def _in_time(writer: _Writer) -> None:
    """One renewal a day too early, then in time, and recognised again before the end."""
    too_early = writer.open(date(2029, 2, 20))
    filed: Data = {"reference": "HS-som", "product": _named(IN_TIME), "kind": "renewal"}
    writer.say(UNIT, "DossierFiled", IN_TIME, too_early, {**filed, "filed_on": too_early.isoformat()})
    writer.file(IN_TIME, "renewal", writer.open(too_early + timedelta(days=1)))
    writer.sit("PH-2029-1", (dossier(IN_TIME, "renewal"),), writer.open(date(2029, 3, 20)), 4)


def _late(writer: _Writer) -> None:
    """Two renewals a day after the last in time; both undecided when the certificates' months are over."""
    writer.open(date(2029, 4, 22))
    day = writer.open(date(2029, 4, 23))
    writer.file(LATE, "renewal", day)
    writer.file(NOT_RENEWED, "renewal", day)
    writer.open(date(2029, 8, 21))


def _ended(writer: _Writer) -> None:
    """One of the two is recognised again, the other is not."""
    writer.sit("PH-2029-2", (dossier(LATE, "renewal"),), writer.open(date(2029, 10, 1)), 4)
    day = writer.open(date(2029, 10, 2))
    writer.sit("PH-2029-3", (dossier(NOT_RENEWED, "renewal"),), day, 2, "end_without_certificate")


def _over(writer: _Writer) -> None:
    """Nothing more is told of what is over."""
    writer.open(date(2030, 3, 1))


def _named(product: str) -> Data:
    return {"reference": product}
