"""From credentials to a caller: keys compared in constant time; tokens come in headers and frames, never in URLs."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from pydantic import SecretStr
from starlette.requests import HTTPConnection

from gateway.policy import ANYONE, Caller, Role
from gateway.problems import Unauthorized
from gateway.tokens import Tokens


class Authenticator:
    """``Authorization: Bearer`` with the key of a role or an access token. A role without a key has nobody."""

    def __init__(self, keys: Mapping[Role, SecretStr | None], tokens: Tokens) -> None:
        self._digests = [(role, _digest(key.get_secret_value())) for role, key in keys.items() if key is not None]
        self._tokens = tokens

    def caller(self, connection: HTTPConnection) -> Caller:
        """ANYONE without the header; raises Unauthorized for one that is not valid."""
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
        access = self._tokens.read_access(credential)
        return Caller(Role.USER, access.user_id, access.session_id)


def _digest(key: str) -> bytes:
    # Equal lengths, whatever was sent: comparing the keys themselves would tell the length of ours.
    return hashlib.sha256(key.encode()).digest()
