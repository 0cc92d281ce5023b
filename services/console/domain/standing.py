"""Where a product stands now, derived from its story; points only after the authority's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.console.domain.story import Fact, State


class Status(StrEnum):
    """How far the current dossier has come."""

    REGISTERED = "registered"
    FILED = "filed"
    AT_COMMUNE = "at_commune"
    RETURNED = "returned"
    AT_DISTRICT = "at_district"
    AT_PROVINCE = "at_province"
    SESSION_SET = "session_set"
    SCORED = "scored"
    ELIGIBLE = "eligible"
    FORWARDED = "forwarded"
    AT_CENTRE = "at_centre"
    RECOGNISED_3 = "recognised_3"
    RECOGNISED_4 = "recognised_4"
    RECOGNISED_5 = "recognised_5"
    ENDED = "ended"
    CERTIFICATE_ENDED = "certificate_ended"
    CERTIFICATE_WITHDRAWN = "certificate_withdrawn"
    WITHDRAWN = "withdrawn"


class Alarm(StrEnum):
    """Why a person must look at the product."""

    DECISION_HELD = "decision_held"
    TASK_OPEN = "task_open"
    OVERDUE = "overdue"
    ANNULMENT_DUE = "annulment_due"
    OLD_RULES_ENDED = "old_rules_ended"
    WITHDRAWAL_DUE = "withdrawal_due"
    SUPPLEMENT_OPEN = "supplement_open"


class Stage(StrEnum):
    """Where the product is counted in the overview."""

    REGISTERED = "registered"
    COMMUNE = "commune"
    DISTRICT = "district"
    PROVINCE = "province"
    CENTRAL = "central"
    RECOGNISED_3 = "recognised_3"
    RECOGNISED_4 = "recognised_4"
    RECOGNISED_5 = "recognised_5"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Standing:
    """One row of the overview; `round_ends_on` is the last day of the round its dossier is in, while it is not over."""

    status: Status
    stage: Stage
    stars: int | None
    alarms: tuple[Alarm, ...]
    open_tasks: int
    round_ends_on: date | None


_OVER = ("DossierReturned", "ProductRecognised", "DossierEnded", "DossierWithdrawn")
_TAKEN_BACK = ("DecisionAnnulled", "SessionAnnulled")
_COUNTED_AT = {"commune": Stage.COMMUNE, "district": Stage.DISTRICT, "central": Stage.CENTRAL}
_TASK_ALARMS = {
    "decide_on_central_result": Alarm.TASK_OPEN,
    "decide_on_result_above": Alarm.TASK_OPEN,
    "old_rules_ended": Alarm.OLD_RULES_ENDED,
    "stage_overdue": Alarm.OVERDUE,
    "annul_decision": Alarm.ANNULMENT_DUE,
    "withdraw_certificate": Alarm.WITHDRAWAL_DUE,
    "withdrawal_overdue": Alarm.OVERDUE,
}
_OF_CERTIFICATE = ("withdraw_certificate", "withdrawal_overdue")
"""Tasks about a certificate, whichever of the product's dossiers it was issued on."""


def standing(state: State) -> Standing:
    """The product's standing: its current dossier's, and the stars of a certificate that has not ended."""
    dossier = _Dossier(state)
    status = dossier.status()
    certificate = state.certificate
    if status.startswith("recognised") and certificate is not None and not certificate.in_force:
        status = Status.CERTIFICATE_WITHDRAWN if certificate.withdrawn else Status.CERTIFICATE_ENDED
    tasks = dossier.open_tasks() | _certificate_tasks(state)
    alarms = {_TASK_ALARMS[task] for task in tasks if task in _TASK_ALARMS}
    if dossier.decision_held() or _withdrawal_held(state):
        alarms.add(Alarm.DECISION_HELD)
    if dossier.waits_for_supplement():
        alarms.add(Alarm.SUPPLEMENT_OPEN)
    return Standing(
        status=status,
        stage=dossier.stage(status),
        stars=certificate.stars if certificate is not None and certificate.in_force else None,
        alarms=tuple(sorted(alarms)),
        open_tasks=len(tasks),
        round_ends_on=dossier.round_ends_on(),
    )


