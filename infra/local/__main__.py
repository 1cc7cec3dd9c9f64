"""`python -m infra.local up` and `python -m infra.local prepare`."""

import argparse
import contextlib
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.local import cassandra, pulsar, toxiproxy, validators
from infra.local.cache import Download
from infra.local.cassandra import Cassandra
from infra.local.golang import GoFailed
from infra.local.maven import MavenFailed
from infra.local.processes import Missing, Service, ServiceFailed
from infra.local.pulsar import Pulsar
from infra.local.redis import Redis

SERVICES: dict[str, Callable[[Path], Service]] = {"pulsar": Pulsar, "redis": Redis, "cassandra": Cassandra}
JARS: tuple[Download, ...] = (pulsar.JARS, cassandra.JARS)
PROGRAMS: tuple[Download, ...] = (toxiproxy.PROGRAM, *validators.DOWNLOADS)


def up(names: list[str], directory: Path | None) -> None:
    """Run the named services until SIGINT or SIGTERM. Settings go to standard output, all else to standard error."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    with contextlib.ExitStack() as running:
        root = directory or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="pavilion-")))
        services = []
        for name in names:
            if ended.is_set():
                return
            say(f"starting {name}")
            service = running.enter_context(SERVICES[name](root / name))
            services.append(service)
            for key, value in service.settings.items():
                sys.stdout.write(f"{key}={value}\n")
            sys.stdout.flush()
        say(f"ready, data under {root}; Ctrl-C stops")
        while not ended.wait(1.0):
            for service in services:
                if not service.running:
                    raise ServiceFailed(service.name, "ended by itself", service.log)
        say("stopping")


def prepare() -> None:
    """Fill the cache with what the services run from, jars and Toxiproxy's program, and what validates manifests."""

    def fill(downloads: Iterable[Download]) -> None:
        for one in downloads:
            say(f"{one.name} {one.version}: {'downloaded' if one.prepare() else 'already there'}, {one.directory}")

    # Maven waits for the network while Go compiles.
    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, (JARS, PROGRAMS)))


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def service_names(text: str) -> list[str]:
    names = text.split(",")
    unknown = sorted(set(names) - set(SERVICES))
    if unknown:
        raise argparse.ArgumentTypeError(f"no such service: {', '.join(unknown)}; there are {', '.join(SERVICES)}")
    return names


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="The real services as local processes.")
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("up", help="start the services, print their settings, stop on Ctrl-C")
    running.add_argument(
        "--only", type=service_names, default=list(SERVICES), metavar="NAMES", help="some of pulsar,redis,cassandra"
    )
    running.add_argument("--dir", type=Path, metavar="D", help="keep the data here (default: temporary)")
    commands.add_parser("prepare", help="download what the services need, start nothing")
    arguments = parser.parse_args()
    try:
        if arguments.command == "up":
            up(arguments.only, arguments.dir)
        else:
            prepare()
    except (ServiceFailed, MavenFailed, GoFailed, Missing) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
