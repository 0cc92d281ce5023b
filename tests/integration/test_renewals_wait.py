"""A renewal waits for what promotion says of a certificate, also where registration is restored from a copy."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from deploy.positions.recovery import recover
from services.registration.admissions import SERVICE
from shared.contracts import intake, promotions
from shared.contracts.event import Basis, Event
from tests.e2e.test_database_restored import copy_database, restore
from tests.integration.test_readmission import tables
from tests.integration.test_registration_intake import DAY, DOSSIER, FILED, PRODUCT, _promotes, opens
from tests.support.intake import Door, line, open_door
from tests.support.site import TestSite

pytestmark = pytest.mark.servers

BASIS = Basis(act="26/2026", rulebook="x", articles=())
CERTIFICATE, DECISION = UUID(int=7), UUID(int=8)
ENDS = DAY + timedelta(days=100)
RENEWAL = line(intake.DossierFiled, "e-renewal", reference="HS-R", kind="renewal", filed_on=DAY.isoformat())
WITHDRAWN = line(
    intake.CertificateWithdrawn,
    "e-withdrawn",
    product={"reference": PRODUCT.data["reference"]},
    withdrawn_on=DAY.isoformat(),
)


def recognised(dossier: UUID) -> Event:
    return promotions.ProductRecognised(
        dossier_id=dossier,
        level="province",
        stars=4,
        decision_id=DECISION,
        decision_number="1/QĐ",
        decided_on=DAY,
        certificate_id=CERTIFICATE,
        expires_on=ENDS,
        basis=BASIS,
    )


def held(dossier: UUID, decision: UUID) -> Event:
    return promotions.DecisionHeld(
        dossier_id=dossier,
        decision_id=decision,
        decision_number="9/QĐ",
        unit="66",
        contradiction="authority_lacking",
        decided_stars=None,
        computed_stars=4,
        basis=BASIS,
    )


async def certified(door: Door) -> tuple[str, UUID]:
    """The product is filed and promotion recognises it; a renewal that came before waits, and is judged then."""
    await door.say(opens(DAY), *FILED, RENEWAL)
    assert (await door.told())[-1] == (RENEWAL.id, "waits-for-dossier-over")
    product = (await door.answer(PRODUCT.id))["given"]["product_id"]
    dossier = UUID((await door.answer(DOSSIER.id))["given"]["dossier_id"])
    await _promotes(door, product, recognised(dossier))
    return product, dossier


async def test_a_renewal_that_came_first_is_judged_by_the_certificate_that_promotion_tells_of(site: TestSite) -> None:
    async with open_door(site) as door:
        await certified(door)

        assert (await door.told())[-1] == (RENEWAL.id, "admitted")
        assert (await door.answer(RENEWAL.id))["given"]["late"] == "12.3"


@pytest.mark.parametrize("answer", ["contradicted", "withdrawn"])
async def test_a_restored_register_hears_again_what_a_renewal_had_waited_for(site: TestSite, answer: str) -> None:
    copy = f"{site.site.database}_copy"
    async with open_door(site) as door:
        await door.say(opens(DAY), *FILED)
        product = (await door.answer(PRODUCT.id))["given"]["product_id"]
        dossier = UUID((await door.answer(DOSSIER.id))["given"]["dossier_id"])
        await _promotes(door, product, recognised(dossier))
    copy_database(site, site.site.database, copy)
    async with open_door(site) as door:
        await door.say(WITHDRAWN, RENEWAL)
        assert (await door.told())[-1] == (RENEWAL.id, "waits-for-certificate")
        decision = UUID((await door.answer(WITHDRAWN.id))["given"]["decision_id"])
        said = held(dossier, decision)
        if answer == "withdrawn":
            said = promotions.CertificateWithdrawn(
                dossier_id=dossier,
                certificate_id=CERTIFICATE,
                decision_id=decision,
                decision_number="9/QĐ",
                level="province",
                ground="other",
                withdrawn_on=DAY,
                basis=BASIS,
            )
        await _promotes(door, product, said, 2)
        expected = "admitted" if answer == "contradicted" else "no-certificate"
        assert (await door.told())[-1] == (RENEWAL.id, expected)
    knew = await tables(site)
    restore(site, copy)

    await recover(site.site, SERVICE)

    assert await tables(site) == knew
