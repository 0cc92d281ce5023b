"""The data of each intake event of the season, as a provincial system would write them: plain JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from hashlib import sha256

from deploy.season.cases import DecisionKind
from deploy.season.catalogue import (
    AGENCIES,
    CENTRAL_AGENCIES,
    MINISTRY,
    SAMPLE,
    Commune,
    by_law,
    producer_mail,
    province_mail,
)
from deploy.season.plan import Filing, Producer, Session
from shared.contracts.units import unit_name_inside

Data = dict[str, object]
MEMBERS = 7
RENEWED_AHEAD = timedelta(days=150)
"""From the filing of a renewal to the last day of the certificate: in time (article 7.6.a)."""
STRUCK_OUT_GROUND = "Hồ sơ giả mạo"


def day_started(day: date) -> Data:
    """A day of the scripted calendar."""
    return {"date": day.isoformat()}


def office(commune: Commune) -> Data:
    """The commune's People's Committee and its address."""
    return {"commune_code": commune.code, "name": f"UBND {commune.name}", "email": commune.mail}


def provincial_office(unit: str) -> Data:
    """The province's own office for OCOP and its address."""
    return {"name": f"Văn phòng OCOP {unit_name_inside(unit)} {SAMPLE}", "email": province_mail(unit)}


def producer(of: Producer, *, commune_code: str | None = None) -> Data:
    """The producer, in its own commune unless another is named."""
    return {
        "reference": of.reference,
        "name": of.name,
        "kind": of.kind,
        "commune_code": commune_code or of.commune.code,
        "contact": {"email": producer_mail(of.number), "representative": f"Người đại diện mẫu {of.number:03d}"},
    }


def product(filing: Filing, *, name: str | None = None) -> Data:
    """The product, of set 13."""
    return {
        "reference": filing.product,
        "producer": {"reference": filing.producer.reference},
        "name": name or filing.product_name,
        "criteria_set": 13,
    }


def dossier(filing: Filing, reference: str, filed_on: date, assessment: Mapping[str, int] | None) -> Data:
    """The dossier with the producer's own assessment and the hashes of its papers."""
    papers = ("Phiếu đăng ký (mẫu số 01)", "Báo cáo tự đánh giá (mẫu số 02)")
    return {
        "reference": reference,
        "product": {"reference": filing.product},
        "kind": filing.kind,
        "filed_on": filed_on.isoformat(),
        **({"self_assessment": dict(assessment)} if assessment else {}),
        **({"renews": _renewed(filing, filed_on)} if filing.kind == "renewal" else {}),
        "documents": [{"name": name, "sha256": digest(f"{reference} {name}")} for name in papers],
    }


def _renewed(filing: Filing, filed_on: date) -> Data:
    """The certificate of before the product came to us, as its commune's records name it."""
    return {"number": f"GCN-{filing.number:05d}/2023", "expires_on": (filed_on + RENEWED_AHEAD).isoformat()}


def assessment(reference: str, received_on: date, assessed_on: date, *, returned: bool) -> Data:
    """The commune's report: it asks the province to evaluate the dossier, or returns it."""
    met = {"met": True, "remark": ""}
    unmet = {"met": False, "remark": "Chưa nêu được nét riêng của địa phương"}
    return {
        "dossier": {"reference": reference},
        "received_on": received_on.isoformat(),
        "assessed_on": assessed_on.isoformat(),
        "findings": {
            "local_material": met,
            "local_labour": met,
            "product_idea": met,
            "local_identity": unmet if returned else met,
        },
        "outcome": "returned" if returned else "evaluation_requested",
        "document_number": f"{reference}/UBND-OCOP",
        **({"reason": "Hồ sơ cần bổ sung câu chuyện và minh chứng nguồn gốc"} if returned else {}),
    }


def council(unit: str, formed_on: date) -> Data:
    """Seven members who score, a secretary who does not, and their by-law."""
    rule = by_law(unit)
    agencies = CENTRAL_AGENCIES if unit == MINISTRY else AGENCIES
    roles = ("chair", *("member",) * 5, "expert")
    seats = [
        _seat(member_id(unit, number), f"Thành viên mẫu {unit}-{number}", agency, role)
        for number, (agency, role) in enumerate(zip(agencies, roles, strict=True), start=1)
    ]
    return {
        "reference": council_reference(unit),
        "level": "central" if unit == MINISTRY else "province",
        "decision_number": f"{unit}-01/QĐ-HĐOCOP",
        "decided_on": formed_on.isoformat(),
        "members": [*seats, _seat(secretary_id(unit), f"Thư ký mẫu {unit}", "Văn phòng điều phối", "secretary")],
        "by_law": {
            **({"quorum_members": rule.quorum_members} if rule.quorum_members else {}),
            **({"quorum_share": rule.quorum_share} if rule.quorum_share else {}),
            "chair_required": rule.chair_required,
        },
    }


def schedule(session: Session) -> Data:
    """The dossiers a council will sit over."""
    return {
        "session": session.reference,
        "council": {"reference": council_reference(session.unit)},
        "round": session.round,
        "meets_on": session.meets_on.isoformat(),
        "dossiers": [naming(session, filing) for filing in session.filings],
        **({"mode": "written"} if session.attendance.written else {}),
    }


