"""What follows from a correction that promotion has taken in: what falls, what stands, what has to wait (10.1.b).

Nothing final falls by itself: where a recognition or an end rests on what is annulled, that decision must be annulled
first, and the correction waits for it (our default; not in the act).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from deploy.verify.course import Annulment, Applied, Course
from shared.contracts import dossiers
from shared.contracts.event import Event
from shared.contracts.promotions import (
    CorrectionDeferred,
    CorrectionDismissed,
    DecisionAnnulled,
    DossierWithdrawn,
    SessionAnnulled,
)

ARTICLE: Final = "10.1.b"


def withdraw(course: Course, said: dossiers.DossierWithdrawn) -> Iterator[Event]:
    """The dossier is over and its tasks are done (not in the act)."""
    course.phase, course.alarms = "withdrawn", []
    yield DossierWithdrawn(
        dossier_id=said.dossier_id,
        correction_id=said.correction_id,
        withdrawn_on=said.withdrawn_on,
        reason=said.reason,
        basis=course.basis(),
    )
    yield from course.close_tasks(said.withdrawn_on)


def annul(course: Course, annulment: Annulment) -> Iterator[Event]:
    """A score falls; or a decision does, and every correction that waited is judged again."""
    if isinstance(annulment.said, dossiers.SessionAnnulled):
        yield from _score(course, annulment, annulment.said)
        return
    waited, course.deferred = course.deferred, []
    yield from _decision(course, annulment, annulment.said)
    for waiting in waited:
        match waiting.said:
            case dossiers.SessionAnnulled() as session:
                yield from _score(course, waiting, session)
            case dossiers.DecisionAnnulled() as decision:
                yield from _decision(course, waiting, decision)


def _decision(course: Course, annulment: Annulment, said: dossiers.DecisionAnnulled) -> Iterator[Event]:
    """The dossier stands where it stood before the decision."""
    place = next((at for at, one in enumerate(course.decisions) if one.decision.decision_id == said.decision_id), None)
    if place is None:
        yield _dismissed(course, annulment)
        return
    fallen, later = course.decisions[place], course.decisions[place + 1 :]
    if final := [one for one in later if one.final]:
        yield from _deferred(course, annulment, final[-1])
        return
    before = fallen.before
    ended = () if (course.stage.level, course.stage.attempt) == (before.rung.level, before.attempt) else (course.stage,)
    course.stand_at(before, *ended)
    course.decisions = course.decisions[:place]
    yield DecisionAnnulled(
        dossier_id=said.dossier_id,
        correction_id=said.correction_id,
        decision_id=said.decision_id,
        decision_number=fallen.decision.number,
        annulled_on=said.annulled_on,
        document_number=said.document_number,
        reason=said.reason,
        certificate_id=fallen.certificate_id,
        stage=before.stage,
        ended=ended,
        basis=course.basis(ARTICLE),
    )
    yield from course.close_tasks(said.annulled_on)
    if course.phase == "handed_back" and (back := course.handed_back()) is not None:
        yield course.decide_task(back)


def _score(course: Course, annulment: Annulment, said: dossiers.SessionAnnulled) -> Iterator[Event]:
    """The stage opens again; approvals and stages that rested on its score are no more."""
    stages = [result.stage for result in course.results]
    if annulment.scored is None or annulment.scored not in stages:
        yield _dismissed(course, annulment)
        return
    place = stages.index(annulment.scored)
    resting = [one for one in course.decisions if one.before.results > place]
    if final := [one for one in resting if one.final]:
        yield from _deferred(course, annulment, final[-1])
        return
    rung = course.at(annulment.scored.level)
    ended = () if course.rung == rung else (course.stage,)
    course.stand_at(replace(course.standpoint(), results=place), *ended)
    course.decisions = [one for one in course.decisions if one not in resting]
    yield SessionAnnulled(
        dossier_id=said.dossier_id,
        correction_id=said.correction_id,
        stage=annulment.scored,
        annulled_on=said.annulled_on,
        document_number=said.document_number,
        reason=said.reason,
        ended=ended,
        forwarding_number=resting[-1].decision.number if ended and resting else None,
        basis=course.basis(ARTICLE),
    )
    yield from course.close_tasks(said.annulled_on)
    yield course.open(rung, said.annulled_on)
    yield from course.unknown_task()


def _deferred(course: Course, annulment: Annulment, final: Applied) -> Iterator[Event]:
    """The authority of the final decision has the task to annul it, once."""
    course.deferred.append(annulment)
    yield CorrectionDeferred(
        dossier_id=annulment.said.dossier_id,
        correction_id=annulment.said.correction_id,
        decision_id=final.decision.decision_id,
        decision_number=final.decision.number,
        basis=course.basis(ARTICLE),
    )
    if "annul_decision" not in course.tasks:
        decision = final.decision
        yield course.task("annul_decision", decision.level, annulment.said.annulled_on, ARTICLE, decision.stars)


def _dismissed(course: Course, annulment: Annulment) -> CorrectionDismissed:
    """Nothing rested on it; the alarm of a decision that was held is answered."""
    said = annulment.said
    if isinstance(said, dossiers.DecisionAnnulled):
        course.alarms = [name for name in course.alarms if name != said.decision_id]
    return CorrectionDismissed(dossier_id=said.dossier_id, correction_id=said.correction_id)
