"""Who must hear of what, recomputed: each fact's notices, their deliveries, what was told of these, and the mails."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path
from typing import Final
from uuid import UUID

from deploy.verify.findings import Kind, Unexplained
from deploy.verify.flow import Flow
from deploy.verify.history import Told
from deploy.verify.schemas import Row
from shared.contracts.dossiers import DossierFiled
from shared.contracts.event import Event
from shared.contracts.notices import NoticeFailed, NoticeSent, NoticeWritten
from shared.contracts.promotions import (
    CertificateEnded,
    CertificateExtended,
    CertificateWithdrawn,
    DecisionAnnulled,
    DossierEnded,
    DossierForwarded,
    DossierReturned,
    DossierWithdrawn,
    ProductRecognised,
    RenewalReminderDue,
    SessionAnnulled,
    StageOpened,
    SupplementAsked,
)
from shared.contracts.topics import DOSSIERS, NOTICES, PROMOTIONS
from shared.kernel.ids import derived_id

HEARD: Final[Mapping[type, tuple[str, str]]] = {
    DossierReturned: ("returned", "returned_on"),
    ProductRecognised: ("recognised", "decided_on"),
    DossierForwarded: ("forwarded", "requested_on"),
    DossierEnded: ("ended", "decided_on"),
    DossierWithdrawn: ("withdrawn", "withdrawn_on"),
    RenewalReminderDue: ("renewal_reminder", "due_on"),
    CertificateWithdrawn: ("certificate_withdrawn", "withdrawn_on"),
    CertificateExtended: ("certificate_extended", "expires_on"),
    CertificateEnded: ("certificate_ended", "ended_on"),
    SupplementAsked: ("supplement_asked", "asked_on"),
    StageOpened: ("round_missed", "opened_on"),
    DecisionAnnulled: ("annulled", "annulled_on"),
    SessionAnnulled: ("annulled", "annulled_on"),
}
"""The facts that a producer and its commune hear of (7.2, 7.3.a, 7.3.g, 8.3.c): the notice's kind, and the fact's day.

Of an annulment they hear only where they were told of what rested on it (article 10.1.b), of a certificate's end only
where no other certificate took its place, of a stage, with their province, only where its request came too late for a
round (article 5).
"""


@dataclass
class Notices:
    """Every notice due, and everything on record about each."""

    flow: Flow
    due: dict[UUID, tuple[NoticeWritten, str]] = field(default_factory=dict)
    written: dict[UUID, Told] = field(default_factory=dict)
    ended: dict[UUID, list[Told]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[UUID, Row] = field(init=False)
    deliveries: dict[UUID, Row] = field(init=False)

    def __post_init__(self) -> None:
        schemas = self.flow.schemas
        self.rows = {row["notice_id"]: row for row in schemas.rows("notification", "notice")}
        self.deliveries = {row["notice_id"]: row for row in schemas.rows("notification", "delivery")}
        for told in self.flow.history.on(NOTICES):
            if isinstance(told.event, NoticeWritten):
                self.written[told.event.notice_id] = told
            elif isinstance(told.event, NoticeSent | NoticeFailed):
                self.ended[told.event.notice_id].append(told)

    def check(self) -> Iterator[Unexplained]:
        """Whatever is due and not written, written and not due, or not carried out as it was told."""
        for subject in self.flow.history.subjects(PROMOTIONS):
            self.due.update(self._due(subject))
        broken = self.flow.history.broken
        for name, (notice, subject) in self.due.items():
            if subject not in broken:
                yield from self._written(name, notice, subject)
        for name, told in self.written.items():
            if name not in self.due and told.subject not in broken:
                yield Unexplained(Kind.NOTICE_UNFOUNDED, told.record.where, f"notice {name} follows from nothing")
            if told.subject not in broken:
                yield from self._carried_out(name)
        for name in self.rows.keys() | self.ended.keys():
            subject = self.rows[name]["subject"] if name in self.rows else self.ended[name][0].subject
            if name not in self.written and subject not in broken:
                yield Unexplained(Kind.ROW_UNFOUNDED, f"notification.notice {name}", "no such notice was written")

    def _due(self, subject: str) -> Iterator[tuple[UUID, tuple[NoticeWritten, str]]]:
        known = (told.event for told in self.flow.history.of(DOSSIERS, subject))
        filed = {event.dossier_id: event for event in known if isinstance(event, DossierFiled)}
        known_of: set[tuple[UUID, str]] = set()
        for told in self.flow.taken("notification", PROMOTIONS, subject):
            if (heard := HEARD.get(type(told.event))) is None or told.event is None:
                continue
            kind, day = heard
            dossier = filed.get(getattr(told.event, "dossier_id"))  # noqa: B009  # each of them has one
            if dossier is None or _unheard(told.event, known_of):
                continue
            late = (f"province-{dossier.unit}",) if isinstance(told.event, StageOpened) else ()
            for recipient in (str(dossier.producer_id), f"commune-{dossier.commune_code}", *late):
                notice = NoticeWritten.model_validate(
                    {
                        "notice_id": derived_id(told.recorded_ms, told.id, recipient, kind),
                        "dossier_id": dossier.dossier_id,
                        "recipient_id": recipient,
                        "kind": kind,
                        "about": UUID(told.id),
                        "fact_on": getattr(told.event, day),
                    }
                )
                yield notice.notice_id, (notice, subject)

    def _written(self, name: UUID, notice: NoticeWritten, subject: str) -> Iterator[Unexplained]:
        told = self.written.get(name)
        if told is None:
            words = f"{notice.kind} to {notice.recipient_id} about {notice.about} of {subject}"
            yield Unexplained(Kind.NOTICE_MISSING, f"notice {name}", words)
        elif told.event != notice:
            yield Unexplained(Kind.NOTICE_DIFFERS, told.record.where, f"notice {name} is due as {notice}")

    def _carried_out(self, name: UUID) -> Iterator[Unexplained]:
        """The notice's row, its delivery, and what was told of its end agree."""
        row, delivery, ended = self.rows.get(name), self.deliveries.get(name), self.ended.get(name, [])
        if row is None:
            yield Unexplained(Kind.ROW_MISSING, f"notification.notice {name}", "the notice was written")
        if delivery is None:
            yield Unexplained(Kind.ROW_MISSING, f"notification.delivery {name}", "the notice was written")
            return
        where, state = f"notification.delivery {name}", delivery["state"]
        told = [type(one.event).__name__ for one in ended]
        if state == "pending" and not told:
            yield from self._waiting(name, where)
        elif told != [{"sent": "NoticeSent", "failed": "NoticeFailed"}.get(state)]:
            yield Unexplained(Kind.NOTICE_DIFFERS, where, f"{state}, told {', '.join(told) or 'nothing'}")
        elif isinstance(sent := ended[0].event, NoticeSent | NoticeFailed):
            named = getattr(sent, "message_id", delivery["message_id"])
            if (sent.attempts, named) != (delivery["attempts"], delivery["message_id"]):
                words = f"attempt {delivery['attempts']} of {delivery['message_id']}, told {sent.attempts} of {named}"
                yield Unexplained(Kind.NOTICE_DIFFERS, where, words)

    def _waiting(self, name: UUID, where: str) -> Iterator[Unexplained]:
        """A notice may wait as long as it takes for its recipient's address, and for nothing else."""
        recipient = self.rows[name]["recipient_id"] if name in self.rows else ""
        if any(row["recipient_id"] == recipient for row in self.flow.schemas.rows("notification", "contact")):
            yield Unexplained(Kind.NOT_AT_REST, where, "the mail is still to be sent")


