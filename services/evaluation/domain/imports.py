"""A council's result that no sheet can be asked for, because the act's criteria are not to be had."""

from __future__ import annotations

from dataclasses import replace

from services.evaluation.domain.dossier import ByLaw, Dossier, Session, State, locate
from services.evaluation.domain.facts import Finding, Imported, Taken
from shared.kernel.outcomes import Applied, Held
from shared.rulebooks.model import Regime

Outcome = Applied[State, Finding] | Held


def take(state: State, imported: Imported, regime: Regime) -> Outcome:
    """The stage is concluded with the result as its paper says; it waits until the stage is open.

    The sitting is kept as one without members or sheets, so that it can be annulled like any other. It is unused where
    the dossier is over or its stage has a result.
    """
    dossier = locate(state, imported.dossier_id)
    if not isinstance(dossier, Dossier):
        return dossier or Applied(state)
    if dossier.unanswered:
        return Held(f"correction:{dossier.unanswered[0]}")
    sitting = Session(imported.session_id, imported.level, (), ByLaw(None, None, chair_required=False), "unused")
    stage = dossier.stage(imported.level)
    if not dossier.over and (stage is None or stage.taken_back):
        return Held(f"stage:{imported.level}")
    if dossier.over or stage is None or stage.concluded:
        return Applied(state.with_dossier(dossier.with_session(sitting)))
    concluded, scored = replace(stage, concluded=True), replace(sitting, status="scored", attempt=stage.attempt)
    band = next(band for band in regime.bands if band.holds(imported.total))
    finding = Taken(concluded, imported, band.stars, (band.article,))
    return Applied(state.with_dossier(dossier.with_session(scored).with_stage(concluded)), (finding,))
