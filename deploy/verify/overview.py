"""The console's rows: where each product stands, derived anew from all that the console reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from deploy.verify.certificates import TASKS
from deploy.verify.findings import Unexplained
from deploy.verify.flow import Flow
from deploy.verify.history import Told
from deploy.verify.rows import against
from shared.contracts import dossiers as admitted
from shared.contracts.dossiers import (
    CommuneAssessed,
    CouncilSeated,
    DecisionApproved,
    DossierFiled,
    ProductRegistered,
)
from shared.contracts.event import Event
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    DecisionHeld,
    DossierEnded,
    DossierForwarded,
    DossierReturned,
    DossierWithdrawn,
    ProductEligible,
    ProductRecognised,
    SessionAnnulled,
    StageOpened,
    SupplementAsked,
    SupplementEnded,
    TaskClosed,
    TaskOpened,
)
from shared.contracts.scores import ProductScored, SessionVoided, Stage
from shared.contracts.topics import DOSSIERS, NOTICES, PROMOTIONS, SCORES

STORY_FACTS_MAX: Final = 200
"""Of a longer story the console keeps the latest facts only, and no standing can be derived from outside."""
_ALARMS: Final = {
    "decide_on_central_result": "task_open",
    "decide_on_result_above": "task_open",
    "old_rules_ended": "old_rules_ended",
    "stage_overdue": "overdue",
    "annul_decision": "annulment_due",
    "withdraw_certificate": "withdrawal_due",
    "withdrawal_overdue": "overdue",
}
_OVER: Final = (DossierReturned, ProductRecognised, DossierEnded, DossierWithdrawn)


def check_overview(flow: Flow) -> Iterator[Unexplained]:
    """The rows of products that are missing, differ, or have no ground."""
    due: dict[str, Mapping[str, Any]] = {}
    for subject in flow.history.subjects(DOSSIERS):
        told = {t.name: flow.taken("console", t, subject) for t in (DOSSIERS, SCORES, PROMOTIONS, NOTICES)}
        facts = sum(len(each) for each in told.values())
        if subject not in flow.history.broken and not subject.startswith("day/") and facts <= STORY_FACTS_MAX:
            due[subject] = _row(told)
    yield from against(flow, "console", "product_row", "product_id", due)


def _row(told: Mapping[str, Sequence[Told]]) -> Mapping[str, Any]:
    product = _Product(*([one.event for one in told[t.name] if one.event] for t in (DOSSIERS, SCORES, PROMOTIONS)))
    named = [e for e in product.dossiers if isinstance(e, ProductRegistered | DossierFiled)]
    notices = Counter(type(one.event).__name__ for one in told[NOTICES.name])
    status, tasks = product.status(), product.open_tasks() | product.certificate_tasks()
    held = {"decision_held"} if product.decision_held() or product.withdrawal_held() else set()
    held |= {"supplement_open"} if product.waits_for_supplement() else set()
    alarms = held | {_ALARMS[task] for task in tasks if task in _ALARMS}
    numbers = [e.number for e in product.dossiers if isinstance(e, CommuneAssessed) and e.number is not None]
    last = named[-1]
    return {
        "number": numbers[-1] if numbers else None,
        "name": last.name if isinstance(last, ProductRegistered) else last.product_name,
        "province": last.unit,
        "commune": last.commune_code,
        "status": status,
        "stage": product.stage(status),
        "stars": product.stars(),
        "alarms": sorted(alarms),
        "open_tasks": len(tasks),
        "notices_written": notices["NoticeWritten"],
        "notices_sent": notices["NoticeSent"],
        "notices_failed": notices["NoticeFailed"],
        "round_ends_on": product.round_ends_on(),
        "updated_ms": max(one.recorded_ms for each in told.values() for one in each),
    }


@dataclass
class _Product:
    """What the console has read of one product, each topic's events in order."""

    dossiers: Sequence[Event]
    scores: Sequence[Event]
    promotions: Sequence[Event]

    def status(self) -> str:
        """How far the current dossier has come."""
        match self._over():
            case ProductRecognised() as recognised:
                _, state = self._certificate()
                return f"recognised_{recognised.stars}" if state in {"", "annulled"} else f"certificate_{state}"
            case DossierWithdrawn():
                return "withdrawn"
            case DossierReturned():
                return "returned"
            case DossierEnded():
                return "ended"
            case _:
                return "registered" if self._dossier() is None else self._under_way()

    def _under_way(self) -> str:
        match self._stage():
            case None:
                return "filed"
            case Stage(level="commune"):
                return "at_commune"
            case Stage(level="central") as stage:
                return self._at_council(stage, "at_centre")
            case stage:
                waiting = "at_district" if stage.level == "district" else "at_province"
                return "eligible" if self._approved(stage) else self._at_council(stage, waiting)

    def stage(self, status: str) -> str:
        """Where the overview counts the product."""
        if status in {"filed", "at_commune"}:
            return "commune"
        if status == "registered" or status.startswith("recognised_"):
            return status
        if status in {"returned", "ended", "certificate_ended", "certificate_withdrawn", "withdrawn"}:
            return "over"
        stage = self._stage()
        return stage.level if stage is not None and stage.level in {"district", "central"} else "province"

    def round_ends_on(self) -> date | None:
        """The last day of the round of the stage where the dossier stands, unless it is over."""
        stage, opened = self._stage(), [e for e in self._own(self.promotions) if isinstance(e, StageOpened)]
        rounds = [e.round for e in opened if e.stage == stage]
        return rounds[-1].ends_on if rounds and rounds[-1] and self._over() is None else None

    def stars(self) -> int | None:
        """The stars of the latest certificate while it is in force."""
        issued, state = self._certificate()
        return issued.stars if issued is not None and not state else None

    def open_tasks(self) -> set[str]:
        """The tasks open on the current dossier; over one that is over, the annulment of its decision at most."""
        tasks: set[str] = set()
        for event in self._own(self.promotions):
            if isinstance(event, TaskOpened):
                tasks.add(event.task)
            elif isinstance(event, TaskClosed):
                tasks.discard(event.task)
        return tasks if self._over() is None else tasks & {"annul_decision"}

    def decision_held(self) -> bool:
        """A contradiction stands until the dossier moved on or another decision came after it."""
        held: set[UUID] = set()
        for event in self._own(self.promotions):
            if isinstance(event, (*_OVER, DossierForwarded)):
                held = set()
            elif isinstance(event, DecisionHeld) and event.decision_id not in self._withdrawals():
                held.add(event.decision_id)
        decisions = [e.decision_id for e in self._own(self.dossiers) if isinstance(e, DecisionApproved)]
        return bool(held) and (not decisions or decisions[-1] in held)

    def waits_for_supplement(self) -> bool:
        """The current dossier is not over, and the last said of a supplement is that it is asked for."""
        return isinstance(self._last(SupplementAsked, SupplementEnded, *_OVER), SupplementAsked)

    def _dossier(self) -> UUID | None:
        return next((e.dossier_id for e in reversed(self.dossiers) if isinstance(e, DossierFiled)), None)

    def _own(self, events: Sequence[Event]) -> list[Event]:
        dossier = self._dossier()
        return [event for event in events if getattr(event, "dossier_id", None) == dossier]

    def _last(self, *kinds: type[Event]) -> Event | None:
        return next((event for event in reversed(self._own(self.promotions)) if isinstance(event, kinds)), None)

    def _over(self) -> Event | None:
        """What the current dossier ended with, unless it was annulled since."""
        return next((e for e in reversed(self._counting()) if isinstance(e, _OVER)), None)

    def _counting(self) -> list[Event]:
        """What was told since something was taken back."""
        own = self._own(self.promotions)
        last = max((at for at, e in enumerate(own) if isinstance(e, DecisionAnnulled | SessionAnnulled)), default=0)
        return own[last:]

    def _stage(self) -> Stage | None:
        """Where the dossier stands: at the stage opened last, or where an annulment has put it back."""
        last = self._last(StageOpened, DecisionAnnulled)
        return last.stage if isinstance(last, StageOpened | DecisionAnnulled) else None

    def _certificate(self) -> tuple[ProductRecognised | None, str]:
        """The latest certificate, and why it is in force no more; an annulment may put the one before back."""
        issued: dict[UUID, ProductRecognised] = {}
        latest, state = None, ""
        for event in self.promotions:
            match event:
                case ProductRecognised():
                    issued[event.certificate_id] = event
                    latest, state = event.certificate_id, ""
                case CertificateEnded(certificate_id=name) if name == latest:
                    state = "ended"
                case CertificateExtended(certificate_id=name) if name == latest:
                    state = ""
                case CertificateWithdrawn(certificate_id=name) if name == latest:
                    state = "withdrawn"
                case DecisionAnnulled(restored_id=UUID() as restored):
                    latest, state = restored, ""
                case DecisionAnnulled(certificate_id=name) if name is not None and name == latest:
                    state = "annulled"
        return (None, "") if latest is None else (issued[latest], state)

    def certificate_tasks(self) -> set[str]:
        """What is open about a certificate, whichever dossier brought it."""
        tasks: set[str] = set()
        for event in self.promotions:
            if isinstance(event, TaskOpened) and event.task in TASKS:
                tasks.add(event.task)
            elif isinstance(event, TaskClosed):
                tasks.discard(event.task)
        return tasks

    def withdrawal_held(self) -> bool:
        """The last decision to withdraw a certificate contradicts, and the certificate is not over since."""
        held: set[UUID] = set()
        for event in self.promotions:
            if isinstance(event, CertificateWithdrawn | CertificateEnded | ProductRecognised):
                held = set()
            elif isinstance(event, DecisionHeld):
                held.add(event.decision_id)
        decisions = self._withdrawals()
        return bool(decisions) and decisions[-1] in held

    def _withdrawals(self) -> list[UUID]:
        return [e.decision_id for e in self.dossiers if isinstance(e, admitted.CertificateWithdrawn)]

    def _approved(self, stage: Stage) -> bool:
        """The result was approved for the council above, and that decision was neither held nor annulled since."""
        said, told = self._own(self.dossiers), self._own(self.promotions)
        gone = {e.decision_id for e in told if isinstance(e, DecisionHeld | DecisionAnnulled)}
        gone |= {e.decision_id for e in said if isinstance(e, admitted.DecisionAnnulled)}
        since = max((at for at, e in enumerate(said) if isinstance(e, admitted.SessionAnnulled)), default=0)
        eligible = self._last(ProductEligible)
        if not isinstance(eligible, ProductEligible) or eligible.level == stage.level:
            return False
        kind = f"approve_for_{eligible.level}"
        approvals = (e for e in said[since:] if isinstance(e, DecisionApproved) and e.kind == kind)
        return any(approval.decision_id not in gone for approval in approvals)

    def _at_council(self, stage: Stage, waiting: str) -> str:
        scores = self._own(self.scores)
        if any(isinstance(e, ProductScored) and e.stage == stage for e in scores):
            return "scored"
        own = self._own(self.dossiers)
        sat = {e.session_id for e in scores if isinstance(e, ProductScored | SessionVoided)}
        sat |= {e.session_id for e in own if isinstance(e, admitted.SessionAnnulled)}
        called = (e for e in own if isinstance(e, CouncilSeated))
        waits = any(call.level == stage.level and call.session_id not in sat for call in called)
        return "session_set" if waits else waiting
