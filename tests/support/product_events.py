"""Short ways to write one product's admitted events."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from shared.contracts import dossiers, sheets
from tests.support.little_rulebook import REGIME, SET, VERSION

PRODUCT = UUID("01900000-0000-8000-8000-0000000000aa")
PRODUCER = UUID("01900000-0000-8000-8000-0000000000bb")
FIRST = UUID("01900000-0000-8000-8000-000000000001")
SECOND = UUID("01900000-0000-8000-8000-000000000002")
THIRD = UUID("01900000-0000-8000-8000-000000000003")
UNIT = "66"

POINTS_20, POINTS_45, POINTS_60 = {"1.1": 1, "1.2": 1}, {"1.1": 2, "1.2": 1}, {"1.1": 3, "1.2": 1}
POINTS_85, POINTS_94, POINTS_95 = {"1.1": 4, "1.2": 2}, {"1.1": 5, "1.2": 1}, {"1.1": 5, "1.2": 2}

CHAIR, AN, BINH, SECRETARY = "ct", "an", "binh", "tk"


def registered() -> dossiers.ProductRegistered:
    return dossiers.ProductRegistered(
        product_id=PRODUCT,
        unit=UNIT,
        reference="SP-1",
        producer_id=PRODUCER,
        name="Cà phê rang xay",
        criteria_set=SET,
        commune_code="24175",
    )


def filed(
    dossier_id: UUID, on: date, kind: Literal["first", "upgrade", "renewal"] = "first", rulebook: str = VERSION
) -> dossiers.DossierFiled:
    return dossiers.DossierFiled(
        dossier_id=dossier_id,
        product_id=PRODUCT,
        unit=UNIT,
        reference=f"HS-{dossier_id.int % 16}",
        kind=kind,
        filed_on=on,
        regime=REGIME,
        rulebook=rulebook,
        criteria_set=SET,
        producer_id=PRODUCER,
        product_name="Cà phê rang xay",
        commune_code="24175",
    )


def assessed(
    dossier_id: UUID, on: date, outcome: Literal["evaluation_requested", "returned"] = "evaluation_requested"
) -> dossiers.CommuneAssessed:
    return dossiers.CommuneAssessed(
        dossier_id=dossier_id,
        received_on=on,
        assessed_on=on,
        local_material=True,
        local_labour=True,
        product_idea=outcome != "returned",
        local_identity=True,
        outcome=outcome,
        document_number="12/BC-UBND",
        reason="Thiếu thuyết minh ý tưởng" if outcome == "returned" else None,
        number=None if outcome == "returned" else "66-24175-1-2026",
    )


def seated(
    dossier_id: UUID,
    session: int,
    level: str = "province",
    *,
    quorum_members: int | None = None,
    quorum_share: str | None = "2/3",
    chair_required: bool = True,
) -> dossiers.CouncilSeated:
    seats = ((CHAIR, "chair"), (AN, "member"), (BINH, "expert"), (SECRETARY, "secretary"))
    return dossiers.CouncilSeated.model_validate(
        {
            "dossier_id": dossier_id,
            "session_id": UUID(int=session),
            "level": level,
            "round": "2026-2",
            "meets_on": date(2026, 8, 1),
            "council_id": UUID(int=900),
            "members": tuple({"member_id": member, "role": role} for member, role in seats),
            "by_law": {
                "quorum_members": quorum_members,
                "quorum_share": quorum_share,
                "chair_required": chair_required,
            },
        }
    )


def sheet(dossier_id: UUID, session: int, member_id: str, options: dict[str, int]) -> sheets.SheetSubmitted:
    return sheets.SheetSubmitted(
        dossier_id=dossier_id,
        session_id=UUID(int=session),
        member_id=member_id,
        signed_on=date(2026, 8, 1),
        options=options,
    )


def closed(
    dossier_id: UUID,
    session: int,
    on: date,
    present: tuple[str, ...] = (CHAIR, AN, BINH, SECRETARY),
    agreed: dict[str, int] | None = None,
    struck_out: str | None = None,
    *,
    corrections: int = 0,
    apart: bool = False,
    chaired_by: str | None = None,
) -> sheets.SessionClosed:
    by = None if chaired_by is None else sheets.Delegation(member_id=chaired_by, document_number="88/GUQ-HĐOCOP")
    return sheets.SessionClosed(
        dossier_id=dossier_id,
        session_id=UUID(int=session),
        closed_on=on,
        present=present,
        agreed=agreed,
        struck_out=None if struck_out is None else sheets.StruckOut(ground=struck_out, reason="Kết luận của hội đồng"),
        corrections=corrections,
        apart=apart,
        chaired_by=by,
    )


def recused(dossier_id: UUID, session: int, member_id: str) -> sheets.MemberRecused:
    return sheets.MemberRecused(
        dossier_id=dossier_id, session_id=UUID(int=session), member_id=member_id, declared_on=date(2026, 8, 1)
    )


def set_aside(dossier_id: UUID, session: int, meeting: int) -> sheets.OpinionsSetAside:
    return sheets.OpinionsSetAside(dossier_id=dossier_id, session_id=UUID(int=session), meeting_id=UUID(int=meeting))


def decision(
    dossier_id: UUID,
    number: int,
    kind: Literal["recognise", "approve_for_central", "end_without_certificate"],
    stars: int | None,
    on: date,
    unit: str = UNIT,
) -> dossiers.DecisionApproved:
    return dossiers.DecisionApproved(
        dossier_id=dossier_id,
        decision_id=UUID(int=number),
        unit=unit,
        level="central" if unit == "bnnmt" else "province",
        kind=kind,
        stars=stars,
        number=f"{number}/QĐ",
        decided_on=on,
        signatory="Chủ tịch",
        document_sha256="0" * 64,
    )


def requested(dossier_id: UUID, on: date) -> dossiers.CentralEvaluationRequested:
    return dossiers.CentralEvaluationRequested(
        dossier_id=dossier_id, unit=UNIT, requested_on=on, document_number="77/TTr-UBND"
    )


def superseded(dossier_id: UUID, session: int, member_id: str, options: dict[str, int]) -> sheets.SheetSuperseded:
    given = sheet(dossier_id, session, member_id, options)
    return sheets.SheetSuperseded.model_validate({**given.model_dump(), "reason": "Ghi nhầm phương án"})


def session_annulled(dossier_id: UUID, session: int, on: date, closings: int) -> dossiers.SessionAnnulled:
    return dossiers.SessionAnnulled(
        dossier_id=dossier_id,
        correction_id=UUID(int=7000 + session),
        closings=closings,
        reason="Họp không đúng quy chế",
        session_id=UUID(int=session),
        annulled_on=on,
        document_number=f"{session}/QĐ-HUY",
    )


def decision_annulled(
    dossier_id: UUID, number: int, on: date, closings: int, unit: str = UNIT
) -> dossiers.DecisionAnnulled:
    return dossiers.DecisionAnnulled(
        dossier_id=dossier_id,
        correction_id=UUID(int=8000 + number),
        closings=closings,
        reason="Quyết định không đúng quy định",
        decision_id=UUID(int=number),
        unit=unit,
        number=f"{number}/QĐ",
        annulled_on=on,
        document_number=f"{number}/QĐ-HUY",
    )


def withdrawn(dossier_id: UUID, on: date, closings: int) -> dossiers.DossierWithdrawn:
    return dossiers.DossierWithdrawn(
        dossier_id=dossier_id,
        correction_id=UUID(int=9000 + dossier_id.int % 16),
        closings=closings,
        reason="Chủ thể đề nghị",
        withdrawn_on=on,
    )
