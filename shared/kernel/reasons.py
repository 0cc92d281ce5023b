"""Why an event is a dead letter: the closed list that operators and dashboards key on."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Reasons for a dead letter."""

    HEADERS_UNREADABLE = "headers-unreadable"
    ATTRIBUTE_MISSING = "attribute-missing"
    ATTRIBUTE_INVALID = "attribute-invalid"
    BODY_EMPTY = "body-empty"
    BODY_UNREADABLE = "body-unreadable"
    BODY_INVALID = "body-invalid"
    TYPE_UNKNOWN = "type-unknown"
    KEY_DIFFERS = "key-differs"
    TOO_LARGE = "too-large"
    FAULT = "fault"