def recusal(session: Session, filing: Filing, member: str) -> Data:
    """A member takes no part over one dossier."""
    return {
        "session": {"reference": session.reference},
        "member_id": member,
        "ground": "Người thân của chủ thể (mẫu)",
        "declared_on": session.meets_on.isoformat(),
        "dossiers": [naming(session, filing)],
    }


def sheet(session: Session, filing: Filing, member: str, options: Mapping[str, int]) -> Data:
    """One member's options for one dossier."""
    return {
        "session": {"reference": session.reference},
        "dossier": naming(session, filing),
        "member_id": member,
        "signed_on": session.meets_on.isoformat(),
        "options": dict(options),
    }


def superseding(session: Session, filing: Filing, member: str, options: Mapping[str, int]) -> Data:
    """One member's sheet in the place of an earlier one."""
    return {**sheet(session, filing, member, options), "reason": "Ghi nhầm phương án"}


def session_annulled(session: Session, annulled_on: date) -> Data:
    """The authority annuls the whole sitting."""
    return {
        "session": {"reference": session.reference},
        "annulled_on": annulled_on.isoformat(),
        "document_number": f"{session.reference}/QĐ-HUY",
        "reason": "Phiên họp không đúng quy chế",
    }


def decision_annulled(decided: Data, annulled_on: date, filing: Filing) -> Data:
    """The authority annuls its decision on one dossier."""
    return {
        "decision_number": decided["number"],
        "annulled_on": annulled_on.isoformat(),
        "document_number": f"{decided['number']}-HUY",
        "reason": "Quyết định ghi sai căn cứ",
        "dossiers": [{"reference": filing.scored_dossier}],
    }


def withdrawal(filing: Filing, withdrawn_on: date) -> Data:
    """The producer takes its dossier back."""
    return {
        "dossier": {"reference": filing.dossier},
        "withdrawn_on": withdrawn_on.isoformat(),
        "reason": "Chủ thể đề nghị rút hồ sơ",
    }


def supplement_asked(filing: Filing, level: str, asked_on: date) -> Data:
    """The office of the level asks for what is missing."""
    return {
        "supplement": f"{filing.dossier}-{level}",
        "dossier": {"reference": filing.dossier},
        "level": level,
        "asked_on": asked_on.isoformat(),
        "document_number": f"{filing.dossier}/BS-{level}",
        "missing": ["Phiếu kiểm nghiệm còn hiệu lực (mẫu)"],
    }


def supplement_received(filing: Filing, level: str, received_on: date) -> Data:
    """What was missing came."""
    name = f"{filing.dossier}-{level}"
    return {
        "supplement": name,
        "dossier": {"reference": filing.dossier},
        "received_on": received_on.isoformat(),
        "documents": [{"name": "Phiếu kiểm nghiệm (mẫu)", "sha256": digest(name)}],
    }


def closing(session: Session, agreed: Iterable[tuple[Filing, Mapping[str, int]]], struck_out: Iterable[Filing]) -> Data:
    """Who was present (the secretary always is), what was agreed, who was struck out; written opinions name nobody."""
    attendance = session.attendance
    present = [member_id(session.unit, number) for number in attendance.present]
    chair = None if attendance.chaired_by is None else member_id(session.unit, attendance.chaired_by)
    return {
        "session": {"reference": session.reference},
        "closed_on": session.closed_on.isoformat(),
        "present": [] if attendance.written else [*present, secretary_id(session.unit)],
        "agreed": [{"dossier": naming(session, filing), "options": dict(options)} for filing, options in agreed],
        "disqualified": [
            {"dossier": naming(session, filing), "ground": STRUCK_OUT_GROUND, "reason": "Giấy tờ kèm theo là giả"}
            for filing in struck_out
        ],
        **({} if chair is None else {"chaired_by": {"member_id": chair, "document_number": f"{chair}/GUQ-HĐOCOP"}}),
    }


def decision(unit: str, kind: DecisionKind, number: int, decided_on: date, results: list[Data]) -> Data:
    """The authority's decision on the results of a session."""
    title = f"{unit}-{number:04d}/QĐ-{'BNNMT' if unit == MINISTRY else 'UBND'}"
    return {
        "kind": kind,
        "number": title,
        "decided_on": decided_on.isoformat(),
        "signatory": "Bộ trưởng (mẫu)" if unit == MINISTRY else "Chủ tịch UBND tỉnh (mẫu)",
        "document_sha256": digest(title),
        "results": results,
    }


def central_request(filing: Filing, requested_on: date) -> Data:
    """The province's request to the ministry."""
    return {
        "dossier": {"reference": filing.scored_dossier},
        "requested_on": requested_on.isoformat(),
        "document_number": f"{filing.dossier}/TTr-UBND",
    }


def naming(session: Session, filing: Filing) -> Data:
    """The dossier's name on the topic of the session's unit."""
    return {"reference": filing.scored_dossier, **({"unit": filing.unit} if session.central else {})}


def council_reference(unit: str) -> str:
    """The name of the unit's council."""
    return f"HD-{unit}"


def member_id(unit: str, number: int) -> str:
    """A member's id; number 1 is the chair, 7 the expert."""
    return f"{unit}-TV{number}"


def secretary_id(unit: str) -> str:
    """The secretary's id."""
    return f"{unit}-TK"


def digest(text: str) -> str:
    """The hash that stands for a paper that does not exist."""
    return sha256(text.encode()).hexdigest()


def _seat(member: str, name: str, agency: str, role: str) -> Data:
    return {"member_id": member, "name": name, "agency": agency, "role": role}
