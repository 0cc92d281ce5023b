"""What an outsider sees of a season: receipts, scores, promotions and mails, gathered as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as modern
from email.utils import parseaddr
from fractions import Fraction
from pathlib import Path
from typing import Any

from deploy.season.expectations import ExpectedScore
from deploy.season.outsider import Record, body, header, unit_of
from shared.contracts import promotions, scores
from shared.contracts.intake import DossierFiled, ProductRegistered

MAIL_PATTERN = "*.eml"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One answer to one record."""

    event_id: str | None
    event_type: str | None
    status: str
    code: str


@dataclass
class Standing:
    """What the promotions and scores of one product say, in their order."""

    end: str = "unfinished"
    stars: int | None = None
    level: str | None = None
    expires: str | None = None
    contradiction: str | None = None
    open_tasks: set[str] = field(default_factory=set)
    scores: list[ExpectedScore] = field(default_factory=list)
    voided: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    acts: set[str] = field(default_factory=set)

    def how_it_ends(self) -> str:
        """The end as the season's author names it."""
        if self.end in {"returned", "recognised", "ended", "withdrawn"}:
            return self.end
        if self.contradiction is not None:
            return "decision_held"
        return "task_open" if "decide_on_central_result" in self.open_tasks else self.end

    def promoted(self, kind: str, data: dict[str, Any]) -> None:
        """One step more on the ladder."""
        self.steps[kind] += 1
        if "basis" in data:
            self.acts.add(data["basis"]["act"])
        if kind == promotions.TaskOpened.type_name():
            self.open_tasks.add(data["task"])
        elif kind == promotions.TaskClosed.type_name():
            self.open_tasks.discard(data["task"])
        elif kind == promotions.DecisionHeld.type_name():
            self.contradiction = data["contradiction"]
        elif kind in _STEPS:
            self.end, self.contradiction = _STEPS[kind], None
            self.stars, self.level = data.get("stars"), data.get("level")
            self.expires = data.get("expires_on")

    def scored(self, kind: str, data: dict[str, Any]) -> None:
        """One finding of a council more."""
        if kind == scores.SessionVoided.type_name():
            self.voided += 1
        elif kind == scores.ProductScored.type_name():
            total = data["total"]
            exact = None if total is None else Fraction(total["numerator"], total["denominator"])
            self.scores.append(ExpectedScore(data["stage"]["level"], exact, data["stars"]))


_STEPS = {
    promotions.DossierReturned.type_name(): "returned",
    promotions.DossierForwarded.type_name(): "forwarded",
    promotions.ProductRecognised.type_name(): "recognised",
    promotions.DossierEnded.type_name(): "ended",
    promotions.DossierWithdrawn.type_name(): "withdrawn",
    promotions.DecisionAnnulled.type_name(): "unfinished",
    promotions.SessionAnnulled.type_name(): "unfinished",
}


@dataclass
class Observed:
    """Everything seen so far. `receipts` holds, by unit and intake offset, the answers in the order they came.

    A relay that was killed sends again what it does not know to have arrived; that is the same event under the same
    id, and is taken once (CloudEvents 1.0, `id`).
    """

    prefix: str
    receipts: dict[str, dict[int, list[Receipt]]] = field(default_factory=dict)
    product_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    mails: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    message_ids: Counter[str] = field(default_factory=Counter)
    dossiers_filed: set[tuple[str, str]] = field(default_factory=set)
    _files: set[str] = field(default_factory=set)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def take(self, records: Iterable[Record]) -> None:
        """The records have been seen."""
        for record in records:
            if self._sent_before(record):
                continue
            unit = unit_of(record.topic, self.prefix)
            if unit is not None:
                self._receipt(unit, body(record))
                continue
            standing = self.standings.setdefault(header(record, "ce_subject"), Standing())
            kind = header(record, "ce_type")
            standing.promoted(kind, body(record))
            standing.scored(kind, body(record))

    def take_mails(self, directory: Path) -> int:
        """The mails that came since have been read; returns how many."""
        new = [path for path in sorted(directory.glob(MAIL_PATTERN)) if path.name not in self._files]
        for path in new:
            self._files.add(path.name)
            self._mail(path.read_bytes())
        return len(new)

    def standing(self, unit: str, registered_by: str) -> Standing | None:
        """What is known of the product that the event `registered_by` of `unit` registered; None before its receipt."""
        product_id = self.product_ids.get((unit, registered_by))
        return None if product_id is None else self.standings.setdefault(product_id, Standing())

    def _sent_before(self, record: Record) -> bool:
        event = record.topic, header(record, "ce_id")
        known = event in self._seen
        if event[1]:
            self._seen.add(event)
        return known

    def _receipt(self, unit: str, data: dict[str, Any]) -> None:
        event_id, kind, status = data.get("event_id"), data.get("event_type"), data["status"]
        receipt = Receipt(event_id, kind, status, data["code"])
        self.receipts.setdefault(unit, {}).setdefault(int(data["offset"]), []).append(receipt)
        if event_id is None or status != "admitted":
            return
        if kind == ProductRegistered.type_name() and "product_id" in data.get("given", {}):
            self.product_ids[unit, event_id] = data["given"]["product_id"]
        if kind == DossierFiled.type_name():
            self.dossiers_filed.add((unit, event_id))

    def _mail(self, content: bytes) -> None:
        mail = message_from_bytes(content, policy=modern)
        address = parseaddr(str(mail["To"]))[1]
        product, kind = str(mail["X-OCOP-Product"]).strip(), str(mail["X-OCOP-Notice-Kind"]).strip()
        self.mails[address, kind, product] += 1
        self.message_ids[str(mail["Message-ID"]).strip()] += 1
