"""One round: all clients connect, events flow, one gateway is killed and another drains, and every log is compared."""

import asyncio
import json
import random
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local.processes import Process
from infra.log.ports import Outgoing
from infra.log.pulsar import PulsarLog
from schemas.settings import Settings
from tests.e2e.platform import SERVICE_KEY
from tests.load.platform import Platform, Services
from tests.load.report import Outcome
from tests.load.verify import Log, violations_of

ROOT = Path(__file__).parents[2]
KILLED, DRAINED = 0, 1
"""Which gateway is killed and started again, and which is stopped then."""
TICK_SECONDS = 0.1
NOTHING: dict[str, Any] = {"connected": {str(number): 0 for number in (KILLED, DRAINED)}, "received": 0}


@dataclass(frozen=True)
class Plan:
    clients: int
    connects_per_second: float
    events_per_second: float
    calm: float
    """Seconds of load before, between and after what is done to the gateways."""
    drain: float
    limit: float
    """Seconds that all clients get to connect, to come back, and at the end to have received everything."""


class Failed(Exception):
    """The round did not come to its end; says what to look at."""


class Publisher:
    """One notification for a user of chance in each event, at an even rate; ``published`` counts what the log has."""

    def __init__(self, settings: Settings, users: list[str], per_second: float) -> None:
        self._log = PulsarLog(settings)
        self._topic = settings.topics.video_events
        self._users, self._per_second = users, per_second
        self._rng = random.Random(7)
        self.published = 0

    async def run(self, stop: asyncio.Event) -> None:
        await self._log.start()
        try:
            publisher, began, made = self._log.publisher(self._topic), time.monotonic(), 0
            while not stop.is_set():
                await asyncio.sleep(TICK_SECONDS)
                due = int((time.monotonic() - began) * self._per_second) - made
                if due > 0:
                    await publisher.publish([self._event(made + number) for number in range(due)])
                    made += due
                    self.published = made
        finally:
            await self._log.close()

    def _event(self, number: int) -> Outgoing:
        video = str(uuid.uuid4())
        data = {
            "video_id": video,
            "actor_id": str(uuid.uuid4()),
            "owner_id": self._rng.choice(self._users),
            "title": f"Video {number}",
            "actor_name": "Ada",
        }
        event = {
            "specversion": "1.0",
            "type": "pavilion.video.liked.v1",
            "source": "/load",
            "id": str(number),
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": data,
        }
        return Outgoing(video, json.dumps(event).encode())


class Clients:
    """Locust with :mod:`tests.load.clients`, as a process."""

    def __init__(self, plan: Plan, urls: list[str], directory: Path, users: list[str]) -> None:
        self._directory = directory
        self.log = directory / "locust.log"
        (directory / "users.json").write_text(json.dumps(users))
        options = ["--headless", "--only-summary", "--loglevel", "WARNING", "--stop-timeout", "1"]
        options += ["--users", str(plan.clients), "--spawn-rate", str(plan.connects_per_second)]
        options += ["--csv", str(directory / "locust"), "--exit-code-on-error", "0"]
        self._process = Process(
            [sys.executable, "-m", "locust", "-f", "tests/load/clients.py", *options],
            log=self.log,
            cwd=ROOT,
            environment={
                "LOAD_DIRECTORY": str(directory),
                "LOAD_GATEWAYS": ",".join(urls),
                "LOAD_SERVICE_KEY": SERVICE_KEY,
                "PYTHONWARNINGS": "ignore",
            },
        )

    def statuses(self) -> list[dict[str, Any]]:
        path = self._directory / "status.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    async def wait(self, what: str, seconds: float, met: Callable[[dict[str, Any]], bool]) -> None:
        deadline, last = time.monotonic() + seconds, NOTHING
        while not met(last):
            if self._process.status is not None:
                raise Failed(f"Locust ended with {self._process.status}: {self._tail()}")
            if time.monotonic() > deadline:
                raise Failed(f"{what}: not within {seconds:g} s, but {last}; {self._tail()}")
            await asyncio.sleep(0.1)
            last = (self.statuses() or [NOTHING])[-1]

    async def end(self) -> list[Log]:
        await asyncio.to_thread(self._process.terminate, 60)
        path = self._directory / "clients.jsonl"
        if not path.exists():
            raise Failed(f"Locust left no logs: {self._tail()}")
        return [Log.of(json.loads(line)) for line in path.read_text().splitlines()]

    def kill(self) -> None:
        self._process.kill()

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


async def play(plan: Plan, services: Services, directory: Path, say: Callable[[str], None]) -> Outcome:
    """Raises Failed, RuntimeError or AssertionError if it does not come to its end."""
    rng = random.Random(plan.clients)
    users = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(plan.clients)]
    platform = Platform(services, directory, plan.drain)
    clients: Clients | None = None
    stop = asyncio.Event()
    publisher = Publisher(services.settings, users, plan.events_per_second)
    publishing: asyncio.Task[None] | None = None
    try:
        say("starting a worker and two gateways")
        await platform.start()
        before = [platform.memory(number) for number in (KILLED, DRAINED)]
        outcome = Outcome(clients=plan.clients, drain=plan.drain, events_per_second=plan.events_per_second)

        clients = Clients(plan, platform.urls, directory, users)
        await clients.wait("connecting", plan.limit, lambda s: sum(s["connected"].values()) == plan.clients)
        held = [clients.statuses()[-1]["connected"][str(number)] for number in (KILLED, DRAINED)]
        grown = sum(platform.memory(number) for number in (KILLED, DRAINED)) - sum(before)
        outcome.memory_per_connection = grown / plan.clients
        say(f"{plan.clients} clients are connected, {held[KILLED]} and {held[DRAINED]}")

        publishing = asyncio.create_task(publisher.run(stop))
        await _calm(plan, publishing)
        say("killing one gateway")
        outcome.killed_at = time.time()
        platform.gateways[KILLED].kill()
        await clients.wait("coming back", plan.limit, lambda s: s["connected"][str(DRAINED)] == plan.clients)
        say(f"all are back after {time.time() - outcome.killed_at:.1f} s")
        await _calm(plan, publishing)

        await platform.start_gateway(KILLED)
        say("stopping the other")
        outcome.drained_at = time.time()
        draining = asyncio.create_task(platform.stop_gateway(DRAINED, plan.limit))
        await clients.wait("moving", plan.limit, lambda s: s["connected"][str(KILLED)] == plan.clients)
        say(f"all have moved after {time.time() - outcome.drained_at:.1f} s")
        outcome.drain_status = await draining
        await _calm(plan, publishing)

        stop.set()
        await publishing
        outcome.events = publisher.published
        await clients.wait("receiving", plan.limit, lambda s: s["received"] >= publisher.published)
        logs = await clients.end()
        say("comparing every client's log with its inbox")
        outcome.take(logs)
        outcome.violations = await violations_of(logs, users, publisher.published, services.settings)
        if outcome.drain_status != 0:
            outcome.violations.append(f"the gateway that was stopped ended with {outcome.drain_status}")
        return outcome
    finally:
        stop.set()
        if publishing is not None:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)
        if clients is not None:
            clients.kill()
        platform.kill()


async def _calm(plan: Plan, publishing: asyncio.Task[None]) -> None:
    """Load alone for a while; raises what ended the publisher."""
    done, _ = await asyncio.wait({publishing}, timeout=plan.calm)
    for ended in done:
        ended.result()
