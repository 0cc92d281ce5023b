"""A Kafka connection that was closed says so, also under uvloop.

aiokafka expects an OSError from writing to a closed transport, and uvloop raises RuntimeError. That ends aiokafka's
task that keeps the metadata, and whoever asks for metadata then waits for ever: seen after a broker's death, when the
connection is gone and its reader has not noticed yet. Known to aiokafka as its issue 1038.
"""

from __future__ import annotations

from typing import Any

from aiokafka import conn
from aiokafka.errors import KafkaConnectionError


class Connection(conn.AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's connection, which takes no request when it was closed under it."""

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """The request is on its way; raises KafkaConnectionError where the connection was closed."""
        if self._writer is not None and self._writer.is_closing():
            self.close(reason=conn.CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"the connection to {self._host}:{self._port} was closed")
        return super().send(request, expect_response)


def install() -> None:
    """Every connection that aiokafka makes from now on in this process is a `Connection`."""
    conn.AIOKafkaConnection = Connection
