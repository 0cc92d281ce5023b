"""A broker and a database for one test alone, which it may kill."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local import kafka, postgres
from deploy.local.layout import Layout, default_layout, instance_lock
from deploy.local.servers import Endpoints, start_servers
from deploy.local.supervisor import Supervisor
from tests.support.waiting import eventually

BACK_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class OwnServers:
    """Servers that no other test uses, and what starts them again."""

    supervisor: Supervisor
    endpoints: Endpoints

    async def kill_broker(self) -> None:
        """The broker was killed and another answers in its place."""
        await self._kill("kafka")

    async def kill_postmaster(self) -> None:
        """The database server was killed, its sessions left to themselves, and another answers in its place."""
        await self._kill("postgres")

    async def terminate_sessions(self) -> None:
        """One session of each service was ended by the server."""
        query = (
            "SELECT pg_terminate_backend(min(pid)) FROM pg_stat_activity WHERE usename LIKE 'ocop_%' GROUP BY usename"
        )
        await self._query(query)

    async def kill_session(self) -> None:
        """A session of evaluation was killed from outside; the server has ended all others for it and is back."""
        rows = await self._query("SELECT pid FROM pg_stat_activity WHERE usename = 'ocop_evaluation' LIMIT 1")
        os.kill(rows[0]["pid"], signal.SIGKILL)
        await self._answers("postgres")

    async def _kill(self, name: str) -> None:
        killed = self.supervisor.pid(name)
        self.supervisor.send_signal(name, signal.SIGKILL)

        async def replaced() -> bool:
            return self.supervisor.pid(name) != killed

        await eventually(replaced, what=f"{name} started again", deadline_seconds=BACK_SECONDS_MAX)
        await self._answers(name)

    async def _answers(self, name: str) -> None:
        async def answers() -> bool:
            if name == "kafka":
                return await asyncio.to_thread(kafka.answers, self.endpoints.kafka_bootstrap)
            return await asyncio.to_thread(postgres.answers, self.endpoints.postgres_superuser_dsn)

        await eventually(answers, what=f"{name} answers again", deadline_seconds=BACK_SECONDS_MAX)

    async def _query(self, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.endpoints.postgres_superuser_dsn)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()


@asynccontextmanager
async def own_servers(home: Path) -> AsyncIterator[OwnServers]:
    """A broker and a database for one test; nothing of them is left."""
    layout = Layout(home, default_layout().cache)
    try:
        with instance_lock(layout), Supervisor(layout) as supervisor:
            yield OwnServers(supervisor, await asyncio.to_thread(start_servers, layout, supervisor))
    finally:
        postgres.forget(layout)
