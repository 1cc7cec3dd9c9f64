"""Redis from the machine's own redis-server."""

import shutil
import socket
from pathlib import Path

from infra.local.processes import Missing, Service

CONFIGURATION = Path(__file__).parent.parent / "redis" / "redis.conf"


class Redis(Service):
    """One Redis with an append-only file. `url` is what `PAVILION_REDIS__URL` takes.

    With `replica_of` it starts as a replica; whether it has caught up is for its user to ask.
    """

    name = "redis"
    start_limit = 20.0
    stop_limit = 10.0

    def __init__(self, directory: Path, *, replica_of: "Redis | None" = None) -> None:
        super().__init__(directory)
        self._replica_of = replica_of
        (self.port,) = self.ports(1)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.settings = {"PAVILION_REDIS__URL": self.url}

    def command(self) -> list[str]:
        executable = shutil.which("redis-server")
        if executable is None:
            raise Missing("redis-server is missing: install it (Debian: apt-get install redis-server)")
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        local = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(data), "daemonize": "no"}
        local["repl-diskless-sync-delay"] = "0"  # no waiting for more replicas
        if self._replica_of is not None:
            local["replicaof"] = f"127.0.0.1 {self._replica_of.port}"
        return [executable, str(CONFIGURATION), *(word for key, value in local.items() for word in (f"--{key}", value))]

    def ready(self) -> bool:
        # After a restart Redis listens while it still loads its file, and answers -LOADING until it has.
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64) == b"+PONG\r\n"
