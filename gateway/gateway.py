"""The gateway's parts, put together once per app."""

from __future__ import annotations

import asyncio
import random

import structlog
from starlette.requests import HTTPConnection

from gateway.addresses import Addresses
from gateway.audit import Trail
from gateway.auth import Authenticator
from gateway.closes import Close
from gateway.connection_limit import ConnectionLimit
from gateway.frames import encode
from gateway.hub import Hub
from gateway.issuers import Issuers
from gateway.limits import Limits
from gateway.live import LiveViews
from gateway.marks import Marks
from gateway.policy import Role
from gateway.preference_changes import PreferenceChanges
from gateway.publishers import FanOut, Publishers
from gateway.rate_limits import RateLimits
from gateway.releases import Releases
from gateway.services import Services
from gateway.sessions import SessionFamilies
from gateway.standing import Standing
from gateway.tokens import Tokens
from gateway.waiting import Waiting
from schemas.frames import Reconnect
from schemas.records import Control, PreferencesChanged, Revoked
from schemas.settings import SettingsError

logger = structlog.get_logger()

NOTICE_MS = 100
"""The least time between a ``reconnect`` frame and the close that follows it."""


class Gateway:
    """Found by the handlers as ``app.state.gateway``, see :func:`of`."""

    def __init__(self, services: Services, limits: Limits) -> None:
        settings = services.settings
        if settings.service_key is None:
            raise SettingsError("PAVILION_SERVICE_KEY: the gateway signs its tokens with a key made from it")
        self.services = services
        self.settings = settings
        self.limits = limits
        self.draining = False
        topic = settings.topics.fan_out
        self.publishers = Publishers(services.log)
        fan_out = FanOut(self.publishers, topic)
        previous = settings.previous_service_key
        self.tokens = Tokens(
            settings.service_key.get_secret_value(),
            previous=None if previous is None else previous.get_secret_value(),
            rotation=settings.tokens.rotation,
        )
        self.issuers = Issuers(settings.tokens.issuers)
        self.standing = Standing(services.sessions)
        self.trail = Trail(services.audit)
        keys = [
            (Role.SERVICE, settings.service_key),
            (Role.SERVICE, previous),
            (Role.SUPPORT, settings.support_key),
            (Role.OPERATOR, settings.operator_key),
            (Role.ADMIN, settings.admin_key),
        ]
        self.auth = Authenticator(keys, self.tokens, self.issuers, self.standing, self.trail)
        self.sessions = SessionFamilies(services.sessions, self.tokens, fan_out, self.standing, self.trail)
        self.addresses = Addresses(settings.gateway.trusted_proxies)
        self.rates = RateLimits(services.rates, settings.limits, self.addresses)
        self.marks = Marks(services.inbox, services.history, fan_out)
        self.preferences = PreferenceChanges(services.preferences, fan_out, services.clock)
        releases = Releases(services.inbox, fan_out, services.clock)
        read = (services.inbox, services.preferences, releases)
        self.hub = Hub(services.log, topic, *read, limits, services.clock, services.tracing)
        self.hub.on_control(self._control)
        most = settings.gateway.connections_per_user
        self.connection_limit = ConnectionLimit(services.sockets, self.hub, fan_out, most, limits)
        self.unconnected = Waiting(limits.unconnected, "connect")
        self.live_views = LiveViews()
        self.streams = 0
        """Open WebSockets and event streams, connected or not."""

    async def start(self) -> None:
        await self.hub.start()
        self.issuers.start()
        self.connection_limit.start()
        self._summing_up = asyncio.create_task(self.trail.run(), name="audit")

    async def stop(self) -> None:
        for connection in self.hub.connections:  # left only where the drain was cut short
            connection.close(Close.DEPLOY, flush=True)
        self._summing_up.cancel()
        await asyncio.gather(self._summing_up, return_exceptions=True)
        await self.trail.flush()
        await self.standing.stop()
        await self.issuers.stop()
        await self.connection_limit.stop()
        await self.hub.stop()
        await self.publishers.close()

    def _control(self, control: Control) -> None:
        if isinstance(control, Revoked):
            self.standing.ended(control.session_id)
            for connection in self.hub.connections_of(control.user_id):
                if connection.session_id == control.session_id:
                    connection.close(Close.REVOKED)
        elif isinstance(control, PreferencesChanged):
            self.hub.preferences_changed(control.user_id)

    @property
    def ready(self) -> bool:
        return self.hub.ready and not self.draining

    async def drain(self, seconds: float) -> None:
        """Turn unready and send every client away with 1012, spread over ``seconds``.

        Each gets its own ``reconnect {after_ms}`` at once and is closed when that is over, so that clients that
        ignore the frame do not all come back together either.
        """
        self.draining = True
        connections = self.hub.connections
        random.shuffle(connections)
        loop = asyncio.get_running_loop()
        start = loop.time()
        step = seconds / max(1, len(connections))
        for index, connection in enumerate(connections):
            connection.push(encode(Reconnect(after_ms=NOTICE_MS + round(index * step * 1000))))
        for index, connection in enumerate(connections):
            await asyncio.sleep(start + NOTICE_MS / 1000 + index * step - loop.time())
            connection.close(Close.DEPLOY, flush=True)
        for connection in self.hub.connections:  # those that were in the middle of connecting
            connection.close(Close.DEPLOY, flush=True)
        logger.info("drained", connections=len(connections))


def of(connection: HTTPConnection) -> Gateway:
    gateway = connection.app.state.gateway
    assert isinstance(gateway, Gateway)
    return gateway
