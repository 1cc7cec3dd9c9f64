"""How many connections a user may have, over all gateways: a further one closes the oldest with 4014."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random

import structlog

from gateway.closes import Close
from gateway.connection import Connection
from gateway.hub import Hub
from gateway.limits import Limits
from gateway.metrics import UNSHARED_LIMITS
from gateway.publishers import FanOut
from gateway.tasks import Tasks
from infra.stores.sockets import Held, OpenSockets
from schemas.errors import NotificationError
from schemas.records import Control, Replaced
from schemas.times import now_ms

logger = structlog.get_logger()


class ConnectionLimit:
    """Counts where all gateways count; while that is away, the connections that the user has here.

    An entry that its gateway no longer keeps expires. One whose connection has gone does no harm until then: it is the
    first to be let go of.
    """

    def __init__(self, sockets: OpenSockets, hub: Hub, fan_out: FanOut, limit: int, limits: Limits) -> None:
        self._sockets = sockets
        self._tasks = Tasks()
        self._hub = hub
        self._fan_out = fan_out
        self._limit = limit
        self._limits = limits
        hub.on_control(self._control)

    def start(self) -> None:
        self._tasks.spawn(self._keep_for_ever())

    async def stop(self) -> None:
        await self._tasks.stop()

    async def enter(self, user_id: str, connection: Connection) -> None:
        """Count a connection that the hub holds, and close the oldest of its user if there are too many."""
        connection.since_ms = now_ms()  # from here on it has to leave, whatever becomes of the call
        try:
            entered = await self._sockets.enter(user_id, connection.id, self._limit)
        except NotificationError as error:
            self._enter_here(user_id, connection, error)
            return
        connection.since_ms = entered.since_ms
        here = {other.id: other for other in self._hub.connections_of(user_id)}
        for replaced in entered.replaced:
            if replaced in here:
                here[replaced].close(Close.REPLACED)
            else:
                self._tasks.spawn(self._tell(Replaced(user_id=user_id, connection_id=replaced)))

    def leave(self, user_id: str, connection: Connection) -> None:
        """At once and not when the next round is due: connections that come and go must not push out one that stays."""
        if connection.since_ms:
            self._tasks.spawn(self._leave(user_id, connection.id))

    def _enter_here(self, user_id: str, connection: Connection, error: NotificationError) -> None:
        UNSHARED_LIMITS.labels("connections").inc()
        logger.debug("connections are counted in this gateway alone", error=str(error))
        others = [other for other in self._hub.connections_of(user_id) if other is not connection and not other.ended]
        others.sort(key=lambda other: other.since_ms or math.inf)
        for oldest in others[: max(0, len(others) + 1 - self._limit)]:
            oldest.close(Close.REPLACED)

    def _control(self, control: Control) -> None:
        if isinstance(control, Replaced):
            for connection in self._hub.connections_of(control.user_id):
                if connection.id == control.connection_id:
                    connection.close(Close.REPLACED)

    async def _tell(self, replaced: Replaced) -> None:
        try:
            await self._fan_out.tell(replaced)
        except NotificationError as error:
            # Its gateway goes on keeping it, so it counts again, and the next connection lets go of it.
            logger.warning("a connection over the limit could not be closed", error=str(error))

    async def _leave(self, user_id: str, connection_id: str) -> None:
        with contextlib.suppress(NotificationError):  # then it expires
            await self._sockets.leave(user_id, connection_id)

    async def keep(self) -> None:
        """Say of all connections held here that they are still open. Raises ConnectionFailed."""
        held = [
            Held(user_id, connection.id, connection.since_ms)
            for user_id, connections in self._hub.held.items()
            for connection in connections
            if connection.since_ms and not connection.ended
        ]
        if held:
            await self._sockets.keep(held)

    async def _keep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(random.uniform(*self._limits.check))
            try:
                await self.keep()
            except NotificationError as error:
                logger.warning("open connections cannot be kept, trying again", error=str(error))
            except Exception:
                logger.exception("keeping open connections failed, trying again")
