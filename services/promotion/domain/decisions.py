"""The authorities' decisions and requests, checked against the computed result before anything follows from them."""

from __future__ import annotations

from dataclasses import replace

from services.promotion.domain.announcements import (
    Announcement,
    DecisionHeld,
    DossierEnded,
    DossierForwarded,
    ProductRecognised,
    basis,
)
from services.promotion.domain.certificates import not_renewed, superseded
from services.promotion.domain.clocks import Law, add_months
from services.promotion.domain.facts import Decided, Requested
from services.promotion.domain.filing import asked, close_tasks, new_stage, opened
from services.promotion.domain.results import handed_back, move, rung_of
from services.promotion.domain.standing import (
    APPROVED_FOR,
    Alarm,
    Certificate,
    Contradiction,
    Decision,
    DecisionKind,
    Dossier,
    Pin,
    Place,
    Result,
    Standing,
    unit_of,
)
from services.promotion.domain.transitions import Phase, Step, after
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.model import Forward, HandBack, Regime, Rung

Outcome = Applied[Standing, Announcement] | Held


def decide(standing: Standing, decided: Decided, regime: Regime) -> Outcome:
    """The decision took effect; or it waits for the open stage's result; or it contradicts it and is held and alarmed.

    It waits for the result of an open stage even where it comes from another authority or speaks of a dossier before,
    so that what is announced, and in which order, does not depend on when the scores arrive.
    """
    dossier = _addressed(standing, decided)
    if not isinstance(dossier, Dossier):
        return dossier
    contradiction = contradiction_of(dossier, decided, regime)
    if contradiction is not None:
        return _held(standing, dossier, decided, contradiction)
    match decided.kind:
        case "recognise":
            return _recognise(standing, dossier, decided, regime)
        case "approve_for_central" | "approve_for_province":
            return Applied(standing.with_dossier(_decided(dossier, decided)))
        case "end_without_certificate":
            return _end(standing, dossier, decided, regime)


def request(standing: Standing, requested: Requested, law: Law) -> Outcome:
    """The dossier is forwarded and the stage above is open; without an approval before it the request is held."""
    dossier = _addressed(standing, requested)
    if not isinstance(dossier, Dossier):
        return dossier
    regime, forward = law.regime, forward_of(dossier, law.regime)
    if forward is None or forward.to != requested.to or after(dossier.phase, Step.FORWARD) is None:
        return _held(standing, dossier, requested, "dossier_over" if dossier.over else "request_not_open")
    rung, above = rung_of(regime, dossier.stage.level), rung_of(regime, forward.to)
    forwarded = DossierForwarded(
        dossier_id=dossier.dossier_id,
        from_level=rung.level,
        to_level=above.level,
        requested_on=requested.requested_on,
        decision_number=dossier.decisions[-1].number,
        basis=basis(dossier.pin, forward.article or rung.article),
    )
    stage = new_stage(law, above, dossier.kind, dossier.next_attempt(above.level), requested.requested_on)
    moved, task = asked(replace(move(dossier, Step.FORWARD), stage=stage, alarms=()))
    told = opened(regime, moved, above, requested=True)
    return Applied(standing.with_dossier(moved), (forwarded, told, *task))


def contradiction_of(dossier: Dossier, decided: Decided, regime: Regime) -> Contradiction | None:
    """Why the decision cannot stand on the latest result, or None; authority first, then kind, then stars."""
    if dossier.over:
        return "dossier_over"
    rung = deciding_rung(dossier, regime)
    if decided.level != rung.level or decided.unit != unit_of(rung.level, dossier.unit):
        return "authority_lacking"
    if after(dossier.phase, _step(decided.kind)) is None:
        return "kind_not_open"
    if decided.stars != stars_of(dossier.result):
        return "stars_differ"
    return _contradicts_stars(dossier, decided, rung, regime)


def _contradicts_stars(dossier: Dossier, decided: Decided, rung: Rung, regime: Regime) -> Contradiction | None:
    """Why these stars, which are the computed ones, do not allow this kind of decision; or None."""
    match decided.kind:
        case "recognise":
            return None if decided.stars in rung.recognises else "authority_lacking"
        case "approve_for_central" | "approve_for_province":
            forward = forward_of(dossier, regime)
            return None if forward is not None and forward.to == APPROVED_FOR[decided.kind] else "not_eligible"
        case "end_without_certificate":
            ranked = decided.stars is not None and regime.ladder.authority(decided.stars) is not None
            return "kind_not_open" if ranked else None


def _step(kind: DecisionKind) -> Step:
    match kind:
        case "recognise":
            return Step.RECOGNISE
        case "end_without_certificate":
            return Step.END
        case "approve_for_central" | "approve_for_province":
            return Step.APPROVE


def deciding_rung(dossier: Dossier, regime: Regime) -> Rung:
    """The rung whose authority has the word: that of the latest stage, or the one its result was handed back to."""
    back = _hand_back(dossier, regime)
    return rung_of(regime, dossier.stage.level if back is None else back.to)


