"""How the members' sheets for one dossier come together, and what a closing is told where they do not.

How far totals may lie apart and how often a council scores again is not in the act: the by-law says, else the rulebook.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from services.registration.domain.announcements import SeatedByLaw
from services.registration.domain.case import SentBack
from services.registration.domain.facts import ByLaw
from services.registration.domain.register import Ballot, Dossier, Key, Session, ballot_key
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Refused
from shared.kernel.words import Words
from shared.rulebooks.model import Deliberation


def seated_by_law(by_law: ByLaw, defaults: Deliberation) -> SeatedByLaw:
    """The by-law of a sitting over one dossier: the act's defaults where it says nothing of totals that lie apart."""
    apart_max, rounds_max = by_law.deviation_points_max, by_law.rescore_rounds_max
    if apart_max is None:
        apart_max = defaults.deviation_points_max.value
    return SeatedByLaw(
        quorum_members=by_law.quorum_members,
        quorum_share=by_law.quorum_share,
        chair_required=by_law.chair_required,
        deviation_points_max=None if apart_max == "none" else apart_max,
        rescore_rounds_max=defaults.rescore_rounds_max.value if rounds_max is None else rounds_max,
    )


def there(session: Session, ballot: Ballot, present: tuple[str, ...]) -> tuple[str, ...]:
    """Who was present: by written opinion whoever handed in a sheet (articles 7.6.d and 7.6.e), else who is named."""
    return ballot.given if session.mode == "written" else present


def is_apart(ballot: Ballot, members: Collection[str]) -> bool:
    """True where the totals of these members, recused ones aside, lie further apart than they may."""
    totals = [total for member, total in ballot.totals.items() if member in members]
    limit = ballot.points_apart_max
    return limit is not None and bool(totals) and max(totals) - min(totals) > limit


def sent_back(
    session: Session, dossiers: Mapping[Key, Dossier], ballots: Mapping[Key, Ballot], apart: Collection[Key]
) -> SentBack | Refused | None:
    """What a closing is told while members have still to score again; None where it may stand.

    A round of scoring again is one only where a member superseded a sheet, or was recused, since the refusal.
    """
    owing = [key for key, ballot in ballots.items() if ballot.owes_rescore]
    if owing:
        return refused(Code.RESCORE_MISSING, "session", _named(owing))
    if session.mode == "written":
        return refused(Code.MEETING_NEEDED, "session", _named(apart)) if apart else None
    again = [key for key in apart if ballots[key].rounds_left > 0]
    if not again:
        return None
    entries = tuple(
        (
            ballot_key(session.id, dossiers[key].id),
            replace(ballots[key], rounds_left=ballots[key].rounds_left - 1, owes_rescore=True),
        )
        for key in again
    )
    return SentBack(refused(Code.MEMBERS_APART, "session", _named(again)), entries)


def _named(keys: Iterable[Key]) -> Words:
    """The dossiers by unit and reference, and nothing of their points."""
    names = ", ".join(name for _, name in keys)
    return Words(f"Hồ sơ: {names}.", f"Dossiers: {names}.")
