"""Access tokens that somebody else signs: configured issuers, whose keys are fetched from where they publish them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import httpx
import msgspec
import structlog
from joserfc import jwt
from joserfc.errors import ExpiredTokenError

from gateway.policy import Role
from gateway.problems import Unauthorized
from gateway.remote_keys import Fetch, Pace, RemoteKeys, http_fetch
from gateway.tokens import UNREADABLE, Access, PinnedAlgorithms, TimelyClaims, TokenExpired, peek
from schemas.settings import IssuerSettings

logger = structlog.get_logger()

_GIVEN_ROLES = (Role.ADMIN, Role.OPERATOR, Role.SUPPORT)
"""What a role claim may give, the first one that is there: services have keys."""


class _Named(msgspec.Struct):
    iss: str


class _Header(msgspec.Struct):
    kid: str


class _Issuer:
    """One issuer. ``now`` gives seconds since 1970."""

    def __init__(self, settings: IssuerSettings, keys: RemoteKeys, now: Callable[[], float]) -> None:
        self.keys = keys
        self._settings = settings
        self._now = now
        # What a header says besides is the issuer's own affair, short of "crit".
        self._registry = PinnedAlgorithms(algorithms=list(settings.algorithms), strict_check_header=False)
        self._claims = TimelyClaims(
            now=lambda: int(now()),
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.audience},
            iat={"essential": True},
            exp={"essential": True},
        )

    async def read(self, token: str) -> Access:
        """Raises TokenExpired, Unauthorized, or ConnectionFailed while the keys have never been there."""
        header = peek(token, 0, _Header)
        if header is None:
            raise Unauthorized("read token", "the access token does not say which key has signed it")
        key = await self.keys.find(header.kid)
        if key is None:
            raise Unauthorized("read token", "the access token is signed with an unknown key")
        try:
            # The registry refuses an algorithm that is not configured, joserfc one that is not for this kind of key.
            claims = jwt.decode(token, key, registry=self._registry).claims
            self._claims.validate(claims)
            expires = min(int(claims["exp"]), int(claims["iat"] + self._settings.max_age.total_seconds()))
            user_id = str(UUID(str(claims[self._settings.user_claim])))
        except ExpiredTokenError as error:
            raise TokenExpired("read token", "the access token has expired") from error
        except UNREADABLE as error:
            raise Unauthorized("read token", "the access token is not valid") from error
        if expires <= self._now():
            raise TokenExpired("read token", "the access token is older than tokens of its issuer may be")
        return Access(user_id, "", expires, self._role(claims))

    def _role(self, claims: dict[str, Any]) -> Role:
        if self._settings.role_claim is None:
            return Role.USER
        given = claims.get(self._settings.role_claim)
        names = given if isinstance(given, list) else [given]
        return next((role for role in _GIVEN_ROLES if role.value in names), Role.USER)


class Issuers:
    """All that are configured. Between :meth:`start` and :meth:`stop` their keys are kept fresh."""

    def __init__(
        self,
        settings: Sequence[IssuerSettings],
        now: Callable[[], float] = time.time,
        *,
        fetch: Fetch | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._client: httpx.AsyncClient | None = None
        if fetch is None and settings:
            self._client = httpx.AsyncClient(follow_redirects=False, timeout=5.0)
            fetch = http_fetch(self._client)
        self._issuers: dict[str, _Issuer] = {}
        for one in settings:
            assert fetch is not None
            keys = RemoteKeys(one.jwks_url, one.algorithms, fetch, pace)
            self._issuers[one.issuer] = _Issuer(one, keys, now)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """The first fetches begin; nobody waits for them here: an issuer that is away stops no gateway."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(issuer.keys.run(), name="issuer keys") for issuer in self._issuers.values()]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def read_access(self, token: str) -> Access | None:
        """What the token says, None if it is of none of these issuers. Raises as :meth:`_Issuer.read`."""
        if not self._issuers:
            return None
        # Whose keys are tried is what the token says; whether it is theirs is what the signature says.
        named = peek(token, 1, _Named)
        issuer = None if named is None else self._issuers.get(named.iss)
        return None if issuer is None else await issuer.read(token)
