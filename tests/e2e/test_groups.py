"""Several worker processes on real services: killed, frozen, drained, stopped, blocked."""

import asyncio
import os
import re
import signal
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.processes import free_ports
from tests.e2e.platform import OPERATOR_KEY, Process, bearer, environment, run_command
from tests.e2e.test_main_job import new_namespace

AGENTS, PARTITIONS = 5, 4
LIMIT = 120


class Group:
    """Workers on one set of services."""

    def __init__(self, env: dict[str, str], directory: Path) -> None:
        self.env = env
        self.directory = directory
        self.started: list[Process] = []

    async def start(self, *arguments: str, **settings: str) -> "Worker":
        [port] = free_ports(1)
        env = self.env | {"PAVILION_WORKER__PORT": str(port)}
        env |= {f"PAVILION_{name}": value for name, value in settings.items()}
        process = Process("worker", env, self.directory / f"{port}.log", *arguments)
        self.started.append(process)
        await process.start(f"http://127.0.0.1:{port}/readyz")
        return Worker(process, port)


class Worker:
    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.base = f"http://127.0.0.1:{port}"

    @property
    def pid(self) -> int:
        assert self.process.process is not None
        return self.process.process.pid

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.base, trust_env=False, timeout=30) as http:
            return await http.get(path, headers=bearer(OPERATOR_KEY))

    async def owned(self) -> set[tuple[str, int]]:
        """What this worker says that it has itself."""
        answer = (await self.get("/stats/streams")).json()
        [me] = [one for one in answer["workers"] if one["id"] == answer["group"]["id"]]
        return {(agent, number) for agent, numbers in me["partitions"].items() for number in numbers}


@pytest.fixture
async def group(pulsar: Any, redis_server: Any, cassandra: Any, tmp_path: Path) -> AsyncIterator[Group]:
    env = environment(
        BROKER__URL=pulsar.url,
        BROKER__ADMIN_URL=pulsar.admin_url,
        BROKER__NAMESPACE=await new_namespace(pulsar),
        TOPICS__PARTITIONS=str(PARTITIONS),
        REDIS__URL=redis_server.url,
        SCYLLA__CONTACT_POINTS=cassandra.contact_point,
        SCYLLA__KEYSPACE=f"e2e_{uuid.uuid4().hex[:8]}",
    )
    migrated = await asyncio.to_thread(run_command, env, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    group = Group(env, tmp_path)
    yield group
    for process in group.started:
        process.kill()


async def owns_everything(*workers: Worker) -> None:
    """Wait until each place is owned by exactly one of the workers."""
    async with asyncio.timeout(LIMIT):
        while True:
            owned = [place for worker in workers for place in await worker.owned()]
            if len(owned) == len(set(owned)) == AGENTS * PARTITIONS:
                return
            await asyncio.sleep(0.1)


@pytest.mark.guarantee("G1")
@pytest.mark.guarantee("G5")
async def test_the_partitions_of_a_killed_and_of_a_frozen_worker_flow_again(group: Group) -> None:
    first, second, third = await asyncio.gather(*(group.start() for _ in range(3)))
    await owns_everything(first, second, third)
    third.process.kill()
    await owns_everything(first, second)

    mine = await first.owned()
    assert mine
    os.kill(second.pid, signal.SIGSTOP)
    try:
        await owns_everything(first)
    finally:
        os.kill(second.pid, signal.SIGCONT)
    # Back as a newcomer: it takes the share that it had, by the group's rule, and nothing is owned twice.
    async with asyncio.timeout(LIMIT):
        while await first.owned() != mine:
            await asyncio.sleep(0.1)
    await owns_everything(first, second)


async def test_a_drained_worker_hands_over_and_a_stopped_one_leaves_nothing_behind(group: Group) -> None:
    first, second = await asyncio.gather(group.start(), group.start())
    await owns_everything(first, second)
    drained = await asyncio.to_thread(run_command, first.process.env, "drain")
    assert drained.returncode == 0, drained.stderr
    assert re.fullmatch(rb"drained: \d+ partitions were handed over; the worker may be stopped\n", drained.stdout)
    assert (await first.get("/readyz")).status_code == 503
    assert (await first.get("/healthz")).status_code == 200
    await owns_everything(second)
    assert await first.owned() == set()
    assert await first.process.stop() == 0
    assert await second.process.stop() == 0


async def test_one_command_runs_several_workers_and_starts_again_what_ends(group: Group) -> None:
    [port] = free_ports(1)
    env = group.env | {"PAVILION_WORKER__PORT": str(port)}
    command = Process("worker", env, group.directory / "several.log", "--processes", "2")
    group.started.append(command)
    await command.start(f"http://127.0.0.1:{port + 1}/readyz")
    workers = [Worker(command, port), Worker(command, port + 1)]
    await owns_everything(*workers)
    children = child_processes(workers[0].pid)
    assert len(children) == 2
    os.kill(children[1], signal.SIGKILL)
    async with asyncio.timeout(LIMIT):
        while len(again := child_processes(workers[0].pid)) < 2 or children[1] in again:
            await asyncio.sleep(0.1)
        while not await answers(port + 1):
            await asyncio.sleep(0.1)
    await owns_everything(*workers)
    assert await command.stop() == 0
    assert [pid for pid in again if alive(pid)] == []


async def test_workers_end_with_the_command_that_runs_them_even_when_it_is_killed(group: Group) -> None:
    [port] = free_ports(1)
    env = group.env | {"PAVILION_WORKER__PORT": str(port)}
    command = Process("worker", env, group.directory / "several.log", "--processes", "2")
    group.started.append(command)
    await command.start(f"http://127.0.0.1:{port + 1}/readyz")
    assert command.process is not None
    children = child_processes(command.process.pid)
    command.kill()
    async with asyncio.timeout(LIMIT):
        while any(alive(pid) for pid in children):
            await asyncio.sleep(0.1)


async def test_several_workers_that_cannot_start_end_the_command_with_the_reason(group: Group) -> None:
    env = group.env | {"PAVILION_BROKER__NAMESPACE": "nowhere"}
    ended = await asyncio.to_thread(run_command, env, "worker", "--processes", "3")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == b"pavilion: start worker: worker 0 ended at once, with status 1"


async def answers(port: int) -> bool:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False


def child_processes(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False
