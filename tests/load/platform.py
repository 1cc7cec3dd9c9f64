"""What a round runs on: real services, a worker, and gateways as processes of their own."""

import asyncio
import dataclasses
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from infra.local.processes import free_ports
from schemas.settings import Settings
from tests.e2e.platform import Process, environment, run_command

PARTITIONS = 8


@dataclasses.dataclass(frozen=True)
class Services:
    """Addresses of running services, and names in them that nobody else uses."""

    broker_url: str
    admin_url: str
    namespace: str
    redis_url: str
    contact_point: str
    keyspace: str = dataclasses.field(default_factory=lambda: f"load_{uuid.uuid4().hex[:8]}")

    @property
    def environment(self) -> dict[str, str]:
        return environment(
            BROKER__URL=self.broker_url,
            BROKER__ADMIN_URL=self.admin_url,
            BROKER__NAMESPACE=self.namespace,
            TOPICS__PARTITIONS=str(PARTITIONS),
            REDIS__URL=self.redis_url,
            SCYLLA__CONTACT_POINTS=self.contact_point,
            SCYLLA__KEYSPACE=self.keyspace,
        )

    @property
    def settings(self) -> Settings:
        return Settings(
            broker={"url": self.broker_url, "admin_url": self.admin_url, "namespace": self.namespace},
            topics={"partitions": PARTITIONS},
            redis={"url": self.redis_url},
            scylla={"contact_points": [self.contact_point], "keyspace": self.keyspace},
        )


class Platform:
    """One worker and two gateways; ``start`` prepares the services and waits until all are ready."""

    def __init__(self, services: Services, directory: Path, drain: float) -> None:
        self.services = services
        worker, *gateways = free_ports(3)
        self._worker = self._process("worker", directory, worker, {"PAVILION_WORKER__PORT": str(worker)})
        self._ready = {self._worker: f"http://127.0.0.1:{worker}/readyz"}
        self.gateways: list[Process] = []
        self.urls: list[str] = []
        for port in gateways:
            own = {"PAVILION_GATEWAY__PORT": str(port), "PAVILION_GATEWAY__DRAIN": f"{round(drain * 1000)}ms"}
            process = self._process("gateway", directory, port, own)
            self.gateways.append(process)
            self.urls.append(f"http://127.0.0.1:{port}")
            self._ready[process] = f"http://127.0.0.1:{port}/readyz"

    def _process(self, command: str, directory: Path, port: int, own: Mapping[str, str]) -> Process:
        return Process(command, self.services.environment | own, directory / f"{command}-{port}.log")

    async def start(self) -> None:
        migrated = await asyncio.to_thread(run_command, self.services.environment, "migrate")
        if migrated.returncode:
            raise RuntimeError(f"pavilion migrate: {migrated.stderr.decode()[-2000:]}")
        await asyncio.gather(*(process.start(ready) for process, ready in self._ready.items()))

    async def start_gateway(self, number: int) -> None:
        process = self.gateways[number]
        await process.start(self._ready[process])

    async def stop_gateway(self, number: int, seconds: float) -> int:
        """SIGTERM, and the exit code; raises RuntimeError if it takes longer."""
        process = self.gateways[number].process
        assert process is not None
        process.terminate()
        try:
            return await asyncio.to_thread(process.wait, seconds)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"the gateway did not end within {seconds:g} s of SIGTERM") from None

    def memory(self, number: int) -> int:
        """The resident bytes of a gateway."""
        process = self.gateways[number].process
        assert process is not None
        [line] = [line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "VmRSS" in line]
        return int(line.split()[1]) * 1024

    def kill(self) -> None:
        for process in self._ready:
            process.kill()
