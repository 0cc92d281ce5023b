"""The official number of a product whose commune asks for evaluation: kept, taken over, checked, or given.

The request for evaluation is what opens the provincial stage (article 7.2), and the year of the assessment is the year
of evaluation that the number carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from services.registration.domain.case import Admission, Case, Draft, awaited, number_given
from services.registration.domain.facts import CommuneAssessed, NumbersCarriedOver
from services.registration.domain.identities import commune_refused
from services.registration.domain.numbers import (
    Allotted,
    Early,
    ProductNumber,
    Series,
    WrongNumber,
    allot,
    bring,
    carry_over,
    parse,
)
from services.registration.domain.register import Counter, Dossier, Entry, Key, Product, Register, by_number
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words
from shared.rulebooks.units import SINCE

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
        return _taken_over(case, fact, product, sent)
    series = _series(case.register, case.unit, product.commune_code, fact.assessed_on.year)
    outcome = allot(series, _borne(product), sent)
    if product.number is None and isinstance(outcome, Allotted) and outcome.number == sent:
        return _anothers(case, sent) or _told(case, series, outcome)
    return _told(case, series, outcome)


def numbers_carried_over(case: Case, fact: NumbersCarriedOver) -> Admission:
    """The commune's series of that year goes on behind the numbers that it gave on paper."""
    wrong = commune_refused(case, fact.commune_code) or case.not_yet(date(fact.year, 1, 1))
    if wrong is not None:
        return wrong
    series = carry_over(_series(case.register, case.unit, fact.commune_code, fact.year), fact.last)
    if isinstance(series, WrongNumber):
        return refused(Code.EVENT_INVALID, "last", series.words)
    draft = Draft(case.register)
    draft.put(*_counted(series))
    on_paper = (replace(series, last=serial - 1, brought=()).next for serial in range(1, fact.last + 1))
    return draft.admitted({"next": str(series.next)}, frozenset(number_given(str(number)) for number in on_paper))


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


def _taken_over(case: Case, fact: CommuneAssessed, product: Product, sent: ProductNumber) -> Numbered | Held | Refused:
    """A product that was evaluated before it came to us keeps its number, if it is the sender's and nobody else's."""
    wrong = _not_its_own(case, fact, product, sent) or _anothers(case, sent)
    if wrong is not None:
        return wrong
    if sent.district is not None or case.rules.units.province_of(sent.commune) != sent.province:
        return Numbered(str(sent))
    series = _series(case.register, sent.province, sent.commune, sent.year)
    return _told(case, series, bring(series, sent))


def _not_its_own(case: Case, fact: CommuneAssessed, product: Product, sent: ProductNumber) -> Refused | None:
    """A refusal where the number cannot be of a product of this commune.

    Until the communes were formed anew in 2025 it may be of one that is no more; since then it is of the product's own.
    """
    owner = case.rules.owner(sent)
    if isinstance(owner, WrongNumber):
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, owner.words)
    if owner.code != case.unit:
        detail = Words(f"Mã số {sent} thuộc {owner.name}.", f"The number {sent} is of {owner.name}.")
        return refused(Code.AUTHORITY_LACKING, NUMBER_FIELD, detail)
    if sent.year > fact.assessed_on.year:
        detail = Words(f"Mã số {sent} mang năm chưa đến.", f"The year of the number {sent} has not come.")
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, detail)
    if sent.year > SINCE.year and sent.commune != product.commune_code:
        detail = Words(
            f"Mã số {sent} là của xã {sent.commune}, sản phẩm thuộc xã {product.commune_code}.",
            f"The number {sent} is of commune {sent.commune}, the product of commune {product.commune_code}.",
        )
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, detail)
    return None


def _anothers(case: Case, sent: ProductNumber) -> Refused | None:
    """A refusal where a product bears the number that was sent."""
    if case.register.get(by_number(str(sent))) is None:
        return None
    detail = Words(f"Mã số {sent} là của sản phẩm khác.", f"The number {sent} is another product's.")
    return refused(Code.EVENT_INVALID, NUMBER_FIELD, detail)


def _told(case: Case, before: Series, outcome: Allotted | Early | WrongNumber) -> Numbered | Held | Refused:
    """The outcome as admission says it; the counter is an entry of it where it moved."""
    if isinstance(outcome, WrongNumber):
        return refused(Code.EVENT_INVALID, NUMBER_FIELD, outcome.words)
    if isinstance(outcome, Early):
        return case.hold(number_given(str(outcome.awaits)))
    after = outcome.series
    return Numbered(str(outcome.number), () if after == before else (_counted(after),))


def _series(register: Register, province: str, commune: str, year: int) -> Series:
    stored = register.get(counter_key(commune, year))
    counter = stored if isinstance(stored, Counter) else Counter()
    return Series(province, commune, year, counter.last, counter.brought, counter.carried)


def _counted(series: Series) -> tuple[Key, Counter]:
    return counter_key(series.commune, series.year), Counter(series.last, series.brought, series.carried)
