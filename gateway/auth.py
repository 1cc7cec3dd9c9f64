"""From credentials to a caller: keys compared in constant time; tokens come in headers and frames, never in URLs."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from pydantic import SecretStr
from starlette.requests import HTTPConnection

from gateway.audit import Trail, address_of
from gateway.issuers import Issuers
from gateway.policy import ANYONE, Caller, Role
from gateway.problems import Unauthorized
from gateway.standing import Standing
from gateway.tokens import Access, TokenExpired, Tokens


class Authenticator:
    """``Authorization: Bearer`` with the key of a role or an access token. A role without a key has nobody."""

    def __init__(
        self,
        keys: Sequence[tuple[Role, SecretStr | None]],
        tokens: Tokens,
        issuers: Issuers,
        standing: Standing,
        trail: Trail,
    ) -> None:
        self._digests = [(role, _digest(key.get_secret_value())) for role, key in keys if key is not None]
        self._tokens = tokens
        self._issuers = issuers
        self._standing = standing
        self._trail = trail

    async def caller(self, connection: HTTPConnection) -> Caller:
        """ANYONE without the header; raises Unauthorized for one that is not valid, or whose session has ended."""
        header = connection.headers.get("authorization")
        if header is None:
            return ANYONE
        scheme, _, credential = header.partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise Unauthorized("authenticate", "the Authorization header must be `Bearer` and a key or token")
        given = _digest(credential)
        for role, key in self._digests:
            if hmac.compare_digest(given, key):
                return Caller(role)
        access = await self.access(credential, connection)
        if access.session_id and not await self._standing.stands(access.session_id):
            raise Unauthorized("authenticate", "the session has ended")
        return Caller(access.role, access.user_id, access.session_id, access.expires)

    async def access(self, token: str, connection: HTTPConnection) -> Access:
        """What an access token says, ours or an outside issuer's; it does not ask whether the session has ended.

        Raises TokenExpired, Unauthorized, or ConnectionFailed if the issuer's keys have never been there.
        """
        try:
            outside = await self._issuers.read_access(token)
            return self._tokens.read_access(token) if outside is None else outside
        except TokenExpired:
            raise
        except Unauthorized:
            self._trail.failed(address_of(connection))
            raise


def _digest(key: str) -> bytes:
    # Equal lengths, whatever was sent: comparing the keys themselves would tell the length of ours.
    return hashlib.sha256(key.encode()).digest()
