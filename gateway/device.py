"""One device that follows its user's stream: what is the same whatever carries it to the device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import HTTPConnection

from gateway.closes import Close
from gateway.connection import Connection
from gateway.frames import encode, entry_frame
from gateway.gateway import Gateway
from gateway.metrics import CONNECTIONS, RESUMES, TRANSPORTS, count_close
from gateway.origin import allowed
from gateway.resume import NOT_RECOVERED, Recovery
from gateway.tokens import Access
from infra.stores.ports import Summary
from schemas.errors import ConnectionFailed, Problem
from schemas.frames import Connected
from schemas.records import NO_SESSION, Position

ABORT = "pavilion.abort"
"""The name under which our server puts the transport's ``abort`` into the scope's extensions."""
WHEN_LOST = "pavilion.when-lost"
"""There too: it takes a function to be called when the transport is lost, which ASGI tells only to whoever reads."""


def refusal(connection: HTTPConnection, gateway: Gateway) -> Problem | None:
    """Why no stream may be opened from there, or at all now."""
    headers, origins = connection.headers, gateway.settings.gateway.origins
    if not allowed(headers.get("origin"), headers.get("host"), origins):
        return Problem("urn:pavilion:forbidden", "This origin may not open a stream", 403)
    if gateway.draining:
        return Problem("urn:pavilion:draining", "This gateway is going away", 503)
    if gateway.streams >= gateway.settings.gateway.connections:
        return Problem("urn:pavilion:full", "This gateway has all the connections it takes", 503)
    return None


class Device:
    """Its connection, whose it is, and its deadlines: timers, so that an idle one costs little.

    ``transport`` is ``websocket`` or ``sse``. Whoever makes one calls :meth:`gone` at its end, connected or not.
    """

    def __init__(self, gateway: Gateway, transport: str, abort: Callable[[], None]) -> None:
        self.connection = Connection(gateway.limits, abort)
        self.access: Access | None = None
        """Set from the moment that the connection is held for its user."""
        self.live = False
        self._gateway = gateway
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._deadlines: dict[str, asyncio.TimerHandle] = {}
        gateway.streams += 1

    async def connect(self, access: Access, position: Position | None) -> None:
        """Push the ``connected`` frame and what was missed since ``position``, and follow: then it is ``live``.

        It is not if the connection was closed meanwhile, such as for a session that has ended. ``access`` was found to
        allow it. Raises NotificationError for what is away, or too slow.
        """
        limit = self._gateway.limits.join
        try:
            async with asyncio.timeout(limit):
                await self._join(access, position)
        except TimeoutError:
            raise ConnectionFailed("connect", f"not within {limit:g} s") from None
        if self.connection.ended:
            return
        self.live = True
        CONNECTIONS.inc()
        TRANSPORTS.labels(self._transport).inc()
        if self._gateway.draining:
            self.connection.close(Close.DEPLOY, flush=True)
        self.stay(access)

    async def _join(self, access: Access, position: Position | None) -> None:
        gateway, connection = self._gateway, self.connection
        await gateway.hub.wait_ready()
        connection.session_id = access.session_id
        held = gateway.hub.hold(access.user_id, connection)
        self.access = access
        # Held first, then looked up: a session that ends in between is seen here or closed by its record.
        if not await self.stands(access):
            connection.close(Close.REVOKED)
            return
        await gateway.connection_limit.enter(access.user_id, connection)
        await held.join(connection, position, lambda top, recovery: self._welcome(access, position, top, recovery))

    def _welcome(self, access: Access, position: Position | None, top: Summary, recovery: Recovery) -> None:
        missed = [entry_frame(entry) for entry in recovery.entries]
        if not self.connection.fits(missed):
            # Few but huge: it would be closed as too slow, and come back for the same, again and again.
            recovery, missed = NOT_RECOVERED, []
        result = "recovered" if recovery.recovered else "not_recovered"
        RESUMES.labels("new" if position is None else result).inc()
        connected = encode(
            Connected(
                user=access.user_id,
                session=access.session_id,
                position=top.position,
                recovered=recovery.recovered,
                unseen=top.unseen,
                unread=top.unread,
                ping_seconds=max(1, round(self._gateway.limits.ping)),
                expires_in=self.seconds_left(access),
            )
        )
        # What was missed has not come yet: until it has, the device is where it was.
        reached = position if recovery.recovered else top.position
        self.connection.push(connected._replace(position=reached))
        for frame in missed:
            self.connection.push(frame)

    async def stands(self, access: Access) -> bool:
        """Asks the store: a device that is let in stays. A token of an outside issuer is good until it expires."""
        return access.session_id == NO_SESSION or await self._gateway.sessions.active(access.session_id)

    def stay(self, access: Access) -> None:
        """Until ``access`` expires, or it is called again with a newer one."""
        self.access = access
        self.connection.session_id = access.session_id
        left = max(0.0, self._gateway.tokens.seconds_left(access))
        self.deadline("expiry", left, lambda: self.connection.close(Close.TOKEN_EXPIRED))

    def seconds_left(self, access: Access) -> int:
        return max(0, int(self._gateway.tokens.seconds_left(access)))

    def deadline(self, name: str, seconds: float | None, action: Callable[[], None] | None = None) -> None:
        """Set, move or (without ``seconds``) clear the deadline ``name``."""
        earlier = self._deadlines.pop(name, None)
        if earlier is not None:
            earlier.cancel()
        if seconds is not None and action is not None:
            self._deadlines[name] = self._loop.call_later(seconds, action)

    def waits_for(self, name: str) -> bool:
        return name in self._deadlines

    def gone(self, code: int) -> None:
        """It follows no more; ``code`` says why, as a WebSocket's close code."""
        self.connection.left()
        for deadline in self._deadlines.values():
            deadline.cancel()
        if self.access is not None:
            self._gateway.hub.release(self.access.user_id, self.connection)
            self._gateway.connection_limit.leave(self.access.user_id, self.connection)
        if self.live:
            CONNECTIONS.dec()
            TRANSPORTS.labels(self._transport).dec()
        self._gateway.streams -= 1
        count_close(code)
