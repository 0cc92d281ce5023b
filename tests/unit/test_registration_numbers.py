"""The official number of a product as registration gives it, checks it, takes it over, and finds things by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.registration.app import rules as rules_of_the_service
from services.registration.domain.announcements import AssessmentReceived
from services.registration.domain.case import Admission, Admitted
from services.registration.domain.dossiers import close_dossier
from services.registration.domain.facts import CommuneAssessed, Naming, NumbersCarriedOver, Renewed
from services.registration.domain.numbers import ProductNumber
from services.registration.domain.register import Counter, Dossier, Product
from services.registration.settings import Settings
from shared.kernel.outcomes import Held, Refused
from shared.rulebooks.units import Province
from tests.support.registration import (
    ASSESSED,
    DOSSIER,
    HA_NOI,
    NGOC_HA,
    PRODUCER,
    PRODUCT,
    SON_LA,
    Desk,
    announced,
    code,
    desk,
    desk_with,
    ref,
    rules,
    waits_for,
)

Kind = Literal["first", "upgrade", "renewal"]


def file(at: Desk, place: int, kind: Kind = "first") -> UUID:
    """The product of this place, registered with its first dossier, has one more dossier; returns its id."""
    if not at.register.knows(("product", f"01/SP-{place}")):
        at.admitted(HA_NOI, replace(PRODUCT, reference=f"SP-{place}"))
    filed = replace(DOSSIER, reference=f"HS-{at.said}", product=ref(f"SP-{place}"), kind=kind)
    filed = replace(filed, renews=Renewed(date(2026, 11, 28)) if kind == "renewal" else None)
    return UUID(at.admitted(HA_NOI, filed).given["dossier_id"])


def assessed(dossier: UUID, number: str | None = None) -> CommuneAssessed:
    """The commune asks for the evaluation of a dossier, with the number in its own register."""
    return replace(ASSESSED, dossier=Naming(id=dossier), product_number=number)


def over(at: Desk, dossier: UUID) -> None:
    at.register.take(close_dossier(at.register, dossier).entries)


def said(outcome: Admission) -> str:
    assert isinstance(outcome, Refused)
    return outcome.words.en


@pytest.mark.parametrize("number", ["01-00004-1-2026", "01 – 00004 – 01 – 2026", "(01)-(00004)-(1)-2026"])
def test_the_communes_own_number_is_taken_when_it_is_its_turn(number: str) -> None:
    outcome = desk_with(PRODUCER, PRODUCT, DOSSIER).admitted(HA_NOI, replace(ASSESSED, product_number=number))

    (received,) = announced(outcome)
    assert isinstance(received, AssessmentReceived)
    assert received.number == outcome.given["number"] == "01-00004-1-2026"


def test_a_number_ahead_of_its_turn_waits_until_the_one_before_is_given() -> None:
    at = desk_with(PRODUCER)
    first, second = file(at, 1), file(at, 2)
    ahead = assessed(second, "01-00004-2-2026")

    held = at.say(HA_NOI, ahead)
    before = at.admitted(HA_NOI, assessed(first))

    assert held == Held("number:01-00004-1-2026", date(2026, 7, 10))
    assert "number:01-00004-1-2026" in before.provides
    assert at.admitted(HA_NOI, ahead).given["number"] == "01-00004-2-2026"


def test_a_number_far_ahead_waits_for_one_after_another() -> None:
    at = desk_with(PRODUCER)
    dossiers = [file(at, place) for place in (1, 2, 3)]
    ahead = assessed(dossiers[2], "01-00004-3-2026")

    waited = []
    for dossier in dossiers[:2]:
        waited.append(waits_for(at.say(HA_NOI, ahead)))
        at.admitted(HA_NOI, assessed(dossier))

    assert waited == ["number:01-00004-1-2026", "number:01-00004-2-2026"]
    assert at.admitted(HA_NOI, ahead).given["number"] == "01-00004-3-2026"


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        ("01-00004-1-2026", "it was already given; the next one is 01-00004-2-2026"),
        ("01-00008-1-2026", "the product is of commune 00004, province 01"),
        ("14-00004-2-2026", "the product is of commune 00004, province 01"),
        ("01-00004-2-2025", "the year of evaluation is 2026"),
        ("00004-2-2026", "it needs four parts"),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_what_is_wrong(number: str, cause: str) -> None:
    at = desk_with(PRODUCER)
    at.admitted(HA_NOI, assessed(file(at, 1)))

    outcome = at.say(HA_NOI, assessed(file(at, 2), number))

    assert code(outcome) == ("event-invalid", "product_number")
    assert cause in said(outcome)


def test_a_returned_dossier_is_given_no_number_and_asks_for_none() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER)

    outcome = at.say(HA_NOI, replace(ASSESSED, outcome="returned", reason="Thiếu", product_number="01-00004-1-2026"))

    assert code(outcome) == ("event-invalid", "product_number")


@pytest.mark.parametrize("kind", ["first", "upgrade", "renewal"])
@pytest.mark.parametrize("number", [None, "01-00004-01-2026"])
def test_a_product_keeps_its_number_and_the_series_does_not_move(kind: Kind, number: str | None) -> None:
    at = desk_with(PRODUCER)
    first = file(at, 1)
    at.admitted(HA_NOI, assessed(first))
    over(at, first)

    again = at.admitted(HA_NOI, assessed(file(at, 1, kind), number))

    assert again.given["number"] == "01-00004-1-2026"
    assert at.register.get(("counter", "00004/2026")) == Counter(1)
    assert at.admitted(HA_NOI, assessed(file(at, 2))).given["number"] == "01-00004-2-2026"


def test_a_product_is_given_no_second_number() -> None:
    at = desk_with(PRODUCER)
    first = file(at, 1)
    at.admitted(HA_NOI, assessed(first))
    over(at, first)

    outcome = at.say(HA_NOI, assessed(file(at, 1, "renewal"), "01-00004-2-2026"))

    assert code(outcome) == ("event-invalid", "product_number")
    assert "the product bears 01-00004-1-2026" in said(outcome)


def test_a_kept_number_names_the_dossier_last_evaluated_under_it() -> None:
    at = desk_with(PRODUCER)
    first = file(at, 1)
    at.admitted(HA_NOI, assessed(first))
    over(at, first)
    second = file(at, 1, "upgrade")
    at.admitted(HA_NOI, assessed(second))

    over_again = replace(ASSESSED, dossier=Naming(number="01-00004-1-2026"))
    key = at.register.get(("number", "01-00004-1-2026")).to  # type: ignore[union-attr]  # it was just given

    assert code(at.say(HA_NOI, over_again)) == ("dossier-not-open", "dossier")
    dossier = at.register.get(key)
    assert isinstance(dossier, Dossier)
    assert (dossier.id, dossier.number) == (second, "01-00004-1-2026")


OLD = "01-006-00235-4-2021"


@pytest.mark.parametrize("kind", ["upgrade", "renewal"])
@pytest.mark.parametrize("number", [OLD, "01-00004-7-2024", "01 - 006 - 00235 - 004 - 2021"])
def test_a_product_evaluated_before_it_came_to_us_brings_its_number(kind: Kind, number: str) -> None:
    at = desk_with(PRODUCER)
    dossier = file(at, 1, kind)

    kept = at.admitted(HA_NOI, assessed(dossier, number)).given["number"]

    product = at.register.get(("product", "01/SP-1"))
    assert isinstance(product, Product)
    assert product.number == kept == number.replace(" ", "").replace("004-2021", "4-2021")
    assert at.admitted(HA_NOI, assessed(file(at, 2))).given["number"] == "01-00004-1-2026"


def test_an_older_product_that_brings_no_number_is_given_the_next() -> None:
    at = desk_with(PRODUCER)

    assert at.admitted(HA_NOI, assessed(file(at, 1, "renewal"))).given["number"] == "01-00004-1-2026"


@pytest.mark.parametrize(
    ("number", "expected", "cause"),
    [
        ("14-00004-1-2021", "authority-lacking", "is of tỉnh Sơn La"),
        ("03-00004-1-2021", "event-invalid", "no province had the code 03 in 2021"),
        ("01-00004-1-2027", "event-invalid", "has not come"),
        ("01-99999-1-2026", "event-invalid", "has no commune 99999"),
        ("01-00008-1-2026", "event-invalid", "is of commune 00008, the product of commune 00004"),
        (OLD, "event-invalid", "is another product's"),
        ("01-00004-1-2026", "event-invalid", "is another product's"),
    ],
)
def test_a_number_that_is_not_the_products_is_not_taken_over(number: str, expected: str, cause: str) -> None:
    at = desk_with(PRODUCER)
    at.admitted(HA_NOI, assessed(file(at, 1, "renewal"), OLD))
    at.admitted(HA_NOI, assessed(file(at, 2)))

    outcome = at.say(HA_NOI, assessed(file(at, 3, "upgrade"), number))

    assert code(outcome) == (expected, "product_number")
    assert cause.lower() in said(outcome).lower()


def test_a_number_that_was_brought_is_passed_over_and_ends_the_waiting_for_it() -> None:
    at = desk_with(PRODUCER)
    waiting = assessed(file(at, 1), "01-00004-2-2026")
    held = waits_for(at.say(HA_NOI, waiting))

    brought = at.admitted(HA_NOI, assessed(file(at, 2, "upgrade"), "01-00004-1-2026"))
    later = at.admitted(HA_NOI, assessed(file(at, 3, "upgrade"), "01-00004-3-2026"))

    assert held == "number:01-00004-1-2026"
    assert held in brought.provides
    assert later.given["number"] == "01-00004-3-2026"
    assert at.admitted(HA_NOI, waiting).given["number"] == "01-00004-2-2026"
    assert at.admitted(HA_NOI, assessed(file(at, 4))).given["number"] == "01-00004-4-2026"
    assert at.register.get(("counter", "00004/2026")) == Counter(4)


def test_while_a_product_has_an_open_dossier_its_number_names_that_one() -> None:
    """A second round's events, sent under the number before the commune's new request, must not reach the first."""
    at = desk_with(PRODUCER)
    first = file(at, 1)
    number = at.admitted(HA_NOI, assessed(first)).given["number"]
    over(at, first)
    second = file(at, 1, "upgrade")

    requested = at.admitted(HA_NOI, replace(assessed(second), dossier=Naming(number=number)))

    assert [fact.dossier_id for fact in announced(requested) if isinstance(fact, AssessmentReceived)] == [second]


def carried(last: int = 12, commune: str = "00004", year: int = 2026) -> NumbersCarriedOver:
    """The commune's register of the year, as it stood when its dossiers began to come to us."""
    return NumbersCarriedOver(commune, year, last)


