"""Prometheus and Alertmanager from the machine's own programs, and what their HTTP APIs say."""

import shutil
from pathlib import Path
from typing import Any

import httpx

from infra.local.processes import Missing, Service


def program(*names: str, package: str) -> str:
    """The path of the first of these programs that the machine has; raises Missing, which names the Debian package."""
    for name in names:
        if found := shutil.which(name):
            return found
    raise Missing(f"{names[0]} is missing: install it (Debian: apt-get install {package})")


class Monitor(Service):
    """What the two have in common: one port, `/-/ready`, and a JSON API."""

    start_limit = 20.0
    stop_limit = 10.0

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        (self.port,) = self.ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {}

    def ready(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/-/ready", timeout=5, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK

    def get(self, path: str, **query: str) -> Any:
        """The JSON at ``path``. Raises httpx.HTTPStatusError, whose text has the server's reason."""
        answer = httpx.get(f"{self.url}{path}", params=query, timeout=10, trust_env=False)
        if answer.is_error:
            raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)
        return answer.json()


class Alertmanager(Monitor):
    """One Alertmanager by itself: its cluster port is closed."""

    name = "alertmanager"

    def __init__(self, directory: Path, *, configuration: Path) -> None:
        super().__init__(directory)
        self._configuration = configuration

    def command(self) -> list[str]:
        return [
            program("prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager"),
            f"--config.file={self._configuration}",
            f"--storage.path={self.directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]

    def alerts(self) -> list[dict[str, Any]]:
        """What is firing, with `labels`, `annotations`, and `status` (`state`: active, or suppressed by another)."""
        found: list[dict[str, Any]] = self.get("/api/v2/alerts")
        return found


class Prometheus(Monitor):
    """One Prometheus. ``configuration`` is its file, with absolute paths or ones relative to that file."""

    name = "prometheus"

    def __init__(self, directory: Path, *, configuration: Path) -> None:
        super().__init__(directory)
        self._configuration = configuration

    def command(self) -> list[str]:
        return [
            program("prometheus", package="prometheus"),
            f"--config.file={self._configuration}",
            f"--storage.tsdb.path={self.directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn",
        ]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query, each with `metric` and `value`; a scalar is one without labels."""
        data = self.get("/api/v1/query", query=expression)["data"]
        if data["resultType"] in ("scalar", "string"):
            return [{"metric": {}, "value": data["result"]}]
        found: list[dict[str, Any]] = data["result"]
        return found
