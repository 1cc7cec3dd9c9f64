"""Pulsar standalone from Maven's jars: broker, bookie and metadata in one JVM."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from infra.local.java import java
from infra.local.maven import Jars
from infra.local.processes import Service, ServiceFailed

CONFIGURATION = Path(__file__).parent.parent / "pulsar" / "standalone.conf"
LOGGING = Path(__file__).with_name("log4j2.xml")
JARS = Jars("pulsar", "4.0.7", "org.apache.pulsar", "pulsar-broker")

OPENED = (
    "java.base/sun.net",
    "java.base/java.io",
    "java.base/java.util.zip",
    "java.base/java.nio",
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.platform",
    "java.management/sun.management",
    "jdk.management/com.sun.management.internal",
)
PROPERTIES = {
    "io.netty.tryReflectionSetAccessible": "true",
    "bookkeeper.metadata.bookie.drivers": "org.apache.pulsar.metadata.bookkeeper.PulsarMetadataBookieDriver",
    "bookkeeper.metadata.client.drivers": "org.apache.pulsar.metadata.bookkeeper.PulsarMetadataClientDriver",
    "java.net.preferIPv4Stack": "true",
    "log4j2.formatMsgNoLookups": "true",
}
STARTS = 5
"""How often it is started before giving up: one start in three or four after a SIGKILL flaps."""
FLAPPING = b"Lock on resource /ledgers/available/"
FLAPPING_LINES = 10


class Pulsar(Service):
    """One broker with the tenant `public` and the namespace `public/default`.

    `url` is what `PAVILION_BROKER__URL` takes, `admin_url` what `PAVILION_BROKER__ADMIN_URL` takes.

    A lookup answers with the broker's address, which would lead a client that comes through a proxy around it. So
    each of `listeners` has a port of its own, to which its proxy connects (`listener_ports`), and answers with the
    proxy's: set `proxied`, the proxies' ports by listener, before the start.
    """

    name = "pulsar"
    start_limit = 120.0
    stop_limit = 30.0

    def __init__(self, directory: Path, *, listeners: Sequence[str] = ()) -> None:
        super().__init__(directory)
        self.port, self.admin_port, self.bookie_port, *own = self.ports(3 + len(listeners))
        self.listener_ports = dict(zip(listeners, own, strict=True))
        self.proxied: dict[str, int] = {}
        self._read = self._flaps = 0
        self.url = f"pulsar://127.0.0.1:{self.port}"
        self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        self.settings = {"PAVILION_BROKER__URL": self.url, "PAVILION_BROKER__ADMIN_URL": self.admin_url}

    def start(self) -> None:
        """As any service; and again when the bookie does not stay registered.

        After a SIGKILL, Pulsar 4.0.7 finds the registration of its dead self, replaces it, takes the news of the
        removal for a loss of the new one, and replaces that, for ever: most ledgers then find "not enough non-faulty
        bookies". It happens in some starts only, and a clean stop takes the old registration away.
        """
        for _ in range(STARTS):
            self._read = self.log.stat().st_size if self.log.exists() else 0
            self._flaps = 0
            super().start()
            if not self._flapping():
                return
            self.stop()
        raise ServiceFailed(self.name, f"did not keep its bookie in {STARTS} starts", self.log)

    def _flapping(self) -> bool:
        """Whether this start's part of the log says so; reads what came since it was asked last."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            lines = log.read()
        complete = lines.rfind(b"\n") + 1
        self._read += complete
        self._flaps += lines[:complete].count(FLAPPING)
        return self._flaps >= FLAPPING_LINES

    def command(self) -> list[str]:
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        properties = {**PROPERTIES, "log4j.configurationFile": str(LOGGING), "java.io.tmpdir": str(data)}
        return [
            java(),
            "-Xms128m",
            "-Xmx512m",
            "-XX:MaxDirectMemorySize=512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=4",
            "-XX:+ExitOnOutOfMemoryError",
            *(f"--add-opens={package}=ALL-UNNAMED" for package in OPENED),
            *(f"-D{key}={value}" for key, value in properties.items()),
            *("-cp", JARS.classpath()),
            "org.apache.pulsar.PulsarStandaloneStarter",
            *("--config", str(self._configuration())),
            *("--metadata-dir", str(data / "metadata")),
            *("--bookkeeper-dir", str(data / "bookkeeper")),
            *("--bookkeeper-port", str(self.bookie_port)),
            "--no-functions-worker",
            "--no-stream-storage",
            *("--advertised-address", "127.0.0.1"),
        ]

    def _configuration(self) -> Path:
        local = {
            "brokerServicePort": str(self.port),
            "webServicePort": str(self.admin_port),
            "bindAddress": "127.0.0.1",
        }
        if self.listener_ports:
            advertised = {"direct": self.port} | {name: self.proxied[name] for name in self.listener_ports}
            local["internalListenerName"] = "direct"
            local["advertisedListeners"] = _listeners(advertised)
            local["bindAddresses"] = _listeners(self.listener_ports)
        path = self.directory / "standalone.conf"
        path.write_text(overridden(CONFIGURATION.read_text(), local))
        return path

    def ready(self) -> bool:
        if self._flapping():
            return True  # no use waiting: it would not become healthy, and `start` begins again
        try:
            # Asked twenty times a second while the JVM wants the processor: loading certificates each time took half
            # of a core, and this is plain HTTP.
            with httpx.Client(base_url=self.admin_url, timeout=5, trust_env=False, verify=False) as admin:
                # The broker makes the namespace itself, as the last step of its start.
                paths = ("/admin/v2/namespaces/public/default", "/admin/v2/brokers/health")
                return all(admin.get(path).status_code == httpx.codes.OK for path in paths)
        except httpx.TransportError:
            return False


def _listeners(ports: Mapping[str, int]) -> str:
    # Pulsar takes names of word characters alone.
    return ",".join(f"{name.replace('-', '_')}:pulsar://127.0.0.1:{port}" for name, port in ports.items())


def overridden(configuration: str, values: dict[str, str]) -> str:
    """A Java properties file with the lines of these keys replaced, and the keys that it lacks added."""
    left = dict(values)
    lines = []
    for line in configuration.splitlines():
        key = line.partition("=")[0].strip()
        lines.append(f"{key}={left.pop(key)}" if key in left else line)
    lines += [f"{key}={value}" for key, value in left.items()]
    return "\n".join(lines) + "\n"
