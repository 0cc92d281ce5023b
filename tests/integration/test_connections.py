"""A connection to Kafka that is closed while it is used, under the event loop that the services run on."""

from __future__ import annotations

import asyncio

import pytest
import uvloop
from aiokafka import conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from deploy.local.servers import Endpoints
from shared.messaging import connections

pytestmark = pytest.mark.servers


async def send_on_a_closed_connection(bootstrap: str) -> None:
    """A request is sent when the transport is closed and the task that reads it has not noticed yet."""
    host, _, port = bootstrap.rpartition(":")
    connection = await conn.create_conn(host, int(port))
    await connection.send(MetadataRequest([]))
    connection._writer.transport.abort()  # as the loop does when the broker is gone
    await asyncio.sleep(0)  # noqa: TID251  # one round of the loop, in which the transport closes
    connection.send(MetadataRequest([]))


def test_a_request_on_a_closed_connection_is_the_error_that_aiokafka_expects(
    servers: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conn, "AIOKafkaConnection", conn.AIOKafkaConnection)
    connections.install()

    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises(KafkaConnectionError, match="was closed"),
    ):
        runner.run(send_on_a_closed_connection(servers.kafka_bootstrap))
