"""What the local services share: ports, starting, waiting until ready, stopping."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

WATCHDOG = Path(__file__).with_name("watchdog.py")
TAIL_LINES = 25
# Below Linux's ephemeral range (32768 and up): an outgoing connection cannot take a service's port while it restarts.
PORTS = range(20_000, 32_000)


class Missing(Exception):
    """A program of the machine is missing; the message names it and what to install."""


class ServiceFailed(Exception):
    """A local service did not start, or ended before it was ready. The message ends with the last lines of its log."""

    def __init__(self, name: str, reason: str, log: Path) -> None:
        self.name = name
        self.reason = reason
        self.log = log
        lines = tail(log)
        shown = "\n".join(f"  | {line}" for line in lines) if lines else "  | (nothing)"
        super().__init__(f"{name} {reason}; the end of {log}:\n{shown}")


def tail(path: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a text file, as far as its last 64 KiB hold them; none if it does not exist."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 64 * 1024))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]


def free_ports(count: int) -> list[int]:
    """`count` different ports of 127.0.0.1 on which nothing listens now."""
    found: list[int] = []
    with contextlib.ExitStack() as held:
        for port in random.sample(PORTS, 400):
            probe = held.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
            if len(found) == count:
                return found
    raise OSError(f"no {count} free ports between {PORTS.start} and {PORTS.stop}")


def accepts(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Process:
    """One running command in a process group of its own, which dies with this process, however this one ends.

    Both its outputs are appended to `log`. `pid` is the command's own, for signals.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        read_end, self._alive = os.pipe()
        try:
            with log.open("ab") as output:
                self._popen = subprocess.Popen(
                    [sys.executable, "-IS", str(WATCHDOG), str(read_end), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=cwd,
                    env={**os.environ, **(environment or {})},
                    pass_fds=(read_end,),
                    start_new_session=True,
                )
        except BaseException:
            os.close(self._alive)
            raise
        finally:
            os.close(read_end)
        self.pid = self._popen.pid
        self._lock = threading.Lock()

    @property
    def status(self) -> int | None:
        """The exit status, minus the signal's number if a signal ended it; None while it runs."""
        return self._popen.poll()

    def wait(self, limit: float) -> int | None:
        """Its exit status, or None if it still runs after ``limit`` seconds. Blocking."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._popen.wait(limit)
        return None

    def terminate(self, limit: float) -> None:
        """SIGTERM, and SIGKILL to its group when it has not ended within `limit` seconds."""
        if self.status is None:
            self._popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(limit)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to its process group, and wait for its end. Does nothing the second time."""
        # The group is signalled only before the leader is reaped: later its number may belong to others.
        if self.status is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
        with self._lock:
            if self._alive >= 0:
                os.close(self._alive)
                self._alive = -1


class Service(ABC):
    """A service with its data under one directory, which fixes its ports too: a restart comes back at the same address.

    Also a context manager: started on entry, stopped on exit. Blocking: call it in a thread from a running event loop.
    """

    name: str
    settings: dict[str, str]
    """The `PAVILION_…` variables with which the application uses this service."""
    start_limit = 60.0
    stop_limit = 20.0

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.log = self.directory / f"{self.name}.log"
        self._process: Process | None = None

    def ports(self, count: int) -> list[int]:
        """The ports of this directory, chosen when it is new. A bookie, for one, refuses data of another address."""
        kept = self.directory / "ports"
        with contextlib.suppress(FileNotFoundError):
            return [int(port) for port in kept.read_text().split()]
        ports = free_ports(count)
        self.directory.mkdir(parents=True, exist_ok=True)
        kept.write_text("\n".join(map(str, ports)) + "\n")
        return ports

    @abstractmethod
    def command(self) -> list[str]:
        """Write what the service reads at its start, and return its command line."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers. Called again until it does; may raise OSError for no."""

    def environment(self) -> dict[str, str]:
        """Variables on top of this process's own."""
        return {}

    @property
    def pid(self) -> int:
        """The service's own process id; raises RuntimeError when it was not started."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.status is None

    def start(self) -> None:
        """Start and wait until it answers. Raises ServiceFailed with the end of its log; does nothing if it runs."""
        if self.running:
            return
        self.kill()
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process = process = Process(
            self.command(), log=self.log, cwd=self.directory, environment=self.environment()
        )
        try:
            self._wait_until_ready(process)
        except BaseException:
            process.kill()
            raise

    def _wait_until_ready(self, process: Process) -> None:
        deadline = time.monotonic() + self.start_limit
        while True:
            status = process.status
            if status is not None:
                raise ServiceFailed(self.name, f"ended with status {status} before it was ready", self.log)
            with contextlib.suppress(OSError):
                if self.ready():
                    return
            if time.monotonic() > deadline:
                raise ServiceFailed(self.name, f"was not ready within {self.start_limit:g} s", self.log)
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in an orderly way (SIGTERM), or by SIGKILL when that takes longer than `stop_limit` seconds."""
        if self._process is not None:
            self._process.terminate(self.stop_limit)

    def kill(self) -> None:
        """End it at once with SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()

    def restart(self) -> None:
        """Stop and start, with the same data and the same address."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
