"""Access tokens (EdDSA JWT, ten minutes) and refresh tokens (single use, stored as digests).

Both keys are derived from the service key by HKDF: gateways that share the service key accept each other's tokens
without a key store, and a restart signs nobody out. Changing the service key signs everybody out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from gateway.problems import Unauthorized

ALGORITHM = "EdDSA"
ISSUER = "pavilion"
AUDIENCE = "pavilion-gateway"
ACCESS_SECONDS = 600

# What joserfc raises for headers that no signer makes (such as "crit": null) besides its own errors.
_UNREADABLE = (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


class TokenExpired(Unauthorized):
    """The token was good once: its holder refreshes and comes back."""

    slug, title = "token-expired", "The access token has expired"


class Access(NamedTuple):
    """What an access token says: whose it is, of which session, and until when (seconds since 1970)."""

    user_id: str
    session_id: str
    expires: int


class _Registry(JWSRegistry):
    def get_alg(self, name: str) -> Any:
        # joserfc warns on each use that RFC 9864 prefers the name "Ed25519" for the same signature; "EdDSA" is what
        # verifiers in use know, and which curve it means is pinned by the key.
        if name != ALGORITHM:
            return super().get_alg(name)
        return self.algorithms[name]


class Tokens:
    """Makes and checks both kinds. ``now`` gives seconds since 1970."""

    def __init__(self, service_key: str, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._refresh_key = _derive(service_key, b"pavilion refresh tokens")
        seed = _derive(service_key, b"pavilion access tokens")
        self._key = OKPKey.import_key(OKPKey.binding.from_private_bytes("Ed25519", seed))
        self._header = {"alg": ALGORITHM, "kid": self._key.thumbprint()}
        self._registry = _Registry(algorithms=[ALGORITHM])
        self._claims = JWTClaimsRegistry(
            now=lambda: int(now()),
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            sid={"essential": True},
            typ={"essential": True, "value": "access"},
            iat={"essential": True},
            exp={"essential": True},
        )

    def issue_access(self, user_id: str, session_id: str) -> str:
        issued = int(self._now())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": session_id,
            "typ": "access",
            "iat": issued,
            "exp": issued + ACCESS_SECONDS,
        }
        return jwt.encode(self._header, claims, self._key, registry=self._registry)

    def read_access(self, token: str) -> Access:
        """Raises TokenExpired, or Unauthorized for anything else that is wrong."""
        try:
            decoded = jwt.decode(token, self._key, registry=self._registry)
            if decoded.header.get("kid") != self._header["kid"]:
                raise Unauthorized("read token", "the access token is signed with another key")
            self._claims.validate(decoded.claims)
            claims = decoded.claims
            return Access(str(UUID(str(claims["sub"]))), str(UUID(str(claims["sid"]))), int(claims["exp"]))
        except ExpiredTokenError as error:
            raise TokenExpired("read token", "the access token has expired") from error
        except _UNREADABLE as error:
            raise Unauthorized("read token", "the access token is not valid") from error

    def seconds_left(self, access: Access) -> float:
        return access.expires - self._now()

    # -- refresh tokens: "<session id>.<nonce and its code>"

    def first_refresh(self, session_id: str) -> str:
        return self._refresh(session_id, secrets.token_bytes(24))

    def successor(self, token: str) -> str:
        """The token after ``token``: always the same one, so that an answer that was lost can be repeated."""
        session_id = token.partition(".")[0]
        return self._refresh(session_id, self._code(b"successor", token.encode())[:24])

    def read_refresh(self, token: str) -> str:
        """The session id of a refresh token that this key made; raises Unauthorized.

        The code in it tells an old token, whose use revokes its session, from one that was made up by somebody who
        merely knows a session's id.
        """
        session_id, _, secret = token.partition(".")
        try:
            nonce = _unbase64(secret)[:24]
            genuine = hmac.compare_digest(self._refresh(str(UUID(session_id)), nonce).encode(), token.encode())
        except ValueError:
            genuine = False
        if not genuine:
            raise Unauthorized("refresh session", "the refresh token is not valid")
        return session_id

    def _refresh(self, session_id: str, nonce: bytes) -> str:
        code = self._code(b"token", session_id.encode() + nonce)[:16]
        return f"{session_id}.{base64.urlsafe_b64encode(nonce + code).decode().rstrip('=')}"

    def _code(self, purpose: bytes, message: bytes) -> bytes:
        return hmac.digest(self._refresh_key, purpose + b"\0" + message, "sha256")


def digest(token: str) -> str:
    """What is stored of a refresh token: it has 192 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _derive(service_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(service_key.encode())


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