def may_show_points(state: State, scored: Fact) -> bool:
    """True once the authority has decided on this result: sent up, recognised or ended without certificate.

    A result of a second attempt is not shown because of a decision on the first.
    """
    facts = [fact for fact in state.story if fact.dossier_id == scored.dossier_id and fact.family == "promotions"]
    opened = [
        fact.sequence
        for fact in facts
        if fact.kind == "StageOpened" and (fact.level, fact.attempt) == (scored.level, scored.attempt)
    ]
    deciding = set(_OVER) if scored.level == "central" else {*_OVER, "DossierForwarded"}
    return bool(opened) and any(fact.kind in deciding and fact.sequence > max(opened) for fact in facts)


def may_show_eligible(state: State, eligible: Fact) -> bool:
    """True once the level that found the result has approved it for the council above, which tells of its points.

    An approval that was annulled, or a session annulled since, lets nothing be shown.
    """
    facts = [fact for fact in state.story if fact.dossier_id == eligible.dossier_id]
    gone = {fact.about for fact in facts if fact.kind in {"DecisionHeld", "DecisionAnnulled"}}
    decisions = _in_order(facts, "dossiers")
    annulled = _last(decisions, "SessionAnnulled")
    return any(
        fact.kind == "DecisionApproved"
        and fact.word == f"approve_for_{eligible.level}"
        and fact.about not in gone
        and (annulled is None or fact.sequence > annulled.sequence)
        for fact in decisions
    )


def _certificate_tasks(state: State) -> set[str]:
    """What is open about the product's certificate."""
    tasks: set[str] = set()
    for fact in _in_order(state.story, "promotions"):
        if fact.kind == "TaskOpened" and fact.word in _OF_CERTIFICATE:
            tasks.add(fact.word)
        elif fact.kind == "TaskClosed" and fact.word:
            tasks.discard(fact.word)
    return tasks


def _withdrawal_held(state: State) -> bool:
    """A contradicting decision to withdraw stands until another one comes, or the certificate is over."""
    decisions = [fact for fact in _in_order(state.story, "dossiers") if fact.kind == "CertificateWithdrawn"]
    promotions = _in_order(state.story, "promotions")
    over = _last(promotions, "CertificateWithdrawn", "CertificateEnded", "ProductRecognised")
    held = {
        fact.about
        for fact in promotions
        if fact.kind == "DecisionHeld" and (over is None or fact.sequence > over.sequence)
    }
    return bool(decisions) and decisions[-1].about in held


