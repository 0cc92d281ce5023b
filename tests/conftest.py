"""Real servers for whoever asks for them, started once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.local.servers import Endpoints, endpoints_for_tests
from tests.support.browser import find_chromium
from tests.support.site import TestSite, fresh_site


@pytest.fixture(scope="session")
def servers() -> Iterator[Endpoints]:
    """Kafka and PostgreSQL, shared by the whole run."""
    with endpoints_for_tests() as endpoints:
        yield endpoints


@pytest.fixture
async def site(servers: Endpoints) -> AsyncIterator[TestSite]:
    """A pipeline of its own for each test: new database, new topic prefix, three units."""
    async with fresh_site(servers) as made:
        yield made


@pytest.fixture
def chromium() -> str:
    """The machine's own Chromium."""
    return find_chromium()