def test_a_series_goes_on_behind_the_numbers_given_on_paper() -> None:
    at = desk_with(PRODUCER)
    waiting = assessed(file(at, 1), "01-00004-13-2026")
    held = waits_for(at.say(HA_NOI, waiting))

    told = at.admitted(HA_NOI, carried())

    assert told.given == {"next": "01-00004-13-2026"}
    assert held in told.provides
    assert at.admitted(HA_NOI, waiting).given["number"] == "01-00004-13-2026"
    assert at.admitted(HA_NOI, assessed(file(at, 2))).given["number"] == "01-00004-14-2026"


@pytest.mark.parametrize("kind", ["first", "renewal"])
def test_a_product_may_come_with_a_number_given_on_paper_and_no_other_with_the_same(kind: Kind) -> None:
    at = desk_with(PRODUCER)
    at.admitted(HA_NOI, carried())

    assert at.admitted(HA_NOI, assessed(file(at, 1, kind), "01-00004-5-2026")).given["number"] == "01-00004-5-2026"
    assert "another product's" in said(at.say(HA_NOI, assessed(file(at, 2, kind), "01-00004-5-2026")))
    assert at.register.get(("counter", "00004/2026")) == Counter(12, carried=12)


def test_a_number_brought_above_those_given_on_paper_stays_taken() -> None:
    at = desk_with(PRODUCER)
    at.admitted(HA_NOI, assessed(file(at, 1, "renewal"), "01-00004-13-2026"))
    at.admitted(HA_NOI, assessed(file(at, 2, "renewal"), "01-00004-3-2026"))

    assert at.admitted(HA_NOI, carried()).given == {"next": "01-00004-14-2026"}


