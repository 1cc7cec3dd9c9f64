"""Clients as products have them, as many as Locust starts: `locust -f tests/load/clients.py --headless -u N -r RATE`.

Each is one user with one socket. It goes to the next gateway when it loses its own, comes back with its position, and
remembers every notification with its offset. In the environment: ``LOAD_DIRECTORY``, where ``users.json`` is,
``LOAD_GATEWAYS`` (base URLs, separated by commas) and ``LOAD_SERVICE_KEY``. Into the directory go

- ``status.jsonl``: four times a second ``{at, connected: {gateway: n}, received, lost}``, counted over all clients
- ``clients.jsonl``: at the end, a line for each client, see :meth:`Client.log`
"""

import contextlib
import itertools
import json
import os
import random
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
import websocket
from geventhttpclient import HTTPClient
from locust import User, constant, events, task

DIRECTORY = Path(os.environ["LOAD_DIRECTORY"])
GATEWAYS = os.environ["LOAD_GATEWAYS"].split(",")
HEADERS = {"authorization": f"Bearer {os.environ['LOAD_SERVICE_KEY']}", "content-type": "application/json"}
USERS: list[str] = json.loads((DIRECTORY / "users.json").read_text())

STATUS_SECONDS = 0.25
TOKEN_SECONDS = 480.0
FIRST_DELAY, LONGEST_DELAY = 2.0, 10.0
SILENCE_SECONDS = 45.0
GATEWAY_GONE = (OSError, websocket.WebSocketException)

_numbers = itertools.count()
_services = [
    HTTPClient(urlsplit(url).hostname, urlsplit(url).port, concurrency=16, connection_timeout=20, network_timeout=20)
    for url in GATEWAYS
]
clients: list["Client"] = []


class Refused(Exception):
    """A gateway answered, but not with what was asked for."""


class Client:
    def __init__(self, number: int) -> None:
        self.user = USERS[number % len(USERS)]
        self._at = number % len(GATEWAYS)
        self._rng = random.Random(self.user)
        self._token, self._token_until = "", 0.0
        self._position: dict[str, Any] | None = None
        self._left: float | None = None
        self.gateway: int | None = None
        """The gateway to which it is connected now."""
        self.received: list[tuple[str, int, str, float]] = []
        self._connects: list[tuple[float, int, float, bool]] = []
        self._closes: list[tuple[float, int, int | None]] = []
        self.lost = 0

    def log(self) -> dict[str, Any]:
        """``received``: epoch, offset, id and time of each notification; ``connects``: time, gateway, seconds since
        the last connection was lost, and whether it was recovered; ``closes``: time, gateway and code."""
        return {
            "user": self.user,
            "received": self.received,
            "connects": self._connects,
            "closes": self._closes,
            "lost": self.lost,
        }

    def run(self) -> None:
        delay = FIRST_DELAY
        while True:
            code = None
            try:
                with self._connected() as socket:
                    delay = FIRST_DELAY
                    code = self._follow(socket)
            except (*GATEWAY_GONE, Refused) as error:
                fire("lost" if self.gateway is not None else "refused", 0.0, error)
            if self.gateway is not None:
                self._left = time.time()
                self._closes.append((self._left, self.gateway, code))
            self.gateway = None
            self._at = (self._at + 1) % len(GATEWAYS)
            # Whoever is told to go has been given a time of its own; whoever was cut off was so with all the others.
            gevent.sleep(self._rng.uniform(0, 0.2 if code == 1012 else delay))
            delay = min(LONGEST_DELAY, delay * 2)

    @contextlib.contextmanager
    def _connected(self) -> Any:
        token, began = self._fresh_token(), time.time()
        url = GATEWAYS[self._at].replace("http", "ws", 1) + "/v1/stream"
        socket = websocket.create_connection(url, timeout=30, suppress_origin=True)
        try:
            connect = {"type": "connect", "token": token} | ({"position": self._position} if self._position else {})
            socket.send(json.dumps(connect))
            answer = json.loads(socket.recv() or "{}")
            if answer.get("type") != "connected":
                raise Refused(str(answer)[:200])
            now = time.time()
            fire("resume" if self._position else "connect", now - began)
            if not answer["recovered"]:
                self.lost += self._position is not None
                self._position = answer["position"]
            self._connects.append((now, self._at, now - (self._left or began), answer["recovered"]))
            self.gateway = self._at
            socket.settimeout(SILENCE_SECONDS)
            yield socket
        finally:
            socket.shutdown()

    def _follow(self, socket: websocket.WebSocket) -> int | None:
        """Until the socket closes; the code."""
        while True:
            opcode, data = socket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big") if len(data) >= 2 else None
            if opcode != websocket.ABNF.OPCODE_TEXT:
                continue
            frame = json.loads(data)
            if frame["type"] == "ping":
                socket.send('{"type":"pong"}')
            elif "position" in frame:
                self._position = position = frame["position"]
                told = frame.get("notification")
                self.received.append((position["epoch"], position["offset"], told["id"] if told else "", time.time()))

    def _fresh_token(self) -> str:
        if time.monotonic() > self._token_until:
            began = time.time()
            body = json.dumps({"user_id": self.user})
            answer = _services[self._at].post("/v1/sessions", body=body, headers=HEADERS)
            content = answer.read()
            if answer.status_code != 201:
                raise Refused(f"/v1/sessions: {answer.status_code}")
            fire("session", time.time() - began)
            self._token, self._token_until = json.loads(content)["access_token"], time.monotonic() + TOKEN_SECONDS
        return self._token


def fire(name: str, seconds: float, error: BaseException | None = None) -> None:
    events.request.fire(
        request_type="client", name=name, response_time=seconds * 1000, response_length=0, exception=error, context={}
    )


class StreamUser(User):
    wait_time = constant(1)

    @task
    def live(self) -> None:
        client = Client(next(_numbers))
        clients.append(client)
        client.run()


def write_status_for_ever() -> None:
    with (DIRECTORY / "status.jsonl").open("w") as file:
        while True:
            held = [client.gateway for client in clients]
            status = {
                "at": time.time(),
                "connected": {str(number): held.count(number) for number in range(len(GATEWAYS))},
                "received": sum(len(client.received) for client in clients),
                "lost": sum(client.lost for client in clients),
            }
            file.write(json.dumps(status) + "\n")
            file.flush()
            gevent.sleep(STATUS_SECONDS)


@events.test_start.add_listener
def begin(**_: Any) -> None:
    gevent.spawn(write_status_for_ever)


@events.quitting.add_listener
def end(**_: Any) -> None:
    with (DIRECTORY / "clients.jsonl").open("w") as file:
        for client in clients:
            file.write(json.dumps(client.log()) + "\n")