def _unheard(event: Event, known_of: set[tuple[UUID, str]]) -> bool:
    """True for the annulment of what nobody was told; `known_of` are the decisions that people know of.

    True also for the end of a certificate that another supersedes, for one told before ends had a cause, and for a
    stage whose request came in time.
    """
    match event:
        case CertificateEnded():
            return event.cause is None or event.cause == "superseded"
        case StageOpened():
            return event.missed is None
        case DossierForwarded() | ProductRecognised() | DossierEnded():
            known_of.add((event.dossier_id, event.decision_number))
        case DecisionAnnulled():
            return (event.dossier_id, event.decision_number) not in known_of
        case SessionAnnulled():
            return (event.dossier_id, event.forwarding_number or "") not in known_of
    return False


@dataclass(frozen=True, slots=True)
class Mails:
    """The mails of a directory: how many there are of each Message-ID, and the file that came first."""

    counts: Counter[str]
    files: Mapping[str, str]


def read_mails(directory: Path) -> Mails:
    """Every mail there is."""
    counts, files = Counter[str](), dict[str, str]()
    for path in sorted(directory.glob("*.eml")):
        name = str(message_from_bytes(path.read_bytes(), policy=modern)["Message-ID"]).strip()
        counts[name] += 1
        files.setdefault(name, path.name)
    return Mails(counts, files)


def check_mails(notices: Notices, mails: Mails) -> Iterator[Unexplained]:
    """A mail told to be sent that is not there, one too many of a delivery that is certain, one of no notice."""
    known: set[str] = set()
    for name, ended in notices.ended.items():
        for told in ended:
            if isinstance(told.event, NoticeSent):
                known.add(told.event.message_id)
                yield from _counted(name, mails.counts[told.event.message_id], notices.deliveries.get(name))
    open_ended = (row for row in notices.deliveries.values() if row["uncertain"] or row["state"] == "pending")
    perhaps = {row["message_id"] for row in open_ended}
    for message_id in sorted(mails.counts.keys() - known - perhaps):
        yield Unexplained(Kind.MAIL_UNFOUNDED, mails.files[message_id], f"no notice was sent as {message_id}")


def _counted(name: UUID, count: int, delivery: Row | None) -> Iterator[Unexplained]:
    if count == 0:
        yield Unexplained(Kind.MAIL_MISSING, f"notice {name}", "told to be sent, no mail has its Message-ID")
    elif count > 1 and delivery is not None and not (delivery["uncertain"] and count <= delivery["attempts"]):
        yield Unexplained(Kind.MAIL_DOUBLED, f"notice {name}", f"{count} mails of a delivery that is certain")


def doubles(notices: Notices, mails: Mails) -> int:
    """How many mails came once more, each of a delivery that is marked as uncertain."""
    uncertain = {row["message_id"] for row in notices.deliveries.values() if row["uncertain"]}
    return sum(count - 1 for message_id, count in mails.counts.items() if message_id in uncertain)
