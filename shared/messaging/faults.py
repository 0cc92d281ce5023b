"""Faults of a batch: which of them pass by themselves, and how they are told without telling what an event says."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb

from shared.postgres.faults import is_world_fault


class ChangedMeanwhileError(Exception):
    """A row changed between reading and writing: somebody wrote without the lock. The batch is to be read again."""


class StopsServiceError(Exception):
    """Going on would lose or double something: the service stops, and a person decides. The words name the runbook."""


def may_pass(error: BaseException) -> bool:
    """True where the same batch may succeed later unchanged."""
    return is_world_fault(error) or isinstance(error, ChangedMeanwhileError)


def described(error: BaseException) -> str:
    """The kind of fault and where it arose, and its words only where they are the operating system's or our own.

    A database or a model quotes in its words what stood in the event: the options of a sheet, an address.
    """
    kind = type(error).__name__
    if isinstance(error, (OSError, ChangedMeanwhileError)):
        kind = f"{kind}: {error}"
    sqlstate, constraint = getattr(error, "sqlstate", None), getattr(error, "constraint_name", None)
    told = [kind, *(f"{name} {value}" for name, value in (("sqlstate", sqlstate), ("constraint", constraint)) if value)]
    if frames := extract_tb(error.__traceback__):
        last = frames[-1]
        told.append(f"in {last.name}, {Path(last.filename).name}:{last.lineno}")
    return ", ".join(told)
