"""Runs the app under uvicorn, with a drain before the sockets are closed.

On a signal, uvicorn itself closes every socket in one loop and runs the lifespan's shutdown only then, so signals are
not left to it: the caller's event starts the drain, and uvicorn is told to stop when that is over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.events import Request

from gateway.device import ABORT
from gateway.gateway import Gateway
from schemas.errors import ConnectionFailed
from schemas.frames import MAX_FRAME_BYTES
from schemas.settings import Settings

logger = structlog.get_logger()

Listening = Callable[[str, int], None]

SHUTDOWN_SECONDS = 5


class _WebSocket(WSProtocol):
    """Gives the session a way to cut a peer that does not read: ASGI has none, its close waits for the peer."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        extensions = self.scope["extensions"]
        assert extensions is not None
        extensions[ABORT] = self.transport.abort  # type: ignore[assignment]


class _Http(H11Protocol):
    """The same for event streams. The task that takes a request's scope was made, but has not run yet."""

    def handle_events(self) -> None:
        super().handle_events()
        if self.scope is not None:
            self.scope.setdefault("extensions", {})[ABORT] = self.transport.abort  # type: ignore[assignment]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals are the caller's

    async def startup(self, sockets: object = None) -> None:
        await super().startup()
        self.listening.set()


async def serve(
    app: Starlette,
    settings: Settings,
    *,
    stop: asyncio.Event,
    force: asyncio.Event | None = None,
    on_listening: Listening | None = None,
) -> None:
    """Serve on ``settings.gateway`` in the running loop until ``stop`` is set, then drain and return.

    ``force`` ends a drain that is under way, and all waiting after it. ``on_listening(host, port)`` is called once
    with what was bound (``port`` 0 binds a free one). Installs no signal handlers. Raises ConnectionFailed if the
    address cannot be bound or the app does not start (its reason is logged).
    """
    gateway = app.state.gateway
    assert isinstance(gateway, Gateway)
    server = _Server(_config(app, settings))
    serving = asyncio.create_task(_run(server))
    listening = asyncio.create_task(server.listening.wait())
    stopping = asyncio.create_task(stop.wait())
    forcing = asyncio.create_task((force or asyncio.Event()).wait())
    draining: asyncio.Task[None] | None = None
    try:
        await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
        if server.listening.is_set():
            host, port = server.servers[0].sockets[0].getsockname()[:2]
            logger.info("gateway is listening", host=host, port=port)
            if on_listening is not None:
                on_listening(host, port)
            await asyncio.wait({serving, stopping, forcing}, return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                draining = asyncio.create_task(gateway.drain(settings.gateway.drain.total_seconds()))
                await asyncio.wait({serving, draining, forcing}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            await asyncio.wait({serving, forcing}, return_when=asyncio.FIRST_COMPLETED)
            server.force_exit = True
        await serving
    finally:
        server.should_exit = server.force_exit = True
        tasks = [task for task in (listening, stopping, forcing, draining) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if not serving.done():  # cancelled from outside
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _run(server: _Server) -> None:
    try:
        await server.serve()
        if server.force_exit and server.started:
            await server.lifespan.shutdown()  # which uvicorn leaves out when forced; ours is quick
    except SystemExit:  # how uvicorn says that the address is taken or that the app did not start
        raise ConnectionFailed("start gateway", "the address is taken, or the app did not start") from None


def _config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.gateway.host,
        port=settings.gateway.port,
        http=_Http,
        ws=_WebSocket,
        # Deflate costs 40 KiB per idle connection, and frames are small.
        ws_per_message_deflate=False,
        ws_max_size=MAX_FRAME_BYTES,
        # The application's own ping and pong, which a browser's code can see, watch the connection.
        ws_ping_interval=None,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # The demo's routes look at the peer's address: a header must not be able to change it.
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
