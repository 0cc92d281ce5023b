"""Where a product stands: its dossier on the ladder, the results and decisions so far, and its certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from services.promotion.domain.clocks import Uncounted, Waits
from services.promotion.domain.transitions import OVER, Phase

MINISTRY = "bnnmt"
CENTRAL = "central"

DecisionKind = Literal["recognise", "approve_for_central", "end_without_certificate", "approve_for_province"]
TaskKind = Literal[
    "decide_on_central_result",
    "stage_overdue",
    "annul_decision",
    "due_day_unknown",
    "decide_on_result_above",
    "old_rules_ended",
    "withdraw_certificate",
    "withdrawal_overdue",
]
Contradiction = Literal[
    "stars_differ",
    "authority_lacking",
    "kind_not_open",
    "not_eligible",
    "dossier_over",
    "request_not_open",
    "no_certificate",
]

APPROVED_FOR: Mapping[DecisionKind, str] = MappingProxyType(
    {"approve_for_central": CENTRAL, "approve_for_province": "province"}
)
"""The level for which a decision approves a result, by its kind; the other kinds end the dossier."""

LASTING: tuple[TaskKind, ...] = ("old_rules_ended",)
"""The tasks that only the end of the dossier does."""

ALARMS_MAX = 20
"""How many contradicting decisions a dossier remembers; each was announced, so an older one is not lost."""


@dataclass(frozen=True, slots=True)
class Pin:
    """The act a dossier was filed under, and the version of its rulebook."""

    regime: str
    act: str
    rulebook: str


@dataclass(frozen=True, slots=True)
class Wait:
    """What a supplement is waited for, `until` it ended (None: it is open); `stops` where the clock stands still."""

    supplement_id: UUID
    since: date
    stops: bool
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """The latest stage: `due_on` is the last day the act allows, by `due_article`; `voided` counts void sessions.

    Where the limit is `uncounted`, `due_on` is None until the working days it needs are announced. `waits` are those
    for its supplements, in order; the last one may be open.
    """

    level: str
    attempt: int
    opened_on: date
    due_on: date | None
    due_article: str | None
    voided: int = 0
    uncounted: Uncounted | None = None
    waits: tuple[Wait, ...] = ()

    @property
    def waiting(self) -> Wait | None:
        """The wait that is open."""
        return self.waits[-1] if self.waits and self.waits[-1].until is None else None

    @property
    def stopped(self) -> bool:
        """True while its clock stands still."""
        return self.waiting is not None and self.waiting.stops

    @property
    def stood_still(self) -> Waits:
        """Since when its clock stood still, and until when, of each wait that is over."""
        return tuple((wait.since, wait.until) for wait in self.waits if wait.stops and wait.until is not None)


@dataclass(frozen=True, slots=True)
class Result:
    """What a council found; total and stars are None where it struck the dossier out."""

    level: str
    attempt: int
    total: Fraction | None
    stars: int | None
    closed_on: date


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dossier stood when a decision was applied; `results` is how many results it had."""

    phase: Phase
    stage: Stage
    results: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of an authority that was applied; where it is annulled, the dossier stands at `place` again."""

    decision_id: UUID
    kind: DecisionKind
    level: str
    stars: int | None
    number: str
    decided_on: date
    place: Place | None = None

    @property
    def final(self) -> bool:
        """True when the decision ended the dossier."""
        return self.kind not in APPROVED_FOR


@dataclass(frozen=True, slots=True)
class Correction:
    """A decision annulled (`decision_id`), or the session that gave the score of stage `scored` (level, attempt)."""

    dossier_id: UUID
    correction_id: UUID
    annulled_on: date
    document_number: str
    reason: str
    decision_id: UUID | None = None
    decision_number: str | None = None
    scored: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Evaluation took a correction in: every finding before it is here. `scored` is the stage whose score is annulled.

    Where it `pauses`, no finding on the dossier follows before the correction is answered.
    """

    dossier_id: UUID
    correction_id: UUID
    scored: tuple[str, int] | None
    pauses: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """A decision or request that contradicts the computed result, until a right one comes."""

    decision_id: UUID
    number: str
    contradiction: Contradiction


