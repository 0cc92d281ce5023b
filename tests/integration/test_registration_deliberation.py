"""A closing that is sent back is counted once, however it is batched and however often it is delivered."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from deploy.season.profiles import PROFILES
from shared.contracts import intake
from shared.contracts.event import Event
from shared.contracts.topics import SHEETS
from tests.support.intake import MINISTRY, Line, line, open_door
from tests.support.site import TestSite

pytestmark = pytest.mark.servers

AT_92, AT_81 = PROFILES["mark_92"].options(), PROFILES["four_81"].options()
PRESENT = ["TV-01", "TV-02"]
SEATED = (
    line(intake.DayStarted, "day", MINISTRY, date="2026-07-10"),
    line(intake.ProducerRegistered, "e-producer"),
    line(intake.ProductRegistered, "e-product"),
    line(intake.DossierFiled, "e-dossier"),
    line(intake.CommuneAssessed, "e-assessed"),
    line(intake.CouncilFormed, "e-council", by_law={"quorum_share": "1/2"}),
    line(intake.DossiersScheduled, "e-scheduled"),
)


def sheet(member: str, options: dict[str, int], event: type[Event] = intake.ScoreSheetSubmitted) -> Line:
    return line(event, f"e-{event.__name__}-{member}", member_id=member, options=options)


def closing(name: str) -> Line:
    return line(intake.SessionClosed, name, present=PRESENT, agreed=[], chaired_by=None)


STORY = (
    *SEATED,
    sheet("TV-01", AT_92),
    sheet("TV-02", AT_81),
    closing("e-sent-back"),
    closing("e-too-soon"),
    sheet("TV-01", AT_92, intake.ScoreSheetSuperseded),
    line(intake.MemberRecused, "e-recused", member_id="TV-03"),
    closing("e-closed"),
)


@pytest.mark.parametrize("together", [True, False])
async def test_a_round_of_scoring_again_is_counted_once_and_the_closing_then_says_that_members_lie_apart(
    site: TestSite, together: bool
) -> None:
    async with open_door(site) as door:
        if together:
            await door.say(*STORY)
        else:
            for each in STORY:
                await door.say(each)

        answers = {name: (await door.answer(name))["code"] for name in ("e-sent-back", "e-too-soon", "e-closed")}
        told: list[dict[str, Any]] = [orjson.loads(one.value) for one in await door.announced(SHEETS.name)]
        kinds = [kind for kind, _ in await door.kinds(SHEETS.name)]

    assert answers == {"e-sent-back": "members-apart", "e-too-soon": "rescore-missing", "e-closed": "admitted"}
    assert kinds == ["SheetSubmitted", "SheetSubmitted", "SheetSuperseded", "MemberRecused", "SessionClosed"]
    assert (told[-1]["apart"], "ground" in told[-2]) == (True, False)
