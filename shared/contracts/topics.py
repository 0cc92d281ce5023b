"""Every topic, declared once: owner, readers, key, partitions, retention, limits. A deploy step creates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from shared.contracts.dossiers import DOSSIERS as DOSSIER_EVENTS
from shared.contracts.event import Event, Retired
from shared.contracts.intake import INTAKE as INTAKE_EVENTS
from shared.contracts.notices import CONTACTS as CONTACT_EVENTS
from shared.contracts.notices import NOTICES as NOTICE_EVENTS
from shared.contracts.promotions import PROMOTIONS as PROMOTION_EVENTS
from shared.contracts.receipts import DEAD_LETTERS as DEAD_LETTER_EVENTS
from shared.contracts.receipts import RECEIPTS as RECEIPT_EVENTS
from shared.contracts.scores import SCORES as SCORE_EVENTS
from shared.contracts.sheets import SHEETS as SHEET_EVENTS
from shared.contracts.versions import NOTICES as NOTICE_EVENTS_ONCE

PARTITIONS = 12
RECORD_BYTES_MAX = 900_000
TOPIC_BYTES_MAX = 1_048_576
INTAKE_RETENTION_DAYS = 30
MINISTRY = "bnnmt"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic. `retention_days` None keeps its history; `compacted` keeps the last record of each key.

    In a `sparse` topic offsets may be missing: its sender, who is not one of our services, may use transactions.
    Our own writers stop at `record_bytes_max`; the broker takes a little more, so that what was written can be sent.
    `events` are written and read; `retired` versions are read only.
    """

    name: str
    owner: str
    readers: frozenset[str]
    keyed_by: str
    events: tuple[type[Event], ...]
    partitions: int = PARTITIONS
    retention_days: int | None = None
    compacted: bool = False
    record_bytes_max: int = RECORD_BYTES_MAX
    sparse: bool = False
    retired: tuple[type[Retired], ...] = ()

    @property
    def types(self) -> Mapping[str, type[Event]]:
        """The events of this topic, in every version, by their CloudEvents type."""
        return MappingProxyType({event.type_name(): event for event in (*self.events, *self.retired)})


_ALL = frozenset({"evaluation", "promotion", "notification", "console"})

DOSSIERS = Topic("ocop.dossiers.v1", "registration", _ALL, "product", DOSSIER_EVENTS)
SHEETS = Topic("ocop.sheets.v1", "registration", frozenset({"evaluation"}), "product", SHEET_EVENTS)
SCORES = Topic("ocop.scores.v1", "evaluation", frozenset({"promotion", "console"}), "product", SCORE_EVENTS)
PROMOTIONS = Topic(
    "ocop.promotions.v1",
    "promotion",
    frozenset({"registration", "evaluation", "notification", "console"}),
    "product",
    PROMOTION_EVENTS,
)
NOTICES = Topic(
    "ocop.notices.v1", "notification", frozenset({"console"}), "product", NOTICE_EVENTS, retired=NOTICE_EVENTS_ONCE
)
CONTACTS = Topic(
    "ocop.contacts.v1", "registration", frozenset({"notification"}), "recipient", CONTACT_EVENTS, compacted=True
)
DEAD_LETTERS = Topic("ocop.dead-letters.v1", "each consumer", frozenset({"console"}), "dead letter", DEAD_LETTER_EVENTS)
INTERNAL: tuple[Topic, ...] = (DOSSIERS, SHEETS, SCORES, PROMOTIONS, NOTICES, CONTACTS, DEAD_LETTERS)


def intake_topic(unit: str) -> Topic:
    """The topic on which `unit` alone speaks to us: one partition, so that its events keep their order."""
    return Topic(
        f"ocop.intake.{unit}.v1",
        unit,
        frozenset({"registration"}),
        "sender's choice",
        INTAKE_EVENTS,
        partitions=1,
        retention_days=INTAKE_RETENTION_DAYS,
        sparse=True,
    )


def receipts_topic(unit: str) -> Topic:
    """The topic on which `unit` alone reads our answers."""
    return Topic(
        f"ocop.receipts.{unit}.v1",
        "registration",
        frozenset({unit}),
        "intake event",
        RECEIPT_EVENTS,
        partitions=1,
        retention_days=INTAKE_RETENTION_DAYS,
    )