def test_numbers_are_carried_over_once_and_before_any_is_given_here() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED)

    assert "numbers up to 1 were given here" in said(at.say(HA_NOI, carried()))
    at.admitted(HA_NOI, carried(commune=NGOC_HA))
    assert "numbers up to 12 were given here" in said(at.say(HA_NOI, carried(13, NGOC_HA)))


def test_numbers_are_carried_over_by_their_own_province_and_not_for_a_year_to_come() -> None:
    at = desk_with(PRODUCER)

    assert code(at.say(SON_LA, carried())) == ("commune-of-another-province", "commune_code")
    assert waits_for(at.say(HA_NOI, carried(year=2027))) == "day:2027-01-01"


def test_each_commune_and_each_year_has_its_own_series() -> None:
    at = desk_with(PRODUCER, replace(PRODUCER, reference="CT-2", commune_code=NGOC_HA))
    at.admitted(HA_NOI, assessed(file(at, 1)))
    at.admitted(HA_NOI, replace(PRODUCT, reference="SP-2", producer=ref("CT-2")))
    at.open(date(2027, 1, 5))

    other = at.admitted(HA_NOI, assessed(file(at, 2)))
    later = at.admitted(HA_NOI, replace(assessed(file(at, 3)), assessed_on=date(2027, 1, 4)))

    assert (other.given["number"], later.given["number"]) == ("01-00008-1-2026", "01-00004-1-2027")


