"""What is said of supplements: counted anew as registration admitted it, and what a stage owes that waits for one.

One is open at a time; a finding of its level or a correction ends it. The days of waiting do not count where the act's
parameter names the stage's clock; a limit that had run out stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from deploy.verify.course import Course
from deploy.verify.findings import Kind, Unexplained
from deploy.verify.history import History, Told
from shared.contracts import dossiers
from shared.contracts.event import Event
from shared.contracts.promotions import SupplementAsked, SupplementEnded, TaskClosed
from shared.contracts.sheets import SessionClosed
from shared.contracts.topics import DOSSIERS, SHEETS


def check_supplements(history: History) -> Iterator[Unexplained]:
    """A supplement told out of turn; a finding that counts other facts about supplements than came before it."""
    for subject in history.subjects(DOSSIERS):
        if subject not in history.broken:
            for told, words in (*_admitted(history.of(DOSSIERS, subject)), *_closed(history, subject)):
                history.broken.add(subject)
                yield Unexplained(Kind.EFFECT_DIFFERS, told.record.where, words)


def _admitted(told: Sequence[Told]) -> Iterator[tuple[Told, str]]:
    """The facts of one product in order, against one open supplement at most for each dossier."""
    counted, open_ones, last = Counter[UUID](), dict[UUID, UUID](), dict[tuple[UUID, str], int]()
    for one in told:
        match one.event:
            case dossiers.SupplementAsked() | dossiers.SupplementEnded() as said:
                counted[said.dossier_id] += 1
                last[said.dossier_id, said.level] = counted[said.dossier_id]
                asked = isinstance(said, dossiers.SupplementAsked)
                waits = open_ones.pop(said.dossier_id, None)
                if said.number != counted[said.dossier_id] or waits != (None if asked else said.supplement_id):
                    yield one, f"supplement {said.supplement_id} is told out of turn"
                if asked:
                    open_ones[said.dossier_id] = said.supplement_id
            case dossiers.Correction() | dossiers.CommuneAssessed() | dossiers.ResultImported() as said:
                if said.dossier_id in open_ones and not isinstance(said, dossiers.ResultImported):
                    yield one, f"a supplement of {said.dossier_id} is open still"
                level = said.level if isinstance(said, dossiers.ResultImported) else "commune"
                before = last.get((said.dossier_id, level), 0)
                if not isinstance(said, dossiers.Correction) and said.supplements != before:
                    yield one, f"it counts {said.supplements} facts about supplements, {before} came before"


def _closed(history: History, subject: str) -> Iterator[tuple[Told, str]]:
    """A closing stands behind an end, or before any supplement; which end it is, no topic tells."""
    facts = [one.event for one in history.of(DOSSIERS, subject)]
    ends = {(one.dossier_id, one.number) for one in facts if isinstance(one, dossiers.SupplementEnded)}
    for one in history.of(SHEETS, subject):
        closed = one.event
        counts = closed.supplements if isinstance(closed, SessionClosed) else 0
        if isinstance(closed, SessionClosed) and counts and (closed.dossier_id, counts) not in ends:
            yield one, f"a closing counts {counts} facts about supplements, and none of them is an end"


def waits(course: Course, said: dossiers.SupplementAsked | dossiers.SupplementEnded) -> Iterator[Event]:
    """What follows at the stage of the dossier."""
    if isinstance(said, dossiers.SupplementEnded):
        yield from _over(course, said)
        return
    yield from _begun(course, said)


def _begun(course: Course, said: dossiers.SupplementAsked) -> Iterator[Event]:
    since = max(said.asked_on, course.opened_on)
    stands_still = course.clock_pauses() and (course.last_day is None or since <= course.last_day)
    course.waiting = (said.supplement_id, since, stands_still)
    yield SupplementAsked(
        dossier_id=said.dossier_id,
        supplement_id=said.supplement_id,
        stage=course.stage,
        unit=course.office(said.level),
        asked_on=said.asked_on,
        document_number=said.document_number,
        missing=said.missing,
        clock_stopped=stands_still,
        basis=course.basis(course.book.regime.supplements.articles.get(said.level)),
    )
    if stands_still and "stage_overdue" in course.tasks:
        course.tasks.remove("stage_overdue")
        yield TaskClosed(dossier_id=said.dossier_id, task="stage_overdue", closed_on=since)


def _over(course: Course, said: dossiers.SupplementEnded) -> Iterator[Event]:
    if course.waiting is None or course.waiting[0] != said.supplement_id:
        return
    _, since, stood_still = course.waiting
    course.waiting = None
    course.ends += 1
    until = max(said.ended_on, since)
    unknown = tuple(course.resume(since, until)) if stood_still else ()
    yield SupplementEnded(
        dossier_id=said.dossier_id,
        supplement_id=said.supplement_id,
        stage=course.stage,
        ended_on=said.ended_on,
        cause=said.cause,
        due_on=course.last_day,
        basis=course.basis(course.book.regime.supplements.articles.get(said.level)),
    )
    yield from unknown