@dataclass(frozen=True, slots=True)
class Dossier:
    """The product's dossier and its way so far; `tasks` are those open.

    `attempts` are stages (level, attempt) that were taken back; `deferred` are corrections that wait until the final
    decision that rests on what they annul is annulled itself. `filed_on` is None where it was not kept yet.
    `supplements` counts the facts about supplements that were taken in.
    """

    dossier_id: UUID
    unit: str
    kind: str
    pin: Pin
    phase: Phase
    stage: Stage
    results: tuple[Result, ...] = ()
    decisions: tuple[Decision, ...] = ()
    tasks: tuple[TaskKind, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    attempts: tuple[tuple[str, int], ...] = ()
    deferred: tuple[Correction, ...] = ()
    filed_on: date | None = None
    supplements: int = 0

    @property
    def over(self) -> bool:
        """True when nothing more can happen to the dossier."""
        return self.phase in OVER

    @property
    def result(self) -> Result | None:
        """The latest result of a council."""
        return self.results[-1] if self.results else None

    @property
    def lasting(self) -> tuple[TaskKind, ...]:
        """The open tasks that only the end of the dossier does."""
        return tuple(task for task in self.tasks if task in LASTING)

    def next_attempt(self, level: str) -> int:
        """The number of the next stage at a level."""
        held = ((result.level, result.attempt) for result in self.results)
        known = (*held, *self.attempts, (self.stage.level, self.stage.attempt))
        return 1 + max((attempt for there, attempt in known if there == level), default=0)

    def with_alarm(self, alarm: Alarm) -> Dossier:
        """The dossier with one more alarm, the oldest gone beyond `ALARMS_MAX`."""
        return replace(self, alarms=(*self.alarms, alarm)[-ALARMS_MAX:])


@dataclass(frozen=True, slots=True)
class Past:
    """A dossier before the current one, and the act it was filed under."""

    dossier_id: UUID
    pin: Pin


@dataclass(frozen=True, slots=True)
class RenewalFiled:
    """The dossier filed last to renew a certificate, under its own act.

    `late_by` is the article of a late one, None for one in time.
    """

    dossier_id: UUID
    pin: Pin
    filed_on: date
    late_by: str | None


@dataclass(frozen=True, slots=True)
class Extension:
    """The certificate stays valid through `until` at most, by the act of its renewal; `article` None: it is silent."""

    until: date
    pin: Pin
    article: str | None


@dataclass(frozen=True, slots=True)
class Violation:
    """The certificate is to be withdrawn through `due_on`, by `article` (8.4); `overdue` once that was told."""

    due_on: date | None
    article: str | None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, in force through `valid_to` unless `ended`, `annulled` or `withdrawn`.

    `expires_on` is the last day of its months (by `article`). `ended_by` is the dossier whose result ended it, if one
    did; `reminded` counts the reminders told.
    """

    certificate_id: UUID
    dossier_id: UUID
    pin: Pin
    article: str | None
    level: str
    stars: int
    issued_on: date
    expires_on: date
    ended: bool = False
    annulled: bool = False
    withdrawn: bool = False
    ended_by: UUID | None = None
    reminded: int = 0
    renewal: RenewalFiled | None = None
    extension: Extension | None = None
    violation: Violation | None = None

    @property
    def in_force(self) -> bool:
        """True until it ended, was annulled or was withdrawn."""
        return not (self.ended or self.annulled or self.withdrawn)

    @property
    def valid_to(self) -> date:
        """Its last valid day, as far as is known now."""
        return self.expires_on if self.extension is None else self.extension.until


@dataclass(frozen=True, slots=True)
class Standing:
    """A product at promotion; `notes` are corrections that evaluation has told of and registration not yet."""

    dossier: Dossier | None = None
    past: tuple[Past, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def paused(self) -> bool:
        """True when no finding on the current dossier follows before a correction is answered."""
        current = None if self.dossier is None else self.dossier.dossier_id
        return any(note.pauses and note.dossier_id == current for note in self.notes)

    @property
    def certificate(self) -> Certificate | None:
        """The latest certificate that was not annulled; no other can be in force."""
        return next((one for one in reversed(self.certificates) if not one.annulled), None)

    @property
    def in_force(self) -> Certificate | None:
        """The certificate in force."""
        return self.certificate if self.certificate is not None and self.certificate.in_force else None

    def with_certificate(self, certificate: Certificate) -> Standing:
        """The standing with one of its certificates changed."""
        changed = (
            certificate if one.certificate_id == certificate.certificate_id else one for one in self.certificates
        )
        return replace(self, certificates=tuple(changed))

    def with_dossier(self, dossier: Dossier) -> Standing:
        """The standing with its current dossier changed."""
        return replace(self, dossier=dossier)


def unit_of(level: str, province: str) -> str:
    """The unit whose office works at a level: the ministry at the centre, the province below it."""
    return MINISTRY if level == CENTRAL else province
