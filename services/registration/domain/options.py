"""Options of sheets, self-assessments and agreements against the criteria set of their dossier."""

from __future__ import annotations

from collections.abc import Mapping

from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Refused
from shared.kernel.words import Words
from shared.rulebooks.model import CriteriaSet
from shared.rulebooks.options import check_options


def options_refused(
    criteria_set: CriteriaSet, options: Mapping[str, int], field: str, *, complete: bool = True
) -> Refused | None:
    """A refusal that lists every fault, at the path of the first one; None where the options can be scored."""
    faults = check_options(criteria_set, options, complete=complete)
    if not faults:
        return None
    detail = Words(" ".join(fault.vietnamese for fault in faults), " ".join(fault.english for fault in faults))
    return refused(Code.OPTIONS_INVALID, f"{field}.{faults[0].criterion}", detail)
