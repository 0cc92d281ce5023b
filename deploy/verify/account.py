"""The whole accounting: everything is read once the site is at rest, and each part of it is explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.provision import SERVICES, Site
from deploy.verify.decisions import Decisions
from deploy.verify.deliberation import Deliberations
from deploy.verify.effects import check_effects
from deploy.verify.findings import Account, Unexplained
from deploy.verify.flow import Flow
from deploy.verify.history import History, Told, read_history
from deploy.verify.intake import Intake
from deploy.verify.notices import Mails, Notices, check_mails, doubles, read_mails
from deploy.verify.numbers import check_numbers, on_paper
from deploy.verify.outboxes import check_dead_letters, check_outboxes
from deploy.verify.overview import check_overview
from deploy.verify.rest import DEADLINE_SECONDS, wait_for_rest
from deploy.verify.rows import check_rows
from deploy.verify.schemas import read_schemas
from deploy.verify.states import check_states
from deploy.verify.supplements import check_supplements
from deploy.verify.topics import Reading, read_topics
from shared.contracts.event import Event
from shared.contracts.promotions import CertificateWithdrawn, DecisionAnnulled, DossierWithdrawn, SessionAnnulled
from shared.contracts.topics import INTERNAL, PROMOTIONS
from shared.rulebooks.calendar import load_editions
from shared.rulebooks.loader import load


async def account(
    site: Site,
    mails: Path | None = None,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
    reading: Reading = read_topics,
) -> Account:
    """What the site holds is counted, and whatever has no explanation is listed; mails only where they are given.

    It waits until nothing moves, at most `deadline_seconds`; what moves then still is listed as not at rest.
    """
    await wait_for_rest(site, deadline_seconds)
    schemas = await read_schemas(site)
    topics = await reading(site)
    history, found = read_history(topics)
    flow = Flow(topics, history, schemas)
    parts = _Parts(flow, read_mails(mails) if mails is not None else None)
    found += parts.check(site)
    return Account(parts.counts(), tuple(sorted(set(found))))


class _Parts:
    """Each part of the accounting, over one reading of the site."""

    def __init__(self, flow: Flow, mails: Mails | None) -> None:
        self.flow = flow
        self.intake = Intake(flow)
        self.decisions = Decisions(flow, load(), load_editions())
        self.notices = Notices(flow)
        self.mails = mails

    def check(self, site: Site) -> Iterator[Unexplained]:
        """Whatever one of the parts cannot explain."""
        yield from self.flow.check(site)
        yield from check_outboxes(self.flow)
        yield from check_dead_letters(self.flow)
        yield from self.intake.check(site)
        yield from check_effects(self.intake)
        yield from check_supplements(self.flow.history)
        yield from Deliberations(self.intake, self.decisions.books).check()
        yield from check_numbers(self.flow.history, on_paper(self.flow.schemas))
        yield from self.decisions.check()
        yield from check_states(self.decisions)
        yield from check_rows(self.flow)
        yield from check_overview(self.flow)
        yield from self.notices.check()
        if self.mails is not None:
            yield from check_mails(self.notices, self.mails)

    def counts(self) -> Mapping[str, int]:
        """The figures, in the order in which a person reads them."""
        told = _told(self.flow.history)
        journal = Counter(row["status"] for row in self.flow.schemas.rows("registration", "journal"))
        deliveries = Counter(row["state"] for row in self.flow.schemas.rows("notification", "delivery"))
        answers = Counter(answer.status for given in self.intake.answers.values() for answer in given)
        found = {
            "intake": len(self.intake.records),
            "admitted": journal["admitted"],
            "held": journal["held"],
            "refused": journal["refused"],
            "duplicates": answers["duplicate"],
            "dead_lettered": sum(len(self.flow.schemas.rows(service, "dead_letter")) for service in SERVICES),
            **{f"published {topic.name}": _events(self.flow.history, topic.name) for topic in INTERNAL},
            "products": told["ProductRegistered"],
            "dossiers": told["DossierFiled"],
            "scored": told["ProductScored"],
            "voided": told["SessionVoided"],
            "recognised": told["ProductRecognised"],
            "returned": told["DossierReturned"],
            "ended": told["DossierEnded"],
            "withdrawn": len(_corrected(self.flow.history, DossierWithdrawn)),
            "sessions_annulled": len(_corrected(self.flow.history, SessionAnnulled)),
            "decisions_annulled": len(_corrected(self.flow.history, DecisionAnnulled)),
            "decisions_held": told["DecisionHeld"],
            "certificates": len(self.flow.schemas.rows("promotion", "certificate")),
            "certificates_ended": told["CertificateEnded"],
            "certificates_extended": told["CertificateExtended"],
            "certificates_withdrawn": len(_corrected(self.flow.history, CertificateWithdrawn)),
            "reminders": told["RenewalReminderDue"],
            "holds": sum(len(self.flow.schemas.rows(service, "held")) for service in SERVICES),
            "notices_written": told["NoticeWritten"],
            "notices_sent": deliveries["sent"],
            "notices_failed": deliveries["failed"],
            "notices_waiting": deliveries["pending"],
        }
        if self.mails is not None:
            found["mails"] = sum(self.mails.counts.values())
            found["mail_doubles_uncertain"] = doubles(self.notices, self.mails)
        return found


def _told(history: History) -> Counter[str]:
    return Counter(type(told.event).__name__ for lane in history.events.values() for told in lane.values())


def _corrected(history: History, kind: type[Event]) -> list[Told]:
    return [told for told in history.on(PROMOTIONS) if isinstance(told.event, kind)]


def _events(history: History, topic: str) -> int:
    return sum(len(lane) for (name, _), lane in history.events.items() if name == topic)
