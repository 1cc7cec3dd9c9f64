"""Who did what: sign-ins and revocations, what roles other than users and services do, and failed authentications.

What somebody with a role does is written before it is done, and its result afterwards: without an account there is no
action. What happens to sessions is written too, but no sign-out waits for the audit to be there.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import uuid4

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from gateway.addresses import Addresses
from gateway.metrics import AUDIT_DROPPED, AUDIT_FAILED
from gateway.policy import Action, Caller, Role, check
from infra.stores.ports import Audit, AuditLine
from schemas.errors import NotificationError
from schemas.times import now_ms

logger = structlog.get_logger()

SESSION_OPENED = "session-opened"
SESSION_ENDED = "session-ended"
ALL_SESSIONS_ENDED = "all-sessions-ended"
TOKEN_REUSED = "refresh-token-reused"
AUTHENTICATION_FAILED = "authentication-failed"

FLUSH_SECONDS = 60.0
ADDRESSES = 50
"""Addresses whose failed authentications are counted apart in a minute; those of all others are one line."""

MAX_SUBJECT = 2000
MAX_NAME = 200

_ACCOUNTABLE = frozenset({Role.SUPPORT, Role.OPERATOR, Role.ADMIN})
# They change nothing and tell nothing of users.
_UNRECORDED = frozenset(
    {
        Action.READ_STATS,
        Action.READ_CALLER,
        Action.READ_KEYS,
        Action.PROBE,
        Action.SEE_CONSOLE,
        Action.SEE_DEMO,
        Action.REFRESH_SESSION,
    }
)


class Actor(NamedTuple):
    """``name`` is a user's id, or what a holder of a key calls himself in ``X-Operator``."""

    role: Role
    name: str
    session_id: str
    address: str


def actor_of(connection: HTTPConnection, caller: Caller) -> Actor:
    name = caller.user_id or connection.headers.get("x-operator", "")[:MAX_NAME]
    return Actor(caller.role, name, caller.session_id, address_of(connection))


def address_of(connection: HTTPConnection) -> str:
    """The client's, see :mod:`gateway.addresses`; empty where there is none."""
    addresses: Addresses = connection.app.state.gateway.addresses
    return addresses.shown(connection)


def concerning(request: Request, *, user_id: str = "", subject: str = "") -> None:
    """Say whom and what a request is about, for its line in the audit."""
    request.state.concerning = (user_id, subject)


class Trail:
    """Writes lines. :meth:`run` writes the failed authentications, summed up once a minute."""

    def __init__(self, store: Audit, clock: Callable[[], int] = now_ms) -> None:
        self._store = store
        self._clock = clock
        self._failed: Counter[str] = Counter()

    async def write(
        self, actor: Actor, action: str, *, user_id: str = "", subject: str = "", result: str = "done", times: int = 1
    ) -> AuditLine:
        """Raises ConnectionFailed."""
        line = AuditLine(
            str(uuid4()),
            self._clock(),
            actor.role.value,
            actor.name,
            actor.session_id,
            action,
            user_id,
            subject[:MAX_SUBJECT],
            result,
            actor.address,
            times,
        )
        await self._store.put(line)
        return line

    async def note(
        self, actor: Actor, action: str, *, user_id: str = "", subject: str = "", result: str = "done"
    ) -> None:
        """Write what has happened already: a failure to do so is logged and counted, and changes nothing."""
        try:
            await self.write(actor, action, user_id=user_id, subject=subject, result=result)
        except NotificationError as error:
            _missed(action, error)

    async def recorded(
        self, request: Request, caller: Caller, action: Action, run: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Check, ``run``, and write about it if ``caller`` has a role that is held to account."""
        if caller.role not in _ACCOUNTABLE or action in _UNRECORDED:
            check(caller, action)
            return await run()
        actor, subject = actor_of(request, caller), " ".join(request.path_params.values())
        try:
            check(caller, action)
        except NotificationError as error:
            await self.note(actor, action.slug, subject=subject, result=f"refused: {error.slug}")
            raise
        line = await self.write(actor, action.slug, subject=subject, result="begun")
        result = "failed"
        try:
            response = await run()
            result = "done" if response.status_code < 400 else f"failed: {response.status_code}"
            return response
        except NotificationError as error:
            result = f"failed: {error.slug}"
            raise
        finally:
            user_id, about = getattr(request.state, "concerning", ("", ""))
            line = line._replace(result=result, user_id=user_id, subject=(about or line.subject)[:MAX_SUBJECT])
            try:
                await self._store.put(line)
            except NotificationError as error:
                _missed(action.slug, error)

    def failed(self, address: str) -> None:
        """Count a failed authentication: they are written summed up, so that nobody fills the store with them."""
        network = _network(address)
        if network not in self._failed and len(self._failed) >= ADDRESSES:
            AUDIT_DROPPED.inc()
            network = ""
        self._failed[network] += 1

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        failed, self._failed = self._failed, Counter()
        for address, times in failed.items():
            actor = Actor(Role.ANYONE, "", "", address)
            try:
                await self.write(actor, AUTHENTICATION_FAILED, result="refused", times=times)
            except NotificationError as error:
                _missed(AUTHENTICATION_FAILED, error)


def _missed(action: str, error: NotificationError) -> None:
    AUDIT_FAILED.inc()
    logger.error("a line of the audit is missing, it cannot be written", action=action, error=str(error))


def _network(address: str) -> str:
    """One subscriber has a whole /64 of IPv6 to himself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((address, 64), strict=False)) if parsed.version == 6 else address
