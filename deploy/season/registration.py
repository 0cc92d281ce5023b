"""What a season's size is scaled from: products registered by district, against a target, and those that are played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Registered:
    """One district: how many products it registered in reality, and how many the season plays in their stead."""

    name: str
    products: int
    played: int


@dataclass(frozen=True, slots=True)
class Registration:
    """A year's registration; `target` is of the whole province."""

    year: int
    districts: tuple[Registered, ...]
    target: int

    @property
    def products(self) -> int:
        """All that registered in reality."""
        return sum(district.products for district in self.districts)

    @property
    def played(self) -> int:
        """All that the season plays."""
        return sum(district.played for district in self.districts)

    @property
    def target_played(self) -> int:
        """The target on the scale of the season, to the nearest product, halves up."""
        return (2 * self.target * self.played + self.products) // (2 * self.products)

    @property
    def percent(self) -> int:
        """How much of the target was registered in reality, in whole percent, cut off."""
        return 100 * self.products // self.target


def scaled(registered: Mapping[str, int], played: int) -> dict[str, int]:
    """`played` products shared out as `registered`: the largest remainders are rounded up, the earlier name first."""
    total = sum(registered.values())
    shares = {name: divmod(count * played, total) for name, count in registered.items()}
    left = played - sum(whole for whole, _ in shares.values())
    rounded_up = sorted(shares, key=lambda name: -shares[name][1])[:left]
    return {name: whole + (name in rounded_up) for name, (whole, _) in shares.items()}
