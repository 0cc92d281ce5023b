"""Who files what in which district and when, and which councils sit over it, level by level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from deploy.season.catalogue import MINISTRY, SAMPLE
from deploy.season.hanoi.cases import LADDER_2018, LADDER_2019, MORE_OF_2019, MORE_OF_2020, Case, Level
from deploy.season.hanoi.districts import UNIT, District, districts, of_2019, shares
from deploy.season.hanoi.profiles import CLOTH, CRAFTS, HERBS
from deploy.season.plan import SESSION_DOSSIERS_MAX, Producer, working_day

DOSSIERS_MIN: Final = 30
_ANOTHER_PRODUCT_PERCENT: Final = 50
_SCHEDULED_BEFORE: Final = timedelta(days=7)
_DECIDED_AFTER: Final = timedelta(days=8)
_DISTRICT_DAYS: Final = 10
_PRODUCER_KINDS: Final = (
    ("cooperative", "HTX mẫu số"),
    ("enterprise", "Công ty TNHH mẫu số"),
    ("household", "Hộ sản xuất mẫu số"),
)
_PRODUCTS: Final = (
    (CLOTH, ("Khăn lụa", "Áo dài thêu", "Túi vải thêu")),
    (HERBS, ("Trà thảo mộc", "Bột nghệ", "Cao gừng")),
    (CRAFTS, ("Bình gốm", "Tranh sơn mài", "Giỏ mây tre đan")),
)


@dataclass(frozen=True, slots=True)
class Year:
    """The days of one year's evaluation; districts sit in the ten working days from `districts_sit`."""

    year: int
    filing: date
    filing_days: int
    councils_formed: date
    districts_sit: date
    to_province: date
    province_sits: date
    to_centre: date
    centre_sits: date
    handed_back: date


YEAR_2019: Final = Year(
    2019,
    filing=date(2019, 8, 5),
    filing_days=12,
    councils_formed=date(2019, 8, 26),
    districts_sit=date(2019, 9, 9),
    to_province=date(2019, 10, 1),
    province_sits=date(2019, 10, 10),
    to_centre=date(2019, 10, 21),
    centre_sits=date(2019, 11, 5),
    handed_back=date(2019, 11, 25),
)
YEAR_2020: Final = Year(
    2020,
    filing=date(2020, 3, 2),
    filing_days=90,
    councils_formed=date(2020, 6, 8),
    districts_sit=date(2020, 6, 15),
    to_province=date(2020, 7, 8),
    province_sits=date(2020, 7, 16),
    to_centre=date(2020, 7, 27),
    centre_sits=date(2020, 8, 11),
    handed_back=date(2020, 8, 31),
)
YEARS: Final = (YEAR_2019, YEAR_2020)


@dataclass(frozen=True, slots=True)
class Filing:
    """One product of a district, its dossier, and what will become of it."""

    number: int
    case: Case
    year: Year
    district: District
    producer: Producer
    opens_producer: bool
    criteria_set: int
    product_name: str
    filed_on: date

    @property
    def product(self) -> str:
        """The province's reference of the product."""
        return f"SP-{self.number:05d}"

    @property
    def dossier(self) -> str:
        """The province's reference of the dossier."""
        return f"HS-{self.number:05d}"


@dataclass(frozen=True, slots=True)
class Sitting:
    """One council over dossiers of one year; `seat` names the council: of a district, of Hà Nội, of the ministry."""

    level: Level
    seat: str
    year: Year
    part: int
    meets_on: date
    filings: tuple[Filing, ...]

    @property
    def unit(self) -> str:
        """Whose system sends for it."""
        return MINISTRY if self.level == "central" else UNIT

    @property
    def reference(self) -> str:
        """The sender's name of the session."""
        return f"PH-{self.seat}-{self.year.year}-{self.part}"

    @property
    def scheduled_on(self) -> date:
        """When it is called."""
        return self.meets_on - _SCHEDULED_BEFORE

    @property
    def decided_on(self) -> date:
        """When its authority decides."""
        return working_day(self.meets_on + _DECIDED_AFTER)


