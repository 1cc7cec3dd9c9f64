"""Pulsar, Cassandra, Redis and Toxiproxy as plain processes of this machine, for tests and development."""

from infra.local.cassandra import Cassandra
from infra.local.processes import Missing, Service, ServiceFailed
from infra.local.pulsar import Pulsar
from infra.local.redis import Redis
from infra.local.toxiproxy import Proxies, Toxiproxy

__all__ = ["Cassandra", "Missing", "Proxies", "Pulsar", "Redis", "Service", "ServiceFailed", "Toxiproxy"]
