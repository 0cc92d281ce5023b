"""The `ocop` command as an operator types it, beside services that a test has started."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from deploy import run_file
from deploy.local.layout import Layout
from deploy.run_file import RunFile
from tests.support.fleet import Fleet

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60


async def ocop(running: Fleet, *words: str) -> tuple[int, str]:
    """Exit status and output of a command that finds the fleet by its run file."""
    environment = {**os.environ, "OCOP_HOME": str(running.layout.home), "COLUMNS": "200"}  # noqa: TID251  # a child's
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy", *words),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS + 30):
        output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


def make_known(running: Fleet) -> None:
    """The fleet can be found as an instance that `./ocop up` started."""
    site = running.site.site
    dsn = urlsplit(site.postgres_superuser_dsn)
    secrets = {"postgres_superuser": dsn.password or "", "roles": dict(site.passwords)}
    Layout(running.layout.home, running.layout.cache).secrets_file.write_text(json.dumps(secrets))
    place = f"{dsn.hostname}:{dsn.port}"
    run_file.write(
        running.layout.home, RunFile(site.kafka_bootstrap, site.topic_prefix, place, site.database, "none", "none")
    )
