"""The states that services keep as JSON, against what the recomputed history leaves of each product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from deploy.verify.course import Course
from deploy.verify.decisions import Decisions
from deploy.verify.evaluated import Evaluated
from deploy.verify.findings import Kind, Unexplained
from shared.contracts.notices import NoticeWritten
from shared.contracts.promotions import (
    CertificateWithdrawn,
    DecisionHeld,
    DossierEnded,
    DossierReturned,
    ProductRecognised,
)
from shared.contracts.scores import ProductScored
from shared.contracts.topics import NOTICES, PROMOTIONS
from shared.rulebooks.model import CriteriaSet

Facts = Mapping[str, Any]


def check_states(decisions: Decisions) -> Iterator[Unexplained]:
    """A state that says otherwise than the history, and in which field."""
    flow = decisions.flow
    for service, read, due in (
        ("promotion", _promotion, _promotion_due),
        ("evaluation", _evaluation, _evaluation_due),
        ("notification", _notification, _notification_due),
        ("registration", _registration, _registration_due),
    ):
        for subject, row in sorted(flow.schemas.subjects(service).items()):
            if subject in flow.history.broken or subject not in decisions.courses:
                continue
            kept, wanted = read(row["state"]), due(decisions, subject)
            if fields := [name for name in wanted if kept.get(name) != wanted[name]]:
                words = "; ".join(f"{name} is {kept.get(name)}, due is {wanted[name]}" for name in fields)
                yield Unexplained(Kind.STATE_DIFFERS, f"{service}.subject {subject}", words)


def _promotion(state: Facts) -> Facts:
    dossier = state["dossier"] or {}
    stage = dossier.get("stage") or {}
    certificates = [
        (one["certificate_id"], one["stars"], one["expires_on"], _life(one), one["reminded"], _until(one))
        for one in state["certificates"]
    ]
    return {
        "dossier": dossier.get("dossier_id"),
        "phase": dossier.get("phase"),
        "stage": (stage.get("level"), stage.get("attempt"), stage.get("due_on")),
        "results": [(one["level"], one["attempt"], one["total"], one["stars"]) for one in dossier.get("results", ())],
        "decisions": [(one["decision_id"], one["stars"]) for one in dossier.get("decisions", ())],
        "tasks": sorted(dossier.get("tasks", ())),
        "alarms": [one["decision_id"] for one in dossier.get("alarms", ())],
        "gone": sorted(map(tuple, dossier.get("attempts", ()))),
        "deferred": [one["correction_id"] for one in dossier.get("deferred", ())],
        "certificates": certificates,
        "past": [one["dossier_id"] for one in state["past"]],
    }


def _promotion_due(decisions: Decisions, subject: str) -> Facts:
    courses = decisions.courses[subject]
    certificates = [
        (
            str(one.issued.certificate_id),
            one.issued.stars,
            _day(one.issued.expires_on),
            one.state,
            one.reminded,
            _day(one.until),
        )
        for one in decisions.certificates[subject].all
    ]
    now = courses[-1] if courses else None
    return {
        **(_course(now) if now is not None else {"dossier": None}),
        "certificates": certificates,
        "past": [str(course.filed.dossier_id) for course in courses[:-1]],
    }


def _life(certificate: Facts) -> str:
    return next((name for name in ("annulled", "withdrawn", "ended") if certificate[name]), "in_force")


def _until(certificate: Facts) -> str | None:
    return None if certificate["extension"] is None else str(certificate["extension"]["until"])


def _course(course: Course) -> Facts:
    return {
        "dossier": str(course.filed.dossier_id),
        "phase": course.phase,
        "stage": (course.rung.level, course.attempt, _day(course.last_day)),
        "results": [(r.stage.level, r.stage.attempt, _total(r), r.stars) for r in course.results],
        "decisions": [(str(one.decision.decision_id), one.decision.stars) for one in course.decisions],
        "tasks": sorted(course.tasks),
        "alarms": [str(name) for name in course.alarms],
        "gone": sorted(set(course.gone)),
        "deferred": [str(one.said.correction_id) for one in course.deferred],
    }


def _total(result: ProductScored) -> str | None:
    return None if result.total is None else str(Fraction(result.total.numerator, result.total.denominator))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _evaluation(state: Facts) -> Facts:
    dossier = state["dossier"] or {}
    sessions = dossier.get("sessions", ())
    return {
        "dossier": dossier.get("dossier_id"),
        "over": dossier.get("over"),
        "concluded": sorted((s["level"], s["attempt"]) for s in dossier.get("stages", ()) if s["concluded"]),
        "taken_back": sorted((s["level"], s["attempt"]) for s in dossier.get("stages", ()) if s["taken_back"]),
        "sessions": {one["session_id"]: one["status"] for one in sessions},
        "sheets": {
            one["session_id"]: {
                sheet["member_id"]: [ord(at) - ord("0") for at in sheet["positions"]] for sheet in one["sheets"]
            }
            for one in sessions
            if one["sheets"]
        },
        **{name: dossier.get(name) for name in ("closings", "corrections", "unanswered", "deferred")},
        "past": list(state["past"]),
    }


def _evaluation_due(decisions: Decisions, subject: str) -> Facts:
    findings = decisions.findings[subject]
    now = findings.current
    return {
        **({"dossier": None} if now is None else _evaluated(now)),
        "past": [str(name) for name in findings.dossiers][:-1],
    }


def _evaluated(now: Evaluated) -> Facts:
    criteria = now.book.sets.get(now.filed.criteria_set)
    return {
        "dossier": str(now.filed.dossier_id),
        "over": now.over,
        "concluded": sorted((one.level, one.attempt) for one in now.concluded),
        "taken_back": sorted((one.level, one.attempt) for one in now.taken_back),
        "sessions": {str(name): sitting.status for name, sitting in now.sittings.items()},
        "sheets": {
            str(name): {member: _positions(criteria, sheet.options) for member, sheet in sitting.sheets.items()}
            for name, sitting in now.sittings.items()
            if sitting.sheets and criteria is not None
        },
        "closings": now.closings,
        "corrections": now.corrections,
        "unanswered": [str(one) for one in now.unanswered],
        "deferred": [str(one) for one in now.deferred],
    }


def _positions(criteria: CriteriaSet, options: Mapping[str, int]) -> list[int]:
    """The options as evaluation keeps them: in printed order, 0 where one was left out."""
    return [options.get(criterion.code, 0) for criterion in criteria.criteria]


def _notification(state: Facts) -> Facts:
    return {"notices": sorted(one["notice_id"] for one in state["notices"])}


def _notification_due(decisions: Decisions, subject: str) -> Facts:
    told = decisions.flow.history.of(NOTICES, subject)
    return {"notices": sorted(str(e.notice_id) for t in told if isinstance(e := t.event, NoticeWritten))}


def _registration(state: Facts) -> Facts:
    return {
        "ends": [tuple(one) for one in state["ends"]],
        "words": [(one["kind"], one["decision_id"], one["certificate_id"]) for one in state["words"]],
    }


def _registration_due(decisions: Decisions, subject: str) -> Facts:
    told = decisions.flow.taken("registration", PROMOTIONS, subject)
    return {
        "ends": [_end(e) for one in told if isinstance(e := one.event, _OVER)],
        "words": [_word(e) for one in told if isinstance(e := one.event, _OF_CERTIFICATES)],
    }


def _word(event: ProductRecognised | CertificateWithdrawn | DecisionHeld) -> tuple[str, str, str | None]:
    """What registration hears of a certificate, or of a decision to withdraw one."""
    match event:
        case ProductRecognised():
            return "issued", str(event.decision_id), str(event.certificate_id)
        case CertificateWithdrawn():
            return "withdrawn", str(event.decision_id), str(event.certificate_id)
        case DecisionHeld():
            return "contradicted", str(event.decision_id), None


def _end(event: DossierReturned | ProductRecognised | DossierEnded) -> tuple[str, str | None]:
    """The dossier that is over, and the decision that ended it; a return rests on none."""
    decision = None if isinstance(event, DossierReturned) else event.decision_id
    return str(event.dossier_id), None if decision is None else str(decision)


_OF_CERTIFICATES: Final = (ProductRecognised, CertificateWithdrawn, DecisionHeld)
_OVER: Final = (DossierReturned, ProductRecognised, DossierEnded)
