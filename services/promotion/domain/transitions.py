"""The way of a dossier as a table: what may happen in each phase, and which phase follows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Phase(StrEnum):
    """Where a dossier is on its rung of the ladder."""

    OPEN = "open"
    """A stage is open and has no result."""
    SCORED = "scored"
    """The level's own authority has the word."""
    APPROVED = "approved"
    """The authority approved the result for the level above; its request is awaited."""
    HANDED_BACK = "handed_back"
    """The authority of the level that sent the dossier up decides on the higher council's result."""
    RETURNED = "returned"
    RECOGNISED = "recognised"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What moves a dossier on."""

    REQUEST_EVALUATION = "request_evaluation"
    RETURN = "return"
    SCORE = "score"
    HAND_BACK = "hand_back"
    APPROVE = "approve"
    FORWARD = "forward"
    RECOGNISE = "recognise"
    END = "end"
    WITHDRAW = "withdraw"


_OPEN = {
    Step.REQUEST_EVALUATION: Phase.OPEN,  # 7.2.b: the next stage
    Step.RETURN: Phase.RETURNED,  # 7.2
    Step.SCORE: Phase.SCORED,  # 7.3.d, 7.4.d
    Step.HAND_BACK: Phase.HANDED_BACK,  # 7.4.g
    Step.WITHDRAW: Phase.WITHDRAWN,  # not in the act
}
_SCORED = {
    Step.RECOGNISE: Phase.RECOGNISED,  # 7.3.e, 7.4.e
    Step.APPROVE: Phase.APPROVED,  # 7.3.e
    Step.END: Phase.ENDED,  # 4.1.a
    Step.WITHDRAW: Phase.WITHDRAWN,  # not in the act
}
_APPROVED = {
    Step.FORWARD: Phase.OPEN,  # 6.3, 7.3.e: the stage above
    Step.RECOGNISE: Phase.RECOGNISED,  # the province may still keep 4 stars, 7.3.e
    Step.WITHDRAW: Phase.WITHDRAWN,  # not in the act
}
_HANDED_BACK = {
    Step.RECOGNISE: Phase.RECOGNISED,  # 7.4.g
    Step.END: Phase.ENDED,  # 4.1.a
    Step.WITHDRAW: Phase.WITHDRAWN,  # not in the act
}

TRANSITIONS: Mapping[Phase, Mapping[Step, Phase]] = MappingProxyType(
    {
        Phase.OPEN: MappingProxyType(_OPEN),
        Phase.SCORED: MappingProxyType(_SCORED),
        Phase.APPROVED: MappingProxyType(_APPROVED),
        Phase.HANDED_BACK: MappingProxyType(_HANDED_BACK),
        Phase.RETURNED: MappingProxyType({}),
        Phase.RECOGNISED: MappingProxyType({}),
        Phase.ENDED: MappingProxyType({}),
        Phase.WITHDRAWN: MappingProxyType({}),
    }
)

OVER = frozenset(phase for phase, steps in TRANSITIONS.items() if not steps)
"""The phases in which nothing more can happen."""


def after(phase: Phase, step: Step) -> Phase | None:
    """The phase that follows, or None where the step is not open."""
    return TRANSITIONS[phase].get(step)
