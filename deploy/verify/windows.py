"""Whether renewals were filed within their days, and flagged where they came late (articles 7.6.a and 12.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploy.verify.history import Told
from shared.contracts.dossiers import DecisionAnnulled, DecisionApproved, DossierFiled
from shared.contracts.promotions import ProductRecognised
from shared.rulebooks.model import Regime, Rulebooks


def windows(
    dossiers: Sequence[Told], recognised: Sequence[ProductRecognised], books: Rulebooks
) -> Iterator[tuple[Told, str]]:
    """The renewals that were filed outside their days, or flagged otherwise than the days left say (7.6.a, 12.3).

    Which certificate they were about is told by what stands before them on the same topic.
    """
    issued = {one.decision_id: one for one in recognised}
    known: list[ProductRecognised] = []
    for one in dossiers:
        match one.event:
            case DecisionApproved() as decision if decision.decision_id in issued:
                known.append(issued[decision.decision_id])
            case DecisionAnnulled() as annulled:
                known = [each for each in known if each.decision_id != annulled.decision_id]
            case DossierFiled(kind="renewal") as filed:
                book = books.pinned(filed.regime, filed.rulebook)
                wrong = None if book is None else _window(filed, known[-1] if known else None, book.regime)
                if wrong is not None:
                    yield one, wrong


def _window(filed: DossierFiled, certificate: ProductRecognised | None, regime: Regime) -> str | None:
    """What is wrong with the day a renewal was admitted for; of a certificate brought from outside, with its flag."""
    names = ("renewal_opens", "renewal_closes", "renewal_grace")
    opens, closes, grace = (regime.clocks[name].count if name in regime.clocks else None for name in names)
    late = filed.late_for
    last = certificate.expires_on if certificate is not None else None if late is None else late.expires_on
    if opens is None or closes is None or grace is None or last is None:
        return None
    left = (last - filed.filed_on).days
    if not -grace <= left <= opens:
        return f"a renewal filed {left} days before {last} was let in"
    due = None if left >= closes else (certificate and certificate.certificate_id, last)
    said = None if late is None else (late.certificate_id, late.expires_on)
    return None if said == due else f"a renewal filed {left} days before {last} is flagged {said}, due is {due}"
