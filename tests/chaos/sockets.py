"""Clients of both gateways, as products have them: `python -m tests.chaos.sockets --help`.

Each user has one, which comes back with its position to whichever gateway, and loads its list over REST when it is told
to. Everything it sees is in the journal, by ``event``:

- ``connected`` ``{epoch, offset, tail, recovered, sent}``: ``sent`` is the position it came with, or null
- ``frame`` ``{type, epoch, offset, tail, unseen, unread, id, fact, owner}``
- ``loaded`` ``{count, new}``: the whole list over REST; ``new`` are ``[id, fact]`` that it had not seen before
- ``closed`` ``{gateway, code}``
- ``final`` ``{converged, position, top, unseen, unread, ids}``: after SIGTERM, what the client and REST say at the end

It runs until SIGTERM, and then until every client is where its inbox is, or a limit has passed.
"""

import argparse
import asyncio
import contextlib
import json
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.chaos.journal import SOCKETS, Journal
from tests.chaos.load import users_of
from tests.e2e.model import fact_of
from tests.e2e.platform import SERVICE_KEY, bearer

TOKEN_SECONDS = 300.0
FIRST_DELAY, LONGEST_DELAY = 0.2, 3.0
SILENCE_MARGIN = 15.0
CONVERGE_SECONDS = 75.0
"""A gateway finds by itself what it missed, by comparing positions every 25-40 s."""

AWAY = (httpx.HTTPError, OSError, TimeoutError, websockets.WebSocketException)
Position = dict[str, Any]


class Refused(Exception):
    """A gateway answered, but not with what was asked for."""


class Client:
    """One user on one connection at a time."""

    def __init__(self, user: str, gateways: list[str], journal: Journal, rng: random.Random) -> None:
        self._user, self._gateways, self._journal, self._rng = user, gateways, journal, rng
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        self._gateway = rng.choice(gateways)
        self._token, self._token_until = "", 0.0
        self._position: Position | None = None
        self._live = False
        self._seen: set[str] = set()
        self._load = asyncio.Event()

    def _write(self, event: str, **entry: Any) -> None:
        self._journal.write(user=self._user, event=event, **entry)

    async def run(self) -> None:
        loading = asyncio.create_task(self._load_for_ever())
        delay = FIRST_DELAY
        try:
            while True:
                began = time.monotonic()
                code: int | None = None
                with contextlib.suppress(*AWAY, Refused):
                    code = await self._connect()
                self._live = False
                self._write("closed", gateway=self._gateway, code=code)
                if code in (4005, 4500, 4503):
                    self._token_until = 0.0
                self._gateway = self._rng.choice(self._gateways)
                delay = FIRST_DELAY if time.monotonic() - began > LONGEST_DELAY else min(LONGEST_DELAY, delay * 2)
                await asyncio.sleep(delay * self._rng.uniform(0.5, 1))
        finally:
            loading.cancel()
            await asyncio.gather(loading, return_exceptions=True)
            await self._http.aclose()

    async def _connect(self) -> int | None:
        """One connection until it ends; its close code."""
        sent = self._position
        frame = {"type": "connect", "token": await self._fresh_token()} | ({"position": sent} if sent else {})
        url = self._gateway.replace("http", "ws") + "/v1/stream"
        async with websockets.connect(url, open_timeout=10, close_timeout=2, ping_interval=None) as connection:
            await connection.send(json.dumps(frame))
            silence = 30.0
            try:
                while True:
                    async with asyncio.timeout(silence):
                        received = json.loads(await connection.recv())
                    if received["type"] == "connected":
                        silence = received["ping_seconds"] + SILENCE_MARGIN
                    elif received["type"] == "ping":
                        await connection.send('{"type":"pong"}')
                    self._take(received, sent)
            except websockets.ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None

    def _take(self, frame: dict[str, Any], sent: Position | None) -> None:
        if frame["type"] == "connected":
            self._live = True
            self._write("connected", **frame["position"], recovered=frame["recovered"], sent=sent)
            if not frame["recovered"]:
                self._position = frame["position"]
                self._load.set()
        elif frame["type"] in ("notification", "state", "position"):
            self._position = frame["position"]
            told = frame.get("notification")
            more = {"id": told["id"], "fact": fact_of(told), "owner": told["user_id"]} if told else {}
            if told:
                self._seen.add(told["id"])
            counts = {"unseen": frame.get("unseen"), "unread": frame.get("unread")}
            self._write("frame", type=frame["type"], **frame["position"], **counts, **more)

    async def _load_for_ever(self) -> None:
        while True:
            await self._load.wait()
            self._load.clear()
            try:
                listed = await self._list()
            except (*AWAY, Refused):
                self._load.set()
                await asyncio.sleep(self._rng.uniform(0.5, 1.5))
                continue
            new = [[one["id"], fact_of(one)] for one in listed if one["id"] not in self._seen]
            self._seen.update(one["id"] for one in listed)
            self._write("loaded", count=len(listed), new=new)

    async def _list(self) -> list[dict[str, Any]]:
        found, cursor = list[dict[str, Any]](), None
        while True:
            query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = await self._get("/v1/notifications", query)
            found += page["data"]
            cursor = page["page"]["next"]
            if cursor is None:
                return found

    async def _get(self, path: str, query: dict[str, str] | None = None) -> Any:
        headers = bearer(await self._fresh_token())
        answer = await self._http.get(self._gateway + path, params=query, headers=headers)
        if answer.status_code != 200:
            raise Refused(f"{path}: {answer.status_code}")
        return answer.json()

    async def _fresh_token(self) -> str:
        if time.monotonic() > self._token_until:
            body = {"user_id": self._user}
            answer = await self._http.post(f"{self._gateway}/v1/sessions", json=body, headers=bearer(SERVICE_KEY))
            if answer.status_code != 201:
                raise Refused(f"/v1/sessions: {answer.status_code}")
            self._token, self._token_until = answer.json()["access_token"], time.monotonic() + TOKEN_SECONDS
        return self._token

    async def finish(self) -> None:
        """Wait until the client is where its inbox is, and write down what there is at the end."""
        deadline = time.monotonic() + CONVERGE_SECONDS
        counts: dict[str, Any] = {}
        converged, listed = False, list[dict[str, Any]]()
        while not converged and time.monotonic() < deadline:
            with contextlib.suppress(*AWAY, Refused):
                counts = await self._get("/v1/counts")
                listed = await self._list()
                converged = self._live and not self._load.is_set() and counts["position"] == self._position
            if not converged:
                await asyncio.sleep(0.5)
        self._write(
            "final",
            converged=converged,
            position=self._position,
            top=counts.get("position"),
            unseen=counts.get("unseen"),
            unread=counts.get("unread"),
            ids=[one["id"] for one in listed],
        )


async def hold(users: list[str], gateways: list[str], journal: Journal, seed: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    clients = [Client(user, gateways, journal, random.Random(f"{seed} {user}")) for user in users]
    running = [asyncio.create_task(client.run()) for client in clients]
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {stopping}:
        task.result()  # a client never ends by itself: this raises what ended it
    await asyncio.gather(*(client.finish() for client in clients))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.sockets")
    parser.add_argument("--gateways", required=True, help="base URLs, separated by commas")
    parser.add_argument("--directory", type=Path, required=True, help="where the journal goes")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--users", type=int, required=True)
    arguments = parser.parse_args()
    journal = Journal(arguments.directory / SOCKETS)
    users = users_of(arguments.seed, arguments.users)
    asyncio.run(hold(users, arguments.gateways.split(","), journal, arguments.seed))
    journal.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
