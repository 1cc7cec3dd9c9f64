"""Thousands of clients on two gateways that are killed and drained: `make load`, or `python -m tests.load --help`.

Exits with 1 if a client's log is not its inbox, and with 2 if the round broke.
"""

import argparse
import asyncio
import os
import resource
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from infra.local import Cassandra, Missing, Pulsar, Redis, ServiceFailed
from infra.local.maven import MavenFailed
from tests.load.platform import Services
from tests.load.round import Failed, Plan, play


def say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def run(plan: Plan, directory: Path) -> int:
    pulsar, redis, cassandra = (kind(directory / "services" / kind.name) for kind in (Pulsar, Redis, Cassandra))
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        say("starting Pulsar, Redis and Cassandra")
        for service in (pulsar, redis, cassandra):
            stack.callback(service.kill)
        for started in [pool.submit(service.start) for service in (pulsar, redis, cassandra)]:
            started.result()
        services = Services(pulsar.url, pulsar.admin_url, "default", redis.url, cassandra.contact_point)
        outcome = asyncio.run(play(plan, services, directory, say))
    report = outcome.write(directory)
    sys.stdout.write(report.read_text())
    say(f"the report is {report}")
    return 1 if outcome.violations else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--connects", type=float, default=500.0, help="how many connect in a second (default: 500)")
    parser.add_argument("--events", type=float, default=200.0, help="events in a second (default: 200)")
    parser.add_argument("--calm", type=float, default=10.0, help="seconds of load around each step (default: 10)")
    parser.add_argument("--drain", type=float, default=10.0, help="seconds over which a gateway drains (default: 10)")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds that each step may take (default: 180)")
    parser.add_argument("--directory", type=Path, default=Path("build/load"), help="default: build/load")
    arguments = parser.parse_args()
    directory = arguments.directory.absolute()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith("PAVILION_")]:
        del os.environ[name]  # what the processes of this round must not inherit
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything that was started is ended, too
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    plan = Plan(
        clients=arguments.clients,
        connects_per_second=arguments.connects,
        events_per_second=arguments.events,
        calm=arguments.calm,
        drain=arguments.drain,
        limit=arguments.limit,
    )
    try:
        return run(plan, directory)
    except KeyboardInterrupt:
        say("interrupted, nothing was verified")
        return 2
    except (Failed, Missing, ServiceFailed, MavenFailed, RuntimeError, AssertionError) as error:
        say(f"the round broke down, nothing was verified: {error}")
        return 2
    finally:
        for data in (directory / "services").glob("*/data"):
            shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
