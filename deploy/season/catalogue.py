"""Real provinces and communes, their councils' by-laws, and invented producers and products, labelled as samples."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

COMMUNES_FILE: Final = Path(__file__).parent / "data" / "communes.csv"
SAMPLE: Final = "(dữ liệu mẫu)"
MAIL_DOMAIN: Final = "mau.example"
MINISTRY: Final = "bnnmt"


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune as it stands since 2025-07-01."""

    code: str
    name: str
    province: str

    @property
    def mail(self) -> str:
        """The invented address of its People's Committee."""
        return f"ubnd-{self.code}@{MAIL_DOMAIN}"


@dataclass(frozen=True, slots=True)
class SampleByLaw:
    """The council's own parameters, invented; 5 of 7 and 3/4 are what by-laws of earlier acts said."""

    quorum_members: int | None = None
    quorum_share: str | None = None
    chair_required: bool = True


WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "66": 30,
        "68": 26,
        "52": 20,
        "75": 8,
        "14": 7,
        "44": 6,
        "11": 5,
        "51": 4,
        "86": 4,
        "82": 2,
        "80": 2,
        "79": 2,
        "01": 2,
        "40": 2,
        "91": 1,
        "92": 1,
        "48": 1,
        "56": 1,
    }
)
"""Provinces by their share of coffee and cocoa products: the coffee provinces first, then by their OCOP workload."""

BY_LAWS: Mapping[str, SampleByLaw] = MappingProxyType(
    {
        MINISTRY: SampleByLaw(quorum_members=5),
        "66": SampleByLaw(quorum_members=5),
        "68": SampleByLaw(quorum_share="2/3"),
        "14": SampleByLaw(quorum_share="3/4"),
        "80": SampleByLaw(quorum_share="3/4"),
        "11": SampleByLaw(quorum_members=4, chair_required=False),
        "92": SampleByLaw(quorum_members=5, quorum_share="2/3"),
    }
)
OTHER_BY_LAW: Final = SampleByLaw(quorum_members=5)

COFFEE: Final = (
    "Cà phê bột Robusta",
    "Cà phê bột Arabica",
    "Cà phê hạt rang mộc",
    "Cà phê hạt rang đặc sản",
    "Cà phê hòa tan 3 trong 1",
    "Cà phê sấy lạnh",
    "Cà phê phin giấy",
    "Cà phê mật ong (honey) rang xay",
)
COCOA: Final = ("Bột ca cao nguyên chất", "Sô-cô-la đen 70%", "Ca cao sữa hòa tan", "Hạt ca cao rang", "Bơ ca cao")
COCOA_PROVINCES: Final = frozenset({"66", "75", "79", "86", "82", "92"})
"""Where cocoa is grown too."""

PRODUCER_KINDS: Final = (
    (45, "cooperative", "HTX Cà phê mẫu số"),
    (30, "enterprise", "Công ty TNHH Cà phê mẫu số"),
    (15, "household", "Hộ kinh doanh cà phê mẫu số"),
    (10, "cooperative_group", "Tổ hợp tác cà phê mẫu số"),
)

AGENCIES: Final = (
    "Lãnh đạo UBND cấp tỉnh",
    "Sở Nông nghiệp và Môi trường",
    "Sở Công Thương",
    "Sở Y tế",
    "Sở Khoa học và Công nghệ",
    "Sở Văn hóa, Thể thao và Du lịch",
    "Chuyên gia tư vấn OCOP",
)
CENTRAL_AGENCIES: Final = (
    "Lãnh đạo Bộ Nông nghiệp và Môi trường",
    "Cục Kinh tế hợp tác và Phát triển nông thôn",
    "Bộ Công Thương",
    "Bộ Y tế",
    "Bộ Khoa học và Công nghệ",
    "Bộ Văn hóa, Thể thao và Du lịch",
    "Chuyên gia tư vấn OCOP",
)


def communes_by_province() -> dict[str, tuple[Commune, ...]]:
    """The communes of the season by province code, in the order of the data file."""
    found: dict[str, tuple[Commune, ...]] = {}
    with COMMUNES_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            commune = Commune(row["commune_code"], row["commune_name"], row["province_code"])
            found[commune.province] = (*found.get(commune.province, ()), commune)
    return found


def by_law(unit: str) -> SampleByLaw:
    """The by-law of a unit's council."""
    return BY_LAWS.get(unit, OTHER_BY_LAW)


def province_mail(unit: str) -> str:
    """The invented address of the province's office for OCOP."""
    return f"ocop-{unit}@{MAIL_DOMAIN}"


def producer_mail(number: int) -> str:
    """The invented address of the producer with this number."""
    return f"chu-the-{number:03d}@{MAIL_DOMAIN}"


def product_kinds(unit: str) -> tuple[str, ...]:
    """The kinds of coffee, and of cocoa where it is grown, that a province's producers make."""
    return (*COFFEE, *COCOA) if unit in COCOA_PROVINCES else COFFEE
