"""A real gateway for tests: uvicorn on a free port of 127.0.0.1, the embedded log and the SQLite stores."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
from pydantic import SecretStr
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.app import create_app
from gateway.gateway import Gateway
from gateway.limits import Limits
from gateway.server import serve
from gateway.services import Services
from infra.log.embedded import SCHEMA, EmbeddedLog
from infra.log.ports import Outgoing, TopicSpec
from infra.sqlite import Database
from infra.stores.open import Stores, open_stores, sqlite_schemas
from infra.stores.ports import Delivery
from infra.stores.redis_client import Client as RedisClient
from infra.stores.redis_inbox import RedisInbox
from schemas.notifications import Actor, Notification, make_notification
from schemas.records import Added, NotificationRecord, encode_record
from schemas.settings import GatewaySettings, LimitSettings, Settings, TopicSettings
from schemas.times import now_ms

SERVICE = {"authorization": "Bearer service-key-of-the-tests"}
OPERATOR = {"authorization": "Bearer operator-key-of-the-tests"}
SUPPORTING = {"authorization": "Bearer support-key-of-the-tests"}
ADMIN = {"authorization": "Bearer admin-key-of-the-tests"}
PARTITIONS = 2

QUIET = Limits(check=(60.0, 60.0))
"""Nothing is repaired by the clock, so that a test sees what repairs it."""

_counter = itertools.count(1)


def settings_for(directory: Path, **changes: Any) -> Settings:
    topics = TopicSettings(partitions=PARTITIONS)
    values: dict[str, Any] = {
        "data_dir": directory,
        "service_key": SecretStr("service-key-of-the-tests"),
        "operator_key": SecretStr("operator-key-of-the-tests"),
        "support_key": SecretStr("support-key-of-the-tests"),
        "admin_key": SecretStr("admin-key-of-the-tests"),
        "topics": topics,
        "limits": LimitSettings(address="100000/1m"),  # tests of access make hundreds of bad requests
        "gateway": GatewaySettings(port=0, origins=["https://app.example.com"], drain="300ms"),
    }
    return Settings(**{**values, **changes})


@dataclass
class Platform:
    """The log and the stores that gateways share, and what the delivery agent does with them."""

    settings: Settings
    database: Database
    log: EmbeddedLog
    stores: Stores

    async def deliver(
        self,
        user: str,
        count: int = 1,
        *,
        fan_out: bool = True,
        padding: int = 0,
        content: str = "",
        type: str = "video.liked",
    ) -> list[Added]:
        """History, inbox, then fan-out (unless it is to be lost); returns the fan-out records."""
        added = []
        for _ in range(count):
            number = next(_counter)
            notification = make_notification(
                recipient=user,
                type=type,
                content=content or f"Ada liked your video {number}",
                metadata={"padding": "x" * padding} if padding else {},
                subject="video/1",
                subject_key=f"test\n{number}",
                family="test",
                created_ms=now_ms() + number,
                actor=Actor(str(uuid4()), "Ada"),
            )
            added += await self.place(notification)
        if fan_out:
            await self.fan_out(*added)
        return added

    async def place(self, *notifications: Notification) -> list[Added]:
        records = [NotificationRecord(notification=one, published_ms=now_ms()) for one in notifications]
        await self.stores.history.insert(records)
        deliveries = [Delivery(record, "test", f"{next(_counter):032x}") for record in records]
        added = []
        for one, placed in zip(notifications, await self.stores.inbox.append(deliveries), strict=True):
            assert placed.position is not None
            added.append(
                Added(
                    user_id=one.user_id,
                    position=placed.position,
                    before=placed.before,
                    unseen=placed.unseen,
                    unread=placed.unread,
                    notification=one,
                )
            )
        return added

    async def fan_out(self, *records: Added) -> None:
        topic = self.settings.topics.fan_out
        await self.log.publisher(topic).publish([Outgoing(r.user_id, encode_record(r)) for r in records])

    async def published(self, topic: str) -> list[bytes]:
        """Every value in the topic, in order of partition and offset."""
        return [
            record.value
            for partition in range(PARTITIONS)
            for record in await self.log.select(topic, partition, 0, 10_000)
        ]

    def services(self, settings: Settings | None = None, **changes: Any) -> Services:
        stores = self.stores
        values: dict[str, Any] = {
            "settings": settings or self.settings,
            "inbox": stores.inbox,
            "history": stores.history,
            "people": stores.people,
            "sessions": stores.sessions,
            "audit": stores.audit,
            "preferences": stores.preferences,
            "erasure": stores.erasure,
            "log": self.log,
        }
        return Services(**{**values, **changes})


def on_redis(platform: Platform, redis: RedisClient) -> Platform:
    """The platform with its inbox on Redis; history stays on SQLite, as durable as Scylla is."""
    inbox: Any = RedisInbox(redis, platform.stores.history, items=500, days=7)  # type: ignore[arg-type]
    return dataclasses.replace(platform, stores=dataclasses.replace(platform.stores, inbox=inbox))


@asynccontextmanager
async def open_platform(directory: Path, **changes: Any) -> AsyncIterator[Platform]:
    settings = settings_for(directory, **changes)
    database = Database(settings.database)
    database.open(SCHEMA, *sqlite_schemas())
    log = EmbeddedLog(database)
    topics = settings.topics
    await log.start()
    names = [topics.fan_out, topics.video_events, topics.comment_events, topics.user_events]
    await log.migrate([TopicSpec(name, PARTITIONS, (), 3600) for name in names])
    stores = await open_stores(settings, database=database)
    try:
        yield Platform(settings, database, log, stores)
    finally:
        await stores.close()
        await log.close()
        database.close()


@dataclass
class Running:
    """A gateway that serves. ``stop`` starts its drain, ``done`` is its end."""

    platform: Platform
    app: Starlette
    port: int
    stop: asyncio.Event
    force: asyncio.Event
    done: asyncio.Task[None]
    http: httpx.AsyncClient

    @property
    def gateway(self) -> Gateway:
        gateway = self.app.state.gateway
        assert isinstance(gateway, Gateway)
        return gateway

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def session(self, user: str) -> dict[str, Any]:
        response = await self.http.post("/v1/sessions", json={"user_id": user}, headers=SERVICE)
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    async def bearer(self, user: str) -> dict[str, str]:
        return {"authorization": f"Bearer {(await self.session(user))['access_token']}"}

    def open(self, **options: Any) -> connect:
        return connect(f"ws://127.0.0.1:{self.port}/v1/stream", compression=None, **options)

    @asynccontextmanager
    async def client(self, user: str, position: Any = None, token: str = "") -> AsyncIterator[Client]:
        """A connected device: its ``connected`` frame is read."""
        token = token or (await self.session(user))["access_token"]
        async with self.open() as socket:
            client = Client(socket)
            await client.send(type="connect", token=token, position=position)
            client.connected = await client.next()
            assert client.connected["type"] == "connected", client.connected
            if client.connected["recovered"]:  # what was missed has yet to come
                client.position = position
            yield client


class Client:
    """Answers pings by itself; ``position`` is where it may come back."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.connected: dict[str, Any] = {}
        self.position: Any = None

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def next(self, timeout: float = 5.0) -> dict[str, Any]:
        async with asyncio.timeout(timeout):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if frame["type"] != "ping":
                    self.position = frame.get("position", self.position)
                    return frame
                await self.send(type="pong")

    async def take(self, count: int) -> list[dict[str, Any]]:
        return [await self.next() for _ in range(count)]

    async def silence(self, seconds: float = 0.2) -> None:
        """Nothing comes for so long."""
        try:
            frame = await self.next(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"unexpected {frame}")

    async def closed(self, timeout: float = 5.0) -> int:
        """The close code, after whatever else still comes."""
        try:
            while True:
                await asyncio.wait_for(self.socket.recv(), timeout)
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006


@asynccontextmanager
async def running(platform: Platform, limits: Limits = QUIET, **changes: Any) -> AsyncIterator[Running]:
    """Serve until the block ends, then as fast as it goes."""
    settings = platform.settings.model_copy(update=changes.pop("settings", {}))
    app = create_app(platform.services(settings, **changes), limits)
    stop, force = asyncio.Event(), asyncio.Event()
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def listening(host: str, port: int) -> None:
        bound.set_result(port)

    done = asyncio.create_task(serve(app, settings, stop=stop, force=force, on_listening=listening))
    ended: set[asyncio.Future[Any]] = {bound, done}
    await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    if done.done():
        done.result()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{bound.result()}", timeout=10) as http:
        try:
            yield Running(platform, app, bound.result(), stop, force, done, http)
        finally:
            stop.set()
            force.set()
            await done


async def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition did not come true"
        await asyncio.sleep(0.01)


def as_json(value: Any) -> Any:
    return msgspec.to_builtins(value)


def assert_problem(response: Any, status: int) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:pavilion:")
    assert body["title"]
