"""Pulsar, Cassandra and Redis as plain processes of this machine, for tests and development."""

from infra.local.cassandra import Cassandra
from infra.local.processes import Missing, Service, ServiceFailed
from infra.local.pulsar import Pulsar
from infra.local.redis import Redis

__all__ = ["Cassandra", "Missing", "Pulsar", "Redis", "Service", "ServiceFailed"]