@dataclass(frozen=True, slots=True)
class Plan:
    """All filings by number, and all sittings from the districts' upwards."""

    seed: int
    filings: tuple[Filing, ...]
    sittings: tuple[Sitting, ...]

    @property
    def of_2020(self) -> int:
        """How many products are of 2020."""
        return sum(filing.year is YEAR_2020 for filing in self.filings)


def make_plan(dossiers: int, seed: int) -> Plan:
    """The plan of a season of that many products; the same numbers make the same plan."""
    if dossiers < DOSSIERS_MIN:
        raise ValueError(
            f"Mùa mẫu 2020 cần ít nhất {DOSSIERS_MIN} hồ sơ để có đủ các trường hợp. / "
            f"The season of 2020 needs at least {DOSSIERS_MIN} dossiers to hold every case."
        )
    random = Random(seed)  # noqa: S311 - a sample that must come out the same again, no secret
    filings = tuple(_filings(dossiers, random))
    return Plan(seed, filings, tuple(_sittings(filings)))


def _filings(dossiers: int, random: Random) -> Iterator[Filing]:
    first = max(of_2019(dossiers), len(LADDER_2018))
    all_districts = districts()
    homes_2019 = [all_districts[place % len(all_districts)] for place in range(first)]
    homes_2020 = [district for district, count in shares(dossiers - first) for _ in range(count)]
    random.shuffle(homes_2020)
    known: dict[str, Filing] = {}
    for number, (year, home) in enumerate(
        [(YEAR_2019, home) for home in homes_2019] + [(YEAR_2020, home) for home in homes_2020], start=1
    ):
        case = _case(number, first, random)
        filing = _filing(number, case, year, home, known.get(home.code), random)
        known[home.code] = filing
        yield filing


def _case(number: int, first: int, random: Random) -> Case:
    """Every case of a year once, the rest drawn."""
    place, once, more = (
        (number, LADDER_2018, MORE_OF_2019)
        if number <= first
        else (
            number - first,
            LADDER_2019,
            MORE_OF_2020,
        )
    )
    if place <= len(once):
        return once[place - 1]
    return random.choices([case for _, case in more], [weight for weight, _ in more])[0]


def _filing(number: int, case: Case, year: Year, home: District, known: Filing | None, random: Random) -> Filing:
    kind, name = random.choice(_PRODUCER_KINDS)
    producer = Producer(number, kind, f"{name} {number:03d} {SAMPLE}", home.commune)
    criteria_set, names = random.choice(_PRODUCTS)
    drawn = working_day(year.filing + timedelta(days=random.randrange(year.filing_days)))
    again = random.randrange(100) < _ANOTHER_PRODUCT_PERCENT
    owner = known.producer if again and known is not None and known.year is not year else producer
    return Filing(
        number,
        case,
        year,
        home,
        owner,
        owner is producer,
        criteria_set,
        f"{random.choice(names)} mẫu {number:03d} {SAMPLE}",
        case.filed_on or drawn,
    )


def _sittings(filings: Sequence[Filing]) -> Iterator[Sitting]:
    for year in YEARS:
        of_year = [filing for filing in filings if filing.year is year]
        homes = sorted({filing.district.code for filing in of_year})
        for place, code in enumerate(homes):
            weeks, day = divmod(place % _DISTRICT_DAYS, 5)
            own = [filing for filing in of_year if filing.district.code == code]
            meets_on = year.districts_sit + timedelta(days=7 * weeks + day)
            yield from _at("district", f"{UNIT}-{code}", year, meets_on, own)
        yield from _at("province", UNIT, year, year.province_sits, of_year)
        yield from _at("central", MINISTRY, year, year.centre_sits, of_year)


def _at(level: Level, seat: str, year: Year, meets_on: date, filings: Sequence[Filing]) -> Iterator[Sitting]:
    come = [filing for filing in filings if filing.case.rung(level) is not None]
    for part, start in enumerate(range(0, len(come), SESSION_DOSSIERS_MAX), start=1):
        yield Sitting(level, seat, year, part, meets_on, tuple(come[start : start + SESSION_DOSSIERS_MAX]))
