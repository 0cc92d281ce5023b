"""The data of each intake event that Hà Nội and the ministry send in this season: plain JSON objects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from deploy.season.facts import MEMBERS, Data, digest
from deploy.season.hanoi.cases import Kind, Level
from deploy.season.hanoi.plan import Filing, Sitting

QUORUM: Final = 5
_TITLES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "recognise": "QĐ-CN",
        "approve_for_province": "QĐ-PD-H",
        "approve_for_central": "QĐ-PD-T",
        "end_without_certificate": "TB",
    }
)
_AGENCIES: Final[Mapping[Level, tuple[str, ...]]] = MappingProxyType(
    {
        "district": (
            "Lãnh đạo UBND cấp huyện",
            "Phòng Kinh tế",
            "Phòng Y tế",
            "Phòng Văn hóa và Thông tin",
            "Phòng Tài nguyên và Môi trường",
            "Phòng Tài chính - Kế hoạch",
            "Chuyên gia tư vấn OCOP",
        ),
        "province": (
            "Lãnh đạo UBND thành phố",
            "Sở Nông nghiệp và Phát triển nông thôn",
            "Sở Công Thương",
            "Sở Y tế",
            "Sở Khoa học và Công nghệ",
            "Sở Văn hóa và Thể thao",
            "Chuyên gia tư vấn OCOP",
        ),
        "central": (
            "Lãnh đạo Bộ Nông nghiệp và Phát triển nông thôn",
            "Văn phòng điều phối trung ương",
            "Bộ Công Thương",
            "Bộ Y tế",
            "Bộ Khoa học và Công nghệ",
            "Bộ Văn hóa, Thể thao và Du lịch",
            "Chuyên gia tư vấn OCOP",
        ),
    }
)


def product(filing: Filing) -> Data:
    """The product, of one of the sets of 781/2020."""
    return {
        "reference": filing.product,
        "producer": {"reference": filing.producer.reference},
        "name": filing.product_name,
        "criteria_set": filing.criteria_set,
    }


def dossier(filing: Filing, own: Mapping[str, int] | None) -> Data:
    """The dossier with the producer's own assessment and the hash of its papers."""
    paper = "Phiếu đăng ký ý tưởng sản phẩm (mẫu)"
    return {
        "reference": filing.dossier,
        "product": {"reference": filing.product},
        "kind": "first",
        "filed_on": filing.filed_on.isoformat(),
        **({"self_assessment": dict(own)} if own else {}),
        "documents": [{"name": paper, "sha256": digest(f"{filing.dossier} {paper}")}],
    }


def withdrawal(filing: Filing, withdrawn_on: date) -> Data:
    """The producer takes its dossier back."""
    return {
        "dossier": {"reference": filing.dossier},
        "withdrawn_on": withdrawn_on.isoformat(),
        "reason": "Chủ thể đề nghị rút hồ sơ",
    }


def council(sitting: Sitting) -> Data:
    """Seven members who score, of whom five must be present, the chair among them."""
    roles = ("chair", *("member",) * (MEMBERS - 2), "expert")
    seats = zip(roles, _AGENCIES[sitting.level], strict=True)
    return {
        "reference": council_reference(sitting),
        "level": sitting.level,
        "decision_number": f"{sitting.seat}-{sitting.year.year}/QĐ-HĐOCOP",
        "decided_on": sitting.year.councils_formed.isoformat(),
        "members": [
            {"member_id": member_id(sitting, number), "name": f"Thành viên mẫu {sitting.seat}-{number}"}
            | {"agency": agency, "role": role}
            for number, (role, agency) in enumerate(seats, start=1)
        ],
        "by_law": {"quorum_members": QUORUM, "chair_required": True},
    }


def schedule(sitting: Sitting) -> Data:
    """The dossiers that the council will sit over."""
    return {
        "session": sitting.reference,
        "council": {"reference": council_reference(sitting)},
        "round": f"{sitting.level}-{sitting.year.year}",
        "meets_on": sitting.meets_on.isoformat(),
        "dossiers": [naming(sitting, filing) for filing in sitting.filings],
    }


def sheet(sitting: Sitting, filing: Filing, member: int, options: Mapping[str, int]) -> Data:
    """One member's options for one dossier."""
    return {
        "session": {"reference": sitting.reference},
        "dossier": naming(sitting, filing),
        "member_id": member_id(sitting, member),
        "signed_on": sitting.meets_on.isoformat(),
        "options": dict(options),
    }


def closing(sitting: Sitting) -> Data:
    """All members were present."""
    return {
        "session": {"reference": sitting.reference},
        "closed_on": sitting.meets_on.isoformat(),
        "present": [member_id(sitting, number) for number in range(1, MEMBERS + 1)],
    }


def decision(sitting: Sitting, kind: Kind, decided_on: date, results: list[Data]) -> Data:
    """What the authority of the sitting's level decides on some of its results."""
    title = f"{sitting.reference}/{_TITLES[kind]}"
    return {
        "kind": kind,
        "number": title,
        "decided_on": decided_on.isoformat(),
        "signatory": "Người ký mẫu",
        "document_sha256": digest(title),
        "results": results,
        "level": sitting.level,
    }


def handing_back(filing: Filing, stars: int) -> Data:
    """The province decides on what the centre handed back to it."""
    title = f"{filing.dossier}/QĐ-UBND"
    return {
        "kind": "recognise",
        "number": title,
        "decided_on": filing.year.handed_back.isoformat(),
        "signatory": "Người ký mẫu",
        "document_sha256": digest(title),
        "results": [{"dossier": {"reference": filing.dossier}, "stars": stars}],
        "level": "province",
    }


def request(filing: Filing, requested_on: date) -> Data:
    """The dossier is sent up to the council above."""
    return {
        "dossier": {"reference": filing.dossier},
        "requested_on": requested_on.isoformat(),
        "document_number": f"{filing.dossier}/{requested_on:%m%d}/TTr",
    }


def naming(sitting: Sitting, filing: Filing) -> Data:
    """The dossier's name on the topic of the sitting's unit."""
    reference: Data = {"reference": filing.dossier}
    return {**reference, "unit": filing.producer.commune.province} if sitting.level == "central" else reference


def council_reference(sitting: Sitting) -> str:
    """The name of the council of a year."""
    return f"HD-{sitting.seat}-{sitting.year.year}"


def member_id(sitting: Sitting, number: int) -> str:
    """A member's id; number 1 is the chair, 7 the expert."""
    return f"{sitting.seat}-{sitting.year.year}-TV{number}"
