"""Who speaks for a level, what the act of a dossier has there, and whether the dossier was sent up to it."""

from __future__ import annotations

from services.registration.domain.case import Case
from services.registration.domain.register import Dossier
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words

CENTRAL = "central"
PROVINCE = "province"


def own_level(case: Case) -> str:
    """The level at which a sender decides that names none (article 4.1)."""
    return CENTRAL if case.ministry else PROVINCE


def not_its_level(case: Case, level: str) -> Refused | None:
    """A refusal unless the sender speaks for the level: the ministry for the centre, a province for all below it."""
    return None if (level == CENTRAL) is case.ministry else refused(Code.LEVEL_NOT_ALLOWED, "level")


def no_council(case: Case, dossier: Dossier, level: str, field: str) -> Refused | None:
    """A refusal where the dossier's act has no council at this level."""
    rung = case.rules.rulebook(dossier.regime).regime.ladder.rung(level)
    return refused(Code.LEVEL_NOT_ALLOWED, field) if rung is None or rung.work != "scores" else None


def no_criteria(case: Case, dossier: Dossier, field: str) -> Refused | None:
    """A refusal, in the act's own words, where its criteria are not to be had: then no sheet can be taken."""
    book = case.rules.rulebook(dossier.regime)
    if book.sets:
        return None
    words = book.regime.criteria
    return refused(Code.CRITERIA_NOT_HELD, field, Words(words.vietnamese, words.english))


def not_sent_up(case: Case, name: str, dossier: Dossier, level: str) -> Held | None:
    """A hold where a council's result takes dossiers up to this level, and no request for this one has come.

    Behind registration what is said for a level above would be taken for a contradiction before that request.
    """
    rungs = case.rules.rulebook(dossier.regime).regime.ladder.rungs
    by_result = any(forward.to == level and forward.on == "score" for rung in rungs for forward in rung.forwards)
    return case.hold(request_to(name, level)) if by_result and level not in dossier.sent_to else None


def request_to(name: str, level: str) -> str:
    """What is said for a level waits for: the request that sends the dossier of this name up to it."""
    return f"request:{name}/{level}"
