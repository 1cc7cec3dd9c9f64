"""Cassandra from Maven's jars: the CQL server of the tests, for what it and ScyllaDB have in common."""

import json
from pathlib import Path
from typing import Any

from infra.local.java import java
from infra.local.maven import Jars
from infra.local.processes import Service, accepts

LOGGING = Path(__file__).with_name("logback.xml")
JARS = Jars("cassandra", "5.0.9", "org.apache.cassandra", "cassandra-all")

EXPORTED = (
    "java.base/jdk.internal.misc",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "java.base/java.lang.ref",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
)
OPENED = (
    "java.base/java.lang.module",
    "java.base/java.net",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "java.base/java.io",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "jdk.management/com.sun.management.internal",
)
# A ring of one: nobody to gossip with, to wait for or to announce a shutdown to.
PROPERTIES = {
    "cassandra.ring_delay_ms": "100",
    "cassandra.skip_wait_for_gossip_to_settle": "0",
    "cassandra.shutdown_announce_in_ms": "0",
    "cassandra.superuser_setup_delay_ms": "0",
    "cassandra.jmx.local.port": "0",
    "java.net.preferIPv4Stack": "true",
    "jdk.attach.allowAttachSelf": "true",
    "io.netty.eventLoop.maxPendingTasks": "65536",
}


class Cassandra(Service):
    """One node in data centre `datacenter1`. `contact_point` is what `PAVILION_SCYLLA__CONTACT_POINTS` takes.

    Connect with protocol version 4.
    """

    name = "cassandra"
    start_limit = 150.0
    stop_limit = 30.0
    datacenter = "datacenter1"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.port, self.storage_port = self.ports(2)
        self.contact_point = f"127.0.0.1:{self.port}"
        self.settings = {
            "PAVILION_SCYLLA__CONTACT_POINTS": self.contact_point,
            "PAVILION_SCYLLA__DATACENTER": self.datacenter,
        }

    def command(self) -> list[str]:
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "cassandra.yaml"
        # YAML is a superset of JSON.
        configuration.write_text(json.dumps(self._configuration(data), indent=2) + "\n")
        properties = {
            **PROPERTIES,
            "cassandra.config": configuration.as_uri(),
            "cassandra.storagedir": str(data),
            "logback.configurationFile": str(LOGGING),
            "java.io.tmpdir": str(data),
        }
        return [
            java(),
            "-Xms256m",
            "-Xmx768m",
            "-XX:MaxDirectMemorySize=256m",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            *(f"--add-exports={package}=ALL-UNNAMED" for package in EXPORTED),
            *(f"--add-opens={package}=ALL-UNNAMED" for package in OPENED),
            *(f"-D{key}={value}" for key, value in properties.items()),
            *("-cp", JARS.classpath()),
            "org.apache.cassandra.service.CassandraDaemon",
        ]

    def _configuration(self, data: Path) -> dict[str, Any]:
        return {
            "cluster_name": "pavilion-local",
            "num_tokens": 1,
            "initial_token": "0",
            "auto_bootstrap": False,
            "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
            "endpoint_snitch": "SimpleSnitch",
            "seed_provider": [
                {
                    "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                    "parameters": [{"seeds": f"127.0.0.1:{self.storage_port}"}],
                }
            ],
            "listen_address": "127.0.0.1",
            "storage_port": self.storage_port,
            "rpc_address": "127.0.0.1",
            "start_native_transport": True,
            "native_transport_port": self.port,
            "data_file_directories": [str(data / "data")],
            "commitlog_directory": str(data / "commitlog"),
            "saved_caches_directory": str(data / "saved_caches"),
            "hints_directory": str(data / "hints"),
            "cdc_raw_directory": str(data / "cdc_raw"),
            # A ring of one has no replica: a write is acknowledged when it is in the log on disk. With the default,
            # `periodic`, rows acknowledged before a SIGKILL were missing after it.
            "commitlog_sync": "batch",
            "commitlog_segment_size": "16MiB",
            "commitlog_total_space": "128MiB",
            "memtable_heap_space": "96MiB",
            "memtable_offheap_space": "64MiB",
            "file_cache_size": "32MiB",
            "networking_cache_size": "16MiB",
            "concurrent_reads": 8,
            "concurrent_writes": 16,
            "concurrent_compactors": 1,
            "materialized_views_enabled": True,
            "auto_snapshot": False,
            "hinted_handoff_enabled": False,
            "key_cache_size": "8MiB",
            "counter_cache_size": "0MiB",
        }

    def ready(self) -> bool:
        # The native port opens as the last step of the start.
        return accepts(self.port)
