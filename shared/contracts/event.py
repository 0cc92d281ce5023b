"""What every event has: a name, a version, and fields that say when they are wrong."""

from __future__ import annotations

import unicodedata
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator


def _nfc(value: str) -> str:
    if "\x00" in value:
        raise ValueError("the character U+0000 is not text")
    return unicodedata.normalize("NFC", value)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_nfc)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(_nfc)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_nfc)]
Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"),
]
UnitCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|bnnmt)$")]
CommuneCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
OptionPosition = Annotated[int, Field(ge=1, le=20)]
WithdrawalGround = Literal[
    "untrue_information", "criteria_not_met", "law_breached", "mark_misused", "production_stopped", "other"
]
"""The grounds of article 8.1 of 26/2026, a) to e), on which a certificate is withdrawn."""
CriterionCode = Annotated[str, StringConstraints(min_length=1, max_length=20), AfterValidator(_nfc)]
Options = Annotated[dict[CriterionCode, OptionPosition], Field(min_length=1, max_length=100)]
AdmittedOptions = Annotated[dict[str, int], Field(min_length=1, max_length=100)]
"""Options that registration has held against their criteria set; each code and position is known to be one of it."""


class Part(BaseModel):
    """A value inside an event."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Event(Part):
    """A past-tense fact. Its type on the wire is `vn.ocop.<family>.<name>.v<version>`."""

    family: ClassVar[str]
    version: ClassVar[int] = 1

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents `type`."""
        return f"vn.ocop.{cls.family}.{cls.__name__}.v{cls.version}"

    @classmethod
    def schema_name(cls) -> str:
        """The CloudEvents `dataschema`: a name, not a place."""
        return f"urn:ocop:schema:{cls.family}.{cls.__name__}.v{cls.version}"


class Retired(Event):
    """A version that is read for good and written no more: history and slow senders still hold it."""

    def upcast(self) -> Event:
        """The same fact as the next version says it. Pure, and defined for every value of this version."""
        raise NotImplementedError


def newest(event: Event) -> Event:
    """The fact as its newest version says it; what is newest already stays as it is."""
    while isinstance(event, Retired):
        event = event.upcast()
    return event


class Naming(Part):
    """Names one thing in exactly one of three ways: our `id`, an official `number`, or a sender's `reference`.

    A reference is that of the sending unit unless `unit` says another (the ministry speaks of provinces' products).
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    id: UUID | None = None
    number: Reference | None = None
    reference: Reference | None = None
    unit: UnitCode | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Naming:
        if sum(value is not None for value in (self.id, self.number, self.reference)) != 1:
            raise ValueError("exactly one of id, number and reference is needed")
        if self.unit is not None and self.reference is None:
            raise ValueError("unit belongs to a reference")
        return self


class Basis(Part):
    """What a decision rests on."""

    act: Text
    rulebook: Text
    articles: tuple[Text, ...]


class Exact(Part):
    """An exact number, in lowest terms."""

    numerator: int
    denominator: Annotated[int, Field(ge=1)]
