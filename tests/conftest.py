from tests.services import cassandra, pulsar, redis_server

__all__ = ["cassandra", "pulsar", "redis_server"]
