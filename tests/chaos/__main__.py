"""A round of chaos: `make chaos`, or `python -m tests.chaos --help`. Exits with 1 on a violation, 2 if it broke."""

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from infra.local import Missing, ServiceFailed
from infra.local.golang import GoFailed
from infra.local.maven import MavenFailed
from infra.local.processes import Process
from tests.chaos.cluster import KEYSPACE, NAMESPACE, Backlogs, Cluster
from tests.chaos.journal import FAULTS, RUN, SOCKETS, TABLES, Journal, read_journal
from tests.chaos.nemesis import KINDS, Nemesis, schedule
from tests.chaos.verifier.evidence import INPUT_TOPICS

FOLLOWS_SECONDS = 60.0
CONNECT_SECONDS = 60.0
SETTLE_SECONDS = 240.0
FINISH_SECONDS = 120.0
PROGRESS_SECONDS = 10.0
TABLES_SECONDS = 60.0


class Failed(Exception):
    """The round itself did not work; says what to look at."""


class Helper:
    """One of our own programs, beside the platform."""

    def __init__(self, name: str, directory: Path, *arguments: str) -> None:
        self.name = name
        self.log = directory / "logs" / f"{name}.log"
        command = [sys.executable, "-m", f"tests.chaos.{name}", *arguments]
        self.process = Process(command, log=self.log, cwd=Path(__file__).parents[2])

    async def end(self, seconds: float, *, ask: bool = True) -> None:
        """Wait for its end after SIGTERM, or by itself; Failed unless it ended well."""
        if ask:
            await asyncio.to_thread(self.process.terminate, seconds)
        else:
            await asyncio.to_thread(self.process.wait, seconds)
            self.process.kill()
        if self.process.status:
            end = self.log.read_text(errors="replace")[-2000:]
            raise Failed(f"{self.name} ended with {self.process.status}:\n{end}")


def say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


async def play(cluster: Cluster, arguments: argparse.Namespace, directory: Path) -> None:
    """Load, clients and faults, until everything is healed and settled. What happened is in the journals."""
    common = ("--directory", str(directory), "--seed", str(arguments.seed), "--users", str(arguments.users))
    place = f"persistent://public/{NAMESPACE}"
    publish = ("load", directory, *common, "--url", cluster.pulsar.url, "--place", place, "--rate", str(arguments.rate))
    backlogs, faults = Backlogs(cluster.pulsar.admin_url), Journal(directory / FAULTS)
    gateways = ",".join(cluster.client_url(gateway) for gateway in cluster.gateways)
    sockets = load = None
    try:
        await Helper(*publish, "--follows").end(FOLLOWS_SECONDS, ask=False)
        await backlogs.settle(SETTLE_SECONDS)
        settled = time.time()
        sockets = Helper("sockets", directory, *common, "--gateways", gateways)
        load = Helper(*publish)
        describe(cluster, arguments, directory, settled)
        await connected(directory, arguments.users)
        planned = schedule(arguments.seed, arguments.seconds, arguments.partitions, arguments.only)
        say(f"{len(planned)} faults in {arguments.seconds:g} s")
        nemesis = Nemesis(cluster, faults)
        progress = asyncio.create_task(show_progress(nemesis, backlogs, len(planned)))
        try:
            await nemesis.run(planned, arguments.seconds)
        finally:
            progress.cancel()
            await asyncio.gather(progress, return_exceptions=True)
        say("faults lifted; waiting until nothing is left to do")
        await load.end(FINISH_SECONDS)
        began = time.monotonic()
        try:
            await backlogs.settle(SETTLE_SECONDS)
        except TimeoutError as error:  # a violation, and what else there is shall be seen too
            say(str(error))
            faults.write(phase="stuck", reason=str(error))
        else:
            faults.write(phase="settled", seconds=round(time.monotonic() - began, 1))
            say(f"settled after {time.monotonic() - began:.0f} s")
        await sockets.end(FINISH_SECONDS)
        (directory / TABLES).write_text(json.dumps(await tables(cluster, arguments.partitions)))
    finally:
        for helper in (load, sockets):
            if helper is not None:
                helper.process.kill()
        await backlogs.close()
        faults.close()


async def connected(directory: Path, users: int) -> None:
    """Until every user has a socket: what is not connected yet would hide the first faults."""
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        there = {line["user"] for line in read_journal(directory / SOCKETS) if line["event"] == "loaded"}
        if len(there) == users:
            return
        if time.monotonic() > deadline:
            raise Failed(f"{len(there)} of {users} clients connected within {CONNECT_SECONDS:g} s")
        await asyncio.sleep(0.5)


