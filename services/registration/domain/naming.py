"""How an event names a producer, product, dossier, council or session, and what follows when it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from services.registration.domain.case import Case, awaited
from services.registration.domain.facts import Naming
from services.registration.domain.numbers import WrongNumber, parse
from services.registration.domain.register import (
    Alias,
    Council,
    Dossier,
    Entry,
    Key,
    Producer,
    Product,
    Register,
    Session,
    by_id,
    by_number,
    named,
)
from services.registration.domain.words import Code, refused
from shared.kernel.outcomes import Held, Refused
from shared.kernel.words import Words

Thing = TypeVar("Thing", Producer, Product, Dossier, Council, Session)

KINDS: tuple[tuple[type[Entry], str], ...] = (
    (Producer, "producer"),
    (Product, "product"),
    (Dossier, "dossier"),
    (Council, "council"),
    (Session, "session"),
)
NUMBERED = ("product", "dossier")
"""What an official number can name: the product that bears it; its open dossier, or the one last evaluated under it."""


@dataclass(frozen=True, slots=True)
class Found(Generic[Thing]):
    """A thing that was named, under its primary key."""

    key: Key
    entry: Thing


def key_of(kind: str, unit: str, naming: Naming) -> Key:
    """The key that `unit` means by `naming`, which may be an alias; raises ValueError where nothing is named."""
    if naming.id is not None:
        return by_id(kind, naming.id)
    if naming.number is not None:
        return by_number(as_given(naming.number))
    if naming.reference is None:
        raise ValueError("a naming names nothing")
    return named(kind, naming.unit or unit, naming.reference)


def as_given(number: str) -> str:
    """An official number in the one form it is kept in, however the sender writes it; what is none stays as it is."""
    parsed = parse(number)
    return number if isinstance(parsed, WrongNumber) else str(parsed)


def primary(register: Register, kind: str, key: Key) -> Key | None:
    """The primary key behind `key`, or None where there is no such thing."""
    entry = register.get(key)
    if isinstance(entry, Alias):
        found = primary(register, kind, entry.to)
        return found if found is None or key[0] != "number" else _open(register, found)
    if isinstance(entry, Dossier) and kind == "product":
        return ("product", entry.product)
    return None if entry is None else key


def _open(register: Register, found: Key) -> Key | None:
    """The open dossier of the product of this dossier, else the dossier; a product stays what it is."""
    dossier = register.get(found)
    product = register.get(("product", dossier.product)) if isinstance(dossier, Dossier) else None
    if not isinstance(product, Product) or product.open is None:
        return found
    return primary(register, "dossier", by_id("dossier", product.open))


def find(case: Case, thing: type[Thing], naming: Naming, field: str) -> Found[Thing] | Held | Refused:
    """What the sender named, if it may speak of it; a hold until it comes where it is not there.

    A province speaks of what is its own; the ministry of every unit's products and dossiers, and of its own councils.
    """
    kind = next(name for known, name in KINDS if known is thing)
    if (wrong := _wrong(case, kind, naming, field)) is not None:
        return wrong
    key = key_of(kind, case.unit, naming)
    found = primary(case.register, kind, key)
    entry = None if found is None else case.register.get(found)
    if found is None or not isinstance(entry, thing):
        return case.hold(awaited(kind, key))
    if entry.unit != case.unit and not (case.ministry and kind in NUMBERED):
        return refused(Code.AUTHORITY_LACKING, field)
    return Found(found, entry)


def _wrong(case: Case, kind: str, naming: Naming, field: str) -> Refused | None:
    """What is wrong with a naming before anything is looked up."""
    if naming.number is not None and kind not in NUMBERED:
        detail = Words("Số chính thức chỉ gọi tên sản phẩm hoặc hồ sơ.", "A number names a product or a dossier only.")
        return refused(Code.EVENT_INVALID, f"{field}.number", detail)
    if naming.number is not None and isinstance(parsed := parse(naming.number), WrongNumber):
        return refused(Code.EVENT_INVALID, f"{field}.number", parsed.words)
    foreign = naming.unit is not None and naming.unit != case.unit
    if foreign and not (case.ministry and kind in NUMBERED):
        return refused(Code.AUTHORITY_LACKING, f"{field}.unit")
    if case.ministry and kind in NUMBERED and naming.reference is not None and not foreign:
        detail = Words("Hãy nêu mã đơn vị (unit) của tỉnh.", "Give the unit code of the province.")
        return refused(Code.EVENT_INVALID, f"{field}.unit", detail)
    return None
