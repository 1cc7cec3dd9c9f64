"""The services and processes of a round, with a proxy on every link between them."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx

from infra.local import Cassandra, Proxies, Pulsar, Redis, Toxiproxy
from infra.local.processes import Process, free_ports
from tests.e2e.platform import OPERATOR_KEY, SERVICE_KEY, bearer

WORKERS = ("worker-1", "worker-2", "worker-3", "worker-4")
"""The last is the one that is added and removed."""
GATEWAYS = ("gateway-1", "gateway-2")
DEPENDENCIES = ("pulsar", "admin", "redis", "cql")
CLIENTS = "clients"
"""The link from the clients to a gateway."""
LINKS = {name: DEPENDENCIES + ((CLIENTS,) if name in GATEWAYS else ()) for name in WORKERS + GATEWAYS}
NAMESPACE = "default"
KEYSPACE = "chaos"
START_SECONDS = 90.0
STOP_SECONDS = 30.0


class Member:
    """One ``pavilion`` process, which is started again and again. Its output goes to one file."""

    def __init__(self, name: str, port: int, settings: Mapping[str, str], log: Path) -> None:
        self.name, self.port, self.log = name, port, log
        self.kind = name.partition("-")[0]
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {f"PAVILION_{key}": value for key, value in settings.items()}
        self._process: Process | None = None
        # Plain HTTP: loading certificates for each question would cost more than all the rest of it.
        self._http = httpx.Client(base_url=self.url, timeout=5, trust_env=False, verify=False)
        self.wanted = False
        """Whether it should run: if it does not, it ended by itself."""
        self.was_up = False

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.status is None

    @property
    def status(self) -> int | None:
        return None if self._process is None else self._process.status

    def start(self) -> None:
        """Start without waiting; does nothing if it runs."""
        self.wanted = True
        if not self.running:
            self.was_up = False
            command = [sys.executable, "-m", "pavilion.cli", self.kind]
            self._process = Process(command, log=self.log, environment=self._environment)

    def up(self) -> bool:
        """Whether it answers."""
        try:
            answers = self.running and self._http.get("/healthz").is_success
        except httpx.HTTPError:
            return False
        self.was_up |= answers
        return answers

    def kill(self) -> None:
        """SIGKILL; it stays down until it is started."""
        self.wanted = False
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """SIGTERM, a planned stop; SIGKILL when that takes too long."""
        self.wanted = False
        if self._process is not None:
            self._process.terminate(STOP_SECONDS)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self.running:
            os.kill(self._process.pid, number)

    def tables(self) -> list[dict[str, Any]]:
        """What a worker says of its own window tables. Raises httpx.HTTPError."""
        me = self._stats("streams")["group"]["id"]
        return [table for table in self._stats("tables")["tables"] if table["worker"] == me]

    def _stats(self, name: str) -> dict[str, Any]:
        answer = self._http.get(f"/stats/{name}", headers=bearer(OPERATOR_KEY))
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


class Cluster:
    """A context manager: everything is up on entry, and gone after it."""

    def __init__(self, directory: Path, *, partitions: int) -> None:
        self.directory = directory
        self.pulsar = Pulsar(directory / "services" / "pulsar", listeners=[*WORKERS, *GATEWAYS])
        self.redis = Redis(directory / "services" / "redis")
        self.cassandra = Cassandra(directory / "services" / "cassandra")
        self.toxiproxy = Toxiproxy(directory / "services" / "toxiproxy")
        self.proxies = Proxies(self.toxiproxy.url)
        links = [f"{member}.{link}" for member, names in LINKS.items() for link in names]
        ports = self._free_ports(len(links) + len(LINKS))
        self.links = dict(zip(links, ports, strict=False))
        self.pulsar.proxied = {member: self.links[f"{member}.pulsar"] for member in LINKS}
        self.members = {
            name: Member(name, port, self._settings(name, port, partitions), directory / "logs" / f"{name}.log")
            for name, port in zip(LINKS, ports[len(links) :], strict=True)
        }
        self._stack = ExitStack()

    def _free_ports(self, count: int) -> list[int]:
        services = (self.pulsar, self.redis, self.cassandra, self.toxiproxy)
        taken = {int(port) for one in services for port in (one.directory / "ports").read_text().split()}
        return [port for port in free_ports(count + len(taken)) if port not in taken][:count]

    def _settings(self, name: str, port: int, partitions: int) -> dict[str, str]:
        section = "WORKER" if name in WORKERS else "GATEWAY"
        return {
            "SERVICE_KEY": SERVICE_KEY,
            "OPERATOR_KEY": OPERATOR_KEY,
            "DEMO": "0",
            "BROKER__URL": f"pulsar://127.0.0.1:{self.links[f'{name}.pulsar']}",
            "BROKER__ADMIN_URL": f"http://127.0.0.1:{self.links[f'{name}.admin']}",
            "BROKER__NAMESPACE": NAMESPACE,
            "TOPICS__PARTITIONS": str(partitions),
            "REDIS__URL": f"redis://127.0.0.1:{self.links[f'{name}.redis']}/0",
            "SCYLLA__CONTACT_POINTS": f"127.0.0.1:{self.links[f'{name}.cql']}",
            "SCYLLA__KEYSPACE": KEYSPACE,
            f"{section}__PORT": str(port),
            "GATEWAY__DRAIN": "2s",
        }

    @property
    def workers(self) -> list[Member]:
        return [self.members[name] for name in WORKERS]

    @property
    def gateways(self) -> list[Member]:
        return [self.members[name] for name in GATEWAYS]

    def client_url(self, gateway: Member) -> str:
        """Where clients reach a gateway: through a proxy too."""
        return f"http://127.0.0.1:{self.links[f'{gateway.name}.{CLIENTS}']}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        services = (self.toxiproxy, self.redis, self.cassandra, self.pulsar)
        with ThreadPoolExecutor(len(services)) as pool:
            for service in services:
                self._stack.callback(service.kill)
            for started in [pool.submit(service.start) for service in services]:
                started.result()
        self._stack.callback(self.proxies.close)
        for link, port in self.links.items():
            name, _, dependency = link.partition(".")
            upstream = {
                "pulsar": self.pulsar.listener_ports[name],
                "admin": self.pulsar.admin_port,
                "redis": self.redis.port,
                "cql": self.cassandra.port,
                CLIENTS: self.members[name].port,
            }[dependency]
            self.proxies.create(link, port, upstream)
        self._migrate()
        for member in self.members.values():
            self._stack.callback(member.kill)
        self.start_members()
        deadline = time.monotonic() + START_SECONDS
        for member in self.members.values():
            while member.wanted and not member.up():
                if not member.running or time.monotonic() > deadline:
                    end = member.log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{member.name} did not start:\n{end}")
                time.sleep(0.1)

    def _migrate(self) -> None:
        worker = self.members[WORKERS[0]]
        command = [sys.executable, "-m", "pavilion.cli", "migrate"]
        log = self.directory / "logs" / "migrate.log"
        process = Process(command, log=log, environment=worker._environment)
        status = process.wait(START_SECONDS)
        process.kill()
        if status != 0:
            raise RuntimeError(f"pavilion migrate ended with {status}:\n{log.read_text(errors='replace')[-2000:]}")

    def start_members(self) -> None:
        """Everything but the worker that is added and removed."""
        for name, member in self.members.items():
            if name != WORKERS[-1]:
                member.start()

    def unload(self, topic: str, partition: int) -> None:
        """Let the broker close one partition of a topic, as when it moves. Raises httpx.HTTPError."""
        path = f"/admin/v2/persistent/public/{NAMESPACE}/{topic}-partition-{partition}/unload"
        httpx.put(self.pulsar.admin_url + path, timeout=20, trust_env=False, verify=False).raise_for_status()


class Backlogs:
    """What the broker's subscriptions still have to do, from its admin API, not through a proxy."""

    def __init__(self, admin_url: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{admin_url}/admin/v2/persistent/public/{NAMESPACE}", timeout=20, trust_env=False
        )

    async def topics(self) -> list[str]:
        answer = await self._http.get("/partitioned")
        answer.raise_for_status()
        return sorted(name.rpartition("/")[2] for name in answer.json() if not name.rpartition("/")[2].startswith("__"))

    async def left(self) -> dict[str, int]:
        """Messages by ``topic subscription`` where there are any.

        Left out is what nobody works off: an agent's log keeps what recovery needs, a dead letter waits for an
        operator, and members only show that they are there.
        """
        found = {}
        for topic in await self.topics():
            if topic == "dead-letters" or topic.endswith(("-log", "-members")):
                continue
            answer = await self._http.get(f"/{topic}/partitioned-stats", params={"getPreciseBacklog": "true"})
            answer.raise_for_status()
            for name, subscription in answer.json()["subscriptions"].items():
                if subscription["durable"] and subscription["msgBacklog"]:  # the others are the gateways' readers
                    found[f"{topic} {name}"] = int(subscription["msgBacklog"])
        return found

    async def settle(self, seconds: float) -> None:
        """Wait until nothing is left, twice in a row; raises TimeoutError that names what is."""
        deadline, calm, left = time.monotonic() + seconds, 0, dict[str, int]()
        while calm < 2:
            try:
                left = await self.left()
            except httpx.HTTPError as error:
                left = {f"the admin API: {error!r}": 1}
            calm = 0 if left else calm + 1
            if calm < 2:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"after {seconds:g} s there is still a backlog: {left}")
                await asyncio.sleep(0.5)

    async def close(self) -> None:
        await self._http.aclose()
