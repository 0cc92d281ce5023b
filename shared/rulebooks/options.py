"""The options of one score sheet against a criteria set: what is wrong with them, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import repeat
from operator import getitem, le
from typing import cast

from shared.rulebooks.model import CriteriaSet, Criterion

Options = Mapping[str, int]
"""Criterion code → position of the chosen option as printed, from 1."""


class FaultCode(StrEnum):
    """Everything that can be wrong with the options of a sheet."""

    UNKNOWN_CRITERION = "unknown-criterion"
    MISSING_CRITERION = "missing-criterion"
    NOT_A_POSITION = "not-a-position"
    OUT_OF_RANGE = "out-of-range"


@dataclass(frozen=True, slots=True)
class OptionFault:
    """One thing wrong with the options of a sheet; `positions` is how many options the criterion has, 0 if unknown."""

    code: FaultCode
    criterion: str
    positions: int = 0

    @property
    def _shown(self) -> str:
        return repr(self.criterion[:40])

    @property
    def vietnamese(self) -> str:
        """What is wrong and what to do, in Vietnamese."""
        match self.code:
            case FaultCode.UNKNOWN_CRITERION:
                return f"Bộ tiêu chí không có tiêu chí {self._shown}; hãy bỏ đi hoặc sửa mã."
            case FaultCode.MISSING_CRITERION:
                return f"Thiếu tiêu chí {self.criterion}; hãy chọn một phương án từ 1 đến {self.positions}."
            case FaultCode.NOT_A_POSITION:
                return f"Tiêu chí {self.criterion}: phương án phải là số nguyên từ 1 đến {self.positions}."
            case FaultCode.OUT_OF_RANGE:
                return f"Tiêu chí {self.criterion} chỉ có các phương án từ 1 đến {self.positions}."

    @property
    def english(self) -> str:
        """What is wrong and what to do, in English."""
        match self.code:
            case FaultCode.UNKNOWN_CRITERION:
                return f"The set has no criterion {self._shown}; remove it or correct the code."
            case FaultCode.MISSING_CRITERION:
                return f"Criterion {self.criterion} is missing; choose an option from 1 to {self.positions}."
            case FaultCode.NOT_A_POSITION:
                return f"Criterion {self.criterion}: the option must be a whole number from 1 to {self.positions}."
            case FaultCode.OUT_OF_RANGE:
                return f"Criterion {self.criterion} only has options from 1 to {self.positions}."


def check_options(
    criteria_set: CriteriaSet, options: Mapping[str, object], *, complete: bool = True
) -> tuple[OptionFault, ...]:
    """Every fault of the options, those of the set's criteria first in printed order; empty means they can be scored.

    A criterion that does not apply (Annex II: the structure of a story that does not exist) may be left out. With
    `complete=False` any criterion may be left out: options a council agreed need not name every criterion.
    """
    if _is_faultless(criteria_set, options):
        return ()
    faults = [
        fault for criterion in criteria_set.criteria if (fault := _fault(criterion, options, complete)) is not None
    ]
    unknown = [code for code in options if code not in criteria_set.by_code]
    return (*faults, *(OptionFault(FaultCode.UNKNOWN_CRITERION, str(code)) for code in unknown))


def applies(criterion: Criterion, options: Mapping[str, object]) -> bool:
    """True unless the criterion depends on another that was given no option above the one named (Annex II)."""
    condition = criterion.applies_if
    if condition is None:
        return True
    position = options.get(condition.criterion)
    return type(position) is int and position > condition.above


def positions_given(criteria_set: CriteriaSet, options: Options) -> tuple[int, ...]:
    """The position given for each criterion, in printed order; 0 where it was left out."""
    return tuple(map(options.get, criteria_set.tables.codes, repeat(0)))


def is_whole(criteria_set: CriteriaSet, options: Options, positions: Sequence[int]) -> bool:
    """True when the options, whose `positions` these are, name every criterion with one of its options, and no other.

    Then `check_options` finds no fault; this asks less, for a sheet of a hundred thousand.
    """
    return (
        len(options) == len(positions) and min(positions) > 0 and all(map(le, positions, criteria_set.tables.options))
    )


def counted(criteria_set: CriteriaSet, positions: Sequence[int]) -> list[int]:
    """The positions that count: 0 where a criterion does not apply, whatever was given for it (Annex II)."""
    counts = list(positions)
    for place, condition, above in criteria_set.tables.dependent:
        if positions[condition] <= above:
            counts[place] = 0
    return counts


def worth(criteria_set: CriteriaSet, positions: Sequence[int]) -> list[int]:
    """The points of each position, in printed order of the criteria."""
    return list(map(getitem, criteria_set.tables.points, positions))


def points_of(criteria_set: CriteriaSet, options: Options) -> int:
    """The total of one sheet; a criterion that does not apply counts nothing, whatever stands there."""
    return sum(worth(criteria_set, counted(criteria_set, positions_given(criteria_set, options))))


def _is_faultless(criteria_set: CriteriaSet, options: Mapping[str, object]) -> bool:
    """True for the sheet there is most of: every criterion of the set with one of its options."""
    if set(map(type, options.values())) != {int}:
        return False
    whole = cast(Options, options)
    return is_whole(criteria_set, whole, positions_given(criteria_set, whole))


def _fault(criterion: Criterion, options: Mapping[str, object], complete: bool) -> OptionFault | None:
    count = len(criterion.options)
    if criterion.code not in options:
        missing = complete and applies(criterion, options)
        return OptionFault(FaultCode.MISSING_CRITERION, criterion.code, count) if missing else None
    position = options[criterion.code]
    if type(position) is not int:
        return OptionFault(FaultCode.NOT_A_POSITION, criterion.code, count)
    return None if 1 <= position <= count else OptionFault(FaultCode.OUT_OF_RANGE, criterion.code, count)
