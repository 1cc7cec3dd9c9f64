"""Runs the app under uvicorn, with a drain before the sockets are closed.

On a signal, uvicorn itself closes every socket in one loop and runs the lifespan's shutdown only then, so signals are
not left to it: the caller's event starts the drain, and uvicorn is told to stop when that is over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette

from gateway.certificate import Certificate, certificate_of
from gateway.gateway import Gateway
from gateway.limits import Limits
from gateway.open_files import raise_open_files
from gateway.protocols import Config, HttpProtocol, StreamProtocol
from schemas.errors import ConnectionFailed
from schemas.frames import MAX_FRAME_BYTES
from schemas.settings import Settings

logger = structlog.get_logger()

Listening = Callable[[str, int], None]

SHUTDOWN_SECONDS = 5


BACKLOG = 4096
MAX_HEAD_BYTES = 16 * 1024
"""Of a request's line and headers."""


class _Server(uvicorn.Server):
    config: Config

    def __init__(self, config: Config, certificate: Certificate | None) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._certificate = certificate

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals are the caller's

    async def startup(self, sockets: object = None) -> None:
        """As uvicorn does, which has no limits for a TLS handshake: a peer that begins none would stay for a minute."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise ConnectionFailed("start gateway", "the app did not start")
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {}
        if self._certificate is not None:
            limits = self.config.limits
            options = {
                "ssl": self._certificate.context,
                "ssl_handshake_timeout": limits.head,
                "ssl_shutdown_timeout": limits.close,
            }

        def protocol() -> HttpProtocol:
            return HttpProtocol(self.config, self.server_state, self.lifespan.state, loop)

        try:
            server = await loop.create_server(protocol, self.config.host, self.config.port, backlog=BACKLOG, **options)
        except OSError as error:
            await self.lifespan.shutdown()
            where = f"{self.config.host}:{self.config.port}"
            raise ConnectionFailed("start gateway", f"cannot listen on {where}: {error.strerror or error}") from error
        self.servers = [server]
        self.started = True
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
    address cannot be bound or the app does not start (its reason is logged), and SettingsError for a wrong certificate.
    """
    gateway = app.state.gateway
    assert isinstance(gateway, Gateway)
    certificate = certificate_of(settings.gateway)
    # One process on one machine is for trying things out: there nobody has to hear how many users it could not take.
    raise_open_files(settings.gateway.connections, warn=not settings.broker.embedded)
    server = _Server(_config(app, settings, gateway.limits), certificate)
    serving = asyncio.create_task(_run(server))
    listening = asyncio.create_task(server.listening.wait())
    stopping = asyncio.create_task(stop.wait())
    forcing = asyncio.create_task((force or asyncio.Event()).wait())
    chores: list[asyncio.Task[Any]] = [listening, stopping, forcing]
    if certificate is not None:
        chores.append(asyncio.create_task(certificate.reload_for_ever(gateway.limits.certificate)))
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
        if draining is not None:
            chores.append(draining)
        for task in chores:
            task.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        if not serving.done():  # cancelled from outside
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _run(server: _Server) -> None:
    await server.serve()
    if server.force_exit and server.started:
        await server.lifespan.shutdown()  # which uvicorn leaves out when forced; ours is quick


def _config(app: Starlette, settings: Settings, limits: Limits) -> Config:
    return Config(
        app,
        limits=limits,
        host=settings.gateway.host,
        port=settings.gateway.port,
        ws=StreamProtocol,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        # Deflate costs 40 KiB per idle connection, and frames are small.
        ws_per_message_deflate=False,
        ws_max_size=MAX_FRAME_BYTES,
        # The application's own ping and pong, which a browser's code can see, watch the connection.
        ws_ping_interval=None,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # The demo's routes look at the peer's address: a header must not be able to change it. Limits go by the address
        # that a trusted proxy names, see gateway.addresses.
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
