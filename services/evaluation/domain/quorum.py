"""Whether a council sat validly, by the by-law of the day of its session (articles 7.3.b and 7.4.b)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil

from services.evaluation.domain.dossier import ByLaw, Seat
from shared.kernel.values import value
from shared.rulebooks.model import ByLaw as Defaults

CHAIR = "chair"


@value(frozen=True, slots=True)
class Attendance:
    """Who of the council was there: the scoring members present, how many were needed, and whether a chair was."""

    present: tuple[str, ...]
    needed: int
    chair_present: bool


def attendance(
    members: Sequence[Seat],
    by_law: ByLaw,
    defaults: Defaults,
    present: Collection[str],
    chaired_by: str | None = None,
) -> Attendance:
    """The attendance of a session; people without a seat count nowhere, and a secretary does not score.

    Whoever chaired in the chair's place is the chair there (articles 7.3.b and 7.4.b).
    """
    scoring = [seat.member_id for seat in members if seat.role in defaults.scoring_roles.value]
    return Attendance(
        present=tuple(member for member in scoring if member in present),
        needed=needed(by_law, defaults, len(scoring)),
        chair_present=any(
            (seat.role == CHAIR or seat.member_id == chaired_by) and seat.member_id in present for seat in members
        ),
    )


def needed(by_law: ByLaw, defaults: Defaults, scoring: int) -> int:
    """How many of `scoring` members must be present: the larger of number and share, a share rounded up.

    The regime's own values hold where the by-law says nothing of a quorum; where both are silent it is 0.
    """
    number, share = by_law.quorum_members, by_law.quorum_share
    if number is None and share is None:
        number, share = defaults.quorum_number.value, defaults.quorum_share.value
    return max(0 if number is None else number, 0 if share is None else ceil(share * scoring))
