"""Registration, restored from an older copy, admits again in the order it had, or says where it cannot."""

from __future__ import annotations

from uuid import UUID

import pytest

from deploy.positions.own_records import RecoveryDiffersError
from deploy.positions.recovery import recover
from services.registration.admissions import SERVICE
from shared.contracts import intake, promotions
from shared.contracts.event import Basis
from shared.messaging.fencing import DatabaseOlderThanKafkaError
from shared.messaging.runtime import relay
from tests.e2e.test_database_restored import copy_database, restore
from tests.integration.test_registration_intake import DAY, DOSSIER, FILED, PRODUCT, _promotes, opens
from tests.support.intake import PROVINCE, Door, line, open_door, settings
from tests.support.rest import database
from tests.support.site import UNITS, TestSite

pytestmark = pytest.mark.servers

SECOND = line(intake.DossierFiled, "e-second", reference="HS-2")
TABLES = (
    "SELECT to_jsonb(j) - 'arrival' FROM journal AS j ORDER BY arrival",
    "SELECT to_jsonb(e) - 'version' FROM entry AS e ORDER BY kind, name",
    "SELECT to_jsonb(d) - 'recorded_at' FROM dead_letter AS d ORDER BY dead_letter_id",
    "SELECT to_jsonb(s) - 'version' FROM subject AS s ORDER BY subject",
    "SELECT to_jsonb(o) - 'written_at' FROM outbox AS o ORDER BY lane, position",
    "SELECT to_jsonb(w) FROM watermark AS w WHERE lane = 'admission' ORDER BY topic",
)


async def tables(site: TestSite) -> list[list[str]]:
    """All that registration knows; how many saves it took, and when, is not compared."""
    async with database(site) as connection:
        await connection.execute(f"SET search_path TO {SERVICE}")
        return [[row[0] for row in await connection.fetch(query)] for query in TABLES]


async def admitted(door: Door, *, at_once: bool) -> None:
    """A second dossier waits until promotions end the first, or comes after that and is admitted at once.

    One record is poison, and at the end all is said twice.
    """
    await door.say(opens(DAY), *FILED, *([] if at_once else [SECOND]))
    await door.put(PROVINCE, b"\xff not JSON", [("content-type", b"application/json")])
    await door.rest()
    product_id = (await door.answer(PRODUCT.id))["given"]["product_id"]
    returned = promotions.DossierReturned(
        dossier_id=UUID((await door.answer(DOSSIER.id))["given"]["dossier_id"]),
        returned_on=DAY,
        reason="thiếu giấy tờ (mẫu)",
        document_number="1/UBND",
        basis=Basis(act="26/2026", rulebook="x", articles=("7.2",)),
    )
    await _promotes(door, product_id, returned)
    if at_once:
        await door.say(SECOND)
    assert (await door.told())[-1] == (SECOND.id, "admitted")


async def restored(site: TestSite, *, at_once: bool = False) -> list[list[str]]:
    """Registration has worked, and its database is the copy from before; returns what it knew."""
    copy = f"{site.site.database}_copy"
    copy_database(site, site.site.database, copy)
    async with open_door(site) as door:
        await admitted(door, at_once=at_once)
    knew = await tables(site)
    restore(site, copy)
    return knew


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_restored_register_is_as_it_was_once_it_is_recovered(site: TestSite, at_once: bool) -> None:
    knew = await restored(site, at_once=at_once)
    outbox = relay(settings(site), SERVICE, UNITS)
    with pytest.raises(DatabaseOlderThanKafkaError):
        await outbox.check()

    recovered = await recover(site.site, SERVICE)
    await outbox.check()

    assert await tables(site) == knew
    assert (recovered.unknown, recovered.to_send) == (len(knew[4]), 0)
    assert (await recover(site.site, SERVICE)).unknown == 0


async def test_a_recovery_that_comes_out_otherwise_writes_nothing_and_names_the_record(
    site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    await restored(site)
    before = await tables(site)
    monkeypatch.setenv("OCOP_FACT_DAYS_BACK_MAX", "1")

    with pytest.raises(RecoveryDiffersError, match="nothing was written") as caught:
        await recover(site.site, SERVICE)

    assert "ocop.intake.66.v1/" in str(caught.value)
    assert await tables(site) == before
