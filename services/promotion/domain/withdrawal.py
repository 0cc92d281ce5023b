"""A certificate is withdrawn by the authority that its stars require, on a ground of the act (article 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.promotion.domain.announcements import Announcement, CertificateWithdrawn, DecisionHeld, TaskOpened, basis
from services.promotion.domain.certificates import RegimeOf, close_withdrawal
from services.promotion.domain.facts import Violated, WithdrawalDecided
from services.promotion.domain.standing import Certificate, Contradiction, Standing, Violation, unit_of
from shared.kernel.outcomes import Applied, Held

Outcome = Applied[Standing, Announcement] | Held


def violated(standing: Standing, found: Violated, regime_of: RegimeOf) -> Outcome:
    """The authority of the certificate in force has the task to withdraw it, once, by the last day of 8.4.

    Nothing follows where no certificate is in force, or where it is to be withdrawn already.
    """
    certificate, dossier = standing.in_force, standing.dossier
    regime = None if certificate is None else regime_of(certificate.pin)
    if certificate is None or dossier is None or regime is None or certificate.violation is not None:
        return Applied(standing)
    clock = regime.clocks.get("withdrawal")
    last = None if clock is None else found.concluded_on + timedelta(days=clock.count)
    violation = Violation(last, None if clock is None else clock.article)
    task = TaskOpened(
        dossier_id=certificate.dossier_id,
        task="withdraw_certificate",
        unit=unit_of(certificate.level, dossier.unit),
        opened_on=found.concluded_on,
        total=None,
        stars=certificate.stars,
        basis=basis(certificate.pin, violation.article, regime.withdrawal.grounds.get(found.ground)),
        due_on=last,
    )
    return Applied(standing.with_certificate(replace(certificate, violation=violation)), (task,))


def withdraw_certificate(standing: Standing, decided: WithdrawalDecided, regime_of: RegimeOf) -> Outcome:
    """The certificate in force is withdrawn and the task done; or the decision contradicts, and nothing follows."""
    certificate, dossier = standing.in_force, standing.dossier
    if dossier is None:
        return Held("dossier")
    if certificate is None:
        return Applied(standing, (_held(standing, decided, "no_certificate"),))
    if decided.unit != unit_of(certificate.level, dossier.unit):
        return Applied(standing, (_held(standing, decided, "authority_lacking"),))
    regime = regime_of(certificate.pin)
    rule = None if regime is None else regime.withdrawal
    told = CertificateWithdrawn(
        dossier_id=certificate.dossier_id,
        certificate_id=certificate.certificate_id,
        decision_id=decided.decision_id,
        decision_number=decided.number,
        level=decided.level,
        ground=decided.ground,
        withdrawn_on=decided.withdrawn_on,
        basis=basis(
            certificate.pin,
            None if rule is None else rule.grounds.get(decided.ground),
            None if rule is None else rule.authorities.get(certificate.stars),
        ),
    )
    gone = replace(certificate, withdrawn=True, violation=None)
    return Applied(standing.with_certificate(gone), (told, *close_withdrawal(certificate, decided.withdrawn_on)))


def _held(standing: Standing, decided: WithdrawalDecided, contradiction: Contradiction) -> DecisionHeld:
    """The contradiction, told of the certificate in force, or of the product's dossier where there is none."""
    about: Certificate | None = standing.in_force
    dossier = standing.dossier
    if dossier is None:
        raise LookupError("the product has no dossier")
    return DecisionHeld(
        dossier_id=dossier.dossier_id if about is None else about.dossier_id,
        decision_id=decided.decision_id,
        decision_number=decided.number,
        unit=decided.unit,
        contradiction=contradiction,
        decided_stars=None,
        computed_stars=None if about is None else about.stars,
        basis=basis(dossier.pin if about is None else about.pin),
    )
