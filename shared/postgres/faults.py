"""Which database errors are the world's, to be tried again, and which are an event's own."""

from __future__ import annotations

import asyncpg

_WORLD: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidAuthorizationSpecificationError,
)


def is_world_fault(error: BaseException) -> bool:
    """True where the same batch may succeed later unchanged: a lost connection, a deadlock, a server going down."""
    return isinstance(error, _WORLD)