def describe(cluster: Cluster, arguments: argparse.Namespace, directory: Path, settled: float) -> None:
    described = {
        "seed": arguments.seed,
        "seconds": arguments.seconds,
        "users": arguments.users,
        "partitions": arguments.partitions,
        "rate": arguments.rate,
        "follows_settled_at": settled,
        "broker_url": cluster.pulsar.url,
        "place": f"persistent://public/{NAMESPACE}",
        "cql_port": cluster.cassandra.port,
        "keyspace": KEYSPACE,
        "redis_url": cluster.redis.url,
    }
    (directory / RUN).write_text(json.dumps(described, indent=2) + "\n")


async def tables(cluster: Cluster, partitions: int) -> dict[str, list[dict[str, Any]]]:
    """By worker, as soon as each partition has one owner; after a limit as they are then: the verifier judges."""
    deadline = time.monotonic() + TABLES_SECONDS
    while True:
        found: dict[str, list[dict[str, Any]]] = {}
        for worker in cluster.workers:
            if worker.running:
                try:
                    found[worker.name] = await asyncio.to_thread(worker.tables)
                except httpx.HTTPError as error:
                    raise Failed(f"{worker.name} does not tell its tables: {error!r}") from error
        owned = [(table["table"], table["partition"]) for each in found.values() for table in each]
        if len(owned) == len(set(owned)) == len(INPUT_TOPICS) * partitions or time.monotonic() > deadline:
            return found
        await asyncio.sleep(1)


async def show_progress(nemesis: Nemesis, backlogs: Backlogs, planned: int) -> None:
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        try:
            left = f"{sum((await backlogs.left()).values())} messages wait"
        except httpx.HTTPError:
            left = "the broker does not answer"
        say(f"{nemesis.clock.seconds:4.0f} s: {nemesis.done} of {planned} faults, {left}")


async def verify(directory: Path) -> int:
    """The verifier is a program of its own: it knows what is in the directory, and nothing of this process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.verifier", "--directory", str(directory), cwd=Path(__file__).parents[2]
    )
    return await process.wait()


async def run(arguments: argparse.Namespace, directory: Path) -> int:
    say("starting Pulsar, Redis, Cassandra, Toxiproxy, three workers and two gateways")
    cluster = Cluster(directory, partitions=arguments.partitions)
    await asyncio.to_thread(cluster.__enter__)
    try:
        await play(cluster, arguments, directory)
        return await verify(directory)
    except ExceptionGroup as group:
        raise Failed("; ".join(map(str, group.exceptions))) from group
    except (TimeoutError, httpx.HTTPError) as error:
        raise Failed(repr(error)) from error
    finally:
        await asyncio.to_thread(cluster.__exit__)


def kinds(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    unknown = sorted(set(names) - set(KINDS))
    if unknown:
        raise argparse.ArgumentTypeError(f"no such fault: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    return names


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=75.0, help="how long faults go on (default: 75)")
    parser.add_argument("--seed", type=int, default=None, help="the schedule and the events follow from it")
    parser.add_argument("--directory", type=Path, help="where logs and the report go (default: a new one)")
    parser.add_argument("--rate", type=float, default=60.0, help="events a second (default: 60)")
    parser.add_argument("--users", type=int, default=40, help="how many (default: 40)")
    parser.add_argument("--partitions", type=int, default=4, help="of each topic (default: 4)")
    parser.add_argument("--only", type=kinds, default=list(KINDS), metavar="KINDS", help="these kinds of faults alone")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1_000_000)
    directory = (arguments.directory or Path(tempfile.mkdtemp(prefix="pavilion-chaos-"))).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith("PAVILION_")]:
        del os.environ[name]  # what the processes of this round must not inherit
    say(f"seed {arguments.seed}, everything is kept in {directory}")
    try:
        status = asyncio.run(run(arguments, directory))
    except (Failed, Missing, ServiceFailed, MavenFailed, GoFailed, RuntimeError) as error:
        say(f"the round broke down, nothing was verified: {error}")
        status = 2
    for data in (directory / "services").glob("*/data"):
        shutil.rmtree(data, ignore_errors=True)
    say(f"replay: make chaos SECONDS={arguments.seconds:g} SEED={arguments.seed}")
    return status


if __name__ == "__main__":
    sys.exit(main())
