"""Toxiproxy: TCP proxies whose links can be slowed down, reset and cut, for tests of what happens then.

Toxics and their attributes: https://github.com/Shopify/toxiproxy (v2.5.0).
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from infra.local.golang import GoProgram
from infra.local.processes import Service

PROGRAM = GoProgram("toxiproxy", "2.5.0", "github.com/Shopify/toxiproxy/v2/cmd/server")


class Toxiproxy(Service):
    """One server without proxies; :class:`Proxies` makes them."""

    name = "toxiproxy"
    start_limit = 20.0
    stop_limit = 5.0

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        (self.port,) = self.ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {}

    def command(self) -> list[str]:
        return [PROGRAM.executable(), "-host", "127.0.0.1", "-port", str(self.port)]

    def ready(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/version", timeout=5, trust_env=False, verify=False)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK


class Proxies:
    """Toxiproxy's HTTP API; raises httpx.HTTPError when the server refuses or is away.

    A proxy is known by its name, in which there is no slash.
    A toxic works on both directions of the link, on connections that are open and on new ones, until it is lifted.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def create(self, name: str, port: int, upstream: int) -> None:
        """Listen on ``port`` of 127.0.0.1 and connect to ``upstream`` there."""
        body = {"name": name, "listen": f"127.0.0.1:{port}", "upstream": f"127.0.0.1:{upstream}"}
        self._send("POST", "/proxies", body)

    def latency(self, name: str, milliseconds: int, jitter: int = 0) -> None:
        """Delay what goes over the link, each way, by so much, give or take ``jitter``."""
        self._both(name, "latency", {"latency": milliseconds, "jitter": jitter})

    def blackhole(self, name: str) -> None:
        """Let nothing through, and close nothing: neither end learns of it."""
        self._both(name, "timeout", {"timeout": 0})

    def reset_peer(self, name: str) -> None:
        """Reset every connection, also those that are opened from now on."""
        self._both(name, "reset_peer", {"timeout": 0})

    def lift(self, name: str) -> None:
        """Take all toxics off the link. What a blackhole held back is gone, and its connections are closed."""
        for toxic in self._send("GET", f"/proxies/{name}/toxics"):
            self._send("DELETE", f"/proxies/{name}/toxics/{toxic['name']}")

    def _both(self, name: str, kind: str, attributes: dict[str, int]) -> None:
        for stream in ("upstream", "downstream"):
            toxic = {"name": f"{kind}-{stream}", "type": kind, "stream": stream, "attributes": attributes}
            self._send("POST", f"/proxies/{name}/toxics", toxic)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        response = self._http.request(method, path, json=body)
        response.raise_for_status()
        return response.json() if response.content else None

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
