"""A running platform, seen from outside: processes of the installed command, HTTP, and sockets."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import websockets

SERVICE_KEY = "e2e-service-key-0123456789abcdef"
OPERATOR_KEY = "e2e-operator-key-0123456789abcdef"
START_SECONDS = 60.0


def environment(**settings: str) -> dict[str, str]:
    """The settings by their names without the prefix; nothing else of ours is inherited."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PAVILION_")}
    keys = {"SERVICE_KEY": SERVICE_KEY, "OPERATOR_KEY": OPERATOR_KEY, "DEMO": "0"}
    return own | {f"PAVILION_{name}": value for name, value in (keys | settings).items()}


class Process:
    """One ``pavilion`` process; its output goes to a file."""

    def __init__(
        self, command: str, env: dict[str, str], log: Path, *arguments: str, directory: Path | None = None
    ) -> None:
        if command == "run" and not arguments:
            arguments = ("--no-reload",)  # whoever edits the code meanwhile means another run
        self.command, self.env, self.log, self.arguments = command, env, log, arguments
        self._directory = directory
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self, ready: str) -> None:
        """Start, and wait until ``GET ready`` answers 200."""
        with self.log.open("ab") as output:
            command = [sys.executable, "-m", "pavilion.cli", self.command, *self.arguments]
            self.process = subprocess.Popen(
                command, env=self.env, cwd=self._directory, stdout=output, stderr=output
            )
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while True:
                assert self.process.poll() is None, f"{self.command} ended:\n{self.tail()}"
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(ready)).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self.process.wait, 30)
        finally:
            self.kill()


def run_command(env: dict[str, str], *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pavilion.cli", *arguments], env=env, input=stdin, capture_output=True, timeout=120
    )


class Client:
    """A service, an operator and users of one gateway."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = httpx.AsyncClient(base_url=base, timeout=30, trust_env=False)

    async def close(self) -> None:
        await self.http.aclose()

    async def token(self, user: str) -> str:
        answer = await self.http.post("/v1/sessions", json={"user_id": user}, headers=bearer(SERVICE_KEY))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])

    async def publish(self, events: list[dict[str, Any]]) -> httpx.Response:
        return await self.http.post(
            "/v1/events",
            content=json.dumps(events).encode(),
            headers={**bearer(SERVICE_KEY), "content-type": "application/cloudevents-batch+json"},
        )

    async def notifications(self, user: str) -> list[dict[str, Any]]:
        """All pages, newest first."""
        token, found, cursor = await self.token(user), list[dict[str, Any]](), None
        while True:
            query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            answer = await self.http.get("/v1/notifications", params=query, headers=bearer(token))
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            cursor = answer.json()["page"]["next"]
            if cursor is None:
                return found

    async def counts(self, user: str) -> dict[str, Any]:
        answer = await self.http.get("/v1/counts", headers=bearer(await self.token(user)))
        assert answer.status_code == 200, answer.text
        counts: dict[str, Any] = answer.json()
        return counts

    async def dead_letters(self) -> list[dict[str, Any]]:
        found, cursor = list[dict[str, Any]](), None
        while True:
            query = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            answer = await self.http.get("/v1/dead-letters", params=query, headers=bearer(OPERATOR_KEY))
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            cursor = answer.json()["page"]["next"]
            if cursor is None:
                return found

    @contextlib.asynccontextmanager
    async def listening(self, user: str, into: "Listener") -> AsyncIterator["Listener"]:
        """Read the user's socket into ``into``, going on from its position, until the block ends."""
        url = self.base.replace("http", "ws") + "/v1/stream"
        async with websockets.connect(url) as connection:
            frame = {"type": "connect", "token": await self.token(user)}
            if into.position is not None:
                frame["position"] = into.position
            await connection.send(json.dumps(frame))
            reading = asyncio.create_task(into.read(connection))
            try:
                yield into
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)


class Listener:
    """What one client has seen over all its connections."""

    def __init__(self) -> None:
        self.connected: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.position: dict[str, Any] | None = None

    async def read(self, connection: Any) -> None:
        async for text in connection:
            frame = json.loads(text)
            if frame["type"] == "connected":
                self.connected.append(frame)
                self.position = self.position if frame["recovered"] else frame["position"]
            elif frame["type"] in ("notification", "state", "position"):
                self.frames.append(frame)
                self.position = frame["position"]
            elif frame["type"] == "ping":
                await connection.send('{"type":"pong"}')


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}
