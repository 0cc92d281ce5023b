"""The sample seasons by name: each with the number of products and the seed it is played with unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from deploy.season.generator import Season, generate
from deploy.season.hanoi.authored import expected_products
from deploy.season.hanoi.districts import registration
from deploy.season.hanoi.plan import make_plan
from deploy.season.hanoi.script import happenings

DEFAULT: Final = "2026"
HANOI_DOSSIERS: Final = 48
HANOI_SEED: Final = 2020


@dataclass(frozen=True, slots=True)
class Sample:
    """A season that `./ocop up` can play; `write` takes a number of products and a seed."""

    dossiers: int
    seed: int
    write: Callable[[int, int], Season]


def generate_hanoi(dossiers: int = HANOI_DOSSIERS, seed: int = HANOI_SEED) -> Season:
    """Hà Nội's season of 2019 and 2020; raises ValueError below the number that holds every case."""
    plan = make_plan(dossiers, seed)
    return Season(seed, partial(happenings, plan), partial(expected_products, plan), registration(plan.of_2020))


SEASONS: Final[Mapping[str, Sample]] = MappingProxyType(
    {
        DEFAULT: Sample(60, 2026, generate),
        "2020": Sample(HANOI_DOSSIERS, HANOI_SEED, generate_hanoi),
    }
)
