"""A product's story: what every topic told of it, the same however the topics interleave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

STORY_FACTS_MAX = 200
_FAMILIES = ("dossiers", "scores", "promotions", "notices")


@dataclass(frozen=True, slots=True)
class Fact:
    """One event, reduced to what a page may show; `kind` is its event's name, `on` the date of the fact itself.

    `apart` is true of a result whose council lay too far apart even after scoring again. `round` is the round that a
    stage is in, `missed` the one its request came too late for.
    """

    family: str
    sequence: int
    recorded_ms: int
    kind: str
    on: date | None
    dossier_id: UUID | None = None
    articles: tuple[str, ...] = ()
    level: str | None = None
    attempt: int | None = None
    stars: int | None = None
    total: Fraction | None = None
    number: str | None = None
    unit: str | None = None
    word: str | None = None
    about: UUID | None = None
    expires_on: date | None = None
    recipient: str | None = None
    apart: bool = False
    round: int | None = None
    missed: int | None = None

    def place(self) -> tuple[int, int, int]:
        """Where the fact stands in the story: by when it became known, what follows from a fact after the fact."""
        return (self.recorded_ms, _FAMILIES.index(self.family), self.sequence)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A recognition of the product, valid through `expires_on` until it has `ended`, was `annulled` or `withdrawn`."""

    certificate_id: UUID
    stars: int
    expires_on: date
    ended: bool = False
    annulled: bool = False
    withdrawn: bool = False

    @property
    def in_force(self) -> bool:
        """True until it has ended, was annulled or was withdrawn."""
        return not (self.ended or self.annulled or self.withdrawn)


@dataclass(frozen=True, slots=True)
class Product:
    """What the product is; of the official number only what has been given."""

    name: str
    unit: str
    commune_code: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an operator did about a dead letter, and when."""

    how: str
    by: str
    recorded_ms: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that a service could not apply; open until it is settled."""

    service: str
    topic: str
    partition: int
    offset: int
    about: str | None
    reason: str
    size_bytes: int
    settled: Settlement | None = None
    recorded_ms: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one product, or of one dead letter. Each field is fed by one topic alone, but for the story,
    which is kept in an order of its own: so the state does not depend on how topics interleave."""

    product: Product | None = None
    dossier_id: UUID | None = None
    certificate: Certificate | None = None
    earlier: tuple[Certificate, ...] = ()
    notices_written: int = 0
    notices_sent: int = 0
    notices_failed: int = 0
    story: tuple[Fact, ...] = ()
    seen: tuple[tuple[str, int], ...] = ()
    dead_letter: DeadLetter | None = None

    def updated_ms(self) -> int:
        """When the latest event of any topic became known."""
        return max((recorded_ms for _, recorded_ms in self.seen), default=0)


def told(state: State, fact: Fact) -> State:
    """The fact stands in the story; of more than `STORY_FACTS_MAX` the latest are kept."""
    story = sorted((*state.story, fact), key=Fact.place)[-STORY_FACTS_MAX:]
    return seen(replace(state, story=tuple(story)), fact.family, fact.recorded_ms)


def seen(state: State, family: str, recorded_ms: int) -> State:
    """The topic of `family` has been read up to an event known since `recorded_ms`."""
    known = dict(state.seen)
    known[family] = max(recorded_ms, known.get(family, 0))
    return replace(state, seen=tuple(sorted(known.items())))


def named(state: State, product: Product) -> State:
    """The product is known by this name and place; a number once given stays."""
    number = product.number or (state.product.number if state.product else None)
    return replace(state, product=replace(product, number=number))


def numbered(state: State, number: str | None) -> State:
    """The product has its official number, where one was given."""
    if number is None or state.product is None:
        return state
    return replace(state, product=replace(state.product, number=number))


def opened(state: State, dossier_id: UUID) -> State:
    """This dossier is the current one."""
    return replace(state, dossier_id=dossier_id)


def certified(state: State, certificate: Certificate) -> State:
    """The product has this certificate; the one before it is history."""
    before = () if state.certificate is None else (state.certificate,)
    return replace(state, certificate=certificate, earlier=(*state.earlier, *before))


def certificate_changed(state: State, certificate_id: UUID | None, **changes: Any) -> State:
    """The certificate has changed so, if it is the latest; an earlier one is history."""
    if state.certificate is None or state.certificate.certificate_id != certificate_id:
        return state
    return replace(state, certificate=replace(state.certificate, **changes))


def certificate_restored(state: State, certificate_id: UUID) -> State:
    """The latest certificate was annulled, and the one it had ended is in force again."""
    before = next((one for one in state.earlier if one.certificate_id == certificate_id), state.certificate)
    left = tuple(one for one in state.earlier if one.certificate_id != certificate_id)
    return replace(state, certificate=None if before is None else replace(before, ended=False), earlier=left)


def settled(state: State, settlement: Settlement) -> State:
    """The dead letter is open no more."""
    if state.dead_letter is None:
        return state
    return replace(state, dead_letter=replace(state.dead_letter, settled=settlement))


def noticed(state: State, kind: str) -> State:
    """The notice is counted as written, sent or failed."""
    match kind:
        case "NoticeWritten":
            return replace(state, notices_written=state.notices_written + 1)
        case "NoticeSent":
            return replace(state, notices_sent=state.notices_sent + 1)
        case "NoticeFailed":
            return replace(state, notices_failed=state.notices_failed + 1)
        case _:
            return state
