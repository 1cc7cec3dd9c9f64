"""The real services as fixtures: started at their first use, one of each for the whole session, on ports of their own.

They die with the test process, however it ends. A test that stops or kills one starts it again before it ends; data is
shared, so each test takes names of its own for topics, keyspaces and keys.
"""

from collections.abc import Iterator

import pytest

from infra.local import Cassandra, Pulsar, Redis


@pytest.fixture(scope="session")
def pulsar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulsar]:
    """Pulsar 4.0 with the namespace `public/default`: `url`, `admin_url`."""
    with Pulsar(tmp_path_factory.mktemp("pulsar")) as service:
        yield service


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cassandra]:
    """A CQL server with no keyspace of ours: `contact_point`, `datacenter`."""
    with Cassandra(tmp_path_factory.mktemp("cassandra")) as service:
        yield service


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """An empty Redis with an append-only file: `url`."""
    with Redis(tmp_path_factory.mktemp("redis")) as service:
        yield service
