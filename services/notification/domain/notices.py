"""Who hears of what: one notice for each fact and each of its recipients, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from services.notification.domain.facts import (
    Annulled,
    Contact,
    Dossier,
    Ended,
    Forwarded,
    Happened,
    Particulars,
    Recognised,
    RoundMissed,
    TakenBack,
)
from shared.kernel.ids import derived_id
from shared.kernel.outcomes import Applied, Held

Role = Literal["producer", "commune", "province"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one recipient about one fact; its id is the same however often the fact is taken in."""

    notice_id: UUID
    dossier_id: UUID
    recipient_id: str
    role: Role
    about: UUID
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one subject: of a product its dossiers and notices, of a recipient its contact."""

    dossiers: tuple[Dossier, ...] = ()
    notices: tuple[Notice, ...] = ()
    contact: Contact | None = None

    def dossier(self, dossier_id: UUID) -> Dossier | None:
        """The dossier, if it has been filed as far as we know."""
        return next((dossier for dossier in self.dossiers if dossier.dossier_id == dossier_id), None)


def take_dossier(state: State, dossier: Dossier) -> Applied[State, Notice]:
    """The dossier is known, so that its facts can be told to whom they concern."""
    if state.dossier(dossier.dossier_id) is not None:
        return Applied(state)
    return Applied(replace(state, dossiers=(*state.dossiers, dossier)))


def take_contact(state: State, contact: Contact) -> Applied[State, Notice]:
    """The recipient is reached at its latest contact; an older one changes nothing."""
    if state.contact is not None and state.contact.version >= contact.version:
        return Applied(state)
    return Applied(replace(state, contact=contact))


def tell(state: State, happened: Happened) -> Applied[State, Notice] | Held:
    """The producer and the commune each have a notice of the fact, of a round missed the province too (5, 7.2, 7.3.g).

    Held while the dossier's filing, which names them, has not come.
    """
    dossier = state.dossier(happened.dossier_id)
    if dossier is None:
        return Held(f"dossier:{happened.dossier_id}")
    known = {notice.notice_id for notice in state.notices}
    written = tuple(
        notice
        for recipient_id, role in recipients(dossier, happened.particulars)
        if (notice := _notice(happened, recipient_id, role)).notice_id not in known
    )
    return Applied(replace(state, notices=(*state.notices, *written)), written)


def take_back(state: State, taken_back: TakenBack) -> Applied[State, Notice] | Held:
    """Whoever was told what counts no more has one notice that says so; where nothing was told, nobody has.

    The earlier notice goes out too, if it has not yet: nothing is lost, and the later one says which it corrects.
    """
    if state.dossier(taken_back.dossier_id) is None:
        return Held(f"dossier:{taken_back.dossier_id}")
    latest = {
        notice.recipient_id: notice
        for notice in state.notices
        if notice.dossier_id == taken_back.dossier_id
        and isinstance(notice.particulars, Forwarded | Recognised | Ended)
        and notice.particulars.decision_number == taken_back.decision_number
    }
    written = tuple(
        _notice(_annulled(taken_back, notice.particulars), notice.recipient_id, notice.role)
        for notice in latest.values()
        if isinstance(notice.particulars, Forwarded | Recognised | Ended)
    )
    known = {notice.notice_id for notice in state.notices}
    new = tuple(notice for notice in written if notice.notice_id not in known)
    return Applied(replace(state, notices=(*state.notices, *new)), new)


def _annulled(taken_back: TakenBack, told: Forwarded | Recognised | Ended) -> Happened:
    particulars = Annulled(
        fact_on=taken_back.fact_on,
        told=told.kind,
        to=told.to if isinstance(told, Forwarded) else "central",
        decision_number=taken_back.decision_number,
        document_number=taken_back.document_number,
        reason=taken_back.reason,
        basis=taken_back.basis,
        restored=taken_back.restored,
    )
    return Happened(taken_back.about, taken_back.recorded_ms, taken_back.dossier_id, particulars)


def recipients(dossier: Dossier, particulars: Particulars) -> tuple[tuple[str, Role], ...]:
    """Who hears of a fact: the producer and the commune's People's Committee (article 7.3.g).

    The province knows what it decided and sent itself; of a request that came too late it hears as they do.
    """
    both: tuple[tuple[str, Role], ...] = (
        (str(dossier.producer_id), "producer"),
        (f"commune-{dossier.commune_code}", "commune"),
    )
    return (*both, (f"province-{dossier.unit}", "province")) if isinstance(particulars, RoundMissed) else both


def _notice(happened: Happened, recipient_id: str, role: Role) -> Notice:
    kind = happened.particulars.kind
    return Notice(
        notice_id=derived_id(happened.recorded_ms, str(happened.about), recipient_id, kind),
        dossier_id=happened.dossier_id,
        recipient_id=recipient_id,
        role=role,
        about=happened.about,
        particulars=happened.particulars,
    )
