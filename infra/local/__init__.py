"""Pulsar, Cassandra, Redis, Toxiproxy, Prometheus and Alertmanager as plain processes, for tests and development."""

from infra.local.cassandra import Cassandra
from infra.local.processes import Missing, Service, ServiceFailed
from infra.local.prometheus import Alertmanager, Prometheus
from infra.local.pulsar import Pulsar
from infra.local.redis import Redis
from infra.local.toxiproxy import Proxies, Toxiproxy

__all__ = [
    "Alertmanager",
    "Cassandra",
    "Missing",
    "Prometheus",
    "Proxies",
    "Pulsar",
    "Redis",
    "Service",
    "ServiceFailed",
    "Toxiproxy",
]
