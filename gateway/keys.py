"""The keys that sign access tokens: derived from the service key, another one in each period.

Nothing is stored and nobody has to agree: the key of period n is a function of the service key and n, so gateways that
share the service key share its keys, and a restart signs nobody out. The keys of the period before and of the one after
are accepted and published too: tokens outlive the end of a period, and clocks differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey

ALGORITHM = "EdDSA"
CURVE: Final = "Ed25519"


class SigningKey(NamedTuple):
    """``kid`` is the key's RFC 7638 thumbprint."""

    kid: str
    key: OKPKey


class SigningKeys:
    """Of the first of ``service_keys`` the current one signs; those of the others are only accepted.

    ``now`` gives seconds since 1970.
    """

    def __init__(self, service_keys: Sequence[str], rotation: timedelta, now: Callable[[], float] = time.time) -> None:
        self._service_keys = service_keys
        self._seconds = rotation.total_seconds()
        self._now = now
        self._period = -1
        self._accepted: dict[str, OKPKey] = {}
        self._current: SigningKey | None = None

    def current(self) -> SigningKey:
        self._turn()
        assert self._current is not None
        return self._current

    def find(self, kid: object) -> OKPKey | None:
        """The key of that id, if it is one of those that are published now."""
        self._turn()
        return self._accepted.get(kid) if isinstance(kid, str) else None

    def published(self) -> list[dict[str, str]]:
        """The public halves as JWKs (RFC 7517): of before, now and next, of each service key."""
        self._turn()
        named = {"use": "sig", "alg": ALGORITHM}
        return [
            {"kty": "OKP", "crv": CURVE, "x": str(key.as_dict(private=False)["x"]), "kid": kid, **named}
            for kid, key in self._accepted.items()
        ]

    def _turn(self) -> None:
        """Derive the keys of a period that has begun."""
        period = int(self._now() // self._seconds)
        if period == self._period:
            return
        made = [
            _signing_key(service_key, at) for service_key in self._service_keys for at in range(period - 1, period + 2)
        ]
        self._current = made[1]
        self._accepted = {one.kid: one.key for one in made}
        self._period = period


def derive(service_key: str, purpose: bytes) -> bytes:
    """32 bytes for one purpose: keys of different purposes tell nothing of each other."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(service_key.encode())


def _signing_key(service_key: str, period: int) -> SigningKey:
    seed = derive(service_key, b"pavilion access tokens " + str(period).encode())
    key = OKPKey.import_key(OKPKey.binding.from_private_bytes(CURVE, seed))
    return SigningKey(key.thumbprint(), key)