@pytest.mark.parametrize("number", ["01-00004-1-2026", "01–00004–001–2026", " (01) - (00004) - (1) - 2026 "])
def test_a_thing_is_found_by_its_number_however_it_is_written(number: str) -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED)

    assert code(at.say(HA_NOI, replace(ASSESSED, dossier=Naming(number=number)))) == ("dossier-not-open", "dossier")


def test_a_number_not_given_yet_is_awaited_in_the_form_it_is_given_in() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER)

    held = waits_for(at.say(HA_NOI, replace(ASSESSED, dossier=Naming(number="01 – 00004 – 01 – 2026"))))

    assert held == "dossier:number:01-00004-1-2026"
    assert held in at.admitted(HA_NOI, ASSESSED).provides


def test_what_is_named_by_no_number_is_refused_with_the_form_it_needs() -> None:
    outcome = desk().say(HA_NOI, replace(ASSESSED, dossier=Naming(number="số 1")))

    assert code(outcome) == ("event-invalid", "dossier.number")
    assert "01-00004-1-2026" in said(outcome)


def test_another_provinces_number_is_not_spoken_of() -> None:
    at = desk_with(PRODUCER, PRODUCT, DOSSIER, ASSESSED)

    outcome = at.say(SON_LA, replace(ASSESSED, dossier=Naming(number="01-00004-1-2026")))

    assert code(outcome) == ("authority-lacking", "dossier")


@given(
    wishes=st.lists(st.none() | st.integers(1, 6), min_size=1, max_size=6),
    kinds=st.lists(st.sampled_from(["first", "upgrade"]), min_size=6, max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_whatever_communes_ask_for_no_number_is_left_out_and_none_is_given_twice(
    wishes: list[int | None], kinds: list[Kind]
) -> None:
    at = desk_with(PRODUCER)
    asked = [
        assessed(file(at, place, kinds[place]), None if wish is None else f"01-00004-{wish}-2026")
        for place, wish in enumerate(wishes)
    ]

    numbers = _until_rest(at, asked)
    places = range(len(wishes), len(wishes) + 6)
    filled = [at.admitted(HA_NOI, assessed(file(at, place))).given["number"] for place in places]

    serials = sorted(int(number.split("-")[2]) for number in (*numbers, *filled))
    assert serials == list(range(1, len(serials) + 1))


def _until_rest(at: Desk, asked: Sequence[CommuneAssessed]) -> list[str]:
    """The numbers given when each is said once, and again whenever what it waited for came."""
    waiting, numbers, held = list(asked), [], dict[str, list[CommuneAssessed]]()
    while waiting:
        fact = waiting.pop(0)
        outcome = at.say(HA_NOI, fact)
        if isinstance(outcome, Held):
            held.setdefault(outcome.waits_for, []).append(fact)
        elif isinstance(outcome, Admitted):
            numbers.append(outcome.given["number"])
            waiting += [fact for name in sorted(outcome.provides) for fact in held.pop(name, [])]
    return numbers


def test_the_service_knows_the_units_of_every_day() -> None:
    old = ProductNumber("10", "02635", 2, 2022, "080")
    made = rules_of_the_service(Settings(postgres_dsn="postgresql://", kafka_bootstrap="-"))

    owner = made.owner(old)

    assert isinstance(owner, Province)
    assert owner.code == "15"


def test_without_the_units_of_every_day_no_old_number_is_judged() -> None:
    with pytest.raises(LookupError, match="the units by day are not loaded"):
        replace(rules(), units_by_day=None).owner(ProductNumber("01", "00004", 1, 2024))
