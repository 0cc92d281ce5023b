"""The stories of the older ladders as lines that a province's and the ministry's systems send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from deploy.season.lines import SeasonLine
from deploy.season.player import DAYS_AHEAD_MAX
from services.registration.domain import facts
from shared.contracts.intake import INTAKE
from tests.support.older_ladders import Said
from tests.support.registration import BA_DINH, HA_NOI, MINISTRY

TYPES = {event.__name__: event for event in INTAKE}
_OWN = ("reference", "session", "council")
"""Fields that hold a name of the sender's own."""
_BEGIN, _APART = date(2026, 7, 20), timedelta(days=DAYS_AHEAD_MAX + 1)
"""When the first lines go out, and how far apart those are that wait for the receipts of the ones before."""


def lines(stories: Sequence[Sequence[Said]], *days: date) -> Iterator[SeasonLine]:
    """The first day is opened, every story told, each about a product of its own, and then the other days opened.

    What is said at one place of the stories is answered before the next goes out, as days of a season are.
    """
    first, *later = days
    yield _line(MINISTRY, "day-0", facts.DayStarted(first), "", 0)
    yield _line(HA_NOI, "office", facts.OfficeRegistered(BA_DINH, "UBND phường (mẫu)", "ubnd@mau.example"), "", 0)
    longest = max(map(len, stories))
    for place in range(longest):
        for number, story in enumerate(stories):
            if place < len(story):
                yield _line(story[place][0], f"story-{number}-{place}", story[place][1], f"-{number}", place + 1)
    for number, day in enumerate(later, start=1):
        yield _line(MINISTRY, f"day-{number}", facts.DayStarted(day), "", longest + number)


def _line(unit: str, identity: str, fact: facts.Fact, suffix: str, turn: int) -> SeasonLine:
    event = TYPES[type(fact).__name__]
    data = _data(fact, suffix)
    wire = event.model_validate_json(event.model_construct(**data).model_dump_json(exclude_none=True, warnings=False))
    return SeasonLine(
        unit,
        {
            "specversion": "1.0",
            "id": identity,
            "source": f"/units/{unit}",
            "type": event.type_name(),
            "time": f"{_BEGIN + turn * _APART:%Y-%m-%d}T01:00:00.000Z",
            "datacontenttype": "application/json",
            "data": wire.model_dump(mode="json", exclude_none=True),
        },
    )


def _data(fact: facts.Fact, suffix: str) -> dict[str, Any]:  # noqa: PLR0911 - one line for each kind of fact
    """The fact as its sender writes it; what admission does not look at is filled in."""
    data: dict[str, Any] = _named(asdict(fact), suffix)
    match fact:
        case facts.ProducerRegistered():
            contact = {"email": data.pop("email"), "phone": data.pop("phone")}
            return {**data, "kind": "cooperative", "contact": contact}
        case facts.DossierFiled(renews=facts.Renewed()):
            return {**data, "renews": {**data["renews"], "number": "GCN-1/2023 (mẫu)"}}
        case facts.CommuneAssessed():
            heads = ("local_material", "local_labour", "product_idea", "local_identity")
            return {**data, "findings": {head: {"met": data.pop(head)} for head in heads}}
        case facts.CouncilFormed():
            members = [{**member, "name": "Thành viên mẫu", "agency": "Cơ quan mẫu"} for member in data["members"]]
            return {**data, "members": members, "decision_number": "1/QĐ-HĐ (mẫu)"}
        case facts.ResultImported():
            total = Decimal(fact.total.numerator) / Decimal(fact.total.denominator)
            return {**data, "total": format(total, "f")}
        case facts.DayStarted():
            return {"date": fact.day}
        case _:
            return data


def _named(value: Any, suffix: str) -> Any:
    """The same, each of the sender's own names told apart by the suffix."""
    if isinstance(value, dict):
        return {
            key: f"{one}{suffix}" if key in _OWN and isinstance(one, str) else _named(one, suffix)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_named(one, suffix) for one in value]
    return value
