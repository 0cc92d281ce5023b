"""A closing that is sent back is counted once, however it is batched and however often it is delivered."""

from __future__ import annotations

from collections.abc import Sequence
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
THE_DAY_BEFORE, THE_DAY = (line(intake.DayStarted, f"day-{day}", MINISTRY, date=f"2026-07-{day:02}") for day in (9, 10))
SEATED = (
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


@pytest.mark.parametrize(
    "said",
    [
        [(THE_DAY, *STORY)],
        [(each,) for each in (THE_DAY, *STORY)],
        [(THE_DAY_BEFORE, *STORY), (THE_DAY,)],
        [STORY, (THE_DAY,)],
    ],
    ids=["together", "one by one", "before its day", "before any day"],
)
async def test_a_round_of_scoring_again_is_counted_once_and_the_closing_then_says_that_members_lie_apart(
    site: TestSite, said: Sequence[Sequence[Line]]
) -> None:
    async with open_door(site) as door:
        for lines in said:
            await door.say(*lines)

        answers = {name: (await door.answer(name))["code"] for name in ("e-sent-back", "e-too-soon", "e-closed")}
        told: list[dict[str, Any]] = [orjson.loads(one.value) for one in await door.announced(SHEETS.name)]
        kinds = [kind for kind, _ in await door.kinds(SHEETS.name)]

    assert answers == {"e-sent-back": "members-apart", "e-too-soon": "rescore-missing", "e-closed": "admitted"}
    assert kinds == ["SheetSubmitted", "SheetSubmitted", "SheetSuperseded", "MemberRecused", "SessionClosed"]
    assert (told[-1]["apart"], "ground" in told[-2]) == (True, False)
