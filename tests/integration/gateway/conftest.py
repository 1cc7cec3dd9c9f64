from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from infra.local import Redis
from infra.stores.redis_client import Client as RedisClient
from infra.stores.redis_client import close_redis, connect_redis
from schemas.settings import RedisSettings
from tests.integration.gateway.harness import Platform, Running, on_redis, open_platform, running


@pytest_asyncio.fixture(scope="session")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    async with open_platform(tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@pytest_asyncio.fixture(scope="session")
async def server(platform: Platform) -> AsyncIterator[Running]:
    """One gateway for the tests that need no limits of their own."""
    async with running(platform) as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def redis(redis_server: Redis) -> AsyncIterator[RedisClient]:
    client = await connect_redis(RedisSettings(url=redis_server.url))
    yield client
    await close_redis(client)


@pytest.fixture(name="on_redis", scope="module")
def platform_on_redis(platform: Platform, redis: RedisClient) -> Platform:
    return on_redis(platform, redis)


@pytest.fixture
def user() -> str:
    return str(uuid4())
