"""Access tokens (EdDSA JWT, ten minutes) and refresh tokens (single use, stored as digests), both made here.

Their keys are derived from the service key (see :mod:`gateway.keys`). A service key that was replaced still checks the
tokens that it made, and makes none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import GuestProtocol, OKPKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from gateway.keys import ALGORITHM, SigningKeys, derive
from gateway.policy import Role
from gateway.problems import Unauthorized
from schemas.settings import OWN_ISSUER

T = TypeVar("T")

AUDIENCE = "pavilion-gateway"
ACCESS_SECONDS = 600

SKEW_SECONDS = 30
"""How far the clocks of those who issue and those who check may be apart."""

FAR_SECONDS = 253_402_300_800
"""The year 10000: what is later is no time, and no timer takes it."""

# What joserfc raises for headers that no signer makes (such as "crit": null) besides its own errors.
UNREADABLE = (JoseError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)


class TokenExpired(Unauthorized):
    """The token was good once: its holder refreshes and comes back."""

    slug, title = "token-expired", "The access token has expired"


class Access(NamedTuple):
    """What an access token says: whose it is, of which session, and until when (seconds since 1970).

    One of an outside issuer has no session of ours: ``session_id`` is empty. ``role`` is USER, unless an issuer that
    may say so says otherwise.
    """

    user_id: str
    session_id: str
    expires: int
    role: Role = Role.USER


class PinnedAlgorithms(JWSRegistry):
    """Takes the algorithms that it is made with, and no other."""

    def get_alg(self, name: str) -> Any:
        # joserfc warns on each use that RFC 9864 prefers the name "Ed25519" for the same signature; "EdDSA" is what
        # verifiers in use know, and which curve it means is pinned by the key.
        if name == ALGORITHM and self.allowed and name in self.allowed:
            return self.algorithms[name]
        return super().get_alg(name)


class TimelyClaims(JWTClaimsRegistry):
    """Lets the clock of the issuer be ahead of ours by a little; the end of a token is as it says."""

    def validate_iat(self, value: Any) -> None:
        super().validate_iat(min(value, self.now) if self._near(value) else value)

    def validate_nbf(self, value: Any) -> None:
        super().validate_nbf(min(value, self.now) if self._near(value) else value)

    def validate_exp(self, value: Any) -> None:
        super().validate_exp(value)
        if value > FAR_SECONDS:
            raise InvalidClaimError("exp")

    def _near(self, value: Any) -> bool:
        return isinstance(value, int | float) and value <= self.now + SKEW_SECONDS


class _Ends(msgspec.Struct):
    exp: float


class Tokens:
    """Makes and checks both kinds. ``now`` gives seconds since 1970; ``previous`` is the service key before."""

    def __init__(
        self,
        service_key: str,
        now: Callable[[], float] = time.time,
        *,
        previous: str | None = None,
        rotation: timedelta = timedelta(days=30),
    ) -> None:
        self._now = now
        service_keys = [service_key] if previous is None else [service_key, previous]
        self.keys = SigningKeys(service_keys, rotation, now)
        self._refresh_keys = [derive(key, b"pavilion refresh tokens") for key in service_keys]
        self._registry = PinnedAlgorithms(algorithms=[ALGORITHM])
        self._claims = TimelyClaims(
            now=lambda: int(now()),
            iss={"essential": True, "value": OWN_ISSUER},
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
            "iss": OWN_ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": session_id,
            "typ": "access",
            "iat": issued,
            "exp": issued + ACCESS_SECONDS,
        }
        kid, key = self.keys.current()
        return jwt.encode({"alg": ALGORITHM, "kid": kid}, claims, key, registry=self._registry)

    def read_access(self, token: str) -> Access:
        """Raises TokenExpired, or Unauthorized for anything else that is wrong."""
        try:
            decoded = jwt.decode(token, self._key_of, registry=self._registry)
            self._claims.validate(decoded.claims)
            claims = decoded.claims
            return Access(str(UUID(str(claims["sub"]))), str(UUID(str(claims["sid"]))), int(claims["exp"]))
        except InvalidKeyIdError as error:
            # Its key has had its time. Nothing is believed here that the token says, but its holder is told what to do
            # next as he would have been while the key was there.
            ends = peek(token, 1, _Ends)
            if ends is not None and ends.exp <= self._now():
                raise TokenExpired("read token", "the access token has expired") from error
            raise Unauthorized("read token", "the access token is signed with an unknown key") from error
        except ExpiredTokenError as error:
            raise TokenExpired("read token", "the access token has expired") from error
        except UNREADABLE as error:
            raise Unauthorized("read token", "the access token is not valid") from error

    def _key_of(self, token: GuestProtocol) -> OKPKey:
        key = self.keys.find(token.headers().get("kid"))
        if key is None:
            raise InvalidKeyIdError("no key of this id")
        return key

    def seconds_left(self, access: Access) -> float:
        return access.expires - self._now()

    # -- refresh tokens: "<session id>.<nonce and its code>"

    def first_refresh(self, session_id: str) -> str:
        return _refresh(self._refresh_keys[0], session_id, secrets.token_bytes(24))

    def successor(self, token: str) -> str:
        """The token after ``token``: always the same one, so that an answer that was lost can be repeated."""
        return self.successors(token)[0]

    def successors(self, token: str) -> list[str]:
        """The token after ``token`` as each of the service keys makes it, the present one first.

        While service keys are replaced, the gateway that was asked first may have had another one than this.
        """
        session_id = token.partition(".")[0]
        return [_refresh(key, session_id, _code(key, b"successor", token.encode())[:24]) for key in self._refresh_keys]

    def read_refresh(self, token: str) -> str:
        """The session id of a refresh token that one of our keys made; raises Unauthorized.

        The code in it tells an old token, whose use revokes its session, from one that was made up by somebody who
        merely knows a session's id.
        """
        session_id, _, secret = token.partition(".")
        try:
            nonce, canonical = _unbase64(secret)[:24], str(UUID(session_id))
            genuine = any(
                hmac.compare_digest(_refresh(key, canonical, nonce).encode(), token.encode())
                for key in self._refresh_keys
            )
        except ValueError:
            genuine = False
        if not genuine:
            raise Unauthorized("refresh session", "the refresh token is not valid")
        return session_id


def peek(token: str, part: int, kind: type[T]) -> T | None:
    """The header (0) or the claims (1) of a token that nobody has checked; None if they are not what ``kind`` says."""
    try:
        segment = token.split(".")[part]
        return msgspec.json.decode(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)), type=kind)
    except (ValueError, IndexError, RecursionError):
        return None


def digest(token: str) -> str:
    """What is stored of a refresh token: it has 192 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _refresh(key: bytes, session_id: str, nonce: bytes) -> str:
    code = _code(key, b"token", session_id.encode() + nonce)[:16]
    return f"{session_id}.{base64.urlsafe_b64encode(nonce + code).decode().rstrip('=')}"


def _code(key: bytes, purpose: bytes, message: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + message, "sha256")


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
