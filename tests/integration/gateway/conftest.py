from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.integration.gateway.harness import Platform, Running, open_platform, running


@pytest_asyncio.fixture(scope="session")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    async with open_platform(tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@pytest_asyncio.fixture(scope="session")
async def server(platform: Platform) -> AsyncIterator[Running]:
    """One gateway for the tests that need no limits of their own."""
    async with running(platform) as server:
        yield server


@pytest.fixture
def user() -> str:
    return str(uuid4())
