"""The official number of a product whose commune asks for evaluation: kept, taken over, checked, or given.

The request for evaluation is what opens the provincial stage (article 7.2), and the year of the assessment is the year
of evaluation that the number carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.registration.domain.case import Case, awaited, number_given
from services.registration.domain.facts import CommuneAssessed
from services.registration.domain.numbers import (
    Allotted,
    Early,
    ProductNumber,
    Series,
    WrongNumber,
    allot,
    bring,
    parse,
)
from services.registration.domain.register import Counter, Dossier, Entry, Key, Product, Register, by_number
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words

NUMBER_FIELD = "product_number"


@dataclass(frozen=True, slots=True)
class Numbered:
    """The product bears `number`; `entries` are the counters that this moves."""

    number: str
    entries: tuple[tuple[Key, Entry], ...] = ()

    @property
    def provides(self) -> frozenset[str]:
        """What no longer needs to be waited for: the number as a name, and as the one before another."""
        names = (awaited(kind, by_number(self.number)) for kind in ("product", "dossier"))
        return frozenset({*names, number_given(self.number)})


def numbered(case: Case, fact: CommuneAssessed, dossier: Dossier, product: Product) -> Numbered | Held | Refused:
    """The number of the dossier's product: the one it bears, else the commune's if it is right, else the next.

    A number ahead of its turn waits for the one before it. `number_keys` must have been loaded.
    """
    sent = None if fact.product_number is None else parse(fact.product_number)
    if isinstance(sent, WrongNumber):
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, sent.words)
    if sent is not None and product.number is None and dossier.kind != "first":
        return _taken_over(case, fact, sent)
    series = _series(case.register, case.unit, product.commune_code, fact.assessed_on.year)
    return _told(case, series, allot(series, _borne(product), sent))


def number_keys(fact: CommuneAssessed, product: Product | None) -> Iterator[Key]:
    """The keys that `numbered` reads and changes, as far as the product is known."""
    sent = None if fact.product_number is None else parse(fact.product_number)
    if isinstance(sent, ProductNumber):
        yield by_number(str(sent))
        yield counter_key(sent.commune, sent.year)
    if product is not None:
        yield counter_key(product.commune_code, fact.assessed_on.year)
        if product.number is not None:
            yield by_number(product.number)


def counter_key(commune: str, year: int) -> Key:
    """The key of the running number of a commune in a year."""
    return ("counter", f"{commune}/{year}")


def _borne(product: Product) -> ProductNumber | None:
    """The number that the product bears; raises ValueError where its entry holds something else."""
    match product.number and parse(product.number):
        case ProductNumber() as borne:
            return borne
        case None:
            return None
        case other:
            raise ValueError(f"product {product.id} bears no number: {other}")


def _taken_over(case: Case, fact: CommuneAssessed, sent: ProductNumber) -> Numbered | Held | Refused:
    """A product that was evaluated before it came to us keeps its number, if it is the sender's and nobody else's."""
    owner = case.rules.owner(sent)
    if isinstance(owner, WrongNumber):
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, owner.words)
    if owner.code != case.unit:
        detail = Words(f"Mã số {sent} thuộc {owner.name}.", f"The number {sent} is of {owner.name}.")
        return refused(Code.AUTHORITY_LACKING, NUMBER_FIELD, detail)
    if sent.year > fact.assessed_on.year:
        detail = Words(f"Mã số {sent} mang năm chưa đến.", f"The year of the number {sent} has not come.")
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, detail)
    if case.register.get(by_number(str(sent))) is not None:
        detail = Words(f"Mã số {sent} là của sản phẩm khác.", f"The number {sent} is another product's.")
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, detail)
    if sent.district is not None or case.rules.units.province_of(sent.commune) != sent.province:
        return Numbered(str(sent))
    series = _series(case.register, sent.province, sent.commune, sent.year)
    return _told(case, series, bring(series, sent))


def _told(case: Case, before: Series, outcome: Allotted | Early | WrongNumber) -> Numbered | Held | Refused:
    """The outcome as admission says it; the counter is an entry of it where it moved."""
    if isinstance(outcome, WrongNumber):
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, outcome.words)
    if isinstance(outcome, Early):
        return case.hold(number_given(str(outcome.awaits)))
    after = outcome.series
    moved = (counter_key(after.commune, after.year), Counter(after.last, after.brought))
    return Numbered(str(outcome.number), () if after == before else (moved,))


def _series(register: Register, province: str, commune: str, year: int) -> Series:
    stored = register.get(counter_key(commune, year))
    counter = stored if isinstance(stored, Counter) else Counter()
    return Series(province, commune, year, counter.last, counter.brought)
