"""What is true of a season at its end, judged from outside by everything that can judge it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from deploy.season.generator import Season
from deploy.verify.account import account
from tests.support.fleet import Fleet
from tests.support.mails import doubles, without_doubles_in_doubt
from tests.support.rest import at_rest, numbering


@dataclass(frozen=True)
class Ending:
    """What is wrong, in words, whoever found it; and how many mails came a second time, each of them in doubt."""

    faults: tuple[str, ...]
    doubles: int


async def ending(running: Fleet, season: Season, read: Path) -> Ending:
    """The season is at rest, and judged: by its author, by the numbers on the topics and by the accounting."""
    await at_rest(running.site)
    await asyncio.to_thread(read.mkdir)
    report = await running.check(season, await without_doubles_in_doubt(running, read))
    accounted = await account(running.site.site, running.layout.mail)
    counted = [] if report.counts == report.expected else [f"{report.counts} is not {report.expected}"]
    found = (*map(str, report.differences), *counted, *await numbering(running.site), *map(str, accounted.unexplained))
    return Ending(found, await asyncio.to_thread(doubles, running.layout.mail))
