from collections.abc import AsyncIterator

import pytest

from streams.testing import TopologyTestDriver
from topologies import app


@pytest.fixture
async def driver() -> AsyncIterator[TopologyTestDriver]:
    async with TopologyTestDriver(app) as running:
        yield running