class _Dossier:
    """The facts of the current dossier, each topic's in its own order."""

    def __init__(self, state: State) -> None:
        facts = [fact for fact in state.story if fact.dossier_id == state.dossier_id and fact.dossier_id is not None]
        self._state = state
        self._filed = bool(facts)
        self._dossiers = _in_order(facts, "dossiers")
        self._scores = _in_order(facts, "scores")
        self._promotions = _in_order(facts, "promotions")
        taken_back = _last(self._promotions, *_TAKEN_BACK)
        self._counting = [
            fact for fact in self._promotions if taken_back is None or fact.sequence >= taken_back.sequence
        ]
        self._opened = _last(self._promotions, "StageOpened", "DecisionAnnulled")

    def status(self) -> Status:
        if not self._filed:
            return Status.REGISTERED
        over = _last(self._counting, *_OVER)
        return self._under_way() if over is None else _ended_as(over)

    def _under_way(self) -> Status:
        match self._opened.level if self._opened else None:
            case None:
                return Status.FILED
            case "commune":
                return Status.AT_COMMUNE
            case "central":
                return self._at_council(Status.AT_CENTRE)
            case level:
                if self._sent_up():
                    return Status.FORWARDED
                waiting = Status.AT_DISTRICT if level == "district" else Status.AT_PROVINCE
                return Status.ELIGIBLE if self._approved() else self._at_council(waiting)

    def stage(self, status: Status) -> Stage:
        match status:
            case Status.REGISTERED:
                return Stage.REGISTERED
            case Status.FILED:
                return Stage.COMMUNE
            case Status.RECOGNISED_3 | Status.RECOGNISED_4 | Status.RECOGNISED_5:
                return Stage(status.value)
            case (
                Status.RETURNED
                | Status.ENDED
                | Status.CERTIFICATE_ENDED
                | Status.CERTIFICATE_WITHDRAWN
                | Status.WITHDRAWN
            ):
                return Stage.OVER
            case _:
                at = _last(self._promotions, "DossierForwarded") if status is Status.FORWARDED else self._opened
                return _COUNTED_AT.get((at.level if at else None) or "", Stage.PROVINCE)

    def round_ends_on(self) -> date | None:
        """That of the stage where the dossier stands, be it put back there."""
        if self._opened is None or _last(self._counting, *_OVER) is not None:
            return None
        at = (self._opened.level, self._opened.attempt)
        there = [fact for fact in self._promotions if fact.kind == "StageOpened" and (fact.level, fact.attempt) == at]
        return there[-1].expires_on if there else None

    def open_tasks(self) -> set[str]:
        tasks: set[str] = set()
        for fact in self._promotions:
            if fact.kind == "TaskOpened" and fact.word:
                tasks.add(fact.word)
            elif fact.kind == "TaskClosed" and fact.word:
                tasks.discard(fact.word)
        over = _last(self._counting, *_OVER)
        return tasks if over is None else {task for task in tasks if task == "annul_decision"}

    def decision_held(self) -> bool:
        """A contradicting decision stands until a right one came or the dossier went on (it is never certified)."""
        moved = _last(self._promotions, *_OVER, "DossierForwarded")
        withdrawals = {fact.about for fact in self._state.story if fact.kind == "CertificateWithdrawn"}
        held = [
            fact
            for fact in self._promotions
            if fact.kind == "DecisionHeld"
            and fact.about not in withdrawals
            and (moved is None or fact.sequence > moved.sequence)
        ]
        if not held:
            return False
        contradicted = {fact.about for fact in held}
        decisions = [fact for fact in self._dossiers if fact.kind == "DecisionApproved"]
        return not decisions or decisions[-1].about in contradicted

    def waits_for_supplement(self) -> bool:
        """What was asked for last has not come, and nothing overtook it."""
        last = _last(self._promotions, "SupplementAsked", "SupplementEnded", *_OVER)
        return last is not None and last.kind == "SupplementAsked"

    def _sent_up(self) -> bool:
        """It was sent up, and the stage above has not opened yet."""
        sent = _last(self._counting, "DossierForwarded")
        return sent is not None and (self._opened is None or sent.sequence > self._opened.sequence)

    def _approved(self) -> bool:
        """Its level approved the result for the council above; before that nobody sees that it is eligible."""
        eligible, opened = _last(self._promotions, "ProductEligible"), self._opened
        here = eligible is not None and (opened is None or eligible.level != opened.level)
        return eligible is not None and here and may_show_eligible(self._state, eligible)

    def _at_council(self, waiting: Status) -> Status:
        opened = self._opened
        level = opened.level if opened else None
        attempt = opened.attempt if opened else None
        if any(f.kind == "ProductScored" and (f.level, f.attempt) == (level, attempt) for f in self._scores):
            return Status.SCORED
        finished = {fact.about for fact in self._scores if fact.kind in {"ProductScored", "SessionVoided"}}
        finished |= {fact.about for fact in self._dossiers if fact.kind == "SessionAnnulled"}
        seated = [fact for fact in self._dossiers if fact.kind == "CouncilSeated" and fact.level == level]
        return Status.SESSION_SET if any(fact.about not in finished for fact in seated) else waiting


def _ended_as(over: Fact) -> Status:
    match over.kind:
        case "DossierReturned":
            return Status.RETURNED
        case "ProductRecognised":
            return Status(f"recognised_{over.stars}")
        case "DossierWithdrawn":
            return Status.WITHDRAWN
        case _:
            return Status.ENDED


def _in_order(facts: Sequence[Fact], family: str) -> list[Fact]:
    return sorted((fact for fact in facts if fact.family == family), key=lambda fact: fact.sequence)


def _last(facts: Sequence[Fact], *kinds: str) -> Fact | None:
    return next((fact for fact in reversed(facts) if fact.kind in kinds), None)
