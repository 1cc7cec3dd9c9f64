"""How many requests who may make: by user, by key of a role, and by address where there are no valid credentials."""

from __future__ import annotations

import asyncio
import math
from enum import Enum
from typing import NamedTuple

import structlog
from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.addresses import Addresses
from gateway.metrics import LIMITED, UNSHARED_LIMITS
from gateway.policy import Caller, Role
from infra.stores.rates import MemoryRates, Rates, Standing
from schemas.durations import Rate
from schemas.errors import NotificationError
from schemas.settings import LimitSettings

logger = structlog.get_logger()

LOG_SECONDS = 10.0


class Policy(Enum):
    """The value names it in the ``RateLimit`` fields."""

    USER = "user"
    SERVICE = "service"
    OPERATOR = "operator"
    ADDRESS = "address"
    HANDSHAKES = "handshakes"


class RateLimited(NotificationError):
    """The caller is over its rate."""

    slug, title, status, transient = "too-many-requests", "Too many requests", 429, True

    def __init__(self, policy: Policy, retry_after: int) -> None:
        super().__init__("limit requests", f"the rate `{policy.value}` is used up, try again in {retry_after} s")


class Taken(NamedTuple):
    policy: Policy
    rate: Rate
    standing: Standing


class RateLimits:
    """Counts where all gateways count, and while that is away in this process alone.

    Nobody is refused because a store is down.
    """

    def __init__(self, shared: Rates, settings: LimitSettings, addresses: Addresses) -> None:
        self._shared = shared
        self._own = MemoryRates()
        self._addresses = addresses
        self._said = -math.inf
        self._rates: dict[Policy, Rate] = {policy: getattr(settings, policy.value) for policy in Policy}

    async def count_caller(self, connection: HTTPConnection, caller: Caller) -> None:
        """Count a request of whoever the credentials say, of its address if there are none. Raises RateLimited."""
        match caller.role:
            case Role.ANYONE:
                await self.count_address(connection)
            case Role.USER:
                await self.count(connection, Policy.USER, caller.user_id)
            case Role.SERVICE:
                await self.count(connection, Policy.SERVICE, caller.role.value)
            case Role.SUPPORT | Role.OPERATOR | Role.ADMIN:
                # Whoever has the role by an outside issuer's token has a name of his own.
                await self.count(connection, Policy.OPERATOR, caller.user_id or caller.role.value)

    async def count_address(self, connection: HTTPConnection, policy: Policy = Policy.ADDRESS) -> None:
        await self.count(connection, policy, self._addresses.limited(connection))

    async def count(self, connection: HTTPConnection, policy: Policy, key: str) -> None:
        """Count one against ``key``, and note it for :func:`add_fields`. Raises RateLimited."""
        rate = self._rates[policy]
        name = f"{policy.value}:{key}"
        try:
            standing = await self._shared.take(name, rate)
        except NotificationError as error:
            standing = self._own.take_now(name, rate)
            self._unshared(error)
        taken_of(connection).append(Taken(policy, rate, standing))
        if not standing.admitted:
            LIMITED.labels(policy.value).inc()
            raise RateLimited(policy, math.ceil(standing.retry))

    def _unshared(self, error: NotificationError) -> None:
        UNSHARED_LIMITS.labels("rates").inc()
        now = asyncio.get_running_loop().time()
        if now - self._said >= LOG_SECONDS:
            self._said = now
            logger.warning("limits are counted in this gateway alone", error=str(error))


def taken_of(connection: HTTPConnection) -> list[Taken]:
    """What was counted for this request so far."""
    if not hasattr(connection.state, "taken"):
        connection.state.taken = []
    taken: list[Taken] = connection.state.taken
    return taken


def add_fields(connection: HTTPConnection, response: Response) -> None:
    """``RateLimit`` and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers-11), and ``Retry-After`` on a 429.

    ``t`` is the time until the whole rate is there again, ``Retry-After`` that until the next request passes.
    """
    taken = taken_of(connection)
    if not taken:
        return
    response.headers["ratelimit-policy"] = ", ".join(
        f'"{one.policy.value}";q={one.rate.amount};w={math.ceil(one.rate.window.total_seconds())}' for one in taken
    )
    response.headers["ratelimit"] = ", ".join(
        f'"{one.policy.value}";r={one.standing.remaining};t={math.ceil(one.standing.reset)}' for one in taken
    )
    if response.status_code == RateLimited.status:
        response.headers["retry-after"] = str(max(math.ceil(one.standing.retry) for one in taken))