def _hand_back(dossier: Dossier, regime: Regime) -> HandBack | None:
    """The rule by which the latest result was handed back, while it is."""
    if dossier.phase is not Phase.HANDED_BACK or dossier.result is None:
        return None
    return handed_back(regime, dossier.result)


def forward_of(dossier: Dossier, regime: Regime) -> Forward | None:
    """The rule by which the latest result takes the dossier up, or None."""
    result = dossier.result
    if result is None or result.total is None or result.stars is None:
        return None
    return rung_of(regime, result.level).forward(result.total, result.stars)


def stars_of(result: Result | None) -> int | None:
    """The stars of a result; None where there is none, or where the dossier was struck out."""
    return None if result is None else result.stars


def _recognise(standing: Standing, dossier: Dossier, decided: Decided, regime: Regime) -> Outcome:
    if decided.stars is None:
        raise ValueError("a recognition needs stars")
    months = regime.certificate_months
    certificate = Certificate(
        certificate_id=decided.certificate_id,
        dossier_id=dossier.dossier_id,
        pin=dossier.pin,
        article=months.article,
        level=decided.level,
        stars=decided.stars,
        issued_on=decided.decided_on,
        expires_on=add_months(decided.decided_on, months.value),
    )
    recognised = ProductRecognised(
        dossier_id=dossier.dossier_id,
        level=decided.level,
        stars=decided.stars,
        decision_id=decided.decision_id,
        decision_number=decided.number,
        decided_on=decided.decided_on,
        certificate_id=certificate.certificate_id,
        expires_on=certificate.expires_on,
        basis=basis(dossier.pin, *_articles(dossier, regime), months.article),
    )
    standing, ended = superseded(standing, dossier.dossier_id, decided.decided_on)
    after_it = replace(standing, dossier=_decided(dossier, decided), certificates=(*standing.certificates, certificate))
    return Applied(after_it, (recognised, *ended, *close_tasks(dossier, decided.decided_on, over=True)))


def _end(standing: Standing, dossier: Dossier, decided: Decided, regime: Regime) -> Outcome:
    ended = DossierEnded(
        dossier_id=dossier.dossier_id,
        level=decided.level,
        stars=decided.stars,
        decision_number=decided.number,
        decided_on=decided.decided_on,
        decision_id=decided.decision_id,
        basis=basis(dossier.pin, *_articles(dossier, regime)),
    )
    standing, over = not_renewed(standing, dossier.dossier_id, decided.decided_on)
    after_it = standing.with_dossier(_decided(dossier, decided))
    return Applied(after_it, (ended, *over, *close_tasks(dossier, decided.decided_on, over=True)))


def _articles(dossier: Dossier, regime: Regime) -> tuple[str | None, ...]:
    """The articles by which the deciding authority has the word."""
    authority, back = deciding_rung(dossier, regime).article, _hand_back(dossier, regime)
    return (authority,) if back is None else (authority, back.article)


def _decided(dossier: Dossier, decided: Decided) -> Dossier:
    """The dossier moved on by the decision, which is kept; it answers the alarms before it."""
    decision = Decision(
        decision_id=decided.decision_id,
        kind=decided.kind,
        level=decided.level,
        stars=decided.stars,
        number=decided.number,
        decided_on=decided.decided_on,
        place=Place(dossier.phase, dossier.stage, len(dossier.results)),
    )
    return replace(move(dossier, _step(decided.kind)), decisions=(*dossier.decisions, decision), alarms=())


def _held(standing: Standing, dossier: Dossier, fact: Decided | Requested, contradiction: Contradiction) -> Outcome:
    held = _announced(fact, contradiction, stars_of(dossier.result), dossier.pin)
    alarm = Alarm(held.decision_id, held.decision_number, contradiction)
    return Applied(standing.with_dossier(dossier.with_alarm(alarm)), (held,))


def _addressed(standing: Standing, fact: Decided | Requested) -> Dossier | Outcome:
    """The dossier the fact is about, if its authority may speak now; else what becomes of the fact."""
    dossier = standing.dossier
    if dossier is not None and dossier.phase is Phase.OPEN and not standing.paused:
        return Held(f"score:{dossier.stage.level}")
    if dossier is not None and dossier.dossier_id == fact.dossier_id:
        return dossier
    pin = next((past.pin for past in standing.past if past.dossier_id == fact.dossier_id), None)
    if pin is None:
        return Held(f"dossier:{fact.dossier_id}")
    return Applied(standing, (_announced(fact, "dossier_over", None, pin),))


def _announced(
    fact: Decided | Requested, contradiction: Contradiction, computed_stars: int | None, pin: Pin
) -> DecisionHeld:
    return DecisionHeld(
        dossier_id=fact.dossier_id,
        decision_id=fact.decision_id if isinstance(fact, Decided) else fact.request_id,
        decision_number=fact.number,
        unit=fact.unit,
        contradiction=contradiction,
        decided_stars=fact.stars if isinstance(fact, Decided) else None,
        computed_stars=computed_stars,
        basis=basis(pin),
    )
