"""What must follow from an authority's decision, judged anew against the result it is about (4.1, 7.3.e, 7.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal
from uuid import UUID

from deploy.verify.course import OVER, Applied, Course
from deploy.verify.days import months_later
from deploy.verify.history import Told
from shared.contracts.dossiers import CentralEvaluationRequested, DecisionApproved, ProvincialEvaluationRequested
from shared.contracts.event import Event
from shared.contracts.promotions import DecisionHeld, DossierEnded, ProductRecognised
from shared.kernel.ids import derived_id

Contradiction = Literal[
    "stars_differ", "authority_lacking", "kind_not_open", "not_eligible", "dossier_over", "request_not_open"
]
_MAY_FOLLOW: Final = {
    "scored": ("recognise", "approve_for_central", "approve_for_province", "end_without_certificate"),
    "approved": ("recognise",),
    "handed_back": ("recognise", "end_without_certificate"),
}
_LATEST: Final = -1


def decide(told: Told, course: Course, decision: DecisionApproved) -> Iterator[Event]:
    """The events that follow, in order; the dossier has moved on, unless the decision contradicts its result."""
    contradiction = _contradiction(course, decision)
    if contradiction is not None:
        yield held(told, course, contradiction)
        return
    articles = (course.deciding().article, _handed_back_by(course))
    before, course.alarms = course.standpoint(), []
    certificate: UUID | None = None
    match decision.kind:
        case "approve_for_central" | "approve_for_province":
            course.phase = "approved"
        case "recognise":
            recognised = _recognised(told, course, decision, *articles)
            certificate, course.phase = recognised.certificate_id, "recognised"
            yield recognised
            yield from course.close_tasks(decision.decided_on)
        case "end_without_certificate":
            ended = _ended(course, decision, *articles)
            course.phase = "ended"
            yield ended
            yield from course.close_tasks(decision.decided_on)
    course.decisions.append(Applied(decision, before, certificate))


def held(told: Told, course: Course, contradiction: Contradiction, computed: int | None = _LATEST) -> DecisionHeld:
    """The decision or request contradicts; `computed` are the stars it is held against, those of the latest result."""
    name, number, stars = _named(told)
    if computed == _LATEST:
        computed = course.stars
        course.alarm(name)
    return DecisionHeld(
        dossier_id=course.filed.dossier_id,
        decision_id=name,
        decision_number=number,
        unit=str(getattr(told.event, "unit", "")),
        contradiction=contradiction,
        decided_stars=stars,
        computed_stars=computed,
        basis=course.basis(),
    )


def _named(told: Told) -> tuple[UUID, str, int | None]:
    """The id, the number and the stars of a decision, or of a request, which has no id of its own and no stars."""
    match told.event:
        case DecisionApproved() as decision:
            return decision.decision_id, decision.number, decision.stars
        case CentralEvaluationRequested() | ProvincialEvaluationRequested() as request:
            return derived_id(told.recorded_ms, told.id, "request"), request.document_number, None
        case _:
            raise TypeError(f"{told.type} is neither a decision nor a request")


def _contradiction(course: Course, decision: DecisionApproved) -> Contradiction | None:
    """The first reason why the decision cannot stand: over, authority, kind, stars, then what these stars allow."""
    rung, kind, stars = course.deciding(), decision.kind, decision.stars
    upwards = course.upwards()
    above = None if upwards is None else f"approve_for_{upwards.to}"
    ranked = any(stars in one.recognises for one in course.book.regime.ladder.rungs)
    reasons: tuple[tuple[bool, Contradiction], ...] = (
        (course.phase in OVER, "dossier_over"),
        ((decision.level, decision.unit) != (rung.level, course.office(rung.level)), "authority_lacking"),
        (kind not in _MAY_FOLLOW.get(course.phase, ()), "kind_not_open"),
        (stars != course.stars, "stars_differ"),
        (kind == "recognise" and stars not in rung.recognises, "authority_lacking"),
        (kind.startswith("approve_for_") and kind != above, "not_eligible"),
        (kind == "end_without_certificate" and ranked, "kind_not_open"),
    )
    return next((contradiction for holds, contradiction in reasons if holds), None)


def _handed_back_by(course: Course) -> str | None:
    back = course.handed_back() if course.phase == "handed_back" else None
    return None if back is None else back.article


def _recognised(told: Told, course: Course, decision: DecisionApproved, *articles: str | None) -> ProductRecognised:
    months = course.book.regime.certificate_months
    assert decision.stars is not None
    return ProductRecognised(
        dossier_id=decision.dossier_id,
        level=decision.level,
        stars=decision.stars,
        decision_id=decision.decision_id,
        decision_number=decision.number,
        decided_on=decision.decided_on,
        certificate_id=derived_id(told.recorded_ms, told.id, "certificate"),
        expires_on=months_later(decision.decided_on, months.value),
        basis=course.basis(*articles, months.article),
    )


def _ended(course: Course, decision: DecisionApproved, *articles: str | None) -> DossierEnded:
    return DossierEnded(
        dossier_id=decision.dossier_id,
        level=decision.level,
        stars=decision.stars,
        decision_number=decision.number,
        decided_on=decision.decided_on,
        decision_id=decision.decision_id,
        basis=course.basis(*articles),
    )
