"""The ids of what was announced, subject by subject: from the live topic, and from a replay's outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256

from deploy.replay.state import Rows
from shared.messaging.delivery import Delivery

Numbered = tuple[str, int, str]
"""Subject, sequence and id of an event."""


def numbers(told: Iterable[Delivery]) -> Iterable[Numbered]:
    """Subject, sequence and id of each record that has them."""
    return ((d.envelope.subject, d.envelope.sequence, d.envelope.id) for d in told if d.envelope is not None)


def up_to(told: Iterable[Delivery], published: Mapping[str, int]) -> list[Delivery]:
    """What each subject had announced by then, in order, each event once however often the relay sent it."""
    found: dict[Numbered, Delivery] = {}
    for delivery in told:
        for subject, sequence, event_id in numbers([delivery]):
            if sequence <= published.get(subject, 0):
                found.setdefault((subject, sequence, event_id), delivery)
    return [found[number] for number in sorted(found)]


def digests(announced: Iterable[Numbered]) -> Rows:
    """A digest for each subject of the ids of its announcements, in sequence."""
    of_subject: dict[str, list[str]] = defaultdict(list)
    for subject, sequence, event_id in sorted(announced):
        of_subject[subject].append(f"{sequence} {event_id}")
    return {subject: sha256("\n".join(lines).encode()).digest() for subject, lines in of_subject.items()}
