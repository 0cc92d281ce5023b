"""A dossier's course through evaluation: filed, its stages opened, the commune's report, over."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.evaluation.domain.dossier import Dossier, Stage, State, locate
from services.evaluation.domain.facts import Assessed, AssessmentConcluded, Filed, Finding, Opened
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.model import Rung

Outcome = Applied[State, Finding] | Held


def file(state: State, filed: Filed) -> Outcome:
    """The dossier is the product's current one; it waits until the one before it is over."""
    dossier = Dossier(filed.dossier_id, filed.regime, filed.rulebook, filed.criteria_set)
    if state.dossier is None:
        return Applied(State(dossier))
    if not state.dossier.over:
        return Held("dossier-over")
    return Applied(State(dossier, (*state.past, state.dossier.dossier_id)))


def open_stage(state: State, opened: Opened) -> Outcome:
    """The stage may be concluded from now on."""
    dossier = locate(state, opened.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    if any((stage.level, stage.attempt) == (opened.level, opened.attempt) for stage in dossier.stages):
        return Applied(state)
    return Applied(state.with_dossier(dossier.with_stage(Stage(opened.level, opened.attempt))))


def end(state: State, dossier_id: UUID) -> Outcome:
    """The dossier is over: no session over it finds anything.

    It waits until every opened stage is concluded, so that a replay, which meets the end early, finds the same.
    """
    dossier = locate(state, dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    if dossier.over:
        return Applied(state)
    pending = next((stage for stage in dossier.stages if not stage.concluded and not stage.taken_back), None)
    if pending is not None:
        return Held(f"score:{pending.level}")
    return Applied(state.with_dossier(replace(dossier, over=True)))


def assess(state: State, assessed: Assessed, rung: Rung) -> Outcome:
    """The stage of the assessing level is concluded with the commune's own outcome (article 7.2)."""
    dossier = locate(state, assessed.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    stage = dossier.stage(rung.level)
    if stage is None:
        return Held(f"stage:{rung.level}")
    if stage.concluded:
        return Applied(state)
    concluded = replace(stage, concluded=True)
    finding = AssessmentConcluded(
        dossier_id=dossier.dossier_id,
        stage=concluded,
        outcome=assessed.outcome,
        assessed_on=assessed.assessed_on,
        reason=assessed.reason,
        findings_met=assessed.findings_met,
        articles=(rung.article,),
        supplements=assessed.supplements,
    )
    return Applied(state.with_dossier(dossier.with_stage(concluded)), (finding,))
